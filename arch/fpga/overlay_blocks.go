package fpga

import (
	"fmt"
	"math"

	"nnsim/mapping"
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

// cutFor is how a mapping has a layer, or what chooseCut does; a layer of which no block fits
// has ys = 0.
func (m *Machine) cutFor(l *layer, s *workloads.Matrix, side int) cut {
	if l.cut == nil {
		return m.chooseCut(l, s, side)
	}
	c := *l.cut
	m.fitsBuffers(l, s, side, &c) // notes what the whole buffers hold
	return c
}

// chooseCut takes the blocks and the order that are quickest when they are followed through
// a core, of those that are reckoned to take the least time.
func (m *Machine) chooseCut(l *layer, s *workloads.Matrix, side int) cut {
	e := &m.cfg.Engine
	ns := m.depth(l, s)
	if ns == 0 {
		return cut{}
	}
	widest := int(int64(e.Weights)/2/m.column(l, s, ns)) * e.Rows
	if ns < s.C {
		widest = e.Rows // sums wait for all input channels
	}
	step := 1
	if e.Lie == "down" {
		step = e.Cols
	}
	list := mapping.NewShortlist(func(a, b *reckoned) bool { return a.time < b.time })
	for _, xs := range mapping.Cuts(within(s.OW, e.TileW), 1, 1) {
		for _, ys := range mapping.Cuts(within(s.OH, e.TileH), step, 1) {
			for _, ms := range mapping.Cuts(min(s.K, widest), e.Rows, e.Rows) {
				c := cut{ys: ys, xs: xs, ms: ms, ns: ns}
				if !m.fitsBuffers(l, s, side, &c) {
					continue
				}
				for _, c.held = range []bool{false, true} {
					if e.Hold == "pixels" && c.held || e.Hold == "weights" && !c.held {
						continue
					}
					list.Add(&reckoned{c, m.reckon(l, s, side, &c), m.products(s, &c)})
				}
			}
		}
	}
	if list.Best() == nil {
		return cut{}
	}
	return list.Quickest(func(r *reckoned) float64 { return r.products }, func(r *reckoned) float64 { return m.follow(l, &r.cut) }).cut
}

// reckoned is a cut, its reckoned time, and that of its products alone.
type reckoned struct {
	cut
	time, products float64
}

// depth is the input channels of a block: all, or whole steps of them where half the weight
// buffer holds no more; 0: not even one step.
func (m *Machine) depth(l *layer, s *workloads.Matrix) int {
	e := &m.cfg.Engine
	if half := int64(e.Weights) / 2; m.column(l, s, s.C) > half {
		return min(s.C, int(half/m.column(l, s, e.Ins))*e.Ins)
	}
	return s.C
}

// column is the weights of one step of output channels for so many input channels.
func (m *Machine) column(l *layer, s *workloads.Matrix, ns int) int64 {
	return bytesOf(int64(s.R*s.S)*int64(ns)*int64(m.cfg.Engine.Rows), l.wBits)
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

// reckon is the time of a cut: its products, its traffic or the turns of its buffers, whichever
// is longest, and the first load and the last store, which overlap with nothing.
func (m *Machine) reckon(l *layer, s *workloads.Matrix, side int, c *cut) float64 {
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
	rate, latency := m.portRate(l)
	loads := input*down*deep*inputs + weights*across*deep*weightss
	moving := (loads + results*across*down*float64(1+l.extra())) / rate
	products, steps := m.products(s, c), across*down*deep
	turns := (products + loads/rate + steps*latency) / 2 // of two buffers: loaded, used, asked for again
	return max(products, moving, turns) + (input+weights+results)/rate
}

// products is what all products of a cut take.
func (m *Machine) products(s *workloads.Matrix, c *cut) float64 {
	steps := unit.CeilDiv(s.K, c.ms) * unit.CeilDiv(s.OH, c.ys) * unit.CeilDiv(s.OW, c.xs) * unit.CeilDiv(s.C, c.ns)
	return float64(steps) * float64(m.productCycles(s, &tile{ys: c.ys, xs: c.xs, ns: c.ns, ms: c.ms})+int64(m.cfg.Engine.Depth))
}

// portRate is the bytes a cycle that a core's ports move at most while all cores that have
// images are at work, and the cycles of a latency. Where memory never stalls, nothing takes time.
func (m *Machine) portRate(l *layer) (rate, latency float64) {
	if m.cfg.Memory.Ideal() {
		return math.Inf(1), 0
	}
	a, n := &m.cfg.AXI, m.cfg.Engine.Cores
	busy := float64(min(n, max(1, l.groups)))
	latency = float64(m.cfg.Memory.Latency) * float64(m.cfg.Clock)
	rate = float64(a.beat())
	if latency > 0 {
		rate = min(rate, float64(a.Outstanding)*float64(a.bytes())/latency)
	}
	ports := float64(a.Ports)
	if a.Shared > 0 {
		ports = min(ports, float64(a.Shared)/busy)
	}
	return min(rate*ports, float64(m.cfg.Memory.peak())/float64(m.cfg.Clock)/busy), latency
}

// fit cuts a layer, and refuses one of which not even one block fits the buffers.
func (m *Machine) fit(l *layer) error {
	e, s := &m.cfg.Engine, l.share()
	if e.Reach > 0 {
		if m.refillFor(l, &s, e.Images).rows > 0 {
			return nil
		}
	} else if c := m.cutFor(l, &s, e.Images); c.ys > 0 {
		l.cut = &c
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
