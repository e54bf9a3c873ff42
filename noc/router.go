package noc

import "math/bits"

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
