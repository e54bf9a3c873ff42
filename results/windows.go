package results

import "nnsim/unit"

// windowsShown is into how many windows the time axis of a report is cut; with more
// units than unitsInFull there are fewer, so that a report does not grow with the units.
const windowsShown, unitsInFull = 200, 40

// Windows is what units did when, in a report: the run is cut into windows of equal
// length, the last one shorter, and of each unit and state that occurs they hold the
// cycles spent in it. Time that is in no state of a unit was idle.
type Windows struct {
	Cycles int64                         `json:"window_cycles"`
	Units  map[string]map[string][]int64 `json:"units"` // unit → busy, wait_input, wait_output, wait_memory → cycles a window
}

// stateFields are the names of the states in a report.
var stateFields = [states]string{"idle", "busy", "wait_input", "wait_output", "wait_memory"}

// Windows sums up the timeline of a run of so many cycles; nil where it recorded nothing.
func (t *Timeline) Windows(cycles int64) *Windows {
	if len(t.Tracks) == 0 || cycles == 0 {
		return nil
	}
	shown := windowsShown * unitsInFull / max(unitsInFull, int64(len(t.Tracks)))
	w := &Windows{Cycles: unit.CeilDiv(cycles, max(1, shown)), Units: map[string]map[string][]int64{}}
	count := unit.CeilDiv(cycles, w.Cycles)
	for _, track := range t.Tracks {
		of := map[string][]int64{}
		for state := Busy; state < states; state++ {
			if sums := track.windows(state, w.Cycles, count); sums != nil {
				of[stateFields[state]] = sums
			}
		}
		w.Units[track.Unit] = of
	}
	return w
}

// windows is the cycles a unit was in a state, window by window; nil: never. A
// stretch of several states spreads each of them evenly, rounded so that no cycle is lost;
// what goes on beyond the run's end, as a write that nothing waits for, is of the last window.
func (t *Track) windows(state State, length, count int64) (sums []int64) {
	for i := range t.Spans {
		s := &t.Spans[i]
		n, whole := s.Cycles[state], s.To-s.From
		if n == 0 {
			continue
		}
		if sums == nil {
			sums = make([]int64, count)
		}
		for from := s.From; from < s.To; {
			to := min(s.To, (from/length+1)*length)
			sums[min(from/length, count-1)] += part(n, to-s.From, whole) - part(n, from-s.From, whole)
			from = to
		}
	}
	return sums
}

// part is n·of/whole, rounded down, without overflow.
func part(n, of, whole int64) int64 {
	return n/whole*of + n%whole*of/whole
}
