package noc

import "math/bits"

// router is an input-queued router with virtual channels.
//
//	link ─▶ buffers of each channel ─▶┐
//	link ─▶ buffers of each channel ─▶│ crossbar ├─▶ link
//	                                  └──────────┘
//
// An input channel is named by i = port·VCs + channel, an output channel by
// o·VCs + channel. Sets of input channels are bit masks of `words` words for each output.
type router struct {
	id         int32
	ins, outs  int
	words      int
	buffers    []input
	credits    []int16  // of each output channel
	vacant     []uint64 // of each output: channels no packet holds
	owner      []int32  // input channel that holds each output channel, or -1
	want       []uint64 // inputs that ask for a channel of an output
	ready      []uint64 // inputs that could send a flit to an output now
	wants      []uint64 // outputs where an allocation may succeed
	readies    []uint64 // outputs with any ready input
	grantVC    []int32  // round-robin pointers: of output channels over input channels,
	acceptVC   []int32  // of input channels over output channels,
	grantSW    []int32  // of outputs over crossbar inputs,
	acceptSW   []int32  // of crossbar inputs over outputs,
	pickSW     []int32  // of crossbar inputs over their channels
	best       []int32  // scratch: what each input channel would accept
	matched    []match
	granted    []match
	crossbarIn []int32 // crossbar input of each input channel
}

// match is an input and an output that an allocator brings together.
type match struct{ in, out int32 }

// input is one virtual channel at a router's input.
type input struct {
	ring  []flit
	first int32
	count int32
	state int8
	vc    int16   // active: the output channel it holds
	out   int32   // the output it asks for or holds
	mask  uint64  // asking: the channels it may have
	more  []route // asking: further ways, with adaptive routing
	fork  *fork
}

const (
	idle = iota
	routing
	asking
	active
)

func newRouter(g *graph, id int32) router {
	c, p := g.config, g.routers[id]
	v, ins, outs := c.VCs, len(p.in), len(p.out)
	r := router{id: id, ins: ins, outs: outs, words: (ins*v + 63) / 64}
	r.buffers = make([]input, ins*v)
	r.crossbarIn = make([]int32, ins*v)
	for i := range r.buffers {
		r.buffers[i].ring = make([]flit, c.BufferFlits)
		r.crossbarIn[i] = int32(i/v*c.InputSpeedup + i%v%c.InputSpeedup)
	}
	r.credits, r.owner = make([]int16, outs*v), blank(outs*v)
	for o := range r.credits {
		r.credits[o] = int16(c.BufferFlits)
	}
	r.vacant = make([]uint64, outs)
	for o := range r.vacant {
		r.vacant[o] = g.all()
	}
	r.want, r.ready = make([]uint64, outs*r.words), make([]uint64, outs*r.words)
	r.wants, r.readies = make([]uint64, (outs+63)/64), make([]uint64, (outs+63)/64)
	r.grantVC, r.acceptVC = make([]int32, outs*v), make([]int32, ins*v)
	r.grantSW, r.acceptSW = make([]int32, outs), make([]int32, ins*c.InputSpeedup)
	r.pickSW = make([]int32, ins*c.InputSpeedup)
	for e := range r.pickSW {
		r.pickSW[e] = int32(e % c.InputSpeedup)
	}
	r.best = blank(max(ins*v, ins*c.InputSpeedup))
	return r
}

// arrive puts a flit into a buffer.
func (n *Network) arrive(r *router, i int32, f flit) {
	b := &r.buffers[i]
	at := b.first + b.count
	if at >= int32(len(b.ring)) {
		at -= int32(len(b.ring))
	}
	b.ring[at] = f
	b.count++
	n.counts.BufferWrites++
	switch {
	case b.count == 1 && b.state == idle:
		n.head(r, i)
	case b.fork != nil:
		n.forkReady(r, i)
	case b.count == 1 && b.state == active && r.credits[b.out*int32(n.config.VCs)+int32(b.vc)] > 0:
		n.setReady(r, i, b.out)
	}
}

// head starts on the packet whose head is first in a buffer.
func (n *Network) head(r *router, i int32) {
	b := &r.buffers[i]
	n.packets[b.ring[b.first].packet()].routers++
	if d := int64(n.config.RoutingDelay); d > 0 {
		b.state = routing
		v := int32(n.config.VCs)
		n.later(d, wire{link: n.graph.routers[r.id].in[i/v], vc: int16(i % v), kind: routedWire})
		return
	}
	n.ask(r, i)
}

// ask makes a routed head ask for an output channel.
func (n *Network) ask(r *router, i int32) {
	b := &r.buffers[i]
	p := &n.packets[b.ring[b.first].packet()]
	b.state = asking
	if p.dsts != nil {
		n.split(r, i, p)
		return
	}
	n.ways = n.routes(n.ways[:0], r.id, p)
	b.out, b.mask, b.more = n.ways[0].out, n.ways[0].vcs, append(b.more[:0], n.ways[1:]...)
	n.wantOut(r, i, b.out)
	for _, w := range b.more {
		n.wantOut(r, i, w.out)
	}
}

