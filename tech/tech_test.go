package tech

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/unit"
)

// pJ is a price in picojoules.
func pJ(t *testing.T) func(Price, error) float64 {
	return func(p Price, err error) float64 {
		t.Helper()
		require.NoError(t, err)
		require.NotEmpty(t, p.Source)
		return float64(p.Energy) / picojoule
	}
}

func TestMACOfPublishedTables(t *testing.T) {
	for _, c := range []struct {
		node   int
		dtype  string
		want   float64
		source string
	}{
		{45, "int8", 0.2 + 0.1, "horowitz-2014"},
		{45, "fp16", 1.1 + 0.9, "horowitz-2014"},
		{45, "fp32", 3.7 + 0.9, "horowitz-2014"},
		{7, "int8", 0.07 + 0.03, "jouppi-2021"},
		{7, "bf16", 0.21 + 0.38, "jouppi-2021"},
		{7, "fp16", 0.31 + 0.38, "norrie-2021, jouppi-2021"},
		{7, "fp32", 1.31 + 0.38, "jouppi-2021"},
	} {
		p, err := MAC(c.node, c.dtype)
		assert.InDelta(t, c.want, pJ(t)(p, err), 1e-12, "%d nm %s", c.node, c.dtype)
		assert.Equal(t, c.source, p.Source, "%d nm %s", c.node, c.dtype)
	}
}

// Simba, a chip of 16 nm, is published with 0.11 pJ an operation in the datapath of
// a processing element: 0.22 pJ for a MAC of 8 bits with its registers.
func TestMACAt16nmIsNearSimba(t *testing.T) {
	mac := pJ(t)(MAC(16, "int8"))
	hop := pJ(t)(Register(16, 8))
	assert.InDelta(t, 0.22, mac+hop, 0.08)
}

func TestSourcesSayWhatIsScaled(t *testing.T) {
	for _, c := range []struct {
		node   int
		dtype  string
		scaled bool
	}{{45, "int8", false}, {45, "bf16", true}, {45, "int16", true}, {28, "int8", true}, {7, "int8", false}, {65, "int8", true}} {
		p, err := MAC(c.node, c.dtype)
		require.NoError(t, err)
		assert.Equal(t, c.scaled, strings.HasPrefix(p.Source, scaledFrom), "%d nm %s: %s", c.node, c.dtype, p.Source)
	}
}

// A published figure is never replaced by a scaled one.
func TestEveryPublishedFigureIsItsOwnPrice(t *testing.T) {
	for _, p := range published {
		got := p.op.cost(p.node, p.width)
		assert.InDelta(t, p.pJ, float64(got.Energy)/picojoule, 1e-12)
		assert.Equal(t, p.source, got.Source)
	}
}

func TestGateEnergyMeetsTheTablesRatios(t *testing.T) {
	for node, ratio := range map[int]float64{130: 5.0894, 90: 2.5498, 65: 1.6515, 32: 0.6009, 20: 0.1973, 16: 0.1182, 10: 0.0690, 7: 0.0470} {
		assert.InEpsilon(t, ratio, shrink(node, 45), 2e-3, "%d nm", node)
	}
}

func TestSmallerNodesAndNarrowerTypesNeverCostMore(t *testing.T) {
	types := []string{"int1", "int2", "int4", "int8", "int16", "int32"}
	reals := []string{"e5m2", "e4m3", "bf16", "fp16", "fp32"}
	rapid.Check(t, func(r *rapid.T) {
		node := rapid.IntRange(newest, oldest-1).Draw(r, "node")
		for _, list := range [][]string{types, reals} {
			before := 0.0
			for _, name := range list {
				p, err := MAC(node, name)
				require.NoError(r, err)
				older, err := MAC(node+1, name)
				require.NoError(r, err)
				assert.GreaterOrEqual(r, float64(p.Energy), before, "%s at %d nm", name, node)
				assert.GreaterOrEqual(r, float64(older.Energy), float64(p.Energy)*0.999, "%s at %d nm", name, node)
				before = float64(p.Energy)
			}
		}
	})
}

func TestMixedMACLiesBetweenItsTypes(t *testing.T) {
	low, mixed, high := pJ(t)(MAC(45, "int4")), pJ(t)(MixedMAC(45, "int4", "int8")), pJ(t)(MAC(45, "int8"))
	assert.Less(t, low, mixed)
	assert.Less(t, mixed, high)
}

func TestSRAMIsTheTableAtItsPoints(t *testing.T) {
	for _, c := range []struct {
		node     int
		capacity unit.Bytes
		bytes    int
		read     float64
		write    float64
	}{
		{45, 8 << 10, 8, 5.2883, 6.5023},
		{45, 1 << 20, 8, 67.688, 55.894},
		{32, 4 << 20, 32, 214.97, 200.97},
		{22, 32 << 10, 4, 2.9102, 1.7146},
		{7, 8 << 10, 8, 7.6, 7.6},
		{7, 128 << 20, 32, 1.88 * 256, 2.36 * 256},
	} {
		assert.InEpsilon(t, c.read, pJ(t)(SRAM(c.node, c.capacity, c.bytes)), 1e-9)
		assert.InEpsilon(t, c.write, pJ(t)(SRAMWrite(c.node, c.capacity, c.bytes)), 1e-9)
	}
}

// Wide accesses are served by arrays side by side, each with its share.
func TestWideAccessIsSeveralArrays(t *testing.T) {
	one := pJ(t)(SRAM(32, 1<<20, 32))
	assert.InEpsilon(t, 8*one, pJ(t)(SRAM(32, 8<<20, 256)), 1e-12)
}

