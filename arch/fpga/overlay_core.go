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
	hosts    cursor
	steps    []progress // of all groups, one after another
	done     [][]layerDone
	hostFree unit.Edge
	prepared []unit.Edge    // when each group's input has been prepared
	array    *results.Stats // what computes, and waits for loads and for output buffers
	vector   *results.Stats
	host     *results.Stats
}

// cursor is how far one of the core's queues is.
type cursor struct{ next int }

// progress is what is known of a step.
type progress struct {
	pending  int       // pieces of loads on their way
	arrive   unit.Edge // the first of them
	loaded   unit.Edge // when all have come; unknown until then
	late     unit.Edge
	computed unit.Edge
	storing  int
	stored   unit.Edge
	last     unit.Edge
}

// layerDone is when a layer's results are complete.
type layerDone struct {
	stores int // that have completed
	edge   unit.Edge
	known  bool
}

func newCore(m *Machine, id int, p *program, x *external, ports []*port, count int, ideal bool) *core {
	c := &core{m: m, id: id, p: p, x: x, ports: ports, count: count, ideal: ideal, steps: make([]progress, count*len(p.steps))}
	for i := range c.steps {
		c.steps[i] = progress{loaded: unknown, computed: unknown, stored: unknown, arrive: unknown}
	}
	at := unit.Edge(0)
	for range count {
		c.done = append(c.done, make([]layerDone, len(p.layers)))
		at += unit.Edge(m.inputCycles(p))
		c.prepared = append(c.prepared, at)
	}
	return c
}

// step is the program's step behind a number, and its group.
func (c *core) step(i int) (s *step, group int) {
	return &c.p.steps[i%len(c.p.steps)], i / len(c.p.steps)
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

// before is the edge at which the products of a step before another are done: what
// frees the buffer of an operand that is loaded for the second time since.
func (c *core) before(i, previous int) unit.Edge {
	base := i - i%len(c.p.steps)
	if previous < 0 {
		if base == 0 {
			return 0
		}
		return c.steps[base-1].computed
	}
	if at := base + previous; at > 0 {
		return c.steps[at-1].computed
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
	if c.p.layers[layer].idle {
		return c.made(group, layer)
	}
	if !d.known {
		return unknown
	}
	return d.edge
}

// settle notes that a step's loads are all on their way, or there.
func (c *core) settle(i int) {
	if s := &c.steps[i]; i < c.weights.next && i < c.acts.next && s.pending == 0 && s.loaded == unknown {
		s.loaded = max(s.late, 0)
	}
}

// compute finds when the next step's products are done.
func (c *core) compute() (bool, unit.Edge) {
	i := c.computes.next
	if i == len(c.steps) {
		return false, engine.Never
	}
	s, group := c.step(i)
	t := &c.steps[i]
	previous := unit.Edge(0)
	if i > 0 {
		previous = c.steps[i-1].computed
	}
	if s.onHost {
		t.computed = previous
		c.computes.next++
		return true, engine.Never
	}
	if t.loaded == unknown {
		return false, engine.Never
	}
	room := c.room(i, s)
	if room == unknown {
		return false, engine.Never
	}
	free := previous
	if s.opens {
		free += unit.Edge(c.m.cfg.Engine.Start)
	}
	begin := max(free, t.loaded)
	if c.m.cfg.Engine.Early && t.arrive != unknown {
		begin = max(free, t.arrive)
	}
	start := max(begin, room)
	t.computed = max(start+unit.Edge(s.compute), t.loaded)
	c.spend(s, free, begin, start, t.computed)
	if s.ends {
		c.stored(group, s.layer, t.computed)
	}
	c.computes.next++
	return true, engine.Never
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
	i := c.hosts.next
	if i == len(c.steps) {
		return false, engine.Never
	}
	s, group := c.step(i)
	if s.onHost {
		made := c.made(group, s.layer)
		if made == unknown {
			return false, engine.Never
		}
		cycles := c.p.layers[s.layer].host
		c.hostFree = max(c.hostFree, made) + unit.Edge(cycles)
		c.host.Serve(s.layer, 0)
		c.host.Spend(c.hostFree-unit.Edge(cycles), c.hostFree, results.Spent{Busy: cycles})
		c.done[group][s.layer] = layerDone{edge: c.hostFree, known: true}
	}
	c.hosts.next++
	return true, engine.Never
}

// Receive is not used: ports call back.
func (c *core) Receive(engine.Message) {}

// Left tells whether all steps are done.
func (c *core) Left() (string, bool) {
	n := len(c.steps)
	done := c.computes.next == n && c.stores.next == n && c.hosts.next == n
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
