package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// TestLayouts: conflicts by the textbook, and every chunk of a tile at a place of its own.
func TestLayouts(t *testing.T) {
	for _, x := range []struct {
		layout   string
		rowBytes int64
		want     float64
	}{{naive, 32, 2}, {naive, 64, 4}, {naive, 128, 8}, {padded, 64, 1}, {padded, 128, 1}, {"swizzled", 32, 1}, {"swizzled", 64, 1}, {"swizzled", 128, 1}, {"swizzled", 256, 1}} {
		assert.Equal(t, x.want, fetched(x.layout, x.rowBytes), "%+v", x)
		seen := map[int64]bool{}
		for r := range int64(64) {
			for c := range x.rowBytes / chunkBytes {
				seen[chunk(x.layout, x.rowBytes, r, c)] = true
			}
		}
		assert.Len(t, seen, int(64*x.rowBytes/chunkBytes), "%+v", x)
	}
}

// TestANaiveTileIsSlower, as in ladders of hand-written kernels, and by how much follows from its conflicts.
func TestANaiveTileIsSlower(t *testing.T) {
	p := &product{m: 4096, n: 4096, k: 1024, batch: 1, dt: workloads.FP16, aCell: 2, bCell: 2, out: 2, macs: 1 << 34}
	end := map[string]int64{}
	for _, layout := range []string{"swizzled", padded, naive} {
		c := preset(t, "a100-sxm", "kernel.layout="+layout, "kernel.tile_m=128", "kernel.tile_n=128")
		tl, err := c.choose(p)
		require.NoError(t, err)
		k := c.gemm(p, tl)
		end[layout] = newGrid(c, k, newGovernor(c), false, 0).run(0)
		assert.Equal(t, layout == naive, k.conflicts > 0, layout)
	}
	assert.Equal(t, end["swizzled"], end[padded])
	assert.Greater(t, end[naive], 3*end["swizzled"]/2)
}
