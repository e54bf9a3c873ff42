package noc

// fork is a multicast packet at the head of a buffer: a copy of each flit goes to
// every branch, each in its own time, and leaves the buffer when the last branch
// has it. The packet fits into the buffer, so no branch ever waits for another.
// Two branches may lead to one output, on different channels.
type fork struct {
	branches []branch
	popped   int32 // flits that have left the buffer
}

type branch struct {
	way    route
	packet int32 // the copy's slot
	vc     int32 // held channel, -1 while asking
	flits  int32
	sent   int32
}

// asks is the branch that asks for channel vc of output o, or nil.
func (f *fork) asks(o, vc int32) *branch {
	for i := range f.branches {
		if b := &f.branches[i]; b.way.out == o && b.vc < 0 && b.way.vcs>>vc&1 == 1 {
			return b
		}
	}
	return nil
}

// has tells whether a branch has a channel and, of so many in the buffer, a flit to send.
func (b *branch) has(f *fork, count uint16) bool {
	return b.vc >= 0 && b.sent < b.flits && b.sent < f.popped+int32(count)
}

// able is the branch that can send a flit to output o now, or nil.
func (n *Network) able(r *router, i, o int32) *branch {
	f := r.forks[i]
	for k := range f.branches {
		b := &f.branches[k]
		if b.way.out == o && b.has(f, r.buffers[i].count) &&
			n.places[r.channels[o*n.vcs+b.vc].next].homeBy(n.now) {
			return b
		}
	}
	return nil
}

// split makes a copy of a multicast packet for each way its receivers need. A
// copy for one receiver goes on as a plain packet.
func (n *Network) split(r *router, i int32, p *packet) {
	ways, dsts := n.branches(r.id, p)
	id, f := n.front(r, i).packet(), &fork{}
	for k, way := range ways {
		c := n.packets[id]
		c.dsts, c.dst = dsts[k], -1
		if len(dsts[k]) == 1 {
			c.dst, c.dsts = dsts[k][0], nil
			if n.grid != nil {
				c.dirs, c.cross = n.grid.turn(c.src, c.dst, c.coin)
			}
		}
		f.branches = append(f.branches, branch{way: way, packet: n.slot(c), vc: -1, flits: c.flits})
	}
	n.counts.Replicated += int64(len(ways)-1) * int64(n.packets[id].flits)
	if r.forks == nil {
		r.forks = make([]*fork, len(r.buffers))
	}
	r.forks[i], r.buffers[i].state = f, forking
	for _, way := range ways {
		n.wantOut(r, i, way.out)
	}
}

// holdBranch gives a branch its channel.
func (n *Network) holdBranch(r *router, i, o, vc int32) {
	f := r.forks[i]
	f.asks(o, vc).vc = vc
	for _, b := range f.branches {
		if b.way.out == o && b.vc < 0 {
			n.wantOut(r, i, o)
		}
	}
	n.forkReady(r, i)
}

// forkReady works out anew to which outputs a fork can send.
func (n *Network) forkReady(r *router, i int32) {
	f, q := r.forks[i], n.seatOf[i]
	for k := range f.branches {
		b := &f.branches[k]
		if n.able(r, i, b.way.out) != nil {
			n.setReady(&r.outputs[b.way.out], q)
		} else {
			n.unready(&r.outputs[b.way.out], q)
		}
		if b.has(f, r.buffers[i].count) && !n.places[r.channels[b.way.out*n.vcs+b.vc].next].homeBy(n.now) {
			n.waitCredit(r, b.way.out, b.vc)
		}
	}
}

// forwardBranch sends a fork's next flit to an output.
func (n *Network) forwardBranch(r *router, i, o int32) {
	n.counts.BufferReads-- // when all branches have it
	b := n.able(r, i, o)
	c := &r.channels[o*n.vcs+b.vc]
	n.onto(&r.outputs[o], c, flitOf(b.packet, &n.packets[b.packet], b.sent), b.vc)
	if b.sent++; b.sent == b.flits {
		c.owner = -1
		if !n.config.WaitForTail {
			n.release(&r.outputs[o], b.vc)
		}
	}
	n.forkPop(r, i, b.flits)
}

// forkPop takes flits out of the buffer that every branch has, and ends the fork with its tail.
func (n *Network) forkPop(r *router, i, flits int32) {
	f, least := r.forks[i], flits
	for _, b := range f.branches {
		least = min(least, b.sent)
	}
	id := n.front(r, i).packet()
	for ; f.popped < least; f.popped++ {
		n.counts.BufferReads++
		s := &n.seats[n.seatOf[i]]
		n.pop(&r.buffers[i], &r.back[s.port], s.vc)
	}
	n.forkReady(r, i)
	if f.popped == flits {
		r.forks[i], r.buffers[i].state = nil, idle
		n.free = append(n.free, id)
		if r.buffers[i].count > 0 {
			n.heads = append(n.heads, notice{r.id, i})
		}
	}
}
