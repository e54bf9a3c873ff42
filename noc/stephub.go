package noc

import "nnsim/unit"

// route is one edge of a router. Channels given away now are taken at its end.
func (s *Stepper) route(r int) {
	h := &s.hubs[r]
	for i := range h.inboxes {
		if l := &h.inboxes[i]; l.legs == nil && len(l.queue) > 0 && l.gone == 0 && s.now >= l.from {
			s.plan(r, l)
		}
	}
	got := s.giveChannels(r, h)
	s.pass(r, h)
	for i, k := range got {
		if k < 0 {
			continue
		}
		out, vc := k/s.config.VCs, k%s.config.VCs
		g := h.inboxes[i].asking(out, vc)
		g.out, g.vc = out, vc
		h.far[out].taken[vc], h.far[out].tail[vc] = true, false
		s.escape(&g.m.packet, int32(r), vc)
	}
}

// plan makes the legs of the message at the head of a inbox.
func (s *Stepper) plan(r int, l *inbox) {
	m := l.queue[0].m
	if m.dsts == nil {
		l.legs = []*leg{{m: m, ways: s.routes(nil, int32(r), &m.packet), vc: -1}}
		return
	}
	ways, dsts := s.branches(int32(r), &m.packet)
	for i, way := range ways {
		c := *m
		c.dsts, c.dst = dsts[i], -1
		if len(dsts[i]) == 1 {
			c.dst, c.dsts = dsts[i][0], nil
			if s.grid != nil {
				c.dirs, c.cross = s.grid.turn(c.src, c.dst, c.coin)
			}
		}
		l.legs = append(l.legs, &leg{m: &c, ways: []route{way}, vc: -1})
	}
}

// asking is the leg that asks for a channel of an output, or nil.
func (l *inbox) asking(out, vc int) *leg {
	for _, g := range l.legs {
		for _, w := range g.ways {
			if g.vc < 0 && int(w.out) == out && w.vcs>>vc&1 == 1 {
				return g
			}
		}
	}
	return nil
}

// giveChannels matches inboxes that ask with free channels: got[inbox] is a channel or -1.
func (s *Stepper) giveChannels(r int, h *hub) (got []int) {
	v := s.config.VCs
	return match1(len(h.inboxes), len(h.grantVC), h.grantVC, h.acceptVC, func(i, k int) bool {
		return len(h.inboxes[i].legs) > 0 && !h.far[k/v].taken[k%v] && h.inboxes[i].asking(k/v, k%v) != nil
	})
}

// match1 is one iteration of iSLIP, by the book.
func match1(ins, outs int, grant, accept []int, asks func(in, out int) bool) (got []int) {
	granted := make([]int, outs)
	for o := range granted {
		granted[o] = -1
		for j := range ins {
			if i := (grant[o] + j) % ins; asks(i, o) {
				granted[o] = i
				break
			}
		}
	}
	got = make([]int, ins)
	for i := range got {
		got[i] = -1
		for j := range outs {
			if o := (accept[i] + j) % outs; granted[o] == i {
				got[i], grant[o], accept[i] = o, (i+1)%ins, (o+1)%outs
				break
			}
		}
	}
	return got
}

// able is the leg of a inbox that could send a flit to an output now, or nil.
func (s *Stepper) able(h *hub, i, out int) *leg {
	l := &h.inboxes[i]
	for _, g := range l.legs {
		if g.vc >= 0 && g.out == out && g.sent < g.m.length && g.sent < l.gone+len(l.queue) && h.far[out].credits[g.vc] > 0 {
			return g
		}
	}
	return nil
}

// pass matches crossbar inputs and outputs and sends a flit for each match.
func (s *Stepper) pass(r int, h *hub) {
	v, u := s.config.VCs, s.config.InputSpeedup
	got := match1(len(h.pickSW), len(h.far), h.grantSW, h.acceptSW, func(e, o int) bool {
		for c := e % u; c < v; c += u {
			if s.able(h, e/u*v+c, o) != nil {
				return true
			}
		}
		return false
	})
	for e, o := range got {
		if o < 0 {
			continue
		}
		c := h.pickSW[e]
		for c%u != e%u || s.able(h, e/u*v+c, o) == nil {
			c = (c + 1) % v
		}
		h.pickSW[e] = (c + u) % v
		s.send(r, h, e/u*v+c, o)
	}
}

// send moves a flit to an output, and out of its buffer once every leg has it.
func (s *Stepper) send(r int, h *hub, i, out int) {
	l, g := &h.inboxes[i], s.able(h, i, out)
	s.push(int(s.routers[r].out[out]), g.m, g.sent, g.vc)
	g.sent++
	least := g.m.length
	for _, other := range l.legs {
		least = min(least, other.sent)
	}
	for ; l.gone < least; l.gone++ {
		id := int(s.routers[r].in[i/s.config.VCs])
		wire := s.links[id]
		s.returns[id] = append(s.returns[id], token{i % s.config.VCs, s.now + s.creditDelay(&wire)})
		l.queue = l.queue[1:]
	}
	if l.gone == g.m.length {
		l.legs, l.gone, l.from = nil, 0, s.now+1+unit.Edge(s.config.RoutingDelay)
	}
}
