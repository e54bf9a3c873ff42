package fpga

import (
	"fmt"

	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/unit"
)

// unknown is an edge that is not known yet.
const unknown unit.Edge = -1

// core is one engine with its buffers and ports. Its loads, products and stores each
// go through the steps in order, each as soon as it can:
//
//	load weights  the buffer is free: the products that used the load before last are done
//	load inputs   likewise, and the layers that made them have stored all
//	compute       operands are there, the step before is done, an output buffer is free
//	store         results are there
//
// Layers on the processor wait for their inputs and nothing else, and what does not
// need their results goes on meanwhile, such as the next images.
type core struct {
	m     *Machine
	id    int
	p     *program
	ideal bool
	x     *external
	ports []*port
	box   *engine.Box
	count int // groups of images that are this core's

	now      unit.Edge
	weights  cursor
	acts     cursor
	computes cursor
	stores   cursor
	hosts    cursor // of layers on the processor
	ahead    lookahead
	done     [][]layerDone
	ended    []unit.Edge // when the products of each group's last step are done
	hostFree unit.Edge
	prepared []unit.Edge    // when each group's input has been prepared
	array    *results.Stats // what computes, and waits for loads and for output buffers
	vector   *results.Stats
	host     *results.Stats
}

// cursor is how far one of the core's queues is.
type cursor struct{ next int }

// layerDone is when a layer's results are complete.
type layerDone struct {
	stores int // that have completed
	edge   unit.Edge
	known  bool
}

func newCore(m *Machine, id int, p *program, x *external, ports []*port, count int, ideal bool) *core {
	c := &core{m: m, id: id, p: p, x: x, ports: ports, count: count, ideal: ideal, ahead: lookahead{p: p, steps: count * p.steps}}
	at := unit.Edge(0)
	for range count {
		c.done = append(c.done, make([]layerDone, len(p.layers)))
		c.ended = append(c.ended, unknown)
		at += unit.Edge(m.inputCycles(p))
		c.prepared = append(c.prepared, at)
	}
	return c
}

// Step lets every queue go as far as it can, and returns when one can go on.
func (c *core) Step(now unit.Edge) unit.Edge {
	c.now = now
	next := engine.Never
	for moved := true; moved; {
		moved, next = false, engine.Never
		for _, queue := range []func() (bool, unit.Edge){c.loadWeights, c.loadActs, c.compute, c.store, c.onHost} {
			went, at := queue()
			moved = moved || went
			next = min(next, at)
		}
	}
	return next
}

// freed is the edge at which the products of a step are done whose buffer a group's next step
// fills; -1 is the last step of the group before.
func (c *core) freed(i, group int) unit.Edge {
	switch {
	case i >= 0:
		return c.ahead.at(i).computed
	case group > 0:
		return c.ended[group-1]
	}
	return 0
}

// due tells whether an edge has come; if it only is known, when.
func (c *core) due(at unit.Edge) (bool, unit.Edge) {
	switch {
	case at == unknown:
		return false, engine.Never
	case at > c.now:
		return false, at
	}
	return true, engine.Never
}

// made is when all that a layer reads is in memory.
func (c *core) made(group, layer int) unit.Edge {
	at := unit.Edge(0)
	for _, from := range c.p.layers[layer].needs {
		if from < 0 {
			at = max(at, c.prepared[group])
			continue
		}
		d := c.ready(group, from)
		if d == unknown {
			return unknown
		}
		at = max(at, d)
	}
	return at
}

// ready is when a layer's results are complete; a view's when its input's are.
func (c *core) ready(group, layer int) unit.Edge {
	d := &c.done[group][layer]
	if c.p.layers[layer].idle() {
		return c.made(group, layer)
	}
	if !d.known {
		return unknown
	}
	return d.edge
}

// settle notes that a step's loads are all on their way, or there.
func (c *core) settle(i int, t *task) {
	if i < c.weights.next && i < c.acts.next && t.pending == 0 && t.loaded == unknown {
		t.loaded = max(t.late, 0)
	}
}

