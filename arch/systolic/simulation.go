package systolic

import (
	"fmt"

	"nnsim/arch"
	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// simulation is one run of a machine: its units, the walk over the plan that
// feeds them, and the books.
type simulation struct {
	cfg     *Config
	geo     Geometry
	net     *workloads.Network
	plan    *mapping.Plan
	job     *arch.Job
	engine  *engine.Engine
	crew    station.Crew[work]
	boxes   [units]*engine.Box
	memBox  *engine.Box
	control mem.Server
	walk    *walker
	plane   *plane // nil where no values are carried
	books   books
}

// newSimulation wires the machine.
func newSimulation(m *Machine, job *arch.Job, e *engine.Engine) (*simulation, error) {
	s := &simulation{cfg: &m.cfg, geo: m.geometry(), net: job.Net, plan: job.Plan, job: job, engine: e}
	s.books.open(len(job.Net.Layers), &m.cfg, dtypeOf(job.Net))
	for _, unit := range s.books.active() {
		unit.Watch(job.Timeline)
	}
	load := &station.DMA[work]{Outstanding: s.cfg.DMA.Outstanding, Stats: s.books.load}
	store := &station.DMA[work]{Outstanding: s.cfg.DMA.Outstanding, Stats: s.books.store, Write: true}
	mxu := &matrixUnit{series: series{Geometry: s.geo}, stats: s.books.array, machine: s}
	vec := &vectorUnit{latency: s.cfg.Vector.Latency, stats: s.books.vector, machine: s}
	s.crew.Join(s, "vector", [units]*queue{&load.Queue, &mxu.Queue, &vec.Queue, &store.Queue})
	for id, u := range [units]engine.Unit{load, mxu, vec, store} {
		s.boxes[id] = e.Add(boxNames[id], u, false)
	}
	reply := func(port int, tag int64, edge unit.Edge) {
		[units]*station.DMA[work]{loader: load, storer: store}[port].Answer(tag, edge)
		s.boxes[port].WakeAt(e.Now())
	}
	var err error
	if s.control, err = s.cfg.server(s.job.IdealMemory, reply, e.Fail); err != nil {
		return nil, err
	}
	s.memBox = e.Add("Memory", s.control, true)
	s.walk = newWalker(s)
	if job.Check != nil && job.Check.Mode() != arch.None {
		s.plane = newPlane(s, job.Check)
	}
	return s, nil
}

var boxNames = [units]string{"Load", "Array", "Vector", "Store"}

// dtypeOf names the format the array multiplies in.
func dtypeOf(net *workloads.Network) string { return net.Precision.Act.String() }

// ideal tells whether off-chip memory never stalls in this run.
func (s *simulation) ideal() bool { return s.cfg.Memory.Ideal() || s.job.IdealMemory }

// Ask hands a request to the memory, which serves it after all other events of the edge.
func (s *simulation) Ask(r mem.Request) {
	s.control.Ask(r)
	s.memBox.WakeAt(s.engine.Now())
}

// More appends the next turn's commands to the queues; false: the program is at its end.
func (s *simulation) More() bool {
	if s.engine.Failed() {
		return false
	}
	more, err := s.walk.turn()
	if err != nil {
		s.engine.Fail(err)
		return false
	}
	return more
}

// emit appends a command to a unit's queue and returns how many that unit then has been given.
func (s *simulation) emit(u station.ID, c command) int64 {
	s.crew.Queues[u].Put(c)
	s.walk.issued[u]++
	s.books.open1(c.Layer)
	return s.walk.issued[u]
}

// Look has a unit look again at what it waits for.
func (s *simulation) Look(u station.ID) { s.boxes[u].WakeAt(s.engine.Now()) }

// Finished books the end of a command to its layer.
func (s *simulation) Finished(c *command, edge unit.Edge) {
	if s.books.closed(c, edge) && s.plane != nil {
		s.plane.layerDone(c.Layer, s.books.layers[c.Layer].end)
	}
}

// Act has the data plane do something that begins or ends at an edge.
func (s *simulation) Act(edge unit.Edge, phase engine.Phase, do func() error) {
	if s.plane != nil && do != nil {
		s.plane.agenda.At(edge, phase, do)
	}
}

// run simulates to the end and makes the report.
func (s *simulation) run() (*results.Run, error) {
	if err := s.engine.Run(); err != nil {
		return nil, fmt.Errorf("systolic: %s: %w", s.cfg.Name, err)
	}
	if s.plane != nil {
		if err := s.plane.agenda.Rest(); err != nil {
			return nil, err
		}
	}
	return s.report(), nil
}
