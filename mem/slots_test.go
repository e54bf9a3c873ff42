package mem

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// Places that are taken are all different, keep what is put into them, and are as many as were
// ever taken at once.
func TestSlots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Slots[int]
		held, most := map[int32]int{}, 0
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(held) > 0 && rapid.Bool().Draw(t, "give") {
				for id := range held {
					delete(held, id)
					s.Give(id)
					break
				}
				continue
			}
			id := s.Take()
			_, taken := held[id]
			assert.False(t, taken)
			*s.At(id), held[id] = step, step
			most = max(most, len(held))
			for id, want := range held {
				assert.Equal(t, want, *s.At(id))
			}
		}
		assert.Len(t, s.items, most)
	})
}
