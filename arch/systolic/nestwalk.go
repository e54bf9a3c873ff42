package systolic

import (
	"nnsim/arch/station"
	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// nestWalk writes the commands of one product.
type nestWalk struct {
	*walker
	present int // its layer; the walker's own has moved on when the data move
	n       *mapping.Nest
	target  *mapping.Target // and geo: in the layer's dataflow
	geo     Geometry
	layer   *workloads.Layer
	a, b    ring
	extra   ring
	out     []int64 // by out slot: the store that empties it

	lastB  tileID // stationary tile of the array's last command
	aReady ready
	bReady ready
	inA    *workloads.Tensor
	inB    *workloads.Tensor
	extras []extraOperand
}

// extraOperand is an activation that the drain reads beside the accumulators.
type extraOperand struct {
	tensor *workloads.Tensor
	onChip bool
	ready  ready
}

func newNestWalk(w *walker, lp *mapping.LayerPlan) *nestWalk {
	head := lp.Layer.Head()
	k := &nestWalk{walker: w, present: w.present, n: lp.Nest, layer: lp.Layer, inA: head.In[0], inB: head.In[1],
		target: w.s.plan.Target.By(lp.Nest.Dataflow), geo: w.s.geo.by(lp.Nest.Dataflow)}
	k.a, k.b, k.extra = newRing(max(1, k.n.A.Count)), newRing(max(1, k.n.B.Count)), newRing(max(1, k.n.Extra.Count))
	k.a.each(w.fence)
	k.b.each(w.fence)
	k.extra.each(w.fence)
	k.out = make([]int64, max(1, k.n.Out.Count))
	prev := head.Out[0]
	for _, f := range lp.Layer.Nodes[1:] {
		for _, t := range f.In {
			if t != nil && t != prev && t.Role != workloads.Weight {
				k.extras = append(k.extras, extraOperand{tensor: t, onChip: w.place(t).OnChip >= 0})
			}
		}
		prev = f.Out[0]
	}
	return k
}

// walk runs the loops of the nest, or of a band of it.
func (k *nestWalk) walk(t mapping.Turn) {
	k.await()
	if t.First {
		k.parameters()
	}
	first, end := k.n.Band(t.Band)
	outer, inner := end-first, k.n.ColTiles()
	if k.n.Order == mapping.ColsOuter {
		outer, inner = inner, outer
	}
	for batch := range k.n.Space.Batch {
		for pack := range k.n.Packs() {
			for o := range outer {
				for i := range inner {
					if k.n.Order == mapping.ColsOuter {
						k.tile(batch, pack, first+i, o)
					} else {
						k.tile(batch, pack, first+o, i)
					}
				}
			}
		}
	}
	k.shorten()
}

// await notes what must be complete before the operands may be read. Another layer's
// turn may lie between two of this one, so that the array holds none of its tiles.
func (k *nestWalk) await() {
	k.lastB = tileID{layer: -1}
	k.aReady, k.bReady = k.made[k.place(k.inA)], k.made[k.place(k.inB)]
	for i := range k.extras {
		x := &k.extras[i]
		x.ready = k.made[k.place(x.tensor)]
	}
}

// shorten marks the layer's last array command, which is already in the queue.
func (k *nestWalk) shorten() {
	k.s.crew.Queues[array].Tail().Work.short = k.geo.Overlap == ScaleSim
}

// parameters loads what the drain needs once: biases and constants of fused operators.
func (k *nestWalk) parameters() {
	var bytes int64
	for i, n := range k.layer.Nodes {
		for j, t := range n.In {
			if t != nil && t.Role == workloads.Weight && (i > 0 || j > 1) {
				bytes += t.Bytes()
			}
		}
	}
	if bytes > 0 {
		k.load(k.parameter(), 0, bytes, k.s.books.buffer, fence{}, action{})
	}
}

// parameter is the first parameter of the layer.
func (k *nestWalk) parameter() *workloads.Tensor {
	for i, n := range k.layer.Nodes {
		for j, t := range n.In {
			if t != nil && t.Role == workloads.Weight && (i > 0 || j > 1) {
				return t
			}
		}
	}
	return nil
}

// block is one output tile: where it stands in the product.
type block struct {
	batch, pack, row, col int
	rows                  mapping.RowTile
	c0, c1                int // columns within the pack
	g0, g1                int // groups of the pack
	bank                  int
	red                   int // reduction rows of the pack
	picked                bool
}

// block describes tile (row, col) of a pack.
func (k *nestWalk) block(batch, pack, row, col int) *block {
	s := &k.n.Space
	b := &block{batch: batch, pack: pack, row: row, col: col, rows: k.n.RowTile(row), bank: int(k.tiles % 2), picked: true}
	b.g0, b.g1 = pack*k.n.Pack, min((pack+1)*k.n.Pack, s.Groups)
	b.c0, b.c1 = col*k.n.Cols, min((col+1)*k.n.Cols, s.K*(b.g1-b.g0))
	b.red = s.Red() * (b.g1 - b.g0)
	return b
}

// tile writes one output tile: its folds along the reduction, its drain, its store.
func (k *nestWalk) tile(batch, pack, row, col int) {
	b := k.block(batch, pack, row, col)
	if p := k.s.plane; p != nil {
		b.picked = p.wants(k.present, tileNumber(k, batch, pack, row, col))
	}
	s := &k.n.Space
	chans := s.C * (b.g1 - b.g0)
	window := s.R * s.S
	first := true
	for chunk, ch := 0, 0; ch < chans; chunk, ch = chunk+1, ch+k.n.Chans {
		ch1 := min(ch+k.n.Chans, chans)
		aSlot := k.needA(b, chunk, ch, ch1)
		for r0 := ch * window; r0 < ch1*window; r0 += k.n.Red {
			r1 := min(r0+k.n.Red, ch1*window)
			k.array(b, aSlot, chunk, ch, ch1, r0, r1, first)
			first = false
		}
	}
	k.tiles++
	k.drain(b)
}

// needA makes sure a chunk of the row tile is on its way into the buffer and
// returns its slot; -1 where the operand lives in the buffer.
func (k *nestWalk) needA(b *block, chunk, ch, ch1 int) int {
	if k.n.AOnChip {
		return -1
	}
	id := tileID{int32(k.present), int32(b.batch), int32(b.pack), int32(b.row), int32(chunk), 0}
	if i := k.a.find(id); i >= 0 {
		return i
	}
	i := k.a.take(id)
	region := k.aRegion(b, ch, ch1)
	bytes := region.Elements() * int64(k.inA.Type.CellBytes())
	var copied action
	if p := k.s.plane; p != nil {
		copied = p.loadA(k, b, region, k.n.A.Addr(i))
	}
	k.a.slots[i].loaded = k.load(k.inA, offset(k.aView(), region)*int64(k.inA.Type.CellBytes()), bytes, k.s.books.buffer, k.a.slots[i].used, copied)
	return i
}

// needB is the same for the other operand: into the FIFO or the buffer, from
// off-chip memory or, for an activation that lives on chip, from the buffer.
func (k *nestWalk) needB(b *block, r0, r1 int) (*ring, int) {
	fifo := k.target.FIFO > 0
	if k.n.BOnChip && !fifo {
		return nil, -1
	}
	batch := int32(b.batch)
	if k.n.Space.SharedB {
		batch = 0
	}
	id := tileID{int32(k.present), batch, int32(b.pack), int32(b.col), int32(r0), 1}
	r, into := &k.b, k.s.books.buffer
	if fifo {
		r, into = &k.fifo, k.s.books.fifo
	}
	if i := r.find(id); i >= 0 {
		return r, i
	}
	i := r.take(id)
	bytes := int64(r1-r0) * int64(b.c1-b.c0) * int64(k.inB.Type.CellBytes())
	if k.n.Pack > 1 {
		bytes /= int64(b.g1 - b.g0) // only the blocks on the diagonal are stored
	}
	var copied action
	if p := k.s.plane; p != nil {
		copied = p.loadB(k, b, r0, r1, i)
	}
	if k.n.BOnChip {
		r.slots[i].loaded = k.transfer(bytes, r.slots[i].used, copied)
	} else {
		r.slots[i].loaded = k.load(k.inB, k.bOffset(b, r0, r1), bytes, into, r.slots[i].used, copied)
	}
	return r, i
}

// transfer emits a move from the buffer into the FIFO.
func (k *nestWalk) transfer(bytes int64, afterUse fence, copied action) int64 {
	c := k.command()
	c.After = afterUse
	c.After[vector] = max(c.After[vector], k.bReady.vector)
	c.Edges, c.Action = k.s.portEdges(bytes), copied
	k.count(k.s.books.buffer, evRead, bytes)
	k.count(k.s.books.fifo, evWrite, bytes)
	return k.s.emit(loader, c)
}

// bOffset is the distance of a tile's first byte from its tensor's. Weights are
// stored tile after tile (see pack.go), activations row by row.
func (k *nestWalk) bOffset(b *block, r0, r1 int) int64 {
	s := &k.n.Space
	cell := int64(k.inB.Type.CellBytes())
	if k.place(k.inB).Packed {
		block := b.g0
		if !s.SharedB {
			_, block = workloads.BatchIndex(k.layer.Head(), b.batch)
		}
		before := int64(block) * int64(s.Red()) * int64(s.K)
		return (before + int64(b.c0)*int64(s.Red()) + int64(r0)*int64(b.c1-b.c0)) * cell
	}
	return offset(k.bView(), k.bRegion(b, r0, r1)) * cell
}

// array emits the folds of one stationary tile.
func (k *nestWalk) array(b *block, aSlot, chunk, ch, ch1, r0, r1 int, first bool) {
	ringB, bSlot := k.needB(b, r0, r1)
	c := k.command()
	rows, cols, red := b.rows.Rows(), b.c1-b.c0, r1-r0
	c.Work.folds, c.Work.length = k.folds(rows, cols, red)
	id := tileID{int32(k.present), int32(b.batch), int32(b.pack), int32(b.col), int32(r0), 1}
	if k.n.Space.SharedB {
		id.batch = 0
	}
	c.Work.held = k.geo.Dataflow == mapping.WS && c.Work.folds == 1 && id == k.lastB
	k.lastB = id
	if aSlot >= 0 {
		c.After[loader], c.Work.late = k.a.slots[aSlot].loaded, true
	} else {
		c.After[vector] = k.aReady.vector
	}
	if bSlot >= 0 {
		c.After[loader] = max(c.After[loader], ringB.slots[bSlot].loaded)
		c.Work.late = c.Work.late || !k.n.BOnChip
	} else {
		c.After[vector] = max(c.After[vector], k.bReady.vector)
	}
	if n := len(k.drains); n >= 2 {
		c.Work.room = k.drains[n-2] // the drain that empties this tile's bank
		c.After[vector] = max(c.After[vector], c.Work.room)
	}
	if p := k.s.plane; p != nil {
		c.Action = p.multiply(k, b, aSlot, bSlot, ch, ch1, r0, r1, first, c.Work.held)
	}
	issued := k.s.emit(array, c)
	if aSlot >= 0 {
		k.a.slots[aSlot].used[array] = issued
	}
	if bSlot >= 0 {
		ringB.slots[bSlot].used[k.frees()] = issued
	}
	k.countArray(b, rows, cols, red, first, c.Work.folds)
}

// frees is the stage of an array command that frees the slot of its B: an entry of
// the FIFO is free when its tile has been shifted in, a slot of the buffer, whose
// rows may be read for as long as they stream, at the end.
func (k *nestWalk) frees() station.ID {
	if k.target.FIFO > 0 {
		return station.Taken
	}
	return array
}

// folds is the number of folds of a tile and the length of their streams.
func (k *nestWalk) folds(rows, cols, red int) (int64, unit.Cycles) {
	g, width := k.geo, k.geo.Cols*k.s.cfg.Array.Count
	wide := Geometry{Rows: g.Rows, Cols: width, Dataflow: g.Dataflow}
	f := wide.Fold(rows, red, cols)
	return f.RowFolds * f.ColFolds, k.slowed(f.Length)
}

// slowed stretches a stream if the buffer's port delivers less than a column of operands an edge.
func (k *nestWalk) slowed(length unit.Cycles) unit.Cycles {
	if k.target.Unlimited {
		return length
	}
	need := int64(k.geo.Rows) * int64(k.inA.Type.CellBytes())
	return length * unit.Cycles(unit.CeilDiv(need, int64(k.s.cfg.Buffer.Width)))
}

// countArray books the events of one array command.
func (k *nestWalk) countArray(b *block, rows, cols, red int, first bool, folds int64) {
	groups := int64(b.g1 - b.g0)
	macs := int64(rows) * int64(cols) * int64(red) / groups // off the diagonal nothing is multiplied
	k.count(k.s.books.array, evMAC, macs)
	k.count(k.s.books.array, evFold, folds)
	g := Geometry{Rows: k.geo.Rows, Cols: k.geo.Cols * k.s.cfg.Array.Count, Dataflow: k.geo.Dataflow}
	words := g.Words(rows, red, cols)
	cell := int64(k.inA.Type.CellBytes())
	k.count(k.s.books.buffer, evRead, words.AReads*cell)
	from := k.s.books.buffer
	if k.target.FIFO > 0 {
		from = k.s.books.fifo
	}
	k.count(from, evRead, words.BReads*int64(k.inB.Type.CellBytes())/groups)
	const word = 4
	k.count(k.s.books.accumulators, evWrite, words.Writes*word)
	again := words.Writes
	if first {
		again -= int64(rows) * int64(cols)
	}
	k.count(k.s.books.accumulators, evRead, again*word)
}
