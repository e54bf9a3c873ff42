package noc

import (
	"math/bits"

	"nnsim/unit"
)

// router is an input-queued router with virtual channels.
//
//	link ─▶ buffers of each channel ─▶┐
//	link ─▶ buffers of each channel ─▶│ crossbar ├─▶ link
//	                                  └──────────┘
//
// An input channel is named by i = port·VCs + channel, an output channel by
// k = output·VCs + channel. Sets of input channels are bit masks of `words` words for each output.
type router struct {
	id        int32
	ins, outs int
	words     int
	depth     int32
	buffers   []input
	rings     []flit
	channels  []channel // outputs
	vacant    []uint64  // of each output: channels no packet holds
	want      []uint64  // inputs that ask for a channel of an output
	ready     []uint64  // inputs that could send a flit to an output now
	wants     []uint64  // outputs where an allocation may succeed
	readies   []uint64  // outputs with any ready input
	to        []port    // of each output
	back      []port    // of each input: where its credits go
	grantSW   []int32   // round-robin pointers: of outputs over crossbar inputs,
	acceptSW  []int32   // of crossbar inputs over outputs,
	pickSW    []int32   // of crossbar inputs over their channels
	best      []int32   // scratch: what each input would accept
	touched   []int32
	matched   []match
	more      [][]route // of each input channel: further ways, with adaptive routing
	forks     []*fork   // of each input channel, once there has been one
}

// match is an input channel and an output channel that an allocator brings together.
type match struct{ in, out, vc int32 }

// input is one virtual channel at a router's input.
type input struct {
	mask         uint64 // asking: the channels it may have
	out          int32  // the output it asks for or holds
	accept       int32  // round-robin pointer over output channels
	first, count int16  // of its buffer
	vc           uint8  // active: the output channel it holds
	state        uint8
}

// channel is one virtual channel at a router's output.
type channel struct {
	owner   int32 // input channel that holds it, or -1
	grant   int32 // round-robin pointer over input channels
	credits int16
}

const (
	idle     = iota
	routing  // its route is being worked out
	asking   // for a channel of one output
	choosing // adaptive: of several
	active   // holds a channel
	forking  // multicast
)

func newRouter(g *graph, id int32) router {
	c, p := g.config, g.routers[id]
	v, ins, outs := c.VCs, len(p.in), len(p.out)
	r := router{id: id, ins: ins, outs: outs, words: (ins*v + 63) / 64, depth: int32(c.BufferFlits)}
	r.buffers, r.rings = make([]input, ins*v), make([]flit, ins*v*c.BufferFlits)
	r.channels = make([]channel, outs*v)
	for k := range r.channels {
		r.channels[k] = channel{owner: -1, credits: int16(c.BufferFlits)}
	}
	r.vacant = make([]uint64, outs)
	for o := range r.vacant {
		r.vacant[o] = g.all()
		r.to = append(r.to, g.portOf(p.out[o]))
	}
	for i := range ins {
		r.back = append(r.back, g.backOf(p.in[i]))
	}
	r.want, r.ready = make([]uint64, outs*r.words), make([]uint64, outs*r.words)
	r.wants, r.readies = make([]uint64, (outs+63)/64), make([]uint64, (outs+63)/64)
	r.grantSW, r.acceptSW = make([]int32, outs), make([]int32, ins*c.InputSpeedup)
	r.pickSW = make([]int32, ins*c.InputSpeedup)
	for e := range r.pickSW {
		r.pickSW[e] = int32(e % c.InputSpeedup)
	}
	r.best = blank(max(ins*v, ins*c.InputSpeedup))
	if c.Routing == Adaptive {
		r.more = make([][]route, ins*v)
	}
	return r
}

// front is the flit at the head of an input channel's buffer.
func (r *router) front(i int32) flit { return r.rings[i*r.depth+int32(r.buffers[i].first)] }

// store writes a flit into a buffer.
func (r *router) store(i int32, f flit) *input {
	b := &r.buffers[i]
	at := int32(b.first) + int32(b.count)
	if at >= r.depth {
		at -= r.depth
	}
	r.rings[i*r.depth+at] = f
	b.count++
	return b
}

// arrive takes a flit in, and has the router look at it if it is first in its buffer.
func (n *Network) arrive(r *router, i int32, f flit) {
	b := r.store(i, f)
	n.counts.BufferWrites++
	switch {
	case b.state == forking:
		n.forkReady(r, i)
	case b.count > 1:
	case b.state == idle:
		n.head(r, i, n.now)
	case b.state == active && r.channels[b.out*n.vcs+int32(b.vc)].credits > 0:
		n.setReady(r, i, b.out)
	}
}

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
	r.want[int(o)*r.words+int(i)>>6] |= 1 << (i & 63)
	set(r.wants, int(o))
	set(n.running, int(r.id))
	if len(n.express.trains) > 0 {
		n.express.wanted(n.graph.routers[r.id].out[o])
	}
}

