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

// restoreLink puts what a train has on link k, its flits and the credits on their
// way back, into the places of the buffer at the far end, and moves both ends on.
func (n *Network) restoreLink(t *train, k int) {
	st, l := t.stops[k], &n.links[t.stops[k].link]
	credit := n.creditDelay(l)
	popped := t.count(k+1, n.now) // has left the buffer at the end
	if l.to < 0 {
		popped = t.count(k+1, n.now+1)
	}
	home := t.count(k+1, n.now-credit+1)
	sent, arrived := t.count(k, n.now), t.count(k, n.now-n.flitDelay(l)+1)
	c := n.lane0[st.link] + st.vc
	at := &n.lanes[c]
	for i := home; i < sent; i++ {
		place := &n.places[n.around(at.next, i)]
		if i >= popped {
			n.restoreFlit(t, k, i, place, i < arrived)
		}
		if i < popped {
			*place = flit(t.sent(k+1, i) + credit)
		}
		if i < popped && n.config.WaitForTail {
			n.creditHome(c, t.sent(k+1, i)+credit)
		}
	}
	at.next = n.around(at.next, sent)
	at.first = n.around(at.first, popped)
	n.countLink(l, sent, arrived, popped)
}

// restoreFlit puts flit i of a train where it is on link k: in the buffer or on the wire.
func (n *Network) restoreFlit(t *train, k int, i int64, place *flit, arrived bool) {
	st, l := t.stops[k], &n.links[t.stops[k].link]
	*place = flitOf(t.packet, &n.packets[t.packet], int32(i))
	switch c := n.lane0[st.link] + st.vc; {
	case l.to < 0:
		n.toNode.put(t.sent(k+1, i), c)
	case arrived:
		n.lanes[c].count++
	default:
		n.toRouter.put(t.sent(k, i)+n.flitDelay(l), c)
	}
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

// restoreInput puts the lane of a train on link k, and the output of link k+1 at
// the same router, into the state that the train has them in.
func (n *Network) restoreInput(t *train, k int) {
	st, next := t.stops[k], t.stops[k+1]
	c, asks := n.lane0[st.link]+st.vc, t.asks[k+1]
	if asks-unit.Edge(n.config.RoutingDelay) > n.now {
		return // its head is not yet first in the buffer
	}
	if asks > n.now {
		n.lanes[c].state = routing
		n.routed.put(asks, c)
		return
	}
	if asks == n.now {
		n.ask([]int32{c})
		return
	}
	r := &n.routers[n.lanes[c].to]
	out := &r.outputs[n.links[next.link].fromPort]
	matched(&n.lanes[c], &n.lanes[out.lane0+next.vc], c-r.in0, out, next.vc)
	n.counts.Channels++
	if s := &n.seats[n.seatOf[c-r.in0]]; t.sent(k+1, 0) < n.now {
		x := &n.cross[out.cross0+s.cross]
		x.pick, x.accept, out.grant = s.after, int32(out.number)+1, s.end
	}
	n.restoreChannel(t, k, c, out, next.vc)
}

// restoreChannel gives the train its output channel, unless its tail has left.
func (n *Network) restoreChannel(t *train, k int, c int32, out *output, vc int32) {
	far := &n.lanes[out.lane0+vc]
	if t.sent(k+1, t.flits-1) < n.now {
		if n.config.WaitForTail && !n.allHome(far.next) {
			out.vacant &^= 1 << vc
		}
		return
	}
	l := &n.lanes[c]
	l.state, l.out, l.vc = active, out.number, uint8(vc)
	far.owner = c
	out.vacant &^= 1 << vc
	if l.count > 0 {
		n.readyIf(c, n.now)
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
	if n.config.WaitForTail && !n.allHome(n.lanes[s.lane0+int32(vc)].next) {
		s.free &^= 1 << vc
	}
}

// wakeSource has a node look at its queue again.
func (n *Network) wakeSource(node int32) { set(n.sending, int(node)) }
