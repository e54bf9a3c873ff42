package fpga

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// tile is a part of a layer's work: a block of output channels and pixels, and the
// input channels whose products are added in this step.
type tile struct {
	group, image  int
	m, ms         int // output channels of the group
	y, ys, x, xs  int // output pixels
	n, ns         int // input channels of the group
	first, last   bool
	room          bool  // it begins results that a later tile ends
	alone         bool  // its weights are loaded when the products before it are done
	weights, acts int64 // bytes to load; 0 where they are in the buffers already
	store         int64 // bytes
	compute       int64 // cycles
	macs          int64
}

// tiles goes through a product's tiles in the order of the engine's loops, side
// images at a time.
func (m *Machine) tiles(l *layer, s workloads.Matrix, side int, visit func(*tile)) {
	e := &m.cfg.Engine
	for image := 0; image < s.Images; image += side {
		for group := range s.Groups {
			at := tile{image: image, group: group}
			if e.Over == "blocks" {
				m.blocks(l, &s, side, at, visit)
				continue
			}
			m.loops(l, &s, side, at, visit)
		}
	}
}

// tile is the output rows and columns of a tile of the fixed loops: as few tiles as the
// engine's can be, and these alike, so that none is left with a row or two.
func (l *layer) tile(e *Engine, s *workloads.Matrix) (high, wide int) {
	if l.cut != nil {
		return l.cut.ys, l.cut.xs
	}
	high, wide = l.widest(e)
	even := func(n, most int) int { return unit.CeilDiv(n, unit.CeilDiv(n, most)) }
	return even(s.OH, high), even(s.OW, wide)
}

// widest is the most output rows and columns that a tile may have. A matrix is an image of one
// row, and the fixed loops' buffers hold as many of its pixels as of any image's.
func (l *layer) widest(e *Engine) (high, wide int) {
	if e.Over != "blocks" && l.Head().Op != "Conv" {
		return 1, e.TileH * e.TileW
	}
	return e.TileH, e.TileW
}

// loops are those of an engine over channels or pixels: output pixels, output
// channels, input channels; each step loads both operands.
func (m *Machine) loops(l *layer, s *workloads.Matrix, side int, at tile, visit func(*tile)) {
	e := &m.cfg.Engine
	channels := e.Cols
	if e.Over == "pixels" {
		channels = s.C
	}
	high, wide := l.tile(e, s)
	for y := 0; y < s.OH; y += high {
		for x := 0; x < s.OW; x += wide {
			for k := 0; k < s.K; k += e.Rows {
				for n := 0; n < s.C; n += channels {
					t := at
					t.m, t.ms, t.y, t.ys = k, min(e.Rows, s.K-k), y, min(high, s.OH-y)
					t.x, t.xs, t.n, t.ns = x, min(wide, s.OW-x), n, min(channels, s.C-n)
					t.first, t.last = n == 0, n+channels >= s.C
					m.measure(l, s, side, &t)
					visit(&t)
				}
			}
		}
	}
}

// measure finds a tile's bytes and cycles, for so many images side by side.
func (m *Machine) measure(l *layer, s *workloads.Matrix, side int, t *tile) {
	e, taps := &m.cfg.Engine, int64(s.R*s.S)
	pixels := int64(t.ys) * int64(t.xs)
	side = min(side, s.Images-t.image)
	t.compute = m.productCycles(s, t)
	t.macs = taps * pixels * int64(t.ns) * int64(t.ms) * int64(side)
	t.weights = bytesOf(taps*int64(t.ns)*int64(t.ms), l.wBits)
	t.acts = int64(side) * window(s, t, l.aBits)
	if e.Feed > 0 {
		t.compute = max(t.compute, unit.CeilDiv(t.acts, int64(e.Feed)))
	}
	if t.last && e.Yield > 0 {
		t.compute = max(t.compute, unit.CeilDiv(bytesOf(int64(t.ms)*pixels, l.aBits), int64(e.Yield)))
	}
	if t.last {
		t.compute += int64(e.Depth)
		t.store = int64(side) * bytesOf(int64(t.ms)*pixels, l.aBits)
		t.acts += int64(l.extra()) * t.store // of what is added to the results
	}
	if e.Resident {
		t.acts, t.store = 0, 0
	}
}

// productCycles is how long the array takes for a tile.
func (m *Machine) productCycles(s *workloads.Matrix, t *tile) int64 {
	e, taps := &m.cfg.Engine, int64(s.R*s.S)
	pixels := int64(t.ys) * int64(t.xs)
	switch e.Over {
	case "channels":
		return taps * pixels
	case "pixels":
		return taps * int64(t.ns) * unit.CeilDiv(pixels, int64(e.Cols))
	}
	beside := unit.CeilDiv(pixels, int64(e.Cols))
	if e.Lie == "down" {
		beside = unit.CeilDiv(int64(t.ys), int64(e.Cols)) * int64(t.xs)
	}
	in := taps * unit.CeilDiv(int64(t.ns), int64(e.Ins))
	if e.Fold && s.C < e.Ins {
		in = int64(s.R) * unit.CeilDiv(int64(s.S*t.ns), int64(e.Ins))
	}
	each := (in + int64(e.Turn)) * unit.CeilDiv(int64(t.ms), int64(e.Rows))
	each = max(each, in*int64(e.Stage)) + int64(e.Swap)
	return beside * each
}

// window is the bytes of input that a tile of one image reads.
func window(s *workloads.Matrix, t *tile, bits int) int64 {
	rows, cols := int64((t.ys-1)*s.StrideH+(s.R-1)*s.DilH+1), int64((t.xs-1)*s.StrideW+(s.S-1)*s.DilW+1)
	return bytesOf(int64(t.ns)*min(rows, int64(s.H))*min(cols, int64(s.W)), bits)
}

func bytesOf(n int64, bits int) int64 { return unit.CeilDiv(n*int64(bits), 8) }
