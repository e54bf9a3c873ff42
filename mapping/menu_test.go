package mapping

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mapping/search"
)

// Every choice of a menu is one point of its grid, at its cost and under its name, and
// every other point is illegal; a search of it finds the cheapest.
func TestMenu(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c"}
		drawn := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) [3]int {
			n := rapid.IntRange(0, 3)
			return [3]int{n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c")}
		}), 1, 20, func(c [3]int) [3]int { return c }).Draw(t, "choices")
		var choices []Choice
		cheapest := math.Inf(1)
		for _, c := range drawn {
			cost := float64(rapid.IntRange(1, 100).Draw(t, "cost"))
			choices = append(choices, Choice{[]string{fmt.Sprint(c[0]), fmt.Sprintf("%dx", c[1]), fmt.Sprint("w", c[2])}, cost})
			cheapest = min(cheapest, cost)
		}
		taken := rapid.IntRange(0, len(choices)-1).Draw(t, "taken")
		plans := make([]*LayerPlan, len(choices))
		for i := range plans {
			plans[i] = &LayerPlan{}
		}
		var m Space = NewMenu(names, choices, "key").Taking(taken, func(i int) *LayerPlan { return plans[i] })
		legal := 0
		r := search.Run(m, search.Options{Method: search.Exhaustive, Budget: 1000})
		require.True(t, r.Complete)
		require.Equal(t, cheapest, r.Best[0].Cost)
		at := make([]int, 3)
		for n := range int(r.Size) {
			for axis, size := range m.Axes() {
				at[axis], n = n%size, n/size
			}
			require.Equal(t, math.IsInf(m.Cost(at), 1), m.Plan(at) == nil)
			require.LessOrEqual(t, m.Bound(at, 1), m.Cost(at))
			if m.Plan(at) == nil {
				continue
			}
			legal++
			var values []string
			for _, pair := range Describe(m, at) {
				values = append(values, pair[1])
			}
			for i, c := range choices {
				if assert.ObjectsAreEqual(c.Values, values) {
					require.Equal(t, c.Cost, m.Cost(at))
					require.Same(t, plans[i], m.Plan(at))
				}
			}
		}
		require.Equal(t, len(choices), legal)
		require.Same(t, plans[taken], m.Plan(m.Chosen()))
	})
}

// Numbers stand in the order of numbers, not of letters.
func TestMenuOrder(t *testing.T) {
	m := NewMenu([]string{"n"}, []Choice{{[]string{"128"}, 1}, {[]string{"16"}, 1}, {[]string{"2"}, 1}}, "")
	assert.Equal(t, []string{"2", "16", "128"}, []string{m.Value(0, 0), m.Value(0, 1), m.Value(0, 2)})
}
