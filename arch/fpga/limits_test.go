package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/fpga/estimate"
)

// TestLimits: FINN's shares for closing timing: half of the flip-flops, four fifths of each memory
// and of the slices, and of these three no more than 70 % in the mean.
func TestLimits(t *testing.T) {
	text, _ := Presets.Text("alveo-u250")
	m, err := Open("alveo-u250", text, nil)
	require.NoError(t, err)
	memory := int64(m.cfg.Part.BRAM18 + uramBlocks*m.cfg.Part.URAM)
	share := func(mem, dsp float64) estimate.Resources {
		return estimate.Resources{BRAM18: int64(mem * float64(memory)), DSP: int64(dsp * float64(m.cfg.Part.DSP))}
	}
	assert.True(t, m.fits(share(0.66, 0.77), m.budget()))
	assert.False(t, m.fits(share(0.79, 0.79), m.budget()), "each within its limit, not the mean")
	assert.False(t, m.fits(share(0.1, 0.81), m.budget()))
	assert.False(t, m.fits(share(0.40, 0.40), less(m.budget(), share(0.35, 0.35))), "with what is kept free")
	assert.False(t, m.fits(estimate.Resources{FF: int64(m.cfg.Part.FF)/2 + 1}, m.budget()))
	assert.ErrorContains(t, m.refusal("x", share(0.79, 0.79)), "79 % of 70 % (limits.mean) TOO MANY")
	free, err := Open("alveo-u250", text, []string{"limits.mean=1", "limits.ff=1"})
	require.NoError(t, err)
	assert.True(t, free.fits(share(0.79, 0.79), free.budget()))
	for _, set := range []string{"limits.mean=0", "limits.ff=1.5", "limits.mean=-1"} {
		_, err := Open("alveo-u250", text, []string{set})
		assert.ErrorContains(t, err, set[:len("limits.")], set)
	}
}
