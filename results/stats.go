package results

import (
	"nnsim/tech"
	"nnsim/unit"
)

// State says what a unit does at an edge.
type State uint8

// The states of a unit. They sum to the run's cycles.
const (
	Idle       State = iota // no work left in its queue
	Busy                    // working
	WaitInput               // its operands are not there yet, held up on chip
	WaitOutput              // no room for its result
	WaitMemory              // its operands are still on their way from off-chip memory
	states
)

// Stats counts what one unit did, layer by layer, and how it spent its edges.
type Stats struct {
	Name  string
	Kinds []string  // names of the events it counts
	Count [][]int64 // [layer][kind]
	Scale []float64 // [layer] of the list's prices, where the voltage was another than theirs; nil: 1
	Works [2]int64  // the edges between which its events fall, where layers run all at once; zero: while their layer runs

	cycles [states]int64
	state  State
	since  int64
	track  *Track // where the stretches are recorded; nil: nowhere
}

// scale is the share of listed prices that a layer's events cost.
func (s *Stats) scale(layer int) unit.Joules {
	if s.Scale == nil {
		return 1
	}
	return unit.Joules(s.Scale[layer])
}

// Energy is what a layer's events cost; events without a price, nothing.
func (s *Stats) Energy(layer int, prices map[string]tech.Price) (total unit.Joules) {
	for k, n := range s.Count[layer] {
		total += prices[s.Kinds[k]].Energy * unit.Joules(n) * s.scale(layer)
	}
	return total
}

// NewStats makes the counters of a unit for a run of so many layers.
func NewStats(name string, layers int, kinds ...string) *Stats {
	s := &Stats{Name: name, Kinds: kinds, Count: make([][]int64, layers)}
	flat := make([]int64, layers*len(kinds))
	for i := range s.Count {
		s.Count[i], flat = flat[:len(kinds):len(kinds)], flat[len(kinds):]
	}
	return s
}

// Add counts n events of a kind for a layer.
func (s *Stats) Add(layer, kind int, n int64) { s.Count[layer][kind] += n }

// Enter puts the unit in a state from an edge on. Edges must not decrease.
func (s *Stats) Enter(state State, edge int64) {
	s.cycles[s.state] += edge - s.since
	if s.track != nil {
		s.track.add(s.state, s.since, edge)
	}
	s.state, s.since = state, edge
}

// Spent is the edges of a stretch in each state but idle.
type Spent struct{ Busy, Input, Output, Memory int64 }

// Spend puts the unit through stretch from to, of which it is known only how many
// edges it spent in each state; in the others it was idle, as it was before. States that
// would be longer than the stretch are cut, work last. Stretches must follow one another.
func (s *Stats) Spend(from, to int64, x Spent) {
	s.Enter(Idle, from)
	var cycles [states]int64
	left := to - from
	for _, part := range []struct {
		state State
		edges int64
	}{{Busy, x.Busy}, {WaitMemory, x.Memory}, {WaitInput, x.Input}, {WaitOutput, x.Output}, {Idle, left}} {
		n := min(part.edges, left)
		cycles[part.state] += n
		s.cycles[part.state] += n
		left -= n
	}
	if s.track != nil {
		s.track.mix(from, to, cycles)
	}
	s.since = to
}

// Finish closes the books at the last edge and returns the unit's entry in the report.
func (s *Stats) Finish(end int64) Unit {
	s.Enter(Idle, end)
	u := Unit{Busy: s.cycles[Busy], WaitInput: s.cycles[WaitInput], WaitOutput: s.cycles[WaitOutput],
		WaitMemory: s.cycles[WaitMemory], Idle: s.cycles[Idle], Events: map[string]int64{}}
	for k, name := range s.Kinds {
		u.Events[name] = s.Total(k)
	}
	return u
}

// Total is the count of one kind over all layers.
func (s *Stats) Total(kind int) (n int64) {
	for _, layer := range s.Count {
		n += layer[kind]
	}
	return n
}