// unwant takes an input off the list of those that ask for an output.
func (r *router) unwant(i, o int32) {
	at := int(o) * r.words
	r.want[at+int(i)>>6] &^= 1 << (i & 63)
	if r.words == 1 && r.want[at] == 0 || r.words > 1 && !any64(r.want[at:at+r.words]) {
		unset(r.wants, int(o))
	}
}

func (n *Network) setReady(r *router, i, o int32) {
	r.ready[int(o)*r.words+int(i)>>6] |= 1 << (i & 63)
	set(r.readies, int(o))
	set(n.running, int(r.id))
}

// unready takes an input off the list of an output.
func (r *router) unready(i, o int32) {
	at := int(o) * r.words
	r.ready[at+int(i)>>6] &^= 1 << (i & 63)
	if r.words == 1 && r.ready[at] == 0 || r.words > 1 && !any64(r.ready[at:at+r.words]) {
		unset(r.readies, int(o))
	}
}

func any64(list []uint64) bool {
	for _, w := range list {
		if w != 0 {
			return true
		}
	}
	return false
}

// credit takes a credit back for an output channel.
func (n *Network) credit(r *router, k int32) {
	c := &r.channels[k]
	c.credits++
	i := c.owner
	if i < 0 {
		if n.config.WaitForTail && int32(c.credits) == r.depth {
			n.vacate(r, k/n.vcs, uint8(k%n.vcs))
		}
		return
	}
	if b := &r.buffers[i]; b.state == forking {
		n.forkReady(r, i)
	} else if b.count > 0 {
		n.setReady(r, i, b.out)
	}
}

// vacate makes an output channel available to the next packet.
func (n *Network) vacate(r *router, o int32, vc uint8) {
	r.vacant[o] |= 1 << vc
	if any64(r.want[int(o)*r.words : (int(o)+1)*r.words]) {
		set(r.wants, int(o))
		set(n.running, int(r.id))
	}
}

// hold gives an output channel to the packet at the head of an input.
func (n *Network) hold(r *router, m match) {
	b, c := &r.buffers[m.in], &r.channels[m.out*n.vcs+m.vc]
	n.counts.Channels++
	r.vacant[m.out] &^= 1 << m.vc
	c.owner = m.in
	r.unwant(m.in, m.out)
	switch b.state {
	case forking:
		n.holdBranch(r, m.in, m.out, m.vc)
		return
	case choosing:
		r.unwant(m.in, b.out)
		for _, w := range r.more[m.in] {
			r.unwant(m.in, w.out)
		}
		n.escape(&n.packets[r.front(m.in).packet()], r.id, int(m.vc))
	}
	b.state, b.out, b.vc = active, m.out, uint8(m.vc)
	if c.credits > 0 {
		n.setReady(r, m.in, m.out)
	}
}

// allocate is one edge of a router: channels for heads, then the switch for flits.
// Both see the state at the start of the edge: a channel got now may be used at
// the next edge, a channel given back now may be given away at the next. It tells
// whether the router has anything to do at the next edge.
func (n *Network) allocate(r *router) bool {
	r.matched = r.matched[:0]
	if any64(r.wants) {
		n.matchChannels(r)
	}
	if any64(r.readies) {
		n.passSwitch(r)
	}
	for _, m := range r.matched {
		n.hold(r, m)
	}
	return any64(r.wants) || any64(r.readies)
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
		n.toSource.put(n.now+back.delay, w)
		return
	}
	n.toOutput.put(n.now+back.delay, w)
}

// onto puts a flit onto an output's link.
func (n *Network) onto(r *router, o int32, f flit, vc int32) {
	to := &r.to[o]
	n.counts.Crossbar++
	w := flitWire{to.to, to.base + vc, f}
	if to.node {
		n.toNodes++
		n.toNode.put(n.now+to.delay, w)
		return
	}
	n.toRouter.put(n.now+to.delay, w)
}

// next64 is the first member of a mask at or after from, going round.
func next64(mask []uint64, from int) int {
	w := from >> 6
	if m := mask[w] >> (from & 63) << (from & 63); m != 0 {
		return w<<6 + bits.TrailingZeros64(m)
	}
	for range mask {
		if w++; w == len(mask) {
			w = 0
		}
		if mask[w] != 0 {
			return w<<6 + bits.TrailingZeros64(mask[w])
		}
	}
	return -1
}
