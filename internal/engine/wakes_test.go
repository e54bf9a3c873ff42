package engine_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
)

// TestWakesComeInOrder: whatever is pushed, replaced and popped, the earliest is what a sorted list has first.
func TestWakesComeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q engine.Wakes
		var list []engine.Wake
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			e := engine.Wake{Edge: rapid.Int64Range(0, 9).Draw(t, "edge"), ID: int32(i)}
			switch what := rapid.IntRange(0, 3).Draw(t, "what"); {
			case len(list) == 0 || what < 2:
				q.Push(e.Edge, e.ID)
				list = append(list, e)
			case what == 2:
				q.Replace(e.Edge, e.ID)
				list[0] = e
			default:
				q.Pop()
				list = list[1:]
			}
			slices.SortFunc(list, func(a, b engine.Wake) int { return cmp.Or(cmp.Compare(a.Edge, b.Edge), cmp.Compare(a.ID, b.ID)) })
			assert.Len(t, q, len(list))
			if len(list) > 0 {
				assert.Equal(t, list[0], q[0])
			}
		}
	})
}
