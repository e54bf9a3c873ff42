package noc

import "math/bits"

// Both allocators are iSLIP [mckeown-1999] with one iteration: every output
// grants the first request at or after its pointer, every input accepts the first
// grant at or after its own, and both pointers move past what was accepted.

// matchChannels brings heads that ask and free output channels together. A head
// asks for every free channel its route allows.
func (n *Network) matchChannels(r *router) {
	v := int32(n.config.VCs)
	touched := r.granted[:0]
	for w := range r.wants {
		for m := r.wants[w]; m != 0; m &= m - 1 {
			o := int32(w<<6 + bits.TrailingZeros64(m))
			mask := r.want[int(o)*r.words : (int(o)+1)*r.words]
			any := false
			for free := r.vacant[o]; free != 0; free &= free - 1 {
				k := o*v + int32(bits.TrailingZeros64(free))
				i := r.asker(mask, k, o, v)
				if i < 0 {
					continue
				}
				any = true
				if r.best[i] < 0 {
					touched = append(touched, match{in: i})
				}
				if r.best[i] < 0 || r.sooner(k, r.best[i], r.acceptVC[i]) {
					r.best[i] = k
				}
			}
			if !any { // until a channel is given back or another head asks
				unset(r.wants, int(o))
			}
		}
	}
	for _, t := range touched {
		k := r.best[t.in]
		r.best[t.in] = -1
		r.matched = append(r.matched, match{t.in, k})
		r.grantVC[k] = (t.in + 1) % int32(len(r.buffers))
		r.acceptVC[t.in] = (k + 1) % int32(len(r.credits))
	}
	r.granted = touched[:0]
}

// asker is the input channel that output channel k grants: the first at or after
// its pointer that asks for output o and may have this channel.
func (r *router) asker(mask []uint64, k, o, v int32) int32 {
	from := int(r.grantVC[k])
	first := next64(mask, from)
	for i := first; i >= 0; {
		if r.buffers[i].may(o, k-o*v) {
			return int32(i)
		}
		if i = next64(mask, (i+1)%len(r.buffers)); i == first {
			break
		}
	}
	return -1
}

// may tells whether an input that asks for output o may have its channel vc.
func (b *input) may(o, vc int32) bool {
	if b.fork != nil {
		return b.fork.may(o, vc)
	}
	if b.out == o && b.mask>>vc&1 == 1 {
		return true
	}
	for _, w := range b.more {
		if w.out == o && w.vcs>>vc&1 == 1 {
			return true
		}
	}
	return false
}

// sooner tells whether a comes before b, counting round from a pointer.
func (r *router) sooner(a, b, pointer int32) bool {
	if (a >= pointer) != (b >= pointer) {
		return a >= pointer
	}
	return a < b
}

// matchSwitch brings flits that could go and outputs together. The channels of an
// input share its crossbar inputs; each crossbar input and each output passes one
// flit an edge.
func (n *Network) matchSwitch(r *router) {
	touched := r.granted[:0]
	for w := range r.readies {
		for m := r.readies[w]; m != 0; m &= m - 1 {
			o := int32(w<<6 + bits.TrailingZeros64(m))
			e := r.bidder(o)
			if r.best[e] < 0 {
				touched = append(touched, match{in: e})
				r.best[e] = o
			} else if r.sooner(o, r.best[e], r.acceptSW[e]) {
				r.best[e] = o
			}
		}
	}
	for t := range touched {
		e := touched[t].in
		o := r.best[e]
		r.best[e] = -1
		r.grantSW[o] = (e + 1) % int32(len(r.pickSW))
		r.acceptSW[e] = (o + 1) % int32(r.outs)
		touched[t] = match{n.pickChannel(r, e, o), o}
	}
	r.granted = touched
}

// bidder is the crossbar input that an output grants.
func (r *router) bidder(o int32) int32 {
	best := int32(-1)
	for w, m := range r.ready[int(o)*r.words : (int(o)+1)*r.words] {
		for ; m != 0; m &= m - 1 {
			e := r.crossbarIn[w<<6+bits.TrailingZeros64(m)]
			if best < 0 || r.sooner(e, best, r.grantSW[o]) {
				best = e
			}
		}
	}
	return best
}

// pickChannel is the input channel that a crossbar input serves: the first at or
// after its pointer that has a flit for the output.
func (n *Network) pickChannel(r *router, e, o int32) int32 {
	v, s := int32(n.config.VCs), int32(n.config.InputSpeedup)
	base := e / s * v
	mask := r.ready[int(o)*r.words:]
	vc := r.pickSW[e]
	if vc >= v {
		vc = e % s
	}
	for range v {
		i := base + vc
		if mask[i>>6]>>(i&63)&1 == 1 && r.crossbarIn[i] == e {
			break
		}
		if vc++; vc == v {
			vc = 0
		}
	}
	r.pickSW[e] = (vc + s) % v
	return base + vc
}
