package asic

import (
	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
)

// Product is a layer whose head multiplies: a convolution, or a matrix product as
// one of 1×1 images.
type Product struct {
	Layer *workloads.Layer
	Space workloads.Matrix
	A, B  *workloads.Tensor
	conv  bool
}

// NewProduct views a layer as a product.
func NewProduct(l *workloads.Layer) *Product {
	head := l.Head()
	space, _ := workloads.MatrixOf(head)
	return &Product{Layer: l, Space: space, A: head.In[0], B: head.In[1], conv: head.Op == "Conv"}
}

// OfMatrices tells whether the product is one of matrices, whose rows are seen as images
// of one pixel.
func (p *Product) OfMatrices() bool { return !p.conv }

// Tile is a part of a product: images, rows and columns of the result, filters and
// channels of one group, all half open. No column named, X1 is 0, means all of them.
type Tile struct {
	Batch, Group   int
	I0, I1, Y0, Y1 int
	X0, X1         int
	K0, K1, C0, C1 int
}

// Images, Rows, Filters and Channels are the tile's extents.
func (t *Tile) Images() int   { return t.I1 - t.I0 }
func (t *Tile) Rows() int     { return t.Y1 - t.Y0 }
func (t *Tile) Filters() int  { return t.K1 - t.K0 }
func (t *Tile) Channels() int { return t.C1 - t.C0 }

// Columns is the range of columns of a tile.
func (p *Product) Columns(t *Tile) (x0, x1 int) {
	if t.X1 == 0 {
		return 0, p.Space.OW
	}
	return t.X0, t.X1
}

// Outputs is the number of results of a tile.
func (p *Product) Outputs(t *Tile) int {
	x0, x1 := p.Columns(t)
	return t.Images() * t.Rows() * t.Filters() * (x1 - x0)
}

// MACs is the number of multiplications of a tile, those with padding included.
func (p *Product) MACs(t *Tile) int64 {
	return int64(p.Outputs(t)) * int64(t.Channels()) * int64(p.Space.R*p.Space.S)
}

// InputRows is the range of real rows of the image that rows [y0, y1) of the result read.
func (p *Product) InputRows(y0, y1 int) (lo, hi int) {
	s := &p.Space
	return reads(y0, y1, s.StrideH, s.PadH, (s.R-1)*s.DilH, s.H)
}

// inputColumns is the same for a tile's columns.
func (p *Product) inputColumns(t *Tile) (lo, hi int) {
	s := &p.Space
	x0, x1 := p.Columns(t)
	return reads(x0, x1, s.StrideW, s.PadW, (s.S-1)*s.DilW, s.W)
}

// reads is the range of n operands that results [from, to) read, one at least.
func reads(from, to, stride, pad, span, n int) (lo, hi int) {
	lo, hi = from*stride-pad, (to-1)*stride-pad+span+1
	lo, hi = min(max(lo, 0), n-1), min(max(hi, 1), n)
	return lo, max(hi, lo+1)
}

// aBox is where a tile's activations lie: the view of their tensor and the box in it.
func (p *Product) aBox(t *Tile) ([]int, mem.Region) {
	s := &p.Space
	if p.conv {
		lo, hi := p.InputRows(t.Y0, t.Y1)
		left, right := p.inputColumns(t)
		c := t.Group * s.C
		return []int{s.Images, s.C * s.Groups, s.H, s.W},
			mem.Region{{Lo: t.I0, Hi: t.I1}, {Lo: c + t.C0, Hi: c + t.C1}, {Lo: lo, Hi: hi}, {Lo: left, Hi: right}}
	}
	ia := 0
	if !s.SharedB {
		ia, _ = workloads.BatchIndex(p.Layer.Head(), t.Batch)
	}
	batches := int(p.A.Shape.Elements()) / (s.Images * s.C)
	if s.TransA {
		return []int{batches * s.C, s.Images}, mem.Region{{Lo: ia*s.C + t.C0, Hi: ia*s.C + t.C1}, {Lo: t.I0, Hi: t.I1}}
	}
	return []int{batches * s.Images, s.C}, mem.Region{{Lo: ia*s.Images + t.I0, Hi: ia*s.Images + t.I1}, {Lo: t.C0, Hi: t.C1}}
}

