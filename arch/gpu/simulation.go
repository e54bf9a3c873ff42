package gpu

import (
	"fmt"
	"slices"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// simulation is one run: the stream of kernels, layer after layer. It is one box
// of the engine, the command processor, which wakes when a layer's last kernel is
// done; inside a kernel the grid keeps its own queue of CTAs.
type simulation struct {
	c      *Config
	net    *workloads.Network
	plan   *mapping.Plan
	job    *arch.Job
	engine *engine.Engine
	gov    *governor
	books  *books
	plane  *plane // nil where no values are carried
	cached cached
	layer  int
	steps  int64
	host   int64     // edge at which the host has made the calls so far
	scale  []float64 // [layer] what the voltage makes of the core's energies
}

func newSimulation(m *Machine, job *arch.Job, e *engine.Engine) *simulation {
	s := &simulation{c: &m.cfg, net: job.Net, plan: job.Plan, job: job, engine: e, gov: newGovernor(&m.cfg),
		books: newBooks(len(job.Net.Layers), job.Net.Precision.Act.String()), scale: slices.Repeat([]float64{1}, len(job.Net.Layers))}
	for _, unit := range s.books.all() {
		unit.Watch(job.Timeline)
	}
	s.cached.room = int64(s.c.L2.Size) / int64(s.c.L2.Partitions)
	if job.Check != nil && job.Check.Mode() != arch.None {
		s.plane = newPlane(s, job.Check)
	}
	e.Add("CommandProcessor", s, false)
	return s
}

// ideal tells whether off-chip memory never stalls in this run.
func (s *simulation) ideal() bool { return s.c.Memory.Ideal() || s.job.IdealMemory }

// Receive is not used: nobody sends the command processor anything.
func (s *simulation) Receive(engine.Message) {}

// Left tells how far the stream of layers is.
func (s *simulation) Left() (string, bool) {
	return fmt.Sprintf("at layer %d of %d", s.layer, len(s.plan.Layers)), s.layer == len(s.plan.Layers)
}

// Step runs the next layer and sleeps until it is done.
func (s *simulation) Step(now unit.Edge) unit.Edge {
	if s.layer == len(s.plan.Layers) {
		return engine.Never
	}
	i := s.layer
	s.layer++
	end := s.run1(i, now)
	s.books.ends[i] = end
	if s.plane != nil {
		if err := s.plane.layer(i); err != nil {
			s.engine.Fail(err)
			return engine.Never
		}
	}
	if s.job.Progress != nil {
		s.job.Progress(s.layer, len(s.plan.Layers))
	}
	return end
}

// run1 runs the kernels of one layer from an edge on.
func (s *simulation) run1(i int, at int64) int64 {
	lp := s.plan.Layers[i]
	t, ok := lp.Custom.(*task)
	if !ok {
		return at
	}
	if t.product == nil && t.flash == nil { // products come from libraries, and are timed without a framework
		s.host += t.stream.calls * edges(s.c.Launch.Call, s.c.Clock)
	}
	core, drawn := s.gov.all[0], s.gov.drawn
	for _, k := range s.kernels(lp.Layer, t) {
		gap := max(0, s.host-at) + edges(s.c.Launch.Gap, s.c.Clock)
		if k.early {
			gap = 0
		}
		g := newGrid(s.c, k, s.gov, s.ideal(), at+gap)
		end := g.run(at + gap)
		s.gov.close(end)
		s.steps += g.tally.steps
		s.books.kernel(i, s.c, g, at, end, gap)
		at = end
	}
	if core = s.gov.all[0] - core; core > 0 {
		s.scale[i] = (s.gov.drawn - drawn) / core
	}
	s.cached.after(s.plan, lp.Layer)
	return at
}

// kernels writes a layer's kernels, knowing which of its operands L2 still holds.
func (s *simulation) kernels(l *workloads.Layer, t *task) []*kernel {
	head := l.Head()
	if t.flash != nil {
		a := *t.flash
		for i := range a.there {
			past, now := head.Input(4+i), head.In[1+i]
			if past != nil { // of which now is the smallest part
				now = past
			}
			a.there[i] = past == nil && s.c.keeps(&a, now) || s.cached.holds(s.plan.Places[now])
		}
		return s.c.attention(&a)
	}
	if t.product == nil {
		w := t.stream
		for _, n := range l.Nodes {
			for _, x := range n.In {
				if x != nil && s.cached.holds(s.plan.Places[x]) {
					w.there = min(w.in, w.there+operandBytes(n, x))
				}
			}
		}
		return []*kernel{s.c.streamed(&w)}
	}
	p := *t.product
	p.aThere, p.bThere = t.product.aThere || s.cached.holds(s.plan.Places[head.In[0]]), s.cached.holds(s.plan.Places[head.In[1]])
	return s.c.kernelsOf(&p, t.tiling)
}

// run simulates to the end and makes the report.
func (s *simulation) run() (*results.Run, error) {
	if err := s.engine.Run(); err != nil {
		return nil, fmt.Errorf("gpu: %s: %w", s.c.Name, err)
	}
	return s.report(), nil
}

// cached is what of the activations is still in L2 when a layer has ended: the
// tensors last read or written, as many as fit.
type cached struct {
	room int64
	list []*mapping.Place // youngest first
}

func (c *cached) holds(p *mapping.Place) bool {
	left := c.room
	for _, q := range c.list {
		if left -= q.Bytes; left < 0 {
			return false
		}
		if q == p {
			return true
		}
	}
	return false
}

// after notes that a layer has read its operands and written its result.
func (c *cached) after(plan *mapping.Plan, l *workloads.Layer) {
	for _, n := range l.Nodes {
		for _, t := range n.In {
			if t != nil && plan.Places[t] != nil {
				c.touch(plan.Places[t], t.Role == workloads.Weight)
			}
		}
	}
	for _, t := range l.Nodes[len(l.Nodes)-1].Out {
		if t != nil {
			c.touch(plan.Places[t], false)
		}
	}
}

// touch makes a place the youngest. A weight takes room, but is not found again:
// each layer has its own.
func (c *cached) touch(p *mapping.Place, weight bool) {
	kept, left := []*mapping.Place{p}, c.room-p.Bytes
	if weight {
		kept = []*mapping.Place{{Bytes: p.Bytes}}
	}
	for _, q := range c.list {
		if left -= q.Bytes; left < 0 {
			break
		}
		if q != p {
			kept = append(kept, q)
		} else {
			left += q.Bytes
		}
	}
	c.list = kept
}
