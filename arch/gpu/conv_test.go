package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
		p.dt = e.dt
		all, _ := opened(t, e.preset).slabs(p, tile)
		assert.Equal(t, e.slabs, all, e.preset)
	}
}

// square is a convolution of 3×3 at stride 1 over images of 56×56.
func square(images, channels, filters int, dt workloads.DType) *product {
	s := &workloads.Matrix{Images: images, C: channels, H: 56, W: 56, K: filters, R: 3, S: 3, OH: 56, OW: 56, StrideH: 1, StrideW: 1}
	return &product{m: images * 56 * 56, n: filters, k: 9 * channels, batch: 1, dt: dt, aCell: dt.CellBytes(), bCell: dt.CellBytes(), out: dt.CellBytes(), window: windowOf(s, true)}
}

// Where loads pass through registers convolutions have the tiles of cuDNN 7, of which one
// comes with a split reduction; others if they are asked for. Elsewhere they have those of products.
func TestTilesOfConvolutions(t *testing.T) {
	tiles := func(c *Config, dt workloads.DType) (list [][2]int) {
		for _, x := range c.allowed(square(8, 64, 128, dt)) {
			list = append(list, [2]int{x.m, x.n})
		}
		return list
	}
	v100 := opened(t, "v100-sxm")
	assert.Equal(t, [][2]int{{256, 128}, {256, 64}, {128, 128}}, tiles(v100, workloads.FP16))
	assert.Equal(t, [][2]int{{128, 128}, {128, 64}, {128, 32}}, tiles(v100, workloads.FP32))
	assert.Equal(t, [][2]int{{64, 64}}, tiles(opened(t, "v100-sxm", "kernel.tile_m=64", "kernel.tile_n=64"), workloads.FP16))
	assert.Contains(t, tiles(opened(t, "a100-sxm"), workloads.FP16), [2]int{64, 256})

	for _, dt := range []workloads.DType{workloads.FP16, workloads.FP32} {
		p := square(1, 512, 128, dt) // 25 tiles of 128×128 on 80 SMs
		for _, x := range v100.allowed(p) {
			for x.split = 2; x.split <= 4; x.split++ {
				assert.Equal(t, dt == workloads.FP16 && x.m == 128 && x.n == 128 && x.split <= 3, v100.splittable(p, x), "%v %v", dt, x)
			}
		}
	}
}

// L1 has the pixels that taps share where few CTAs of an SM leave it room, and where pixels lie
// side by side; else each tap brings its own.
func TestTapsInL1(t *testing.T) {
	for _, e := range []struct {
		preset         string
		images, filter int
		dt             workloads.DType
		held           bool
	}{{"v100-sxm", 1, 128, workloads.FP16, true}, {"v100-sxm", 32, 128, workloads.FP16, false}, {"v100-sxm", 32, 128, workloads.FP32, true},
		{"t4", 32, 128, workloads.FP16, false}, {"a100-sxm", 1, 128, workloads.FP16, false}} {
		c, p := opened(t, e.preset), square(e.images, 64, e.filter, e.dt)
		x := tiling{m: 128, n: 128, k: 64 / p.aCell, stages: 2, warps: 4, split: 1}
		if e.dt == workloads.FP32 {
			x.k, x.warps = 8, 8
		}
		slabs, alike := c.slabs(p, x)
		step, _ := c.pixelLoads(p, x, x.m, slabs, alike)
		each := int64(p.k * x.m * p.aCell / slabs)
		assert.Equal(t, e.held, step < each, "%s, %d images, %v: %d of %d bytes a step", e.preset, e.images, e.dt, step, each)
	}
}

// Pixels of three channels are no whole vectors: on Hopper they go to the FP32 pipe, before it
// they are padded; those of groups lie side by side.
func TestUnalignedChannels(t *testing.T) {
	for _, e := range []struct {
		preset           string
		channels, groups int
		unaligned        bool
	}{{"h100-sxm", 3, 1, true}, {"h100-sxm", 8, 1, false}, {"h100-sxm", 4, 32, false}, {"a100-sxm", 3, 1, false}} {
		p := square(1, e.channels, 64, workloads.BF16)
		p.batch = e.groups
		assert.Equal(t, e.unaligned, opened(t, e.preset).unaligned(p), "%s, %d channels of %d groups", e.preset, e.channels, e.groups)
	}
}
