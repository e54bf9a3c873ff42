package systolic

import (
	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// vectorUnit drains the accumulators, applying what is fused, and does all work
// that is no matrix product. It is a pipeline: a command takes its edges of work,
// its last element comes out latency edges later.
type vectorUnit struct {
	station.Queue[work]
	latency unit.Cycles
	free    unit.Edge // when the next command may enter
	stats   *results.Stats
	machine *simulation
}

// Step places every command whose operands' edges are known.
func (v *vectorUnit) Step(unit.Edge) unit.Edge {
	v.Advance(v.place)
	return engine.Never
}

// place runs one command. A drain may start when the first of the array's results
// are there and cannot end before the last.
func (v *vectorUnit) place(c *command, _ unit.Edge, _ station.ID) {
	v.stats.Serve(c.Layer, 0)
	results_, loads := v.Known(c, array), v.Known(c, loader)
	own, room := v.Known(c, vector), v.Known(c, storer)
	first := results_
	if c.Work.chase >= 0 {
		first -= unit.Edge(c.Work.chase)
	}
	start := max(v.free, first, loads, own, room)
	v.book(start, first, loads, room)
	v.machine.Act(start, engine.Begins, c.Begin)
	end := start + unit.Edge(c.Edges)
	if c.Work.chase >= 0 {
		end = max(end, results_)
	}
	v.free = end
	v.stats.Enter(results.Idle, end)
	if end > start {
		end += unit.Edge(v.latency)
	}
	end = v.Complete(c, end)
	v.machine.Act(end, station.EndsIn(start, end), c.End)
}

// book enters what the unit waited for since it became free.
func (v *vectorUnit) book(start, first, loads, room unit.Edge) {
	if start > v.free {
		state := results.WaitInput
		switch start {
		case loads:
			state = results.WaitMemory
		case room:
			state = results.WaitOutput
		}
		v.stats.Enter(state, v.free)
	}
	v.stats.Enter(results.Busy, start)
}
