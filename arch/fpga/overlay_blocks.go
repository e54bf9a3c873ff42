package fpga

import (
	"fmt"
	"math"

	"nnsim/unit"
	"nnsim/workloads"
)

// cut is how a layer is cut for an engine over blocks. The outer loop holds one
// operand in its buffer while the other passes by:
//
//	weights held    for each block of output channels, for each block of pixels
//	pixels held     for each block of pixels, for each block of output channels
//
// and the operand that passes by is loaded once if its buffer holds all of it.
type cut struct {
	ys, xs, ms, ns int
	held           bool // weights are held
	allIn, allW    bool // the input buffer holds all input, the weight buffer all weights
}

// cutFor chooses the blocks and the order that are reckoned to take the least time,
// among those that fit; a layer with none has ys = 0. The simulation decides how long
// they do take.
func (m *Machine) cutFor(l *layer, s *workloads.Matrix, side int) (best cut) {
	if l.cut != nil {
		best = *l.cut
		m.fitsBuffers(l, s, side, &best) // notes what the whole buffers hold
		return best
	}
	e := &m.cfg.Engine
	taps, halfW := int64(s.R*s.S), int64(e.Weights)/2
	column := func(ns int) int64 { return bytesOf(taps*int64(ns)*int64(e.Rows), l.wBits) } // weights of one step of output channels
	ns := s.C
	if column(ns) > halfW { // not all input channels: whole steps of them
		ns = min(s.C, int(halfW/bytesOf(taps*int64(e.Ins)*int64(e.Rows), l.wBits))*e.Ins)
	}
	if ns == 0 {
		return cut{}
	}
	widest := int(halfW/column(ns)) * e.Rows
	if ns < s.C {
		widest = e.Rows // sums wait for all input channels
	}
	least := math.Inf(1)
	high, wide := s.OH, s.OW
	if e.TileH > 0 {
		high = min(high, e.TileH)
	}
	if e.TileW > 0 {
		wide = min(wide, e.TileW)
	}
	for xs := wide; xs > 0; xs /= 2 {
		for ys := high; ys > 0; ys = e.fewer(ys) {
			for ms := min(s.K, widest); ms > 0; ms = fewer(ms, e.Rows) {
				c := cut{ys: ys, xs: xs, ms: ms, ns: ns}
				if !m.fitsBuffers(l, s, side, &c) {
					continue
				}
				for _, c.held = range []bool{false, true} {
					if e.Hold == "pixels" && c.held || e.Hold == "weights" && !c.held {
						continue
					}
					if t := m.reckon(l, s, side, &c); t < least {
						least, best = t, c
					}
				}
			}
		}
	}
	return best
}

// fewer is the next smaller block: half of it, in whole steps, down to one step.
func fewer(n, step int) int {
	if n <= step {
		return 0
	}
	return unit.CeilDiv(unit.CeilDiv(n, 2), step) * step
}

// fewer is the next smaller block of rows; where no step of rows fits, single rows do.
func (e *Engine) fewer(ys int) int {
	step := 1
	if e.Lie == "down" && ys > e.Cols {
		step = e.Cols
	}
	return fewer(ys, step)
}

// fitsBuffers tells whether a block's input and results fit half their buffers, and
// notes what the whole buffers hold.
func (m *Machine) fitsBuffers(l *layer, s *workloads.Matrix, side int, c *cut) bool {
	e, t := &m.cfg.Engine, tile{ys: c.ys, xs: c.xs, ns: c.ns}
	c.allW = bytesOf(int64(s.R*s.S)*int64(s.C)*int64(s.K), l.wBits) <= int64(e.Weights)
	c.allIn = int64(side)*bytesOf(int64(s.C)*int64(s.H)*int64(s.W), l.aBits) <= int64(e.Input)
	results := int64(side) * bytesOf(int64(c.ms)*int64(c.ys)*int64(c.xs), l.aBits)
	return int64(side)*window(s, &t, l.aBits) <= int64(e.Input)/2 && results <= int64(e.Output)/2
}

