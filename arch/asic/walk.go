package asic

import (
	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// Walk walks the plan layer by layer and writes the stations' programs. It is the
// compiler and the instruction stream in one, and runs ahead of the stations only
// as far as their queues are empty.
type Walk struct {
	Sim *Simulation
	// Fence is everything given out before the present layer: what its buffers wait for.
	Fence Fence
	// Index is the present layer's.
	Index int

	next   int
	issued Fence                    // commands given to each station so far
	made   map[*mapping.Place]int64 // stores that must be complete before a tensor may be read
}

func newWalk(s *Simulation) *Walk { return &Walk{Sim: s, made: map[*mapping.Place]int64{}} }

// layer writes the next layer's commands; false: there is none.
func (w *Walk) layer() (bool, error) {
	plan := w.Sim.plan
	if w.next >= len(plan.Layers) {
		return false, nil
	}
	i, lp := w.next, plan.Layers[w.next]
	w.next++
	w.Index, w.Fence = i, w.issued
	if p := w.Sim.plane; p != nil {
		if err := p.prepare(i); err != nil {
			return false, err
		}
	}
	switch workloads.ClassOf(lp.Layer.Head().Op) {
	case workloads.View:
	case workloads.MatrixClass:
		if err := w.Sim.chassis.Walk(w, lp); err != nil {
			return false, err
		}
	default:
		newStream(w, lp.Layer).walk()
	}
	w.Sim.books.layers[i].issued = true
	for _, t := range lp.Layer.Nodes[len(lp.Layer.Nodes)-1].Out {
		if t != nil && plan.Places[t].First == i {
			w.made[plan.Places[t]] = w.issued[Store]
		}
	}
	if p := w.Sim.job.Progress; p != nil {
		p(i+1, len(plan.Layers))
	}
	return true, nil
}

// Place is where a tensor lives.
func (w *Walk) Place(t *workloads.Tensor) *mapping.Place { return w.Sim.plan.Places[t] }

// Unit is one of the machine's own counters, in the order it listed them.
func (w *Walk) Unit(i int) *results.Stats { return w.Sim.books.units[i] }

// Count adds n events of the present layer.
func (w *Walk) Count(s *results.Stats, kind int, n int64) { s.Add(w.Index, kind, n) }

// Simple and Hard count operations of the post station.
func (w *Walk) Simple(n int64) { w.Count(w.Sim.books.post, EvSimple, n) }

// Hard counts transcendental operations of the post station.
func (w *Walk) Hard(n int64) { w.Count(w.Sim.books.post, EvHard, n) }

// Emit gives a command to a station and returns how many that station then has.
func (w *Walk) Emit(s Station, c Command) int64 {
	c.Layer = w.Index
	w.Sim.crew.Queues[s].Put(c)
	w.issued[s]++
	w.Sim.books.layers[w.Index].open++
	return w.issued[s]
}

// Issued is how many commands a station has been given so far.
func (w *Walk) Issued(s Station) int64 { return w.issued[s] }

// Fetch emits the load of raw bytes of a tensor, from an offset on, after what the
// room it fills waits for and after the tensor has been made.
func (w *Walk) Fetch(t *workloads.Tensor, offset, bytes int64, after Fence, end func() error) int64 {
	pl := w.Place(t)
	after.Wait(Store, w.made[pl])
	moved := w.coded(bytes, pl)
	w.Count(w.Sim.books.memory, EvRead, moved)
	w.Sim.books.traffic.Read(w.Index, arch.Read(t), moved)
	return w.Emit(Load, Command{After: after, Addr: pl.OffChip + offset, Bytes: moved, Action: Action{End: end}})
}

// Keep emits the store of raw bytes of a tensor, from an offset on.
func (w *Walk) Keep(t *workloads.Tensor, offset, bytes int64, after Fence, end func() error) int64 {
	pl := w.Place(t)
	moved := w.coded(bytes, pl)
	w.Count(w.Sim.books.memory, EvWrite, moved)
	w.Sim.books.traffic.Write(w.Index, results.Outputs, moved)
	return w.Emit(Store, Command{After: after, Addr: pl.OffChip + offset, Bytes: moved, Action: Action{End: end}})
}

// coded is what so many bytes of a tensor take off chip.
func (w *Walk) coded(bytes int64, pl *mapping.Place) int64 {
	share, ok := w.Sim.Density.Coded[pl]
	if !ok {
		return bytes
	}
	return max(1, int64(float64(bytes)*share+0.5))
}

// Ring is a set of slots filled in turn, each with what must be complete before it
// may be filled again.
type Ring struct {
	Used []Fence
	at   int
}

// NewRing makes n slots that wait for everything before the present layer.
func (w *Walk) NewRing(n int) *Ring {
	r := &Ring{Used: make([]Fence, max(1, n))}
	for i := range r.Used {
		r.Used[i] = w.Fence
	}
	return r
}

// Take gives the next slot.
func (r *Ring) Take() int {
	i := r.at
	r.at = (r.at + 1) % len(r.Used)
	return i
}
