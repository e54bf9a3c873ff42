package diannao

import (
	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(workloads.Precision) results.Device {
	return asic.Describe(&m.cfg, float64(m.cfg.NFU.Neurons*m.cfg.NFU.Synapses))
}

// Fuses tells what NFU-3 does on results as they leave.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	return asic.Fuses(chain, next, false)
}

// Plan cuts every product; all tensors live off chip between layers.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	return asic.Plan(net, m.cfg.Name, m.cfg.Vector, func(lp *mapping.LayerPlan) error {
		t, err := m.tile(asic.NewProduct(lp.Layer))
		if err == nil {
			m.offer(lp, t)
		}
		return err
	})
}

// resultSlots is the number of finished tiles that wait to be stored.
const resultSlots = 2

// resultBytes is room for one of them, in the widest format a layer is stored in.
func (m *Machine) resultBytes() int64 {
	return 4 * max(int64(m.cfg.NBout)/(2*wordBytes), int64(m.cfg.NFU.Neurons))
}

// chassis is the machine as it is simulated.
func (m *Machine) chassis() *asic.Chassis {
	c := &m.cfg
	return &asic.Chassis{Common: c.Common, Walk: m.walk,
		Buffers: int64(c.NBin+c.SB) + resultSlots*m.resultBytes(), Units: units}
}

// units are the machine's counters.
func units(layers int) []*results.Stats {
	return []*results.Stats{
		unitNFU:   results.NewStats("nfu", layers, "mac_int16", "edges"),
		unitNBin:  results.NewStats("nbin", layers, "read_bytes", "write_bytes"),
		unitSB:    results.NewStats("sb", layers, "read_bytes", "write_bytes"),
		unitNBout: results.NewStats("nbout", layers, "read_bytes", "write_bytes"),
	}
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// runOn simulates on an engine of the caller's.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	r, err := asic.New(m.chassis(), &job, e, asic.Density{}).Run()
	if err != nil {
		return nil, err
	}
	return asic.Finish(r, m.Describe(job.Net.Precision), m.Prices(job.Net.Precision), false)
}

// Prices is the price list: a product with its share of a tree, its operands' registers
// and the product's on every edge at work, and rows of the three buffers.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	ti, tn := c.NFU.Synapses, c.NFU.Neurons
	l.Set("nfu", "mac_int16", l.Tree(8*wordBytes, 8*wordBytes, ti))
	l.Set("nfu", "edges", l.Must(tech.Register(c.Process, tn*ti*2*8*wordBytes))) // weights and products; inputs are shared
	for _, b := range []struct {
		name     string
		capacity unit.Bytes
		row      int
	}{{"nbin", c.NBin, ti}, {"sb", c.SB, tn * ti}, {"nbout", c.NBout, tn}} {
		r, w := l.Buffer(b.capacity, b.row*wordBytes)
		l.Set(b.name, "read_bytes", r)
		l.Set(b.name, "write_bytes", w)
	}
	return l.Prices(&c.Common)
}
