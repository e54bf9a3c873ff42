package noc

import (
	"math/bits"

	"nnsim/unit"
)

// wheel holds what is on its way, by the edge it arrives at, modulo its length.
// Everything in one slot arrives at one edge; the order within it does not matter.
type wheel[T any] struct {
	slots [][]T
	mask  unit.Edge
	count int
	work  int64
}

func (w *wheel[T]) size(n int) { w.slots, w.mask = make([][]T, n), unit.Edge(n-1) }

// put adds what arrives at an edge less than a turn ahead.
func (w *wheel[T]) put(at unit.Edge, v T) {
	s := &w.slots[at&w.mask]
	*s = append(*s, v)
	w.count++
}

// putAll adds all that arrives at an edge.
func (w *wheel[T]) putAll(at unit.Edge, list []T) {
	s := &w.slots[at&w.mask]
	*s = append(*s, list...)
	w.count += len(list)
}

// take empties the slot of an edge. The list is valid until something is put a turn later.
func (w *wheel[T]) take(now unit.Edge) []T {
	s := &w.slots[now&w.mask]
	list := *s
	*s = list[:0]
	w.count -= len(list)
	w.work += int64(len(list))
	return list
}

// next is the first edge after now at which something arrives.
func (w *wheel[T]) next(now unit.Edge) unit.Edge {
	if w.count == 0 {
		return Never
	}
	for t := now + 1; ; t++ {
		if len(w.slots[t&w.mask]) > 0 {
			return t
		}
	}
}

// each calls f for everything on its way.
func (w *wheel[T]) each(f func(T)) {
	for _, s := range w.slots {
		for _, v := range s {
			f(v)
		}
	}
}

// wheelSize is a power of two beyond the longest delay on the network.
func wheelSize(g *graph) int {
	longest := int64(g.config.RoutingDelay) + 1
	for i := range g.links {
		longest = max(longest, g.flitDelay(&g.links[i])+g.creditDelay(&g.links[i]))
	}
	return 1 << bits.Len64(uint64(longest)+1)
}
