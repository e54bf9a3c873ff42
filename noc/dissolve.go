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
	to := n.sender(l, st.vc)
	for i := home; i < sent; i++ {
		at := &n.places[n.around(*to, i)]
		if i >= popped {
			n.restoreFlit(t, k, i, at, i < arrived)
		}
		if i < popped || l.to < 0 {
			*at = flit(t.sent(k+1, i) + credit)
		}
		if i < popped && n.config.WaitForTail {
			back := n.backAlong(l)
			n.creditHome(&back, st.vc, t.sent(k+1, i)+credit)
		}
	}
	*to = n.around(*to, sent)
	if l.to >= 0 {
		b := &n.routers[l.to].buffers[l.toPort*n.vcs+st.vc]
		b.first = n.around(b.first, popped)
	}
	n.countLink(l, sent, arrived, popped)
}

// restoreFlit puts flit i of a train where it is on link k: in the buffer or on the wire.
func (n *Network) restoreFlit(t *train, k int, i int64, at *flit, arrived bool) {
	st, l := t.stops[k], &n.links[t.stops[k].link]
	*at = flitOf(t.packet, &n.packets[t.packet], int32(i))
	switch in := l.toPort*n.vcs + st.vc; {
	case l.to < 0:
		n.toNode.put(t.sent(k+1, i), landing{l.node, st.vc, *at})
	case arrived:
		n.routers[l.to].buffers[in].count++
	default:
		n.toRouter.put(t.sent(k, i)+n.flitDelay(l), notice{l.to, in})
	}
}

// sender is the place that the sender on a link writes next on a channel.
func (n *Network) sender(l *link, vc int32) *int32 {
	if l.from < 0 {
		return &n.sources[l.node].next[vc]
	}
	return &n.routers[l.from].channels[l.fromPort*n.vcs+vc].next
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
		n.routed.put(asks, notice{r.id, i})
		return
	}
	if asks == n.now {
		n.ask(r, i)
		return
	}
	at := out.fromPort*n.vcs + vc
	r.matched(&r.buffers[i], &r.channels[at], i, at)
	n.counts.Channels++
	if s := &n.seats[n.seatOf[i]]; t.sent(k+1, 0) < n.now {
		r.cross[s.cross].passed(r, &r.outputs[out.fromPort], s)
	}
	n.restoreChannel(t, k, r, i, out.fromPort, vc)
}

// restoreChannel gives the train its output channel, unless its tail has left.
func (n *Network) restoreChannel(t *train, k int, r *router, i, o, vc int32) {
	c := &r.channels[o*n.vcs+vc]
	if t.sent(k+1, t.flits-1) < n.now {
		if n.config.WaitForTail && !n.allHome(c.next) {
			r.outputs[o].vacant &^= 1 << vc
		}
		return
	}
	b := &r.buffers[i]
	b.state, b.out, b.vc = active, uint16(o), uint8(vc)
	c.owner = i
	r.outputs[o].vacant &^= 1 << vc
	if b.count > 0 {
		n.readyIf(r, &r.outputs[o], i, c, n.now)
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
	if n.config.WaitForTail && !n.allHome(s.next[vc]) {
		s.free &^= 1 << vc
	}
}

// wakeSource has a node look at its queue again.
func (n *Network) wakeSource(node int32) { set(n.sending, int(node)) }
