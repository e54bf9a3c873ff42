package systolic

import (
	"fmt"
	"slices"

	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// pieceWalk writes the commands of vector or data-movement work.
type pieceWalk struct {
	*walker
	present int // its layer; the walker's own has moved on when the data move
	p       *mapping.Pieces
	layer   *workloads.Layer
	in      ring
	out     []int64
	inputs  []pieceInput
	pieces  int
}

// pieceInput is a tensor that the layer's nodes read from memory.
type pieceInput struct {
	node   *workloads.Node
	index  int
	tensor *workloads.Tensor
	onChip bool
	param  bool // a constant kept beside the vector unit
	ready  ready
}

func newPieceWalk(w *walker, lp *mapping.LayerPlan) *pieceWalk {
	k := &pieceWalk{walker: w, present: w.present, p: lp.Pieces, layer: lp.Layer, in: newRing(max(1, lp.Pieces.In.Count)), out: make([]int64, 2)}
	k.in.each(w.fence)
	for at, n := range lp.Layer.Nodes {
		for i, t := range n.In {
			if t == nil || at > 0 && t == lp.Layer.Nodes[at-1].Out[0] {
				continue
			}
			pl := w.place(t)
			k.inputs = append(k.inputs, pieceInput{n, i, t, pl.OnChip >= 0, t.Role == workloads.Weight, w.made[pl]})
		}
	}
	return k
}

// walk runs over the pieces.
func (k *pieceWalk) walk() {
	k.parameters()
	if k.p.Streamed {
		k.stream()
		return
	}
	shape := k.layer.Head().Out[0].Shape
	outer := make([]int, k.p.Axis)
	for {
		for lo := 0; lo < shape[k.p.Axis]; lo += k.p.Step {
			k.piece(k.region(outer, lo, min(lo+k.p.Step, shape[k.p.Axis])))
		}
		axis := k.p.Axis - 1
		for ; axis >= 0; axis-- {
			if outer[axis]++; outer[axis] < shape[axis] {
				break
			}
			outer[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// region is one piece of the head's output.
func (k *pieceWalk) region(outer []int, lo, hi int) mem.Region {
	r := mem.Whole(k.layer.Head().Out[0].Shape)
	for i, at := range outer {
		r[i] = mem.Span{Lo: at, Hi: at + 1}
	}
	r[k.p.Axis] = mem.Span{Lo: lo, Hi: hi}
	return r
}

// parameters loads the constants once. Tables that are looked up are not: what is
// read of them passes with the data.
func (k *pieceWalk) parameters() {
	for _, x := range k.inputs {
		if x.param && x.node.Op != "Gather" {
			k.load(x.tensor, 0, x.tensor.Bytes(), k.s.books.buffer, fence{}, action{})
		}
	}
}

// inputRegion is the part of an input that a piece of the output reads.
func inputRegion(n *workloads.Node, t *workloads.Tensor, out mem.Region) mem.Region {
	if workloads.Elementwise(n.Op) {
		return aligned(t.Shape, out)
	}
	r := mem.Whole(t.Shape)
	if workloads.CutAlike(n, slices.Index(n.In, t)) {
		copy(r[:workloads.Leading(n)], out)
	}
	return r
}

// piece emits the loads, the vector command and the store of one piece.
func (k *pieceWalk) piece(region mem.Region) {
	c := k.command()
	number := k.pieces
	k.pieces++
	wanted := k.s.plane != nil && k.s.plane.wants(k.present, number)
	slots := make([]int, len(k.inputs))
	for i, x := range k.inputs {
		slots[i] = -1
		switch {
		case x.param:
		case x.onChip:
			c.After[vector] = max(c.After[vector], x.ready.vector)
			k.count(k.s.books.buffer, evRead, inputRegion(x.node, x.tensor, region).Elements()*int64(x.tensor.Type.CellBytes()))
		default:
			slots[i] = k.needInput(i, x, region, number, wanted)
			c.After[loader] = max(c.After[loader], k.in.slots[slots[i]].loaded)
		}
	}
	share := float64(region.Elements()) / float64(k.layer.Head().Out[0].Shape.Elements())
	c.Edges = k.work(share)
	slot := number % 2
	c.After[storer] = k.fence[storer]
	if !k.p.OutOnChip {
		c.After[storer] = max(c.After[storer], k.out[slot])
	}
	if wanted {
		c.Action = action{End: func() error { return k.compute(region, slots, slot) }}
	}
	issued := k.s.emit(vector, c)
	for _, at := range slots {
		if at >= 0 {
			k.in.slots[at].used[vector] = issued
		}
	}
	k.leave(region, slot, wanted)
}

// needInput loads the part of an off-chip input that a piece reads.
func (k *pieceWalk) needInput(i int, x pieceInput, region mem.Region, number int, wanted bool) int {
	at := k.in.take(tileID{layer: int32(k.present), tile: int32(number), operand: int32(i)})
	box := inputRegion(x.node, x.tensor, region)
	pl, cell, dst := k.place(x.tensor), x.tensor.Type.CellBytes(), k.p.In.Addr(at)
	var copied action
	if wanted {
		st := k.s.plane.memories(k.present)
		copied = action{End: func() error {
			return copyBox(st.offChip, pl.OffChip, x.tensor.Shape, box, cell, st.buffer, dst)
		}}
	}
	bytes := box.Elements() * int64(cell)
	k.count(k.s.books.buffer, evRead, bytes)
	k.in.slots[at].loaded = k.load(x.tensor, offset(x.tensor.Shape, box)*int64(cell), bytes, k.s.books.buffer, k.in.slots[at].used, copied)
	return at
}

// leave counts and, where the result lives off chip, stores a piece's result.
func (k *pieceWalk) leave(region mem.Region, slot int, wanted bool) {
	out := k.layer.Out()
	bytes := region.Elements() * int64(out.Type.CellBytes())
	k.count(k.s.books.buffer, evWrite, bytes)
	if k.p.OutOnChip {
		return
	}
	pl := k.place(out)
	var copied action
	if wanted {
		st, from, cell := k.s.plane.memories(k.present), k.p.Out.Addr(slot), out.Type.CellBytes()
		copied = action{Begin: func() error {
			raw := make([]byte, bytes)
			if err := st.buffer.ReadAt(raw, from); err != nil {
				return err
			}
			return mem.Save(st.offChip, pl.OffChip, out.Shape, region, cell, raw)
		}}
	}
	k.out[slot] = k.store(pl.OffChip+offset(out.Shape, region)*int64(out.Type.CellBytes()), bytes, copied)
}

// work is the edges that a share of the layer's vector work takes, and books it.
func (k *pieceWalk) work(share float64) unit.Cycles {
	var simple, hard float64
	for _, n := range k.layer.Nodes {
		s, h := workloads.Effort(n)
		simple, hard = simple+float64(s)*share, hard+float64(h)*share
	}
	k.count(k.s.books.vector, evSimple, int64(simple))
	k.count(k.s.books.vector, evHard, int64(hard))
	ops := int64(simple + hard*float64(k.s.cfg.Vector.Hard))
	return unit.Cycles(unit.CeilDiv(ops, int64(k.s.cfg.Vector.Lanes)))
}

// compute is the data side of one piece: its inputs from slots, places and
// constants, the layer's nodes one after another, the result to its slot or place.
func (k *pieceWalk) compute(region mem.Region, slots []int, slot int) error {
	p := k.s.plane
	st := p.memories(k.present)
	read := func(i int) (*workloads.Array, error) {
		x := k.inputs[i]
		box := inputRegion(x.node, x.tensor, region)
		if x.param {
			return slice(st.values[x.tensor], box), nil
		}
		cell := x.tensor.Type.CellBytes()
		raw := make([]byte, box.Elements()*int64(cell))
		var err error
		if x.onChip {
			err = mem.Load(raw, st.buffer, k.place(x.tensor).OnChip, x.tensor.Shape, box, cell)
		} else {
			err = st.buffer.ReadAt(raw, k.p.In.Addr(slots[i]))
		}
		a := workloads.NewArray(x.tensor.Type, workloads.Shape(box.Shape()))
		a.Decode(raw, 0, a.Len())
		return a, err
	}
	a, err := k.evaluate(read)
	if err != nil {
		return err
	}
	if got := workloads.Shape(region.Shape()); a[0].Len() != int(got.Elements()) {
		return fmt.Errorf("systolic: layer %s: a piece of %v came out as %v", k.layer.Name, got, a[0].Shape)
	}
	out := k.layer.Out()
	raw := make([]byte, a[0].Len()*out.Type.CellBytes())
	a[0].Encode(raw, 0, a[0].Len())
	p.note(k.present, out.Shape, region)
	if pl := k.place(out); pl.OnChip >= 0 {
		return mem.Save(st.buffer, pl.OnChip, out.Shape, region, out.Type.CellBytes(), raw)
	}
	return st.buffer.WriteAt(raw, k.p.Out.Addr(slot))
}

// evaluate runs the layer's nodes on inputs that read supplies by their number.
func (k *pieceWalk) evaluate(read func(i int) (*workloads.Array, error)) (out []*workloads.Array, err error) {
	next := 0
	for at, n := range k.layer.Nodes {
		in := make([]*workloads.Array, len(n.In))
		for j, t := range n.In {
			switch {
			case t == nil:
			case at > 0 && t == k.layer.Nodes[at-1].Out[0]:
				in[j] = out[0]
			default:
				if in[j], err = read(next); err != nil {
					return nil, err
				}
				next++
			}
		}
		if out, err = reference.EvalFormat(n, in); err != nil {
			return nil, err
		}
	}
	return out, nil
}