// The sweep is known to lie at 0.5 to 0.75 of Horowitz' three figures for 64 bits.
func TestSRAMAgainstHorowitz(t *testing.T) {
	for capacity, want := range map[unit.Bytes]float64{8 << 10: 10, 32 << 10: 20, 1 << 20: 100} {
		ratio := pJ(t)(SRAM(45, capacity, 8)) / want
		assert.True(t, ratio > 0.5 && ratio < 0.76, "%v: %.2f of the published figure", capacity, ratio)
	}
}

func TestSRAMGrowsWithCapacity(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		node := rapid.IntRange(newest, 65).Draw(r, "node")
		bytes := rapid.IntRange(1, 512).Draw(r, "bytes")
		capacity := unit.Bytes(rapid.Int64Range(1<<15, 1<<27).Draw(r, "capacity"))
		small, err := SRAM(node, capacity, bytes)
		require.NoError(r, err)
		large, err := SRAM(node, 8*capacity, bytes)
		require.NoError(r, err)
		assert.Greater(r, float64(large.Energy), float64(small.Energy), "%v, %d bytes at %d nm", capacity, bytes, node)
	})
}

func TestStaticPower(t *testing.T) {
	idle, err := Idle("tpu-v1")
	require.NoError(t, err)
	assert.Equal(t, unit.Watts(28), idle.Watts)
	leak, area, err := SRAMStatic(32, 8<<20, 8)
	require.NoError(t, err)
	assert.InEpsilon(t, 2.30884, float64(leak.Watts), 1e-9)
	assert.InEpsilon(t, 12.394, float64(area), 1e-9)
	logic, err := LogicLeakage(40, 100)
	require.NoError(t, err)
	assert.InEpsilon(t, 1.0485, float64(logic.Watts), 1e-3)
}

func TestOtherPrices(t *testing.T) {
	assert.InDelta(t, 0.072, pJ(t)(Register(40, 8)), 1e-3)
	assert.InDelta(t, (3.7+0.9)/2, pJ(t)(VectorOp(45, "fp32"))-pJ(t)(Register(45, 96)), 1e-9)
	assert.InDelta(t, 121e-3*32, pJ(t)(Wire(40, 32)), 1e-9)
	assert.InDelta(t, 121e-3*32*0.46, pJ(t)(Wire(7, 32)), 1e-9)
	assert.InDelta(t, 3.92*8, pJ(t)(DRAM("hbm2")), 1e-9)
	assert.Zero(t, pJ(t)(DRAM("ideal")))
}

func TestRefusals(t *testing.T) {
	for want, f := range map[string]func() error{
		"no prices at 4 nm":            func() error { _, err := MAC(4, "int8"); return err },
		"no price for data type":       func() error { _, err := MAC(45, "int9000"); return err },
		"product of int8 and fp16":     func() error { _, err := MixedMAC(45, "int8", "fp16"); return err },
		"on-chip memory of 0 B":        func() error { _, err := SRAM(45, 0, 8); return err },
		"an access of 0 bytes":         func() error { _, err := SRAM(45, 1<<20, 0); return err },
		"off-chip memory \"sdram\"":    func() error { _, err := DRAM("sdram"); return err },
		"no idle power is published":   func() error { _, err := Idle("abacus"); return err },
		"leakage and area of memories": func() error { _, _, err := SRAMStatic(16, 1<<20, 8); return err },
		"a wire of 0 bits":             func() error { _, err := Wire(40, 0); return err },
	} {
		err := f()
		require.Error(t, err, want)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// Every price's source is explained in docs/sources.md.
func TestSourcesResolve(t *testing.T) {
	text, err := os.ReadFile("../docs/sources.md")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### ([a-z0-9-]+)$`).FindAllStringSubmatch(string(text), -1) {
		assert.False(t, known[m[1]], "%s is explained twice", m[1])
		known[m[1]] = true
	}
	var sources []string
	add := func(p Price, err error) {
		require.NoError(t, err)
		sources = append(sources, p.Source)
	}
	for node := newest; node <= oldest; node++ {
		for _, name := range []string{"int8", "int4", "int16", "bf16", "fp16", "fp32", "e4m3"} {
			add(MAC(node, name))
			add(VectorOp(node, name))
		}
		for _, capacity := range []unit.Bytes{4 << 10, 4 << 20, 200 << 20} {
			add(SRAM(node, capacity, 16))
		}
		if node <= 45 {
			add(Wire(node, 8))
		}
	}
	for _, name := range Standards() {
		add(DRAM(name))
	}
	for _, p := range idles {
		sources = append(sources, p.Source)
	}
	leak, err := LogicLeakage(40, 1)
	require.NoError(t, err)
	for _, s := range append(sources, leak.Source) {
		for _, k := range Keys(s) {
			require.True(t, known[k], "%q, cited by a price, has no heading in docs/sources.md", k)
		}
	}
}

// TestClock: the clock of EIE's own PE is the published one; elsewhere logic is
// denser and its gates take less; a clocked register takes less than one that changes.
func TestClock(t *testing.T) {
	at45 := pJ(t)(ClockNetwork(45, (9465+8946)*1e-6))
	assert.InDelta(t, 1.874e-3, at45*1e-12*800e6, 1e-9)
	at16 := pJ(t)(ClockNetwork(16, (9465+8946)*1e-6))
	assert.InDelta(t, at45*5.3*0.1182, at16, 0.03*at16)
	assert.InDelta(t, denser(16), denser(17), 0.3)
	assert.Less(t, denser(17), denser(16))
	assert.InDelta(t, pJ(t)(Register(65, 96))/2, pJ(t)(Clocked(65, 96)), 1e-9)
	_, err := ClockNetwork(3, 1)
	assert.Error(t, err)
	_, err = Clocked(65, 0)
	assert.Error(t, err)
}
