package fpga

import (
	"fmt"

	"nnsim/arch/fpga/estimate"
	"nnsim/unit"
	"nnsim/workloads"
)

// Engine is an overlay: one engine that computes layer after layer from external
// memory, tile after tile, with two buffers of each kind:
//
//	memory ─▶ in[2], weights[2] ─▶ engine: rows × cols products ─▶ out[2] ─▶ memory
//
// In the loop order "channels" a cycle multiplies cols input channels into rows
// output channels of one pixel; in "pixels", one operand into rows output channels
// of cols pixels.
type Engine struct {
	Rows  int         `key:"rows" min:"1" max:"65536" doc:"output channels computed side by side (Tm, or M)"`
	Cols  int         `key:"cols" min:"1" max:"65536" doc:"input channels (Tn) or pixels (P) side by side"`
	Over  string      `key:"over" oneof:"channels,pixels" doc:"what cols are"`
	TileH int         `key:"tileh" min:"1" max:"65536" doc:"output rows of a tile (Tr)"`
	TileW int         `key:"tilew" min:"1" max:"65536" doc:"output columns of a tile (Tc)"`
	Depth unit.Cycles `key:"depth" min:"0" doc:"cycles from a tile's last operand to its last sum"`
	Lanes int         `key:"lanes" min:"1" max:"65536" doc:"elements a cycle of pools and elementwise work"`
}

// tile is a part of a layer's work: a block of output channels and pixels, and the
// input channels whose products are added in this step.
type tile struct {
	group, image  int
	m, ms         int // output channels of the group
	y, ys, x, xs  int // output pixels
	n, ns         int // input channels of the group
	first, last   bool
	load, store   int64 // bytes
	compute       int64 // cycles
	weights, macs int64
}

// onEngine tells whether the engine computes a node: constant weights, any groups.
func onEngine(n *workloads.Node) bool {
	s, ok := workloads.MatrixOf(n)
	return ok && !constant(n.Input(0)) && constant(n.Input(1)) && (n.Input(2) == nil || constant(n.Input(2))) &&
		s.Batch == 1 && !s.TransA && !s.Causal && len(n.Out) == 1
}

// flat is the space of a matrix product as an image of one row.
func flat(n *workloads.Node) workloads.Matrix {
	s, _ := workloads.MatrixOf(n)
	if n.Op != "Conv" {
		s.W, s.OW, s.Images = s.M(), s.M(), 1
	}
	return s
}

// tiles goes through a product's tiles in the order of the engine's loops.
func (m *Machine) tiles(l *layer, visit func(*tile)) {
	e, s := &m.cfg.Engine, flat(l.Head())
	channels := e.Cols
	if e.Over == "pixels" {
		channels = s.C
	}
	for image := range s.Images {
		for group := range s.Groups {
			for y := 0; y < s.OH; y += e.TileH {
				for x := 0; x < s.OW; x += e.TileW {
					for k := 0; k < s.K; k += e.Rows {
						for n := 0; n < s.C; n += channels {
							t := tile{group: group, image: image, m: k, ms: min(e.Rows, s.K-k), y: y, ys: min(e.TileH, s.OH-y),
								x: x, xs: min(e.TileW, s.OW-x), n: n, ns: min(channels, s.C-n), first: n == 0, last: n+channels >= s.C}
							m.measure(l, &s, &t)
							visit(&t)
						}
					}
				}
			}
		}
	}
}

// measure finds a tile's bytes and cycles.
func (m *Machine) measure(l *layer, s *workloads.Matrix, t *tile) {
	e, taps := &m.cfg.Engine, int64(s.R*s.S)
	pixels := int64(t.ys) * int64(t.xs)
	if e.Over == "channels" {
		t.compute = taps * pixels
	} else {
		t.compute = taps * int64(t.ns) * unit.CeilDiv(pixels, int64(e.Cols))
	}
	rows, cols := int64((t.ys-1)*s.StrideH+(s.R-1)*s.DilH+1), int64((t.xs-1)*s.StrideW+(s.S-1)*s.DilW+1)
	rows, cols = min(rows, int64(s.H)), min(cols, int64(s.W))
	t.macs = taps * pixels * int64(t.ns) * int64(t.ms)
	t.weights = bytesOf(taps*int64(t.ns)*int64(t.ms), l.wBits)
	t.load = t.weights + bytesOf(int64(t.ns)*rows*cols, l.aBits)
	if t.last {
		t.compute += int64(e.Depth)
		t.store = bytesOf(int64(t.ms)*pixels, l.aBits)
	}
}

