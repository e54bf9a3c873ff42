package noc

import (
	"math/bits"

	"nnsim/unit"
)

// seat is an input channel's place in the order in which a router's switch sees
// them: by the crossbar input that they share with others of their port, then by
// number. So what shares one stands together, and sets of seats are searched like
// all others.
type seat struct {
	sharers uint64 // seats of its crossbar input, if a word has bits for them
	in      int32  // input channel
	cross   int32  // crossbar input,
	from    int32  // that one's first seat,
	end     int32  // and past its last
	after   int32  // where its pointer goes after serving this seat
}

// newSeats seats the channels of so many ports, v each, of which every s-th shares
// a crossbar input. It also tells the seat of each channel, and of each crossbar
// input its first seat.
func newSeats(ports, v, s int) (seats []seat, of, first []int32) {
	of = make([]int32, ports*v)
	for e := range ports * s {
		from, share := len(seats), (v-e%s+s-1)/s
		first = append(first, int32(from))
		for j := range share {
			vc := e%s + j*s
			then := ((vc+s)%v - e%s + s - 1) / s % share // the first sharer from channel vc+s on
			of[e/s*v+vc] = int32(len(seats))
			seats = append(seats, seat{uint64(1)<<(from+share) - 1<<from, int32(e/s*v + vc), int32(e), int32(from), int32(from + share), int32(from + then)})
		}
	}
	return seats, of, first
}

// bid is a crossbar input and the output that grants it, among all of the network,
// the seat and lane that it would serve for it, and the lane onwards.
type bid struct {
	cross, out, seat, lane, far int32
	flit                        flit // if what is left to do is up to passOdd
}

// passSwitches brings flits that could go and outputs together, and sends them. The
// channels of an input share its crossbar inputs; each crossbar input and each
// output passes one flit an edge.
func (n *Network) passSwitches() {
	count := 0
	if n.readyWide == nil {
		count = n.grantSwitches()
	} else {
		count = n.grantWide()
	}
	bids := n.bids[:count]
	n.moveFlits(bids)
	n.odd = n.passBids(bids, n.odd[:0])
	for _, i := range n.odd {
		n.passOdd(&bids[i])
	}
	n.counts.Crossbar += int64(count)
	n.counts.BufferReads += int64(count)
	n.work += int64(count)
}

// grantSwitches has every output grant the first crossbar input at or after its
// pointer that could send to it, and every crossbar input bid for the first of
// those outputs after its own.
func (n *Network) grantSwitches() int {
	outputs, cross, lanes, seats, bids, count := n.outputs, n.cross, n.lanes, &n.near, n.bids, int32(0)
	for w, m := range n.readies {
		for ; m != 0; m &= m - 1 {
			number := int32(w<<6 + bits.TrailingZeros64(m))
			out := &outputs[number]
			s := &seats[nextOf1(out.ready, out.grant)&63]
			e := out.cross0 + s.cross
			x := &cross[e]
			q := nextOf1(out.ready&s.sharers, x.pick)
			at := x.bid
			if at < 0 {
				at, x.bid = count, count
				count++
			} else if !sooner(int32(out.number), int32(outputs[bids[at].out].number), x.accept) {
				continue // several outputs grant it
			}
			c, b := out.in0+seats[q&63].in, &bids[at]
			b.cross, b.out, b.seat, b.lane, b.far = e, number, q, c, out.lane0+int32(lanes[c].vc)
		}
	}
	return int(count)
}

// sooner tells whether a comes before b, counting round from a pointer.
func sooner(a, b, pointer int32) bool {
	if (a >= pointer) != (b >= pointer) {
		return a >= pointer
	}
	return a < b
}

