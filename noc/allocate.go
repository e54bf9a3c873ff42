package noc

import "math/bits"

// Both allocators are iSLIP [mckeown-1999] with one iteration: every output
// grants the first request at or after its pointer, every input accepts the first
// grant at or after its own, and both pointers move past what was accepted.

// matchChannels brings heads that ask and free output channels together. A head
// asks for every free channel its route allows.
func (n *Network) matchChannels(r *router) {
	n.touched = n.touched[:0]
	for m := r.wants; m != 0; m &= m - 1 {
		any := false
		for o := int32(bits.TrailingZeros64(m)); o < r.outs; o += 64 {
			list := r.want(o)
			if one := list[0]; len(list) == 1 && one != 0 && one&(one-1) == 0 {
				if i := int32(bits.TrailingZeros64(one)); r.buffers[i].state == asking {
					any = n.matchOne(r, i, o) || any
					continue
				}
			}
			any = n.grantChannels(r, o, list) || any
		}
		if !any { // until a channel is given back or another head asks
			r.wants &^= m & -m
		}
	}
	for _, i := range n.touched {
		k := n.best[i]
		n.best[i] = -1
		n.accept(r, i, k/n.vcs, k%n.vcs)
	}
}

// matchOne is the match of an output that only one head asks for, which asks for
// no other: every free channel grants it, and it accepts the first after its pointer.
func (n *Network) matchOne(r *router, i, o int32) bool {
	free := *r.vacant(o) & r.buffers[i].mask
	if free == 0 {
		return false
	}
	vc := int32(bits.TrailingZeros64(free))
	if a := uint32(r.buffers[i].accept - o*n.vcs); a < uint32(n.vcs) && free>>a != 0 {
		vc = int32(a) + int32(bits.TrailingZeros64(free>>a))
	}
	n.accept(r, i, o, vc)
	return true
}

// accept notes a match and moves the pointers past it.
func (n *Network) accept(r *router, i, o, vc int32) {
	n.matched = append(n.matched, match{i, o, vc})
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
// each head the grant it likes best. It tells whether there was any.
func (n *Network) grantChannels(r *router, o int32, list []uint64) (any bool) {
	if none(list) {
		return false
	}
	for free := *r.vacant(o); free != 0; free &= free - 1 {
		k := o*n.vcs + int32(bits.TrailingZeros64(free))
		i := n.asker(r, list, k, o)
		if i < 0 {
			continue
		}
		any = true
		if n.best[i] < 0 {
			n.touched = append(n.touched, i)
			n.best[i] = k
		} else if sooner(k, n.best[i], r.buffers[i].accept) {
			n.best[i] = k
		}
	}
	return any
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
	n.touched = n.touched[:0]
	for m := r.readies; m != 0; m &= m - 1 {
		for o := int32(bits.TrailingZeros64(m)); o < r.outs; o += 64 {
			e := n.bidder(r, o)
			switch {
			case e < 0:
			case n.best[e] < 0:
				n.touched = append(n.touched, e)
				n.best[e] = o
			case sooner(o, n.best[e], r.cross[e].accept):
				n.best[e] = o
			}
		}
	}
	for _, e := range n.touched {
		o := n.best[e]
		n.best[e] = -1
		i := n.pickChannel(r, e, o)
		n.passed(r, i, e, o)
		n.forward(r, i, o)
	}
}

// passed moves the pointers past a flit from input channel i over crossbar input e to output o.
func (n *Network) passed(r *router, i, e, o int32) {
	c := &r.cross[e]
	c.pick = n.afterPick[i]
	if c.accept = o + 1; o+1 == r.outs {
		c.accept = 0
	}
	if e++; int(e) == len(r.cross) {
		e = 0
	}
	r.outputs[o].grant = e
}

// bidder is the crossbar input that an output grants, -1 if no input is ready.
func (n *Network) bidder(r *router, o int32) int32 {
	list, best := r.ready(o), int32(-1)
	if m := list[0]; len(list) == 1 && m != 0 && m&(m-1) == 0 {
		return n.crossIn[bits.TrailingZeros64(m)]
	}
	for w, m := range list {
		for ; m != 0; m &= m - 1 {
			e := n.crossIn[w<<6+bits.TrailingZeros64(m)]
			if best < 0 || sooner(e, best, r.outputs[o].grant) {
				best = e
			}
		}
	}
	return best
}

// pickChannel is the input channel that a crossbar input serves, now that it has
// accepted an output: the first at or after its pointer that has a flit for it.
func (n *Network) pickChannel(r *router, e, o int32) int32 {
	list := r.ready(o)
	if m := list[0]; len(list) == 1 && m&(m-1) == 0 {
		return int32(bits.TrailingZeros64(m))
	}
	base, vc := n.crossBase[e], r.cross[e].pick
	for range n.vcs {
		i := base + vc
		if list[i>>6]>>(i&63)&1 == 1 && n.crossIn[i] == e {
			break
		}
		if vc++; vc == n.vcs {
			vc = 0
		}
	}
	return base + vc
}
