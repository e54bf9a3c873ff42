package dram

import "math/bits"

// crossing advances a stream whose queue reaches from one set of open rows into the
// next, while the rows ahead are opened behind the columns' backs:
//
//	columns  RD n   RD n+1   RD n+2 …      the oldest line, in an open row, each as soon as the rank allows
//	rows        PRE   ACT       PRE  ACT   for the oldest line whose row is not open
//	port     a line in with every column command
//
// As long as the oldest line is as soon as any could be, it is the one served, and
// the queue stays a run of lines: there is nothing to look for. It goes on in cycles
// after t and before until, and gives the lines taken in and the last cycle.
func (p *frfcfs) crossing(r *Request, t, until int64) (n, last int64) {
	kind := reading
	if r.Write {
		kind = writing
	}
	st, first, end := &p.run, r.Line-int64(p.limit[kind]), min(until, p.ref.due)
	if st.turns < 2 || st.span <= int64(p.limit[kind]) || r.Stride != 1 || r.Count < shortest || r.At > t || first < 0 || end-t < shortest*st.period[kind] || !p.steadily(kind) {
		return 0, t
	}
	k, w := RD+Kind(kind), &p.masks[kind]
	b, youngest := int(p.spec.mapping.find(first).bank), int(p.spec.mapping.find(r.Line-1).bank)
	if w.hit>>b&1 == 0 || p.rankOf(b) != p.rankOf(youngest) || !p.prompt(k, b, t) || !p.gather(kind, first, w.hit|w.act|w.pre) {
		return 0, t
	}
	c := crosser{frfcfs: p, kind: kind, column: k, request: r, first: first, last: t, rows: w.act | w.pre}
	if !c.lookAhead() {
		return 0, t
	}
	for c.n < r.Count && c.cycle(end) {
	}
	if c.n > 0 {
		p.restock(kind, first, c.n)
	}
	if c.last > t {
		p.settle(kind)
		p.seekColumns(c.last + 1)
		p.seekRows(c.last + 1)
	}
	return c.n, c.last
}

// prompt tells whether a bank can have a column command after cycle t as soon as
// any bank of its rank can.
func (p *frfcfs) prompt(k Kind, b int, t int64) bool {
	return p.at(k, b) <= max(t+1, p.where[b].at[Rank][k])
}

// crosser is a stream on its way across rows.
type crosser struct {
	*frfcfs
	kind    int
	column  Kind
	request *Request
	first   int64  // oldest line at the start
	n       int64  // lines served, and taken in, since
	last    int64  // cycle in which something happened
	rows    uint64 // banks whose lines wait for a row,
	ahead   int64  // and the first of those lines
}

// lookAhead finds the first line that waits for a row; it tells whether all that do
// are among the first of their rows, one after another, in banks that nothing else waits for.
func (c *crosser) lookAhead() bool {
	all, waits := true, uint64(0)
	for i, at := range c.run.order[:c.limit[c.kind]] {
		s := &c.all[at]
		if s.row == c.row[s.bank] {
			continue
		}
		if all {
			all, c.ahead = false, c.first+int64(i)
		}
		if c.rows>>s.bank&1 == 0 || c.lines[c.kind][s.bank].hit != none {
			return false
		}
		if c.first+int64(i) < c.ahead+int64(c.run.turns) {
			waits |= 1 << s.bank
		}
	}
	return waits == c.rows
}

// cycle goes to the next cycle in which something happens; it tells whether there
// was one before end in which the stream goes on as it does.
func (c *crosser) cycle(end int64) bool {
	at := c.spec.mapping.find(c.first + c.n)
	b := int(at.bank)
	if c.row[b] != at.row || !c.prompt(c.column, b, c.last) || !c.fits() {
		return false
	}
	t := max(c.last+1, c.at(c.column, b))
	row := c.nextRow()
	served := t <= row
	if t = min(t, row); t >= end {
		return false
	}
	if served {
		c.issue(c.column, b, at.row, at.column, t)
	}
	if row <= t && (c.dual || !served) {
		c.serveRowAt(t)
	}
	if served {
		c.take(at, t)
	}
	c.last = t
	return true
}

