package dram

import "fmt"

// Request is a run of lines to be read or written: Count lines from Line on,
// Stride apart. They are offered to the controller one a cycle, from cycle At on.
type Request struct {
	Line, Count, Stride int64
	Write               bool
	Tag                 int64
	At                  int64
}

// Done is one line of a request that has been served. A read's Cycle is the one
// after its last data; a write is done when the controller has it.
type Done struct {
	Tag, Line       int64
	Accepted, Cycle int64
	Write           bool
}

// policy is a controller: what it does in a cycle, and when it next can.
type policy interface {
	room(line int64, write bool) bool
	accept(line, tag int64, write bool, t int64)
	step(t int64)
	next(t int64) int64
	stream(r *Request, t, until int64) (n, last int64)
	left() (reads, writes int)
}

// Channel is one channel with its controller. Between two cycles in which
// something happens, nothing is computed.
type Channel struct {
	spec   *spec
	banks  *banks
	policy policy
	port   []Request // a ring of requests that have not been taken in
	head   int
	queued int
	now    int64 // the first cycle that has not happened
	wake   int64 // the next cycle in which something can happen
	plain  bool  // streams are advanced line by line
}

// New makes a channel of a part. done is called for every line, in order of the
// commands that serve them, with cycles that may lie ahead of the present one.
func New(p Part, c Config, done func(Done)) (*Channel, error) {
	s, err := resolve(p)
	if err != nil {
		return nil, err
	}
	if c, err = c.withDefaults(p); err != nil {
		return nil, err
	}
	if s.mapping, err = parseMapping(c.Mapping, p.Shape, c.Hash); err != nil {
		return nil, err
	}
	b := newBanks(s)
	ch := &Channel{spec: s, banks: b, port: make([]Request, c.Port)}
	switch c.Controller {
	case "dramsim3":
		ch.policy, err = newDRAMsim3(b, c, done)
	default:
		ch.policy, err = newFRFCFS(b, c, done)
	}
	if err != nil {
		return nil, err
	}
	ch.plan(-1)
	return ch, nil
}

// Watch shows every command to sink, as it is issued.
func (ch *Channel) Watch(sink func(Command)) { ch.banks.sink = sink }

// CanAccept tells whether a request can be added.
func (ch *Channel) CanAccept() bool { return ch.queued < len(ch.port) }

// Add queues a request; requests are taken in in order. It is refused where the
// port is full, the run is empty, or a line lies outside the channel.
func (ch *Channel) Add(r Request) error {
	if err := ch.check(r); err != nil {
		return err
	}
	ch.port[(ch.head+ch.queued)%len(ch.port)] = r
	if ch.queued++; ch.queued == 1 {
		ch.plan(ch.now - 1)
	}
	return nil
}

func (ch *Channel) check(r Request) error {
	last := r.Line + (r.Count-1)*r.Stride
	switch lines := ch.spec.part.Shape.Lines(); {
	case ch.queued == len(ch.port):
		return fmt.Errorf("dram: the port holds %d requests; ask CanAccept first", ch.queued)
	case r.Count < 1 || r.Count > lines || r.Stride > lines || r.Stride < -lines:
		return fmt.Errorf("dram: a request of %d lines, %d apart; a channel of %s has %d lines", r.Count, r.Stride, ch.spec.part.Name, lines)
	case r.Line < 0 || r.Line >= lines || last < 0 || last >= lines:
		return fmt.Errorf("dram: lines %d to %d; a channel of %s has %d lines", r.Line, last, ch.spec.part.Name, lines)
	}
	return nil
}

// LineByLine makes the channel advance streams line by line, so that the two ways
// can be compared.
func (ch *Channel) LineByLine() { ch.plain = true }

// Next is the next cycle in which something can happen: a refresh, a command, a
// line taken in. It is never before the first cycle that has not happened.
func (ch *Channel) Next() int64 { return ch.wake }

// Now is the first cycle that has not happened.
func (ch *Channel) Now() int64 { return ch.now }

// AdvanceTo runs the cycles before t in which anything happens.
func (ch *Channel) AdvanceTo(t int64) {
	for ch.wake < t {
		ch.cycle(ch.wake)
		ch.stream(t)
	}
	ch.now = max(ch.now, t)
}

// stream runs all the cycles before t at once in which a run only hits open rows.
func (ch *Channel) stream(t int64) {
	if ch.queued == 0 || ch.port[ch.head].Count < shortest || ch.plain {
		return
	}
	r := &ch.port[ch.head]
	n, last := ch.policy.stream(r, ch.now-1, t)
	if last < ch.now {
		return
	}
	ch.now = last + 1
	if n > 0 {
		r.Line += (n - 1) * r.Stride
		r.Count -= n - 1
		ch.advance(r)
	}
	ch.plan(last)
}

// AdvanceAhead runs the cycles before t that no later request can change, since they
// are taken in in order: those up to which one waits at the port.
func (ch *Channel) AdvanceAhead(t int64) {
	for ch.queued > 0 && ch.wake < t {
		ch.cycle(ch.wake)
		ch.stream(t)
	}
}

// AdvanceUntilRoom runs cycles until the port has room for a request.
func (ch *Channel) AdvanceUntilRoom() { ch.advanceUntil(len(ch.port) - 1) }

// AdvanceUntilTaken runs cycles until no request waits at the port.
func (ch *Channel) AdvanceUntilTaken() { ch.advanceUntil(0) }

// advanceUntil runs cycles until no more than so many requests wait, or nothing can happen.
func (ch *Channel) advanceUntil(waiting int) {
	for ch.queued > waiting && ch.wake < never {
		ch.cycle(ch.wake)
		ch.stream(never)
	}
}

// cycle runs one cycle: commands first, then a line comes in.
func (ch *Channel) cycle(t int64) {
	ch.now = t + 1
	ch.policy.step(t)
	if ch.queued > 0 {
		if r := &ch.port[ch.head]; r.At <= t && ch.policy.room(r.Line, r.Write) {
			ch.policy.accept(r.Line, r.Tag, r.Write, t)
			ch.advance(r)
		}
	}
	ch.plan(t)
}

// advance takes the first line off the first request.
func (ch *Channel) advance(r *Request) {
	r.Line += r.Stride
	if r.Count--; r.Count == 0 {
		ch.queued--
		if ch.head++; ch.head == len(ch.port) {
			ch.head = 0
		}
	}
}

// plan works out when something next happens after cycle t.
func (ch *Channel) plan(t int64) {
	ch.wake = ch.policy.next(t)
	if ch.wake > t+1 && ch.queued > 0 {
		if r := &ch.port[ch.head]; ch.policy.room(r.Line, r.Write) {
			ch.wake = min(ch.wake, max(r.At, t+1))
		}
	}
}

// Counters are what the channel has done before the first cycle that has not happened.
func (ch *Channel) Counters() Counters { return ch.banks.counters(ch.now) }

// Left is what has not been served: reads and writes in the controller, and
// whether requests wait before it.
func (ch *Channel) Left() (reads, writes int, requests bool) {
	reads, writes = ch.policy.left()
	return reads, writes, ch.queued > 0
}
