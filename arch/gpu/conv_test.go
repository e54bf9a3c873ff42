package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// touched is the input rows and columns of one image that some window covers, tried one by one.
func touched(in, out, wide, stride int) int {
	seen := map[int]bool{}
	for o := range out {
		for i := range wide {
			if at := o*stride + i; at < in {
				seen[at] = true
			}
		}
	}
	return len(seen)
}

func TestWindowReadsWhatItCovers(t *testing.T) {
	for in := 1; in <= 12; in++ {
		for wide := 1; wide <= min(in, 4); wide++ {
			for stride := 1; stride <= 4; stride++ {
				out := (in-wide)/stride + 1
				s := &workloads.Matrix{Images: 2, C: 3, H: in, W: in, K: 4, R: wide, S: wide, OH: out, OW: out, StrideH: stride, StrideW: stride}
				w := windowOf(s, true)
				n := touched(in, out, wide, stride)
				assert.Equal(t, int64(2*n*n), w.read(true), "%d wide %d stride %d", in, wide, stride)
				assert.Equal(t, int64(2*n*in), w.read(false), "%d wide %d stride %d", in, wide, stride)
			}
		}
	}
}

// Neighbouring results cover no more pixels than are counted, and never more than all taps of each.
func TestCoveredPixels(t *testing.T) {
	for wide := 1; wide <= 3; wide++ {
		for stride := 1; stride <= 2; stride++ {
			const in = 11
			out := (in-wide)/stride + 1
			w := &window{channels: 1, high: wide, wide: wide, down: stride, across: stride, inW: in, outW: out}
			for results := 1; results <= out*out; results++ {
				seen := map[[2]int]bool{}
				for i := range results {
					for r := range wide {
						for s := range wide {
							seen[[2]int{i/out*stride + r, i%out*stride + s}] = true
						}
					}
				}
				assert.GreaterOrEqual(t, w.covered(results), len(seen), "wide %d stride %d results %d", wide, stride, results)
			}
		}
	}
}

// One channel leaves all but one place of a slab empty on the tensor cores of 2018;
// later kernels pack taps, and the FP32 pipe takes what there is.
func TestFewChannels(t *testing.T) {
	w := &window{channels: 1, high: 5, wide: 5}
	p := &product{k: 25, dt: workloads.FP16, aCell: 2, window: w}
	tile := tiling{k: 32}
	for _, e := range []struct {
		preset string
		dt     workloads.DType
		slabs  int
	}{{"v100-sxm", workloads.FP16, 25}, {"a100-sxm", workloads.FP16, 7}, {"v100-sxm", workloads.FP32, 1}} {
		text, ok := Presets.Text(e.preset)
		require.True(t, ok)
		m, err := Open(e.preset, text, nil)
		require.NoError(t, err)
		p.dt = e.dt
		all, _ := m.cfg.slabs(p, tile)
		assert.Equal(t, e.slabs, all, e.preset)
	}
}
