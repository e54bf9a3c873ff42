package systolic

import (
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// vectorUnit drains the accumulators, applying what is fused, and does all work
// that is no matrix product. It is a pipeline: a command takes its edges of work,
// its last element comes out latency edges later.
type vectorUnit struct {
	queue
	latency unit.Cycles
	free    unit.Edge // when the next command may enter
	stats   *results.Stats
}

// Step places every command whose operands' edges are known.
func (v *vectorUnit) Step(unit.Edge) unit.Edge {
	before := len(v.done)
	for c := v.head(); c != nil; c = v.head() {
		if _, _, ok := v.readyAll(c); !ok {
			break
		}
		v.place(c)
		v.pop()
	}
	v.announce(before)
	return engine.Never
}

// place runs one command. A drain may start when the first of the array's results
// are there and cannot end before the last.
func (v *vectorUnit) place(c *command) {
	v.stats.Serve(int(c.layer), 0)
	results_, _ := v.ready(c, array)
	loads, _ := v.ready(c, loader)
	own, _ := v.ready(c, vector)
	room, _ := v.ready(c, storer)
	first := results_
	if c.chase >= 0 {
		first -= unit.Edge(c.chase)
	}
	start := max(v.free, first, loads, own, room)
	v.book(start, first, loads, room)
	v.machine.act(start, engine.Begins, c.data.begin)
	end := start + unit.Edge(c.edges)
	if c.chase >= 0 {
		end = max(end, results_)
	}
	v.free = end
	v.stats.Enter(results.Idle, end)
	if end > start {
		end += unit.Edge(v.latency)
	}
	v.machine.act(v.complete(c, end), engine.Ends, c.data.end)
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
