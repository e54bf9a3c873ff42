package report

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"nnsim/results"
	"nnsim/unit"
)

// fields are the fields of a message as read back, each with its values in order.
type fields map[protowire.Number][]any

// decode reads a protobuf message without its schema.
func decode(t *testing.T, b []byte) fields {
	t.Helper()
	f := fields{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		require.Positive(t, n, "a torn tag")
		b = b[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			var bits uint64
			bits, n = protowire.ConsumeFixed64(b)
			v = math.Float64frombits(bits)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		default:
			require.Fail(t, "a kind of field that a trace has none of", "%v", kind)
		}
		require.Positive(t, n, "a torn field %d", number)
		f[number] = append(f[number], v)
		b = b[n:]
	}
	return f
}

func (f fields) uint(n protowire.Number) uint64 {
	if len(f[n]) == 0 {
		return 0
	}
	return f[n][0].(uint64)
}

func (f fields) bytes(n protowire.Number) []byte {
	if len(f[n]) == 0 {
		return nil
	}
	return f[n][0].([]byte)
}

// slice is one stretch read back from a trace.
type slice struct {
	name     string
	from, to uint64
	notes    map[string]any
}

// readTrace reads a trace the way the viewer does: packets in order, names by their
// numbers, ends that close the latest beginning of their track.
func readTrace(t *testing.T, b []byte) (slices map[string][]slice, counters map[string][][2]float64) {
	t.Helper()
	tracks, names, notes := map[uint64]string{}, map[uint64]string{}, map[uint64]string{}
	slices, counters = map[string][]slice{}, map[string][][2]float64{}
	open := map[uint64][]slice{}
	for i, raw := range decode(t, b)[1] {
		p := decode(t, raw.([]byte))
		assert.EqualValues(t, 1, p.uint(10), "all packets belong to one sequence")
		assert.Equal(t, i == 0, p.uint(13)&1 == 1, "packet %d: what is interned is cleared once, at the start", i)
		interned := decode(t, p.bytes(12))
		for known, number := range map[*map[uint64]string]protowire.Number{&names: 2, &notes: 3} {
			for _, raw := range interned[number] {
				entry := decode(t, raw.([]byte))
				(*known)[entry.uint(1)] = string(entry.bytes(2))
			}
		}
		if d := decode(t, p.bytes(60)); len(d) > 0 {
			require.NotContains(t, tracks, d.uint(1))
			if parent := d.uint(5); parent != 0 {
				require.Contains(t, tracks, parent, "a parent comes before its tracks")
			}
			tracks[d.uint(1)] = string(d.bytes(2))
		}
		e := decode(t, p.bytes(11))
		if len(e) == 0 {
			continue
		}
		require.Contains(t, tracks, e.uint(11))
		track, at := e.uint(11), p.uint(8)
		switch e.uint(9) {
		case 1:
			require.Contains(t, names, e.uint(10))
			s := slice{name: names[e.uint(10)], from: at, notes: map[string]any{}}
			for _, raw := range e[4] {
				n := decode(t, raw.([]byte))
				require.Contains(t, notes, n.uint(1))
				if n.bytes(6) != nil {
					s.notes[notes[n.uint(1)]] = string(n.bytes(6))
				} else {
					s.notes[notes[n.uint(1)]] = int64(n.uint(4))
				}
			}
			open[track] = append(open[track], s)
		case 2:
			require.Len(t, open[track], 1, "stretches of a track follow each other")
			s := open[track][0]
			s.to = at
			slices[tracks[track]], open[track] = append(slices[tracks[track]], s), nil
		case 4:
			counters[tracks[track]] = append(counters[tracks[track]], [2]float64{float64(at), e[44][0].(float64)})
		default:
			assert.Fail(t, "an event of no known type")
		}
	}
	for track, left := range open {
		assert.Empty(t, left, "track %s is left open", tracks[track])
	}
	return slices, counters
}

// sample is a run of two layers with a timeline of two units.
func sample() (*results.Run, *results.Timeline) {
	r := &results.Run{Schema: results.Schema, Cycles: 100, Batch: 1,
		Device: results.Device{Name: "box", Clock: 500e6}, Workload: results.Workload{Name: "net"},
		Layers: []results.Layer{
			{Name: "conv", Op: "Conv", Cycles: 60, MACs: 600, DRAMReadBytes: 120, EnergyJoules: 6e-9, Mapping: "m"},
			{Name: "fc", Op: "Gemm", StartCycle: 60, Cycles: 40, MACs: 80, DRAMReadBytes: 40, DRAMWriteBytes: 8, EnergyJoules: 2e-9},
		}}
	line := results.NewTimeline(100)
	load, array := results.NewStats("load", 2), results.NewStats("array", 2)
	load.Watch(line)
	array.Watch(line)
	load.Serve(0, 120)
	load.Enter(results.Busy, 0)
	load.Enter(results.Idle, 30)
	load.Serve(1, 40)
	load.Enter(results.Busy, 50)
	load.Finish(70)
	array.Enter(results.WaitMemory, 0)
	array.Enter(results.Busy, 30)
	array.Serve(1, 0)
	array.Finish(100)
	return r, line
}

