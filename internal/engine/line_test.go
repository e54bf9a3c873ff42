package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestLineIsAQueue: a line gives what a slice gives, over many pages.
func TestLineIsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line Line[int]
		var want []int
		for i := range rapid.IntRange(0, 12).Draw(t, "rounds") {
			for k := range rapid.IntRange(0, 3*linePage).Draw(t, "in") {
				line.Put(1000*i + k)
				want = append(want, 1000*i+k)
			}
			for range rapid.IntRange(0, len(want)).Draw(t, "out") {
				assert.Equal(t, want[0], *line.Head())
				line.Pop()
				want = want[1:]
			}
			assert.Equal(t, len(want), line.Len())
			if len(want) == 0 {
				assert.Nil(t, line.Head())
				assert.Nil(t, line.Tail())
				continue
			}
			assert.Equal(t, want[len(want)-1], *line.Tail())
			got := want[:0:0]
			for v := range line.All() {
				got = append(got, *v)
			}
			assert.Equal(t, want, got)
		}
	})
}

// TestLineForgets: what has been taken off holds nothing alive, and its page is used again.
func TestLineForgets(t *testing.T) {
	var line Line[*int]
	for range 2 * linePage {
		line.Put(new(int))
	}
	for range linePage {
		line.Pop()
	}
	for _, v := range line.spare.list {
		assert.Nil(t, v)
	}
	for range linePage {
		line.Put(new(int))
	}
	assert.Nil(t, line.spare)
}
