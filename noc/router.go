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
	depth     int32
	ins, outs int32
	words     int
	wants     uint64 // outputs where an allocation may succeed, modulo 64
	readies   uint64 // outputs with any ready input, modulo 64
	buffers   []input
	rings     []flit
	channels  []channel
	// sets has for each output the channels that no packet holds, the inputs that
	// ask for one, and the inputs that could send a flit to it now.
	sets    []uint64
	outputs []output
	cross   []crossbarIn
	back    []port    // of each input: where its credits go
	more    [][]route // of each input channel: further ways, with adaptive routing
	forks   []*fork   // of each input channel, once there has been one
}

// output is what a router's output leads to, and its round-robin pointer over crossbar inputs.
type output struct {
	port
	grant int32
}

// crossbarIn has the round-robin pointers of a crossbar input: over outputs, and
// over the channels that share it.
type crossbarIn struct{ accept, pick int32 }

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
	r := router{id: id, ins: int32(ins), outs: int32(outs), words: (ins*v + 63) / 64, depth: int32(c.BufferFlits)}
	r.buffers, r.rings = make([]input, ins*v), make([]flit, ins*v*c.BufferFlits)
	r.channels = make([]channel, outs*v)
	for k := range r.channels {
		r.channels[k] = channel{owner: -1, credits: int16(c.BufferFlits)}
	}
	r.sets = make([]uint64, outs*(1+2*r.words))
	for o := range int32(outs) {
		*r.vacant(o) = g.all()
		r.outputs = append(r.outputs, output{port: g.portOf(p.out[o])})
	}
	for i := range ins {
		r.back = append(r.back, g.backOf(p.in[i]))
	}
	r.cross = make([]crossbarIn, ins*c.InputSpeedup)
	for e := range r.cross {
		r.cross[e].pick = int32(e % c.InputSpeedup)
	}
	if c.Routing == Adaptive {
		r.more = make([][]route, ins*v)
	}
	return r
}

// vacant, want and ready are an output's sets.
func (r *router) vacant(o int32) *uint64 { return &r.sets[int(o)*(1+2*r.words)] }

func (r *router) want(o int32) []uint64 {
	at := int(o)*(1+2*r.words) + 1
	return r.sets[at : at+r.words]
}

func (r *router) ready(o int32) []uint64 {
	at := int(o)*(1+2*r.words) + 1 + r.words
	return r.sets[at : at+r.words]
}

// none tells whether a set is empty.
func none(set []uint64) bool {
	for _, w := range set {
		if w != 0 {
			return false
		}
	}
	return true
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
	r.ready(o)[i>>6] |= 1 << (i & 63)
	r.readies |= 1 << (o & 63)
	set(n.running, int(r.id))
}

// unready takes an input off the list of an output.
func (r *router) unready(i, o int32) {
	list := r.ready(o)
	if list[i>>6] &^= 1 << (i & 63); list[i>>6] != 0 {
		return
	}
	for o &= 63; o < r.outs; o += 64 {
		if !none(r.ready(o)) {
			return
		}
	}
	r.readies &^= 1 << (o & 63)
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
	*r.vacant(o) |= 1 << vc
	if !none(r.want(o)) {
		r.wants |= 1 << (o & 63)
		set(n.running, int(r.id))
	}
}

// hold gives an output channel to the packet at the head of an input.
func (n *Network) hold(r *router, m match) {
	b, c := &r.buffers[m.in], &r.channels[m.out*n.vcs+m.vc]
	n.counts.Channels++
	*r.vacant(m.out) &^= 1 << m.vc
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
