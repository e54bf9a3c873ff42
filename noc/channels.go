package noc

import (
	"math"
	"math/bits"
)

// The allocator of channels and that of the switch (switch.go) are iSLIP
// [mckeown-1999] with one iteration: every output grants the first request at or
// after its pointer, every input accepts the first grant at or after its own, and
// both pointers move past what was accepted.

// gain is a lane whose packet has got a channel of an output, the lane onwards.
type gain struct{ lane, out, far int32 }

// matchChannels brings heads that ask and free output channels together. A head
// asks for every free channel its route allows. Outputs for which only one head asks
// come first.
func (n *Network) matchChannels() {
	n.touched = n.touched[:0]
	lone, rivals := n.lone[:len(n.outputs)+1], n.rivals[:len(n.outputs)+1]
	a, b := 0, 0
	for w, m := range n.wants {
		for ; m != 0; m &= m - 1 {
			number := int32(w<<6 + bits.TrailingZeros64(m))
			want := n.outputs[number].want
			is := want&(want-1) == 0 && n.wantWide == nil
			lone[a], rivals[b] = number, number
			a, b = a+one(is), b+one(!is)
		}
	}
	n.gains = n.matchLone(lone[:a], n.gains[:0])
	n.gains = n.matchRivals(rivals[:b], n.gains)
	for _, c := range n.touched {
		n.acceptBest(c)
	}
	n.hold(n.gains)
}

// settle has an output looked at no more, if nobody met there, until a channel of
// it is given back or another head asks.
func (n *Network) settle(number int32, met bool) {
	if !met && n.outputs[number].freedAt != n.now {
		unset(n.wants, int(number))
	}
}

// matchLone matches where only one head asks for an output: every free channel
// grants it, and if it asks for no other, it accepts the first after its pointer.
func (n *Network) matchLone(list []int32, gains []gain) []gain {
	outputs, lanes, masks, odd := n.outputs, n.lanes, n.masks, n.odd[:0]
	for _, number := range list {
		out := &outputs[number]
		c := out.in0 + int32(bits.TrailingZeros64(out.want))
		l := &lanes[c]
		free := out.free(n.now) & masks[l.may]
		if l.state != asking || free == 0 {
			odd = append(odd, number)
			continue
		}
		k := len(gains)
		gains = gains[:k+1]
		g := &gains[k]
		g.lane, g.out, g.far = c, number, out.lane0+accepts(l, out, free)
	}
	for _, number := range odd {
		n.settle(number, n.matchAny(&n.outputs[number], number))
	}
	n.odd = odd
	return gains
}

// accepts is the channel of an output that a head accepts out of those that grant
// it: the first at or after its pointer.
func accepts(l *lane, out *output, granted uint64) int32 {
	a := uint32(l.accept - out.k0) // of another output's: beyond any channel of this one
	after := granted >> a << a
	return int32(bits.TrailingZeros64(after | when(after == 0, granted)))
}

// hold gives output channels to packets, for flits to go from the next edge on.
func (n *Network) hold(gains []gain) {
	lanes, outputs, places, odd := n.lanes, n.outputs, n.places, n.odd[:0]
	for at := range gains {
		g := &gains[at]
		out, l, far := &outputs[g.out], &lanes[g.lane], &lanes[g.far]
		i, vc := g.lane-out.in0, g.far-out.lane0
		far.grant, l.accept = i+1, out.k0+vc+1
		out.vacant &^= 1 << (vc & 63)
		far.owner = g.lane
		if l.state != asking || n.wantWide != nil || !places[far.next].homeBy(n.now+1) {
			odd = append(odd, int32(at))
			continue
		}
		out.want &^= 1 << (i & 63)
		unsetIf(n.wants, g.out, out.want == 0)
		l.state, l.vc = active, uint8(vc)
		out.ready |= 1 << (n.seatOf[i] & 63)
		set(n.readies, int(g.out))
	}
	for _, at := range odd {
		n.holdOdd(&gains[at])
	}
	n.odd = odd
	n.counts.Channels += int64(len(gains))
}

// holdOdd does the rest for a packet that asks elsewhere too, or has to wait for a credit.
func (n *Network) holdOdd(g *gain) {
	out, l := &n.outputs[g.out], &n.lanes[g.lane]
	i, vc := g.lane-out.in0, g.far-out.lane0
	n.unwant(out, g.out, i)
	if l.state == forking {
		n.holdBranch(g.lane, int32(out.number), vc)
		return
	}
	if l.state == choosing {
		n.unwantAll(g.lane, vc)
	}
	l.state, l.out, l.vc = active, out.number, uint8(vc)
	if n.places[n.lanes[g.far].next].homeBy(n.now + 1) {
		n.setReady(out, g.out, n.seatOf[i])
		return
	}
	n.waitCredit(g.far)
}

