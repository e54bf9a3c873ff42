package stream

import "slices"

// snapshot is all that a pipeline keeps from one frame for the next, between two
// frames: when its registers were last used and its memories last read, as far as
// a later token can still notice. Links and stages write it down, each in its own
// fixed order. Between frames no token is on its way, so there are times only.
type snapshot struct {
	parts []part // of the links, then of the stages
	spent []states
}

// part is what one link or stage keeps.
type part struct {
	times []int64 // cycles; the next frame depends on their distances alone
	equal []int64 // what must be the same
}

// begin begins the part of the next link or stage.
func (s *snapshot) begin() { s.parts = append(s.parts, part{}) }

// at notes a cycle.
func (s *snapshot) at(t int64) {
	p := &s.parts[len(s.parts)-1]
	p.times = append(p.times, t)
}

// same notes a number that is no cycle.
func (s *snapshot) same(n int64) {
	p := &s.parts[len(s.parts)-1]
	p.equal = append(p.equal, n)
}

// ring notes the cycles of entries from up to (not with) to of a ring, each later
// than the one before, of which the j-th counts only where it is later than cycle floor + j.
func (s *snapshot) ring(list []int64, from, to, floor int64) {
	i, size := to-1, int64(len(list))
	for ; i >= max(from, 0) && list[i%size] > floor+i-from; i-- {
		s.at(list[i%size])
	}
	s.same(to - 1 - i)
}

// later is the number of cycles by which all of a part is later than another; false: they
// are not alike. A part without times is as much later as one likes.
func (p part) later(than part, like int64) (int64, bool) {
	if len(p.times) != len(than.times) || !slices.Equal(p.equal, than.equal) {
		return 0, false
	}
	if len(p.times) > 0 && like == 0 {
		like = p.times[0] - than.times[0]
	}
	for i, t := range p.times {
		if t-than.times[i] != like {
			return 0, false
		}
	}
	return like, true
}

// moved is a part as it is so many cycles later.
func (p part) moved(cycles int64) part {
	times := slices.Clone(p.times)
	for i := range times {
		times[i] += cycles
	}
	return part{times, p.equal}
}

// later is the number of cycles by which all of a snapshot is later than another, 0 if it
// is the same; false: they are not alike.
func (s *snapshot) later(than *snapshot) (shift int64, alike bool) {
	for i, p := range s.parts {
		if len(p.times) > 0 {
			shift = p.times[0] - than.parts[i].first()
			break
		}
	}
	for i, p := range s.parts {
		if shift == 0 && !slices.Equal(p.times, than.parts[i].times) {
			return 0, false
		}
		if _, alike := p.later(than.parts[i], shift); !alike {
			return 0, false
		}
	}
	return shift, true
}

func (p part) first() int64 {
	if len(p.times) == 0 {
		return 0
	}
	return p.times[0]
}

// plus is what was spent in all, with what another pipeline spent between two of its snapshots.
func (s *snapshot) plus(from, to *snapshot) *snapshot {
	sum := &snapshot{}
	for i, w := range s.spent {
		sum.spent = append(sum.spent, w.plus(to.spent[i].less(from.spent[i])))
	}
	return sum
}
