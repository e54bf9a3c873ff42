package stream

// Phase is a run of equal steps: in each, one token is read from every port in
// Read and one written to every port in Write (bit i: port i). A step takes a cycle.
type Phase struct {
	Count       int64
	Read, Write uint32
}

// steps is a stage that goes through a list of phases again and again, one step a
// cycle, as loops do that the tools make from C or from small state machines: it
// waits until all tokens it reads are offered, and what it writes comes out
// latency cycles later, in order. There is room for latency tokens on the way to
// each port; one enters in the cycle in which the one latency places ahead leaves.
type steps struct {
	in, out []*Link
	phases  []Phase
	latency int64
	mask    int64 // of the rings

	phase, count int64
	last         int64 // when the last step was
	tokens       []fifoOf
	states       states
}

// fifoOf is what is on the way to one port: when each token arrives there, and
// when the last ones left.
type fifoOf struct {
	due             []int64
	head            int
	lastPut         int64
	left            []int64 // a ring of latency entries or more
	entered, leaves int64
}

func newSteps(phases []Phase, latency int64, in, out []*Link) *steps {
	s := &steps{in: in, out: out, phases: phases, latency: latency, tokens: make([]fifoOf, len(out))}
	size := int64(1)
	for size < latency {
		size *= 2
	}
	s.mask = size - 1
	for i := range s.tokens {
		s.tokens[i].left = make([]int64, size)
	}
	return s
}

func (s *steps) run() (moved bool) {
	for {
		more := false
		for i := range s.out {
			more = s.give(i) || more
		}
		for s.step() {
			more = true
		}
		if !more {
			return moved
		}
		moved = true
	}
}

// give writes the tokens at the end of a port's registers.
func (s *steps) give(i int) (moved bool) {
	q := &s.tokens[i]
	for q.head < len(q.due) {
		ready := max(q.due[q.head], q.lastPut+1)
		at, known := s.out[i].room(ready)
		if !known {
			break
		}
		s.leave(i, ready, at)
		q.head++
		moved = true
	}
	if q.head == len(q.due) {
		q.due, q.head = q.due[:0], 0
	}
	return moved
}

// step makes the next step if the tokens it reads are known and its registers are not full.
func (s *steps) step() bool {
	p := s.phases[s.phase]
	if p.Read|p.Write == 0 { // work that nobody sees
		s.last += p.Count
		s.states.busy += p.Count
		s.phase = (s.phase + 1) % int64(len(s.phases))
		return true
	}
	from := s.last + 1
	for i := range s.out {
		if p.Write>>i&1 == 0 {
			continue
		}
		q := &s.tokens[i]
		if q.entered-q.leaves >= s.latency || q.entered >= s.out[i].limit-s.out[i].behind {
			return false
		}
		if q.entered >= s.latency {
			from = max(from, q.left[(q.entered-s.latency)&s.mask])
		}
	}
	t, known := s.offered(p, from)
	if known {
		s.make(p, from, t)
	}
	return known
}

// offered is the first cycle at or after t in which all tokens that a step reads are offered.
func (s *steps) offered(p Phase, t int64) (int64, bool) {
	for again := p.Read != 0; again; {
		again = false
		for i, l := range s.in {
			if p.Read>>i&1 == 0 {
				continue
			}
			at, known := l.offer(t)
			if !known {
				return 0, false
			}
			if at > t {
				t, again = at, len(s.in) > 1
			}
		}
	}
	return t, true
}

// make carries the step out in cycle t.
func (s *steps) make(p Phase, from, t int64) {
	s.states.input += t - from
	s.states.busy++
	for i, l := range s.in {
		if p.Read>>i&1 == 1 {
			l.take(t)
		}
	}
	for i := range s.out {
		if p.Write>>i&1 == 1 {
			s.enter(i, t+s.latency)
		}
	}
	s.last = t
	if s.count++; s.count == p.Count {
		s.count = 0
		if s.phase++; s.phase == int64(len(s.phases)) {
			s.phase = 0
		}
	}
}

// enter sends a token on its way to a port, and lets it out if nothing is before it and it is known when.
func (s *steps) enter(i int, due int64) {
	q := &s.tokens[i]
	q.entered++
	if q.head == len(q.due) {
		ready := max(due, q.lastPut+1)
		if at, known := s.out[i].room(ready); known {
			s.leave(i, ready, at)
			return
		}
	}
	q.due = append(q.due, due)
}

// leave writes a token that could have left at ready.
func (s *steps) leave(i int, ready, at int64) {
	q := &s.tokens[i]
	s.states.output += at - ready
	s.out[i].put(at)
	q.left[q.leaves&s.mask] = at
	q.lastPut = at
	q.leaves++
}

// cut: entries of the way to a port that were left later than the next steps can be.
func (s *steps) cut(into *snapshot) {
	into.at(s.last)
	into.same(s.phase)
	into.same(s.count)
	for i := range s.tokens {
		q := &s.tokens[i]
		into.at(max(q.lastPut, s.last+s.latency))
		into.ring(q.left, q.leaves-s.latency, q.leaves, s.last+1)
	}
}

func (s *steps) move(cycles int64) {
	s.last += cycles
	for i := range s.tokens {
		s.tokens[i].lastPut += cycles
		move(s.tokens[i].left, cycles)
	}
}

func (s *steps) ports() (in, out []*Link) { return s.in, s.out }
func (s *steps) spent() states            { return s.states }
