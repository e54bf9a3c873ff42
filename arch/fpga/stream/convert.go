package stream

// widen is the data-width converter from narrow to wide words.
//
//	in ─▶ (side step) ─▶ shift register[k] ─▶ out
//
// While a full word waits to be taken, one more token is accepted into the side step.
type widen struct {
	in, out  *Link
	k, count int64 // tokens a word; those that are in the register
	loaded   int64 // when the last token entered the register
	lastOut  int64
	waiting  bool // the word's first token is in the side step
	tokenAt  int64
	states   states
}

func (c *widen) run() (moved bool) {
	for c.give() || c.load() {
		moved = true
	}
	if c.loaded >= c.lastOut {
		c.in.promise(c.k - c.count)
	}
	return moved
}

func (c *widen) load() bool {
	if c.count == c.k && c.waiting {
		return false
	}
	at, known := c.in.offer(c.loaded + 1)
	if !known {
		return false
	}
	c.in.take(at)
	c.states.input += at - c.loaded - 1
	if c.count == c.k { // a word waits
		c.waiting, c.tokenAt = true, at
		return true
	}
	c.enter(max(at, c.lastOut))
	return true
}

// enter brings a token into the register in cycle t.
func (c *widen) enter(t int64) {
	c.loaded = t
	c.count++
	c.states.busy++
}

// give hands a full word on; the side step empties in the same cycle.
func (c *widen) give() bool {
	if c.count < c.k {
		return false
	}
	at, known := c.out.room(c.loaded + 1)
	if !known {
		return false
	}
	c.out.put(at)
	c.lastOut, c.count = at, 0
	c.states.output += at - c.loaded - 1
	if c.waiting {
		c.waiting = false
		c.enter(max(c.tokenAt, at))
	}
	return true
}

func (c *widen) cut(s *snapshot) {
	s.at(c.loaded)
	s.at(c.lastOut)
	s.same(c.count)
}

func (c *widen) move(cycles int64) {
	c.loaded, c.lastOut, c.tokenAt = c.loaded+cycles, c.lastOut+cycles, c.tokenAt+cycles
}

func (c *widen) ports() (in, out []*Link) { return []*Link{c.in}, []*Link{c.out} }
func (c *widen) spent() states            { return c.states }

// narrow is the data-width converter from wide to narrow words.
//
//	in ─▶ shift register[k] ─▶ (side step) ─▶ register ─▶ out
//
// A word is accepted when the register is empty or its last piece leaves in the
// same cycle, and the side step is empty.
type narrow struct {
	in, out  *Link
	k, count int64 // pieces a word; those still in the register
	ready    int64 // first cycle in which the next piece may leave the register
	left     int64 // when the last piece left it
	moved    int64 // when that piece entered the output register, after the side step if need be
	lastOut  int64
	held     bool
	states   states
}

func (c *narrow) run() (moved bool) {
	for c.give() || c.shift() || c.load() {
		moved = true
	}
	return moved
}

func (c *narrow) load() bool {
	if c.count > 0 {
		return false
	}
	at, known := c.in.offer(max(c.left, 1))
	if known && at > c.left && at <= c.moved {
		at, known = c.in.offer(c.moved + 1)
	}
	if !known {
		return false
	}
	c.in.take(at)
	c.states.input += at - max(c.left, 1)
	c.count, c.ready = c.k, at+1
	return true
}

// shift moves a piece out of the register, through the side step where the one before waits.
func (c *narrow) shift() bool {
	if c.count == 0 || c.held {
		return false
	}
	c.left = max(c.ready, c.moved+1)
	c.moved = max(c.left, c.lastOut)
	c.ready = c.left + 1
	c.count--
	c.held = true
	c.states.busy++
	return true
}

func (c *narrow) give() bool {
	if !c.held {
		return false
	}
	at, known := c.out.room(c.moved + 1)
	if !known {
		return false
	}
	c.out.put(at)
	c.states.output += at - c.moved - 1
	c.lastOut, c.held = at, false
	return true
}

func (c *narrow) cut(s *snapshot) {
	s.at(c.left)
	s.at(c.moved)
	s.at(c.lastOut)
	s.same(c.count)
}

func (c *narrow) move(cycles int64) {
	c.ready, c.left, c.moved, c.lastOut = c.ready+cycles, c.left+cycles, c.moved+cycles, c.lastOut+cycles
}

func (c *narrow) ports() (in, out []*Link) { return []*Link{c.in}, []*Link{c.out} }
func (c *narrow) spent() states            { return c.states }
