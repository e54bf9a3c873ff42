package noc

import (
	"math"
	"math/bits"
)

// Both allocators are iSLIP [mckeown-1999] with one iteration: every output
// grants the first request at or after its pointer, every input accepts the first
// grant at or after its own, and both pointers move past what was accepted.

// matchChannels brings heads that ask and free output channels together. A head
// asks for every free channel its route allows.
func (n *Network) matchChannels() {
	n.touched = n.touched[:0]
	for w := range n.wants {
		for m := n.wants[w]; m != 0; m &= m - 1 {
			number := w<<6 + bits.TrailingZeros64(m)
			if out := &n.outputs[number]; !n.match(out) && out.freedAt != n.now {
				unset(n.wants, number) // until a channel is given back or another head asks
			}
		}
	}
	for _, t := range n.touched {
		r := &n.routers[t.to]
		k := r.buffers[t.at].accept + n.best[r.in0+t.at]
		if int(k) >= len(r.channels) {
			k -= int32(len(r.channels))
		}
		n.best[r.in0+t.at] = unmet
		n.hold(r, &r.outputs[k/n.vcs], t.at, k%n.vcs)
	}
}

// match brings the free channels of an output and heads together; it tells whether
// any met. Where only one head asks for the output, and for no other, every free
// channel grants it, and it accepts the first after its pointer.
func (n *Network) match(out *output) bool {
	r, i := &n.routers[out.router], int32(bits.TrailingZeros64(out.want))
	if !n.wantWide.lone(out.want) || r.buffers[i].state != asking {
		return n.grantChannels(r, out)
	}
	b := &r.buffers[i]
	free := out.free(n.now) & n.masks[b.may]
	if free == 0 {
		return false
	}
	a := uint32(b.accept - int32(out.number)*n.vcs) // of another output's: beyond any channel of this one
	after := free >> a << a
	if after == 0 {
		after = free
	}
	n.hold(r, out, i, int32(bits.TrailingZeros64(after)))
	return true
}

// matched moves the pointers of both sides past a match.
func (r *router) matched(b *input, c *channel, i, k int32) {
	if c.grant = i + 1; int(c.grant) == len(r.buffers) {
		c.grant = 0
	}
	if b.accept = k + 1; int(b.accept) == len(r.channels) {
		b.accept = 0
	}
}

// grantChannels has every free channel of an output grant one head, and notes for
// each head how far past its pointer the grant lies that it likes best. It tells
// whether there was any.
func (n *Network) grantChannels(r *router, out *output) (any bool) {
	for free := out.free(n.now); free != 0; free &= free - 1 {
		vc := int32(bits.TrailingZeros64(free))
		k := int32(out.number)*n.vcs + vc
		i := n.asker(r, out, k, vc)
		if i < 0 {
			continue
		}
		any = true
		past := k - r.buffers[i].accept
		if past < 0 {
			past += int32(len(r.channels))
		}
		best := &n.best[r.in0+i]
		if *best == unmet {
			n.touched = append(n.touched, notice{r.id, i})
		}
		*best = min(*best, past)
	}
	return any
}

// unmet is what best is for a head without a grant.
const unmet = math.MaxInt32

// asker is the input channel that output channel k grants: the first at or after
// its pointer that asks for output o and may have this channel.
func (n *Network) asker(r *router, out *output, k, vc int32) int32 {
	number := r.out0 + int32(out.number)
	first := n.wantWide.next(out.want, number, r.channels[k].grant)
	for i := first; ; {
		if n.may(r, i, int32(out.number), vc) {
			return i
		}
		if i++; int(i) == len(r.buffers) {
			i = 0
		}
		if i = n.wantWide.next(out.want, number, i); i == first {
			return -1
		}
	}
}

// may tells whether an input that asks for output o may have channel vc of it.
func (n *Network) may(r *router, i, o, vc int32) bool {
	b := &r.buffers[i]
	switch {
	case b.state == forking:
		return r.forks[i].asks(o, vc) != nil
	case b.state == asking || int32(b.out) == o && n.masks[b.may]>>vc&1 == 1:
		return n.masks[b.may]>>vc&1 == 1
	}
	for _, w := range r.more[i] {
		if w.out == o && w.vcs>>vc&1 == 1 {
			return true
		}
	}
	return false
}

