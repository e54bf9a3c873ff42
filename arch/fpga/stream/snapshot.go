package stream

import "slices"

// snapshot is all that a pipeline keeps from one frame for the next, between two
// frames: when its registers were last used and its memories last read, as far as
// a later token can still notice. Stages and links write it down, each in its own
// fixed order. Between frames no token is on its way, so there are times only.
type snapshot struct {
	times []int64 // cycles; the next frame depends on their distances alone
	equal []int64 // what must be the same
	spent []states
}

// at notes a cycle.
func (s *snapshot) at(t int64) { s.times = append(s.times, t) }

// same notes a number that is no cycle.
func (s *snapshot) same(n int64) { s.equal = append(s.equal, n) }

// ring notes the cycles of entries from up to (not with) to of a ring, each later
// than the one before, of which the j-th counts only where it is later than cycle floor + j.
func (s *snapshot) ring(list []int64, from, to, floor int64) {
	i, size := to-1, int64(len(list))
	for ; i >= max(from, 0) && list[i%size] > floor+i-from; i-- {
		s.at(list[i%size])
	}
	s.same(to - 1 - i)
}

// later is the number of cycles by which all of a snapshot is later than another;
// false: they are not alike.
func (s *snapshot) later(than *snapshot) (int64, bool) {
	if len(s.times) != len(than.times) || len(s.times) == 0 || !slices.Equal(s.equal, than.equal) {
		return 0, false
	}
	period := s.times[0] - than.times[0]
	for i, t := range s.times {
		if t-than.times[i] != period {
			return 0, false
		}
	}
	return period, true
}

// plus is what was spent in all, with what another pipeline spent between two of its snapshots.
func (s *snapshot) plus(from, to *snapshot) *snapshot {
	sum := &snapshot{}
	for i, w := range s.spent {
		a, b := from.spent[i], to.spent[i]
		sum.spent = append(sum.spent, states{w.busy + b.busy - a.busy, w.input + b.input - a.input, w.output + b.output - a.output})
	}
	return sum
}
