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

// fork is the multicast in front on a lane.
func (n *Network) fork(c int32) (*router, *fork) {
	r := &n.routers[n.lanes[c].to]
	return r, r.forks[c-r.in0]
}

// able is the branch that can send a flit to output o now, or nil.
func (n *Network) able(c, o int32) *branch {
	r, f := n.fork(c)
	for k := range f.branches {
		b := &f.branches[k]
		if b.way.out == o && b.has(f, n.lanes[c].count) &&
			n.places[n.lanes[r.outputs[o].lane0+b.vc].next].homeBy(n.now) {
			return b
		}
	}
	return nil
}

// split makes a copy of a multicast packet for each way its receivers need. A
// copy for one receiver goes on as a plain packet.
func (n *Network) split(r *router, c int32, p *packet) {
	ways, dsts := n.branches(r.id, p)
	id, f := n.places[n.lanes[c].first].packet(), &fork{}
	for k, way := range ways {
		q := n.packets[id]
		q.dsts, q.dst = dsts[k], -1
		if len(dsts[k]) == 1 {
			q.dst, q.dsts = dsts[k][0], nil
			if n.grid != nil {
				q.dirs, q.cross = n.grid.turn(q.src, q.dst, q.coin)
			}
		}
		f.branches = append(f.branches, branch{way: way, packet: n.slot(), vc: -1, flits: q.flits})
		n.packets[f.branches[k].packet] = q
	}
	n.counts.Replicated += int64(len(ways)-1) * int64(n.packets[id].flits)
	if r.forks == nil {
		r.forks = make([]*fork, len(r.inputs))
	}
	r.forks[c-r.in0], n.lanes[c].state, n.mixed = f, forking, true
	for _, way := range ways {
		n.wantOut(&r.outputs[way.out], r.out0+way.out, c)
	}
}

// holdBranch gives a branch its channel.
func (n *Network) holdBranch(c, o, vc int32) {
	r, f := n.fork(c)
	f.asks(o, vc).vc = vc
	for _, b := range f.branches {
		if b.way.out == o && b.vc < 0 {
			n.wantOut(&r.outputs[o], r.out0+o, c)
		}
	}
	n.forkReady(c)
}

// forkReady works out anew to which outputs a fork can send.
func (n *Network) forkReady(c int32) {
	r, f := n.fork(c)
	q := n.seatOf[c-r.in0]
	for k := range f.branches {
		b := &f.branches[k]
		out, number := &r.outputs[b.way.out], r.out0+b.way.out
		if n.able(c, b.way.out) != nil {
			n.setReady(out, number, q)
		} else {
			n.unready(out, number, q)
		}
		if b.has(f, n.lanes[c].count) && !n.places[n.lanes[out.lane0+b.vc].next].homeBy(n.now) {
			n.waitCredit(out.lane0 + b.vc)
		}
	}
}

// forwardBranch sends a fork's next flit to an output.
func (n *Network) forwardBranch(c int32, out *output, number int32) {
	n.counts.BufferReads-- // when all branches have it
	b := n.able(c, int32(out.number))
	far := out.lane0 + b.vc
	n.onto(far, flitOf(b.packet, &n.packets[b.packet], b.sent))
	if b.sent++; b.sent == b.flits {
		n.lanes[far].owner = -1
		if !n.config.WaitForTail {
			n.release(out, number, b.vc)
		}
	}
	n.forkPop(c, b.flits)
}

// forkPop takes flits out of the buffer that every branch has, and ends the fork with its tail.
func (n *Network) forkPop(c, flits int32) {
	r, f := n.fork(c)
	l, least := &n.lanes[c], flits
	for _, b := range f.branches {
		least = min(least, b.sent)
	}
	id := n.places[l.first].packet()
	for ; f.popped < least; f.popped++ {
		n.counts.BufferReads++
		l.count--
		n.pop(c)
	}
	n.forkReady(c)
	if f.popped == flits {
		r.forks[c-r.in0], l.state = nil, idle
		n.free = append(n.free, id)
		if l.count > 0 {
			n.heads = append(n.heads, c)
		}
	}
}

// onto puts a flit onto a lane.
func (n *Network) onto(k int32, f flit) {
	far := &n.lanes[k]
	n.places[far.next] = f
	far.next = n.following(far.next)
	if k >= n.nodeLanes {
		n.toNodes++
		n.toNode.put(n.now+n.nodeDelay, k)
		return
	}
	n.toRouter.put(n.now+n.linkDelay, k)
}