func bytesOf(n int64, bits int) int64 { return unit.CeilDiv(n*int64(bits), 8) }

// newOverlay refuses engines that the part cannot hold.
func (m *Machine) newOverlay(net *workloads.Network) (*design, error) {
	d := &design{frames: 1, overlay: true, bound: "one engine, layer by layer"}
	e := &m.cfg.Engine
	for _, l := range net.Layers {
		one := &layer{Layer: l, kind: host, simd: 1, pe: 1, images: 1, wBits: net.Precision.Weight.Bits(), aBits: net.Precision.Act.Bits()}
		switch n := l.Head(); {
		case workloads.ClassOf(n.Op) == workloads.View:
			one.kind = view
		case workloads.ClassOf(n.Op) == workloads.MatrixClass && onEngine(n):
			one.kind = dense
		case n.Op == "MaxPool" || n.Op == "AveragePool" || n.Op == "GlobalAveragePool" || n.Op == "GlobalMaxPool" || workloads.Elementwise(n.Op):
			one.kind = element
		}
		d.layers = append(d.layers, one)
	}
	r := m.engineResources(net, d)
	if !fits(r, m.budget()) {
		return nil, m.refusal(fmt.Sprintf("an engine of %d × %d", e.Rows, e.Cols), r)
	}
	d.need = r
	return d, nil
}

// engineResources is what the engine takes: slices by packing (five for a product and
// a sum of fp32, as the vendor's cores do), two buffers of each kind in block RAM.
func (m *Machine) engineResources(net *workloads.Network, d *design) (r estimate.Resources) {
	e, p := &m.cfg.Engine, net.Precision
	one := &layer{kind: dense, simd: e.Cols, pe: e.Rows, inside: e.Cols, outside: e.Rows, wBits: p.Weight.Bits(), aBits: p.Act.Bits(), space: workloads.Matrix{R: 1, S: 1}}
	r.DSP = one.slices(m)
	if p.Act.IsFloat() {
		r.DSP = floatSlices * int64(e.Rows) * int64(e.Cols)
	}
	r.LUT = int64(e.Rows) * int64(e.Cols) * adderLUTs * int64(p.Act.Bits())
	r.FF = r.LUT
	depth := map[string]int64{}
	for _, l := range d.layers {
		if l.kind != dense {
			continue
		}
		m.tiles(l, func(t *tile) {
			depth["in"] = max(depth["in"], (t.load-t.weights)*8)
			depth["weights"] = max(depth["weights"], t.weights*8)
			depth["out"] = max(depth["out"], t.store*8)
		})
	}
	for _, bits := range depth {
		r.BRAM18 += 2 * unit.CeilDiv(bits, 18*1024)
	}
	return r
}

// floatSlices: a multiplier of fp32 takes three DSP48 slices, an adder two.
const floatSlices = 5

// clockwork is an overlay in time: the port to memory, the engine, the buffers.
type clockwork struct {
	perCycle float64 // bytes; 0: ideal
	latency  float64
	port     float64    // when the port is next free
	computed [2]float64 // ends of the last two tiles
	stored   [2]float64
	engine   int64 // cycles in which the engine computed
	moving   float64
}

// move books a transfer that may begin at a time, and returns when its last byte is there.
func (c *clockwork) move(from float64, bytes int64) float64 {
	if c.perCycle == 0 || bytes == 0 {
		return from
	}
	c.port = max(c.port, from) + float64(bytes)/c.perCycle
	c.moving += float64(bytes) / c.perCycle
	return c.port + c.latency
}

// layer goes through tiles from a time on; a tile is loaded while the one before is
// computed, and its buffer is free when the one before that has been. Results go
// out while the next are formed.
func (c *clockwork) layer(start float64, tiles []tile) float64 {
	end, ready := start, start
	c.computed, c.stored, c.port = [2]float64{start, start}, [2]float64{start, start}, max(c.port, start)
	for i := range tiles {
		if i == 0 {
			ready = c.move(start, tiles[0].load)
		}
		begin := max(ready, c.computed[1])
		if tiles[i].first {
			begin = max(begin, c.stored[0])
		}
		done := begin + float64(tiles[i].compute)
		if i+1 < len(tiles) {
			ready = c.move(c.computed[1], tiles[i+1].load) // into the buffer that the tile before last has left
		}
		c.engine += tiles[i].compute
		c.computed = [2]float64{c.computed[1], done}
		end = max(end, done)
		if tiles[i].last {
			out := c.move(done, tiles[i].store)
			c.stored = [2]float64{c.stored[1], out}
			end = max(end, out)
		}
	}
	return end
}
