package dram

import "math/bits"

// streamer knows how a run of lines lies in the banks, so that a stream which only
// hits open rows can be advanced in one step:
//
//	queue, full, oldest first            port
//	n  n+1  n+2  …  n+63                 n+64  n+65  …       all in open rows
//	└─▶ one command every period cycles, and in its cycle one line in from the port
//
// The lines are in one row, or go round the groups with one row open in each.
type streamer struct {
	turns  int        // banks the run goes round; 0: it does not lie so
	span   int64      // lines until a row changes
	period [2]int64   // between commands, by kind
	apart  [2]int64   // between commands to one bank, by kind
	order  []int32    // the slots of the queue, oldest first
	old    []accepted // what is known of their lines
}

// accepted is what a line's completion needs of its request.
type accepted struct{ tag, at, age int64 }

// shortest is the shortest run that is worth looking at.
const shortest = 16

func newStreamer(s *spec, queue int) (st streamer) {
	m := &s.mapping
	st.span = 1
	groups, columns := int64(m.shape.Groups), int64(m.shape.Columns())
	switch {
	case m.column.shift == 0:
		st.turns, st.span = 1, columns
	case m.group.shift == 0 && int(m.column.shift) == bits.Len64(uint64(groups))-1:
		st.turns, st.span = int(groups), groups*columns
	}
	for kind := range 2 {
		k := RD + Kind(kind)
		for _, e := range s.edges[k] {
			if e.to == k {
				st.apart[kind] = max(st.apart[kind], e.delay)
				if e.at == Rank || st.turns == 1 {
					st.period[kind] = max(st.period[kind], e.delay)
				}
			}
		}
		if int64(st.turns)*st.period[kind] < st.apart[kind] {
			st.turns = 0
		}
	}
	st.order, st.old = make([]int32, queue), make([]accepted, queue)
	return st
}

// stream advances what the queue and the request at the port form, if it is simple
// enough to need no choice, in cycles after t and before until. It gives the number
// of lines taken in and the last cycle in which something happened.
func (p *frfcfs) stream(r *Request, t, until int64) (n, last int64) {
	if n, last = p.flowing(r, t, until); n > 0 {
		return n, last
	}
	if n, last = p.crossing(r, t, until); last > t {
		return n, last
	}
	return p.lone(r, t, until)
}

// flowing advances the stream that the queue and the request at the port form, in
// cycles after t and before until, and gives the number of lines taken in and the
// last cycle. It does nothing where they do not form one.
func (p *frfcfs) flowing(r *Request, t, until int64) (n, last int64) {
	kind := reading
	if r.Write {
		kind = writing
	}
	st, first := &p.run, r.Line-int64(p.limit[kind])
	if end := min(until, p.ref.due, t+st.span*st.period[kind]); end-t < shortest*st.period[kind] || r.Line%st.span > st.span-shortest {
		return 0, t
	}
	if first < 0 || !p.streaming(r, kind, t) || first/st.span != (r.Line-1)/st.span || !p.gather(kind, first, p.masks[kind].hit) {
		return 0, t
	}
	start, ok := p.steady(kind, t)
	if !ok {
		return 0, t
	}
	period := st.period[kind]
	n = min(r.Count, (first/st.span+1)*st.span-r.Line, (min(until, p.ref.due)-start+period-1)/period)
	if n = n / int64(st.turns) * int64(st.turns); n < shortest {
		return 0, t
	}
	p.flow(kind, r, first, start, n)
	p.refill(kind, r, first, start, n)
	p.seekColumns(start + (n-1)*period + 1)
	return n, start + (n-1)*period
}

// streaming tells whether there may be a stream: a full queue of one kind, all of
// it for open rows, and more of the kind at the port.
func (p *frfcfs) streaming(r *Request, kind int, t int64) bool {
	w := &p.masks[kind]
	return p.run.turns > 0 && r.Stride == 1 && r.Count >= shortest && r.At <= t && p.steadily(kind) && w.act|w.pre == 0 && bits.OnesCount64(w.hit) == p.run.turns
}

