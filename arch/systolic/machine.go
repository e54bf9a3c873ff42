package systolic

import (
	"fmt"
	"io"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(workloads.Precision) results.Device {
	a := &m.cfg.Array
	return results.Device{Name: m.cfg.Name, Kind: m.cfg.Kind, Clock: m.cfg.Clock,
		PeakMACsPerCycle: float64(a.Rows) * float64(a.Cols) * float64(a.Count), Resolved: config.Resolved(&m.cfg)}
}

// Plan cuts and places a network on the machine.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	return m.PlanBy(net, mapping.Rule{})
}

// PlanBy does so by a rule for what stays on chip, and with chains of layers.
func (m *Machine) PlanBy(net *workloads.Network, rule mapping.Rule) (*mapping.Plan, error) {
	plan, err := mapping.Ruled(net, m.target(), rule)
	if err != nil {
		return nil, err
	}
	if room := m.cfg.Memory.holds(); room > 0 && plan.OffChip > room {
		return nil, fmt.Errorf("%s: %s takes %v off chip, the memory holds %v (memory.channels, memory.part)",
			m.cfg.Name, net.Graph.Name, unit.Bytes(plan.OffChip), unit.Bytes(room))
	}
	return plan, nil
}

// Placements plans a network under each rule for what stays in the buffer.
func (m *Machine) Placements(net *workloads.Network) ([]*mapping.Plan, error) {
	if _, err := m.Plan(net); err != nil {
		return nil, err
	}
	return mapping.Placements(net, m.target())
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// runOn simulates on an engine of the caller's, as tests do that shuffle ties.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	s, err := newSimulation(m, &job, e)
	if err != nil {
		return nil, err
	}
	r, err := s.run()
	if err != nil {
		return nil, err
	}
	r.Device = m.Describe(job.Net.Precision)
	peak := r.Device.PeakMACsPerCycle
	if r.Cycles > 0 {
		r.Utilization = float64(s.books.array.Total(evMAC)) / (float64(r.Cycles) * peak)
	}
	for i := range r.Layers {
		l := &r.Layers[i]
		if cycles := max(l.Cycles, s.books.layers[i].busy); cycles > 0 {
			l.Utilization = float64(l.MACs) / (float64(cycles) * peak)
		}
	}
	return r, r.Price(m.Prices(job.Net.Precision))
}

// Fuses tells what the vector unit does on the way from the accumulators (or from
// another elementwise operator) to the buffer: elementwise work on one value, or
// with a value a column or one of the same place; and pools whose windows do not
// overlap and lie whole in a tile.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 {
		return false // composite operators run as their parts
	}
	head, last := chain[0], chain[len(chain)-1]
	product := workloads.ClassOf(head.Op) == workloads.MatrixClass
	if !product && !workloads.Elementwise(head.Op) || pools[last.Op] {
		return false
	}
	if pools[next.Op] {
		return product && m.poolsInDrain(head, next)
	}
	if next.Op == "BatchNormalization" {
		return product && head.Op == "Conv"
	}
	if !workloads.Elementwise(next.Op) || !next.Out[0].Shape.Equal(head.Out[0].Shape) || !next.Out[0].Type.IsFloat() {
		return false
	}
	for _, t := range next.In {
		if t != nil && t != last.Out[0] && !fits(t, head, product) {
			return false
		}
	}
	return true
}

var pools = map[string]bool{"MaxPool": true, "AveragePool": true, "GlobalAveragePool": true, "GlobalMaxPool": true}

// fits tells whether an operand of a fused operator can be met tile by tile: it
// has the result's shape, or is a constant of one value a column or in all.
func fits(t *workloads.Tensor, head *workloads.Node, product bool) bool {
	out := head.Out[0].Shape
	if t.Shape.Equal(out) {
		return t.Role != workloads.Weight || !product
	}
	if t.Role != workloads.Weight {
		return false
	}
	if t.Shape.Elements() == 1 && len(t.Shape) <= len(out) {
		return true
	}
	if !product {
		return len(t.Shape) <= len(out)
	}
	column := len(out) - 1
	if head.Op == "Conv" {
		column = 1
	}
	for i, d := range t.Shape {
		if axis := len(out) - len(t.Shape) + i; d != 1 && (axis != column || d != out[axis]) {
			return false
		}
	}
	return len(t.Shape) <= len(out)
}

// poolsInDrain tells whether a pool's windows do not overlap, cover the result
// exactly, and lie whole in what one accumulator bank holds of an image.
func (m *Machine) poolsInDrain(head, pool *workloads.Node) bool {
	out := head.Out[0].Shape
	if head.Op != "Conv" || len(out) != 4 || m.geometry().Overlap == ScaleSim {
		return false
	}
	bank := m.cfg.Accumulators.Rows / 2
	if m.geometry().Dataflow == mapping.IS {
		return false // its tiles are cut along the filters, not along the image
	}
	if pool.Op == "GlobalAveragePool" || pool.Op == "GlobalMaxPool" {
		return out[2]*out[3] <= bank
	}
	k, s := pool.Attr.Ints("kernel_shape", nil), pool.Attr.Ints("strides", []int64{1, 1})
	for _, p := range pool.Attr.Ints("pads", nil) {
		if p != 0 {
			return false
		}
	}
	for _, d := range pool.Attr.Ints("dilations", nil) {
		if d != 1 {
			return false
		}
	}
	return len(pool.Out) == 1 && len(k) == 2 && len(s) == 2 && k[0] == s[0] && k[1] == s[1] &&
		int64(out[2])%k[0] == 0 && int64(out[3])%k[1] == 0 && out[3]*int(k[0]) <= bank
}

// Steps draws the array edge by edge while it computes a small product.
func (m *Machine) Steps(w io.Writer, net *workloads.Network) error {
	if len(net.Layers) != 1 {
		return fmt.Errorf("--steps draws one product; %s has %d layers", net.Graph.Name, len(net.Layers))
	}
	s, ok := workloads.MatrixOf(net.Layers[0].Head())
	if !ok || s.Groups > 1 || s.Batch > 1 {
		return fmt.Errorf("--steps draws one matrix product, such as gemm:m=4,n=4,k=6; %s is none", net.Graph.Name)
	}
	return Draw(w, m.geometry(), s.M(), s.Red(), s.N(), 0)
}
