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

// FetchA emits the load of a tile's activations to an address of the buffers.
func (w *Walk) FetchA(p *Product, t *Tile, addr int64, after Fence) int64 {
	view, r := p.aBox(t)
	return w.fetch(p.A, view, r, addr, after)
}

// Strip is a run of rows.
type Strip struct{ Lo, Hi int }

// Empty tells whether there are none.
func (s Strip) Empty() bool { return s.Lo >= s.Hi }

// FetchStrip emits the load of input rows of a tile that lie at addr in the buffers, among
// those of the rest of the tile. It returns the load and the bytes that come.
func (w *Walk) FetchStrip(p *Product, t *Tile, rows Strip, addr int64, after Fence) (load, bytes int64) {
	view, all := p.aBox(t)
	if !p.conv {
		return w.FetchA(p, t, addr, after), p.ABytes(t)
	}
	cell := p.A.Type.CellBytes()
	part := append(mem.Region{}, all...)
	part[rowAxis].Lo, part[rowAxis].Hi = rows.Lo, rows.Hi
	bytes = part.Elements() * int64(cell)
	var end func() error
	if pl := w.Sim.plane; pl != nil {
		st, base := pl.memories(w.Index), w.Place(p.A).OffChip
		end = func() error {
			got := make([]byte, bytes)
			if err := mem.Load(got, st.offChip, base, view, part, cell); err != nil {
				return err
			}
			return p.lay(got, t, rows, st.buffers, addr)
		}
	}
	return w.Fetch(p.A, offset(view, part)*int64(cell), bytes, after, end), bytes
}

// KeepStrip has a station's command move input rows that a tile shares with prev, which
// lies at from, to the tile's own place: they do not come again.
func (w *Walk) KeepStrip(p *Product, t, prev *Tile, rows Strip, from, addr int64, after Fence) int64 {
	c := Command{After: after}
	if pl := w.Sim.plane; pl != nil {
		st := pl.memories(w.Index)
		c.End = func() error {
			got, err := p.pick(prev, rows, st.buffers, from)
			if err != nil {
				return err
			}
			return p.lay(got, t, rows, st.buffers, addr)
		}
	}
	return w.Emit(Load, c)
}

// rowAxis is the axis of rows in the view of images.
const rowAxis = 2

// planes are the strides of a tile's activations in a buffer: how many planes of rows
// there are, the bytes of a row and of a plane, and the first row.
func (p *Product) planes(t *Tile) (count int, line, each int64, top int) {
	_, r := p.aBox(t)
	line = int64(r[rowAxis+1].Hi-r[rowAxis+1].Lo) * int64(p.A.Type.CellBytes())
	return t.Images() * t.Channels(), line, line * int64(r[rowAxis].Hi-r[rowAxis].Lo), r[rowAxis].Lo
}

// lay writes rows of all planes to their places in a tile's buffer.
func (p *Product) lay(raw []byte, t *Tile, rows Strip, to mem.Store, addr int64) error {
	count, line, each, top := p.planes(t)
	n := int64(rows.Hi-rows.Lo) * line
	for plane := range int64(count) {
		if err := to.WriteAt(raw[plane*n:][:n], addr+plane*each+int64(rows.Lo-top)*line); err != nil {
			return err
		}
	}
	return nil
}