// bBox is where a tile's filters lie.
func (p *Product) bBox(t *Tile) ([]int, mem.Region) {
	s := &p.Space
	if p.conv {
		k := t.Group * s.K
		return []int{s.K * s.Groups, s.C, s.R * s.S}, mem.Region{{Lo: k + t.K0, Hi: k + t.K1}, {Lo: t.C0, Hi: t.C1}, {Lo: 0, Hi: s.R * s.S}}
	}
	ib := 0
	if !s.SharedB {
		_, ib = workloads.BatchIndex(p.Layer.Head(), t.Batch)
	}
	batches := int(p.B.Shape.Elements()) / (s.C * s.K)
	if s.TransB {
		return []int{batches * s.K, s.C}, mem.Region{{Lo: ib*s.K + t.K0, Hi: ib*s.K + t.K1}, {Lo: t.C0, Hi: t.C1}}
	}
	return []int{batches * s.C, s.K}, mem.Region{{Lo: ib*s.C + t.C0, Hi: ib*s.C + t.C1}, {Lo: t.K0, Hi: t.K1}}
}

// bOffset is the index of a tile's first filter word: where bBox begins.
func (p *Product) bOffset(t *Tile) int64 {
	s := &p.Space
	if p.conv {
		return (int64(t.Group*s.K+t.K0)*int64(s.C) + int64(t.C0)) * int64(s.R*s.S)
	}
	ib := 0
	if !s.SharedB {
		_, ib = workloads.BatchIndex(p.Layer.Head(), t.Batch)
	}
	if s.TransB {
		return int64(ib*s.K+t.K0)*int64(s.C) + int64(t.C0)
	}
	return int64(ib*s.C+t.C0)*int64(s.K) + int64(t.K0)
}

// outBox is where a tile's results lie: [image, filter, row, column], or [row, column].
func (p *Product) outBox(t *Tile) ([]int, mem.Region) {
	s := &p.Space
	if p.conv {
		k := t.Group * s.K
		x0, x1 := p.Columns(t)
		return []int{s.Images, s.K * s.Groups, s.OH, s.OW},
			mem.Region{{Lo: t.I0, Hi: t.I1}, {Lo: k + t.K0, Hi: k + t.K1}, {Lo: t.Y0, Hi: t.Y1}, {Lo: x0, Hi: x1}}
	}
	return []int{s.Batch * s.Images, s.K}, mem.Region{{Lo: t.Batch*s.Images + t.I0, Hi: t.Batch*s.Images + t.I1}, {Lo: t.K0, Hi: t.K1}}
}

// ABytes, BBytes and OutBytes are what a tile's parts take in a buffer.
func (p *Product) ABytes(t *Tile) int64 {
	_, r := p.aBox(t)
	return r.Elements() * int64(p.A.Type.CellBytes())
}

// BBytes is what a tile's filters take.
func (p *Product) BBytes(t *Tile) int64 {
	return int64(t.Filters()) * int64(t.Channels()) * int64(p.Space.R*p.Space.S) * int64(p.B.Type.CellBytes())
}

// OutBytes is what a tile's finished results take.
func (p *Product) OutBytes(t *Tile) int64 {
	return int64(p.Outputs(t)) * int64(p.Layer.Out().Type.CellBytes())
}

// offset is the index of a region's first element.
func offset(shape []int, r mem.Region) (at int64) {
	for i, s := range r {
		at = at*int64(shape[i]) + int64(s.Lo)
	}
	return at
}

// PostEdges is the edges the post station takes for operations that so many
// elements need, the fused nodes of the layer included, and counts them.
func (w *Walk) PostEdges(p *Product, elements int64) unit.Cycles {
	simple, hard := p.effort(elements)
	w.Simple(simple)
	w.Hard(hard)
	return w.Sim.chassis.Vector.PostEdges(p, elements)
}

// PostEdges is the edges the post station takes for operations that so many elements need.
func (v *Vector) PostEdges(p *Product, elements int64) unit.Cycles {
	_, hard := p.effort(elements)
	return unit.Cycles(unit.CeilDiv(elements+max(0, hard)*int64(v.Hard), int64(v.Lanes)))
}

// effort is the operations of the post station that so many elements need.
func (p *Product) effort(elements int64) (simple, hard int64) {
	simple = elements // bias and requantisation of each result
	all := p.Layer.Head().Out[0].Shape.Elements()
	for _, n := range p.Layer.Nodes[1:] {
		s, h := workloads.Effort(n)
		simple += s * elements / all
		hard += h * elements / all
	}
	return simple, hard
}
