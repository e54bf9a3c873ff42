package stream

import "fmt"

// Result is when frames crossed the ports of a pipeline, and what its stages did.
type Result struct {
	FirstOut int64   // first token of the first frame at the last port
	LastOut  []int64 // last token at the last port, frame by frame
	LastIn   []int64 // last token at the first port, frame by frame
	// Period is the cycles from frame to frame in the steady state; 0 if the run
	// ended before one was proved. Simulated is the number of frames before it.
	Period    int64
	Simulated int
	Stages    []StageSpent
	Crossings int64 // tokens put and taken while simulating
	// Slept is the stages that were not simulated, summed over frames, while the front of
	// the pipeline repeated; Woken how often that came to an end.
	Slept, Woken int

	frames int64
	run    *runner
}

// Spent is cycles of a stage at work, waiting for a token and waiting for room.
type Spent struct{ Busy, Input, Output int64 }

// Cycles is all of them: until when they are known.
func (s Spent) Cycles() int64 { return s.Busy + s.Input + s.Output }

// StageSpent is what a stage did during the whole run. Until First it only waited, for
// its first token; Parts is what it had done by and by, several times a frame, as far as
// frames were simulated.
type StageSpent struct {
	Name string
	Spent
	First int64
	Parts []Spent
}

// Cycles is the length of the run: up to the last token of the last frame.
func (r *Result) Cycles() int64 { return r.LastOut[len(r.LastOut)-1] }

// Last is when the last token of the last frame was put into a link.
func (r *Result) Last(l *Link) int64 {
	n := len(l.cuts)
	return l.ended(n-1) + (r.frames-int64(n))*r.Period
}

// ended is when the last token of a frame crossed: went in, or where a link is a
// port that gives, out.
func (l *Link) ended(frame int) int64 {
	if l.kind == supply {
		return l.cuts[frame].out
	}
	return l.cuts[frame].in
}

// Run takes the pipeline through frames from the port first to the port last. It
// may be called once. Where a source is a FIFO fed by no stage, first must be a supply.
func (p *Pipeline) Run(first, last *Link, frames int) (*Result, error) {
	s := &runner{Pipeline: p, first: first, last: last, frames: int64(frames), queue: make([]*node, 2*len(p.nodes)+len(p.links))}
	if err := s.check(); err != nil {
		return nil, err
	}
	s.number()
	for s.done < s.frames && s.period == 0 {
		if !s.frame() {
			s.let(s.frames) // what is not on the ring goes on as far as it can
			s.settle()
			return nil, p.deadlock()
		}
		s.cut()
		if s.up == nil && s.period == 0 && s.done < s.frames {
			s.doze()
		}
	}
	return s.result(), nil
}

// Follow names a run of a pipeline of the same stages and links, for as many frames. As
// soon as nothing of this run's frames differs from that one's but by a number of cycles
// for all, that one's later frames are taken over.
func (p *Pipeline) Follow(r *Result) { p.other = r.run }

// runner is one run of a pipeline.
type runner struct {
	*Pipeline
	first, last *Link
	frames      int64
	done        int64 // frames that went through
	period      int64
	now, before *snapshot // after the last frame, and after the one before it
	all         []*snapshot
	up          *upstream // the front, while it sleeps
	slept       int
	woken       int
	queue       []*node
	head        int
	waiting     int
}

// number tells links and stages where they stand.
func (s *runner) number() {
	for i, n := range s.nodes {
		n.number = i
	}
	for i, l := range s.links {
		l.number, l.feeder, l.reader = i, -1, -1
		if l.from = s.feeds[l]; l.from != nil {
			l.feeder = l.from.number
		}
		if l.to = s.reads[l]; l.to != nil {
			l.reader = l.to.number
		}
	}
}

// check refuses pipelines that are not wired or do not balance.
func (s *runner) check() error {
	for _, l := range s.links {
		switch {
		case l.kind == fifo && l.depth < 1:
			return fmt.Errorf("stream: FIFO %s has depth %d; it needs at least 1, and 2 for a token a cycle", l.Name, l.depth)
		case l.perFrame < 1:
			return fmt.Errorf("stream: link %s carries %d tokens a frame; it needs at least 1", l.Name, l.perFrame)
		case l.kind != drain && s.reads[l] == nil:
			return fmt.Errorf("stream: nothing reads link %s", l.Name)
		case l.kind != supply && s.feeds[l] == nil:
			return fmt.Errorf("stream: nothing feeds link %s", l.Name)
		}
	}
	return nil
}

// wake puts a stage in the queue, if it is not there: a ring with room for all.
func (s *runner) wake(n *node) {
	if n != nil && !n.queued && !n.asleep {
		n.queued = true
		s.queue[(s.head+s.waiting)%len(s.queue)] = n
		s.waiting++
	}
}

// doses is the number of parts in which the tokens of a frame come in: what is on its way
// at a time stays in the caches of the processor that simulates it.
const doses = 16

