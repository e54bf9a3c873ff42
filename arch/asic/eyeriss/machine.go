package eyeriss

import (
	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/arch/config"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/mapping/rowstationary"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(workloads.Precision) results.Device {
	return results.Device{Name: m.cfg.Name, Kind: m.cfg.Kind, Clock: m.cfg.Clock,
		PeakMACsPerCycle: float64(m.cfg.Array.Rows * m.cfg.Array.Cols), Resolved: config.Resolved(&m.cfg)}
}

// Fuses tells what is done on results as they leave.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	return asic.Fuses(chain, next, false)
}

// Plan maps every product; all tensors live off chip between layers.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	plan := mapping.OffChip(net, m.cfg.Name)
	known := map[workloads.Matrix]*rowstationary.Mapping{}
	for _, lp := range plan.Layers {
		switch workloads.ClassOf(lp.Layer.Head().Op) {
		case workloads.View:
		case workloads.MatrixClass:
			space := asic.NewProduct(lp.Layer).Space
			if known[space] == nil {
				best, err := m.array().Map(space)
				if err != nil {
					return nil, &layerError{lp.Layer.Name, err}
				}
				known[space] = best
			}
			lp.Custom = known[space]
		default:
			lp.Custom = asic.Streamed{Chunk: int64(m.cfg.Vector.Buffer) / 4}
		}
	}
	if m.cfg.Coding == "rlc" {
		plan.CompulsoryWrite = int64(float64(plan.CompulsoryWrite) * leastShare)
	}
	return plan, nil
}

// layerError names the layer that cannot be mapped.
type layerError struct {
	layer string
	cause error
}

func (e *layerError) Error() string { return "layer " + e.layer + ": " + e.cause.Error() }
func (e *layerError) Unwrap() error { return e.cause }

// chassis is the machine as it is simulated.
func (m *Machine) chassis() *asic.Chassis {
	c := &m.cfg
	ch := &asic.Chassis{Name: c.Name, Clock: c.Clock, Memory: c.Memory, Vector: c.Vector, Walk: m.walk,
		Buffers: int64(c.Buffer.Banks)*int64(c.Buffer.Bank) + 2*int64(c.Buffer.Filters), Units: units}
	if c.Coding == "rlc" {
		ch.Encode = runLength
	}
	return ch
}

// units are the machine's counters.
func units(layers int) []*results.Stats {
	return []*results.Stats{
		unitArray:     results.NewStats("array", layers, "mac_int16", "mac_skipped"),
		unitRegisters: results.NewStats("registers", layers, "filter_reads", "filter_writes", "input_reads", "input_writes", "sum_accesses"),
		unitNetwork:   results.NewStats("network", layers, "bus_words", "hops"),
		unitBuffer:    results.NewStats("buffer", layers, "array_bytes", "dma_bytes"),
	}
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, engine.New(m.cfg.Clock))
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
		if d, err = asic.Measure(m.chassis(), &job, engine.New(m.cfg.Clock)); err != nil {
			return nil, err
		}
		job.Check = nil
	}
	r, err := asic.New(m.chassis(), &job, e, d).Run()
	if err != nil {
		return nil, err
	}
	return asic.Finish(r, m.Describe(job.Net.Precision), m.Prices(job.Net.Precision), false)
}

// Prices is the price list. A multiplication passes the registers of a PE's
// pipeline, which are held still where it is skipped. Register files are priced as memories of their size
// where they are memories, as flip-flops where they are registers; a word on a bus
// crosses the array once, in wires that run along a row or a column.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	stages := l.Must(tech.Register(c.Process, 2*8*wordBytes+2*32)) // two operands, the product and the sum
	l.Set("array", "mac_int16", l.Must(tech.MAC(c.Process, "int16")).Plus(stages))
	l.Set("array", "mac_skipped", l.Must(tech.Register(c.Process, 1))) // the flag that stops the PE
	fr, fw := l.Buffer(unit.Bytes(c.PE.Filter*wordBytes), wordBytes)
	l.Set("registers", "filter_reads", fr.Times(wordBytes))
	l.Set("registers", "filter_writes", fw.Times(wordBytes))
	word := l.Must(tech.Register(c.Process, 8*wordBytes))
	l.Set("registers", "input_reads", word)
	l.Set("registers", "input_writes", word)
	l.Set("registers", "sum_accesses", word)
	l.Set("network", "bus_words", word.Times(float64(c.Array.Rows+c.Array.Cols))) // a register a row, then one a column
	l.Set("network", "hops", word)
	br, bw := l.Buffer(c.Buffer.Bank, c.Buffer.Width)
	both := br.Plus(bw).Times(0.5)
	l.Set("buffer", "array_bytes", both)
	l.Set("buffer", "dma_bytes", both)
	var area *unit.SquareMM
	if c.Area > 0 {
		area = &c.Area
	}
	return l.Prices(m.chassis(), c.Power, c.Voltage, area)
}
