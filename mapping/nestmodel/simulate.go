package nestmodel

import (
	"fmt"
	"slices"
)

// Timing is what a nest took when its tiles were followed one after another.
//
//	Cycles = Fill + Steps + Σ Stall + Drain
type Timing struct {
	Cycles int64
	Fill   int64            // until the first multiplication has its operands
	Steps  int64            // multiplying
	Stall  [MaxLevels]int64 // waiting for the next tile of a level, or for its ports
	Drain  int64            // from the last multiplication until all sums are out
	Walked int64            // tiles followed; the others repeat them

	// Fetched is the words that the tiles of each level and tensor brought, in one instance.
	Fetched [MaxLevels][Tensors]int64
}

// mostWalked bounds the work of a simulation whose course does not repeat.
const mostWalked = 20_000_000

// Simulate follows the tiles of a checked nest. Every level has two slots for each
// tensor it keeps: while one tile is used, the next is loaded; a tile of sums is
// stored while the next is worked on. A transfer takes the ports at both its ends for
// as long as the slower of them needs, transfers of one port go one after another,
// and a tile cannot be loaded before the level above has it. Once an iteration leaves
// the machine as the one before it did, all that remain but the last take as long.
//
// Words of several transfers may pass a port in one cycle; time is kept in parts of
// a cycle for that.
//
// Not modelled: latency of an access, banks, tiles that begin to be used before
// they are whole.
func Simulate(n *Nest, a *Architecture) (Timing, error) {
	s := newTrack(n, a)
	s.begin()
	if err := s.sweep(len(s.loops)); err != nil {
		return s.time, err
	}
	s.end()
	return s.time, nil
}

// parts of a cycle: a port of up to so many words a cycle passes each in whole parts.
const parts = 16

// track is a simulation.
type track struct {
	n     *Nest
	a     *Architecture
	loops []Loop // temporal, innermost first
	digit []int
	lanes []lane // outermost level first
	beat  int64  // cycles of one multiplication
	now   int64
	read  [MaxLevels]int64 // when a port is free
	write [MaxLevels]int64
	time  Timing
}

func newTrack(n *Nest, a *Architecture) *track {
	s := &track{n: n, a: a, beat: 1}
	var outside [MaxLevels]int
	for i := range n.Tilings {
		outside[i] = len(s.loops)
		loops := n.Tilings[i].Temporal
		for j := len(loops) - 1; j >= 0; j-- {
			if loops[j].Steps > 1 {
				s.loops = append(s.loops, loops[j])
			}
		}
		if i+1 < len(outside) {
			outside[i+1] = len(s.loops)
		}
	}
	s.digit = make([]int, len(s.loops))
	project := n.Problem.projections()
	for i := len(n.Tilings) - 2; i >= 0; i-- {
		for t := range Tensor(Tensors) {
			if n.Tilings[i].Keeps[t] {
				s.lanes = append(s.lanes, s.lane(i, t, &project[t], outside[i+1]))
			}
		}
	}
	s.beat = max(1, s.serving(project))
	return s
}

// serving is the cycles one multiplication takes where the level that serves the
// multipliers directly cannot give every operand in one.
func (s *track) serving(project [Tensors]projection) (beat int64) {
	var read, written [MaxLevels]int64
	for t := range Tensor(Tensors) {
		asked := int64(1)
		for i := range s.n.Tilings {
			if asked *= s.n.distinct(i, &project[t]); s.n.Tilings[i].Keeps[t] {
				if read[i] += asked; t == Outputs {
					written[i] += asked
				}
				break
			}
		}
	}
	for i := range s.n.Tilings {
		beat = max(beat, through(read[i], s.a.Levels[i].ReadBW), through(written[i], s.a.Levels[i].WriteBW))
	}
	return beat
}

// begin fills every level from the outside in, and asks for the second tiles.
func (s *track) begin() {
	for i := range s.lanes {
		l := &s.lanes[i]
		if l.tensor != Outputs {
			from := int64(0)
			if p := s.parentOf(l); p != nil {
				from = p.ready
			}
			l.ready = s.move(l, volume(&l.sides), from, false)
		}
	}
	for i := range s.lanes {
		s.now = max(s.now, s.lanes[i].ready)
	}
	s.time.Fill = s.now
	for i := range s.lanes {
		s.ask(&s.lanes[i])
	}
}

