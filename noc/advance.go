package noc

import (
	"math/bits"

	"nnsim/unit"
)

// Next is the next edge at which anything can happen, or Never. With nothing on
// its way, and while everything travels in closed form, it lies as far ahead as
// that lasts.
func (n *Network) Next() unit.Edge {
	if n.busy() {
		return n.now + 1
	}
	next := n.express.next(n.now)
	for _, w := range []interface{ next(unit.Edge) unit.Edge }{&n.toRouter, &n.toNode, &n.toSender, &n.routed} {
		next = min(next, w.next(n.now))
	}
	return next
}

// busy tells whether a node or router has something to do at the present edge.
func (n *Network) busy() bool {
	return !none(n.sending) || !none(n.wants) || !none(n.readies)
}

// AdvanceTo simulates up to the arrivals of edge t.
func (n *Network) AdvanceTo(t unit.Edge) {
	for n.now < t {
		if next := n.Next(); next > n.now+1 {
			n.now = min(t, next)
		} else {
			n.step()
			n.now++
		}
		n.arrivals()
	}
}

// step does the rest of the present edge: injection, then allocation.
func (n *Network) step() {
	if len(n.express.trains) > 0 {
		n.beginBehind()
	}
	for w := range n.sending {
		for m := n.sending[w]; m != 0; m &= m - 1 {
			n.inject(int32(w<<6 + bits.TrailingZeros64(m)))
		}
	}
	n.allocate()
}

// allocate is one edge of all routers: the switches for flits, then channels for heads.
// Both see the state at the start of the edge: a channel got now may be used at
// the next edge, a channel given back now may be given away at the next.
func (n *Network) allocate() {
	n.passSwitches()
	n.matchChannels()
	n.route(n.heads, n.now+1)
}

// arrivals takes what comes in at the present edge off the wires.
func (n *Network) arrivals() {
	for _, c := range n.toSender.take(n.now) {
		n.credit(c)
	}
	list := n.toRouter.take(n.now)
	n.counts.BufferWrites += int64(len(list))
	n.arrive(list)
	n.ask(n.routed.take(n.now))
	if list := n.toNode.take(n.now); len(list) > 0 {
		for _, c := range list {
			n.eject(c)
		}
		n.order()
	}
	n.runTrains()
}

// order sorts the deliveries of the present edge by receiver; a node has at most one.
func (n *Network) order() {
	for i := len(n.out) - 1; i > 0 && n.out[i-1].Edge == n.now; i-- {
		for j := i; j < len(n.out) && n.out[j].Dst < n.out[j-1].Dst; j++ {
			n.out[j], n.out[j-1] = n.out[j-1], n.out[j]
		}
	}
}

// flitDelay is how long a flit takes from a router's switch allocation, or from its
// node, to the end of a link: the crossbar, the wire, and one cycle to latch it.
func (g *graph) flitDelay(l *link) int64 {
	if l.from < 0 {
		return l.latency + 1
	}
	return int64(g.config.SwitchDelay) + l.latency + 1
}

// creditDelay is how long a credit takes from the end of a link until it can be used at its start.
func (g *graph) creditDelay(l *link) int64 {
	if l.from < 0 {
		return l.latency + 1
	}
	return l.latency + 1 + int64(g.config.CreditDelay)
}
