package mapping

import (
	"math"
	"slices"

	"nnsim/unit"
)

// shortlist is how many tilings, best by their estimates, are followed through the units (choice: with
// four, eight, 16 and 24 of them five networks and six products on three TPUs and gemmini-16-fp32 take
// 92, 88, 84 and 84 % of the time that the first would, and a sweep as long).
const shortlist = 16

// trusted is the least gain that is believed: following a nest is off by 1 to 5 % (docs/deviations.md).
const trusted = 0.97

// closeEnough: estimates nearer to each other than this count as equal.
const closeEnough = 0.995

// Shortlist is the candidates that are best by an estimate, best first. Estimates know what each
// unit has to do, and not how units wait for one another; so the few on the list are followed
// through the units before one is taken.
type Shortlist[T any] struct {
	better func(a, b *T) bool
	list   []T
}

// NewShortlist makes a list that is empty.
func NewShortlist[T any](better func(a, b *T) bool) *Shortlist[T] {
	return &Shortlist[T]{better: better}
}

// Add puts a candidate on the list if it is good enough. Of equals the earlier stays first.
func (s *Shortlist[T]) Add(x *T) {
	at := len(s.list)
	for at > 0 && s.better(x, &s.list[at-1]) {
		at--
	}
	if at < shortlist {
		s.list = slices.Insert(s.list[:min(len(s.list), shortlist-1)], at, *x)
	}
}

// Best is the best by its estimate; nil: there are no candidates.
func (s *Shortlist[T]) Best() *T {
	if len(s.list) == 0 {
		return nil
	}
	return &s.list[0]
}

// Quickest is the candidate that takes least when it is followed; of those that take the same,
// the first, as where the gain is within what following is off by. least is what a candidate
// takes at least: where that is too long, it is not followed. nil: there are no candidates.
func (s *Shortlist[T]) Quickest(least, follow func(*T) float64) *T {
	best, shortest := s.Best(), math.Inf(1)
	for i := range s.list {
		x := &s.list[i]
		if least(x) >= shortest*closeEnough {
			continue
		}
		time := follow(x)
		if i == 0 {
			time *= trusted
		}
		if time < shortest*closeEnough {
			best, shortest = x, time
		}
	}
	return best
}

// Cuts lists the sizes of parts that n is cut into evenly, half as many again each time, in
// whole steps down to the least, which may be less than a step.
func Cuts(n, step, least int) (list []int) {
	for k := 1; ; k = (3*k + 1) / 2 {
		size := min(n, unit.CeilDiv(unit.CeilDiv(n, k), step)*step)
		if len(list) == 0 || size < list[len(list)-1] {
			list = append(list, size)
		}
		if size <= least {
			return list
		}
		if size <= step {
			step = least
		}
	}
}
