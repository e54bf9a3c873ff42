package noc

import "nnsim/unit"

// router is an input-queued router with virtual channels.
//
//	link ─▶ buffers of each lane ─▶┐
//	link ─▶ buffers of each lane ─▶│ crossbar ├─▶ link
//	                               └──────────┘
//
// Its input channels are its lanes from in0 on, in order of port; those of an
// output are the lanes from the output's lane0 on. Pointers and sets count input
// channels from in0, and output channels k = output·VCs + channel.
type router struct {
	id        int32
	in0, out0 int32
	channels  int32 // at its outputs
	inputs    []lane
	outputs   []output
	more      [][]route // of each input channel: further ways, with adaptive routing
	forks     []*fork   // of each input channel, once there has been one
}

// output is a router's output: sets (sets.go) of the input channels that ask for a
// channel of it, of the seats of those that could send a flit now, of the channels
// that no packet holds, and when one of these was given back last; and where it
// leads. It fills a cache line.
type output struct {
	want, ready uint64
	vacant      uint64
	freed       uint64
	freedAt     unit.Edge
	lane0       int32 // first lane of its link
	in0         int32 // of its router
	cross0      int32 // among all crossbar inputs, the first of its router
	k0          int32 // its first channel among the router's
	router      uint16
	number      uint16
	grant       int32 // round-robin pointer over crossbar inputs: the first seat of the next
}

// free are the channels that may be given away: not yet what is given back at this edge.
func (out *output) free(now unit.Edge) uint64 {
	return out.vacant &^ when(out.freedAt == now, out.freed)
}

// crossbarIn has the round-robin pointers of a crossbar input, over outputs and
// over the seats that share it, and the bid for it at the present edge, or -1.
type crossbarIn struct{ accept, pick, bid int32 }

// layRouters makes the routers. What is walked at every edge lies side by side for
// all of them.
func (n *Network) layRouters() {
	g, v := n.graph, n.config.VCs
	var outs, crosses int
	for _, p := range g.routers {
		outs, crosses = outs+len(p.out), crosses+len(p.in)*n.config.InputSpeedup
	}
	n.outputs, n.cross = make([]output, 0, outs), make([]crossbarIn, 0, crosses)
	in0 := 0
	for id, p := range g.routers {
		r := router{id: int32(id), in0: int32(in0), out0: int32(len(n.outputs)), inputs: n.lanes[in0 : in0+len(p.in)*v], channels: int32(len(p.out) * v)}
		in0 += len(r.inputs)
		n.layOutputs(&r)
		if n.config.Routing == Adaptive {
			r.more = make([][]route, len(r.inputs))
		}
		n.routers = append(n.routers, r)
	}
}

// layOutputs makes a router's outputs and crossbar inputs.
func (n *Network) layOutputs(r *router) {
	p := n.graph.routers[r.id]
	crosses, cross0 := len(p.in)*n.config.InputSpeedup, int32(len(n.cross))
	for o, id := range p.out {
		n.outputs = append(n.outputs, output{lane0: n.lane0[max(id, 0)], in0: r.in0, cross0: cross0, router: uint16(r.id), number: uint16(o), k0: int32(o * n.config.VCs), vacant: n.every, freedAt: -1})
	}
	for e := range crosses {
		n.cross = append(n.cross, crossbarIn{pick: n.first[e], bid: -1})
	}
	r.outputs = n.outputs[r.out0:len(n.outputs)]
}

// maskOf is a set of channels by number: there are only a few, for datelines and
// escapes, and number 0 is all of them.
func (n *Network) maskOf(set uint64) uint8 {
	for i, m := range n.masks {
		if m == set {
			return uint8(i)
		}
	}
	n.masks = append(n.masks, set)
	return uint8(len(n.masks) - 1)
}

// route has the routes of packets worked out whose heads are in front on their
// lanes from an edge on.
func (n *Network) route(heads []int32, from unit.Edge) {
	d := n.config.RoutingDelay
	if d == 0 {
		n.ask(heads)
		return
	}
	for _, c := range heads {
		n.lanes[c].state = routing
		n.routed.put(from+unit.Edge(d), c)
	}
}

// ask makes routed heads ask for an output channel.
func (n *Network) ask(heads []int32) {
	lanes, places, outputs, table, odd := n.lanes, n.places, n.outputs, n.table, n.odd[:0]
	plain := n.wantWide == nil && len(n.express.trains) == 0
	for _, c := range heads {
		l := &lanes[c]
		f := places[l.first]
		way := int(l.to)*n.nodes + int(f.dst())
		if !plain || f.dst() == many || way >= len(table) || table[way] < 0 {
			odd = append(odd, c)
			continue
		}
		number := table[way]
		out := &outputs[number]
		l.state, l.may = asking, 0
		if d := out.number >> 1; n.wrap && int(d) < len(n.grid.size) {
			p := &n.packets[f.packet()]
			number += int32(p.dirs >> d & 1)
			out = &outputs[number]
			l.may = n.ofRing[p.cross>>d&1]
		}
		l.out = out.number
		out.want |= 1 << ((c - out.in0) & 63)
		set(n.wants, int(number))
	}
	for _, c := range odd {
		n.askWays(c, &n.packets[places[n.lanes[c].first].packet()])
	}
	n.odd = odd
}

// askWays is ask where a packet has choices, or more than one receiver.
func (n *Network) askWays(c int32, p *packet) {
	l := &n.lanes[c]
	r := &n.routers[l.to]
	if p.dsts != nil {
		n.split(r, c, p)
		return
	}
	if n.plain { // and so not prepared
		p.dirs, p.cross = n.grid.turn(p.src, p.dst, p.coin)
	}
	n.ways = n.routes(n.ways[:0], r.id, p)
	l.state, l.out, l.may = asking, uint16(n.ways[0].out), n.maskOf(n.ways[0].vcs)
	if len(n.ways) > 1 {
		more := &r.more[c-r.in0]
		l.state, *more = choosing, append((*more)[:0], n.ways[1:]...)
	}
	for _, w := range n.ways {
		n.wantOut(&r.outputs[w.out], r.out0+w.out, c)
	}
}

// wantOut puts a lane onto the list of those that ask for an output.
func (n *Network) wantOut(out *output, number, c int32) {
	n.wantWide.add(&out.want, number, c-out.in0)
	set(n.wants, int(number))
	if len(n.express.trains) > 0 {
		n.express.wanted(n.linkOf[out.lane0/n.vcs])
	}
}

// unwant takes input channel i off.
func (n *Network) unwant(out *output, number, i int32) {
	n.wantWide.drop(&out.want, number, i)
	unsetIf(n.wants, number, out.want == 0)
}
