package asic

import (
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// worker is a station whose commands take a number of edges that is known before:
// the array and the post station. It runs ahead of the clock.
type worker struct {
	queue
	free  unit.Edge // when the next command may begin
	stats *results.Stats
}

// Step places every command whose operands' edges are known.
func (w *worker) Step(unit.Edge) unit.Edge {
	before := len(w.done)
	for c := w.head(); c != nil; c = w.head() {
		at, by, ok := w.ready(c)
		if !ok {
			break
		}
		w.place(c, at, by)
		w.pop()
	}
	w.announce(before)
	return engine.Never
}

// place runs one command.
func (w *worker) place(c *Command, at unit.Edge, by Station) {
	start := max(w.free, at)
	w.stats.Serve(c.layer, 0)
	if start > w.free {
		w.stats.Enter(waits[by], w.free)
	}
	w.stats.Enter(results.Busy, start)
	w.free = start + unit.Edge(c.Edges)
	w.stats.Enter(results.Idle, w.free)
	w.sim.act(start, engine.Begins, c.Begin)
	w.sim.act(w.complete(c, w.free), engine.Ends, c.End)
}

// waits is what a station that waits for another is waiting for.
var waits = [stations]results.State{Load: results.WaitMemory, Array: results.WaitInput, Post: results.WaitInput, Store: results.WaitOutput}
