package gpu

import (
	"fmt"
	"math"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// Machine is a configured GPU.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("sm.count=108") applied. name
// is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	read, err := config.Load(name, text, sets, &m.cfg)
	m.Identity = arch.Identify(m.cfg.Name, m.cfg.Kind, m.cfg.DTypes, read)
	if err == nil {
		m.cfg.offChip, err = newOffChip(&m.cfg)
	}
	return m, err
}

// Describe is the device part of a report: the peak is that of the pipe that takes the type.
func (m *Machine) Describe(p workloads.Precision) results.Device {
	return results.Device{Name: m.cfg.Name, Kind: m.cfg.Kind, Clock: m.cfg.Clock,
		PeakMACsPerCycle: float64(m.cfg.rate(p.Act)) * float64(m.cfg.SM.Count), Resolved: config.Resolved(&m.cfg)}
}

// Plan gives every tensor an address and every layer its kernels.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	plan := mapping.OffChip(net, m.cfg.Name)
	for _, lp := range plan.Layers {
		task, err := m.task(lp.Layer, len(plan.Layers))
		if err != nil {
			return nil, fmt.Errorf("%s: layer %s: %w", m.cfg.Name, lp.Layer.Name, err)
		}
		if task != nil {
			if task.product != nil && task.product.sets > 0 {
				plan.CompulsoryRead -= lp.Layer.Head().In[1].Bytes() // which L2 may hold
			}
			m.offer(lp, task)
		}
	}
	return plan, nil
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// rehearsals is how often a run is gone through at most to find where its clock settles.
const rehearsals = 4

// settle is the clock that a board finds which has done the job over and over.
func (m *Machine) settle(job arch.Job) (float64, error) {
	clock := float64(m.cfg.Clock)
	job.Check, job.Progress, job.Timeline = nil, nil, nil
	for range rehearsals {
		s := newSimulation(m, &job, engine.New(m.cfg.Clock))
		s.gov.clock = clock
		if err := s.engine.Run(); err != nil {
			return 0, fmt.Errorf("gpu: %s: %w", m.cfg.Name, err)
		}
		before := clock
		if clock = s.gov.settled(); math.Abs(clock-before) < 0.01*before {
			break
		}
	}
	return clock, nil
}

// runOn simulates on an engine of the caller's, as tests do that shuffle ties.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	s := newSimulation(m, &job, e)
	if m.cfg.Power.History == "loaded" {
		clock, err := m.settle(job)
		if err != nil {
			return nil, err
		}
		s.gov.clock, s.gov.lowest = clock, clock
	}
	r, err := s.run()
	if err != nil {
		return nil, err
	}
	r.Device = m.Describe(job.Net.Precision)
	peak := r.Device.PeakMACsPerCycle
	var macs int64
	for i := range r.Layers {
		l := &r.Layers[i]
		executed := s.books.tensor.Count[i][evMACs] + s.books.fp32.Count[i][evMACs]
		macs += executed
		if l.Cycles > 0 {
			l.Utilization = float64(executed) / (float64(l.Cycles) * peak)
		}
	}
	if r.Cycles > 0 {
		r.Utilization = float64(macs) / (float64(r.Cycles) * peak)
	}
	return r, r.Price(m.Prices(job.Net.Precision))
}

// Fuses tells what an epilogue does: elementwise work on one value, or with a
// value a column or one of the same place; and chains of such work by themselves.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 {
		return attends(next)
	}
	head, last := chain[0], chain[len(chain)-1]
	product := workloads.ClassOf(head.Op) == workloads.MatrixClass
	if !product && !workloads.Elementwise(head.Op) || !workloads.Elementwise(next.Op) {
		return false
	}
	out := next.Out[0]
	if !out.Shape.Equal(head.Out[0].Shape) || !out.Type.IsFloat() || len(next.Out) != 1 || len(head.Out[0].Shape) == 0 {
		return false
	}
	for _, t := range next.In {
		if t != nil && t != last.Out[0] && !beside(t, head, product) {
			return false
		}
	}
	return true
}

// beside tells whether an operand of a fused operator can be met result by result:
// it has the result's shape, or is a constant of one value a column or in all.
func beside(t *workloads.Tensor, head *workloads.Node, product bool) bool {
	out := head.Out[0].Shape
	switch {
	case t.Shape.Equal(out):
		return true
	case t.Role != workloads.Weight || len(t.Shape) > len(out):
		return false
	case t.Shape.Elements() == 1:
		return true
	case !product:
		return true
	}
	for i, d := range t.Shape {
		if axis := len(out) - len(t.Shape) + i; d != 1 && (axis != columnAxis(head) || d != out[axis]) {
			return false
		}
	}
	return true
}

// columnAxis is the axis of a product's result that its filters run along.
func columnAxis(head *workloads.Node) int {
	if head.Op == "Conv" {
		return 1
	}
	return len(head.Out[0].Shape) - 1
}
