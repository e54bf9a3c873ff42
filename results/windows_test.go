package results

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestWindowsKeepTheStates: however a unit's time is cut, the windows of each state
// sum to what the report says of it, and none holds more than its length.
func TestWindowsKeepTheStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := NewTimeline(rapid.IntRange(2, 500).Draw(t, "most"))
		s := NewStats("unit", 1)
		s.Watch(line)
		edge := int64(0)
		length := func(name string) int64 { return rapid.Int64Range(0, 3000).Draw(t, name) }
		for range rapid.IntRange(1, 60).Draw(t, "stretches") {
			if rapid.Bool().Draw(t, "mixed") {
				to := edge + length("stretch")
				s.Spend(edge, to, Spent{Busy: length("busy"), Input: length("input"), Output: length("output"), Memory: length("memory")})
				edge = to
				continue
			}
			s.Enter(Busy, edge)
			edge += length("work")
			s.Enter(State(rapid.IntRange(0, int(states)-1).Draw(t, "state")), edge)
			edge += length("wait")
		}
		u := s.Finish(edge)
		w := line.Windows(edge)
		if w == nil {
			if edge > 0 {
				t.Fatal("no windows")
			}
			return
		}
		for field, want := range map[string]int64{"busy": u.Busy, "wait_input": u.WaitInput, "wait_output": u.WaitOutput, "wait_memory": u.WaitMemory} {
			sum := int64(0)
			for _, n := range w.Units["unit"][field] {
				if n < 0 || n > w.Cycles {
					t.Fatalf("%d cycles in a window of %d", n, w.Cycles)
				}
				sum += n
			}
			if sum != want {
				t.Fatalf("%s: %d cycles in windows, the report has %d", field, sum, want)
			}
		}
	})
}

// TestWindowsOfOneStretch: a stretch over two windows and a half of ten cycles, half of it at work.
func TestWindowsOfOneStretch(t *testing.T) {
	line := NewTimeline(10)
	s := NewStats("unit", 1)
	s.Watch(line)
	s.Spend(5, 30, Spent{Busy: 12})
	w := line.Windows(windowsShown * 10)
	assert.Equal(t, int64(10), w.Cycles)
	assert.Equal(t, []int64{2, 5, 5, 0}, w.Units["unit"]["busy"][:4])
	assert.NotContains(t, w.Units["unit"], "wait_input")
}

// TestWindowsBeyondTheEnd: work that goes on after the last result is of the last window.
func TestWindowsBeyondTheEnd(t *testing.T) {
	line := NewTimeline(500)
	s := NewStats("unit", 1)
	s.Watch(line)
	s.Enter(Busy, 0)
	s.Enter(Idle, 97)
	s.Finish(97)
	busy := line.Windows(89).Units["unit"]["busy"]
	sum := int64(0)
	for _, n := range busy {
		sum += n
	}
	assert.EqualValues(t, 97, sum)
}