// matched moves the pointers of both sides past a match of input channel i. A
// pointer may stand past the last, which is as good as at the first.
func matched(l, far *lane, i int32, out *output, vc int32) {
	far.grant, l.accept = i+1, out.k0+vc+1
}

// unwantAll has a head with choices, which has met, ask for nothing more.
func (n *Network) unwantAll(c, vc int32) {
	l := &n.lanes[c]
	r := &n.routers[l.to]
	n.unwant(&r.outputs[l.out], r.out0+int32(l.out), c-r.in0)
	for _, w := range r.more[c-r.in0] {
		n.unwant(&r.outputs[w.out], r.out0+w.out, c-r.in0)
	}
	n.escape(&n.packets[n.places[l.first].packet()], r.id, int(vc))
}

// matchRivals matches where several heads ask for an output: each that asks for no
// other accepts the first channel after its pointer of those that grant it.
func (n *Network) matchRivals(list []int32, gains []gain) []gain {
	if n.mixed || n.wantWide != nil {
		for _, number := range list {
			n.settle(number, n.matchAny(&n.outputs[number], number))
		}
		return gains
	}
	lanes, granted := n.lanes, &n.granted
	for _, number := range list {
		out, met := &n.outputs[number], uint64(0)
		for m := out.free(n.now); m != 0; m &= m - 1 {
			vc := int32(bits.TrailingZeros64(m))
			i := nextOf1(out.want, lanes[out.lane0+vc].grant)
			if n.wrap && n.masks[lanes[out.in0+i].may]>>vc&1 == 0 { // a dateline's channels
				if i = n.asker(out, number, vc) - out.in0; i < 0 {
					continue
				}
			}
			granted[i&63] |= 1 << vc
			met |= 1 << (i & 63)
		}
		n.settle(number, met != 0)
		for ; met != 0; met &= met - 1 {
			i := int32(bits.TrailingZeros64(met))
			l, k := &lanes[out.in0+i], len(gains)
			gains = gains[:k+1]
			g := &gains[k]
			g.lane, g.out, g.far = out.in0+i, number, out.lane0+accepts(l, out, granted[i&63])
			granted[i&63] = 0
		}
	}
	return gains
}

// matchAny is the same for heads that may ask for several outputs: what grants them
// is told by acceptBest when all outputs have been looked at. It tells whether any
// channel was granted.
func (n *Network) matchAny(out *output, number int32) (any bool) {
	for free := out.free(n.now); free != 0; free &= free - 1 {
		vc := int32(bits.TrailingZeros64(free))
		c := n.asker(out, number, vc)
		if c < 0 {
			continue
		}
		any = true
		past := out.k0 + vc - n.lanes[c].accept
		if past < 0 {
			past += n.routers[out.router].channels
		}
		best := &n.best[c]
		if *best == unmet {
			n.touched = append(n.touched, c)
		}
		*best = min(*best, past)
	}
	return any
}

// unmet is what best is for a head without a grant.
const unmet = math.MaxInt32

// acceptBest has a head accept the grant that lies least past its pointer.
func (n *Network) acceptBest(c int32) {
	l := &n.lanes[c]
	r := &n.routers[l.to]
	k := l.accept + n.best[c]
	if k >= r.channels {
		k -= r.channels
	}
	n.best[c] = unmet
	number := r.out0 + k/n.vcs
	n.gains = append(n.gains, gain{c, number, n.outputs[number].lane0 + k%n.vcs})
}

// asker is the lane that a channel of an output grants: the first at or after its
// pointer that asks for the output and may have this channel; -1 if there is none.
func (n *Network) asker(out *output, number, vc int32) int32 {
	first := n.wantWide.next(out.want, number, n.lanes[out.lane0+vc].grant)
	for i := first; ; {
		if n.may(out.in0+i, int32(out.number), vc) {
			return out.in0 + i
		}
		if i++; int(i) == len(n.routers[out.router].inputs) {
			i = 0
		}
		if i = n.wantWide.next(out.want, number, i); i == first {
			return -1
		}
	}
}

// may tells whether a head that asks for output o may have channel vc of it.
func (n *Network) may(c, o, vc int32) bool {
	l := &n.lanes[c]
	r := &n.routers[l.to]
	switch {
	case l.state == forking:
		return r.forks[c-r.in0].asks(o, vc) != nil
	case l.state == asking || int32(l.out) == o && n.masks[l.may]>>vc&1 == 1:
		return n.masks[l.may]>>vc&1 == 1
	}
	for _, w := range r.more[c-r.in0] {
		if w.out == o && w.vcs>>vc&1 == 1 {
			return true
		}
	}
	return false
}

// vacate makes output channels available to the next packets at once.
func (n *Network) vacate(number int32, vcs uint64) {
	out := &n.outputs[number]
	out.vacant |= vcs
	if out.want != 0 {
		set(n.wants, int(number))
	}
}