func (n *Network) wantOut(r *router, i, o int32) {
	set(r.want[int(o)*r.words:], int(i))
	set(r.wants, int(o))
	set(n.running, int(r.id))
	if t := n.express.of[n.graph.routers[r.id].out[o]]; t != nil {
		n.express.doom(t)
	}
}

func (n *Network) setReady(r *router, i, o int32) {
	set(r.ready[int(o)*r.words:], int(i))
	set(r.readies, int(o))
	set(n.running, int(r.id))
}

// unready takes an input off the list of an output.
func (r *router) unready(i, o int32) {
	list := r.ready[int(o)*r.words : (int(o)+1)*r.words]
	unset(list, int(i))
	if !any64(list) {
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

// credit takes a credit back for a channel of an output.
func (n *Network) credit(r *router, o int32, vc int16) {
	k := o*int32(n.config.VCs) + int32(vc)
	r.credits[k]++
	i := r.owner[k]
	if i < 0 {
		if n.config.WaitForTail && r.credits[k] == int16(n.config.BufferFlits) {
			n.vacate(r, o, vc)
		}
		return
	}
	if b := &r.buffers[i]; b.fork != nil {
		n.forkReady(r, i)
	} else if b.count > 0 {
		n.setReady(r, i, o)
	}
}

// vacate makes an output channel available to the next packet.
func (n *Network) vacate(r *router, o int32, vc int16) {
	r.vacant[o] |= 1 << vc
	if any64(r.want[int(o)*r.words : (int(o)+1)*r.words]) {
		set(r.wants, int(o))
		set(n.running, int(r.id))
	}
}

// hold gives an output channel to the packet at the head of an input.
func (n *Network) hold(r *router, m match) {
	v := int32(n.config.VCs)
	o, vc := m.out/v, m.out%v
	b := &r.buffers[m.in]
	n.counts.Channels++
	r.vacant[o] &^= 1 << vc
	r.owner[m.out] = m.in
	unset(r.want[int(o)*r.words:], int(m.in))
	if b.fork != nil {
		n.holdBranch(r, m.in, o, int16(vc))
		return
	}
	for _, w := range b.more {
		unset(r.want[int(w.out)*r.words:], int(m.in))
	}
	if len(b.more) > 0 {
		unset(r.want[int(b.out)*r.words:], int(m.in))
		n.escape(&n.packets[b.ring[b.first].packet()], r.id, int(vc))
	}
	b.state, b.out, b.vc = active, o, int16(vc)
	if r.credits[m.out] > 0 {
		n.setReady(r, m.in, o)
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
		n.matchSwitch(r)
		for _, m := range r.granted {
			n.forward(r, m.in, m.out)
		}
	}
	for _, m := range r.matched {
		n.hold(r, m)
	}
	return any64(r.wants) || any64(r.readies)
}

// forward sends the first flit of an input through the crossbar to an output.
func (n *Network) forward(r *router, i, o int32) {
	b, v := &r.buffers[i], int32(n.config.VCs)
	if b.fork != nil {
		n.forwardBranch(r, i, o)
		return
	}
	f := b.ring[b.first]
	n.pop(r, i)
	k := o*v + int32(b.vc)
	r.credits[k]--
	n.onto(r, o, f, b.vc)
	switch {
	case f.tail():
		r.unready(i, o)
		r.owner[k] = -1
		b.state = idle
		if !n.config.WaitForTail {
			n.vacate(r, o, b.vc)
		}
		if b.count > 0 {
			n.head(r, i)
		}
	case b.count == 0 || r.credits[k] == 0:
		r.unready(i, o)
	}
}

// pop takes the first flit out of a buffer and sends its credit back.
func (n *Network) pop(r *router, i int32) {
	b, v := &r.buffers[i], int32(n.config.VCs)
	if b.first++; b.first == int32(len(b.ring)) {
		b.first = 0
	}
	b.count--
	n.counts.BufferReads++
	id := n.graph.routers[r.id].in[i/v]
	n.later(n.creditDelay(&n.links[id]), wire{link: id, vc: int16(i % v), kind: creditWire})
}

// onto puts a flit onto an output's link.
func (n *Network) onto(r *router, o int32, f flit, vc int16) {
	id := n.graph.routers[r.id].out[o]
	l := &n.links[id]
	n.counts.Crossbar++
	if l.to >= 0 {
		n.counts.LinkFlits++
		n.counts.LinkMM += l.length
	}
	n.later(n.flitDelay(l), wire{link: id, flit: f, vc: vc})
}

// next64 is the first member of a mask at or after from, going round.
func next64(mask []uint64, from int) int {
	w := from >> 6
	if m := mask[w] >> (from & 63) << (from & 63); m != 0 {
		return w<<6 + bits.TrailingZeros64(m)
	}
	for k := 1; k <= len(mask); k++ {
		if w++; w == len(mask) {
			w = 0
		}
		if mask[w] != 0 {
			return w<<6 + bits.TrailingZeros64(mask[w])
		}
	}
	return -1
}
