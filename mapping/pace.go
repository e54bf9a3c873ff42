package mapping

// pace reckons how long a nest takes by following its loads, folds, drains and
// stores through the units one after another, each unit a time at which it is next
// free. It knows what the machine's units know of one another (slots, banks, what is
// held), and which channels and rows of the memory a tile's addresses lie in. Long runs
// of like tiles are followed for a few and taken to go on so.
type pace struct {
	t *Target
	n *Nest

	rows, cols, chans, reds part
	lastReds                part         // of the last channels
	images                  int          // pixels that each unit of rows stands for
	works                   [1 << 4]work // by which of rows, cols, chans and reds is the last of its loop
	tail                    float64
	aDistance, bDistance    int // different tiles between two uses of one
	held                    bool
	at                      addresses
	row                     int   // of the tile at hand
	outer, inner, all       int   // tiles in each loop, and outer ones of all groups
	nextA, nextB            bool  // whether the tile behind it loads
	nextAddr, nextBytes     int64 // and what
	pre                     early

	// When each is free next.
	memory                                paceMemory
	issued, landed, stream, taken, vector float64
	a, b, x                               slotTimes
	flying                                slotTimes // ends of loads on their way
	drained                               [2]float64
	pending                               [2]pendingStore
	out                                   [2]float64 // when the slots of results are empty
	tiles                                 int
	end                                   float64
}

// pendingStore is a tile of results that waits to be stored.
type pendingStore struct {
	from        float64 // when it may begin; 0: there is none
	addr, bytes int64
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
	outerFollowed = 12
	innerFollowed = 12
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
	p.outer, p.inner, p.all = outer, inner, groups*outer
	p.repeat(p.all, outerFollowed, outerPeriod, func(o int) {
		p.repeat(inner, innerFollowed, innerPeriod, func(i int) { p.tile(o, i) })
	})
	p.flush()
	return p.end
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
	p.reds, p.lastReds = cut(p.chans.full*s.R*s.S, n.Red), cut(p.chans.last*s.R*s.S, n.Red)
	p.tail = float64(t.Rows + t.Cols)
	if t.Dataflow == OS {
		p.tail += float64(t.Rows)
	}
	for i := range p.works {
		p.works[i] = p.measure(c, i&1 > 0, i&2 > 0, i&4 > 0, i&8 > 0)
	}
	p.aDistance, p.bDistance = p.chans.count, (p.chans.count-1)*p.reds.count+p.lastReds.count
	if n.Order == ColsOuter {
		p.aDistance *= n.RowTiles()
	} else {
		p.bDistance *= p.cols.count
	}
	p.held = t.Dataflow == WS && p.bDistance == 1 && p.works[0].folds == 1
	p.at.begin(c, n)
	p.reset()
}

// reset empties all units.
func (p *pace) reset() {
	p.issued, p.landed, p.stream, p.taken, p.vector, p.end, p.tiles = 0, 0, 0, 0, 0, 0, 0
	p.memory.begin(p.t)
	p.pre.valid = false
	p.a.reset(p.n.A.Count)
	p.b.reset(p.n.B.Count)
	if p.t.FIFO > 0 {
		p.b.reset(p.t.FIFO)
	}
	p.x.reset(2)
	p.flying.reset(max(p.t.Outstanding, 1))
	p.drained, p.pending, p.out = [2]float64{}, [2]pendingStore{}, [2]float64{}
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
	p.memory.shift(by)
	p.issued += by
	p.landed += by
	p.stream += by
	p.taken += by
	p.vector += by
	p.end += by
	for _, s := range [...]*slotTimes{&p.a, &p.b, &p.x, &p.flying} {
		for i := range s.count {
			s.free[i] += by
		}
	}
	for i := range p.pre.loads {
		f := &p.pre.loads[i]
		f.issued, f.pins, f.port = f.issued+by, f.pins+by, f.port+by
	}
	for i := range 2 {
		p.drained[i] += by
		p.out[i] += by
		if p.pending[i].from > 0 {
			p.pending[i].from += by
		}
	}
}
