package stream

import "slices"

// upstream is the front of a pipeline while it repeats and nothing behind it holds it up:
// only its last links are played back, each put so many cycles later than a frame ago.
//
//	┌ asleep ────────────────┐
//	source ─▶ stage ─▶ stage ─┼─FIFO─▶ stage ─▶ … ─▶ sink
//	└────────────────────────┘  ▲
//	                          replay
//
// That is right as long as each of those puts finds room at once, as it did a frame
// ago. When one does not, the front is woken: its state is that of the last frame it
// went through, moved, and what was played back of the frame is what it had done.
type upstream struct {
	nodes  []*node // the front, in front of all others
	inner  []*Link // links of which it is the reader, or the only user
	border []*node // replays
	period int64
	frames int64    // that it slept through, the one at hand among them
	each   []states // what its stages do in a frame
}

// replay puts a frame's tokens into a link again.
type replay struct {
	link   *Link
	times  []int64
	shift  int64
	next   int
	broken bool
}

func (r *replay) run() (moved bool) {
	for r.next < len(r.times) && !r.broken {
		want := r.times[r.next] + r.shift
		at, known := r.link.room(want)
		if !known {
			break
		}
		if r.broken = at != want; !r.broken {
			r.link.put(want)
			r.next, moved = r.next+1, true
		}
	}
	return moved
}

func (r *replay) ports() (in, out []*Link) { return nil, []*Link{r.link} }
func (r *replay) spent() states            { return states{} }
func (r *replay) cut(*snapshot)            {}
func (r *replay) move(int64)               {}

// doze finds the longest front that went through the last frame as through the one
// before it, without waiting for room in the links behind it, and lets it sleep.
func (s *runner) doze() {
	if s.before == nil {
		s.watch()
		return
	}
	period, best, length := int64(0), int64(0), 0
	for i, n := range s.nodes {
		var alike bool
		if period, alike = s.alike(i, n, period); !alike {
			break
		}
		if period > 0 && s.separable(i+1) {
			best, length = period, i+1
		}
	}
	if length > 0 {
		s.sleep(length, best)
	}
}

// short is the number of tokens a frame below which a link is always watched.
const short = 4096

// watch keeps when tokens went into the links that a front may end in: those that carry few of
// the pipeline's, of which there is one in every few stages.
func (s *runner) watch() {
	tokens := int64(0)
	for _, l := range s.links {
		tokens += l.perFrame
	}
	for _, l := range s.links {
		if l.kind == fifo && l.perFrame <= max(short, tokens/int64(len(s.links))) {
			l.trace = make([]int64, l.perFrame)
		}
	}
}

// alike tells whether a stage, and the links it reads, repeat with a period (0: any).
func (s *runner) alike(i int, n *node, period int64) (int64, bool) {
	period, alike := s.now.parts[len(s.links)+i].later(s.before.parts[len(s.links)+i], period)
	for _, l := range slices.Concat(n.in, n.out) {
		if alike && (l.reader < 0 || l.reader == i) {
			period, alike = s.now.parts[l.number].later(s.before.parts[l.number], period)
		}
	}
	return period, alike
}

// separable tells whether the links between the first so many stages and the others can be played back.
func (s *runner) separable(nodes int) bool {
	for _, l := range s.links {
		from, to := l.feeder, l.reader
		switch {
		case from >= nodes && to < nodes && to >= 0:
			return false
		case from >= 0 && from < nodes && to >= nodes && (l.trace == nil || l.waited):
			return false
		}
	}
	return true
}

// sleep takes the first stages out.
func (s *runner) sleep(nodes int, period int64) {
	u := &upstream{nodes: s.nodes[:nodes], period: period}
	for i, n := range u.nodes {
		n.asleep = true
		u.each = append(u.each, s.now.spent[i].less(s.before.spent[i]))
	}
	for _, l := range s.links {
		switch {
		case l.feeder >= nodes || l.feeder < 0 && l.reader >= nodes:
		case l.reader < nodes:
			u.inner = append(u.inner, l)
		default:
			r := &node{stage: &replay{link: l, times: l.trace}, out: []*Link{l}}
			u.border = append(u.border, r)
			l.from, l.trace = r, nil
		}
	}
	s.up = u
}

// again begins another frame that the front sleeps through.
func (u *upstream) again() {
	u.frames++
	for _, l := range u.inner {
		l.skipped++
	}
	for _, n := range u.border {
		r := n.stage.(*replay)
		r.next, r.shift = 0, r.shift+u.period
	}
}

// wakeFront brings the front to the beginning of the frame at hand, in which it does again what
// was played back of it and goes on from there.
func (s *runner) wakeFront() {
	u := s.up
	slept := u.frames - 1
	s.woken++
	for i, n := range u.nodes {
		n.asleep = false
		n.stage.move(slept * u.period)
		n.slept = n.slept.plus(u.each[i].times(slept))
	}
	for _, l := range u.inner {
		l.skipped--
		l.move(slept * u.period)
	}
	for _, n := range u.border {
		r := n.stage.(*replay)
		l := r.link
		l.from, l.trace = s.feeds[l], make([]int64, l.perFrame)
		l.echo, l.behind = int64(r.next), l.behind+slept*l.perFrame
	}
	s.up = nil
	s.let(s.done + 1)
}

// cutFront notes of a sleeping front what it would have noted.
func (s *runner) cutFront(now *snapshot, links int) {
	u := s.up
	s.slept += len(u.nodes)
	for _, l := range u.inner {
		last := l.cuts[len(l.cuts)-1]
		l.cuts = append(l.cuts, crossing{last.in + u.period, last.out + u.period})
		now.parts[l.number] = s.now.parts[l.number].moved(u.period)
	}
	for i := range u.nodes {
		now.parts[links+i] = s.now.parts[links+i].moved(u.period)
		now.spent[i] = s.now.spent[i].plus(u.each[i])
	}
}

// move moves all that a ring holds; an entry that was never written stays.
func move(list []int64, cycles int64) {
	for i := range list {
		if list[i] != 0 {
			list[i] += cycles
		}
	}
}

// move makes a link one that did all it did so many cycles later.
func (l *Link) move(cycles int64) {
	move(l.putAt, cycles)
	move(l.takeAt, cycles)
	l.lastPut += cycles
	l.lastTake += cycles
	l.due += cycles * l.every.tokens
	l.crossedAt += cycles
	l.postedAt += cycles
}
