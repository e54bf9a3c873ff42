package mapping

import (
	"nnsim/unit"
)

// pace reckons how long a nest takes by following its loads, folds, drains and
// stores through the units one after another, each unit a time at which it is next
// free. It knows what the machine's units know of one another (slots, banks, what is
// held), and of the memory a bandwidth, a latency and a turnaround. Long runs of like
// tiles are followed for a few and taken to go on so.
type pace struct {
	t *Target
	n *Nest

	rows, cols, chans, reds part
	images                  int          // pixels that each unit of rows stands for
	works                   [1 << 4]work // by which of rows, cols, chans and reds is the last of its loop
	tail                    float64
	aDistance, bDistance    int // different tiles between two uses of one
	held                    bool

	// When each is free next.
	memory, issued, stream, taken, vector float64
	writes                                bool // the memory's last transfer was a store
	a, b, x                               slotTimes
	flying                                slotTimes // ends of loads on their way
	drained                               [2]float64
	pending                               [2]float64 // when stores may begin; 0: none
	size                                  [2]float64 // and what they take of the memory
	out                                   [2]float64 // when the slots of results are empty
	tiles                                 int
	end                                   float64
}

// work is what one stationary tile of an output tile takes of each unit, in edges.
type work struct {
	folds, length, pitch, chase float64
	loadA, loadB, extra, stored float64 // of the memory
	portA, portB                float64 // of the buffer's port
	drain                       float64
}

// slotTimes is when the slots of a ring are free.
type slotTimes struct {
	count, next int
	free        [mostSlots]float64
}

// mostSlots of a ring are told apart; a larger one behaves as one of so many.
const mostSlots = 64

func (s *slotTimes) reset(count int) {
	s.count, s.next = max(1, min(count, mostSlots)), 0
	clear(s.free[:s.count])
}

// take is the next slot.
func (s *slotTimes) take() int {
	i := s.next
	if s.next++; s.next == s.count {
		s.next = 0
	}
	return i
}

// How many like tiles are followed before the rest is taken to go on so.
const (
	outerFollowed = 6
	innerFollowed = 10
	partsFollowed = 12
	longestPeriod = 12
)

// time is what a nest takes, in cycles, with the layer's last results stored.
func (p *pace) time(c *cutter, n *Nest) float64 {
	p.begin(c, n)
	outer, inner := n.RowTiles(), n.ColTiles()
	if n.Order == ColsOuter {
		outer, inner = inner, outer
	}
	groups := n.Space.Batch * n.Packs()
	outerPeriod, innerPeriod := p.rows.count, p.cols.count
	if n.Order == ColsOuter {
		outerPeriod, innerPeriod = innerPeriod, outerPeriod
	}
	p.repeat(groups*outer, outerFollowed, outerPeriod, func(o int) {
		p.repeat(inner, innerFollowed, innerPeriod, func(i int) { p.tile(o%outer == 0, o%outer, i) })
	})
	p.flush()
	return p.end
}

// part is a loop cut into tiles: so many, each of full length but the last.
type part struct{ count, full, last int }

func cut(all, tile int) part {
	tile = min(tile, all)
	count := unit.CeilDiv(all, tile)
	return part{count, tile, all - (count-1)*tile}
}

// size is the length of a tile.
func (p part) size(last bool) int {
	if last {
		return p.last
	}
	return p.full
}

// begin takes the numbers of a nest.
func (p *pace) begin(c *cutter, n *Nest) {
	t, s := &c.target, &n.Space
	p.t, p.n = t, n
	p.cols, p.chans, p.images = cut(s.K*n.Pack, n.Cols), cut(s.C*n.Pack, n.Chans), 1
	switch {
	case n.Pixels < s.OW:
		p.rows = cut(s.OW, n.Pixels)
	case n.Pixels < s.OH*s.OW:
		p.rows = cut(s.OH*s.OW, n.Pixels)
	default:
		p.rows, p.images = cut(s.Images, n.Images), s.OH*s.OW
	}
	p.reds = cut(p.chans.full*s.R*s.S, n.Red)
	p.tail = float64(t.Rows + t.Cols)
	if t.Dataflow == OS {
		p.tail += float64(t.Rows)
	}
	for i := range p.works {
		p.works[i] = p.measure(c, i&1 > 0, i&2 > 0, i&4 > 0, i&8 > 0)
	}
	p.aDistance, p.bDistance = p.chans.count, p.chans.count*p.reds.count
	if n.Order == ColsOuter {
		p.aDistance *= n.RowTiles()
	} else {
		p.bDistance *= p.cols.count
	}
	p.held = t.Dataflow == WS && p.bDistance == 1 && p.works[0].folds == 1
	p.reset()
}

