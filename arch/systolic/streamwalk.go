package systolic

import (
	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
)

// stream emits work that is not cut: operands pass through the slots a stretch at
// a time, and the result leaves the same way. Where both ends live on chip only
// the vector unit and the buffer's ports are busy. The values are formed as a
// whole when the last stretch has passed.
func (k *pieceWalk) stream() {
	var bytesIn, passing int64
	c := k.command()
	for _, x := range k.inputs {
		bytes := k.passes(x)
		bytesIn += bytes
		if x.onChip {
			c.After[vector] = max(c.After[vector], x.ready.vector)
			k.count(k.s.books.buffer, evRead, bytes)
		} else if !x.param || x.node.Op == "Gather" {
			passing += bytes
		}
	}
	var bytesOut int64
	for _, t := range k.layer.Nodes[len(k.layer.Nodes)-1].Out {
		if t != nil {
			bytesOut += t.Bytes()
		}
	}
	steps := int(max(1, unit.CeilDiv(max(passing, bytesOut), k.p.StreamBytes)))
	for i := range steps {
		k.stretch(c, i, steps, passing, bytesIn, bytesOut)
	}
}

// passes is the bytes of an input that the work reads: all of it, but of a table
// that is looked up only the rows that are asked for.
func (k *pieceWalk) passes(x pieceInput) int64 {
	if x.node.Op == "Gather" && x.index == 0 {
		return min(x.tensor.Bytes(), x.node.Out[0].Bytes())
	}
	return x.tensor.Bytes()
}

// part is the i-th of n nearly equal parts of a whole.
func part(whole int64, i, n int) int64 {
	return whole*int64(i+1)/int64(n) - whole*int64(i)/int64(n)
}

// stretch emits one stretch: a load, a vector command, a store.
func (k *pieceWalk) stretch(c command, i, steps int, passing, bytesIn, bytesOut int64) {
	last := i == steps-1
	if bytes := part(passing, i, steps); bytes > 0 {
		at := k.in.take(tileID{layer: int32(k.present), tile: int32(i)})
		x := k.firstPassing()
		k.count(k.s.books.buffer, evRead, bytes)
		k.in.slots[at].loaded = k.load(x.tensor, part(passing, 0, steps)*int64(i), bytes, k.s.books.buffer, k.in.slots[at].used, action{})
		c.After[loader] = k.in.slots[at].loaded
		k.in.slots[at].used[vector] = k.issued[vector] + 1
	}
	c.Edges = max(k.work(1/float64(steps)), k.s.portEdges(part(bytesIn, i, steps)), k.s.portEdges(part(bytesOut, i, steps)))
	c.After[storer] = max(k.fence[storer], k.out[i%2])
	if k.s.plane != nil && last {
		c.Action = action{End: k.whole}
	}
	k.s.emit(vector, c)
	out := part(bytesOut, i, steps)
	k.count(k.s.books.buffer, evWrite, out)
	if k.p.OutOnChip || out == 0 {
		return
	}
	pl := k.place(k.layer.Out())
	k.out[i%2] = k.store(pl.OffChip+part(bytesOut, 0, steps)*int64(i), out, action{})
}

// firstPassing is the first input that comes from off chip.
func (k *pieceWalk) firstPassing() pieceInput {
	for _, x := range k.inputs {
		if !x.onChip && (!x.param || x.node.Op == "Gather") {
			return x
		}
	}
	return k.inputs[0]
}

// whole is the data side of streamed work: read the inputs where they live,
// compute, write the outputs where they belong.
func (k *pieceWalk) whole() error {
	p := k.s.plane
	st := p.memories(k.present)
	out, err := k.evaluate(func(i int) (*workloads.Array, error) {
		x := k.inputs[i]
		if a := st.values[x.tensor]; x.param && a != nil {
			return a, nil
		}
		return p.fetch(st, x.tensor)
	})
	if err != nil {
		return err
	}
	for i, t := range k.layer.Nodes[len(k.layer.Nodes)-1].Out {
		if t == nil {
			continue
		}
		raw := make([]byte, out[i].Len()*t.Type.CellBytes())
		out[i].Encode(raw, 0, out[i].Len())
		pl := k.place(t)
		to, addr := st.buffer, pl.OnChip
		if pl.OnChip < 0 {
			to, addr = st.offChip, pl.OffChip
		}
		if err := to.WriteAt(raw, addr); err != nil {
			return err
		}
	}
	p.note(k.present, k.layer.Out().Shape, mem.Whole(k.layer.Out().Shape))
	return nil
}

// fetch reads a whole tensor where it lives.
func (p *plane) fetch(st *stores, t *workloads.Tensor) (*workloads.Array, error) {
	raw := make([]byte, t.Shape.Elements()*int64(t.Type.CellBytes()))
	pl := p.s.plan.Places[t]
	from, addr := st.buffer, pl.OnChip
	if pl.OnChip < 0 {
		from, addr = st.offChip, pl.OffChip
	}
	if err := from.ReadAt(raw, addr); err != nil {
		return nil, err
	}
	a := workloads.NewArray(t.Type, t.Shape)
	a.Decode(raw, 0, a.Len())
	return a, nil
}
