package stream

// never is later than any cycle of a run.
const never = int64(1) << 62

// Link joins two stages: a FIFO of finite depth with registered outputs. A token
// put in cycle t is offered from cycle t+1 on, and room that a take makes in
// cycle t can be used from cycle t+1 on.
//
// A direct link has nothing in it: a token is offered from the cycle in which the
// stage before has it in its output register, and crosses when the stage behind
// is ready.
//
// A link may also be a bare port of the pipeline: a Supply offers a token in
// every n-th cycle, a Drain takes one in every n-th cycle.
type Link struct {
	Name  string
	depth int64
	kind  linkKind
	every rate  // of a supply or drain: cycles from one opportunity to the next
	limit int64 // tokens of the frames let in so far
	paced bool  // every is the least distance, not a raster
	start int64 // of a port: before it no token crosses
	due   int64 // paced: when the next token can cross, in parts (tokens of every) of a cycle

	puts, takes       int64   // tokens that went in and out
	promised          int64   // tokens before this one are taken when they are offered
	putAt, takeAt     []int64 // when, of those in the FIFO and the last peak that left it at least; rings
	mask              int64
	perFrame          int64 // tokens of one frame
	from, to          *node // the stages before and behind, set by Run
	lastPut, lastTake int64
	firstPut          int64
	cuts              []crossing // frame by frame, when its last token went in and out
	peak              int64
	posted            bool  // direct: the stage before has a token in its output register,
	postedAt          int64 // since this cycle,
	crossedAt         int64 // and when the last one crossed
	dirtyIn, dirtyOut bool

	number, feeder, reader int     // its place, and those of the stages before and behind; -1: none
	waited                 bool    // a put of the frame had to wait for room
	trace                  []int64 // when the frame's tokens went in; nil: nobody wants to know
	noted                  int     // of them
	echo                   int64   // puts that were played back and come once more
	behind                 int64   // tokens that the stage before slept through
	skipped                int64   // frames that both its stages slept through
}

type linkKind uint8

const (
	fifo linkKind = iota
	direct
	supply
	drain
)

// NewFIFO makes a link that holds at most depth tokens.
func NewFIFO(name string, depth int, perFrame int64) *Link {
	size := int64(8)
	for size <= int64(depth) && size < 1024 { // for a start
		size *= 2
	}
	return &Link{Name: name, depth: int64(depth), perFrame: perFrame, mask: size - 1,
		putAt: make([]int64, size), takeAt: make([]int64, size)}
}

// grow doubles the rings. The crossing at hand may have taken the place of the oldest, or not yet:
// what stands there goes to the places of both.
func (l *Link) grow() {
	l.putAt, l.takeAt = doubled(l.putAt, l.puts), doubled(l.takeAt, l.takes)
	l.mask = 2*l.mask + 1
}

// doubled is a ring of twice the size with the entries up to the last.
func doubled(ring []int64, last int64) []int64 {
	size := int64(len(ring))
	twice := make([]int64, 2*size)
	for i := max(0, last-size); i <= last; i++ {
		twice[i&(2*size-1)] = ring[i&(size-1)]
	}
	return twice
}

// NewDirect makes a link with nothing in it.
func NewDirect(name string, perFrame int64) *Link {
	return &Link{Name: name, kind: direct, perFrame: perFrame}
}

// Depth is how many tokens a FIFO holds; 0 for a bare port.
func (l *Link) Depth() int { return int(l.depth) }

// PerFrame is how many tokens cross in a frame.
func (l *Link) PerFrame() int64 { return l.perFrame }

// Peak is the greatest number of tokens that needed room in the FIFO at once: the least
// depth at which they cross as they did.
func (l *Link) Peak() int { return int(l.peak) }

// offer is the first cycle at or after t in which the next token is offered to
// the stage behind the link; false: not known yet.
func (l *Link) offer(t int64) (int64, bool) {
	if l.kind != fifo {
		return l.offerPort(t)
	}
	if at := l.putAt[l.takes&l.mask] + 1; at > t {
		t = at
	}
	return t, l.takes < l.puts
}

