package gpu

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// Convolution as an implicit matrix product: rows are the pixels of the result,
// columns its channels, and the reduction goes over chunks of channels and, inside
// a chunk, over the taps of the window.
//
//	chunk 0                chunk 1
//	tap 0  tap 1 … tap 8   tap 0 …      a slab is one tap of one chunk
//	└── the same pixels ──┘             shifted by the window
//
// All taps of a chunk read the same pixels: they come from off chip once. On the way
// through registers they also pass L1, which holds them for the taps that follow where
// it has room beside the stages; cp.async and TMA go past L1 and bring every tap's
// pixels from L2 again.
//
// A slab of the tensor cores is full only where there are as many channels as it is
// deep (CUTLASS, implicit_gemm: the "analytic" and "optimized" iterators). Kernels of
// Ampere's and later libraries pack several taps of few channels into a slab instead
// ("few channels", "fixed channels"): there channels are padded to a vector of 16
// bytes. Hopper's accelerator does not pad: what it cannot fetch goes to the FP32 pipe,
// whose kernels compute the place of every element and take any number of channels.
//
// The tiles are those of cuDNN 7 where loads pass through registers (tiles.go), which has
// a kernel with a split reduction for one of them; elsewhere they are those of products,
// and the reduction is not split, for want of a workspace.

// vector is the bytes a thread loads at once.
const vector = 16

// window is the geometry of a convolution that the loads of its kernel follow.
type window struct {
	channels      int // of a group
	high, wide    int // extents of the window
	down, across  int // strides
	inW, outW     int
	rows, columns int // of all images: input rows and columns that some window covers
}

// read is the pixels of a channel that come from off chip: where channels lie side
// by side, as the tensor cores' kernels have them, those under some window; where
// pixels do, whole rows, as sectors of skipped pixels come along.
func (w *window) read(channelsLast bool) int64 {
	if channelsLast {
		return int64(w.rows) * int64(w.columns)
	}
	return int64(w.rows) * int64(w.inW)
}

// windowOf views a convolution; nil for a matrix product.
func windowOf(s *workloads.Matrix, conv bool) *window {
	if !conv {
		return nil
	}
	w := &window{channels: s.C, high: s.R, wide: s.S, down: s.StrideH, across: s.StrideW, inW: s.W, outW: s.OW}
	under := func(in, out, wide, stride int) int { return min(in, out*min(wide, stride)+max(0, wide-stride)) }
	w.rows, w.columns = s.Images*under(s.H, s.OH, s.R, s.StrideH), under(s.W, s.OW, s.S, s.StrideW)
	return w
}

// taps is the places of the window.
func (w *window) taps() int { return w.high * w.wide }

// slabs is the slabs of a reduction with so many channels in each, and how many
// of them read the same pixels.
func (c *Config) slabs(p *product, t tiling) (all, alike int) {
	w := p.window
	switch {
	case w == nil || c.tensorRate(p.dt) == 0:
		return unit.CeilDiv(p.k, t.k), 1
	case c.SM.Path != "registers" && w.channels < t.k:
		each := vector / p.aCell
		padded := unit.CeilDiv(w.channels, each) * each
		return unit.CeilDiv(w.taps()*padded, t.k), unit.CeilDiv(w.taps()*padded, t.k)
	}
	alike = w.taps()
	if c.SM.Path == "registers" {
		alike = 1 // lines of the image follow each other through the taps: each brings some that are new
	}
	return w.taps() * unit.CeilDiv(w.channels, t.k), alike
}

// covered is the input pixels under the windows of so many neighbouring results.
func (w *window) covered(results int) int {
	if results <= w.outW {
		return w.high * min(w.inW, (results-1)*w.across+w.wide)
	}
	lines := unit.CeilDiv(results, w.outW)
	return ((lines-1)*w.down + w.high) * w.inW
}

