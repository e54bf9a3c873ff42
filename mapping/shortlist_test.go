package mapping

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The quickest when followed is taken where it gains enough; what cannot be quicker is not followed.
func TestShortlist(t *testing.T) {
	type candidate struct{ reckoned, least, time float64 }
	quickest := func(list ...candidate) (taken candidate, followed int) {
		s := NewShortlist(func(a, b *candidate) bool { return a.reckoned < b.reckoned })
		for i := range list {
			s.Add(&list[i])
		}
		taken = *s.Quickest(func(c *candidate) float64 { return c.least }, func(c *candidate) float64 { followed++; return c.time })
		return taken, followed
	}
	a, b := candidate{1, 80, 100}, candidate{2, 80, 98}
	taken, followed := quickest(b, a)
	assert.Equal(t, a, taken, "two in a hundred are within what following is off by")
	assert.Equal(t, 2, followed)
	b.time = 96
	taken, _ = quickest(b, a)
	assert.Equal(t, b, taken)
	b.least = 97
	taken, followed = quickest(b, a)
	assert.Equal(t, a, taken)
	assert.Equal(t, 1, followed)
	var many []candidate
	for i := range 2 * shortlist {
		many = append(many, candidate{float64(2*shortlist - i), 0, float64(1000 - i)})
	}
	many[0].time = 1 // the worst by estimate: not on the list
	taken, followed = quickest(many...)
	assert.Equal(t, 1.0, taken.reckoned)
	assert.Equal(t, shortlist, followed)
	assert.Nil(t, NewShortlist(func(a, b *int) bool { return *a < *b }).Best())
}

// Parts are whole steps, beneath the last of them single ones, down to the least.
func TestCuts(t *testing.T) {
	assert.Equal(t, []int{7, 4, 3, 2, 1}, Cuts(7, 1, 1))
	assert.Equal(t, []int{56, 32, 24, 16, 8, 5, 4, 3, 2, 1}, Cuts(56, 8, 1))
	assert.Equal(t, []int{100, 64, 48, 32, 16}, Cuts(100, 16, 16))
	for n := 1; n < 200; n++ {
		list := Cuts(n, 16, 16)
		assert.Equal(t, n, list[0])
		assert.LessOrEqual(t, list[len(list)-1], 16)
		assert.True(t, slices.IsSortedFunc(list, func(a, b int) int { return b - a }))
	}
}
