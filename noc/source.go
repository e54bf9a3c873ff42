package noc

import "nnsim/unit"

// source is a node's sending side: its packets in order, and what it knows of the
// buffers of its router.
type source struct {
	queue   []int32 // packets waiting
	first   int     // of the queue
	packet  int32   // being sent
	left    int32   // flits of it
	vc      int16   // on which
	last    int16   // channel used last
	free    uint64
	credits []int16
	out     port // to the router
}

func newSource(g *graph, node int) source {
	c := g.config
	s := source{out: g.portOf(g.inject[node]), free: channels(0, c.VCs), credits: make([]int16, c.VCs), last: -1}
	for i := range s.credits {
		s.credits[i] = int16(c.BufferFlits)
	}
	return s
}

// inject sends a node's next flit, if it has one and there is room for it.
func (n *Network) inject(node int32) {
	s := &n.sources[node]
	if s.left == 0 && (s.first == len(s.queue) || !n.begin(node, s)) || s.credits[s.vc] == 0 {
		unset(n.sending, int(node)) // until a packet or a credit comes
		return
	}
	if s.left < 0 { // the packet travels in closed form
		s.left = 0
		return
	}
	p := &n.packets[s.packet]
	f := flitOf(s.packet, p.flits-s.left, p.flits)
	s.left--
	s.credits[s.vc]--
	if f.tail() {
		n.sourceTail(s)
	}
	n.counts.Injected++
	n.toRouter.put(n.now+s.out.delay, flitWire{s.out.to, s.out.base + int32(s.vc), f})
}

// sourceTail gives the channel back after a tail.
func (n *Network) sourceTail(s *source) {
	if !n.config.WaitForTail {
		s.free |= 1 << s.vc
	}
}

// begin starts on the next packet if a channel is free that has room: the first
// after the one used last.
func (n *Network) begin(node int32, s *source) bool {
	v := int16(n.config.VCs)
	pick := s.last
	for i := int16(1); i <= v; i++ {
		vc := int16(0)
		if s.last >= 0 {
			vc = (s.last + i) % v
		}
		if s.free>>vc&1 == 1 && s.credits[vc] > 0 {
			pick = vc
			break
		}
		if i == v {
			return false
		}
	}
	s.packet, s.vc, s.last = s.queue[s.first], pick, pick
	s.first++
	if s.first == len(s.queue) {
		s.queue, s.first = s.queue[:0], 0
	} else if s.first > 1024 && s.first*2 > len(s.queue) {
		s.queue = s.queue[:copy(s.queue, s.queue[s.first:])]
		s.first = 0
	}
	p := &n.packets[s.packet]
	p.entered, s.left = n.now, p.flits
	if n.board(node, s, p) {
		s.left = -1
		return true
	}
	s.free &^= 1 << pick
	return true
}

// sourceCredit takes a credit back at a node.
func (n *Network) sourceCredit(node int32, vc int16) {
	s := &n.sources[node]
	s.credits[vc]++
	if n.config.WaitForTail && s.credits[vc] == int16(n.config.BufferFlits) && (s.left <= 0 || s.vc != vc) {
		s.free |= 1 << vc
	}
	if s.left > 0 || s.first < len(s.queue) {
		set(n.sending, int(node))
	}
}

// eject takes a flit off the network at a node; the node returns the credit at once.
func (n *Network) eject(node int32, vc int32, f flit) {
	n.counts.Ejected++
	back := &n.back[node]
	n.toOutput.put(n.now+back.delay, creditWire{back.to, back.base + vc})
	if f.tail() {
		n.deliver(f.packet(), node, n.now)
	}
}

// deliver hands a packet out and gives its slot back.
func (n *Network) deliver(id, node int32, at unit.Edge) {
	p := &n.packets[id]
	n.counts.Delivered++
	n.out = append(n.out, Delivery{Tag: p.tag, Src: int(p.src), Dst: int(node), Flits: int(p.flits),
		Born: p.born, Entered: p.entered, Edge: at, Routers: n.hops(p.src, node)})
	n.free = append(n.free, id)
}
