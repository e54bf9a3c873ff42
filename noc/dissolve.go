package noc

import (
	"slices"
	"sort"

	"nnsim/unit"
)

// runTrains does what is due of the trains once the present edge's arrivals are
// in: dissolves those that are in the way, lets sources go on, delivers, and takes
// finished trains off.
func (n *Network) runTrains() {
	if len(n.express.trains) == 0 {
		return
	}
	for _, t := range n.express.trains {
		if t.loaded == n.now {
			n.sources[t.node].left = 0
			n.wakeSource(t.node)
		}
		if t.arrive == n.now {
			n.work++
			n.deliver(t.packet, n.links[t.stops[len(t.stops)-1].link].node, n.now)
			n.order()
		}
		if t.over == n.now {
			n.work++
			t.doomed = true
			n.express.doomed = append(n.express.doomed, t)
		}
	}
	n.dissolve()
}

// dissolve turns the doomed trains, in order of start, into what they stand for at
// the present edge, after its arrivals and before its allocations.
func (n *Network) dissolve() {
	if len(n.express.doomed) == 0 {
		return
	}
	n.express.doomed = n.express.doomed[:0]
	kept := n.express.trains[:0]
	for _, t := range n.express.trains {
		if !t.doomed {
			kept = append(kept, t)
			continue
		}
		if t.over > n.now {
			n.express.dissolved++
		}
		for k, st := range t.stops {
			list := n.express.of[st.link]
			n.express.of[st.link] = slices.DeleteFunc(list, func(o *train) bool { return o == t })
			n.restoreLink(t, k)
		}
		for k := range len(t.stops) - 1 {
			n.restoreInput(t, k)
		}
		n.restoreSource(t)
	}
	clear(n.express.trains[len(kept):])
	n.express.trains = kept
}

// count is how many flits have s(k,i) before an edge.
func (t *train) count(k int, before unit.Edge) int64 {
	return int64(sort.Search(int(t.flits), func(i int) bool { return t.sent(k, int64(i)) >= before }))
}

// restoreLink puts what a train has on link k, flits and credits, on the wires, its
// flits in the buffer at the far end, and takes the credits it has away.
func (n *Network) restoreLink(t *train, k int) {
	st, l := t.stops[k], &n.links[t.stops[k].link]
	flit, credit := n.flitDelay(l), n.creditDelay(l)
	last := k == len(t.stops)-1
	popped := t.count(k+1, n.now) // has left the buffer at the end
	if last {
		popped = t.count(k+1, n.now+1)
	}
	home := t.count(k+1, n.now-credit+1)
	sent, arrived := t.count(k, n.now), t.count(k, n.now-flit+1)
	for i := home; i < popped; i++ {
		n.creditHome(l, st.vc, t.sent(k+1, i)+credit)
	}
	for i := popped; i < sent; i++ {
		f := flitOf(t.packet, int32(i), int32(t.flits))
		if i < arrived {
			r := &n.routers[l.to]
			r.store(l.toPort*n.vcs+st.vc, f)
			continue
		}
		n.flitDue(l, st.vc, f, t.sent(k, i)+flit)
	}
	n.takeCredits(l, st.vc, int16(sent-home))
	n.countLink(l, sent, arrived, popped)
}

// countLink adds what a train has done so far on a link to the counts.
func (n *Network) countLink(l *link, sent, arrived, popped int64) {
	c := &n.counts
	if l.from < 0 {
		c.Injected += sent
	} else {
		c.Crossbar += sent
	}
	if l.to < 0 {
		n.toNodes += sent
		c.Ejected += arrived
		return
	}
	c.BufferWrites += arrived
	c.BufferReads += popped
}

// creditHome puts a credit on its way back over a link.
func (n *Network) creditHome(l *link, vc int32, at unit.Edge) {
	if l.from < 0 {
		n.toSource.put(at, creditWire{l.node, vc})
		return
	}
	n.toOutput.put(at, creditWire{l.from, l.fromPort*n.vcs + vc})
}

// flitDue puts a flit on its way over a link.
func (n *Network) flitDue(l *link, vc int32, f flit, at unit.Edge) {
	if l.to < 0 {
		n.toNode.put(at, flitWire{l.node, vc, f})
		return
	}
	n.toRouter.put(at, flitWire{l.to, l.toPort*n.vcs + vc, f})
}

// takeCredits takes credits for a channel from its sender.
func (n *Network) takeCredits(l *link, vc int32, count int16) {
	if l.from < 0 {
		n.sources[l.node].credits[vc] -= count
		return
	}
	n.routers[l.from].channels[l.fromPort*n.vcs+vc].credits -= count
}

// restoreInput puts the input channel at the end of link k, and the output channel
// of link k+1 at the same router, into the state that the train has them in.
func (n *Network) restoreInput(t *train, k int) {
	l, out := &n.links[t.stops[k].link], &n.links[t.stops[k+1].link]
	r, i, vc := &n.routers[l.to], l.toPort*n.vcs+t.stops[k].vc, t.stops[k+1].vc
	asks := t.asks[k+1]
	if asks-unit.Edge(n.config.RoutingDelay) > n.now {
		return // its head is not yet first in the buffer
	}
	if asks > n.now {
		r.buffers[i].state = routing
		n.routed.put(asks, creditWire{r.id, i})
		return
	}
	if asks == n.now {
		n.ask(r, i)
		return
	}
	n.accept(r, i, out.fromPort, vc)
	n.counts.Channels++
	n.matched = n.matched[:0]
	if t.sent(k+1, 0) < n.now {
		n.passed(r, i, n.crossIn[i], out.fromPort)
	}
	n.restoreChannel(t, k, r, i, out.fromPort, vc)
}

// restoreChannel gives the train its output channel, unless its tail has left.
func (n *Network) restoreChannel(t *train, k int, r *router, i, o, vc int32) {
	c := &r.channels[o*n.vcs+vc]
	if t.sent(k+1, t.flits-1) < n.now {
		if n.config.WaitForTail && int32(c.credits) < r.depth {
			*r.vacant(o) &^= 1 << vc
		}
		return
	}
	b := &r.buffers[i]
	b.state, b.out, b.vc = active, o, uint8(vc)
	c.owner = i
	*r.vacant(o) &^= 1 << vc
	if b.count > 0 && c.credits > 0 {
		n.setReady(r, i, o)
	}
}

// restoreSource lets the node go on with what the train has not sent.
func (n *Network) restoreSource(t *train) {
	s, vc := &n.sources[t.node], int16(t.stops[0].vc)
	if t.loaded > n.now {
		s.packet, s.vc, s.left = t.packet, vc, int32(t.flits-t.count(0, n.now))
		s.free &^= 1 << vc
		n.wakeSource(t.node)
		return
	}
	if n.config.WaitForTail && int(s.credits[vc]) < n.config.BufferFlits {
		s.free &^= 1 << vc
	}
}

// wakeSource has a node look at its queue again.
func (n *Network) wakeSource(node int32) { set(n.sending, int(node)) }
