package noc

import (
	"math/bits"

	"nnsim/unit"
)

// source is a node's sending side: its packets in order, and what it knows of the
// buffers of its router.
type source struct {
	queue  []int32 // packets waiting
	first  int     // of the queue
	packet int32   // being sent
	left   int32   // flits of it
	vc     int16   // on which
	last   int16   // channel used last
	free   uint64
	lane0  int32     // of its link
	delay  unit.Edge // to the router
}

func (n *Network) newSource(node int) source {
	id := n.graph.inject[node]
	return source{lane0: n.lane0[id], delay: unit.Edge(n.flitDelay(&n.links[id])), free: n.every, last: -1}
}

// aboard is what `left` is while the packet travels in closed form.
const aboard = -1

// inject sends a node's next flit, if it has one and there is room for it.
func (n *Network) inject(node int32) {
	s := &n.sources[node]
	if s.left == 0 && s.first < len(s.queue) {
		n.begin(node, s)
	}
	if s.left <= 0 {
		unset(n.sending, int(node)) // until a packet or a credit comes
		return
	}
	c := s.lane0 + int32(s.vc)
	to := &n.lanes[c].next
	if !n.places[*to].homeBy(n.now) {
		n.waitCredit(c)
		unset(n.sending, int(node))
		return
	}
	p := &n.packets[s.packet]
	f := flitOf(s.packet, p, p.flits-s.left)
	s.left--
	n.places[*to] = f
	*to = n.following(*to)
	if f.tail() && !n.config.WaitForTail {
		s.free |= 1 << s.vc
	}
	n.counts.Injected++
	n.toRouter.put(n.now+s.delay, c)
}

// pick is the channel the next packet would take: the first after the one used
// last that is free and has room; -1 if there is none.
func (n *Network) pick(s *source) int16 {
	v := int16(n.vcs)
	vc := s.last
	for range v {
		if vc++; vc == v {
			vc = 0
		}
		if s.free>>vc&1 == 1 && n.places[n.lanes[s.lane0+int32(vc)].next].homeBy(n.now) {
			return vc
		}
	}
	return -1
}

// beginBehind has nodes begin whose last packets are trains that are still about,
// before any node sends: what is dissolved here may have a flit to send at this edge.
func (n *Network) beginBehind() {
	for w := range n.sending {
		for m := n.sending[w]; m != 0; m &= m - 1 {
			node := int32(w<<6 + bits.TrailingZeros64(m))
			if s := &n.sources[node]; s.left == 0 && s.first < len(s.queue) && len(n.express.of[n.graph.inject[node]]) > 0 {
				n.begin(node, s)
			}
		}
	}
}

// begin starts on the next packet if there is a channel for it. Trains of the same
// node that are still about must be real before it can go by flits.
func (n *Network) begin(node int32, s *source) {
	id, pick := s.queue[s.first], n.pick(s)
	boarded := pick >= 0 && n.packets[id].flits >= trainFlits && n.board(s, id, int32(pick))
	if mine := n.graph.inject[node]; !boarded && len(n.express.trains) > 0 && len(n.express.of[mine]) > 0 {
		n.express.wanted(mine)
		n.dissolve()
		pick = n.pick(s)
	}
	if pick < 0 {
		for free := s.free; free != 0; free &= free - 1 {
			n.waitCredit(s.lane0 + int32(bits.TrailingZeros64(free)))
		}
		return
	}
	s.packet, s.vc, s.last = id, pick, pick
	s.first++
	if s.first == len(s.queue) {
		s.queue, s.first = s.queue[:0], 0
	} else if s.first > 1024 && s.first*2 > len(s.queue) {
		s.queue = s.queue[:copy(s.queue, s.queue[s.first:])]
		s.first = 0
	}
	n.packets[id].entered = n.now
	if s.left = aboard; !boarded {
		s.left = n.packets[id].flits
		s.free &^= 1 << pick
	}
}

// sourceCredit is told that a credit for a lane is home at a node.
func (n *Network) sourceCredit(node int32, c int32) {
	s := &n.sources[node]
	vc := c - s.lane0
	if n.config.WaitForTail && n.allHome(n.lanes[c].next) && (s.left <= 0 || int32(s.vc) != vc) {
		s.free |= 1 << vc
	}
	if s.left > 0 || s.first < len(s.queue) {
		set(n.sending, int(node))
	}
}

// eject takes a flit off a lane into a node, which reads it as soon as it arrives.
func (n *Network) eject(c int32) {
	n.counts.Ejected++
	if f := n.pop(c); f.tail() {
		n.deliver(f.packet(), int32(n.lanes[c].to), n.now)
	}
}

// deliver hands a packet out and gives its slot back.
func (n *Network) deliver(id, node int32, at unit.Edge) {
	p := &n.packets[id]
	n.counts.Delivered++
	n.out = append(n.out, Delivery{Tag: p.tag, Src: int(p.src), Dst: int(node), Flits: int(p.flits),
		Born: p.born, Entered: p.entered, Edge: at, Routers: n.distance(p.src, node)})
	n.free = append(n.free, id)
}
