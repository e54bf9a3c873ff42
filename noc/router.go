package noc

import "nnsim/unit"

// router is an input-queued router with virtual channels.
//
//	link ─▶ buffers of each channel ─▶┐
//	link ─▶ buffers of each channel ─▶│ crossbar ├─▶ link
//	                                  └──────────┘
//
// An input channel is named by i = port·VCs + channel, an output channel by
// k = output·VCs + channel. Sets of input channels are bit masks of one word or more.
type router struct {
	id       int32
	in0      int32 // among all input channels of the network, its first,
	out0     int32 // and among all outputs
	buffers  []input
	channels []channel
	outputs  []output
	cross    []crossbarIn
	table    []int16   // of the network's: towards each node
	back     []port    // of each input: where its credits go
	more     [][]route // of each input channel: further ways, with adaptive routing
	forks    []*fork   // of each input channel, once there has been one
}

// output is what a router's output leads to, its round-robin pointer over crossbar
// inputs, and sets (sets.go): the inputs that ask for a channel of it, the seats of
// those that could send a flit now, the channels that no packet holds, and when
// one of them was given back last. What is walked at every edge is kept small.
type output struct {
	want, ready uint64
	vacant      uint64
	freed       uint64
	freedAt     unit.Edge
	port
	index   int32 // of it among all outputs of the network
	router  int32
	cross0  int32 // among all crossbar inputs, the first of its router
	number  uint16
	crosses uint16 // of the router
	grant   uint16
}

// free are the channels that may be given away: not yet what is given back at this edge.
func (out *output) free(now unit.Edge) uint64 {
	late := uint64(0)
	if out.freedAt == now {
		late = out.freed
	}
	return out.vacant &^ late
}

// crossbarIn has the round-robin pointers of a crossbar input, over outputs and
// over the seats that share it, and the bid for it at the present edge, or -1.
type crossbarIn struct{ accept, pick, bid int32 }

// input is one virtual channel at a router's input.
type input struct {
	accept int32  // round-robin pointer over output channels
	first  int32  // place of the flit at the head of its buffer
	count  uint16 // of flits there
	out    uint16 // the output it asks for or holds
	vc     uint8  // active: the output channel it holds
	state  uint8
	may    uint8 // asking: the channels it may have, see masks
}

// channel is one virtual channel at a router's output.
type channel struct {
	owner int32 // input channel that holds it, or -1
	grant int32 // round-robin pointer over input channels
	next  int32 // the place in the buffer at the far end that its next flit goes to
}

const (
	idle     = iota
	routing  // its route is being worked out
	asking   // for a channel of one output
	choosing // adaptive: of several
	active   // holds a channel
	forking  // multicast
)

// layRouters makes the routers. What is walked at every edge lies side by side for
// all of them.
func (n *Network) layRouters() {
	g, v := n.graph, n.config.VCs
	var ins, outs int
	for _, p := range g.routers {
		ins, outs = ins+len(p.in), outs+len(p.out)
	}
	n.inputs, n.outputs = make([]input, ins*v), make([]output, outs)
	n.cross = make([]crossbarIn, ins*n.config.InputSpeedup)
	channels := make([]channel, outs*v)
	ins, outs = 0, 0
	for id, p := range g.routers {
		in, out, x := ins+len(p.in), outs+len(p.out), ins*n.config.InputSpeedup
		r := router{id: int32(id), in0: int32(ins * v), out0: int32(outs), buffers: n.inputs[ins*v : in*v],
			channels: channels[outs*v : out*v], outputs: n.outputs[outs:out], cross: n.cross[x : in*n.config.InputSpeedup]}
		n.layRouter(&r, int32(x))
		n.routers = append(n.routers, r)
		ins, outs = in, out
	}
}

