package asic

import (
	"fmt"

	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Streamed is the mapping of a layer that is no product.
type Streamed struct{ Chunk int64 }

func (s Streamed) String() string { return fmt.Sprintf("streamed by %v", unit.Bytes(s.Chunk)) }

// stream writes the commands of a layer that is no product: its operands pass the
// post station a chunk at a time, then its results leave a chunk at a time.
type stream struct {
	*Walk
	layer   *workloads.Layer
	chunk   int64
	in, out *Ring
	index   int
	held    map[*workloads.Tensor][]byte // what the post station has seen of each operand
	result  map[*workloads.Tensor][]byte
}

func newStream(w *Walk, l *workloads.Layer) *stream {
	return &stream{Walk: w, layer: l, chunk: w.Sim.chassis.Vector.chunk(), in: w.NewRing(2), out: w.NewRing(2), index: w.Index,
		held: map[*workloads.Tensor][]byte{}, result: map[*workloads.Tensor][]byte{}}
}

func (s *stream) walk() {
	head := s.layer.Head()
	var chunks []*workloads.Tensor
	for _, t := range head.In {
		switch {
		case t == nil:
		case t.Role != workloads.Weight:
			chunks = append(chunks, t)
		case head.Op == "Gather": // what is looked up passes, not the table
			s.Fetch(t, 0, min(t.Bytes(), s.layer.Out().Bytes()), s.Fence, nil)
		default:
			s.Fetch(t, 0, t.Bytes(), s.Fence, nil)
		}
	}
	s.operands(chunks)
	s.compute()
	for _, t := range s.layer.Nodes[len(s.layer.Nodes)-1].Out {
		if t != nil {
			s.results(t)
		}
	}
}

// operands passes every operand through the input slots.
func (s *stream) operands(list []*workloads.Tensor) {
	var bytes int64
	for _, t := range list {
		bytes += size(t)
	}
	edges, given, passed := s.work(), unit.Cycles(0), int64(0)
	for _, t := range list {
		for at := int64(0); at < size(t); at += s.chunk {
			n := min(s.chunk, size(t)-at)
			slot := s.in.Take()
			loaded := s.Fetch(t, at, n, s.in.Used[slot], s.arrive(t, at, n, slot))
			passed += n
			upTo := unit.Cycles(float64(edges) * float64(passed) / float64(bytes))
			c := Command{Edges: upTo - given, Action: Action{Begin: s.take(t, n, slot)}}
			given = upTo
			c.After.Wait(Load, loaded)
			s.in.Used[slot].Wait(Post, s.Emit(Post, c))
		}
	}
	if len(list) == 0 {
		c := Command{Edges: edges}
		c.After.Wait(Load, s.Issued(Load))
		s.Emit(Post, c)
	}
}

// size is the bytes of a tensor as it lies in memory.
func size(t *workloads.Tensor) int64 { return t.Shape.Elements() * int64(t.Type.CellBytes()) }

// work is the edges that the layer's operations take, and counts them.
func (s *stream) work() (edges unit.Cycles) {
	var simple, hard int64
	v := &s.Sim.chassis.Vector
	for _, n := range s.layer.Nodes {
		a, b := workloads.Effort(n)
		s.Simple(a)
		s.Hard(b)
		if rate := v.own(n.Op); rate > 0 {
			edges += unit.Cycles(unit.CeilDiv(n.In[0].Shape.Elements(), int64(rate)))
			continue
		}
		simple, hard = simple+a, hard+b
	}
	return edges + unit.Cycles(unit.CeilDiv(simple+hard*int64(v.Hard), int64(v.Lanes)))
}

// own is the rate of the processor that has an operation to itself, in elements of its
// input; 0: there is none.
func (v *Vector) own(op string) int {
	switch op {
	case "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool":
		return v.Planar
	case "LRN":
		return v.Cross
	}
	return 0
}

// arrive copies a chunk into its slot when its load ends.
func (s *stream) arrive(t *workloads.Tensor, at, n int64, slot int) func() error {
	if s.Sim.plane == nil {
		return nil
	}
	st, from, to := s.Sim.plane.memories(s.index), s.Place(t).OffChip+at, int64(slot)*s.chunk
	return func() error {
		raw := make([]byte, n)
		if err := st.offChip.ReadAt(raw, from); err != nil {
			return err
		}
		return st.vector.WriteAt(raw, to)
	}
}

// take has the post station read a chunk out of its slot.
func (s *stream) take(t *workloads.Tensor, n int64, slot int) func() error {
	if s.Sim.plane == nil {
		return nil
	}
	st := s.Sim.plane.memories(s.index)
	return func() error {
		raw := make([]byte, n)
		err := st.vector.ReadAt(raw, int64(slot)*s.chunk)
		s.held[t] = append(s.held[t], raw...)
		return err
	}
}

// compute evaluates the layer's nodes, one after another, when every operand has passed.
func (s *stream) compute() {
	if s.Sim.plane == nil {
		return
	}
	p, st := s.Sim.plane, s.Sim.plane.memories(s.index)
	s.Emit(Post, Command{Action: Action{End: func() error {
		made := map[*workloads.Tensor]*workloads.Array{}
		for _, n := range s.layer.Nodes {
			in, err := s.inputs(n, st, made)
			if err != nil {
				return err
			}
			out, err := reference.EvalFormat(n, in)
			if err != nil {
				return err
			}
			for i, t := range n.Out {
				if t != nil {
					made[t] = out[i]
				}
			}
		}
		for _, t := range s.layer.Nodes[len(s.layer.Nodes)-1].Out {
			if t != nil {
				raw := make([]byte, size(t))
				made[t].Encode(raw, 0, made[t].Len())
				s.result[t] = raw
			}
		}
		p.noteAll(s.index)
		return nil
	}}})
}

// inputs are a node's operands: constants, what has been made before it, and what has passed.
func (s *stream) inputs(n *workloads.Node, st *stores, made map[*workloads.Tensor]*workloads.Array) ([]*workloads.Array, error) {
	in := make([]*workloads.Array, len(n.In))
	for i, t := range n.In {
		switch {
		case t == nil:
		case t.Role == workloads.Weight:
			in[i] = st.values[t]
		case made[t] != nil:
			in[i] = made[t]
		default:
			in[i] = workloads.NewArray(t.Type, t.Shape)
			if int64(len(s.held[t])) < size(t) {
				return nil, fmt.Errorf("layer %s: %d of %d bytes of %s have passed", s.layer.Name, len(s.held[t]), size(t), t.Name)
			}
			in[i].Decode(s.held[t], 0, in[i].Len())
		}
	}
	return in, nil
}

// results passes a result through the output slots.
func (s *stream) results(t *workloads.Tensor) {
	for at := int64(0); at < size(t); at += s.chunk {
		n, slot := min(s.chunk, size(t)-at), s.out.Take()
		c := Command{After: Fence{}}
		c.After.Wait(Store, s.out.Used[slot][Store])
		var end func() error
		if s.Sim.plane != nil {
			st, from, to := s.Sim.plane.memories(s.index), int64(2+slot)*s.chunk, s.Place(t).OffChip+at
			c.End = func() error { return st.vector.WriteAt(s.result[t][at:at+n], from) }
			end = func() error { return move(st.vector, from, st.offChip, to, n) }
		}
		var after Fence
		after.Wait(Post, s.Emit(Post, c))
		s.out.Used[slot].Wait(Store, s.Keep(t, at, n, after, end))
	}
}

// move copies bytes between memories.
func move(from mem.Store, at int64, to mem.Store, dst, n int64) error {
	raw := make([]byte, n)
	if err := from.ReadAt(raw, at); err != nil {
		return err
	}
	return to.WriteAt(raw, dst)
}
