package fpga

import (
	"nnsim/internal/engine"
	"nnsim/unit"
)

// loadWeights sends for the weights of the next step that needs some.
func (c *core) loadWeights() (bool, unit.Edge) {
	i := c.weights.next
	if i == c.ahead.steps {
		return false, engine.Never
	}
	t := c.ahead.at(i)
	if t.weights > 0 {
		free := c.freed(t.freesW, t.group)
		if t.alone && i > 0 {
			free = c.ahead.at(i - 1).computed
		}
		if ok, at := c.due(free); !ok {
			return false, at
		}
		c.load(i, t, t.weightsAt, t.weights)
	}
	c.weights.next++
	c.settle(i, t)
	return true, engine.Never
}

// loadActs sends for the activations of the next step that needs some.
func (c *core) loadActs() (bool, unit.Edge) {
	i := c.acts.next
	if i == c.ahead.steps {
		return false, engine.Never
	}
	t := c.ahead.at(i)
	if t.acts > 0 {
		free := c.freed(t.freesA, t.group)
		if free == unknown {
			return false, engine.Never
		}
		made := c.made(t.group, t.layer)
		if made == unknown {
			return false, engine.Never
		}
		if ok, at := c.due(max(free, made)); !ok {
			return false, at
		}
		c.load(i, t, t.actsAt, t.acts)
	}
	c.acts.next++
	c.settle(i, t)
	return true, engine.Never
}

// load moves bytes over all ports of the core.
func (c *core) load(i int, t *task, at, bytes int64) {
	c.transfer(at, bytes, false, func() { t.pending++ }, func(first, last unit.Edge) {
		if t.arrive == unknown || first < t.arrive {
			t.arrive = first
		}
		t.late = max(t.late, last)
		t.pending--
		c.settle(i, t)
	})
}

// transfer cuts bytes into as many parts as there are ports, in whole bursts.
func (c *core) transfer(at, bytes int64, write bool, begun func(), ended func(first, last unit.Edge)) {
	burst := c.m.cfg.AXI.bytes()
	each := unit.CeilDiv(unit.CeilDiv(bytes, int64(len(c.ports))), burst) * burst
	if c.ideal {
		begun()
		ended(c.now, c.now)
		return
	}
	for _, p := range c.ports {
		n := min(each, bytes)
		if n == 0 {
			return
		}
		begun()
		job := &movement{owner: c.id, at: p.wrap(at, n), left: n}
		job.done = func(last unit.Edge) {
			ended(job.first, last)
			c.box.WakeAt(max(c.x.engine.Now(), last))
		}
		p.move(job, write)
		p.box.WakeAt(c.now)
		at, bytes = at+n, bytes-n
	}
}

// room is when a step's results have an output buffer: the store before last is done.
func (c *core) room(t *task) unit.Edge {
	if !t.begins || t.room < 0 {
		return 0 // the stores of the images before are older than what has been loaded since
	}
	return c.ahead.at(t.room).stored
}

// store sends the next step's results off.
func (c *core) store() (bool, unit.Edge) {
	i := c.stores.next
	if i == c.ahead.steps {
		return false, engine.Never
	}
	t := c.ahead.at(i)
	if t.store > 0 {
		if ok, at := c.due(t.computed); !ok {
			return false, at
		}
		c.transfer(t.outAt, t.store, true, func() { t.storing++ }, func(_, last unit.Edge) {
			t.last = max(t.last, last)
			if t.storing--; t.storing == 0 {
				t.stored = t.last
				c.stored(t.group, t.layer, t.stored)
			}
		})
	}
	c.stores.next++
	return true, engine.Never
}

// stored notes that a step of a layer has been stored.
func (c *core) stored(group, layer int, at unit.Edge) {
	d := &c.done[group][layer]
	d.stores++
	d.edge = max(d.edge, at)
	d.known = d.stores == c.p.layers[layer].stores
}
