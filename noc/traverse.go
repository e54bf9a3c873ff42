package noc

import "nnsim/unit"

// allocate is one edge of all routers: the switches for flits, then channels for heads.
// Both see the state at the start of the edge: a channel got now may be used at
// the next edge, a channel given back now may be given away at the next.
func (n *Network) allocate() {
	n.passSwitches()
	n.matchChannels()
	for _, h := range n.heads {
		n.head(&n.routers[h.to], h.at, n.now+1)
	}
	n.heads = n.heads[:0]
}

// forward sends the first flit of the input on a seat through the crossbar to an output.
func (n *Network) forward(r *router, out *output, s *seat, q int32) {
	o := int32(out.number)
	b := &r.buffers[s.in]
	if b.state == forking {
		n.forwardBranch(r, s.in, o)
		return
	}
	c := &r.channels[o*n.vcs+int32(b.vc)]
	f := n.pop(b, &r.back[s.port], s.vc)
	n.onto(out, c, f, int32(b.vc))
	switch {
	case f.tail():
		n.unready(out, q)
		c.owner = -1
		b.state = idle
		if !n.config.WaitForTail {
			n.release(out, int32(b.vc))
		}
		if b.count > 0 {
			n.heads = append(n.heads, notice{r.id, s.in})
		}
	case b.count == 0:
		n.unready(out, q)
	case !n.places[c.next].homeBy(n.now + 1):
		n.unready(out, q)
		n.waitCredit(r, o, int32(b.vc))
	}
}

// release gives an output channel back, to be given away from the next edge on.
func (n *Network) release(out *output, vc int32) {
	out.vacant |= 1 << vc
	out.freed, out.freedAt = 1<<vc, n.now
	if out.want != 0 {
		set(n.wants, int(out.index))
	}
}

// pop takes the first flit out of a buffer and sends its credit back.
func (n *Network) pop(b *input, back *port, vc int32) flit {
	b.count--
	at := &n.places[b.first]
	b.first = n.following(b.first)
	f := *at
	home := n.now + unit.Edge(back.delay)
	*at = flit(home)
	if f&wantedBit != 0 || n.config.WaitForTail {
		n.creditHome(back, vc, home)
	}
	return f &^ wantedBit
}

// creditHome has a sender told of a credit when it is home.
func (n *Network) creditHome(back *port, vc int32, home unit.Edge) {
	if back.node {
		n.toSource.put(home, notice{back.to, vc})
		return
	}
	n.toOutput.put(home, notice{back.to, back.base + vc})
}

// onto puts a flit onto an output's link: into its place in the buffer at the far
// end, which is told when it is there. A node has read a flit as soon as it arrives.
func (n *Network) onto(out *output, c *channel, f flit, vc int32) {
	at := &n.places[c.next]
	c.next = n.following(c.next)
	if out.node {
		n.toNodes++
		*at = flit(n.now + unit.Edge(out.home))
		n.toNode.put(n.now+unit.Edge(out.delay), landing{out.to, vc, f})
		return
	}
	*at = f
	n.toRouter.put(n.now+unit.Edge(out.delay), notice{out.to, out.base + vc})
}
