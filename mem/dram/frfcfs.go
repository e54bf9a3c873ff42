package dram

// frfcfs is our controller: first ready, first come, first served.
//
//	lines ─▶ reads  ┌ bank 0 ─ bank 1 ─ …  64 ┐   mode    columns: the oldest line whose row is open
//	         writes └ bank 0 ─ bank 1 ─ …  64 ┘ ─ R or W ─▶ rows:    the oldest line whose row is not
//
// In a cycle a column command goes first; where rows have a bus of their own, a
// row command may go with it. A row is closed when nothing of the present mode waits for it, or
// once it has served cap lines while an older line waits. Reads are served until
// writes reach the upper watermark or no read has waited for idle cycles; writes until the lower
// one, if reads wait; rows that have been opened serve a line before the columns turn too. A refresh that is due closes the rows of its rank or bank, which serve
// nothing until it is done. A read of a line that waits to be written takes the
// data from the queue; a write waits at the port while an older read of its line waits.
type frfcfs struct {
	*banks
	slots
	done    func(Done)
	limit   [2]int // lines that wait, of reads and of writes
	high    int32
	low     int32
	idle    int64 // cycles without a read to serve after which fewer writes go too
	quiet   int64 // the cycle of the latest read
	cap     int32
	dual    bool
	close   bool // close a row as soon as no line waits for it
	lines   [2][]bankList
	waits   [2]int32  // lines that wait, by kind
	maybe   [2]filter // which lines may be among them
	rowsIn  [2]filter // which rows they may want
	mode    int       // which lines rows are opened for: reading or writing
	data    int       // which lines columns serve: that, or before a turn the other's last
	age     int64     // lines taken in so far
	masks   [2]masks
	hold    uint64 // banks that wait for a refresh
	ref     refresher
	columns lane
	rows    lane
	run     streamer
	parked  uint64 // closed pages: open rows that no line waits for
}

const (
	reading = 0
	writing = 1
)

func newFRFCFS(b *banks, c Config, done func(Done)) (*frfcfs, error) {
	ref, err := newRefresher(b, c.Refresh == "bank")
	n := len(b.row)
	p := &frfcfs{banks: b, done: done, limit: [2]int{c.Queue, c.Writes}, slots: newSlots(c.Queue + c.Writes),
		high: int32(c.High), low: int32(c.Low), idle: int64(c.Idle), quiet: -int64(c.Idle), cap: int32(c.Cap), dual: b.spec.part.Standard.DualIssue,
		close: c.Page == "closed", ref: ref, run: newStreamer(b.spec, max(c.Queue, c.Writes)), columns: lane{due: never}, rows: lane{due: never}}
	for k := range p.lines {
		p.lines[k] = make([]bankList, n)
		for i := range p.lines[k] {
			p.lines[k][i] = bankList{first: none, last: none, hit: none}
		}
	}
	return p, err
}

// room tells whether a line can be taken in.
func (p *frfcfs) room(line int64, write bool) bool {
	if !write {
		return int(p.waits[reading]) < p.limit[reading]
	}
	return int(p.waits[writing]) < p.limit[writing] && (!p.maybe[reading].has(line) || p.find(reading, line) == none)
}

// find is the slot of a waiting line, or none.
func (p *frfcfs) find(kind int, line int64) int32 {
	at := p.spec.mapping.find(line)
	for i := p.lines[kind][at.bank].first; i != none; i = p.all[i].next {
		if p.all[i].line == line {
			return i
		}
	}
	return none
}

// accept takes a line in after cycle t.
func (p *frfcfs) accept(line, tag int64, write bool, t int64) {
	p.count.Accepted++
	waits := p.maybe[writing].has(line) && p.find(writing, line) != none
	if waits || write {
		p.done(Done{Tag: tag, Line: line, Accepted: t, Cycle: t + 2, Write: write})
	}
	if waits {
		if write {
			p.count.Merged++
		} else {
			p.count.Forwarded++
		}
		return
	}
	kind := reading
	if write {
		kind = writing
	}
	p.append(kind, line, tag, t)
}

// append puts a line at the end of its bank's list.
func (p *frfcfs) append(kind int, line, tag, t int64) {
	i := p.take()
	at := p.spec.mapping.find(line)
	l := &p.lines[kind][at.bank]
	p.all[i] = slot{line: line, tag: tag, accepted: t, age: p.age, row: at.row, column: at.column, bank: at.bank, next: none, prev: l.last, write: kind == writing}
	p.age++
	p.maybe[kind].add(line)
	p.rowsIn[kind].add(rowKey(at.bank, at.row))
	p.waits[kind]++
	if l.push(p.all, i, p.row[at.bank]) {
		p.resort(int(at.bank))
		p.offer(int(at.bank), t+1)
	}
}

// turn changes from reads to writes and back before cycle t.
func (p *frfcfs) turn(t int64) {
	r, w := p.waits[reading], p.waits[writing]
	switch {
	case p.mode == writing && (w == 0 || r > 0 && w <= p.low):
		p.mode = reading
	case p.mode == reading && (w >= p.high || r == 0 && w > 0 && t >= p.quiet+p.idle):
		p.mode = writing
	case p.data == p.mode || p.masks[p.data].owed != 0:
		return
	}
	if p.masks[p.data].owed == 0 {
		p.data = p.mode
	}
	p.seekColumns(t)
	p.seekRows(t)
}

// step is one cycle.
func (p *frfcfs) step(t int64) {
	if t >= p.ref.due {
		p.ref.tick(t)
		p.holdBanks(t)
	}
	row := p.ref.waiting() && p.refresh(t)
	if row && !p.dual {
		return
	}
	column := t >= p.columns.due && p.serveColumn(t)
	if t >= p.rows.due && !row && (p.dual || !column) {
		p.serveRow(t)
	}
}

// next is the first cycle after t in which something can happen.
func (p *frfcfs) next(t int64) int64 {
	p.turn(t + 1)
	due := min(p.columns.due, p.rows.due, p.ref.due, p.ref.ready(p.banks))
	if p.mode == reading && p.waits[reading] == 0 && p.waits[writing] > 0 {
		due = min(due, p.quiet+p.idle-1)
	}
	return max(t+1, due)
}

// left is the lines that have not been served.
func (p *frfcfs) left() (reads, writes int) { return int(p.waits[reading]), int(p.waits[writing]) }
