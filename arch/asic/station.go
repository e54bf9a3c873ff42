package asic

import (
	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// worker is a station whose commands take a number of edges that is known before:
// the array and the post station. It runs ahead of the clock.
type worker struct {
	station.Queue[none]
	free  unit.Edge // when the next command may begin
	stats *results.Stats
	sim   *Simulation
}

// Step places every command whose operands' edges are known.
func (w *worker) Step(unit.Edge) unit.Edge {
	w.Advance(w.place)
	return engine.Never
}

// place runs one command.
func (w *worker) place(c *Command, at unit.Edge, by Station) {
	start := max(w.free, at)
	w.stats.Serve(c.Layer, 0)
	if start > w.free {
		w.stats.Enter(waits[by], w.free)
	}
	w.stats.Enter(results.Busy, start)
	w.free = start + unit.Edge(c.Edges)
	w.stats.Enter(results.Idle, w.free)
	w.sim.Act(start, engine.Begins, c.Begin)
	end := w.Complete(c, w.free)
	w.sim.Act(end, station.EndsIn(start, end), c.End)
}

// waits is what a station that waits for another is waiting for.
var waits = [stations]results.State{Load: results.WaitMemory, Array: results.WaitInput, Post: results.WaitInput, Store: results.WaitOutput}
