package stream

// The obvious twin: registers and handshakes, clocked cycle by cycle, every token
// moved in every cycle. It shares no code with the timed cores but the
// descriptions of shapes.

// pin is a handshake between two clocked units.
type pin struct{ valid, ready bool }

func (p *pin) fires() bool { return p.valid && p.ready }

// clocked is a unit of registers: drive sets valid of its outputs from registers,
// answer sets ready of its inputs, clock moves the registers on.
type clocked interface {
	drive(cycle int64)
	answer(cycle int64)
	clock(cycle int64)
}

// twinSupply and twinDrain are the ends.
type twinSupply struct {
	out   *pin
	every int64
	left  int64
	fired []int64
}

func (s *twinSupply) drive(t int64) { s.out.valid = s.left > 0 && (t-1)%s.every == 0 }
func (s *twinSupply) answer(int64)  {}
func (s *twinSupply) clock(t int64) {
	if s.out.fires() {
		s.left--
		s.fired = append(s.fired, t)
	}
}

// twinPaced counts down the parts of a cycle that are left until memory has the next token.
type twinPaced struct {
	out            *pin
	cycles, tokens int64
	wait, left     int64
}

func (s *twinPaced) drive(int64)  { s.out.valid = s.left > 0 && s.wait <= 0 }
func (s *twinPaced) answer(int64) {}
func (s *twinPaced) clock(int64) {
	if s.out.fires() {
		s.left--
		if s.wait <= -s.tokens { // late by a cycle or more
			s.wait = 0
		}
		s.wait += s.cycles
	}
	s.wait -= s.tokens
}

type twinDrain struct {
	in    *pin
	every int64
	fired []int64
}

func (s *twinDrain) drive(int64)    {}
func (s *twinDrain) answer(t int64) { s.in.ready = (t-1)%s.every == 0 }
func (s *twinDrain) clock(t int64) {
	if s.in.fires() {
		s.fired = append(s.fired, t)
	}
}

type twinFIFO struct {
	in, out     *pin
	depth, held int
	peak        int
}

func (f *twinFIFO) drive(int64)  { f.out.valid = f.held > 0 }
func (f *twinFIFO) answer(int64) { f.in.ready = f.held < f.depth }
func (f *twinFIFO) clock(int64) {
	if f.in.fires() {
		f.held++
		f.peak = max(f.peak, f.held) // one that leaves now was in its way
	}
	if f.out.fires() {
		f.held--
	}
}

// twinSlide keeps the registers of the default style, its buffer as the set of
// tokens it holds, and the windows as a list.
type twinSlide struct {
	in, out                *pin
	size, last             int
	order                  []int // tokens in the order in which they are fetched
	nextWindow             []int // first token of the window after that of each fetch
	newest, fetch, keep    int
	register, fetched, got bool
}

func newTwinSlide(w Window, in, out *pin) *twinSlide {
	s := &twinSlide{in: in, out: out, size: w.Buffer(), last: int(w.In()) - 1, newest: -1}
	fold := w.Fold()
	var windows [][]int
	for oh := range w.OutH() {
		for ow := range w.OutW() {
			token := func(kh, kw, c int) int {
				return ((oh*w.StrideH+kh*w.DilH)*w.W+ow*w.StrideW+kw*w.DilW)*fold + c
			}
			if w.Depthwise {
				for c := range fold {
					var list []int
					for kh := range w.KH {
						for kw := range w.KW {
							list = append(list, token(kh, kw, c))
						}
					}
					windows = append(windows, list)
				}
				continue
			}
			var list []int
			for kh := range w.KH {
				for kw := range w.KW {
					for c := range fold {
						list = append(list, token(kh, kw, c))
					}
				}
			}
			windows = append(windows, list)
		}
	}
	for i, list := range windows {
		next := 1 << 30
		if i+1 < len(windows) {
			next = windows[i+1][0]
		}
		for _, token := range list {
			s.order, s.nextWindow = append(s.order, token), append(s.nextWindow, next)
		}
	}
	return s
}

func (s *twinSlide) drive(int64) { s.out.valid = s.register }
func (s *twinSlide) mayRead() bool {
	if s.newest == s.last {
		return false
	}
	return s.fetched || s.newest-(s.size-1) < s.keep && s.newest-(s.size-1) < s.order[s.fetch]
}
func (s *twinSlide) answer(int64) { s.in.ready = s.mayRead() && s.in.valid }
func (s *twinSlide) clock(int64) {
	read, wrote := s.in.fires(), s.out.fires()
	fetching := !s.fetched && s.order[s.fetch] <= s.newest && (!s.register || wrote)
	if read {
		s.newest++
	}
	if wrote {
		s.register = false
		s.got = s.fetched
	}
	if fetching {
		s.register = true
		s.keep = s.nextWindow[s.fetch]
		if s.fetch++; s.fetch == len(s.order) {
			s.fetched, s.fetch = true, s.fetch-1
		}
	}
	if s.got && s.newest == s.last {
		s.newest, s.fetch, s.keep, s.fetched, s.got = -1, 0, 0, false, false
	}
}

// twinShift holds a shift register: the window is out when its last token has come in.
type twinShift struct {
	in, out      *pin
	ends         []int // the last token of each window
	last         int
	newest, next int
}

func newTwinShift(w Window, in, out *pin) *twinShift {
	s := &twinShift{in: in, out: out, last: int(w.In()) - 1, newest: -1}
	for oh := range w.OutH() {
		for ow := range w.OutW() {
			for c := range w.Fold() {
				s.ends = append(s.ends, ((oh*w.StrideH+(w.KH-1)*w.DilH)*w.W+ow*w.StrideW+(w.KW-1)*w.DilW)*w.Fold()+c)
			}
		}
	}
	return s
}

