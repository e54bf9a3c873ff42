package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// channelsOf is a preset's off-chip memory.
func channelsOf(t *testing.T, name string, sets ...string) *offChip {
	t.Helper()
	o, err := newOffChip(preset(t, name, sets...))
	require.NoError(t, err)
	require.NotNil(t, o)
	return o
}

// TestChannelsServeACopyAsMeasured: reads and writes by halves, as streams, within 6 % of what copy
// kernels get (measured by us on H100 and H200; gpu-benches on the others). No figure of these is in a preset's channels.
func TestChannelsServeACopyAsMeasured(t *testing.T) {
	for name, measured := range map[string]float64{"h100-sxm": 2.843 / 3.35, "h200-sxm": 3.97 / 4.8, "a100-sxm": 1732.0 / 2039, "v100-pcie": 802.0 / 900} {
		o := channelsOf(t, name)
		assert.InEpsilon(t, measured, o.reached(traffic{}, 0.5), 0.06, name)
		assert.Greater(t, o.reached(traffic{}, 0), o.reached(traffic{}, 0.5), "%s: reads alone are faster than in turns with writes", name)
	}
}

// TestTilesTakeLongerThanStreams where a line here and a line there opens a page each.
func TestTilesTakeLongerThanStreams(t *testing.T) {
	for _, name := range []string{"h100-sxm", "h200-sxm", "a100-sxm"} {
		o := channelsOf(t, name)
		stream, tile := o.reached(traffic{}, 0), o.reached(tiles(128, 16384), 0)
		assert.Less(t, tile, stream, name)
		assert.Greater(t, tile, 0.7, name)
	}
	assert.Greater(t, channelsOf(t, "l4").reached(tiles(128, 32768), 0), 0.85, "pages of 16 Gb and 7 cycles between activates: of 8 Gb and 8 cycles 0.77")
	assert.Equal(t, traffic{}, tiles(128, 128), "rows that are one slab lie side by side")
	assert.Equal(t, tiles(128, 8000), tiles(128, 8192), "pitches of like size are one")
}

// TestRatesAreOnALineBetweenMixes: and are found out once.
func TestRatesAreOnALineBetweenMixes(t *testing.T) {
	o := channelsOf(t, "a100-sxm")
	low, high := o.reached(traffic{}, 0.25), o.reached(traffic{}, 0.5)
	assert.InDelta(t, (low+high)/2, o.reached(traffic{}, 0.375), 1e-9)
	o.part.Timing = nil // a simulation of it would fail
	assert.Equal(t, low, o.reached(traffic{}, 0.25))
}

// TestAFasterClockOfThePartIsFaster: halving the bandwidth halves what its channels give, or a little less.
func TestAFasterClockOfThePartIsFaster(t *testing.T) {
	whole, half := channelsOf(t, "h100-sxm"), channelsOf(t, "h100-sxm", "memory.bandwidth=1675 GB/s")
	for _, x := range []traffic{{}, tiles(128, 8192)} {
		assert.GreaterOrEqual(t, half.reached(x, 0)+0.02, whole.reached(x, 0), "times in nanoseconds are fewer cycles: more of the pins")
		assert.Greater(t, whole.reached(x, 0), 0.5*half.reached(x, 0))
	}
}

// TestTheMixForgets: of what crossed long ago nothing is left.
func TestTheMixForgets(t *testing.T) {
	m := mix{room: 1000}
	m.add(5000, 0)
	assert.Zero(t, m.share())
	m.add(0, 300)
	assert.InDelta(t, 300/(5000*0.7408+300), m.share(), 1e-3)
	m.add(0, 1e5)
	assert.InDelta(t, 1, m.share(), 1e-6)
}

// TestOtherModelsHaveNoChannels of their own to simulate.
func TestOtherModelsHaveNoChannels(t *testing.T) {
	for _, set := range []string{"memory=ideal", "memory.model=rate"} {
		o, err := newOffChip(preset(t, "h100-sxm", set))
		require.NoError(t, err)
		assert.Nil(t, o)
	}
	c := preset(t, "h100-sxm")
	c.Memory.Part = "hbm9"
	_, err := newOffChip(c)
	assert.ErrorContains(t, err, "memory.part")
}