func TestTraceReadsBack(t *testing.T) {
	run, line := sample()
	var b bytes.Buffer
	require.NoError(t, Trace(&b, run, line))
	got, counters := readTrace(t, b.Bytes())

	layers := got["layers"]
	require.Len(t, layers, 2)
	assert.Equal(t, slice{"conv", 0, 120, map[string]any{"op": "Conv", "start_cycle": int64(0), "cycles": int64(60), "macs": int64(600), "utilization": "0.0 %",
		"dram_read_bytes": int64(120), "dram_write_bytes": int64(0), "energy": unit.Joules(6e-9).String(), "mapping": "m"}}, layers[0])
	assert.Equal(t, uint64(200), layers[1].to, "100 cycles of 2 ns")

	assert.Equal(t, []slice{
		{"conv", 0, 60, map[string]any{"start_cycle": int64(0), "cycles": int64(30), "bytes": int64(120)}},
		{"fc", 100, 140, map[string]any{"start_cycle": int64(50), "cycles": int64(20), "bytes": int64(40)}},
	}, got["load"])
	assert.Equal(t, "waits for memory", got["array"][0].name)

	power := counters["power, mean of the layer"]
	require.Len(t, power, 3)
	assert.InDelta(t, 6e-9/120e-9, power[0][1], 1e-12)
	assert.Equal(t, [2]float64{200, 0}, power[2])
	assert.Equal(t, [][2]float64{{0, 2e9}, {60, 0}, {100, 1e9}, {140, 0}, {200, 0}}, counters["load bandwidth"], "4 bytes a cycle, none, 2, none")
	assert.NotContains(t, counters, "array bandwidth", "it moves no bytes")
	assert.InDelta(t, 100, counters["load busy"][0][1], 1e-9)
}

// recorded is a timeline of four units that each work and wait so many times.
func recorded(most int, n int64) *results.Timeline {
	line := results.NewTimeline(most)
	var stats []*results.Stats
	for _, name := range []string{"load", "array", "vector", "store"} {
		s := results.NewStats(name, 2)
		s.Watch(line)
		stats = append(stats, s)
	}
	for _, s := range stats {
		for i := range n {
			s.Serve(int(i*2/n), 64)
			s.Enter(results.Busy, 10*i)
			s.Enter(results.WaitMemory, 10*i+4)
		}
		s.Finish(10 * n)
	}
	return line
}

// TestTraceStaysSmall: two million stretches make a trace that the viewer opens.
func TestTraceStaysSmall(t *testing.T) {
	run, _ := sample()
	run.Cycles = 2_500_000
	var b bytes.Buffer
	require.NoError(t, Trace(&b, run, recorded(TraceSpans, run.Cycles/10)))
	assert.Less(t, b.Len(), 20_000_000)
	assert.Greater(t, b.Len(), 2_000_000, "it is not thinned more than it must be")
}

// TestCoarseTraceKeepsEveryByte: where stretches are put together the curves still
// hold all that was moved, and the names say how the time was spent.
func TestCoarseTraceKeepsEveryByte(t *testing.T) {
	const n = 5000
	run, _ := sample()
	run.Cycles = 10 * n
	var b bytes.Buffer
	require.NoError(t, Trace(&b, run, recorded(2000, n)))
	slices, counters := readTrace(t, b.Bytes())
	moved, curve := 0.0, counters["load bandwidth"]
	for i := 1; i < len(curve); i++ {
		moved += curve[i-1][1] * (curve[i][0] - curve[i-1][0]) / 1e9
	}
	assert.InEpsilon(t, 64.0*n, moved, 1e-6)
	assert.LessOrEqual(t, len(slices["load"]), 500)
	assert.Equal(t, "conv: busy 40 %, waits for memory 60 %", slices["load"][0].name)
}

func TestTraceNeedsAClock(t *testing.T) {
	run, line := sample()
	run.Device.Clock = 0
	assert.ErrorContains(t, Trace(&bytes.Buffer{}, run, line), "trace: box has no clock")
}
