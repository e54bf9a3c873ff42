package systolic

import (
	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// matrixUnit is the array with its accumulators: it takes commands of folds and
// follows them by the recurrence of timing.go. It knows every edge as soon as it
// knows those of its operands, so it runs ahead of the clock.
type matrixUnit struct {
	station.Queue[work]
	series series
	idleAt unit.Edge // the edge up to which its states are booked
	stats  *results.Stats

	machine *simulation
}

// Step places every command whose operands' edges are known.
func (a *matrixUnit) Step(unit.Edge) unit.Edge {
	a.Advance(a.place)
	return engine.Never
}

// place runs one command: its stationary tile waits for loads, its stream for
// loads, for data that earlier layers leave on chip, and for room in the accumulators.
func (a *matrixUnit) place(c *command, _ unit.Edge, _ station.ID) {
	a.stats.Serve(c.Layer, 0)
	a.series.turn(a.machine.geo.by(a.machine.plan.Layers[c.Layer].Nest.Dataflow).Dataflow)
	loads, drains := a.Known(c, loader), a.Known(c, vector)
	first := a.series.run(c.Work.folds, loads, max(loads, drains), c.Work.length, c.Work.held)
	if c.Work.short {
		a.series.end-- // SCALE-Sim reports the index of a layer's last cycle
	}
	if a.series.Overlap == Full {
		a.bookOverlapped(c, first, loads, drains)
	} else {
		a.bookAlone(c, first, loads, drains)
	}
	a.machine.books.layers[c.Layer].busy += c.Work.folds * unit.Edge(c.Work.length)
	a.machine.crew.TakenAt = append(a.machine.crew.TakenAt, a.series.taken)
	a.machine.Act(first, engine.Begins, c.Begin)
	a.machine.Act(a.Complete(c, a.series.end), engine.Ends, c.End)
}

// bookAlone enters the states of folds that do not overlap: busy from the first
// shift of a tile to the last result.
func (a *matrixUnit) bookAlone(c *command, first, loads, drains unit.Edge) {
	start := max(a.idleAt, first-unit.Edge(a.series.load()))
	a.wait(c, start, loads, drains)
	a.stats.Enter(results.Busy, start)
	a.idleAt = max(a.idleAt, a.series.end)
	a.stats.Enter(results.Idle, a.idleAt)
}

// bookOverlapped enters the states of folds that overlap: busy while a stream
// enters. Streams shorter than the shifting in of a tile leave gaps, which are
// booked as one stretch.
func (a *matrixUnit) bookOverlapped(c *command, first, loads, drains unit.Edge) {
	first = max(first, a.idleAt)
	a.wait(c, first, loads, drains)
	a.stats.Enter(results.Busy, first)
	a.idleAt = a.series.start + unit.Edge(c.Work.length)
	if gaps := a.idleAt - first - c.Work.folds*unit.Edge(c.Work.length); gaps > 0 {
		a.stats.Enter(results.WaitInput, a.idleAt-gaps)
	}
	a.stats.Enter(results.Idle, a.idleAt)
}

// wait books the time up to an edge to what the command waited for longest; what
// is left after that is the shifting in of its tile.
func (a *matrixUnit) wait(c *command, to, loads, drains unit.Edge) {
	if to <= a.idleAt {
		return
	}
	state := results.WaitInput
	switch {
	case loads >= drains && c.Work.late:
		state = results.WaitMemory
	case drains > loads && c.Work.room > 0 && a.At(vector, c.Work.room) == drains:
		state = results.WaitOutput
	}
	a.stats.Enter(state, a.idleAt)
	if until := min(max(loads, drains), to); until > a.idleAt {
		a.stats.Enter(results.WaitInput, until)
	} else {
		a.stats.Enter(results.WaitInput, a.idleAt)
	}
}