// sooner tells whether a comes before b, counting round from a pointer.
func sooner(a, b, pointer int32) bool {
	if (a >= pointer) != (b >= pointer) {
		return a >= pointer
	}
	return a < b
}

// seat is an input channel's place in the order in which a router's switch sees
// them: by the crossbar input that they share with others of their port, then by
// number. So what shares one stands together, and sets of seats are searched like
// all others.
type seat struct {
	in    int32 // input channel
	vc    int32 // of its port
	port  int32
	cross int32 // crossbar input,
	from  int32 // that one's first seat
	end   int32 // and past its last
	after int32 // where its pointer goes after serving this seat
}

// newSeats seats the channels of so many ports, v each, of which every s-th shares
// a crossbar input. It also tells the seat of each channel and the first of each crossbar input.
func newSeats(ports, v, s int) (seats []seat, of, first []int32) {
	of = make([]int32, ports*v)
	for e := range ports * s {
		from, share := len(seats), (v-e%s+s-1)/s
		first = append(first, int32(from))
		for j := range share {
			vc := e%s + j*s
			then := ((vc+s)%v - e%s + s - 1) / s % share // the first sharer from channel vc+s on
			of[e/s*v+vc] = int32(len(seats))
			seats = append(seats, seat{int32(e/s*v + vc), int32(vc), int32(e / s), int32(e), int32(from), int32(from + share), int32(from + then)})
		}
	}
	return seats, of, first
}

// bid is a crossbar input and the output that grants it, among all of the network,
// and the seat served if there is only one for that output, else -1.
type bid struct{ cross, out, seat int32 }

// passSwitches brings flits that could go and outputs together, and sends them. The
// channels of an input share its crossbar inputs; each crossbar input and each
// output passes one flit an edge.
func (n *Network) passSwitches() {
	bids := n.bids[:0]
	for w, m := range n.readies {
		for ; m != 0; m &= m - 1 {
			number := int32(w<<6 + bits.TrailingZeros64(m))
			out := &n.outputs[number]
			lone, q := int32(-1), int32(bits.TrailingZeros64(out.ready))
			if n.readyWide.lone(out.ready) {
				lone = q
			} else {
				q = n.readyWide.next(out.ready, number, n.first[out.grant])
			}
			e := out.cross0 + n.seats[q].cross
			x := &n.cross[e]
			if x.bid < 0 {
				x.bid = int32(len(bids))
				bids = append(bids, bid{e, number, lone})
			} else if b := &bids[x.bid]; sooner(int32(out.number), int32(n.outputs[b.out].number), x.accept) {
				b.out, b.seat = number, lone // several outputs grant it
			}
		}
	}
	n.counts.Crossbar += int64(len(bids))
	n.counts.BufferReads += int64(len(bids))
	n.work += int64(len(bids))
	for _, b := range bids {
		n.pass(b)
	}
	n.bids = bids
}

// pass has a crossbar input, which has accepted an output, serve the first of its
// channels at or after its pointer that has a flit for it.
func (n *Network) pass(b bid) {
	x, out, q := &n.cross[b.cross], &n.outputs[b.out], b.seat
	if q < 0 {
		e := b.cross - out.cross0
		if q = n.readyWide.next(out.ready, b.out, x.pick); n.seats[q].cross != e {
			q = n.readyWide.next(out.ready, b.out, n.first[e])
		}
	}
	r, s := &n.routers[out.router], &n.seats[q]
	x.bid = -1
	x.passed(r, out, s)
	n.forward(r, out, s, q)
}

// passed moves the pointers past a flit from a seat to an output.
func (x *crossbarIn) passed(r *router, out *output, s *seat) {
	x.pick = s.after
	if x.accept = int32(out.number) + 1; int(x.accept) == len(r.outputs) {
		x.accept = 0
	}
	if out.grant = uint16(s.cross + 1); out.grant == out.crosses {
		out.grant = 0
	}
}
