package dram

import "math/bits"

// masks are the banks whose waiting lines of a kind want each command, as bits.
// Owed are those whose row has been opened and has served none yet.
type masks struct{ hit, act, pre, owed uint64 }

// lane is when the next command of a bus can go, and to which banks.
type lane struct {
	due   int64
	banks uint64
}

// offer adds a bank that can be served from cycle t on: a sooner one takes the place
// of all, one as soon joins them. It is half the work of random traffic and its
// outcome cannot be foreseen, so that it is written without branches.
func (l *lane) offer(t int64, bank int) {
	sooner := (t - l.due) >> 63 // all ones, or nothing
	l.due += (t - l.due) & sooner
	l.banks = l.banks&^uint64(sooner) | (uint64(t^l.due)-1)>>63<<(bank&63)
}

// sort notes what a bank's waiting lines of a kind want now.
func (p *frfcfs) sort(kind, b int) {
	l, m, bit := &p.lines[kind][b], &p.masks[kind], uint64(1)<<b
	m.hit, m.act, m.pre, m.owed = m.hit&^bit, m.act&^bit, m.pre&^bit, m.owed&^bit
	if l.hit != none && p.hits[b] == 0 {
		m.owed |= bit
	}
	switch {
	case l.first == none:
	case p.row[b] == closed:
		m.act |= bit
	case l.hit != none && (l.hit == l.first || p.hits[b] < p.cap):
		m.hit |= bit
	case p.hits[b] > 0 || p.lines[1-kind][b].hit == none:
		m.pre |= bit
	}
}

// offer lets a bank take part from cycle t on, as its lines want.
func (p *frfcfs) offer(b int, t int64) {
	m, bit := &p.masks[p.mode], uint64(1)<<b&^p.hold
	switch {
	case m.act&bit != 0:
		p.rows.offer(max(t, p.at(ACT, b)), b)
	case (m.pre|p.parked)&bit != 0:
		p.rows.offer(max(t, p.at(PRE, b)), b)
	}
	if p.served()&bit != 0 {
		p.columns.offer(max(t, p.at(p.column(), b)), b)
	}
}

// column is the command that columns give now.
func (p *frfcfs) column() Kind { return RD + Kind(p.data) }

// served is the banks whose lines columns serve now.
func (p *frfcfs) served() uint64 {
	if p.data != p.mode {
		return p.masks[p.data].owed
	}
	return p.masks[p.data].hit
}

// seekColumns finds the next cycle, t at the earliest, for a column command.
func (p *frfcfs) seekColumns(t int64) {
	k, l := p.column(), lane{due: never}
	for m := p.served() &^ p.hold; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		l.offer(max(t, p.at(k, b)), b)
	}
	p.columns = l
}

// seekRows finds the next cycle, t at the earliest, for a row command.
func (p *frfcfs) seekRows(t int64) {
	w, l := &p.masks[p.mode], lane{due: never}
	for m := w.act &^ p.hold; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		l.offer(max(t, p.at(ACT, b)), b)
	}
	for m := w.pre &^ p.hold; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		l.offer(max(t, p.at(PRE, b)), b)
	}
	p.rows = l
	if p.close {
		p.seekIdleRows(t)
	}
}

// serveColumn issues the read or write of the oldest line that can have it in
// cycle t, and tells whether there was one.
func (p *frfcfs) serveColumn(t int64) bool {
	if t > p.columns.due {
		p.seekColumns(t)
	}
	k, best, oldest := p.column(), -1, never
	for m := p.columns.banks & p.served() &^ p.hold; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		if age := p.all[p.lines[p.data][b].hit].age; age < oldest && p.at(k, b) <= t {
			best, oldest = b, age
		}
	}
	if best < 0 || p.columns.due > t {
		p.seekColumns(t)
		return false
	}
	p.useFirst(best, t)
	p.seekColumns(t + 1)
	p.offer(best, t+1)
	return true
}