func (s *twinShift) due() bool   { return s.next < len(s.ends) && s.ends[s.next] == s.newest }
func (s *twinShift) drive(int64) { s.out.valid = s.due() }
func (s *twinShift) answer(int64) {
	s.in.ready = s.in.valid && s.newest < s.last && (!s.due() || s.out.ready)
}
func (s *twinShift) clock(int64) {
	if s.out.fires() {
		s.next++
	}
	if s.in.fires() {
		s.newest++
	}
	if s.next == len(s.ends) && s.newest == s.last {
		s.next, s.newest = 0, -1
	}
}

// twinProduct has the replay buffer as counters, the core as a shift register and
// the slice as two registers.
type twinProduct struct {
	in, out        *pin
	sf, nf, room   int
	written, freed int // tokens into, and out of, the replay buffer
	vector, k, rep int
	operand, last  bool   // the replay buffer's output register
	core           []bool // a result in each of the core's stages
	wait, held     bool   // the slice: side register, output register
	direct         bool
	directK        int
}

func newTwinProduct(u Product, in, out *pin) *twinProduct {
	p := &twinProduct{in: in, out: out, sf: u.SF(), nf: u.NF(), room: 2, core: make([]bool, u.Latency), direct: u.NF() == 1}
	for p.room < p.sf {
		p.room *= 2
	}
	return p
}

func (p *twinProduct) drive(int64) { p.out.valid = p.held }
func (p *twinProduct) answer(int64) {
	if p.direct {
		p.in.ready = !p.wait
	} else {
		p.in.ready = p.written-p.freed < p.room
	}
}
func (p *twinProduct) clock(int64) {
	moves := !p.wait
	result := p.core[len(p.core)-1]
	load := !p.held || p.out.ready
	entering := false
	if p.direct {
		if p.in.fires() {
			p.directK = (p.directK + 1) % p.sf
			entering = p.directK == 0
		}
	} else {
		if moves {
			entering = p.operand && p.last
		}
		read := !p.operand || moves
		there := p.vector*p.sf+p.k < p.written
		if p.in.fires() {
			p.written++
		}
		if read {
			p.operand = there
			if there {
				p.last = p.k == p.sf-1
				if p.rep == p.nf-1 {
					p.freed++
				}
				if p.k++; p.k == p.sf {
					p.k = 0
					if p.rep++; p.rep == p.nf {
						p.rep = 0
						p.vector++
					}
				}
			}
		}
	}
	switch { // the slice
	case load:
		p.held, p.wait = result || p.wait, false
	case moves && result:
		p.wait = true
	}
	if moves {
		copy(p.core[1:], p.core)
		p.core[0] = entering
	}
}

// twinWiden and twinNarrow are the converters' registers.
type twinWiden struct {
	in, out  *pin
	k, count int
	side     bool
}

func (c *twinWiden) drive(int64)  { c.out.valid = c.count == c.k }
func (c *twinWiden) answer(int64) { c.in.ready = !c.side }
func (c *twinWiden) clock(int64) {
	free := !c.out.valid || c.out.fires()
	came := c.in.fires()
	if c.out.fires() {
		c.count = 0
	}
	switch {
	case free && (came || c.side):
		c.count++
		c.side = false
	case came:
		c.side = true
	}
}

type twinNarrow struct {
	in, out    *pin
	k, pieces  int // pieces still in the shift register
	side, held bool
}

func (c *twinNarrow) drive(int64)  { c.out.valid = c.held }
func (c *twinNarrow) answer(int64) { c.in.ready = !c.side && c.pieces <= 1 }
func (c *twinNarrow) clock(int64) {
	free := !c.held || c.out.fires()
	leaving := c.pieces > 0 && !c.side
	switch {
	case free:
		c.held, c.side = leaving || c.side, false
	case leaving:
		c.side = true
	}
	if leaving {
		c.pieces--
	}
	if c.in.fires() {
		c.pieces = c.k
	}
}

// twinSteps keeps the tokens on the way to each port as arrival cycles.
type twinSteps struct {
	in, out      []*pin
	phases       []Phase
	latency      int64
	phase, count int64
	way          [][]int64
	going        bool
}

func (s *twinSteps) drive(t int64) {
	for i, o := range s.out {
		o.valid = len(s.way[i]) > 0 && s.way[i][0] <= t
	}
}
func (s *twinSteps) answer(int64) {
	p := s.phases[s.phase]
	s.going = true
	for i, l := range s.in {
		s.going = s.going && (p.Read>>i&1 == 0 || l.valid)
	}
	for i, o := range s.out {
		held := int64(len(s.way[i]))
		s.going = s.going && (p.Write>>i&1 == 0 || held < s.latency || held == s.latency && o.fires())
	}
	for i, l := range s.in {
		l.ready = s.going && p.Read>>i&1 == 1
	}
}
func (s *twinSteps) clock(t int64) {
	p := s.phases[s.phase]
	for i, o := range s.out {
		if o.fires() {
			s.way[i] = s.way[i][1:]
		}
		if s.going && p.Write>>i&1 == 1 {
			s.way[i] = append(s.way[i], t+s.latency)
		}
	}
	if s.going {
		if s.count++; s.count == p.Count {
			s.count, s.phase = 0, (s.phase+1)%int64(len(s.phases))
		}
	}
}

// clockAll runs units, listed from first to last, until the drain has n tokens or cycles are over.
func clockAll(units []clocked, drain *twinDrain, n int, cycles int64) bool {
	for t := int64(1); t <= cycles; t++ {
		for _, u := range units {
			u.drive(t)
		}
		for i := len(units) - 1; i >= 0; i-- {
			units[i].answer(t)
		}
		for _, u := range units {
			u.clock(t)
		}
		if len(drain.fired) >= n {
			return true
		}
	}
	return false
}
