package asic

import (
	"fmt"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// Simulation is one run of a machine: its stations, the walk over the plan that
// feeds them, and the books.
type Simulation struct {
	chassis *Chassis
	net     *workloads.Network
	plan    *mapping.Plan
	job     *arch.Job
	engine  *engine.Engine
	queues  [stations]*queue
	boxes   [stations]*engine.Box
	memBox  *engine.Box
	control *mem.Controller
	walk    *Walk
	plane   *plane // nil where no values are carried
	books   books
	// Density is what is known of zeros.
	Density Density
}

// New wires a machine for one job.
func New(c *Chassis, job *arch.Job, e *engine.Engine, d Density) *Simulation {
	s := &Simulation{chassis: c, net: job.Net, plan: job.Plan, job: job, engine: e, Density: d}
	s.books.open(len(job.Net.Layers), c)
	for _, unit := range []*results.Stats{s.books.load, s.books.units[0], s.books.post, s.books.store} {
		unit.Watch(job.Timeline)
	}
	load := &dma{outstanding: c.Memory.Outstanding, stats: s.books.load}
	store := &dma{outstanding: c.Memory.Outstanding, stats: s.books.store, write: true}
	array := &worker{stats: s.books.units[0]}
	post := &worker{stats: s.books.post}
	s.queues = [stations]*queue{&load.queue, &array.queue, &post.queue, &store.queue}
	for i, u := range [stations]engine.Unit{load, array, post, store} {
		s.queues[i].id, s.queues[i].sim = Station(i), s
		s.boxes[i] = e.Add(boxNames[i], u, false)
	}
	s.control = mem.NewController(s.timing(), c.Clock, func(port int, tag int64, edge unit.Edge) {
		[stations]*dma{Load: load, Store: store}[port].answer(tag, edge)
		s.boxes[port].WakeAt(e.Now())
	})
	s.memBox = e.Add("Memory", s.control, true)
	s.walk = newWalk(s)
	if job.Check != nil && job.Check.Mode() != arch.None {
		s.plane = newPlane(s, job.Check)
	}
	return s
}

var boxNames = [stations]string{"Load", "Array", "Post", "Store"}

// timing is the off-chip memory of this run.
func (s *Simulation) timing() mem.Timing {
	m := &s.chassis.Memory
	return mem.Timing{Channels: m.Channels, Bandwidth: m.Bandwidth, Latency: m.Latency, Burst: m.Burst, Interleave: m.Interleave,
		RefreshFor: m.RefreshFor, RefreshGap: m.RefreshGap, Ideal: s.ideal()}
}

func (s *Simulation) ideal() bool { return s.chassis.Memory.Ideal() || s.job.IdealMemory }

// ask hands a request to the memory, which serves it after all other events of the edge.
func (s *Simulation) ask(r mem.Request) {
	s.control.Ask(r)
	s.memBox.WakeAt(s.engine.Now())
}

// more writes the next layer's commands; false: the program is at its end.
func (s *Simulation) more() bool {
	if s.engine.Failed() {
		return false
	}
	more, err := s.walk.layer()
	if err != nil {
		s.engine.Fail(err)
		return false
	}
	return more
}

// finished books the end of a command to its layer.
func (s *Simulation) finished(c *Command, edge unit.Edge) {
	if s.books.closed(c.layer, edge) && s.plane != nil {
		s.plane.layerDone(c.layer, s.books.layers[c.layer].end)
	}
}

// act has the data plane do something at an edge.
func (s *Simulation) act(edge unit.Edge, phase engine.Phase, do func() error) {
	if s.plane != nil && do != nil {
		s.plane.agenda.At(edge, phase, do)
	}
}

// Run simulates to the end and makes the report, without energies.
func (s *Simulation) Run() (*results.Run, error) {
	if err := s.engine.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.chassis.Name, err)
	}
	if s.plane != nil {
		if err := s.plane.agenda.Rest(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.chassis.Name, err)
		}
	}
	return s.report(), nil
}
