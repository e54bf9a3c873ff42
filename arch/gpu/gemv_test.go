package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheRowComesFirst, all of it, and then the matrix; together they are what tiles would read.
func TestTheRowComesFirst(t *testing.T) {
	c, p := preset(t, "a100-sxm"), bf16(1, 64, 6144, 1)
	tl, ok := c.fewColumns(p)
	require.True(t, ok)
	k := c.gemm(p, tl)
	assert.Equal(t, 16*24, k.ctas, "four columns a CTA, 24 parts of 256")
	var row, matrix int64
	for i := range k.ctas {
		w := k.work(i)
		for step := range w.steps {
			assert.Equal(t, step == 0, w.loads[0].due(step))
			assert.Equal(t, step > 0, w.loads[1].due(step))
			if step == 0 {
				row += w.loads[0].bytes
			} else {
				matrix += w.loads[1].bytes
			}
		}
		assert.True(t, w.partial)
	}
	assert.Equal(t, int64(6144*2*16), row, "once for every four columns")
	assert.Equal(t, int64(6144*64*2), matrix)
}

// TestOneRowAndFewColumns go without tiles where the library does so, long reductions of fewer
// columns than fill the machine in parts.
func TestOneRowAndFewColumns(t *testing.T) {
	for _, x := range []struct {
		preset  string
		m, n, k int
		kernels []string
	}{
		{"a100-sxm", 1, 64, 256, []string{"gemv"}},
		{"a100-sxm", 1, 64, 512, []string{"gemv", "split-reduce"}},
		{"a100-sxm", 1, 512, 2048, []string{"gemv"}},
		{"a100-sxm", 1, 520, 64, []string{"gemm"}},
		{"a100-sxm", 2, 64, 64, []string{"gemm"}},
		{"h100-sxm", 1, 64, 64, []string{"gemm"}},
	} {
		c, p := preset(t, x.preset), bf16(x.m, x.n, x.k, 1)
		tl, err := c.choose(p)
		require.NoError(t, err)
		var names []string
		for _, k := range c.kernelsOf(p, tl) {
			names = append(names, k.name)
		}
		assert.Equal(t, x.kernels, names, "%+v", x)
	}
}
