package systolic

import (
	"nnsim/mem"
	"nnsim/workloads"
)

// The data side of loads and stores: boxes of tensors copied between memories.

// copyBox copies a box of a tensor that lies in from (row-major, at base) packed to dst in to.
func copyBox(from mem.Store, base int64, view []int, r mem.Region, cell int, to mem.Store, dst int64) error {
	raw := make([]byte, r.Elements()*int64(cell))
	if err := mem.Load(raw, from, base, view, r, cell); err != nil {
		return err
	}
	return to.WriteAt(raw, dst)
}

// loadA copies a tile of A into its slot when the load ends.
func (p *plane) loadA(k *nestWalk, b *block, r mem.Region, slot int64) action {
	if !p.wantsAny(k.present, func(tile int) bool {
		row := tile / k.n.ColTiles() % k.n.RowTiles()
		return row == b.row && tile/(k.n.ColTiles()*k.n.RowTiles()) == b.batch*k.n.Packs()+b.pack
	}) {
		return action{}
	}
	st, pl, view, cell := p.memories(k.present), k.place(k.inA), k.aView(), k.inA.Type.CellBytes()
	return action{End: func() error { return copyBox(st.offChip, pl.OffChip, view, r, cell, st.buffer, slot) }}
}

// loadB copies a tile of B into its FIFO entry or slot when the load ends.
func (p *plane) loadB(k *nestWalk, b *block, r0, r1, slot int) action {
	if !p.wantsB(k, b) {
		return action{}
	}
	st, pl, cell := p.memories(k.present), k.place(k.inB), k.inB.Type.CellBytes()
	to, dst := p.slotB(k, st, slot)
	if pl.Packed {
		bytes := int64(r1-r0) * int64(b.c1-b.c0) * int64(cell)
		if k.n.Pack > 1 {
			bytes /= int64(b.g1 - b.g0)
		}
		from := pl.OffChip + k.bOffset(b, r0, r1)
		return action{End: func() error {
			raw := make([]byte, bytes)
			if err := st.offChip.ReadAt(raw, from); err != nil {
				return err
			}
			return to.WriteAt(raw, dst)
		}}
	}
	view, r := k.bView(), k.bRegion(b, r0, r1)
	from, base := st.offChip, pl.OffChip
	if k.n.BOnChip {
		from, base = st.buffer, pl.OnChip
	}
	return action{End: func() error { return copyBox(from, base, view, r, cell, to, dst) }}
}

// wantsB tells whether any tile that is computed reads the columns of B that b reads.
func (p *plane) wantsB(k *nestWalk, b *block) bool {
	return p.wantsAny(k.present, func(tile int) bool {
		rest := tile / (k.n.ColTiles() * k.n.RowTiles())
		return tile%k.n.ColTiles() == b.col && rest%k.n.Packs() == b.pack && (k.n.Space.SharedB || rest/k.n.Packs() == b.batch)
	})
}

// slotB is where entry slot of B's ring lies.
func (p *plane) slotB(k *nestWalk, st *stores, slot int) (mem.Store, int64) {
	t := k.target
	if t.FIFO > 0 {
		return st.fifo, int64(slot) * int64(t.Rows) * int64(t.Cols) * int64(t.Arrays) * 4
	}
	return st.buffer, k.n.B.Addr(slot)
}

// loadExtra copies a tile of an operand of the drain into its slot when the load ends.
func (p *plane) loadExtra(k *nestWalk, t *workloads.Tensor, r mem.Region, slot int64) action {
	st, pl, view, cell := p.memories(k.present), k.place(t), k.outView(false), t.Type.CellBytes()
	return action{End: func() error { return copyBox(st.offChip, pl.OffChip, view, r, cell, st.buffer, slot) }}
}

// storeOut copies a tile of the result to off-chip memory when the store begins.
func (p *plane) storeOut(k *nestWalk, r mem.Region, slot int64) action {
	out := k.layer.Out()
	st, pl, view, cell := p.memories(k.present), k.place(out), k.outView(true), out.Type.CellBytes()
	return action{Begin: func() error {
		raw := make([]byte, r.Elements()*int64(cell))
		if err := st.buffer.ReadAt(raw, slot); err != nil {
			return err
		}
		return mem.Save(st.offChip, pl.OffChip, view, r, cell, raw)
	}}
}
