package search

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// table is a space whose every cost is written down.
type table struct {
	axes  []int
	costs []float64
	asked int
}

func (t *table) Axes() []int { return t.axes }

func (t *table) index(at []int) int {
	i := 0
	for k, n := range t.axes {
		i = i*n + at[k]
	}
	return i
}

func (t *table) Cost(at []int) float64 { t.asked++; return t.costs[t.index(at)] }

// Bound is the least of all costs that begin so: the sharpest there is.
func (t *table) Bound(at []int, fixed int) float64 {
	least, rest := math.Inf(1), 1
	for _, n := range t.axes[fixed:] {
		rest *= n
	}
	first := slices.Clone(at)
	clear(first[fixed:])
	for i := range rest {
		least = min(least, t.costs[t.index(first)+i])
	}
	return least
}

func drawTable(t *rapid.T) *table {
	s := &table{axes: rapid.SliceOfN(rapid.IntRange(1, 6), 1, 4).Draw(t, "axes")}
	s.costs = make([]float64, int(Size(s.axes)))
	for i := range s.costs {
		s.costs[i] = float64(rapid.IntRange(1, 1000).Draw(t, "cost"))
		if rapid.IntRange(0, 4).Draw(t, "legal") == 0 {
			s.costs[i] = math.Inf(1)
		}
	}
	return s
}

// best is the cheapest costs of a table, without repeats.
func (t *table) best(keep int) []float64 {
	all := slices.Clone(t.costs)
	slices.Sort(all)
	all = slices.Compact(all)
	all = slices.DeleteFunc(all, func(c float64) bool { return math.IsInf(c, 1) })
	return all[:min(keep, len(all))]
}

func costs(r Result) (list []float64) {
	for _, p := range r.Best {
		list = append(list, p.Cost)
	}
	return list
}

// Exhaustive search and branch and bound find the very best, in order.
func TestTheBestIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTable(t)
		keep := rapid.IntRange(1, 5).Draw(t, "keep")
		for _, m := range []Method{Exhaustive, Branch} {
			r := Run(s, Options{Method: m, Budget: 100_000, Keep: keep})
			require.True(t, r.Complete, m)
			require.Equal(t, len(s.best(keep)), len(r.Best), m)
			for i, c := range s.best(keep) {
				require.Equal(t, c, r.Best[i].Cost, m)
				require.Equal(t, c, s.costs[s.index(r.Best[i].At)], "the point has the cost it is said to have")
			}
		}
	})
}

// No method asks for more than the budget, whatever the space; the same seed finds
// the same; and what is said to be complete is.
func TestBudgetAndSeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTable(t)
		o := Options{Budget: rapid.IntRange(1, 300).Draw(t, "budget"), Seed: rapid.Int64().Draw(t, "seed"), Keep: 3,
			Method: rapid.SampledFrom([]Method{Auto, Exhaustive, Branch, Random, Annealed}).Draw(t, "method")}
		s.asked = 0
		r := Run(s, o)
		require.LessOrEqual(t, s.asked, o.Budget)
		require.LessOrEqual(t, r.Tried, o.Budget)
		require.True(t, slices.IsSorted(costs(r)))
		require.Equal(t, r, Run(s, o))
		if r.Complete {
			require.True(t, slices.Equal(s.best(3), costs(r)), "%v, found %v", s.best(3), costs(r))
		}
	})
}

// basin is a bowl too large to walk through: 10^9 points.
type basin struct{}

func (basin) Axes() []int { return []int{1000, 1000, 1000} }
func (basin) Cost(at []int) float64 {
	cost := 1.0
	for i, goal := range []int{700, 30, 501} {
		cost += math.Abs(float64(at[i] - goal))
	}
	return cost
}
func (basin) Bound([]int, int) float64 { return 1 }

// Where a space is too large, annealing comes close and drawing does not.
func TestAnnealingGoesDown(t *testing.T) {
	far := Run(basin{}, Options{Method: Random, Budget: 20_000, Seed: 1})
	near := Run(basin{}, Options{Budget: 20_000, Seed: 1})
	require.Equal(t, Annealed, near.Method)
	assert.Less(t, near.Best[0].Cost, 4.0)
	assert.Greater(t, far.Best[0].Cost, near.Best[0].Cost)
	assert.False(t, near.Complete)
	assert.Equal(t, 1e9, near.Size)
}

// A start is tried first, and a space without a legal point has no best.
func TestStartAndNothing(t *testing.T) {
	r := Run(basin{}, Options{Method: Random, Budget: 1, Start: []int{700, 30, 501}})
	assert.Equal(t, []int{700, 30, 501}, r.Best[0].At)
	none := &table{axes: []int{2, 2}, costs: []float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}}
	assert.Empty(t, Run(none, Options{Budget: 10}).Best)
	assert.True(t, Run(&table{axes: []int{0}}, Options{Budget: 10}).Complete)
}

// The inner loops allocate nothing.
func TestAllocations(t *testing.T) {
	for _, m := range []Method{Exhaustive, Branch, Annealed} {
		few := testing.AllocsPerRun(3, func() { Run(basin{}, Options{Method: m, Budget: 100, Keep: 4}) })
		many := testing.AllocsPerRun(3, func() { Run(basin{}, Options{Method: m, Budget: 20_000, Keep: 4}) })
		assert.LessOrEqual(t, many, few+4, "%s", m)
	}
}