// pixelLoads is operand A of a convolution's CTA: bytes through its port in a step,
// and bytes of the slabs that its chunk of channels brings from off chip.
func (c *Config) pixelLoads(p *product, t tiling, m, slabs, alike int) (step, chunk int64) {
	w := p.window
	all := int64(p.k) * int64(m) * int64(p.aCell)
	if c.holdsTaps(p, t) {
		all = min(all, int64(w.covered(m))*int64(w.channels)*int64(p.aCell))
	}
	fresh := w.read(c.tensorRate(p.dt) > 0) * int64(w.channels) * int64(p.aCell) * int64(m) / int64(p.m)
	chunks := int64(unit.CeilDiv(slabs, alike))
	return unit.CeilDiv(all, int64(slabs)), unit.CeilDiv(fresh, chunks)
}

// holdsTaps tells whether L1 has the pixels of one line of taps when the next asks for
// them. In between, each CTA of the SM brings its filters for those taps and, for each
// that a stride keeps apart, other pixels. Pieces of a row take up whole lines of it.
func (c *Config) holdsTaps(p *product, t tiling) bool {
	if c.SM.Path != "registers" {
		return false
	}
	w, slab := p.window, t.k*p.aCell
	lines := func(rows, pitch int) int64 {
		return int64(rows * min(unit.CeilDiv(slab, cacheLine)*cacheLine, pitch))
	}
	pixels, slabs := lines(t.m, w.channels*p.aCell), w.wide
	if c.tensorRate(p.dt) == 0 {
		pixels, slabs = int64(t.m*slab), unit.CeilDiv(w.wide, t.k) // pixels lie side by side, taps share slabs
	}
	each := pixels*int64(min(slabs, w.across)) + lines(t.n, p.k*p.bCell)*int64(slabs)
	ctas := int64(min(c.fits(t, p.aCell).ctas, unit.CeilDiv(p.tiles(t)*t.split, c.SM.Count)))
	room := int64(c.L1.Size)
	if c.L1.Size >= c.SM.Shared { // they are one memory
		room -= ctas * int64(t.stages) * t.tileBytes(p.aCell)
	}
	return ctas*each <= room
}

// unaligned tells whether the channels of a pixel, of all groups, are no whole vectors and
// nothing pads them. The tensor memory accelerator takes only pitches of 16 bytes (CUDA
// driver API, cuTensorMapEncodeIm2col); cuDNN 9 then multiplies in fp32 on the FP32 pipe
// (convolve_common_engine_float_NHWC [nnsim-lab]).
func (c *Config) unaligned(p *product) bool {
	return c.SM.Path == "tma" && !p.dt.IsInt() && p.window.channels*p.batch*p.aCell%vector != 0 && !p.depthwise()
}

// offsetOps is the instructions beside the multiply-adds for an element of A on the
// FP32 pipe: its offset from a table, the sum with the pixel's, the test whether it
// lies in the image, the load, and the store to shared memory.
const offsetOps = 5

// depthwise tells whether a product is a convolution in which every channel has its
// own filters and no sums over channels: the tensor cores and tiles of columns have
// nothing to share there.
func (p *product) depthwise() bool { return p.window != nil && p.window.channels == 1 && p.batch > 1 }

// direct writes the kernel of a depthwise convolution: threads take results, with
// their window's pixels from L1, and the taps from registers.
func (c *Config) direct(p *product) *kernel {
	w := p.window
	results := int64(p.m) * int64(p.n) * int64(p.batch)
	pixels, filters := w.read(false)*int64(p.batch)*int64(p.aCell), int64(p.k*p.n*p.batch*p.bCell)
	s := streamWork{in: pixels + filters + results*int64(p.extra),
		out: results * int64(p.out), simple: results * int64(2*w.taps())} // a load and a multiply-add a tap
	if p.params {
		s.params = filters
	}
	if p.aThere {
		s.there += pixels
	}
	if p.bThere {
		s.there += filters
	}
	k := c.streamed(&s)
	k.name, k.macs, k.simple = "depthwise", p.macs, results*int64(w.taps())
	return k
}

// offsets writes the kernel that goes before a convolution's on machines whose loads
// pass through registers: it fills the table of offsets, one for each place of the
// reduction, that the loads of operand A add to their pixel's (cuDNN 7, "implicit
// precomputed GEMM"). Later kernels step by differences that the host works out.
func (c *Config) offsets(p *product) *kernel {
	k := c.streamed(&streamWork{out: int64(p.k) * 4, simple: int64(p.k) * offsetOps})
	k.name = "offsets"
	return k
}