// gather lists the slots of the queue's lines for some banks, and tells whether they hold those from first on.
func (p *frfcfs) gather(kind int, first int64, banks uint64) bool {
	st := &p.run
	for i := range st.order {
		st.order[i] = none
	}
	for m := banks; m != 0; m &= m - 1 {
		for i := p.lines[kind][bits.TrailingZeros64(m)].first; i != none; i = p.all[i].next {
			at := p.all[i].line - first
			if at < 0 || at >= int64(p.limit[kind]) || st.order[at] != none {
				return false
			}
			st.order[at], st.old[at] = i, accepted{p.all[i].tag, p.all[i].accepted, p.all[i].age}
		}
	}
	for i := 1; i < p.limit[kind]; i++ {
		if p.all[st.order[i]].age <= p.all[st.order[i-1]].age {
			return false
		}
	}
	return true
}

// steady tells whether the oldest line is ready, in which cycle, and each bank
// after it in its turn, and that no younger line is ready before.
func (p *frfcfs) steady(kind int, t int64) (start int64, ok bool) {
	k, st := RD+Kind(kind), &p.run
	oldest := p.all[st.order[0]].bank
	start = max(t+1, p.at(k, int(oldest)))
	for i := range st.turns {
		s := &p.all[st.order[i]]
		if s.row != p.row[s.bank] || p.at(k, int(s.bank)) > start+int64(i)*st.period[kind] {
			return 0, false
		}
	}
	return start, st.turns == 1 || p.where[oldest].at[Rank][k] == start
}

// flow issues n commands from cycle start on, and takes in a line with each. Only
// the last command to each bank leaves a shadow that lasts.
func (p *frfcfs) flow(kind int, r *Request, first, start, n int64) {
	k, st := RD+Kind(kind), &p.run
	for j := range n {
		c := start + j*st.period[kind]
		if last := j >= n-int64(st.turns); last || p.sink != nil {
			at := p.spec.mapping.find(first + j)
			if last {
				p.shadow(k, int(at.bank), c)
			}
			if p.sink != nil {
				p.tell(k, int(at.bank), at.row, at.column, c)
			}
		}
		if kind == writing {
			p.done(Done{Tag: r.Tag, Line: r.Line + j, Accepted: c, Cycle: c + 2, Write: true})
			continue
		}
		from := p.lineage(r, start, j)
		p.done(Done{Tag: from.tag, Line: first + j, Accepted: from.at, Cycle: c + p.spec.read})
	}
	for i := range st.turns {
		b := p.all[st.order[i]].bank
		p.use(k, int(b), int32(n/int64(st.turns)))
		p.resort(int(b))
	}
	p.count.Accepted += n
}

// lineage is where line j after the oldest came from: the queue, or the request,
// whose lines have come in with the commands.
func (p *frfcfs) lineage(r *Request, start, j int64) accepted {
	kind := reading
	if r.Write {
		kind = writing
	}
	if j < int64(p.limit[kind]) {
		return p.run.old[j]
	}
	return accepted{tag: r.Tag, at: start + (j-int64(p.limit[kind]))*p.run.period[kind]}
}

// refill puts the lines into the queue's slots that are there after n commands. As
// n is a whole number of turns, each slot stays in its bank's list.
func (p *frfcfs) refill(kind int, r *Request, first, start, n int64) {
	for i, at := range p.run.order[:p.limit[kind]] {
		s := &p.all[at]
		p.maybe[kind].drop(s.line)
		from := p.lineage(r, start, n+int64(i))
		s.line, s.tag, s.accepted, s.age = first+n+int64(i), from.tag, from.at, s.age+n
		s.column = p.spec.mapping.find(s.line).column
		p.maybe[kind].add(s.line)
	}
	p.age += n
}