// compute finds when the next step's products are done.
func (c *core) compute() (bool, unit.Edge) {
	i := c.computes.next
	if i == c.ahead.steps {
		return false, engine.Never
	}
	t := c.ahead.at(i)
	previous := unit.Edge(0)
	if i > 0 {
		previous = c.ahead.at(i - 1).computed
	}
	if t.onHost {
		c.computedAt(t, previous)
		return true, engine.Never
	}
	if t.loaded == unknown {
		return false, engine.Never
	}
	room := c.room(t)
	if room == unknown {
		return false, engine.Never
	}
	free := previous
	if t.opens {
		free += unit.Edge(c.m.cfg.Engine.Start)
	}
	begin := max(free, t.loaded)
	if c.m.cfg.Engine.Early && t.arrive != unknown {
		begin = max(free, t.arrive)
	}
	start := max(begin, room)
	c.computedAt(t, max(start+unit.Edge(t.compute), t.loaded))
	c.spend(&t.step, free, begin, start, t.computed)
	if t.ends {
		c.stored(t.group, t.layer, t.computed)
	}
	return true, engine.Never
}

// computedAt notes when the products of the next step are done.
func (c *core) computedAt(t *task, edge unit.Edge) {
	t.computed = edge
	if c.computes.next++; c.computes.next%c.p.steps == 0 {
		c.ended[t.group] = edge
	}
	c.forget()
}

// forget lets go of the steps that nothing will ask for again.
func (c *core) forget() {
	if passed := min(c.weights.next, c.acts.next, c.computes.next, c.stores.next) - 1; passed >= 0 {
		c.ahead.forget(passed)
	}
}

// spend enters a step that could begin at edge free, had its loads at begin and room for
// its results at start, and was done at end. The array waits, also for steps of the lanes.
func (c *core) spend(s *step, free, begin, start, end unit.Edge) {
	x := results.Spent{Memory: int64(begin-free) + int64(end-start) - s.compute, Output: int64(start - begin)}
	if s.onArray {
		x.Busy = s.compute
	} else {
		c.vector.Serve(s.layer, 0)
		c.vector.Spend(start, end, results.Spent{Busy: s.compute})
	}
	c.array.Serve(s.layer, 0)
	c.array.Spend(free, end, x)
}

// onHost finds when the next layer on the processor is done.
func (c *core) onHost() (bool, unit.Edge) {
	n := len(c.p.hosts)
	if c.hosts.next == c.count*n {
		return false, engine.Never
	}
	group, layer := c.hosts.next/n, c.p.hosts[c.hosts.next%n]
	made := c.made(group, layer)
	if made == unknown {
		return false, engine.Never
	}
	cycles := c.p.layers[layer].hostCycles
	c.hostFree = max(c.hostFree, made) + unit.Edge(cycles)
	c.host.Serve(layer, 0)
	c.host.Spend(c.hostFree-unit.Edge(cycles), c.hostFree, results.Spent{Busy: cycles})
	c.done[group][layer] = layerDone{edge: c.hostFree, known: true}
	c.hosts.next++
	return true, engine.Never
}

// Receive is not used: ports call back.
func (c *core) Receive(engine.Message) {}

// Left tells whether all steps are done.
func (c *core) Left() (string, bool) {
	n := c.ahead.steps
	done := c.computes.next == n && c.stores.next == n && c.hosts.next == c.count*len(c.p.hosts)
	return fmt.Sprintf("of %d steps: weights of %d, inputs of %d, %d computed, %d stored", n, c.weights.next, c.acts.next, c.computes.next, c.stores.next), done
}

// ends is when each layer's last results are complete, over all images.
func (c *core) ends(into []int64) {
	for _, group := range c.done {
		for l := range group {
			if group[l].known {
				into[l] = max(into[l], int64(group[l].edge))
			}
		}
	}
}