// reckon is the time of a cut: its products or its traffic, whichever is longer, and
// the first load and the last store, which overlap with nothing.
func (m *Machine) reckon(l *layer, s *workloads.Matrix, side int, c *cut) float64 {
	e := &m.cfg.Engine
	across, down, deep := float64(unit.CeilDiv(s.K, c.ms)), float64(unit.CeilDiv(s.OH, c.ys)*unit.CeilDiv(s.OW, c.xs)), float64(unit.CeilDiv(s.C, c.ns))
	t := tile{ys: c.ys, xs: c.xs, ns: c.ns, ms: c.ms}
	input := float64(int64(side) * window(s, &t, l.aBits))
	weights := float64(bytesOf(int64(s.R*s.S*c.ns)*int64(c.ms), l.wBits))
	results := float64(int64(side) * bytesOf(int64(c.ms)*int64(c.ys)*int64(c.xs), l.aBits))
	inputs, weightss := across, down // how often each is loaded
	switch {
	case c.held && c.allIn:
		inputs = 1
	case !c.held && (deep == 1 || c.allIn):
		inputs = 1
	}
	switch {
	case !c.held && c.allW:
		weightss = 1
	case c.held && (deep == 1 || c.allW):
		weightss = 1
	}
	rate, latency := m.portRate()
	traffic := input*down*deep*inputs + weights*across*deep*weightss + results*across*down*float64(1+l.extra())
	steps := across * down * deep
	products := steps * float64(m.productCycles(s, &t)+int64(e.Depth))
	return max(products, steps*latency+traffic/rate) + (input+weights+results)/rate
}

// portRate is the bytes a cycle that a core's ports move at most, and the cycles of a latency.
func (m *Machine) portRate() (rate, latency float64) {
	a := &m.cfg.AXI
	latency = float64(m.cfg.Memory.Latency) * float64(m.cfg.Clock)
	rate = float64(a.beat())
	if latency > 0 {
		rate = min(rate, float64(a.Outstanding)*float64(a.bytes())/latency)
	}
	return rate * float64(a.Ports), latency
}

// holdable refuses layers of which not one block fits the buffers.
func (m *Machine) holdable(l *layer) error {
	e, s := &m.cfg.Engine, flat(l.Head())
	if e.Reach > 0 && m.refillFor(l, &s, e.Images).rows > 0 || e.Reach == 0 && m.cutFor(l, &s, e.Images).ys > 0 {
		return nil
	}
	if e.Reach > 0 && s.R*s.S > e.Reach {
		return fmt.Errorf("fpga: layer %s: windows of %d×%d need an engine.reach of at least %d, it is %d", l.Name, s.R, s.S, s.R*s.S, e.Reach)
	}
	least := tile{ys: 1, xs: 1, ns: min(s.C, e.Ins)}
	return fmt.Errorf("fpga: layer %s: no tile fits: the least has %d bytes of input, %d of weights and %d of results; half the buffers hold %d (engine.input), %d (engine.weights) and %d (engine.output); give larger buffers",
		l.Name, int64(e.Images)*window(&s, &least, l.aBits), bytesOf(int64(s.R*s.S*e.Ins*e.Rows), l.wBits), int64(e.Images)*bytesOf(int64(e.Rows), l.aBits),
		int64(e.Input)/2, int64(e.Weights)/2, int64(e.Output)/2)
}

// blocks goes through a layer's blocks.
func (m *Machine) blocks(l *layer, s *workloads.Matrix, side int, at tile, visit func(*tile)) {
	if m.byUnit(s) {
		m.depthwise(l, s, side, at, visit)
		return
	}
	if m.cfg.Engine.Reach > 0 {
		m.refilled(l, s, side, at, visit)
		return
	}
	c := m.cutFor(l, s, side)
	across, high, wide := unit.CeilDiv(s.K, c.ms), unit.CeilDiv(s.OH, c.ys), unit.CeilDiv(s.OW, c.xs)
	outer, inner := high*wide, across
	if c.held {
		outer, inner = across, high*wide
	}
	for o := range outer {
		for i := range inner {
			k, p := i, o
			if c.held {
				k, p = o, i
			}
			for n := 0; n < s.C; n += c.ns {
				t := at
				t.m, t.ms, t.n, t.ns = k*c.ms, min(c.ms, s.K-k*c.ms), n, min(c.ns, s.C-n)
				t.y, t.x = p/wide*c.ys, p%wide*c.xs
				t.ys, t.xs = min(c.ys, s.OH-t.y), min(c.xs, s.OW-t.x)
				t.first, t.last = n == 0, n+c.ns >= s.C
				m.measure(l, s, side, &t)
				c.reuse(l, s, side, o, i, &t)
				visit(&t)
			}
		}
	}
}

