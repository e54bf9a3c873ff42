package eyeriss

import (
	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/mapping/rowstationary"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(workloads.Precision) results.Device {
	return asic.Describe(&m.cfg, float64(m.cfg.Array.Rows*m.cfg.Array.Cols))
}

// Fuses tells what is done on results as they leave.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	return asic.Fuses(chain, next, false)
}

// Plan maps every product; all tensors live off chip between layers.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	known := map[workloads.Matrix]*rowstationary.Mapping{}
	plan, err := asic.Plan(net, m.cfg.Name, m.cfg.Vector, func(lp *mapping.LayerPlan) error {
		space := asic.NewProduct(lp.Layer).Space
		if known[space] == nil {
			best, err := m.array().Map(space)
			if err != nil {
				return &layerError{lp.Layer.Name, err}
			}
			known[space] = best
		}
		best := known[space]
		lp.Custom, lp.Space = best, func() mapping.Space { return m.array().Space(lp, best) }
		return nil
	})
	if err == nil && m.cfg.Coding == "rlc" {
		plan.CompulsoryWrite = int64(float64(plan.CompulsoryWrite) * leastShare)
	}
	return plan, err
}

// layerError names the layer that cannot be mapped.
type layerError struct {
	layer string
	cause error
}

func (e *layerError) Error() string { return "layer " + e.layer + ": " + e.cause.Error() }
func (e *layerError) Unwrap() error { return e.cause }

// chassis is the machine as it is simulated for a plan; nil: as it is priced. The
// clock of a layer's PEs runs while they wait, that of the others is off.
func (m *Machine) chassis(plan *mapping.Plan) *asic.Chassis {
	c := &m.cfg
	ch := &asic.Chassis{Common: c.Common, Walk: m.walk,
		Buffers: int64(c.Buffer.Banks)*int64(c.Buffer.Bank) + 2*int64(c.Buffer.Filters), Units: units}
	if plan != nil {
		ch.Elapsed = func(units []*results.Stats, layer int, edges int64) {
			if on, ok := plan.Layers[layer].Custom.(*rowstationary.Mapping); ok {
				units[unitRegisters].Add(layer, evPEEdges, edges*int64(on.PEs))
			}
		}
	}
	if c.Coding == "rlc" {
		ch.Encode = runLength
	}
	return ch
}

// units are the machine's counters.
func units(layers int) []*results.Stats {
	return []*results.Stats{
		unitArray:     results.NewStats("array", layers, "mac_int16", "mac_skipped"),
		unitRegisters: results.NewStats("registers", layers, "filter_reads", "filter_writes", "input_reads", "input_writes", "sum_accesses", "pe_edges"),
		unitNetwork:   results.NewStats("network", layers, "bus_words", "hops"),
		unitBuffer:    results.NewStats("buffer", layers, "array_bytes", "dma_bytes"),
	}
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// runOn simulates on an engine of the caller's. Where zeros are to be measured the
// work is done twice: once with all values, to count the zeros, and once with what
// is then known of them.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	d := asic.Density{}
	switch full := job.Check != nil && job.Check.Mode() == arch.Full; {
	case job.Zeros != nil:
		d = m.stated(&job)
	case full && m.cfg.Density == "measured":
		var err error
		if d, err = asic.Measure(m.chassis(job.Plan), &job, engine.New(m.cfg.Clock)); err != nil {
			return nil, err
		}
		job.Check = nil
	}
	r, err := asic.New(m.chassis(job.Plan), &job, e, d).Run()
	if err != nil {
		return nil, err
	}
	return asic.Finish(r, m.Describe(job.Net.Precision), m.Prices(job.Net.Precision), false)
}

// pipelineBits are the registers of a PE's pipeline: two operands, product and sum.
const pipelineBits = 2*8*wordBytes + 2*32

// Prices is the price list. An access to the half kilobyte that a PE holds costs as
// much as a multiplication, which is what the designers took from their process
// [eyeriss-2016, table IV]. Half of what a
// register takes is its clock, on every edge of a layer that its PE is mapped on; the other half
// comes with data. A word on a bus crosses the array once, in wires that run along a
// row or a column; the buffer is priced by its banks.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	data := func(bits int) tech.Price { return l.Must(tech.Clocked(c.Process, bits)) } // the other half
	mac := l.Must(tech.MAC(c.Process, "int16"))
	access := mac
	access.Source += ", eyeriss-2016"
	l.Set("array", "mac_int16", mac)
	l.Set("array", "mac_skipped", data(1)) // the flag that stops the PE
	registers := (c.PE.Input+c.PE.Sum)*8*wordBytes + pipelineBits
	l.Set("registers", "pe_edges", l.Must(tech.Clocked(c.Process, registers)))
	for _, event := range []string{"filter_reads", "filter_writes", "input_reads", "input_writes", "sum_accesses"} {
		l.Set("registers", event, access)
	}
	word := data(8 * wordBytes)
	l.Set("network", "bus_words", word.Times(float64(c.Array.Rows+c.Array.Cols))) // a register a row, then one a column
	l.Set("network", "hops", word)
	br, bw := l.Buffer(c.Buffer.Bank, c.Buffer.Width)
	both := br.Plus(bw).Times(0.5)
	l.Set("buffer", "array_bytes", both)
	l.Set("buffer", "dma_bytes", both)
	return l.Prices(&c.Common)
}