// moveFlits has each crossbar input pass the flit it has bidden for: out of one
// lane's buffer, onto the next lane. What differs from one flit to the next is taken
// in without branches, which nobody could foresee and which would keep one flit's
// loads from overlapping with another's.
func (n *Network) moveFlits(bids []bid) {
	lanes, places, now, nodeLanes := n.lanes, n.places, n.now, n.nodeLanes
	toRouter, toNode, sent, landed := n.sent, n.landed, 0, 0
	for i := range bids {
		b := &bids[i]
		l, far := &lanes[b.lane], &lanes[b.far]
		if l.state == forking {
			continue
		}
		from, to := &places[l.first], &places[far.next]
		f, node := *from, b.far >= nodeLanes
		*from = flit(now + unit.Edge(l.home))
		*to = f &^ wantedBit
		l.first, far.next = n.following(l.first), n.following(far.next)
		l.count--
		b.flit = f
		toRouter[sent], toNode[landed] = b.far, b.far
		sent, landed = sent+one(!node), landed+one(node)
	}
	n.toRouter.putAll(now+n.linkDelay, toRouter[:sent])
	n.toNode.putAll(now+n.nodeDelay, toNode[:landed])
	n.toNodes += int64(landed)
}

// passBids moves the pointers past the flits that go and gives back what was held
// by packets whose tail it is. It leaves to passOdd, and tells, what is out of the ordinary.
func (n *Network) passBids(bids []bid, odd []int32) []int32 {
	outputs, lanes, seats, plain := n.outputs, n.lanes, n.seats, n.readyWide == nil && !n.config.WaitForTail
	fronts, heads := 0, n.heads[:len(bids)+1]
	for i := range bids {
		b := &bids[i]
		l, x, out, s := &lanes[b.lane], &n.cross[b.cross], &outputs[b.out], &seats[b.seat]
		x.pick, x.accept, x.bid = s.after, int32(out.number)+1, -1
		out.grant = s.end
		if b.flit&(tailBit|wantedBit) != tailBit || l.state == forking || !plain {
			odd = append(odd, int32(i))
			continue
		}
		freed := uint64(1) << (l.vc & 63)
		out.ready &^= 1 << (b.seat & 63)
		unsetIf(n.readies, b.out, out.ready == 0)
		lanes[b.far].owner, l.state = -1, idle
		out.vacant |= freed
		out.freed, out.freedAt = freed, n.now
		setIf(n.wants, b.out, out.want != 0)
		heads[fronts] = b.lane
		fronts += one(l.count > 0)
	}
	n.heads = heads[:fronts]
	return odd
}

// passOdd does the rest for a flit that is not the last of its packet, or whose
// credit is waited for, or that is of a multicast.
func (n *Network) passOdd(b *bid) {
	l, out := &n.lanes[b.lane], &n.outputs[b.out]
	if l.state == forking {
		n.forwardBranch(b.lane, out, b.out)
		return
	}
	if b.flit&wantedBit != 0 || n.config.WaitForTail {
		n.creditHome(b.lane, n.now+unit.Edge(l.home))
	}
	switch {
	case b.flit.tail():
		n.unready(out, b.out, b.seat)
		n.lanes[b.far].owner, l.state = -1, idle
		if !n.config.WaitForTail {
			n.release(out, b.out, b.far-out.lane0)
		}
		if l.count > 0 {
			n.heads = append(n.heads, b.lane)
		}
	case l.count == 0:
		n.unready(out, b.out, b.seat)
	case !n.places[n.lanes[b.far].next].homeBy(n.now + 1):
		n.unready(out, b.out, b.seat)
		n.waitCredit(b.far)
	}
}

// setReady has a seat's flit compete for an output.
func (n *Network) setReady(out *output, number, q int32) {
	n.readyWide.add(&out.ready, number, q)
	set(n.readies, int(number))
}

// unready takes a seat off the list of an output.
func (n *Network) unready(out *output, number, q int32) {
	n.readyWide.drop(&out.ready, number, q)
	unsetIf(n.readies, number, out.ready == 0)
}

// release gives an output channel back, to be given away from the next edge on.
func (n *Network) release(out *output, number, vc int32) {
	out.vacant |= 1 << vc
	out.freed, out.freedAt = 1<<vc, n.now
	setIf(n.wants, number, out.want != 0)
}
