package fpga

import (
	"nnsim/internal/engine"
	"nnsim/unit"
)

// loadWeights sends for the weights of the next step that needs some.
func (c *core) loadWeights() (bool, unit.Edge) {
	i := c.weights.next
	if i == len(c.steps) {
		return false, engine.Never
	}
	s, _ := c.step(i)
	if s.weights > 0 {
		free := c.before(i, s.previousW)
		if s.alone && i > 0 {
			free = c.steps[i-1].computed
		}
		if ok, at := c.due(free); !ok {
			return false, at
		}
		c.load(i, s.weightsAt, s.weights)
	}
	c.weights.next++
	c.settle(i)
	return true, engine.Never
}

// loadActs sends for the activations of the next step that needs some.
func (c *core) loadActs() (bool, unit.Edge) {
	i := c.acts.next
	if i == len(c.steps) {
		return false, engine.Never
	}
	s, group := c.step(i)
	if s.acts > 0 {
		at := max(c.before(i, s.previousA), 0)
		if c.before(i, s.previousA) == unknown {
			return false, engine.Never
		}
		made := c.made(group, s.layer)
		if made == unknown {
			return false, engine.Never
		}
		if ok, at := c.due(max(at, made)); !ok {
			return false, at
		}
		c.load(i, s.actsAt, s.acts)
	}
	c.acts.next++
	c.settle(i)
	return true, engine.Never
}

// load moves bytes over all ports of the core.
func (c *core) load(i int, at, bytes int64) {
	s := &c.steps[i]
	c.transfer(at, bytes, false, func() { s.pending++ }, func(first, last unit.Edge) {
		if s.arrive == unknown || first < s.arrive {
			s.arrive = first
		}
		s.late = max(s.late, last)
		s.pending--
		c.settle(i)
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
func (c *core) room(i int, s *step) unit.Edge {
	if !s.begins {
		return 0
	}
	base := i - i%len(c.p.steps)
	at := s.previousStores[1]
	if at < 0 {
		return 0 // the stores of the images before are older than what has been loaded since
	}
	return c.steps[base+at].stored
}

// store sends the next step's results off.
func (c *core) store() (bool, unit.Edge) {
	i := c.stores.next
	if i == len(c.steps) {
		return false, engine.Never
	}
	s, group := c.step(i)
	t := &c.steps[i]
	if s.store > 0 {
		if ok, at := c.due(t.computed); !ok {
			return false, at
		}
		c.transfer(s.outAt, s.store, true, func() { t.storing++ }, func(_, last unit.Edge) {
			t.last = max(t.last, last)
			if t.storing--; t.storing == 0 {
				t.stored = t.last
				c.stored(group, s.layer, t.stored)
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
