package systolic

import (
	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/workloads"
)

// What stays within a chain lies in a ring of rows: row h of image i, of all channels,
// is row i·H + h of those that pass through the ring's places in turn.
//
//	rows  … 12 13 14 15 16 …          view [image, channel, row, col]
//	ring  │ 15 │ 16 │ 12 │ 13 │ 14 │  of five rows: 12 is next to go

// lives reads a box of a tensor that lives in the buffer.
func (p *plane) lives(dst []byte, st *stores, pl *mapping.Place, view []int, r mem.Region, cell int) error {
	if pl.Ring == 0 {
		return mem.Load(dst, st.buffer, pl.OnChip, view, r, cell)
	}
	return p.ringRuns(pl, view, r, cell, func(addr, at, n int64) error { return st.buffer.ReadAt(dst[at:at+n], addr) })
}

// stays writes a box of a tensor that lives in the buffer.
func (p *plane) stays(st *stores, pl *mapping.Place, view []int, r mem.Region, cell int, src []byte) error {
	if pl.Ring == 0 {
		return mem.Save(st.buffer, pl.OnChip, view, r, cell, src)
	}
	return p.ringRuns(pl, view, r, cell, func(addr, at, n int64) error { return st.buffer.WriteAt(src[at:at+n], addr) })
}

// ringRuns visits a box in a ring, row by row: the address of a run, its first byte in
// the packed box, its bytes.
func (p *plane) ringRuns(pl *mapping.Place, view []int, r mem.Region, cell int, visit func(addr, at, n int64) error) error {
	base, places := pl.OnChip, pl.Ring
	if p.check.Mode() == arch.Sample { // each layer's memory has room for all rows, which are there from the start
		base, places = int64(pl.First+1)<<36, view[0]*view[2]
	}
	at, n := int64(0), int64(r[3].Len()*cell)
	for image := r[0].Lo; image < r[0].Hi; image++ {
		for channel := r[1].Lo; channel < r[1].Hi; channel++ {
			for row := r[2].Lo; row < r[2].Hi; row++ {
				place := (image*view[2] + row) % places
				addr := base + int64(((place*view[1]+channel)*view[3]+r[3].Lo)*cell)
				if err := visit(addr, at, n); err != nil {
					return err
				}
				at += n
			}
		}
	}
	return nil
}

// gather keeps what a layer leaves in a ring, for the checker: the ring never holds all of it.
func (p *plane) gather(t *workloads.Tensor, view []int, r mem.Region, src []byte) error {
	if p.gathered[t] == nil {
		p.gathered[t] = make(mem.SRAM, t.Bytes())
	}
	return mem.Save(p.gathered[t], 0, view, r, t.Type.CellBytes(), src)
}
