package gpu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/gpu"
)

// TestEveryPresetComputes runs small products and a convolution on every preset, in every precision it has.
func TestEveryPresetComputes(t *testing.T) {
	assert.Len(t, gpu.Presets(), 13)
	for _, name := range gpu.Presets() {
		t.Run(name, func(t *testing.T) {
			m, err := device(t, name).Open()
			require.NoError(t, err)
			assert.Equal(t, name, m.Name())
			for _, work := range []string{"gemm-wide", "conv-grouped", "softmax"} {
				w, err := archtest.Named(work)
				require.NoError(t, err)
				_, err = archtest.Checked(m, w, m.Native(), arch.Full)
				assert.NoError(t, err, work)
			}
		})
	}
}