// reuse takes off what is in the buffers already.
func (c *cut) reuse(l *layer, s *workloads.Matrix, side, o, i int, t *tile) {
	window := int64(min(side, s.Images-t.image)) * window(s, t, l.aBits)
	if c.held {
		if i > 0 && t.ns == s.C || c.allW && i > 0 {
			t.weights = 0
		}
		if o > 0 && c.allIn {
			t.acts -= window
		}
		return
	}
	if i > 0 && (t.ns == s.C || c.allIn) {
		t.acts -= window
	}
	if o > 0 && c.allW {
		t.weights = 0
	}
}

// rowsFor is the block of rows of a depthwise convolution: whole width, as few rows as
// its unit has pixels, or fewer if they do not fit.
func (m *Machine) rowsFor(l *layer, s *workloads.Matrix, side int) cut {
	e := &m.cfg.Engine
	c := cut{ys: min(s.OH, max(1, e.Depthwise/e.Rows)), xs: s.OW, ms: s.Groups * s.K, ns: s.C}
	for !m.fitsBuffers(l, s, side, &c) && c.ys*c.xs > 1 {
		if c.ys > 1 {
			c.ys /= 2
		} else {
			c.xs /= 2
		}
	}
	return c
}

// byUnit tells whether the unit for depthwise convolutions computes a layer.
func (m *Machine) byUnit(s *workloads.Matrix) bool {
	return m.cfg.Engine.Depthwise > 0 && s.Groups > 1 && s.C == 1
}

// depthwise is a depthwise convolution on its unit: all channels of a block of rows. The
// tiles of all but the first group are empty, so that each group has its values.
func (m *Machine) depthwise(l *layer, s *workloads.Matrix, side int, at tile, visit func(*tile)) {
	e := &m.cfg.Engine
	wide := *s
	wide.C = s.Groups // what a block of pixels loads
	c := m.rowsFor(l, &wide, side)
	for y := 0; y < s.OH; y += c.ys {
		for x := 0; x < s.OW; x += c.xs {
			t := at
			t.ms, t.ns, t.y, t.ys, t.x, t.xs, t.first, t.last = s.K, 1, y, min(c.ys, s.OH-y), x, min(c.xs, s.OW-x), true, true
			n := int64(min(side, s.Images-at.image))
			t.macs = n * int64(s.R*s.S*s.K) * int64(t.ys) * int64(t.xs)
			if at.group == 0 {
				all := t
				all.ns = s.Groups
				t.acts, t.store = n*window(&wide, &all, l.aBits), n*bytesOf(int64(s.Groups*s.K)*int64(t.ys)*int64(t.xs), l.aBits)
				t.acts += int64(l.extra()) * t.store
				if y == 0 && x == 0 {
					t.weights = bytesOf(int64(s.R*s.S*s.Groups*s.K), l.wBits)
				}
				pixels := int64(e.Depthwise / e.Rows)
				beside := unit.CeilDiv(int64(t.ys)*int64(t.xs), pixels)
				if e.Lie == "down" {
					beside = unit.CeilDiv(int64(t.ys), pixels) * int64(t.xs)
				}
				t.compute = int64(s.R*s.S) * beside * int64(unit.CeilDiv(s.Groups*s.K, e.Rows)) * n
				t.compute += int64(e.Depth)
			}
			visit(&t)
		}
	}
}
