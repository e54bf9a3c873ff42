package fpga

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// refill is how a layer is cut for an engine that loads its weights again for each block of
// pixels side by side:
//
//	for each step of rows                 input and results have two buffers each
//	  for each block of pixels            windows are laid out beside the products of the block before
//	    for each pass of input channels   as many as a block's windows have room for
//	      for each load of weights        two buffers; the first load overlaps with no products
//
// Weights that fit both buffers are loaded once.
type refill struct {
	rows, blocks  int   // output rows of a step; blocks of pixels in one
	passes, loads int   // of input channels; of weights, in a pass
	kernels       int   // blocks of output channels in a load
	in            int64 // cycles for the products of a block of output channels in a pass
	once          bool  // weights are loaded once
}

// mostKernels is the greatest number of blocks of output channels in a load: a counter of four bits [xilinx-chaidnn].
const mostKernels = 15

// refillFor cuts a layer; with rows = 0 it does not fit.
func (m *Machine) refillFor(l *layer, s *workloads.Matrix, side int) (c refill) {
	e, taps := &m.cfg.Engine, s.R*s.S
	words := func() int64 { return int64(taps) * int64(unit.CeilDiv(unit.CeilDiv(s.C, c.passes), e.Ins)) }
	for c.passes = 1; words() > int64(e.Reach) && c.passes < s.C; c.passes *= 2 {
	}
	c.in = words()
	across := unit.CeilDiv(s.K, e.Rows)
	room := int64(e.Weights)/2/bytesOf(int64(e.Ins)*int64(e.Rows), l.wBits) - 1
	for c.kernels = int(min(mostKernels, int64(across), room/c.in)); c.kernels > 1 && across%c.kernels > 0; c.kernels-- {
	}
	if c.kernels < 1 || c.in > int64(e.Reach) {
		return refill{}
	}
	c.loads = across / c.kernels
	c.once = c.passes == 1 && c.loads <= 2
	for c.rows = s.OH; c.rows > 0; c.rows-- {
		if m.fitsBuffers(l, s, side, &cut{ys: c.rows, xs: s.OW, ms: s.K, ns: s.C}) {
			break
		}
	}
	c.blocks = unit.CeilDiv(c.rows*s.OW, e.Cols)
	return c
}

// refilled goes through a layer's steps. The values of a step of rows are all in its last tile.
func (m *Machine) refilled(l *layer, s *workloads.Matrix, side int, at tile, visit func(*tile)) {
	c := m.refillFor(l, s, side)
	for y := 0; y < s.OH; y += c.rows {
		whole := at
		whole.y, whole.ys, whole.xs, whole.ms, whole.ns = y, min(c.rows, s.OH-y), s.OW, s.K, s.C
		whole.first, whole.last = true, true
		m.measure(l, s, side, &whole)
		c.stepOf(m, &whole, y == 0, visit)
	}
}

// stepOf goes through the blocks of a step of rows.
func (c *refill) stepOf(m *Machine, whole *tile, first bool, visit func(*tile)) {
	e := &m.cfg.Engine
	blocks := unit.CeilDiv(whole.ys*whole.xs, e.Cols)
	load := int64(c.kernels)*(c.in+int64(e.Turn)) + int64(e.Swap)
	block := int64(c.loads)*load + int64(e.Depth)
	lay := c.in * int64(e.Stage)
	each := unit.CeilDiv(whole.weights, int64(c.passes*c.loads)) // bytes of a load
	if c.once {
		only := *whole
		only.compute = lay + int64(blocks)*max(block, lay)
		if !first {
			only.weights = 0
		}
		visit(&only)
		return
	}
	last := blocks*c.passes*c.loads - 1
	for i := range last + 1 {
		t := tile{weights: each, compute: load, alone: i%c.loads == 0}
		if i == 0 { // the windows of the first block, before anything
			t.room, t.acts, t.compute = true, whole.acts, t.compute+lay
		}
		if i == last {
			t, t.weights, t.acts, t.compute, t.alone = *whole, each, 0, load, c.loads == 1
		}
		if i%c.loads == c.loads-1 {
			t.compute += int64(e.Depth) + max(0, lay-block)
		}
		visit(&t)
	}
}