// layRouter puts a router's parts into their first state.
func (n *Network) layRouter(r *router, cross0 int32) {
	p, v := n.graph.routers[r.id], n.config.VCs
	for i := range r.buffers {
		r.buffers[i].first = n.buffer(p.in[i/v], n.vcs, int32(i%v))
	}
	for k := range r.channels {
		r.channels[k] = channel{owner: -1, next: n.buffer(p.out[k/v], n.vcs, int32(k%v))}
	}
	for o := range r.outputs {
		r.outputs[o] = output{port: n.portOf(p.out[o]), router: r.id, index: r.out0 + int32(o), number: uint16(o), cross0: cross0,
			crosses: uint16(len(r.cross)), vacant: n.every, freedAt: -1}
	}
	for i := range p.in {
		r.back = append(r.back, n.backOf(p.in[i]))
	}
	for e := range r.cross {
		r.cross[e].pick, r.cross[e].bid = n.first[e], -1
	}
	if n.table != nil {
		r.table = n.table[int(r.id)*n.nodes : int(r.id+1)*n.nodes]
	}
	if n.config.Routing == Adaptive {
		r.more = make([][]route, len(r.buffers))
	}
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

// front is the flit at the head of an input channel's buffer.
func (n *Network) front(r *router, i int32) flit { return n.places[r.buffers[i].first] }

// arrive notes that a flit has come in, and has the router look at it if it is
// first in its buffer.
func (n *Network) arrive(r *router, i int32) {
	b := &r.buffers[i]
	b.count++
	switch {
	case b.state == forking:
		n.forkReady(r, i)
	case b.count > 1:
	case b.state == idle && n.config.RoutingDelay == 0:
		n.ask(r, i)
	case b.state == idle:
		n.head(r, i, n.now)
	case b.state == active:
		n.readyIf(r, &r.outputs[b.out], i, &r.channels[int32(b.out)*n.vcs+int32(b.vc)], n.now)
	}
}

// readyIf has the first flit of an input compete for the switch if there is a
// credit for it by an edge; else the credit is waited for.
func (n *Network) readyIf(r *router, out *output, i int32, c *channel, edge unit.Edge) {
	if !n.places[c.next].homeBy(edge) {
		n.waitCredit(r, int32(out.number), int32(r.buffers[i].vc))
		return
	}
	n.setReady(out, n.seatOf[i])
}

func (n *Network) setReady(out *output, q int32) {
	n.readyWide.add(&out.ready, out.index, q)
	set(n.readies, int(out.index))
}

// unready takes a seat off the list of an output.
func (n *Network) unready(out *output, q int32) {
	if n.readyWide.drop(&out.ready, out.index, q); out.ready == 0 {
		unset(n.readies, int(out.index))
	}
}

// waitCredit has the router told when the next credit for an output channel is home.
func (n *Network) waitCredit(r *router, o, vc int32) {
	at := &n.places[r.channels[o*n.vcs+vc].next]
	if *at&fullBit != 0 {
		*at |= wantedBit
		return
	}
	n.toOutput.put(edgeOf(*at), notice{r.id, o*n.vcs + vc})
}

// credit is told that a credit for an output channel is home.
func (n *Network) credit(r *router, k int32) {
	c := &r.channels[k]
	i := c.owner
	if i < 0 {
		if n.config.WaitForTail && n.allHome(c.next) {
			n.vacate(r, k/n.vcs, 1<<(k%n.vcs))
		}
		return
	}
	if b := &r.buffers[i]; b.state == forking {
		n.forkReady(r, i)
	} else if b.count > 0 {
		n.readyIf(r, &r.outputs[b.out], i, c, n.now)
	}
}

// allHome tells whether all credits for the buffer with a place that is next to be
// written are home: they come home in order.
func (n *Network) allHome(next int32) bool {
	return n.places[n.around(next, int64(n.depth)-1)].homeBy(n.now)
}

// vacate makes output channels available to the next packets.
func (n *Network) vacate(r *router, o int32, vcs uint64) {
	out := &r.outputs[o]
	out.vacant |= vcs
	if out.want != 0 {
		set(n.wants, int(r.out0+o))
	}
}

// hold gives an output channel to the packet at the head of an input, for flits
// to go from the next edge on.
func (n *Network) hold(r *router, out *output, i, vc int32) {
	k := int32(out.number)*n.vcs + vc
	b, c := &r.buffers[i], &r.channels[k]
	n.counts.Channels++
	r.matched(b, c, i, k)
	out.vacant &^= 1 << vc
	c.owner = i
	n.unwant(out, i)
	if b.state != asking {
		if b.state == forking {
			n.holdBranch(r, i, int32(out.number), vc)
			return
		}
		n.unwant(&r.outputs[b.out], i)
		for _, w := range r.more[i] {
			n.unwant(&r.outputs[w.out], i)
		}
		n.escape(&n.packets[n.front(r, i).packet()], r.id, int(vc))
	}
	b.state, b.out, b.vc = active, out.number, uint8(vc)
	if n.places[c.next].homeBy(n.now + 1) {
		n.setReady(out, n.seatOf[i])
		return
	}
	n.waitCredit(r, int32(out.number), vc)
}
