package asic

import (
	"nnsim/mem"
	"nnsim/workloads"
)

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