// sweep runs the loops inside loop i.
func (s *track) sweep(i int) error {
	if i == 0 {
		s.now += s.beat * parts
		s.time.Steps += parts
		s.time.Stall[0] += (s.beat - 1) * parts
		return nil
	}
	inside := i - 1
	if err := s.sweep(inside); err != nil {
		return err
	}
	var before []int64
	var old Timing
	for steps := s.loops[inside].Steps; s.digit[inside] < steps-1; {
		if left := steps - 2 - s.digit[inside]; left > 0 && before != nil {
			if state := s.state(); slices.Equal(state, before) {
				s.skip(int64(left), &old)
				s.digit[inside] += left
			}
		}
		before, old = s.state(), s.time
		old.Cycles = s.now
		if err := s.step(inside); err != nil {
			return err
		}
		s.digit[inside]++
		if err := s.sweep(inside); err != nil {
			return err
		}
	}
	s.digit[inside] = 0
	return nil
}

// step leaves the tiles that loop i ends: their sums go up, their successors are
// waited for and the tiles after those are asked for.
func (s *track) step(i int) error {
	if s.time.Walked++; s.time.Walked > mostWalked {
		return fmt.Errorf("the nest's course does not repeat within %d tiles; it is too long to follow", mostWalked)
	}
	for k := len(s.lanes) - 1; k >= 0; k-- { // sums go up from the inside
		if l := &s.lanes[k]; l.first <= i && l.tensor == Outputs && l.moves[i] != ([axes]int64{}) {
			s.wait(l, l.away)
			l.away = s.move(l, volume(&l.sides), s.now, true)
		}
	}
	for k := range s.lanes {
		if l := &s.lanes[k]; l.first <= i {
			s.wait(l, l.ready)
		}
	}
	digits := s.digit[i]
	s.digit[i]++
	saved := slices.Clone(s.digit[:i])
	clear(s.digit[:i])
	for k := range s.lanes {
		if l := &s.lanes[k]; l.first <= i {
			s.ask(l)
		}
	}
	s.digit[i] = digits
	copy(s.digit, saved)
	return nil
}

// wait stalls the machine for a level.
func (s *track) wait(l *lane, until int64) {
	if until > s.now {
		s.time.Stall[l.level] += until - s.now
		s.now = until
	}
}

// state is all that the future depends on, relative to now.
func (s *track) state() []int64 {
	state := make([]int64, 0, 2*len(s.n.Tilings)+8*len(s.lanes))
	ahead := func(t int64) { state = append(state, max(0, t-s.now)) }
	for i := range s.n.Tilings {
		ahead(s.read[i])
		ahead(s.write[i])
	}
	for i := range s.lanes {
		l := &s.lanes[i]
		ahead(l.ready)
		ahead(l.away)
		if l.known {
			state = append(state, 1)
			state = append(state, l.last[:]...)
		} else {
			state = append(state, 0, 0, 0, 0, 0)
		}
	}
	return state
}

// skip repeats the last iteration so many times.
func (s *track) skip(times int64, old *Timing) {
	by := (s.now - old.Cycles) * times
	s.now += by
	for i := range s.read {
		s.read[i] += by
		s.write[i] += by
	}
	for i := range s.lanes {
		s.lanes[i].ready += by
		s.lanes[i].away += by
	}
	s.time.Steps += (s.time.Steps - old.Steps) * times
	for i := range s.time.Stall {
		s.time.Stall[i] += (s.time.Stall[i] - old.Stall[i]) * times
		for t := range Tensors {
			s.time.Fetched[i][t] += (s.time.Fetched[i][t] - old.Fetched[i][t]) * times
		}
	}
}

// end stores the last sums, level by level outward.
func (s *track) end() {
	last := s.now
	for k := len(s.lanes) - 1; k >= 0; k-- {
		if l := &s.lanes[k]; l.tensor == Outputs {
			s.now = max(s.now, l.away)
			s.now = s.move(l, volume(&l.sides), s.now, true)
		}
	}
	t := &s.time
	t.Drain = s.now - last
	for _, part := range []*int64{&t.Fill, &t.Steps, &t.Drain} {
		*part = (*part + parts - 1) / parts
	}
	t.Cycles = t.Fill + t.Steps + t.Drain
	for i := range t.Stall {
		t.Stall[i] = (t.Stall[i] + parts - 1) / parts
		t.Cycles += t.Stall[i]
	}
}
