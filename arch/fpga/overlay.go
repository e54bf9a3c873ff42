package fpga

import (
	"fmt"

	"nnsim/arch/fpga/estimate"
	"nnsim/unit"
	"nnsim/workloads"
)

// onEngine tells whether the engine computes a node: constant weights, any groups.
func (m *Machine) onEngine(n *workloads.Node) bool {
	s, ok := workloads.MatrixOf(n)
	return ok && !constant(n.Input(0)) && constant(n.Input(1)) && (n.Input(2) == nil || constant(n.Input(2))) &&
		s.Batch == 1 && !s.TransA && !s.Causal && len(n.Out) == 1 && (n.Op == "Conv" || m.cfg.Engine.Dense != "host")
}

// flat is the space of a matrix product as an image of one row.
func flat(n *workloads.Node) workloads.Matrix {
	s, _ := workloads.MatrixOf(n)
	if n.Op != "Conv" {
		s.W, s.OW, s.Images = s.M(), s.M(), 1
	}
	return s
}

// share is the part of a layer's product that is one group's of images.
func (l *layer) share() workloads.Matrix {
	s := flat(l.Head())
	if s.Images > 1 {
		s.Images /= l.groups
	} else {
		s.W, s.OW = s.W/l.groups, s.OW/l.groups
	}
	return s
}

// newOverlay refuses engines that the part cannot hold, and layers that the engine cannot.
func (m *Machine) newOverlay(net *workloads.Network) (*design, error) {
	d := &design{frames: 1, overlay: true, bound: "one engine, layer by layer"}
	e := &m.cfg.Engine
	if e.Cores > 1 {
		d.bound = fmt.Sprintf("%d engines on one memory, each layer by layer", e.Cores)
	}
	for _, l := range net.Layers {
		one := &layer{Layer: l, kind: host, simd: 1, pe: 1, images: 1, wBits: max(e.Word, net.Precision.Weight.Bits()), aBits: max(e.Word, net.Precision.Act.Bits())}
		switch n := l.Head(); {
		case workloads.ClassOf(n.Op) == workloads.View:
			one.kind = view
		case workloads.ClassOf(n.Op) == workloads.MatrixClass && m.onEngine(n):
			one.kind = dense
		case n.Op == "Concat":
			one.kind = concat
		case n.Op == "LRN" || n.Op == "MaxPool" || n.Op == "AveragePool" || n.Op == "GlobalAveragePool" || n.Op == "GlobalMaxPool" || workloads.Elementwise(n.Op):
			one.kind = element
		}
		d.layers = append(d.layers, one)
	}
	d.groups = m.parts(net, d)
	for _, l := range d.layers {
		l.groups = d.groups
	}
	r, err := m.engineResources(net, d)
	if err != nil {
		return nil, err
	}
	if !m.fits(r, m.budget()) {
		return nil, m.refusal(e.String(), r)
	}
	d.need = r
	return d, nil
}

// String is the engine in a line.
func (e *Engine) String() string {
	text := fmt.Sprintf("an engine of %d × %d", e.Rows, e.Cols)
	if e.Ins*e.Images > 1 {
		text += fmt.Sprintf(" × %d × %d", e.Ins, e.Images)
	}
	if e.Cores > 1 {
		text = fmt.Sprintf("%d times %s", e.Cores, text)
	}
	return text
}

// engineResources is what the engines take: slices by packing (five for a product and
// a sum of fp32, as the vendor's cores do), two buffers of each kind in block RAM.
func (m *Machine) engineResources(net *workloads.Network, d *design) (r estimate.Resources, err error) {
	e, p := &m.cfg.Engine, net.Precision
	side := e.Cols * e.Ins * e.Images
	one := &layer{kind: dense, simd: side, pe: e.Rows, inside: side, outside: e.Rows, wBits: p.Weight.Bits(), aBits: p.Act.Bits(), space: workloads.Matrix{R: 1, S: 1}}
	r.DSP = one.slices(m)
	if p.Act.IsFloat() {
		r.DSP = floatSlices * e.macs()
	}
	r.DSP = unit.CeilDiv(r.DSP, int64(e.Pump))
	r.LUT = e.macs() / int64(e.Pump) * adderLUTs * int64(p.Act.Bits())
	r.FF = r.LUT
	depth, err := m.bufferBits(d)
	for _, bits := range depth {
		r.BRAM18 += unit.CeilDiv(bits, 18*1024)
	}
	n := int64(e.Cores)
	return estimate.Resources{LUT: n * r.LUT, FF: n * r.FF, DSP: n * r.DSP, BRAM18: n * r.BRAM18}, err
}

// bufferBits is the size of a core's buffers: as configured, or what the tiles need.
func (m *Machine) bufferBits(d *design) ([]int64, error) {
	e := &m.cfg.Engine
	in, weights, out := int64(e.Input), int64(e.Weights), int64(e.Output)
	for _, l := range d.layers {
		if l.kind != dense {
			continue
		}
		if e.Over == "blocks" {
			if err := m.fit(l); err != nil {
				return nil, err
			}
			continue
		}
		s := flat(l.Head())
		s.Images = 1
		m.tiles(l, s, 1, func(t *tile) {
			in, weights, out = max(in, 2*t.acts), max(weights, 2*t.weights), max(out, 2*t.store)
		})
	}
	return []int64{8 * in, 8 * weights, 8 * out}, nil
}

// floatSlices: a multiplier of fp32 takes three DSP48 slices, an adder two.
const floatSlices = 5
