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
	Stages    []Spent
	Crossings int64 // tokens put and taken while simulating

	frames int64
}

// Spent is what a stage did during the whole run.
type Spent struct {
	Name                string
	Busy, Input, Output int64 // cycles at work, waiting for a token, waiting for room
}

// Cycles is the length of the run: up to the last token of the last frame.
func (r *Result) Cycles() int64 { return r.LastOut[len(r.LastOut)-1] }

// Last is when the last token of the last frame was put into a link.
func (r *Result) Last(l *Link) int64 {
	list := l.frames()
	if l.kind == direct || l.kind == fifo {
		list = l.putLog.frames
	}
	if r.Period == 0 || int64(len(list)) >= r.frames {
		return list[min(r.frames, int64(len(list)))-1].last
	}
	return list[len(list)-1].last + (r.frames-int64(len(list)))*r.Period
}

// Run takes the pipeline through frames from the port first to the port last. It
// may be called once. Where a source is a FIFO fed by no stage, first must be a supply.
func (p *Pipeline) Run(first, last *Link, frames int) (*Result, error) {
	s := &runner{Pipeline: p, first: first, last: last, frames: int64(frames), back: p.memory(), queue: make([]*node, len(p.nodes))}
	if err := s.check(); err != nil {
		return nil, err
	}
	for _, l := range p.links {
		l.limit = s.frames * l.perFrame
		l.from, l.to = p.feeds[l], p.reads[l]
	}
	for _, n := range p.nodes {
		s.wake(n)
	}
	for !s.done() {
		if s.waiting == 0 {
			return nil, p.deadlock(s.frames)
		}
		s.sweep()
		if s.steady() {
			break
		}
	}
	return s.result(), nil
}

// frames are the crossings at a link so far: where it is a port, at its only side.
func (l *Link) frames() []crossing {
	if l.kind == supply {
		return l.takeLog.frames
	}
	return l.putLog.frames
}

// runner is one run of a pipeline.
type runner struct {
	*Pipeline
	first, last *Link
	frames      int64
	back        int // frames that any dependence reaches back
	period      int64
	seen        int // frames at the last port when the steady state was last looked for
	queue       []*node
	head        int
	waiting     int
}

// memory is how many frames any dependence reaches back: a stage's registers and
// buffers hold tokens of this frame and the one before, a FIFO those of depth/perFrame more.
func (p *Pipeline) memory() int {
	frames := int64(1)
	for _, l := range p.links {
		if l.kind == fifo {
			frames = max(frames, 1+(l.depth+l.perFrame-1)/l.perFrame)
		}
	}
	return int(frames)
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
	if n != nil && !n.queued {
		n.queued = true
		s.queue[(s.head+s.waiting)%len(s.queue)] = n
		s.waiting++
	}
}

// done tells whether all frames have left by all ports.
func (s *runner) done() bool {
	for _, l := range s.links {
		if l.kind == drain && int64(len(l.putLog.frames)) < s.frames {
			return false
		}
	}
	return true
}

// sweep runs stages that have something new to know until the last port has
// another frame, or none can go on.
func (s *runner) sweep() {
	have := len(s.last.frames())
	for s.waiting > 0 && len(s.last.frames()) == have {
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

// steady tells whether the pipeline provably repeats: on every link, each of the
// last frames crossed exactly as the one before it, later by one and the same
// number of cycles, for as many frames as anything reaches back. What follows is
// computed from these crossings alone, so it repeats for ever.
func (s *runner) steady() bool {
	n := len(s.last.frames())
	if n < s.back+2 || n == s.seen {
		return false
	}
	s.seen = n
	period := s.last.frames()[n-1].last - s.last.frames()[n-2].last
	for _, l := range s.links {
		if !l.keeps(period) {
			return false
		}
		for _, log := range []*trail{&l.putLog, &l.takeLog} {
			if len(log.frames) > 0 && !log.repeats(n, s.back+1, period) {
				return false
			}
		}
	}
	s.period = period
	return true
}

// repeats tells whether the last of n frames repeat with the period.
func (r *trail) repeats(n, times int, period int64) bool {
	if len(r.frames) < n || n < times+1 {
		return false
	}
	for i := n - times; i < n; i++ {
		a, b := r.frames[i-1], r.frames[i]
		if a.print != b.print || b.first-a.first != period {
			return false
		}
	}
	return true
}

// gone is how many frames a stage has gone through.
func (s *runner) gone(n *node) int64 {
	if len(n.out) > 0 {
		return max(1, int64(len(n.out[0].putLog.frames)))
	}
	return max(1, int64(len(n.in[0].takeLog.frames)))
}

// result gathers what the links and stages noted, the steady state's frames added.
func (s *runner) result() *Result {
	r := &Result{FirstOut: s.last.frames()[0].first, Period: s.period, Simulated: len(s.last.frames()), frames: s.frames}
	add := func(list []crossing) (times []int64) {
		for i := range int(s.frames) {
			if i < len(list) && (s.period == 0 || i < r.Simulated) {
				times = append(times, list[i].last)
			} else if s.period > 0 {
				times = append(times, times[len(times)-1]+s.period)
			}
		}
		return times
	}
	r.LastOut, r.LastIn = add(s.last.frames()), add(s.first.frames())
	for _, n := range s.nodes {
		w := n.stage.spent().times(s.frames, s.gone(n))
		r.Stages = append(r.Stages, Spent{n.name, w.busy, w.input, w.output})
	}
	for _, l := range s.links {
		r.Crossings += l.puts + l.takes
	}
	return r
}
