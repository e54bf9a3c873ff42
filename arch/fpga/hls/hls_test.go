package hls

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// fast is the clock period of hls4ml's baselines, in nanoseconds.
const fast = 5

// TestChainsAgainstReports: latency and interval of functions without a loop against
// hls4ml's committed synthesis reports (test/pytest/baselines at ef92ebd).
func TestChainsAgainstReports(t *testing.T) {
	for _, c := range []struct {
		name, tool string
		chain      func(Tool) Chain // all of a network that one state machine runs
		latency    int64
	}{
		{"dense, leaky_relu, parallel", "vivado", func(t Tool) Chain { return append(t.Sum(1), t.Select) }, 0},
		{"dense, prelu, parallel", "vitis", func(t Tool) Chain { return append(t.Sum(1), t.Select) }, 0},
		{"dense, sigmoid, parallel", "vivado", func(t Tool) Chain { return append(t.Sum(1), t.Lookup()...) }, 2},
		{"dense, sigmoid, parallel", "vitis", func(t Tool) Chain { return append(t.Sum(1), t.Lookup()...) }, 3},
		{"MaxPooling2D, parallel", "vivado", func(t Tool) Chain { return t.Maximum(4) }, 0},
		{"MaxPooling2D, parallel", "vitis", func(t Tool) Chain { return t.Maximum(4) }, 0},
		{"AveragePooling2D valid, parallel", "vivado", func(t Tool) Chain { return t.Mean(4, 16, false) }, 0},
		{"AveragePooling2D same, parallel", "vivado", func(t Tool) Chain { return t.Mean(4, 16, true) }, 21},
		{"AveragePooling1D same, parallel", "vivado", func(t Tool) Chain { return t.Mean(2, 16, true) }, 21},
		{"AveragePooling2D same, parallel", "vitis", func(t Tool) Chain { return t.Mean(4, 16, true) }, 0},
	} {
		tool := Tools[c.tool]
		assert.Equal(t, c.latency, tool.Edges(c.chain(tool), fast), "%s, %s", c.name, c.tool)
	}
}

// TestStreamsAgainstReports: functions between FIFOs; a network's latency is their sum,
// its interval that of the slowest.
func TestStreamsAgainstReports(t *testing.T) {
	between := func(t Tool, c ...float64) Chain { return append(append(Chain{t.FIFO, Edge}, c...), t.FIFO) }
	for _, c := range []struct {
		name, tool        string
		second            func(Tool) Chain // what follows a product of one
		latency, interval int64
	}{
		{"relu", "vivado", func(t Tool) Chain { return between(t, t.Select) }, 2, 1},
		{"relu", "vitis", func(t Tool) Chain { return between(t, t.Select) }, 2, 2},
		{"elu", "vivado", func(t Tool) Chain { return lookup(t) }, 3, 1},
		{"elu", "vitis", func(t Tool) Chain { return lookup(t) }, 4, 4},
	} {
		tool := Tools[c.tool]
		first := Function{Trips: 1, Interval: 1, Period: fast, Tool: tool, Body: between(tool, tool.Sum(1)...)}
		second := Function{Trips: 1, Interval: 1, Period: fast, Tool: tool, Body: c.second(tool)}
		assert.Equal(t, c.latency, first.Latency()+second.Latency(), "%s, %s", c.name, c.tool)
		assert.Equal(t, c.interval, max(first.Again(true), second.Again(true)), "%s, %s", c.name, c.tool)
	}
}

func lookup(t Tool) Chain { return t.Lookup() }

// TestEdgesFillThePeriod: an operation that fits to the last picosecond stays, one that does not
// begins a period of its own, and one longer than a period has one to itself.
func TestEdgesFillThePeriod(t *testing.T) {
	tool := Tool{Margin: 0.2}
	assert.EqualValues(t, 0, tool.Edges(Chain{3, 1}, 5))
	assert.EqualValues(t, 1, tool.Edges(Chain{3, 1.01}, 5))
	assert.EqualValues(t, 2, tool.Edges(Chain{1, 9, 1}, 5))
	assert.EqualValues(t, 2, tool.Edges(Chain{1, Edge, Edge, 1}, 5))
}

// TestReuse: the factors hls4ml allows, as its rule says.
func TestReuse(t *testing.T) {
	assert.Equal(t, 1, Reuse(16, 64, 1))
	assert.Equal(t, 16, Reuse(16, 64, 16))
	assert.Equal(t, 16, Reuse(16, 64, 15)) // neither 15 nor 14 comes out even
	assert.Equal(t, 16*64, Reuse(16, 64, 16*64))
	for in := 1; in < 20; in++ {
		for out := 1; out < 20; out++ {
			rf := Reuse(in, out, 7)
			assert.True(t, even(in, out, rf), "%d × %d: %d", in, out, rf)
		}
	}
}