// useFirst issues the read or write of a bank's first line for its open row.
func (p *frfcfs) useFirst(b int, t int64) {
	i := p.lines[p.data][b].hit
	p.issue(p.column(), b, p.all[i].row, p.all[i].column, t)
	p.finish(i, t)
	p.resort(b)
}

// finish takes a served line off its list.
func (p *frfcfs) finish(i int32, t int64) {
	s := &p.all[i]
	k := rowKey(s.bank, s.row)
	p.rowsIn[p.data].drop(k)
	p.lines[p.data][s.bank].remove(p.all, i, p.rowsIn[p.data].has(k))
	p.waits[p.data]--
	p.maybe[p.data].drop(s.line)
	if !s.write {
		p.quiet = t
		p.done(Done{Tag: s.tag, Line: s.line, Accepted: s.accepted, Cycle: t + p.spec.read})
	}
	p.give(i)
}

// resort notes what a bank's lines want after its row has changed or been used.
func (p *frfcfs) resort(b int) {
	p.sort(reading, b)
	p.sort(writing, b)
	if p.close {
		p.parked &^= 1 << b
		if p.row[b] != closed && p.lines[reading][b].hit == none && p.lines[writing][b].hit == none {
			p.parked |= 1 << b
		}
	}
}

// serveRow issues the activate or precharge of the oldest line that can have it
// in cycle t; if there is none, the precharge of a row that no line waits for.
func (p *frfcfs) serveRow(t int64) bool {
	if t > p.rows.due {
		p.seekRows(t)
	}
	w := &p.masks[p.mode]
	best, kind, oldest := -1, PRE, never
	for m := p.rows.banks &^ p.hold; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		k, age := PRE, never-1
		switch bit := uint64(1) << b; {
		case w.act&bit != 0:
			k, age = ACT, p.all[p.lines[p.mode][b].first].age
		case w.pre&bit != 0:
			age = p.all[p.lines[p.mode][b].first].age
		case p.parked&bit == 0:
			continue
		}
		if age < oldest && p.at(k, b) <= t {
			best, kind, oldest = b, k, age
		}
	}
	if best < 0 || p.rows.due > t {
		p.seekRows(t)
		return false
	}
	p.sendRow(kind, best, t)
	return true
}

// sendRow issues a row command and finds the next.
func (p *frfcfs) sendRow(k Kind, b int, t int64) {
	p.openOrClose(k, b, t)
	p.seekRows(t + 1)
	p.offer(b, t+1)
}

// openOrClose issues an activate for a bank's oldest line, or a precharge.
func (p *frfcfs) openOrClose(k Kind, b int, t int64) {
	row := p.row[b]
	if k == ACT {
		row = p.all[p.lines[p.mode][b].first].row
	}
	p.issue(k, b, row, 0, t)
	p.reopen(b)
}

// reopen finds the lines that a bank's new open row serves.
func (p *frfcfs) reopen(b int) {
	k := rowKey(int32(b), p.row[b])
	for kind := range p.lines {
		if l := &p.lines[kind][b]; l.first != none {
			l.restart(p.all, p.row[b], p.rowsIn[kind].has(k))
		}
	}
	p.resort(b)
}

// refresh issues the next command of the refresh that waits, if it is ready.
func (p *frfcfs) refresh(t int64) bool {
	if p.ref.ready(p.banks) > t {
		return false
	}
	if k, b := p.ref.issue(p.banks, t); k == PRE {
		p.reopen(b)
	} else {
		p.holdBanks(t)
	}
	return true
}

// holdBanks makes the banks wait that are to be refreshed.
func (p *frfcfs) holdBanks(t int64) {
	p.hold = p.ref.held()
	p.seekColumns(t)
	p.seekRows(t)
}

// seekIdleRows lets the rows be closed that no line waits for.
func (p *frfcfs) seekIdleRows(t int64) {
	for m := p.parked &^ p.hold &^ p.masks[p.mode].pre; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		p.rows.offer(max(t, p.at(PRE, b)), b)
	}
}
