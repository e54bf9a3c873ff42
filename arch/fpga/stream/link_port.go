package stream

// The ends of a pipeline, and direct links: what crosses without a FIFO.

// rate is a number of cycles as a fraction.
type rate struct{ cycles, tokens int64 }

// NewSupply makes a port that offers a token in cycles 1, 1+every, 1+2·every, …
func NewSupply(name string, every int, perFrame int64) *Link {
	return &Link{Name: name, kind: supply, every: rate{int64(every), 1}, perFrame: perFrame}
}

// NewDrain makes a port that is ready in cycles 1, 1+every, 1+2·every, …
func NewDrain(name string, every int, perFrame int64) *Link {
	return &Link{Name: name, kind: drain, every: rate{int64(every), 1}, perFrame: perFrame}
}

// Pace makes a supply or drain one of a memory that moves so many tokens in so many
// cycles: not in fixed cycles, but each that long after the one before, with
// fractions carried over. More than one a cycle is one a cycle.
func (l *Link) Pace(cycles, tokens int64) *Link {
	if cycles < tokens {
		cycles, tokens = 1, 1
	}
	l.every, l.paced = rate{cycles, tokens}, true
	return l
}

// From lets no token through a port before a cycle.
func (l *Link) From(start int64) *Link {
	l.start = start
	return l
}

// aligned is the first opportunity at or after cycle t. The i-th is in cycle 1 + ⌈i · cycles / tokens⌉.
func (l *Link) aligned(t int64) int64 {
	c, n := l.every.cycles, l.every.tokens
	t = max(t, l.start)
	switch {
	case l.paced:
		return max(t, (l.due+n-1)/n)
	case c == n:
		return t
	}
	i := (t - 1) * n / c
	for (i*c+n-1)/n < t-1 {
		i++
	}
	return (i*c+n-1)/n + 1
}

// passed notes that a token crossed a paced port in cycle t. A token in the first cycle that
// it could cross in leaves the fraction of a cycle to the next; a later one has lost it.
func (l *Link) passed(t int64) {
	if n := l.every.tokens; t*n >= l.due+n {
		l.due = t * n
	}
	l.due += l.every.cycles
}

func (l *Link) offerPort(t int64) (int64, bool) {
	if l.kind == supply {
		return l.aligned(t), l.takes < l.limit
	}
	return max(t, l.postedAt), l.posted && l.takes == l.puts
}

func (l *Link) takeFromPort(t int64) {
	l.crossedAt = t
	if l.paced {
		l.passed(t)
	}
}

func (l *Link) roomAtPort(t int64) (int64, bool) {
	switch {
	case l.echo > 0:
		return t, true
	case l.kind == drain:
		return l.aligned(t), l.puts < l.limit
	case l.takes > l.puts:
		return l.crossedAt, true
	}
	l.dirtyOut = l.dirtyOut || !l.posted
	l.posted, l.postedAt = true, t
	return 0, false
}

func (l *Link) putAtPort(t int64) {
	if l.kind == drain && l.paced {
		l.passed(t)
	}
	if l.puts == 0 {
		l.firstPut = t
	}
	l.dirtyOut, l.posted, l.lastPut = true, false, t
	l.puts++
}
