package noc

import "nnsim/unit"

// Stepper is the obvious network: every link, every node and every router at
// every edge, with request matrices written out. It shares the layout and the
// routes with Network and nothing else; the two are held against each other, and
// this is the one to read first.
type Stepper struct {
	*graph
	now     unit.Edge
	hubs    []hub
	posts   []post
	wires   [][]parcel // flits on each link, oldest first
	returns [][]token  // credits on each link's way back
	out     []Delivery
	number  int64
}

// message is a packet in the stepper; a fork makes new ones.
type message struct {
	packet
	length int
}

// parcel is a flit: its message and which of its flits it is.
type parcel struct {
	m     *message
	index int
	vc    int
	due   unit.Edge
}

// token is a credit for a channel.
type token struct {
	vc  int
	due unit.Edge
}

// upstream is what a sender knows of the channels at the far end of a link.
type upstream struct {
	credits []int
	taken   []bool
	tail    []bool // the last packet on it has been sent whole
}

// inbox is one input channel: its buffer, and the legs of the message at its head.
type inbox struct {
	queue []parcel
	gone  int       // flits of the message at the head that have left
	from  unit.Edge // when that message may first ask
	legs  []*leg
}

// leg is a way the message at the head of a inbox takes: one, or one for each branch of a fork.
type leg struct {
	m    *message
	ways []route // that it asks for
	out  int     // what it holds
	vc   int     // -1: nothing yet
	sent int
}

type hub struct {
	inboxes                   []inbox
	far                       []upstream // of each output
	grantVC, acceptVC         []int
	grantSW, acceptSW, pickSW []int
}

// post is a node's sending side.
type post struct {
	queue []*message
	sent  int // flits of the first
	vc    int // it travels on, -1: none yet
	last  int
	far   upstream
}

// NewStepper lays out the same network as New.
func NewStepper(c Config) (*Stepper, error) {
	n, err := New(c)
	if err != nil {
		return nil, err
	}
	s := &Stepper{graph: n.graph, wires: make([][]parcel, len(n.links)), returns: make([][]token, len(n.links))}
	for _, p := range s.routers {
		v, u := c.VCs, c.InputSpeedup
		h := hub{inboxes: make([]inbox, len(p.in)*v), grantVC: make([]int, len(p.out)*v), acceptVC: make([]int, len(p.in)*v),
			grantSW: make([]int, len(p.out)), acceptSW: make([]int, len(p.in)*u), pickSW: make([]int, len(p.in)*u)}
		for e := range h.pickSW {
			h.pickSW[e] = e % u
		}
		for range p.out {
			h.far = append(h.far, newUpstream(c))
		}
		s.hubs = append(s.hubs, h)
	}
	for range s.nodes {
		s.posts = append(s.posts, post{vc: -1, last: -1, far: newUpstream(c)})
	}
	return s, nil
}

func newUpstream(c Config) upstream {
	u := upstream{make([]int, c.VCs), make([]bool, c.VCs), make([]bool, c.VCs)}
	for v := range u.credits {
		u.credits[v] = c.BufferFlits
	}
	return u
}

// Send queues a packet at its node, to enter at the next Step at the earliest.
func (s *Stepper) Send(p Packet) error {
	if err := s.checkPacket(p); err != nil {
		return err
	}
	m := &message{packet{tag: p.Tag, born: p.Born, src: int32(p.Src), dst: int32(p.Dst), flits: int32(p.Flits)}, p.Flits}
	if len(p.Dsts) == 1 {
		m.dst = int32(p.Dsts[0])
	} else if len(p.Dsts) > 1 {
		m.dst = -1
		for _, d := range p.Dsts {
			m.dsts = append(m.dsts, int32(d))
		}
	}
	s.prepare(&m.packet, s.number)
	s.number++
	s.posts[p.Src].queue = append(s.posts[p.Src].queue, m)
	return nil
}

// Take hands out the deliveries since the last call.
func (s *Stepper) Take() []Delivery {
	list := s.out
	s.out = nil
	return list
}

// Now is the edge that the next Step simulates.
func (s *Stepper) Now() unit.Edge { return s.now }

// Step simulates one edge.
func (s *Stepper) Step() {
	for id := range s.links {
		s.credits(id)
	}
	for id := range s.links {
		s.arrivals(id)
	}
	for node := range s.posts {
		s.inject(node)
	}
	for r := range s.hubs {
		s.route(r)
	}
	s.now++
}

// far is the sender's side of a link.
func (s *Stepper) far(id int) *upstream {
	l := s.links[id]
	if l.from < 0 {
		return &s.posts[l.node].far
	}
	return &s.hubs[l.from].far[l.fromPort]
}

// credits takes the tokens that are due.
func (s *Stepper) credits(id int) {
	for len(s.returns[id]) > 0 && s.returns[id][0].due == s.now {
		far, vc := s.far(id), s.returns[id][0].vc
		s.returns[id] = s.returns[id][1:]
		far.credits[vc]++
		if s.config.WaitForTail && far.tail[vc] && far.credits[vc] == s.config.BufferFlits {
			far.taken[vc] = false
		}
	}
}

// arrivals takes the flit that is due off a link.
func (s *Stepper) arrivals(id int) {
	if len(s.wires[id]) == 0 || s.wires[id][0].due != s.now {
		return
	}
	f := s.wires[id][0]
	s.wires[id] = s.wires[id][1:]
	l := s.links[id]
	if l.to >= 0 {
		inbox := &s.hubs[l.to].inboxes[int(l.toPort)*s.config.VCs+f.vc]
		if inbox.queue = append(inbox.queue, f); len(inbox.queue) == 1 && inbox.legs == nil && inbox.gone == 0 {
			inbox.from = s.now + unit.Edge(s.config.RoutingDelay)
		}
		return
	}
	s.returns[id] = append(s.returns[id], token{f.vc, s.now + s.creditDelay(&l)})
	if f.index == f.m.length-1 {
		s.out = append(s.out, Delivery{Tag: f.m.tag, Src: int(f.m.src), Dst: int(l.node), Flits: f.m.length,
			Born: f.m.born, Entered: f.m.entered, Edge: s.now, Routers: s.hops(f.m.src, l.node)})
	}
}

// push puts a flit on a link, using up a credit and, with the tail, the channel.
func (s *Stepper) push(id int, m *message, index, vc int) {
	far := s.far(id)
	far.credits[vc]--
	if index == m.length-1 {
		far.tail[vc] = true
		far.taken[vc] = s.config.WaitForTail
	}
	l := s.links[id]
	s.wires[id] = append(s.wires[id], parcel{m, index, vc, s.now + s.flitDelay(&l)})
}

// inject sends a node's next flit.
func (s *Stepper) inject(node int) {
	p := &s.posts[node]
	if len(p.queue) == 0 {
		return
	}
	m := p.queue[0]
	for i := 1; i <= s.config.VCs && p.vc < 0; i++ {
		vc := 0
		if p.last >= 0 {
			vc = (p.last + i) % s.config.VCs
		}
		if !p.far.taken[vc] && p.far.credits[vc] > 0 {
			p.vc, p.last, p.sent, m.entered = vc, vc, 0, s.now
			p.far.taken[vc], p.far.tail[vc] = true, false
		}
	}
	if p.vc < 0 || p.far.credits[p.vc] == 0 {
		return
	}
	s.push(int(s.graph.inject[node]), m, p.sent, p.vc)
	if p.sent++; p.sent == m.length {
		p.queue, p.vc = p.queue[1:], -1
	}
}