// take notes that the next token left in cycle t.
func (l *Link) take(t int64) {
	if l.kind == fifo {
		l.takeAt[l.takes&l.mask] = t
		if i := l.takes + l.peak; i < l.puts && l.putAt[i&l.mask] <= t {
			l.emptiedBy(t)
		}
	} else {
		l.takeFromPort(t)
	}
	l.dirtyIn, l.lastTake = true, t
	l.takes++
}

// room is the first cycle at or after t in which the next token is accepted; false: not known
// yet. A FIFO that was never full, as far as it is known, has room at once.
func (l *Link) room(t int64) (int64, bool) {
	if l.kind != fifo || l.echo > 0 {
		return l.roomAtPort(t)
	}
	out := l.puts - l.depth // the token that has to be out
	switch {
	case out >= l.takes && out >= l.promised:
		return t, false
	case out >= l.takes || l.peak == l.depth:
		if free := l.leaves(out) + 1; free > t {
			t, l.waited = free, true
		}
	}
	return t, true
}

// leaves is when a token is taken, or will be as it was promised: in the cycle in which it is offered.
func (l *Link) leaves(token int64) int64 {
	if token < l.takes {
		return l.takeAt[token&l.mask]
	}
	return l.putAt[token&l.mask] + 1
}

// promise says that the stage behind will take the next n tokens each in the cycle in which it is
// offered. The stage before can go on without waiting for it to do so.
func (l *Link) promise(n int64) {
	if l.promised < l.takes+n {
		l.promised = l.takes + n
		l.dirtyIn = l.dirtyIn || l.puts-l.takes >= l.depth
	}
}

// put notes that the next token came in cycle t.
func (l *Link) put(t int64) {
	if l.trace != nil || l.echo > 0 {
		if l.traced(t) {
			return
		}
	}
	if l.kind != fifo {
		l.putAtPort(t)
		return
	}
	if l.puts-l.takes > l.mask {
		l.grow()
	}
	if l.puts == 0 {
		l.firstPut = t
	}
	l.putAt[l.puts&l.mask] = t
	if l.peak < l.depth {
		l.filledBy(t)
	}
	l.dirtyOut, l.lastPut = true, t
	l.puts++
}

// traced keeps the cycle of a put, and tells whether it was played back before.
func (l *Link) traced(t int64) (again bool) {
	if l.trace != nil {
		l.trace[l.noted] = t
		l.noted++
	}
	if l.echo == 0 {
		return false
	}
	l.echo--
	return true
}

// Two tokens need room at once if the later one was put before the earlier one was
// taken, or in the same cycle: a full FIFO accepts none in the cycle in which one leaves. Either crossing may become known first: both look whether the
// tokens peak places apart were. Where they were when the later one came, those next to
// them were before, so that the peak rises by one.

func (l *Link) filledBy(t int64) {
	if first := l.puts - l.peak; first >= 0 && first < l.takes && l.takeAt[first&l.mask] >= t {
		l.rise()
	}
}

func (l *Link) emptiedBy(t int64) {
	for l.peak < l.depth && l.takes+l.peak < l.puts && l.putAt[(l.takes+l.peak)&l.mask] <= t {
		l.rise()
	}
}

func (l *Link) rise() {
	if l.peak++; l.peak > l.mask {
		l.grow()
	}
}

// crossing is when the last token of a frame went into a link and out of it.
type crossing struct{ in, out int64 }

// cut ends a frame: every token has gone through. What the next frame can feel of it
// is when a port was last used, and room that was made later than the producer's
// next puts anyway, which are in the cycles after the last at the earliest.
func (l *Link) cut(s *snapshot) {
	l.cuts = append(l.cuts, crossing{l.lastPut, l.lastTake})
	l.noted = 0
	switch l.kind {
	case fifo:
		s.at(l.lastPut)
		s.ring(l.takeAt, l.puts-l.depth, l.puts, l.lastPut)
	case supply, drain:
		last, c, n := max(l.lastPut, l.lastTake), l.every.cycles, l.every.tokens
		s.at(last)
		if l.paced {
			s.same(max(l.due-last*n, 0))
		} else {
			s.same(last * n % c)
		}
	}
}