// pick reads rows of all planes out of a tile's buffer.
func (p *Product) pick(t *Tile, rows Strip, from mem.Store, addr int64) ([]byte, error) {
	count, line, each, top := p.planes(t)
	n := int64(rows.Hi-rows.Lo) * line
	raw := make([]byte, int64(count)*n)
	for plane := range int64(count) {
		if err := from.ReadAt(raw[plane*n:][:n], addr+plane*each+int64(rows.Lo-top)*line); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// FetchB emits the load of a tile's filters.
func (w *Walk) FetchB(p *Product, t *Tile, addr int64, after Fence) int64 {
	return w.FetchForm(p, t, p.BBytes(t), addr, after)
}

// FetchForm is FetchB for filters that lie off chip in another form, of so many bytes.
func (w *Walk) FetchForm(p *Product, t *Tile, bytes, addr int64, after Fence) int64 {
	if w.Sim.plane == nil { // the box is made only for values
		return w.Fetch(p.B, p.bOffset(t)*int64(p.B.Type.CellBytes()), bytes, after, nil)
	}
	view, r := p.bBox(t)
	return w.fetchAs(p.B, view, r, bytes, addr, after)
}

// FetchExtra emits the load of a tile's part of Extra.
func (w *Walk) FetchExtra(p *Product, t *Tile, addr int64, after Fence) int64 {
	view, r := p.outBox(t)
	return w.fetch(p.Extra(), view, r, addr, after)
}

// fetch emits the load of a box of a tensor, which lies packed in the buffer when it ends.
func (w *Walk) fetch(t *workloads.Tensor, view []int, r mem.Region, addr int64, after Fence) int64 {
	return w.fetchAs(t, view, r, r.Elements()*int64(t.Type.CellBytes()), addr, after)
}

// fetchAs is fetch where so many bytes move.
func (w *Walk) fetchAs(t *workloads.Tensor, view []int, r mem.Region, bytes, addr int64, after Fence) int64 {
	cell := t.Type.CellBytes()
	var end func() error
	if pl := w.Sim.plane; pl != nil {
		st, base := pl.memories(w.Index), w.Place(t).OffChip
		end = func() error {
			raw := make([]byte, r.Elements()*int64(cell))
			if err := mem.Load(raw, st.offChip, base, view, r, cell); err != nil {
				return err
			}
			return st.buffers.WriteAt(raw, addr)
		}
	}
	return w.Fetch(t, offset(view, r)*int64(cell), bytes, after, end)
}

// Resident emits what puts a tile's filters, which the chip has held since before
// the run, where the machine reads them: no bytes move and no time passes.
func (w *Walk) Resident(p *Product, t *Tile, addr int64) int64 {
	c := Command{After: w.Fence}
	if pl := w.Sim.plane; pl != nil {
		view, r := p.bBox(t)
		st, base, cell := pl.memories(w.Index), w.Place(p.B).OffChip, p.B.Type.CellBytes()
		c.End = func() error {
			raw := make([]byte, r.Elements()*int64(cell))
			if err := mem.Load(raw, st.offChip, base, view, r, cell); err != nil {
				return err
			}
			return st.buffers.WriteAt(raw, addr)
		}
	}
	return w.Emit(Load, c)
}

// KeepOut emits the store of a tile's results, which lie at an address of the buffers.
func (w *Walk) KeepOut(p *Product, t *Tile, addr int64, after Fence) int64 {
	view, r := p.outBox(t)
	return w.keep(p.Layer.Out(), box{view, r}, addr, after)
}

// keep emits the store of a part of a tensor, which lies packed at an address of the buffers.
func (w *Walk) keep(out *workloads.Tensor, b box, addr int64, after Fence) int64 {
	cell := out.Type.CellBytes()
	bytes := b.region.Elements() * int64(cell)
	var end func() error
	if pl := w.Sim.plane; pl != nil {
		st, base := pl.memories(w.Index), w.Place(out).OffChip
		end = func() error {
			raw := make([]byte, bytes)
			if err := st.buffers.ReadAt(raw, addr); err != nil {
				return err
			}
			return mem.Save(st.offChip, base, b.view, b.region, cell, raw)
		}
	}
	return w.Keep(out, offset(b.view, b.region)*int64(cell), bytes, after, end)
}

// PostEdges is the edges the post station takes for operations that so many
// elements need, the fused nodes of the layer included, and counts them.
func (w *Walk) PostEdges(p *Product, elements int64) unit.Cycles {
	v := &w.Sim.chassis.Vector
	simple, hard := elements, int64(0) // bias and requantisation of each result
	all := p.Layer.Head().Out[0].Shape.Elements()
	for _, n := range p.Layer.Nodes[1:] {
		s, h := workloads.Effort(n)
		simple += s * elements / all
		hard += h * elements / all
	}
	w.Simple(simple)
	w.Hard(hard)
	rate := elements
	if hard > 0 {
		rate += hard * int64(v.Hard)
	}
	return unit.Cycles(unit.CeilDiv(rate, int64(v.Lanes)))
}
