package stream

// slide is the sliding window generator in its default style: a cyclic buffer
// that is written as long as it overwrites nothing still needed, and read at an
// address that follows the windows.
//
//	in ─▶ buffer[Buffer] ─fetch─▶ register ─▶ out
//
// Token n may be read once a fetch has moved the window's first token and the
// current token beyond n − Buffer. A fetch needs its token in the buffer, and the
// register empty or emptied in the same cycle. A frame begins in the cycle after
// both its predecessor's last read and last write.
type slide struct {
	in, out *Link
	shape   Window
	walk    walk
	size    int64 // of the buffer
	tokens  int64 // of a frame

	begin    int64 // first cycle of the frame
	read     int64 // tokens of the frame that were read
	readAt   []int64
	openAt   []int64 // when token n may be read, for n below open
	mask     int64
	lastRead int64
	open     int64
	done     bool  // all fetches of the frame have been made
	fetched  int64 // when the last fetch was
	pending  bool  // a fetched token waits for out
	lastOut  int64
	states   states
}

func newSlide(w Window, in, out *Link) *slide {
	s := &slide{in: in, out: out, shape: w, walk: newWalk(&w), size: int64(w.Buffer()), tokens: w.In(), begin: 1}
	s.walk.w = &s.shape
	ring := int64(1)
	for ring < 2*s.size+int64((w.StrideH+1)*w.W+w.StrideW)*int64(w.Fold())+2 {
		ring *= 2
	}
	s.mask, s.readAt, s.openAt = ring-1, make([]int64, ring), make([]int64, ring)
	s.start(1)
	return s
}

// start begins a frame in cycle t.
func (s *slide) start(t int64) {
	s.begin, s.read, s.open, s.done = t, 0, 0, false
	s.unlock(s.size, t)
}

// unlock lets tokens below limit be read from cycle t on.
func (s *slide) unlock(limit, t int64) {
	for limit = min(limit, s.tokens); s.open < limit; s.open++ {
		s.openAt[s.open&s.mask] = t
	}
}

func (s *slide) run() (moved bool) {
	for s.writes() || s.reads() || s.turn() {
		moved = true
	}
	return moved
}

// reads takes tokens in as far as they may be.
func (s *slide) reads() (moved bool) {
	for s.read < s.open {
		t := max(s.begin, s.lastRead+1, s.openAt[s.read&s.mask])
		at, known := s.in.offer(t)
		if !known {
			return moved
		}
		s.in.take(at)
		s.states.input += at - t
		s.readAt[s.read&s.mask], s.lastRead, moved = at, at, true
		s.read++
	}
	return moved
}

// fetch brings the next token of a window from the buffer into the register.
func (s *slide) fetch() bool {
	if s.done || s.pending || s.walk.at >= s.read {
		return false
	}
	s.fetched = max(s.begin, s.fetched+1, s.lastOut, s.readAt[s.walk.at&s.mask]+1)
	s.pending = true
	if s.walk.begins() {
		s.walk.first += s.walk.skip()
	}
	first := s.walk.first
	if s.walk.next() {
		if limit := min(first, s.walk.at) + s.size; limit > s.open {
			s.unlock(limit, s.fetched+1)
		}
		return true
	}
	s.done = true
	s.unlock(s.tokens, s.fetched+1)
	return true
}

// writes hands tokens on through the register.
func (s *slide) writes() (moved bool) {
	for s.pending || s.fetch() {
		at, known := s.out.room(s.fetched + 1)
		if !known {
			return moved
		}
		s.out.put(at)
		s.states.busy++
		s.states.output += at - s.fetched - 1
		s.lastOut, s.pending, moved = at, false, true
	}
	return moved
}

// turn begins the next frame when this one is read and written.
func (s *slide) turn() bool {
	if !s.done || s.pending || s.read < s.tokens {
		return false
	}
	s.start(max(s.lastRead, s.lastOut) + 1)
	return true
}

// cut: a frame begins after all of the one before, whose cycles are hidden behind its first.
func (s *slide) cut(into *snapshot) { into.at(s.begin) }

func (s *slide) move(cycles int64) {
	s.begin, s.lastRead, s.fetched, s.lastOut = s.begin+cycles, s.lastRead+cycles, s.fetched+cycles, s.lastOut+cycles
	move(s.readAt, cycles)
	move(s.openAt, cycles)
}

func (s *slide) ports() (in, out []*Link) { return []*Link{s.in}, []*Link{s.out} }
func (s *slide) spent() states            { return s.states }

// shift is the sliding window generator in its parallel style: line buffers and
// shift registers from which a whole window is read at once. Nothing moves while
// a window waits to be taken; it may be taken in the cycle in which the next
// token comes in. A frame begins as in the default style.
type shift struct {
	in, out *Link
	shape   Window
	walk    walk // over windows: KH, KW are 1 and the token is the window's last

	lead     int64 // tokens from a window's first to its last
	begin    int64
	read     int64
	lastRead int64
	done     bool
	lastOut  int64
	states   states
}

func newShift(w Window, in, out *Link) *shift {
	s := &shift{in: in, out: out, shape: w, begin: 1, lead: int64((w.KH-1)*w.DilH*w.W+(w.KW-1)*w.DilW) * int64(w.Fold())}
	s.walk = walk{w: &s.shape, fold: int64(w.Fold()), outH: w.OutH(), outW: w.OutW(), series: w.Fold(), offsets: []int64{0}}
	return s
}

func (s *shift) run() (moved bool) {
	for s.write() || s.reads() || s.turn() {
		moved = true
	}
	return moved
}

// due tells whether a window is complete and waits to be taken.
func (s *shift) due() bool { return !s.done && s.walk.at+s.lead < s.read }

func (s *shift) reads() bool {
	if s.read == s.shape.In() || s.due() {
		return false
	}
	t := max(s.begin, s.lastRead+1, s.lastOut)
	at, known := s.in.offer(t)
	if !known {
		return false
	}
	s.in.take(at)
	s.states.input += at - t
	s.lastRead = at
	s.read++
	return true
}

func (s *shift) write() bool {
	if !s.due() {
		return false
	}
	at, known := s.out.room(s.lastRead + 1)
	if !known {
		return false
	}
	s.out.put(at)
	s.states.busy++
	s.states.output += at - s.lastRead - 1
	s.lastOut = at
	s.done = !s.walk.next()
	return true
}

func (s *shift) turn() bool {
	if !s.done || s.read < s.shape.In() {
		return false
	}
	s.begin, s.read, s.done = max(s.lastRead, s.lastOut)+1, 0, false
	return true
}

// cut: as in the default style.
func (s *shift) cut(into *snapshot) { into.at(s.begin) }

func (s *shift) move(cycles int64) {
	s.begin, s.lastRead, s.lastOut = s.begin+cycles, s.lastRead+cycles, s.lastOut+cycles
}

func (s *shift) ports() (in, out []*Link) { return []*Link{s.in}, []*Link{s.out} }
func (s *shift) spent() states            { return s.states }
