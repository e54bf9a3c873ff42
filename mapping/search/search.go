// Package search finds cheap points of a finite space of choices, within a budget.
//
//	Space: axes of choices ──▶ exhaustive      where the space is no larger than the budget
//	       cost of a point     branch and bound  where a bound prunes it to that
//	       bound of a prefix   annealed        from random points, for the rest of the budget
//
// A search always ends: every cost asked for is counted against the budget. The same
// space, budget and seed give the same result. The inner loops allocate nothing.
//
// Where choices share resources, a Knapsack picks one of each group (knapsack.go).
//
// Sources: [kirkpatrick-1983] for annealing; [land-doig-1960] for branch and bound;
// [fisher-1981] and [harvey-ginsberg-1995] for the knapsack.
//
// Not modelled: costs of more than one number, and spaces whose axes depend on one
// another other than by points that cost +Inf.
package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"nnsim/unit/spell"
)

// Space is a finite set of points: one choice along each axis.
type Space interface {
	// Axes is the number of choices along each axis.
	Axes() []int
	// Cost is what a point costs; +Inf where it is illegal.
	Cost(at []int) float64
	// Bound is a cost that no point falls below whose first fixed choices are those of at.
	Bound(at []int, fixed int) float64
}

// Method is how a space is searched.
type Method string

// Auto takes the first of Exhaustive, Branch and Annealed that the budget allows.
const (
	Auto       Method = "auto"
	Exhaustive Method = "exhaustive"
	Branch     Method = "branch"
	Random     Method = "random"
	Annealed   Method = "annealed"
)

// ParseMethod reads the name of a method.
func ParseMethod(name string) (Method, error) {
	all := []string{string(Auto), string(Exhaustive), string(Branch), string(Random), string(Annealed)}
	if !slices.Contains(all, name) {
		return "", fmt.Errorf("%q: write auto, exhaustive, branch, random or annealed%s", name, spell.DidYouMean(name, all))
	}
	return Method(name), nil
}

// Options say how much may be spent on what.
type Options struct {
	Method Method
	Budget int   // costs asked for, at most
	Seed   int64 // of random and annealed
	Keep   int   // points returned, of different costs
	Start  []int // a point to begin with, where one is known
}

// Point is a point found.
type Point struct {
	At   []int
	Cost float64
}

// Result is what a search found: the best points, cheapest first; none if all that
// were tried are illegal.
type Result struct {
	Best     []Point
	Size     float64 // of the space
	Tried    int     // costs asked for
	Method   Method  // that found the best
	Complete bool    // nothing in the space is cheaper
}

// Size is the number of points of a space.
func Size(axes []int) float64 {
	size := 1.0
	for _, n := range axes {
		size *= float64(n)
	}
	return size
}

// Run searches a space.
func Run(s Space, o Options) Result {
	h := &hunt{space: s, axes: s.Axes(), Options: o}
	h.Budget, h.Keep = max(1, o.Budget), max(1, o.Keep)
	h.result.Size = Size(h.axes)
	if h.result.Size == 0 {
		h.result.Complete = true
		return h.result
	}
	h.at = make([]int, len(h.axes))
	if h.Start != nil {
		h.try(h.Start)
	}
	h.rng = rand.New(rand.NewPCG(uint64(o.Seed), 0x9e3779b97f4a7c15))
	switch o.Method {
	case Exhaustive:
		h.exhaust()
	case Branch:
		h.branch(h.Budget)
	case Random:
		h.random(h.Budget)
	case Annealed:
		h.anneal()
	default:
		h.auto()
	}
	return h.result
}

// hunt is a search under way.
type hunt struct {
	Options
	space  Space
	axes   []int
	at     []int // the point at hand
	rng    *rand.Rand
	result Result
}

// left is what remains of the budget.
func (h *hunt) left() int { return h.Budget - h.result.Tried }

// auto is exhaustive where the space is small, and else branch and bound for a half
// of the budget, then annealing for what is left.
func (h *hunt) auto() {
	if h.result.Size <= float64(h.Budget) {
		h.exhaust()
		return
	}
	if h.branch(h.Budget / 2); !h.result.Complete {
		h.anneal()
	}
}

// try asks for a cost and keeps the point if it is among the best.
func (h *hunt) try(at []int) float64 {
	h.result.Tried++
	cost := h.space.Cost(at)
	if best := h.result.Best; !math.IsInf(cost, 1) && (len(best) < h.Keep || cost < best[len(best)-1].Cost) {
		h.keep(at, cost)
	}
	return cost
}

// keep enters a point; of points of one cost the first found stays.
func (h *hunt) keep(at []int, cost float64) {
	best := h.result.Best
	i, found := slices.BinarySearchFunc(best, cost, func(p Point, c float64) int {
		switch {
		case p.Cost < c:
			return -1
		case p.Cost > c:
			return 1
		}
		return 0
	})
	if found {
		return
	}
	if len(best) == h.Keep {
		last := best[len(best)-1] // its room is used again
		copy(best[i+1:], best[i:len(best)-1])
		copy(last.At, at)
		best[i] = Point{last.At, cost}
		return
	}
	h.result.Best = slices.Insert(best, i, Point{slices.Clone(at), cost})
}

// least is the cost that a point must beat to be kept.
func (h *hunt) least() float64 {
	if best := h.result.Best; len(best) == h.Keep {
		return best[len(best)-1].Cost
	}
	return math.Inf(1)
}
