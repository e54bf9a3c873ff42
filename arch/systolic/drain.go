package systolic

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// drain emits the vector command that empties a tile's accumulators through the
// fused operators, and the store of its result where it goes off chip.
func (k *nestWalk) drain(b *block) {
	out := k.layer.Out()
	elements := int64(b.rows.Rows()) * int64(b.c1-b.c0)
	c := k.command()
	c.After[array] = k.issued[array]
	c.Work.chase = k.chase(b)
	var slots []int
	for i, x := range k.extras {
		if x.onChip {
			c.After[vector] = max(c.After[vector], x.ready.vector)
			continue
		}
		at := k.needExtra(b, i, x)
		slots = append(slots, at)
		c.After[loader] = max(c.After[loader], k.extra.slots[at].loaded)
	}
	slot := int(k.tiles-1) % len(k.out)
	if k.n.OutOnChip {
		c.After[storer] = k.fence[storer] // its room may have been the last layer's way out
	} else {
		c.After[storer] = max(k.fence[storer], k.out[slot])
	}
	c.Edges = k.drainEdges(elements)
	if p := k.s.plane; p != nil && b.picked {
		c.Action = p.drain(k, b, slots, slot)
	}
	issued := k.s.emit(vector, c)
	k.drains = append(k.drains, issued)
	for _, at := range slots {
		k.extra.slots[at].used[vector] = issued
	}
	k.countDrain(elements, out)
	if !k.n.OutOnChip {
		k.out[slot] = k.storeTile(b, elements, slot)
	}
}

// chase is how long before the last result of the tile's last fold its first one leaves the array.
func (k *nestWalk) chase(b *block) unit.Cycles {
	g := k.geo
	if k.geo.Overlap == ScaleSim {
		return 0
	}
	_, length := k.folds(b.rows.Rows(), b.c1-b.c0, min(k.n.Red, b.red))
	return max(0, length+g.tail()-g.firstOut(length))
}

// drainEdges is the edges a drain takes at full rate: one element a lane, or as
// many edges as a transcendental operation takes where one is fused. SCALE-Sim
// knows no drain.
func (k *nestWalk) drainEdges(elements int64) unit.Cycles {
	if k.geo.Overlap == ScaleSim {
		return 0
	}
	rate := int64(1)
	for _, f := range k.layer.Nodes[1:] {
		if _, hard := workloads.Effort(f); hard > 0 {
			rate = max(rate, int64(k.s.cfg.Vector.Hard))
		}
	}
	return unit.Cycles(unit.CeilDiv(elements*rate, int64(k.s.cfg.Vector.Lanes)))
}

// needExtra loads the part of an off-chip operand that a drain reads.
func (k *nestWalk) needExtra(b *block, i int, x extraOperand) int {
	id := tileID{int32(k.present), int32(b.batch), int32(b.pack), int32(b.row), int32(b.col), int32(2 + i)}
	at := k.extra.take(id)
	region := k.outRegion(b, false)
	bytes := region.Elements() * int64(x.tensor.Type.CellBytes())
	var copied action
	if p := k.s.plane; p != nil && b.picked {
		copied = p.loadExtra(k, x.tensor, region, k.n.Extra.Addr(at))
	}
	k.extra.slots[at].loaded = k.load(x.tensor, 0, bytes, k.s.books.buffer, k.extra.slots[at].used, copied)
	return at
}

// countDrain books the events of a drain.
func (k *nestWalk) countDrain(elements int64, out *workloads.Tensor) {
	const word = 4
	k.count(k.s.books.accumulators, evRead, elements*word)
	ops, hard := elements, int64(0) // requantising or rounding each result is one operation
	for _, f := range k.layer.Nodes[1:] {
		s, h := workloads.Effort(f)
		share := float64(elements) / float64(k.layer.Head().Out[0].Shape.Elements())
		ops += int64(float64(s) * share)
		hard += int64(float64(h) * share)
	}
	k.count(k.s.books.vector, evSimple, ops)
	k.count(k.s.books.vector, evHard, hard)
	for _, x := range k.extras {
		k.count(k.s.books.buffer, evRead, elements*int64(x.tensor.Type.CellBytes()))
	}
	k.count(k.s.books.buffer, evWrite, k.outElements(elements)*int64(out.Type.CellBytes()))
}

// Events of the vector unit.
const (
	evSimple = iota
	evHard
)

// outElements is what is left of so many results after a pool in the drain.
func (k *nestWalk) outElements(elements int64) int64 {
	in, out := k.layer.Head().Out[0].Shape.Elements(), k.layer.Out().Shape.Elements()
	return elements * out / in
}

// storeTile emits the store of a tile's result.
func (k *nestWalk) storeTile(b *block, elements int64, slot int) int64 {
	out := k.layer.Out()
	region := k.outRegion(b, true)
	bytes := region.Elements() * int64(out.Type.CellBytes())
	var copied action
	if p := k.s.plane; p != nil && b.picked {
		copied = p.storeOut(k, region, k.n.Out.Addr(slot))
	}
	return k.store(k.place(out).OffChip+offset(k.outView(true), region)*int64(out.Type.CellBytes()), bytes, copied)
}
