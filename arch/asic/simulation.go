package asic

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

// Simulation is one run of a machine: its stations, the walk over the plan that
// feeds them, and the books.
type Simulation struct {
	chassis *Chassis
	net     *workloads.Network
	plan    *mapping.Plan
	job     *arch.Job
	engine  *engine.Engine
	crew    station.Crew[none]
	units   [stations]stepper
	boxes   [stations]*engine.Box
	due     [stations]bool // stations with something new to look at
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
	load := &station.DMA[none]{Outstanding: c.Memory.Outstanding, Stats: s.books.load}
	store := &station.DMA[none]{Outstanding: c.Memory.Outstanding, Stats: s.books.store, Write: true}
	array := &worker{stats: s.books.units[0], sim: s}
	post := &worker{stats: s.books.post, sim: s}
	s.crew.Join(s, "post", [stations]*station.Queue[none]{&load.Queue, &array.Queue, &post.Queue, &store.Queue})
	s.units = [stations]stepper{load, array, post, store}
	for i := range s.units {
		s.boxes[i] = e.Add(boxNames[i], &turn{s, Station(i)}, false)
	}
	s.control = mem.NewController(s.timing(), c.Clock, func(port int, tag int64, edge unit.Edge) {
		[stations]*station.DMA[none]{Load: load, Store: store}[port].Answer(tag, edge)
		s.due[port] = true
	})
	s.memBox = e.Add("Memory", &offChip{s.control, s}, true)
	s.walk = newWalk(s)
	if job.Check != nil && job.Check.Mode() != arch.None {
		s.plane = newPlane(s, job.Check)
	}
	return s
}

var boxNames = [stations]string{"Load", "Array", "Post", "Store"}

// stepper is a station as the simulation steps it.
type stepper interface {
	// Step does what can be done by now; it returns when it must be stepped again
	// whatever the others do.
	Step(now unit.Edge) unit.Edge
	Left() (string, bool)
}

// turn is a station as the engine sees it: woken at the edges at which it must act.
type turn struct {
	sim *Simulation
	id  Station
}

// Step has the station act, and then all that can because of it. What stations tell one
// another they say at once, each with the edge at which it counts, so no event is
// spent on it.
func (t *turn) Step(now unit.Edge) unit.Edge {
	t.sim.due[t.id] = true
	t.sim.settle(now)
	return engine.Never
}

// Receive is not used: stations look into each other's records.
func (t *turn) Receive(engine.Message) {}

// Left shows what the station waits for.
func (t *turn) Left() (string, bool) { return t.sim.units[t.id].Left() }

// offChip is the memory; after its answers the stations that asked go on.
type offChip struct {
	*mem.Controller
	sim *Simulation
}

// Step serves what has been asked by now.
func (m *offChip) Step(now unit.Edge) unit.Edge {
	next := m.Controller.Step(now)
	m.sim.settle(now)
	return next
}

// settle steps stations until none has anything new to look at.
func (s *Simulation) settle(now unit.Edge) {
	for again := true; again; {
		again = false
		for i := range s.due {
			if s.due[i] {
				s.due[i], again = false, true
				if next := s.units[i].Step(now); next != engine.Never {
					s.boxes[i].WakeAt(next)
				}
			}
		}
	}
}

// timing is the off-chip memory of this run.
func (s *Simulation) timing() mem.Timing {
	m := &s.chassis.Memory
	return mem.Timing{Channels: m.Channels, Bandwidth: m.Bandwidth, Latency: m.Latency, Burst: m.Burst, Interleave: m.Interleave,
		RefreshFor: m.RefreshFor, RefreshGap: m.RefreshGap, Ideal: s.ideal()}
}

func (s *Simulation) ideal() bool { return s.chassis.Memory.Ideal() || s.job.IdealMemory }

// Ask hands a request to the memory, which serves it after all other events of the edge.
func (s *Simulation) Ask(r mem.Request) {
	s.control.Ask(r)
	s.memBox.WakeAt(s.engine.Now())
}

// More writes the next layer's commands; false: the program is at its end.
func (s *Simulation) More() bool {
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

// Look has a station step again.
func (s *Simulation) Look(id Station) { s.due[id] = true }

// Finished books the end of a command to its layer.
func (s *Simulation) Finished(c *Command, edge unit.Edge) {
	if s.books.closed(c.Layer, edge) && s.plane != nil {
		s.plane.layerDone(c.Layer, s.books.layers[c.Layer].end)
	}
}

// Act has the data plane do something at an edge.
func (s *Simulation) Act(edge unit.Edge, phase engine.Phase, do func() error) {
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