// measure is the work of one stationary tile, whole or the last of its loops.
func (p *pace) measure(c *cutter, lastRow, lastCol, lastChan, lastRed bool) (w work) {
	t, n := p.t, p.n
	rows, cols, chans := p.rows.size(lastRow)*p.images, p.cols.size(lastCol), p.chans.size(lastChan)
	red := chans * n.Space.R * n.Space.S
	if p.reds.count > 1 {
		red = p.reds.size(lastRed)
	}
	width := t.Cols * t.Arrays
	length := rows
	switch t.Dataflow {
	case OS:
		w.folds, length = float64(unit.CeilDiv(rows, t.Rows)*unit.CeilDiv(cols, width)), red
	case IS:
		w.folds, length = float64(unit.CeilDiv(red, t.Rows)*unit.CeilDiv(rows, width)), cols
	default:
		w.folds = float64(unit.CeilDiv(red, t.Rows) * unit.CeilDiv(cols, width))
	}
	w.length, w.pitch = float64(length), float64(max(length, t.Rows))
	if w.chase = w.length + p.tail - float64(t.Rows); t.Dataflow == OS {
		w.chase = p.tail - float64(t.Rows)
	}
	if t.FoldOverhead > 0 {
		w.pitch = w.length + float64(t.FoldOverhead)
	}
	results := float64(rows) * float64(cols)
	w.drain = results / float64(max(t.Lanes, 1))
	if t.BytesPerCycle > 0 {
		p.transfers(c, &w, results, float64(red)*float64(cols), float64(chans), lastRow)
	}
	return w
}

// transfers takes the sizes of loads and stores, in elements: of a tile of results, of
// a load of B; and the channels of a load of A.
func (p *pace) transfers(c *cutter, w *work, results, b, chans float64, lastRow bool) {
	t, n, head := p.t, p.n, c.layer.Head()
	if !n.AOnChip {
		tile := n.mean
		if lastRow {
			tile = n.last
		}
		bytes := tile * chans * float64(cell(head.In[0]))
		w.loadA, w.portA = bytes/t.BytesPerCycle, bytes/max(t.PortBytes, 1)
	}
	if !n.BOnChip {
		bytes := b * float64(cell(head.In[1])) / float64(n.Pack) // off the diagonal nothing is stored
		w.loadB, w.portB = bytes/t.BytesPerCycle, bytes/max(t.PortBytes, 1)
	}
	results *= float64(cell(c.layer.Out()))
	if !n.OutOnChip {
		w.stored = results / t.BytesPerCycle
	}
	w.extra = results * float64(c.extras()) / t.BytesPerCycle
}

// reset empties all units.
func (p *pace) reset() {
	p.memory, p.issued, p.stream, p.taken, p.vector, p.end, p.tiles, p.writes = 0, 0, 0, 0, 0, 0, 0, false
	p.a.reset(p.n.A.Count)
	p.b.reset(p.n.B.Count)
	if p.t.FIFO > 0 {
		p.b.reset(p.t.FIFO)
	}
	p.x.reset(2)
	p.flying.reset(max(p.t.Outstanding, 1))
	p.drained, p.pending, p.out = [2]float64{}, [2]float64{}, [2]float64{}
}

// repeat runs body n times: some of the first, and the last; those between take as
// long as the last of the first did. Where tiles of one length recur with a period,
// whole periods are followed.
func (p *pace) repeat(n, followed, period int, body func(i int)) {
	half := followed / 2
	if period < n && period <= longestPeriod {
		half = (half + period - 1) / period * period
	}
	if n <= 2*half+3 {
		for i := range n {
			body(i)
		}
		return
	}
	for i := range half {
		body(i)
	}
	before := p.stream
	for i := half; i < 2*half; i++ {
		body(i)
	}
	p.shift((p.stream - before) / float64(half) * float64(n-1-2*half))
	body(n - 1)
}

// shift moves all times.
func (p *pace) shift(by float64) {
	p.memory += by
	p.issued += by
	p.stream += by
	p.taken += by
	p.vector += by
	p.end += by
	for _, s := range [...]*slotTimes{&p.a, &p.b, &p.x, &p.flying} {
		for i := range s.count {
			s.free[i] += by
		}
	}
	for i := range 2 {
		p.drained[i] += by
		p.out[i] += by
		if p.pending[i] > 0 {
			p.pending[i] += by
		}
	}
}

