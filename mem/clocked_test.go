package mem_test

import (
	"fmt"
	"sort"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// timed is a request and the edge at which it is made.
type timed struct {
	edge unit.Edge
	mem.Request
}

// serve plays requests against a DRAM memory and lists its answers. every makes it
// step at each edge, not only when it wants to.
func serve(t require.TestingT, part string, clock unit.Hertz, path unit.Seconds, list []timed, every bool) (answers []string, k *mem.Clocked) {
	p, err := dram.Preset(part)
	require.NoError(t, err)
	k, err = mem.NewClocked(mem.OffChipConfig{Part: p, Channels: 2}, clock, unit.Hertz(1e9/p.TCK), path, len(list)+1,
		func(port int, tag int64, edge unit.Edge) { answers = append(answers, fmt.Sprint(port, tag, edge)) },
		func(err error) { require.NoError(t, err) })
	require.NoError(t, err)
	wake, next := engine.Never, 0
	for now := unit.Edge(0); now < 1<<22; now++ {
		came := false
		for ; next < len(list) && list[next].edge == now; next++ {
			k.Ask(list[next].Request)
			came = true
		}
		if came || every || now == wake {
			wake = k.Step(now)
		}
		if _, done := k.Left(); done && next == len(list) {
			sort.Strings(answers)
			return answers, k
		}
	}
	require.Fail(t, "not done in 2^22 edges")
	return nil, nil
}

// A memory that steps when it wants to answers as one that steps at every edge.
func TestClockedSkipsWhatNobodySees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"ddr3-2133", "ddr4-2400", "hbm2-2000"}).Draw(t, "part")
		clock := unit.Hertz(rapid.SampledFrom([]float64{100e6, 700e6, 1e9, 1.37e9}).Draw(t, "clock"))
		path := unit.Seconds(rapid.SampledFrom([]float64{2e-9, 60e-9, 100e-9}).Draw(t, "path"))
		list := make([]timed, rapid.IntRange(1, 12).Draw(t, "requests"))
		edge := unit.Edge(0)
		for i := range list {
			edge += rapid.Int64Range(0, 300).Draw(t, "gap")
			list[i] = timed{edge, mem.Request{Port: rapid.IntRange(0, 1).Draw(t, "port"), Tag: int64(i), Write: rapid.Bool().Draw(t, "write"),
				Addr: rapid.Int64Range(0, 1<<24).Draw(t, "addr"), Bytes: rapid.Int64Range(1, 20000).Draw(t, "bytes")}}
		}
		want, _ := serve(t, part, clock, path, list, true)
		got, k := serve(t, part, clock, path, list, false)
		require.Equal(t, want, got)
		require.Len(t, got, len(list))
		require.Equal(t, int64(0), k.Counters().Accepted-lines(list), "every line once")
	})
}

// lines counts the 64-byte lines that requests touch.
func lines(list []timed) (n int64) {
	for _, r := range list {
		n += (r.Addr+r.Bytes-1)/64 - r.Addr/64 + 1
	}
	return n
}

// One read of an idle memory takes the path, the row's opening, the data, and no more.
func TestClockedLatency(t *testing.T) {
	p, err := dram.Preset("ddr3-2133")
	require.NoError(t, err)
	command := unit.Hertz(1e9 / p.TCK)
	var answer unit.Edge
	k, err := mem.NewClocked(mem.OffChipConfig{Part: p, Channels: 1}, command, command, 40/unit.Seconds(command), 1,
		func(_ int, _ int64, edge unit.Edge) { answer = edge }, func(err error) { t.Fatal(err) })
	require.NoError(t, err)
	k.Ask(mem.Request{Bytes: 64})
	for now := k.Step(0); now != engine.Never; now = k.Step(now) {
	}
	access := int64(p.Timing["tRCD"] + p.Timing["CL"] + p.Timing["tBURST"])
	assert.InDelta(t, 40+access, answer, 3, "path of 40, activate to data %d; a few cycles in the controller", access)
}
