package noc

import "nnsim/unit"

// head starts on the packet whose head is first in a buffer from an edge on.
func (n *Network) head(r *router, i int32, from unit.Edge) {
	if d := n.config.RoutingDelay; d > 0 {
		r.buffers[i].state = routing
		n.routed.put(from+unit.Edge(d), notice{r.id, i})
		return
	}
	n.ask(r, i)
}

// ask makes a routed head ask for an output channel.
func (n *Network) ask(r *router, i int32) {
	b, f := &r.buffers[i], n.front(r, i)
	if dst := f.dst(); int(dst) < len(r.table) {
		if out := r.table[dst]; out >= 0 {
			b.state, b.out, b.may = asking, uint16(out), 0
			if d := out >> 1; n.wrap && int(d) < len(n.grid.size) {
				p := &n.packets[f.packet()]
				b.out |= uint16(p.dirs >> d & 1)
				b.may = n.ofRing[p.cross>>d&1]
			}
			n.wantOut(r, i, int32(b.out))
			return
		}
	}
	n.askWays(r, i, &n.packets[f.packet()])
}

// askWays is ask where a packet has choices, or more than one receiver.
func (n *Network) askWays(r *router, i int32, p *packet) {
	if p.dsts != nil {
		n.split(r, i, p)
		return
	}
	b := &r.buffers[i]
	n.ways = n.routes(n.ways[:0], r.id, p)
	b.state, b.out, b.may = asking, uint16(n.ways[0].out), n.maskOf(n.ways[0].vcs)
	n.wantOut(r, i, int32(b.out))
	if len(n.ways) > 1 {
		b.state, r.more[i] = choosing, append(r.more[i][:0], n.ways[1:]...)
		for _, w := range r.more[i] {
			n.wantOut(r, i, w.out)
		}
	}
}

func (n *Network) wantOut(r *router, i, o int32) {
	out := &r.outputs[o]
	n.wantWide.add(&out.want, out.index, i)
	set(n.wants, int(out.index))
	if len(n.express.trains) > 0 {
		n.express.wanted(n.graph.routers[r.id].out[o])
	}
}

// unwant takes an input off the list of those that ask for an output.
func (n *Network) unwant(out *output, i int32) {
	if n.wantWide.drop(&out.want, out.index, i); out.want == 0 {
		unset(n.wants, int(out.index))
	}
}
