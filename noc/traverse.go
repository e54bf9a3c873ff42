package noc

import "nnsim/unit"

// allocate is one edge of a router: channels for heads, then the switch for flits.
// Both see the state at the start of the edge: a channel got now may be used at
// the next edge, a channel given back now may be given away at the next. It tells
// whether the router has anything to do at the next edge.
func (n *Network) allocate(r *router) bool {
	n.matched = n.matched[:0]
	if r.wants != 0 {
		n.matchChannels(r)
	}
	if r.readies != 0 {
		n.passSwitch(r)
	}
	for _, m := range n.matched {
		n.hold(r, m)
	}
	return r.wants|r.readies != 0
}

// forward sends the first flit of an input through the crossbar to an output.
func (n *Network) forward(r *router, i, o int32) {
	b := &r.buffers[i]
	if b.state == forking {
		n.forwardBranch(r, i, o)
		return
	}
	f, c := r.front(i), &r.channels[o*n.vcs+int32(b.vc)]
	n.pop(r, i)
	c.credits--
	n.onto(r, o, f, int32(b.vc))
	switch {
	case f.tail():
		r.unready(i, o)
		c.owner = -1
		b.state = idle
		if !n.config.WaitForTail {
			n.vacate(r, o, b.vc)
		}
		if b.count > 0 {
			n.head(r, i, n.now+1)
		}
	case b.count == 0 || c.credits == 0:
		r.unready(i, o)
	}
}

// pop takes the first flit out of a buffer and sends its credit back.
func (n *Network) pop(r *router, i int32) {
	b := &r.buffers[i]
	b.count--
	if b.first++; int32(b.first) == r.depth || b.count == 0 {
		b.first = 0
	}
	n.counts.BufferReads++
	in := n.inPort[i]
	back := &r.back[in]
	w := creditWire{back.to, back.base + i - in*n.vcs}
	if back.node {
		n.toSource.put(n.now+unit.Edge(back.delay), w)
		return
	}
	n.toOutput.put(n.now+unit.Edge(back.delay), w)
}

// onto puts a flit onto an output's link.
func (n *Network) onto(r *router, o int32, f flit, vc int32) {
	to := &r.outputs[o].port
	n.counts.Crossbar++
	w := flitWire{to.to, to.base + vc, f}
	if to.node {
		n.toNodes++
		n.toNode.put(n.now+unit.Edge(to.delay), w)
		return
	}
	n.toRouter.put(n.now+unit.Edge(to.delay), w)
}
