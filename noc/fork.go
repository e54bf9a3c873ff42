package noc

// fork is a multicast packet at the head of a buffer: a copy of each flit goes to
// every branch, each in its own time, and leaves the buffer when the last branch
// has it. The packet fits into the buffer, so no branch ever waits for another.
type fork struct{ branches []branch }

type branch struct {
	way    route
	packet int32 // the copy's slot
	vc     int32 // held channel, -1 while asking
	flits  int32
	sent   int32
	popped int32 // of the fork's flits, how many have left the buffer
}

// may tells whether the branch to output o still asks and may have channel vc.
func (f *fork) may(o, vc int32) bool {
	for i := range f.branches {
		if b := &f.branches[i]; b.way.out == o && b.vc < 0 {
			return b.way.vcs>>vc&1 == 1
		}
	}
	return false
}

// to is the branch to an output.
func (f *fork) to(o int32) *branch {
	for i := range f.branches {
		if f.branches[i].way.out == o {
			return &f.branches[i]
		}
	}
	return nil
}

// split makes a copy of a multicast packet for each way its receivers need. A
// copy for one receiver goes on as a plain packet; one way for all is no fork.
func (n *Network) split(r *router, i int32, p *packet) {
	ways, dsts := n.branches(r.id, p)
	id := r.front(i).packet()
	f := &fork{}
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
func (n *Network) holdBranch(r *router, i, o int32, vc uint8) {
	r.forks[i].to(o).vc = int32(vc)
	n.forkReady(r, i)
}

// forkReady works out anew which branches of a fork can send.
func (n *Network) forkReady(r *router, i int32) {
	b := &r.buffers[i]
	for k := range r.forks[i].branches {
		br := &r.forks[i].branches[k]
		o := br.way.out
		have := br.sent < br.popped+int32(b.count) && br.sent < br.flits
		if br.vc >= 0 && have && r.credits[o*n.vcs+br.vc] > 0 {
			n.setReady(r, i, o)
		} else {
			r.unready(i, o)
		}
	}
}

// forwardBranch sends a fork's next flit to one of its branches.
func (n *Network) forwardBranch(r *router, i, o int32) {
	br := r.forks[i].to(o)
	flits := br.flits
	k := o*n.vcs + br.vc
	r.credits[k]--
	n.onto(r, o, flitOf(br.packet, br.sent, flits), br.vc)
	if br.sent++; br.sent == flits {
		r.owner[k] = -1
		if !n.config.WaitForTail {
			n.vacate(r, o, uint8(br.vc))
		}
	}
	n.forkPop(r, i, flits)
}

// forkPop takes flits out of the buffer that every branch has, and ends the fork with its tail.
func (n *Network) forkPop(r *router, i, flits int32) {
	f, least := r.forks[i], flits
	for _, br := range f.branches {
		least = min(least, br.sent)
	}
	id, popped := r.front(i).packet(), f.branches[0].popped
	for ; popped < least; popped++ {
		n.pop(r, i)
	}
	for k := range f.branches {
		f.branches[k].popped = popped
	}
	n.forkReady(r, i)
	if popped == flits {
		r.forks[i], r.buffers[i].state = nil, idle
		n.free = append(n.free, id)
		if r.buffers[i].count > 0 {
			n.head(r, i)
		}
	}
}
