package noc

import "nnsim/unit"

// head starts on the packet whose head is first in a buffer from an edge on.
func (n *Network) head(r *router, i int32, from unit.Edge) {
	if d := n.config.RoutingDelay; d > 0 {
		r.buffers[i].state = routing
		n.routed.put(from+unit.Edge(d), creditWire{r.id, i})
		return
	}
	n.ask(r, i)
}

// ask makes a routed head ask for an output channel.
func (n *Network) ask(r *router, i int32) {
	b, p := &r.buffers[i], &n.packets[r.front(i).packet()]
	if n.table != nil && p.dst >= 0 {
		if out := int32(n.table[int(r.id)*n.nodes+int(p.dst)]); out >= 0 {
			b.state, b.out, b.mask = asking, out, n.every
			if d := out >> 1; n.wrap && int(d) < len(n.grid.size) {
				b.out |= int32(p.dirs >> d & 1)
				b.mask = n.vcsOfRing[p.cross>>d&1]
			}
			n.wantOut(r, i, b.out)
			return
		}
	}
	n.askWays(r, i, p)
}

// askWays is ask where a packet has choices, or more than one receiver.
func (n *Network) askWays(r *router, i int32, p *packet) {
	if p.dsts != nil {
		n.split(r, i, p)
		return
	}
	b := &r.buffers[i]
	n.ways = n.routes(n.ways[:0], r.id, p)
	b.state, b.out, b.mask = asking, n.ways[0].out, n.ways[0].vcs
	n.wantOut(r, i, b.out)
	if len(n.ways) > 1 {
		b.state, r.more[i] = choosing, append(r.more[i][:0], n.ways[1:]...)
		for _, w := range r.more[i] {
			n.wantOut(r, i, w.out)
		}
	}
}

func (n *Network) wantOut(r *router, i, o int32) {
	r.want(o)[i>>6] |= 1 << (i & 63)
	r.wants |= 1 << (o & 63)
	set(n.running, int(r.id))
	if len(n.express.trains) > 0 {
		n.express.wanted(n.graph.routers[r.id].out[o])
	}
}

// unwant takes an input off the list of those that ask for an output.
func (r *router) unwant(i, o int32) {
	list := r.want(o)
	if list[i>>6] &^= 1 << (i & 63); list[i>>6] == 0 && none(list) && r.outs <= 64 {
		r.wants &^= 1 << o
	}
}
