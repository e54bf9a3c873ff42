package systolic

import (
	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// walker walks the plan layer by layer and writes the units' programs. It is the
// compiler and the instruction stream in one: it runs ahead of the units only as
// far as their queues are empty.
type walker struct {
	s      *simulation
	turns  []mapping.Turn
	next   int               // turn to be written next
	walks  map[int]*nestWalk // by layer: of the product, or the chain's products, under way
	done   int               // layers that are written
	issued fence             // commands given to each unit so far

	made    map[*mapping.Place]ready // when a tensor made by a layer is there
	fifo    ring                     // the weight FIFO, which outlives layers
	fence   fence                    // what the present layer's slots must wait for
	drains  []int64                  // drains given out, newest last: two accumulator banks
	tiles   int64                    // output tiles begun: the bank is its parity
	present int
}

// ready is what must be complete before a tensor may be read.
type ready struct{ vector, store int64 }

// newWalker makes a walker at the start of the plan.
func newWalker(s *simulation) *walker {
	w := &walker{s: s, turns: s.plan.Turns(), made: map[*mapping.Place]ready{}, walks: map[int]*nestWalk{}}
	w.fifo = newRing(max(1, s.cfg.Weights.FIFO))
	return w
}

// turn writes the commands of the next turn: a layer, or its part in a band; false:
// there is none.
func (w *walker) turn() (bool, error) {
	if w.next >= len(w.turns) {
		return false, nil
	}
	t := w.turns[w.next]
	w.next++
	w.present = t.Layer
	w.s.books.turns = append(w.s.books.turns, turnBook{layer: t.Layer})
	if t.Apart {
		w.fence = w.issued
	}
	if p := w.s.plane; p != nil && t.First {
		if err := p.prepare(t.Layer); err != nil {
			return false, err
		}
	}
	switch lp := w.s.plan.Layers[t.Layer]; {
	case lp.Nest != nil:
		w.product(lp, t).walk(t)
	case lp.Pieces != nil:
		newPieceWalk(w, lp).walk()
	}
	w.leave(t)
	return true, nil
}

// product is the walk of a product, which in a chain goes on where the last band left it.
func (w *walker) product(lp *mapping.LayerPlan, t mapping.Turn) *nestWalk {
	if t.First {
		w.walks[t.Layer] = newNestWalk(w, lp)
	}
	return w.walks[t.Layer]
}

// leave notes what a turn leaves in memory, and the end of a layer's last.
func (w *walker) leave(t mapping.Turn) {
	layer := w.s.plan.Layers[t.Layer].Layer
	for _, out := range layer.Nodes[len(layer.Nodes)-1].Out {
		if out == nil {
			continue
		}
		if pl := w.s.plan.Places[out]; pl.First == t.Layer {
			w.made[pl] = ready{vector: w.issued[vector], store: w.issued[storer]}
		}
	}
	if !t.Last {
		return
	}
	w.s.books.layers[t.Layer].issued = true
	delete(w.walks, t.Layer)
	if p := w.s.job.Progress; p != nil {
		w.done++
		p(w.done, len(w.s.plan.Layers))
	}
}

// place is where a tensor lives.
func (w *walker) place(t *workloads.Tensor) *mapping.Place { return w.s.plan.Places[t] }

// command is a command of the present layer.
func (w *walker) command() command {
	return command{Layer: w.present, Work: work{turn: int32(w.next - 1), chase: -1}}
}

// count adds events to a counter of the present layer.
func (w *walker) count(s *results.Stats, kind int, n int64) { s.Add(w.present, kind, n) }

// load emits a transfer of a tensor's bytes, from an offset on, from off-chip memory
// into the buffer or the FIFO. afterUse is what the room it fills must wait for.
func (w *walker) load(t *workloads.Tensor, offset, bytes int64, into *results.Stats, afterUse fence, copied action) int64 {
	c, from := w.command(), w.place(t)
	c.After, c.Addr, c.Bytes, c.Action = afterUse, from.OffChip+offset, bytes, copied
	c.After[storer] = max(c.After[storer], w.made[from].store)
	if !w.s.ideal() {
		c.Edges = w.s.portEdges(bytes)
	}
	w.count(into, evWrite, bytes)
	w.count(w.s.books.memory, evRead, bytes)
	w.s.books.traffic.Read(w.present, arch.Read(t), bytes)
	return w.s.emit(loader, c)
}

// store emits a transfer from the buffer to off-chip memory.
func (w *walker) store(addr, bytes int64, copied action) int64 {
	c := w.command()
	c.After[vector] = w.issued[vector]
	c.Addr, c.Bytes, c.Action = addr, bytes, copied
	if !w.s.ideal() {
		c.Edges = w.s.portEdges(bytes)
	}
	w.count(w.s.books.buffer, evRead, bytes)
	w.count(w.s.books.memory, evWrite, bytes)
	w.s.books.traffic.Write(w.present, results.Outputs, bytes)
	return w.s.emit(storer, c)
}

// portEdges is the edges a buffer port takes for so many bytes.
func (s *simulation) portEdges(bytes int64) unit.Cycles {
	return unit.Cycles(unit.CeilDiv(bytes, int64(s.cfg.Buffer.Width)))
}

// ring is a set of slots filled in turn. Each remembers which tile it holds, the
// load that brings it and the last command that reads it.
type ring struct {
	slots []slot
	at    int
}

type slot struct {
	tile   tileID
	full   bool
	loaded int64 // loads that must be complete before it may be read
	used   fence // commands that must be complete before it may be filled again
}

// tileID names a tile among those that pass through one ring.
type tileID struct{ layer, batch, pack, tile, part, operand int32 }

func newRing(n int) ring { return ring{slots: make([]slot, n)} }

// find is the slot that holds a tile, or -1.
func (r *ring) find(id tileID) int {
	for i := range r.slots {
		if r.slots[i].full && r.slots[i].tile == id {
			return i
		}
	}
	return -1
}

// take gives the next slot to a tile.
func (r *ring) take(id tileID) int {
	i := r.at
	r.at = (r.at + 1) % len(r.slots)
	r.slots[i].tile, r.slots[i].full = id, true
	return i
}

// each sets what every slot must wait for before it is first filled.
func (r *ring) each(fence fence) {
	for i := range r.slots {
		r.slots[i].used = fence
	}
}
