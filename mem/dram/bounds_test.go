package dram

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// share is the fraction of the pins' bandwidth that a pattern gets.
func share(t *testing.T, part string, c Config, pattern string, requests int64) float64 {
	t.Helper()
	p, err := Preset(part)
	require.NoError(t, err)
	traffic, err := NewTraffic(pattern, requests, 0, p, c)
	require.NoError(t, err)
	out, err := Drive(p, c, traffic)
	require.NoError(t, err)
	return float64(requests*int64(p.Timing["tBURST"])) / float64(out.Cycles) / float64(p.Shape.Pseudo)
}

// TestClosedForms: streams, random reads and conflicts come close to the bound that
// one timing sets, and never pass it.
func TestClosedForms(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		require.NoError(t, err)
		s := func(symbol string) float64 { return float64(p.Timing[symbol]) }
		up := 1 - s("tRFC")/s("tREFI")
		conflict := s("tBURST") / max(s("tRC"), s("tRAS")+s("tRP")) * up / float64(p.Shape.Pseudo)
		window := 4 * s("tBURST") / s("tFAW") * up
		for _, controller := range []string{"frfcfs", "dramsim3"} {
			c := Config{Controller: controller}
			stream := share(t, name, c, "seq", 100000)
			assert.Less(t, stream, up+0.001, "%s %s: a stream passes refresh", name, controller)
			assert.Greater(t, stream, 0.85*up, "%s %s: a stream", name, controller)
			rows := share(t, name, c, "rowconf", 6000)
			assert.Less(t, rows, conflict*1.002, "%s %s: conflicts pass tRC", name, controller)
			assert.Greater(t, rows, 0.95*conflict, "%s %s: conflicts", name, controller)
			assert.Less(t, share(t, name, c, "random", 20000), min(up, window)*1.005, "%s %s: random reads pass tFAW", name, controller)
		}
	}
}

// TestDRAMsim3Elsewhere: parts and patterns of which DRAMsim3's bandwidth is known in
// per cent only, and which its faulty configurations do not touch.
func TestDRAMsim3Elsewhere(t *testing.T) {
	for _, row := range []struct {
		part, mapping, pattern string
		want                   float64
	}{
		{"lpddr4-2400", "rochrababgco", "seq", 95.0}, {"lpddr4-2400", "rochrabacobg", "seq", 95.0}, {"lpddr4-2400", "rochrababgco", "rowconf", 16.2},
		{"lpddr4-2400", "rochrababgco", "random", 94.4}, {"gddr5-6000", "rochrababgco", "seq", 94.5}, {"gddr5-6000", "rochrabacobg", "blk21", 78.8},
		{"gddr5-6000", "rochrababgco", "mix21", 33.9}, {"gddr5-6000", "rochrababgco", "rowconf", 2.44}, {"gddr5-6000", "rochrababgco", "random", 17.0},
		{"gddr5-6000", "rochrababgco", "randmix21", 17.0}, {"hbm1-1000", "rochrababgco", "seq", 91.9}, {"hbm1-1000", "rochrabacobg", "seq", 91.9},
		{"hbm1-1000", "rochrababgco", "rowconf", 7.76},
	} {
		requests := map[string]int64{"seq": 100000, "mix21": 100000, "blk21": 100000, "rowconf": 20000, "random": 50000, "randmix21": 50000}[row.pattern]
		got := 100 * share(t, row.part, Config{Controller: "dramsim3", Mapping: row.mapping}, row.pattern, requests)
		assert.InDelta(t, row.want, got, 0.06, "%s %s %s", row.part, row.mapping, row.pattern)
	}
}
