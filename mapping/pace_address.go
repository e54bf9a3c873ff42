package mapping

import "nnsim/workloads"

// addresses says where in off-chip memory the tiles of a nest lie, as the machine
// asks for them: a tile is a run of bytes from its first element on.
type addresses struct {
	n                  *Nest
	conv               bool
	group              int   // batch and pack at hand
	inA, inB, inOut    int64 // where the operands and the result begin
	extra              int64 // and an operand of the drain
	cellA, cellB, cell int64
	outRows, outCols   int // of an image of the result, behind pools
	packed             bool

	rows  RowTile // the tile at hand
	col   int
	batch int
	pack  int
}

// begin takes the layer's places.
func (at *addresses) begin(c *cutter, n *Nest) {
	head, out := c.layer.Head(), c.layer.Out()
	*at = addresses{n: n, conv: head.Op == "Conv", cellA: cell(head.In[0]), cellB: cell(head.In[1]), cell: cell(out), outRows: n.Space.OH, outCols: n.Space.OW}
	if c.plan == nil {
		return
	}
	place := func(t *workloads.Tensor) (int64, bool) {
		if pl := c.plan.Places[t]; pl != nil {
			return max(pl.OffChip, 0), pl.Packed
		}
		return 0, false
	}
	at.inA, _ = place(head.In[0])
	at.inB, at.packed = place(head.In[1])
	at.inOut, _ = place(out)
	at.extra = at.inOut
	for _, t := range c.extraOperands() {
		at.extra, _ = place(t)
	}
	if y := out.Shape; at.conv && len(y) >= 4 {
		at.outRows, at.outCols = y[2], y[3]
	}
}

// tile is the output tile at hand.
func (at *addresses) tile(row, col int) {
	packs := at.n.Packs()
	at.batch, at.pack = at.group/packs, at.group%packs
	at.rows, at.col = at.n.RowTile(row), col
}

// a is the address of a load of A.
func (at *addresses) a(chunk int) int64 {
	n, s := at.n, &at.n.Space
	ch := chunk * n.Chans
	var first int
	switch {
	case at.conv:
		lo, _ := n.InputRows(at.rows.P0, at.rows.P1)
		first = ((at.rows.I0*s.C*s.Groups+at.pack*n.Pack*s.C+ch)*s.H + lo) * s.W
	case s.TransA:
		first = (at.matrix()*s.C+ch)*s.Images + at.rows.I0
	default:
		first = (at.matrix()*s.Images+at.rows.I0)*s.C + ch
	}
	return at.inA + int64(first)*at.cellA
}

// matrix is which of a batch's matrices is at hand, of operands that have one for each.
func (at *addresses) matrix() int {
	if at.n.Space.SharedB {
		return 0 // the rows of all are one operand
	}
	return at.batch
}

// b is the address of a load of B.
func (at *addresses) b(chunk, red int) int64 {
	n, s := at.n, &at.n.Space
	r0, c0 := chunk*n.Chans*s.R*s.S+red*n.Red, at.col*n.Cols
	var first int
	switch {
	case at.packed:
		block := at.pack * n.Pack
		if !s.SharedB {
			block = at.batch
		}
		first = (block*s.K+c0)*s.Red() + r0*min(n.Cols, s.K*n.Pack-c0)
	case s.TransB:
		first = (at.matrix()*s.K+c0)*s.C + r0
	default:
		first = (at.matrix()*s.C+r0)*s.K + c0
	}
	return at.inB + int64(first)*at.cellB
}

// out is the address of a store.
func (at *addresses) out() int64 {
	n, s := at.n, &at.n.Space
	c0 := at.col * n.Cols
	first := (at.batch*s.Images+at.rows.I0)*s.K + c0
	if at.conv {
		oh, ow := at.rows.P0/s.OW, at.rows.P0%s.OW
		first = ((at.rows.I0*s.K*s.Groups+at.pack*n.Pack*s.K+c0)*at.outRows+oh*at.outRows/s.OH)*at.outCols + ow
	}
	return at.inOut + int64(first)*at.cell
}