// tile follows one output tile.
func (p *pace) tile(first bool, o, i int) {
	n := p.n
	row, col := o, i
	if n.Order == ColsOuter {
		row, col = i, o
	}
	which := 0
	if row%p.rows.count == p.rows.count-1 {
		which |= 1
	}
	if col == p.cols.count-1 {
		which |= 2
	}
	freshA, freshB := i == 0, i == 0
	if n.Order == ColsOuter {
		freshA = first // the first column of a group passes all rows for the first time
	} else {
		freshB = first
	}
	w := &p.works[which]
	needA := w.loadA > 0 && (freshA || p.aDistance > n.A.Count)
	needB := w.loadB > 0 && (freshB || p.bDistance > p.b.count)
	p.repeat(p.chans.count, partsFollowed, p.chans.count, func(chunk int) {
		last := which
		if chunk == p.chans.count-1 {
			last |= 4
		}
		p.chunk(last, needA, needB, !needB && p.held && !freshB)
	})
	p.finish(&p.works[which])
}

// chunk follows one load of A and the stationary tiles it meets.
func (p *pace) chunk(which int, needA, needB, held bool) {
	var aReady float64
	aSlot := -1
	if w := &p.works[which]; needA {
		aSlot = p.a.take()
		aReady = p.load(w.loadA, w.portA, p.a.free[aSlot])
	}
	p.repeat(p.reds.count, partsFollowed, p.reds.count, func(r int) {
		w := &p.works[which]
		if r == p.reds.count-1 {
			w = &p.works[which|8]
		}
		if !needB {
			p.array(w, aReady, 0, held)
			return
		}
		slot := p.b.take()
		p.array(w, aReady, p.load(w.loadB, w.portB, p.b.free[slot]), held)
		if p.b.free[slot] = p.stream + p.tail; p.t.FIFO > 0 {
			p.b.free[slot] = p.taken
		}
	})
	free := p.stream + p.tail // a command is complete with its last result
	if aSlot >= 0 {
		p.a.free[aSlot] = free
		return
	}
	for j := range p.a.count {
		p.a.free[j] = free
	}
}

// load is a transfer into the buffer or the FIFO; it returns when it is there.
func (p *pace) load(edges, port, free float64) float64 {
	slot := p.flying.take()
	p.issued = max(p.issued, free, p.flying.free[slot])
	for i := range 2 {
		j := (p.tiles + i) % 2
		if p.pending[j] > 0 && p.pending[j] < p.issued {
			p.store(j)
		}
	}
	ready := max(p.transfer(p.issued, edges, false)+p.t.Latency, p.issued+port)
	p.flying.free[slot] = ready
	return ready
}

// transfer passes the memory, which turns around between loads and stores.
func (p *pace) transfer(from, edges float64, write bool) float64 {
	begin := max(from, p.memory)
	if p.writes != write {
		begin = max(begin, p.memory+p.t.Turnaround)
		p.writes = write
	}
	p.memory = begin + edges
	return p.memory
}

// array follows the folds of one stationary tile. stream is when the last of them has streamed.
func (p *pace) array(w *work, aReady, bReady float64, held bool) {
	room := p.drained[p.tiles%2]
	start := max(aReady, room, p.stream)
	if !held {
		start = max(start, max(bReady, p.taken)+float64(p.t.Rows))
		if p.t.Dataflow == OS {
			start = max(aReady, bReady, room, p.stream)
		}
	}
	p.taken = start + (w.folds-1)*w.pitch
	p.stream = p.taken + w.length
	if p.t.FoldOverhead > 0 {
		p.stream = p.taken + w.pitch
	}
}

// finish drains a tile and asks for its store.
func (p *pace) finish(w *work) {
	bank := p.tiles % 2
	results := p.stream + p.tail
	from := max(p.vector, results-w.chase)
	slot := 0
	if w.extra > 0 {
		slot = p.x.take()
		from = max(from, p.load(w.extra, 0, p.x.free[slot]))
	}
	if w.stored > 0 {
		if p.pending[bank] > 0 {
			p.store(bank)
		}
		from = max(from, p.out[bank])
	}
	p.vector = max(from+w.drain, results)
	p.drained[bank], p.x.free[slot] = p.vector, p.vector
	if w.stored > 0 {
		p.pending[bank], p.size[bank] = p.vector, w.stored
	}
	p.end = max(p.end, p.vector)
	p.tiles++
}

// store passes a tile's results to the memory.
func (p *pace) store(bank int) {
	p.out[bank] = p.transfer(p.pending[bank], p.size[bank], true)
	p.pending[bank] = 0
	p.end = max(p.end, p.out[bank]+p.t.Latency)
}

// flush stores what is left.
func (p *pace) flush() {
	for i := range 2 {
		if j := (p.tiles + i) % 2; p.pending[j] > 0 {
			p.store(j)
		}
	}
}
