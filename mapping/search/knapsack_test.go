package search

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fullest is the obvious twin: every way to pick one of each group.
func (k *Knapsack) fullest(g int, cost float64, taken []float64) float64 {
	if !within(taken, k.Limits) {
		return math.Inf(1)
	}
	if g == len(k.Groups) {
		return cost
	}
	best := math.Inf(1)
	for _, it := range k.Groups[g] {
		after := make([]float64, len(taken))
		for r := range taken {
			after[r] = taken[r] + it.Takes[r]
		}
		best = min(best, k.fullest(g+1, cost+it.Cost, after))
	}
	return best
}

func drawKnapsack(t *rapid.T) *Knapsack {
	k := &Knapsack{}
	resources := rapid.IntRange(1, 3).Draw(t, "resources")
	for range resources {
		k.Limits = append(k.Limits, float64(rapid.IntRange(0, 40).Draw(t, "limit")))
	}
	for range rapid.IntRange(1, 5).Draw(t, "groups") {
		var items []Item
		for range rapid.IntRange(1, 5).Draw(t, "items") {
			it := Item{Cost: float64(rapid.IntRange(0, 20).Draw(t, "cost"))}
			for range resources {
				it.Takes = append(it.Takes, float64(rapid.IntRange(0, 20).Draw(t, "takes")))
			}
			items = append(items, it)
		}
		k.Groups = append(k.Groups, items)
	}
	return k
}

// The cheapest filling is found, and where nothing fits that is said.
func TestKnapsackAgainstAllFillings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKnapsack(t)
		want := k.fullest(0, 0, make([]float64, len(k.Limits)))
		got := k.Fill(1<<20, false)
		require.True(t, got.Proven)
		require.Equal(t, want, got.Cost)
		some := k.Fill(1<<20, true)
		require.Equal(t, math.IsInf(want, 1), some.Items == nil)
		for _, p := range []Picked{got, some} {
			taken, cost := make([]float64, len(k.Limits)), 0.0
			for g, i := range p.Items {
				cost += k.Groups[g][i].Cost
				for r, n := range k.Groups[g][i].Takes {
					taken[r] += n
				}
			}
			require.True(t, within(taken, k.Limits))
			if p.Items != nil {
				require.Equal(t, p.Cost, cost)
			}
		}
	})
}

// With many groups the bounds leave little to try, also where all but fits.
func TestKnapsackBounds(t *testing.T) {
	k := &Knapsack{Limits: []float64{1000, 700}}
	for g := range 60 {
		var items []Item
		for i := range 30 {
			a, b := float64(1+i), float64(31-i)
			items = append(items, Item{Cost: a/1000 + b/700 + float64((g*i)%7)/5000, Takes: []float64{a, b}})
		}
		k.Groups = append(k.Groups, items)
	}
	got := k.Fill(20_000, false)
	assert.Less(t, got.Tried, 20_000)
	assert.True(t, got.Proven)
	k.Limits = []float64{900, 700} // 60 groups take at least 32 each
	none := k.Fill(20_000, true)
	assert.True(t, none.Proven)
	assert.Nil(t, none.Items)
}