// admit lets in so many doses of the frame at hand.
func (s *runner) admit(part int) {
	for _, l := range s.links {
		if l.kind == supply {
			l.limit = (s.done-l.skipped)*l.perFrame + l.perFrame*int64(part)/doses
			s.wake(l.to)
		}
	}
	if part == 1 {
		s.settle()
	}
	s.sweep()
	for _, n := range s.nodes {
		if !n.asleep {
			n.mark()
		}
	}
}

// let lets the tokens of so many frames in.
func (s *runner) let(frames int64) {
	for _, l := range s.links {
		l.limit = (frames - l.skipped) * l.perFrame
	}
}

// frame takes one more frame through, from its first token to its last; false: it does
// not come through. No token waits for one of a later frame, so that all cross when they
// would if the next frame were behind them.
func (s *runner) frame() bool {
	if s.up != nil {
		s.up.again()
	}
	for _, l := range s.links {
		l.waited = false
	}
	s.let(s.done + 1)
	for part := 1; part <= doses; part++ {
		s.admit(part)
	}
	if s.up != nil && !s.through() {
		s.wakeFront()
		s.settle()
	}
	if !s.through() {
		return false
	}
	s.done++
	return true
}

// through tells whether all tokens that were let in have gone through.
func (s *runner) through() bool {
	for _, l := range s.links {
		if l.kind != supply && l.puts < l.limit || l.kind != drain && l.takes < l.limit {
			return false
		}
	}
	return true
}

// settle runs stages until none can go on.
func (s *runner) settle() {
	for _, n := range s.nodes {
		s.wake(n)
	}
	if s.up != nil {
		for _, n := range s.up.border {
			s.wake(n)
		}
	}
	s.sweep()
}

// cut notes what the next frame can feel of those before. Where that is what it was
// a frame ago, all of it later by one and the same number of cycles, the next frame
// will go as the last one did, and so on for ever.
func (s *runner) cut() {
	now := &snapshot{}
	front := 0
	if s.up != nil {
		front = len(s.up.nodes)
	}
	for _, l := range s.links {
		now.begin()
		if front == 0 || l.feeder >= front || l.reader >= front {
			l.cut(now)
		}
	}
	for i, n := range s.nodes {
		now.begin()
		if i >= front {
			n.stage.cut(now)
		}
		now.spent = append(now.spent, n.stage.spent().plus(n.slept))
	}
	if s.up != nil {
		s.cutFront(now, len(s.links))
	}
	s.before, s.now, s.all = s.now, now, append(s.all, now)
	if s.done == s.frames {
		return
	}
	if s.before != nil {
		s.period, _ = now.later(s.before)
	}
	if o := s.other; o != nil && s.period == 0 && s.done < o.done {
		if shift, alike := now.later(o.all[s.done-1]); alike {
			s.adopt(shift)
		}
	}
}

// adopt takes over the frames of the run that this one follows.
func (s *runner) adopt(shift int64) {
	o, here := s.other, s.other.all[s.done-1]
	for i, l := range s.links {
		for _, x := range o.links[i].cuts[s.done:] {
			l.cuts = append(l.cuts, crossing{x.in + shift, x.out + shift})
		}
	}
	s.now, s.before = s.now.plus(here, o.now), s.now.plus(here, o.before)
	s.done, s.period = o.done, o.period
}

// sweep runs stages that have something new to know.
func (s *runner) sweep() {
	for s.waiting > 0 {
		n := s.queue[s.head]
		s.head, s.waiting = (s.head+1)%len(s.queue), s.waiting-1
		n.queued = false
		n.stage.run()
		for _, l := range n.in {
			if l.dirtyIn {
				l.dirtyIn = false
				s.wake(l.from)
			}
		}
		for _, l := range n.out {
			if l.dirtyOut {
				l.dirtyOut = false
				s.wake(l.to)
			}
		}
	}
}

// WaitedFor is the cycles that the stage behind a link waited for tokens, in the whole run.
func (r *Result) WaitedFor(l *Link) int64 { return r.run.states(l.reader).input }

// result gathers what the links and stages noted, the steady state's frames added.
func (s *runner) result() *Result {
	r := &Result{FirstOut: s.last.firstPut, Period: s.period, Simulated: len(s.all), frames: s.frames, run: s, Slept: s.slept, Woken: s.woken}
	all := func(l *Link) (times []int64) {
		for i := range int(s.frames) {
			if i < int(s.done) {
				times = append(times, l.ended(i))
			} else {
				times = append(times, times[i-1]+s.period)
			}
		}
		return times
	}
	r.LastOut, r.LastIn = all(s.last), all(s.first)
	for i, n := range s.nodes {
		w := s.states(i)
		spent := StageSpent{Name: n.name, Spent: Spent{w.busy, w.input, w.output}, Parts: n.parts}
		for _, l := range n.in {
			spent.First = max(spent.First, l.firstPut)
		}
		r.Stages = append(r.Stages, spent)
	}
	for _, l := range s.links {
		r.Crossings += l.puts + l.takes
	}
	return r
}

// states is what a stage did in the whole run: in frames not simulated the same as in the last.
func (s *runner) states(stage int) states {
	w := s.now.spent[stage]
	if s.period == 0 {
		return w
	}
	return w.plus(w.less(s.before.spent[stage]).times(s.frames - s.done))
}