// fits tells whether the next line at the port can be taken in: where it begins
// new rows they must be in other banks than those at hand, and in the same rank.
func (c *crosser) fits() bool {
	line, turns, m := c.request.Line+c.n, int64(c.run.turns), &c.spec.mapping
	into := line % c.run.span
	if into >= turns {
		return true
	}
	here := m.find(line).bank
	for i := range turns {
		before := m.find(line - into - 1 - i).bank
		if here == before || c.rankOf(int(here)) != c.rankOf(int(before)) {
			return false
		}
	}
	return true
}

// rowCommand is what a bank whose lines wait for a row wants.
func (c *crosser) rowCommand(b int) Kind {
	if c.row[b] == closed {
		return ACT
	}
	return PRE
}

// nextRow is the next cycle for a row command.
func (c *crosser) nextRow() int64 {
	due := never
	for m := c.rows; m != 0; m &= m - 1 {
		b := bits.TrailingZeros64(m)
		due = min(due, max(c.last+1, c.at(c.rowCommand(b), b)))
	}
	return due
}

// serveRowAt issues the row command of the oldest line that can have one in a cycle.
// Lines that wait for rows follow each other round the groups from the first on.
func (c *crosser) serveRowAt(t int64) {
	end := min(c.ahead+int64(c.run.turns), c.first+c.n+int64(c.limit[c.kind]))
	for line := c.ahead; line < end; line++ {
		at := c.spec.mapping.find(line)
		b := int(at.bank)
		if c.rows>>b&1 == 0 || c.at(c.rowCommand(b), b) > t {
			continue
		}
		k, row := c.rowCommand(b), c.row[b]
		if k == ACT {
			row = at.row
			c.rows &^= 1 << b
		}
		c.issue(k, b, row, 0, t)
		return
	}
}

// take reports the line that has been served, of a read, and takes one in.
func (c *crosser) take(at place, t int64) {
	r, line := c.request, c.request.Line+c.n
	old := &c.run.old[c.n%int64(c.limit[c.kind])]
	if c.kind == reading {
		c.done(Done{Tag: old.tag, Line: c.first + c.n, Accepted: old.at, Cycle: t + c.spec.read})
	} else {
		c.done(Done{Tag: r.Tag, Line: line, Accepted: t, Cycle: t + 2, Write: true})
	}
	*old = accepted{r.Tag, t, c.age}
	c.age++
	c.count.Accepted++
	c.n++
	if in := c.spec.mapping.find(line); c.row[in.bank] != in.row {
		if c.rows == 0 {
			c.ahead = line
		}
		c.rows |= 1 << in.bank
	}
}

// restock puts the lines into the queue that are there after n have been served.
func (p *frfcfs) restock(kind int, first, n int64) {
	st := &p.run
	for _, i := range st.order[:p.limit[kind]] {
		s := &p.all[i]
		p.maybe[kind].drop(s.line)
		p.rowsIn[kind].drop(rowKey(s.bank, s.row))
		p.lines[kind][s.bank] = bankList{first: none, last: none, hit: none}
	}
	for i, to := range st.order[:p.limit[kind]] {
		line := first + n + int64(i)
		at, old := p.spec.mapping.find(line), &st.old[(n+int64(i))%int64(p.limit[kind])]
		l := &p.lines[kind][at.bank]
		p.all[to] = slot{line: line, tag: old.tag, accepted: old.at, age: old.age, row: at.row, column: at.column, bank: at.bank,
			next: none, prev: l.last, write: kind == writing}
		p.maybe[kind].add(line)
		p.rowsIn[kind].add(rowKey(at.bank, at.row))
		l.push(p.all, to, p.row[at.bank])
	}
}

// settle notes what all banks want of which lines of a kind wait or have waited.
func (p *frfcfs) settle(kind int) {
	for b := range p.row {
		l := &p.lines[kind][b]
		l.restart(p.all, p.row[b], true)
		p.resort(b)
	}
}
