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

// landing is a flit on its way to a node on channel `at`.
type landing struct {
	to, at int32
	flit   flit
}

// notice is for channel `at` of a router or node: the flit that was put into a
// buffer has come in, or a credit that is waited for is home.
type notice struct{ to, at int32 }

func (w *wheel[T]) size(n int) { w.slots, w.mask = make([][]T, n), unit.Edge(n-1) }

// put adds what arrives at an edge less than a turn ahead.
func (w *wheel[T]) put(at unit.Edge, v T) {
	s := &w.slots[at&w.mask]
	*s = append(*s, v)
	w.count++
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

// port is the far end of a link: where what is put on it arrives, and after how long.
type port struct {
	to    int32
	base  int32 // first channel there
	delay uint16
	home  uint16 // of a flit to a node: when its credit is back
	node  bool
}

// portOf is where flits on a link arrive.
func (g *graph) portOf(id int32) port {
	if id < 0 {
		return port{}
	}
	l := &g.links[id]
	p := port{delay: uint16(g.flitDelay(l)), to: l.to}
	if l.to < 0 {
		p.to, p.node, p.home = l.node, true, uint16(g.flitDelay(l)+g.creditDelay(l))
		return p
	}
	p.base = l.toPort * int32(g.config.VCs)
	return p
}

// backOf is where credits for a link arrive.
func (g *graph) backOf(id int32) port {
	if id < 0 {
		return port{}
	}
	return g.backAlong(&g.links[id])
}

func (g *graph) backAlong(l *link) port {
	if l.from < 0 {
		return port{delay: uint16(g.creditDelay(l)), to: l.node, node: true}
	}
	return port{delay: uint16(g.creditDelay(l)), to: l.from, base: l.fromPort * int32(g.config.VCs)}
}
