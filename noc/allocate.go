package noc

import "math/bits"

// Both allocators are iSLIP [mckeown-1999] with one iteration: every output
// grants the first request at or after its pointer, every input accepts the first
// grant at or after its own, and both pointers move past what was accepted.

// matchChannels brings heads that ask and free output channels together. A head
// asks for every free channel its route allows.
func (n *Network) matchChannels(r *router) {
	r.touched = r.touched[:0]
	for w := range r.wants {
		for m := r.wants[w]; m != 0; m &= m - 1 {
			o := int32(w<<6 + bits.TrailingZeros64(m))
			if r.words == 1 {
				if one := r.want[o]; one&(one-1) == 0 {
					if i := int32(bits.TrailingZeros64(one)); r.buffers[i].state == asking {
						n.matchOne(r, i, o)
						continue
					}
				}
			}
			n.grantChannels(r, o)
		}
	}
	for _, i := range r.touched {
		k := r.best[i]
		r.best[i] = -1
		n.accept(r, i, k/n.vcs, k%n.vcs)
	}
}

// matchOne is the match of an output that only one head asks for, which asks for
// no other: every free channel grants it, and it accepts the first after its pointer.
func (n *Network) matchOne(r *router, i, o int32) {
	free := r.vacant[o] & r.buffers[i].mask
	if free == 0 { // until a channel is given back or another head asks
		unset(r.wants, int(o))
		return
	}
	vc := int32(bits.TrailingZeros64(free))
	if a := uint32(r.buffers[i].accept - o*n.vcs); a < uint32(n.vcs) && free>>a != 0 {
		vc = int32(a) + int32(bits.TrailingZeros64(free>>a))
	}
	n.accept(r, i, o, vc)
}

// accept notes a match and moves the pointers past it.
func (n *Network) accept(r *router, i, o, vc int32) {
	r.matched = append(r.matched, match{i, o, vc})
	k, next := o*n.vcs+vc, i+1
	if int(next) == len(r.buffers) {
		next = 0
	}
	r.channels[k].grant = next
	if k++; int(k) == len(r.channels) {
		k = 0
	}
	r.buffers[i].accept = k
}

// grantChannels has every free channel of an output grant one head, and notes for
// each head the grant it likes best.
func (n *Network) grantChannels(r *router, o int32) {
	mask := r.want[int(o)*r.words : (int(o)+1)*r.words]
	any := false
	for free := r.vacant[o]; free != 0; free &= free - 1 {
		k := o*n.vcs + int32(bits.TrailingZeros64(free))
		i := n.asker(r, mask, k, o)
		if i < 0 {
			continue
		}
		any = true
		if r.best[i] < 0 {
			r.touched = append(r.touched, i)
			r.best[i] = k
		} else if sooner(k, r.best[i], r.buffers[i].accept) {
			r.best[i] = k
		}
	}
	if !any {
		unset(r.wants, int(o))
	}
}

// asker is the input channel that output channel k grants: the first at or after
// its pointer that asks for output o and may have this channel.
func (n *Network) asker(r *router, mask []uint64, k, o int32) int32 {
	first := next64(mask, int(r.channels[k].grant))
	for i := first; i >= 0; {
		if b := &r.buffers[i]; b.state == asking && b.mask>>(k-o*n.vcs)&1 == 1 || b.state != asking && r.may(int32(i), o, k-o*n.vcs) {
			return int32(i)
		}
		if i = next64(mask, (i+1)%len(r.buffers)); i == first {
			break
		}
	}
	return -1
}

// may tells whether an input that asks for several outputs may have channel vc of output o.
func (r *router) may(i, o, vc int32) bool {
	b := &r.buffers[i]
	if b.state == forking {
		return r.forks[i].asks(o, vc) != nil
	}
	if b.out == o && b.mask>>vc&1 == 1 {
		return true
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

// passSwitch brings flits that could go and outputs together, and sends them. The
// channels of an input share its crossbar inputs; each crossbar input and each
// output passes one flit an edge.
func (n *Network) passSwitch(r *router) {
	r.touched = r.touched[:0]
	for w := range r.readies {
		for m := r.readies[w]; m != 0; m &= m - 1 {
			o := int32(w<<6 + bits.TrailingZeros64(m))
			e := n.bidder(r, o)
			if r.best[e] < 0 {
				r.touched = append(r.touched, e)
				r.best[e] = o
			} else if sooner(o, r.best[e], r.acceptSW[e]) {
				r.best[e] = o
			}
		}
	}
	for _, e := range r.touched {
		o := r.best[e]
		r.best[e] = -1
		i := n.pickChannel(r, e, o)
		next := e + 1
		if int(next) == len(r.pickSW) {
			next = 0
		}
		r.grantSW[o] = next
		if r.acceptSW[e] = o + 1; int(o)+1 == r.outs {
			r.acceptSW[e] = 0
		}
		n.forward(r, i, o)
	}
}

// bidder is the crossbar input that an output grants.
func (n *Network) bidder(r *router, o int32) int32 {
	if r.words == 1 {
		if m := r.ready[o]; m&(m-1) == 0 {
			return n.crossIn[bits.TrailingZeros64(m)]
		}
	}
	best := int32(-1)
	for w, m := range r.ready[int(o)*r.words : (int(o)+1)*r.words] {
		for ; m != 0; m &= m - 1 {
			e := n.crossIn[w<<6+bits.TrailingZeros64(m)]
			if best < 0 || sooner(e, best, r.grantSW[o]) {
				best = e
			}
		}
	}
	return best
}

// pickChannel is the input channel that a crossbar input serves, now that it has
// accepted an output: the first at or after its pointer that has a flit for it.
func (n *Network) pickChannel(r *router, e, o int32) int32 {
	if r.words == 1 {
		if m := r.ready[o]; m&(m-1) == 0 {
			i := int32(bits.TrailingZeros64(m))
			r.pickSW[e] = n.afterPick[i]
			return i
		}
	}
	base, mask, vc := n.crossBase[e], r.ready[int(o)*r.words:], r.pickSW[e]
	for range n.vcs {
		i := base + vc
		if mask[i>>6]>>(i&63)&1 == 1 && n.crossIn[i] == e {
			break
		}
		if vc++; vc == n.vcs {
			vc = 0
		}
	}
	r.pickSW[e] = n.afterPick[base+vc]
	return base + vc
}
