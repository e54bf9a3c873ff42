package dram

import "math/bits"

// scan finds the next cycle, t at the earliest, in which a command can be issued,
// and the banks whose commands can.
func (p *dramsim3) scan(t int64) {
	due, ready := p.ref.ready(p.banks), uint64(0)
	due = max(due, t)
	for m := p.waiting &^ p.blocked; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		d := max(p.bankDue(b), t)
		if d < due {
			due, ready = d, 0
		}
		if d == due {
			ready |= 1 << b
		}
	}
	p.due, p.ready = due, ready
}

// block makes the queues of the rank that is refreshed next wait.
func (p *dramsim3) block() {
	p.blocked = 0
	if p.ref.waiting() {
		p.blocked = p.ref.target()
	}
}

// command issues what can be issued in cycle t: one command, or with buses for
// rows and columns, two of which one is a read or write. A second command of the
// kind of the first is not issued, but its bank has had its turn.
func (p *dramsim3) command(t int64) {
	first := p.refresh(t)
	if first == kinds {
		first = p.serve(t, nil)
	}
	if first == kinds {
		p.scan(t + 1)
		return
	}
	if p.dual {
		if p.scan(t); p.due == t {
			p.serve(t, &first)
		} else {
			return
		}
	}
	p.scan(t + 1)
}

func (k Kind) column() bool { return k == RD || k == WR }

// refresh issues the next command of a waiting refresh, if it is ready.
func (p *dramsim3) refresh(t int64) Kind {
	if !p.ref.waiting() || p.ref.ready(p.banks) > t {
		return kinds
	}
	k, b := p.ref.issue(p.banks, t)
	if k == PRE {
		p.queues[b].restart(closed)
		p.queues[b].wish(closed, 0)
	} else {
		p.block()
	}
	return k
}

// serve issues the command of the first bank in turn that has one ready. After a
// first command, one of the same kind, row or column, is passed over.
func (p *dramsim3) serve(t int64, first *Kind) Kind {
	for p.ready != 0 {
		b := p.nextInTurn(p.ready)
		k, at := p.choose(b, t)
		if k == kinds {
			p.ready &^= 1 << b
			continue
		}
		p.turn = b
		if first != nil && k.column() == first.column() {
			return kinds
		}
		p.send(k, b, at, t)
		return k
	}
	return kinds
}

// nextInTurn is the first of the given banks after the one served last.
func (p *dramsim3) nextInTurn(ready uint64) int {
	if after := ready &^ (1<<(p.turn+1) - 1); after != 0 {
		return bits.TrailingZeros64(after)
	}
	return bits.TrailingZeros64(ready)
}

// choose is the command of the first line of a bank's queue that has one ready,
// and the line's index.
func (p *dramsim3) choose(b int, t int64) (Kind, int) {
	q := &p.queues[b]
	best, index := kinds, len(q.slot)
	for w := q.want; w != 0; w &= w - 1 {
		k := Kind(bits.TrailingZeros8(w))
		if p.at(k, b) > t {
			continue
		}
		if i := q.index(k); i < index {
			best, index = k, i
		}
	}
	return best, index
}

// send issues a command for the line at an index of a bank's queue.
func (p *dramsim3) send(k Kind, b, at int, t int64) {
	q := &p.queues[b]
	i := q.slot[at]
	s := &p.all[i]
	p.issue(k, b, s.row, s.column, t)
	switch k {
	case ACT:
		q.restart(s.row)
	case PRE:
		q.restart(closed)
	default:
		p.finish(i, t)
		p.moving = true
		q.remove(at)
		p.full &^= 1 << b
		if q.n == 0 {
			p.waiting &^= 1 << b
		}
	}
	q.wish(p.row[b], p.hits[b])
}

// finish reports the reads that a line's data serve, and frees their slots.
func (p *dramsim3) finish(i int32, t int64) {
	if p.all[i].write {
		p.writing.drop(p.all[i].line)
		p.give(i)
		return
	}
	p.reading.drop(p.all[i].line)
	for i != none {
		s := &p.all[i]
		p.done(Done{Tag: s.tag, Line: s.line, Accepted: s.accepted, Cycle: t + p.spec.read})
		after := s.next
		p.give(i)
		i = after
	}
}
