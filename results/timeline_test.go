package results

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestTimelineKeepsItsSums: however coarse a timeline gets, its stretches stay in
// order, their states and bytes keep their sums, and there are not many more than asked for.
func TestTimelineKeepsItsSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(2, 60).Draw(t, "most")
		line := NewTimeline(most)
		s := NewStats("unit", 3)
		s.Watch(line)
		edge, moved := int64(0), int64(0)
		for i := range rapid.IntRange(0, 400).Draw(t, "stretches") {
			bytes := int64(rapid.IntRange(0, 5).Draw(t, "bytes"))
			s.Serve(i*3/401, bytes)
			s.Enter(Busy, edge)
			if length := int64(rapid.IntRange(0, 9).Draw(t, "length")); length > 0 {
				edge += length
			}
			s.Enter(State(rapid.IntRange(0, int(states)-1).Draw(t, "state")), edge)
			moved += bytes
			edge += int64(rapid.IntRange(0, 9).Draw(t, "wait"))
		}
		s.Serve(2, 0)
		s.Enter(Busy, edge)
		u := s.Finish(edge + 1)

		var sum [states]int64
		bytes, last := int64(0), int64(0)
		for _, p := range line.Tracks[0].Spans {
			if p.From < last || p.To <= p.From {
				t.Fatalf("stretch %d to %d after %d", p.From, p.To, last)
			}
			last, bytes = p.To, bytes+p.Bytes
			for state, n := range p.Cycles {
				sum[state] += n
			}
		}
		if want := [states]int64{0, u.Busy, u.WaitInput, u.WaitOutput, u.WaitMemory}; sum != want {
			t.Fatalf("states %v, the report has %v", sum, want)
		}
		if bytes != moved {
			t.Fatalf("%d bytes of %d", bytes, moved)
		}
		if n := len(line.Tracks[0].Spans); n > max(most, 6) {
			t.Fatalf("%d stretches, %d were asked for", n, most)
		}
	})
}

// TestTimelineCoarsens: three stretches that fit become two when there is room for two.
func TestTimelineCoarsens(t *testing.T) {
	record := func(most int) []Span {
		line := NewTimeline(most)
		s := NewStats("unit", 1)
		s.Watch(line)
		s.Enter(Busy, 0)
		s.Enter(WaitMemory, 2)
		s.Enter(Busy, 3)
		s.Enter(Idle, 10)
		s.Finish(12)
		return line.Tracks[0].Spans
	}
	fine, coarse := record(3), record(2)
	if assert.Len(t, fine, 3) {
		state, whole := fine[1].State()
		assert.True(t, whole)
		assert.Equal(t, WaitMemory, state)
	}
	if assert.Len(t, coarse, 2) {
		assert.Equal(t, Span{From: 0, To: 3, Cycles: [states]int64{Busy: 2, WaitMemory: 1}}, coarse[0])
		_, whole := coarse[0].State()
		assert.False(t, whole)
		assert.Equal(t, Span{From: 3, To: 10, Cycles: [states]int64{Busy: 7}}, coarse[1])
	}
}
