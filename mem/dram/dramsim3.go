package dram

import "math/bits"

// dramsim3 is the controller of the simulator of that name, cycle for cycle:
//
//	          read queue 32 ──┐ one line a cycle, the    ┌─ bank queue 8 ─┐
//	lines ──▶                 ├─ first whose bank queue ─┼─ bank queue 8 ─┼─▶ one command a cycle,
//	          write queue 32 ─┘ has room                 └─ bank queue 8 ─┘   banks in turn
//
// A bank's queue gives the first of its lines whose next command is ready; a row
// is closed for its first line when no line waits for the open row, or after four.
// Writes are drained as a whole once their queue is full, or holds more than eight
// while all bank queues are empty. A refresh that is due closes its rank's rows and
// comes before everything else; its rank's queues wait.
type dramsim3 struct {
	*banks
	slots
	done    func(Done)
	depth   int
	reads   lineQueue
	writes  lineQueue
	reading *lineTable
	writing *lineTable
	drain   int // writes left to move in the present drain
	queues  []bankQueue
	waiting uint64 // banks whose queue is not empty
	full    uint64 // banks whose queue has no room
	turn    int    // the bank whose queue was served last
	ref     refresher
	blocked uint64 // banks that wait for a refresh
	due     int64  // the next cycle in which a command can be issued
	ready   uint64 // the banks whose command can be issued then
	moving  bool   // the next cycle may move a line to a bank queue
	stuck   bool   // nothing moves until a command has been issued
	dual    bool
}

// hitCap is how many accesses an open row gets while others wait for the bank.
const hitCap = 4

// drainAbove is how many writes are worth draining when the banks have nothing else to do.
const drainAbove = 8

func newDRAMsim3(b *banks, c Config, done func(Done)) (*dramsim3, error) {
	ref, err := newRefresher(b, c.Refresh == "bank")
	n := len(b.row)
	p := &dramsim3{banks: b, done: done, depth: c.BankQueue, dual: b.spec.part.Standard.DualIssue,
		slots: newSlots(2*c.Queue + n*c.BankQueue), queues: make([]bankQueue, n),
		reads: newLineQueue(c.Queue), writes: newLineQueue(c.Queue),
		reading: newLineTable(c.Queue + n*c.BankQueue), writing: newLineTable(c.Queue + n*c.BankQueue),
		ref: ref, due: never}
	return p, err
}

// room tells whether a line can be taken in.
func (p *dramsim3) room(_ int64, write bool) bool {
	if write {
		return !p.writes.full()
	}
	return !p.reads.full()
}

// accept takes a line in after cycle t. Writes are posted; a read of a line that
// waits to be written gets its data at once; a read of a line that is being read
// shares its data.
func (p *dramsim3) accept(line, tag int64, write bool, t int64) {
	p.count.Accepted++
	if p.writing.n > 0 && p.writing.get(line) != none {
		if write {
			p.count.Merged++
		} else {
			p.count.Forwarded++
		}
		p.done(Done{Tag: tag, Line: line, Accepted: t, Cycle: t + 2, Write: write})
		return
	}
	i := p.take()
	at := p.spec.mapping.find(line)
	p.all[i] = slot{line: line, tag: tag, accepted: t, row: at.row, column: at.column, bank: at.bank, next: none, write: write}
	if write {
		p.writing.put(line, i)
		p.writes.push(i, at.bank)
		p.done(Done{Tag: tag, Line: line, Accepted: t, Cycle: t + 2, Write: true})
	} else if first := p.reading.get(line); first != none {
		p.count.Merged++
		p.all[i].next = p.all[first].next
		p.all[first].next = i
		return
	} else {
		p.reading.put(line, i)
		p.reads.push(i, at.bank)
	}
	p.moving, p.stuck = true, false
}

// step is one cycle.
func (p *dramsim3) step(t int64) {
	if t >= p.ref.due {
		p.ref.tick(t)
		p.block()
		p.scan(t)
	}
	if t >= p.due {
		p.command(t)
	}
	if p.moving {
		p.schedule(t)
	}
}

// next is the first cycle after t in which something can happen.
func (p *dramsim3) next(t int64) int64 {
	if p.moving {
		return t + 1
	}
	return min(p.due, p.ref.due)
}

// left is the lines that have not been served.
func (p *dramsim3) left() (reads, writes int) { return p.reading.n, p.writing.n }

// schedule moves one line from the queue of its kind to that of its bank.
func (p *dramsim3) schedule(t int64) {
	before := p.drain
	if p.drain == 0 && (p.writes.full() || p.writes.n > drainAbove && p.waiting == 0) {
		p.drain = p.writes.n
	}
	q := &p.reads
	if p.drain > 0 {
		q = &p.writes
	}
	at := q.first(p.full)
	if at < 0 {
		p.moving = p.drain != before
		return
	}
	i := q.slot[at]
	if s := &p.all[i]; s.write {
		if p.reading.n > 0 && p.reading.get(s.line) != none {
			p.drain = 0
			p.moving, p.stuck = before != 0, true
			return
		}
		p.drain--
	}
	q.remove(at)
	p.enqueue(i, t)
	p.moving = p.movable()
}

// movable tells whether the next cycle has a line to move.
func (p *dramsim3) movable() bool {
	if p.drain > 0 || p.writes.full() || p.writes.n > drainAbove && p.waiting == 0 {
		return p.writes.banks&^p.full != 0
	}
	return p.reads.banks&^p.full != 0
}

// enqueue puts a line at the end of its bank's queue.
func (p *dramsim3) enqueue(i int32, t int64) {
	s := &p.all[i]
	b := int(s.bank)
	q := &p.queues[b]
	q.push(i, s.row, s.write, p.row[b])
	p.waiting |= 1 << b
	if q.n == p.depth {
		p.full |= 1 << b
	}
	q.wish(p.row[b], p.hits[b])
	if p.blocked>>b&1 == 0 {
		switch d := max(p.bankDue(b), t+1); {
		case d < p.due:
			p.due, p.ready = d, 1<<b
		case d == p.due:
			p.ready |= 1 << b
		}
	}
}

// bankDue is the first cycle in which a bank's queue has a command ready.
func (p *dramsim3) bankDue(b int) int64 {
	due := never
	for w := p.queues[b].want; w != 0; w &= w - 1 {
		due = min(due, p.at(Kind(bits.TrailingZeros8(w)), b))
	}
	return due
}

// stream does nothing: lines go through the queues of this controller one by one.
func (p *dramsim3) stream(_ *Request, t, _ int64) (n, last int64) { return 0, t }
