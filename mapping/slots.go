package mapping

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// allot gives the nest its slots from the layer's base on and returns the bytes
// they take. Two slots of a kind let one fill while the other is used; with hold
// all chunks of the outer operand's tile are kept, twice over, while the other
// operand's tiles pass.
func (c *cutter) allot(n *Nest, hold bool) int64 {
	head := c.layer.Head()
	at := c.base
	take := func(size int64, count int) Slots {
		s := Slots{Base: at, Size: (size + 63) / 64 * 64, Count: count}
		at += s.Bytes()
		return s
	}
	n.A, n.B, n.Extra, n.Out = Slots{}, Slots{}, Slots{}, Slots{}
	if !n.AOnChip {
		count := 2
		if hold && n.Order == RowsOuter {
			count = max(2, min(2*n.Chunks(), n.Chunks()*n.RowTiles()))
		}
		n.A = take(c.aTileBytes(n), count)
	}
	if c.target.FIFO == 0 && !n.BOnChip {
		count := 2
		if hold && n.Order == ColsOuter {
			count = max(2, min(2*n.Chunks(), n.Chunks()*n.ColTiles()))
		}
		if hold && n.bands != nil { // all of it, from band to band
			count = max(2, n.Packs()*n.Chunks()*n.ColTiles())
		}
		n.B = take(int64(n.Red)*int64(min(n.Cols, n.Space.K*n.Pack))*cell(head.In[1]), count)
	}
	tile := int64(n.Images) * int64(n.Pixels) * int64(n.Cols)
	if extras := c.extras(); extras > 0 {
		n.Extra = take(tile*cell(c.layer.Out()), 2*extras)
	}
	if !n.OutOnChip {
		n.Out = take(tile*cell(c.layer.Out()), 2)
	}
	return at - c.base
}

func cell(t *workloads.Tensor) int64 { return int64(t.Type.CellBytes()) }

// aTileBytes is the room of the largest load of A.
func (c *cutter) aTileBytes(n *Nest) int64 {
	if n.tall == 0 {
		n.measure()
	}
	return n.tall * int64(n.Chans) * cell(c.layer.Head().In[0])
}

// extraOperands are the full-size operands that the drain reads from off chip.
func (c *cutter) extraOperands() (list []*workloads.Tensor) {
	prev := c.layer.Head().Out[0]
	for _, f := range c.layer.Nodes[1:] {
		for _, t := range f.In {
			if t != nil && t != prev && t.Role != workloads.Weight && !c.onChip(t) {
				list = append(list, t)
			}
		}
		prev = f.Out[0]
	}
	return list
}

// extras is how many there are.
func (c *cutter) extras() int { return len(c.extraOperands()) }

// estimate fills the nest's cost: compute as the folds it takes, traffic as the
// bytes its loads and stores move. It ranks tilings, the best of which are followed (quickest).
func (c *cutter) estimate(n *Nest) {
	t, s := &c.target, &n.Space
	rows, cols, red := n.Images*n.Pixels, n.Cols, n.Chans*s.R*s.S
	width := t.Cols * t.Arrays
	var folds, length int
	switch t.Dataflow {
	case OS:
		folds, length = unit.CeilDiv(rows, t.Rows)*unit.CeilDiv(cols, width), red
	case IS:
		folds, length = unit.CeilDiv(red, t.Rows)*unit.CeilDiv(rows, width), cols
	default:
		folds, length = unit.CeilDiv(red, t.Rows)*unit.CeilDiv(cols, width), rows
	}
	times := float64(s.Batch) * float64(n.Packs()) * float64(n.RowTiles()) * float64(n.ColTiles()) * float64(n.Chunks())
	n.Compute = times * float64(folds) * float64(int64(max(length, t.Rows))+t.FoldOverhead)
	drain := float64(s.Batch) * float64(s.Groups) * float64(s.M()) * float64(s.K) / float64(max(t.Lanes, 1))
	n.Compute = max(n.Compute, drain)
	n.Time = n.Compute
	if t.BytesPerCycle > 0 {
		n.Traffic = c.traffic(n) / t.BytesPerCycle
		// either the array is always at work but for the first loads and the last store, or memory but for the last tile
		n.Time = max(c.time(n)+c.ends(n)/t.slowest(), n.Traffic+n.Compute/times)
	}
	n.Time += float64(rows) * float64(cols) / float64(max(t.Lanes, 1)) // the last drain
}

// time is the steady state: for each load the greater of its compute and of what a ring of
// slots takes to turn around, in which a slot is requested, filled and used.
func (c *cutter) time(n *Nest) float64 {
	loads := float64(n.Space.Batch * n.tiles())
	depth := 2.0
	if c.target.FIFO > 0 && c.target.Dataflow == WS {
		loads *= float64(unit.CeilDiv(n.Chans*n.Space.R*n.Space.S, n.Red))
		depth = float64(c.target.FIFO)
	}
	turn := (n.Compute + n.Traffic + loads*c.target.Latency) / depth
	if n.AOnChip && n.BOnChip || n.Traffic == 0 {
		turn = 0
	}
	return max(n.Compute, turn)
}

// ends is the bytes of the first loads and the last store.
func (c *cutter) ends(n *Nest) (bytes float64) {
	if !n.AOnChip {
		bytes += float64(n.A.Size)
	}
	if !n.BOnChip {
		bytes += float64(n.Red) * float64(min(n.Cols, n.Space.K*n.Pack)) * float64(cell(c.layer.Head().In[1]))
	}
	if !n.OutOnChip {
		bytes += float64(n.Out.Size)
	}
	return bytes
}

// traffic is the bytes a nest moves to and from off-chip memory.
func (c *cutter) traffic(n *Nest) (bytes float64) {
	s, head := &n.Space, c.layer.Head()
	outer := float64(s.Batch) * float64(n.Packs())
	if !n.AOnChip {
		again := 1
		if n.A.Count < n.Chunks()*min(n.RowTiles(), 2) || n.Order == ColsOuter && n.RowTiles() > 1 {
			again = n.ColTiles()
		}
		whole := float64(c.aTileBytes(n)) * float64(n.RowTiles()) * float64(n.Chunks())
		bytes += outer * whole * float64(again)
	}
	if !n.BOnChip {
		again := n.RowTiles()
		single := n.ColTiles()*unit.CeilDiv(s.Red()*n.Pack, n.Red) == 1
		if single || c.target.FIFO == 0 && n.Order == ColsOuter && n.B.Count >= n.Chunks() {
			again = 1
			if n.bands != nil && !n.wholeB() {
				again = n.bands.filled
			}
		}
		bytes += outer * float64(s.Red()) * float64(s.K*n.Pack) * float64(cell(head.In[1])) * float64(again)
	}
	if !n.OutOnChip {
		bytes += outer * float64(s.M()) * float64(s.K*n.Pack) * float64(cell(c.layer.Out()))
	}
	return bytes
}

// moved is the bytes a nest moves off chip, with what its drain reads.
func (c *cutter) moved(n *Nest) float64 {
	extra := float64(n.Space.M()) * float64(n.Space.K*n.Space.Groups) * float64(cell(c.layer.Out()))
	return c.traffic(n) + extra*float64(c.extras())
}
