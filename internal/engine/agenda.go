package engine

import (
	"container/heap"

	"nnsim/unit"
)

// Phase orders what is done at one edge: what ends there comes before what begins
// there, and a layer is done after both, as a store copies when it begins.
type Phase int

// The phases of an edge, in order.
const (
	Ends Phase = iota
	Begins
	Produced
)

// Agenda is what is to be done to a machine's data, in the order of the edges at
// which its units decided it, which is not the order in which they decided it. The
// zero value is empty.
type Agenda struct {
	deeds deeds
	seq   int64
	err   error
}

// At has something done at an edge; do may itself call At, for later.
func (a *Agenda) At(edge unit.Edge, phase Phase, do func() error) {
	a.seq++
	heap.Push(&a.deeds, deed{edge, phase, a.seq, do})
}

// Before does all that lies before an edge. After an error, which it returns from
// then on, nothing more is done.
func (a *Agenda) Before(edge unit.Edge) error {
	for len(a.deeds) > 0 && a.deeds[0].edge < edge && a.err == nil {
		a.err = heap.Pop(&a.deeds).(deed).do()
	}
	return a.err
}

// Rest does all that is left.
func (a *Agenda) Rest() error { return a.Before(Never) }

// Each shows what is left, in no particular order.
func (a *Agenda) Each(show func(edge unit.Edge, phase Phase, do func() error)) {
	for _, d := range a.deeds {
		show(d.edge, d.phase, d.do)
	}
}

// deed is one thing to be done.
type deed struct {
	edge  unit.Edge
	phase Phase
	seq   int64
	do    func() error
}

// deeds is a heap by edge, phase and order of notice.
type deeds []deed

func (h deeds) Len() int { return len(h) }
func (h deeds) Less(i, j int) bool {
	a, b := &h[i], &h[j]
	if a.edge != b.edge {
		return a.edge < b.edge
	}
	if a.phase != b.phase {
		return a.phase < b.phase
	}
	return a.seq < b.seq
}
func (h deeds) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push and Pop are heap's.
func (h *deeds) Push(x any) { *h = append(*h, x.(deed)) }
func (h *deeds) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = deed{}
	*h = (*h)[:len(*h)-1]
	return last
}
