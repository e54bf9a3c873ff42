package fpga

import (
	"fmt"
	"math"

	"nnsim/arch"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// runOverlay simulates a network on the engine.
func (m *Machine) runOverlay(job arch.Job, d *design) (*results.Run, error) {
	c := &clockwork{}
	if mem := &m.cfg.Memory; !mem.Ideal() && !job.IdealMemory {
		c.perCycle = min(float64(mem.peak())/float64(m.cfg.Clock), float64(m.cfg.AXI.Width/8))
		c.latency = float64(mem.Latency) * float64(m.cfg.Clock)
	}
	if job.Check != nil && job.Check.Mode() != arch.None {
		if err := m.carry(&job, d); err != nil {
			return nil, err
		}
	}
	o := newOverlayBooks(m, d, &job)
	at := 0.0
	for i, l := range d.layers {
		end := math.Ceil(o.layer(i, l, c, at) - rounding)
		o.ends = append(o.ends, int64(end))
		at = end
	}
	if job.Progress != nil {
		job.Progress(len(d.layers), len(d.layers))
	}
	return o.report(c)
}

// rounding is how far, in cycles, a time may be off because floats round.
const rounding = 1e-6

// overlayBooks are the counters of a run on the engine.
type overlayBooks struct {
	m                            *Machine
	d                            *design
	job                          *arch.Job
	engine, vector, host, memory *results.Stats
	ends                         []int64
	vectorFor, hostFor           int64
}

func newOverlayBooks(m *Machine, d *design, job *arch.Job) *overlayBooks {
	n := len(d.layers)
	return &overlayBooks{m: m, d: d, job: job, engine: results.NewStats("engine", n, "mac_"+job.Net.Precision.Act.String(), "active_cycles"),
		vector: results.NewStats("vector", n, "ops"), host: results.NewStats("host", n, "ops"), memory: results.NewStats("memory", n, "read_bytes", "write_bytes")}
}

// layer times one layer and returns its end.
func (o *overlayBooks) layer(i int, l *layer, c *clockwork, start float64) float64 {
	switch l.kind {
	case view:
		return start
	case dense:
		var list []tile
		before := c.engine
		o.m.tiles(l, func(t *tile) {
			list = append(list, *t)
			o.engine.Add(i, 0, t.macs)
			o.memory.Add(i, 0, t.load)
			o.memory.Add(i, 1, t.store)
		})
		end := c.layer(start, list)
		o.engine.Add(i, 1, c.engine-before)
		return end
	}
	return o.simple(i, l, c, start)
}

// simple times work on the vector lanes or the processor, in one piece: what it reads
// and writes passes by while it computes.
func (o *overlayBooks) simple(i int, l *layer, c *clockwork, start float64) float64 {
	var in, out int64
	for _, t := range l.inputs() {
		in += t.Bytes()
	}
	for _, t := range l.outputs() {
		out += t.Bytes()
	}
	o.memory.Add(i, 0, in)
	o.memory.Add(i, 1, out)
	ops, work := hostOps(l), int64(0)
	for _, n := range l.Nodes { // products without constant weights
		o.engine.Add(i, 0, workloads.MACs(n))
	}
	if l.kind == element {
		work = unit.CeilDiv(ops, int64(o.m.cfg.Engine.Lanes))
		o.vector.Add(i, 0, ops)
		o.vectorFor += work
	} else {
		work = o.m.hostCycles(l, 1)
		o.host.Add(i, 0, ops)
		o.hostFor += work
	}
	c.port = max(c.port, start)
	moved := c.move(c.move(start, in), out)
	return max(start+float64(work), moved)
}

// report makes the run report.
func (o *overlayBooks) report(c *clockwork) (*results.Run, error) {
	m, net := o.m, o.job.Net
	r := &results.Run{Batch: net.Graph.Inferences(), Units: map[string]results.Unit{}, Device: m.Describe(net.Precision), Notes: o.notes()}
	start := int64(0)
	for i, l := range o.d.layers {
		one := results.Layer{Name: l.Name, Op: l.Head().Op, StartCycle: start, Cycles: o.ends[i] - start, Mapping: o.mapping(l),
			DRAMReadBytes: o.memory.Count[i][0], DRAMWriteBytes: o.memory.Count[i][1]}
		for _, n := range l.Nodes {
			one.MACs += workloads.MACs(n)
		}
		if one.Cycles > 0 {
			one.Utilization = float64(one.MACs) / (float64(one.Cycles) * r.Device.PeakMACsPerCycle)
		}
		start = o.ends[i]
		r.Layers = append(r.Layers, one)
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(float64(r.Cycles) / float64(m.cfg.Clock))
	r.DRAM = results.DRAM{ReadBytes: o.memory.Total(0), WriteBytes: o.memory.Total(1)}
	if c.perCycle > 0 {
		r.DRAM.PeakBandwidth = m.cfg.Memory.peak()
	}
	if r.Cycles > 0 {
		r.Utilization = float64(o.engine.Total(0)) / (float64(r.Cycles) * r.Device.PeakMACsPerCycle)
	}
	r.Rate()
	for _, s := range []struct {
		stats *results.Stats
		busy  int64
	}{{o.engine, c.engine}, {o.vector, o.vectorFor}, {o.host, o.hostFor}, {o.memory, int64(c.moving)}} {
		s.stats.Enter(results.Busy, 0)
		s.stats.Enter(results.Idle, unit.Edge(min(s.busy, r.Cycles)))
		r.Stats = append(r.Stats, s.stats)
		r.Units[s.stats.Name] = s.stats.Finish(r.Cycles)
	}
	return r, r.Price(o.prices())
}

func (o *overlayBooks) mapping(l *layer) string {
	e := &o.m.cfg.Engine
	switch l.kind {
	case dense:
		return fmt.Sprintf("engine %d × %d over %s, tiles of %d × %d", e.Rows, e.Cols, e.Over, e.TileH, e.TileW)
	case element:
		return "vector lanes"
	}
	return l.kind.String()
}

func (o *overlayBooks) notes() []string {
	list := []string{"overlay: " + o.d.bound}
	if !o.m.cfg.Power.Calibrated {
		list = append(list, "power: uncalibrated (power.lut, power.dsp, power.bram, power.static, host.energy)")
	}
	return list
}

// prices adds the engine's to the machine's.
func (o *overlayBooks) prices() results.Prices {
	p, n, power := o.m.Prices(o.job.Net.Precision), o.d.need, &o.m.cfg.Power
	active := (power.LUT*unit.Joules(n.LUT) + power.DSP*unit.Joules(n.DSP) + power.BRAM*unit.Joules(n.BRAM18)) * unit.Joules(power.Toggle/usualToggle)
	p.PerEvent["engine"] = map[string]tech.Price{o.engine.Kinds[0]: {Source: "none: counted, the engine is priced by the active cycle"},
		"active_cycles": {Energy: active, Source: "device"}}
	p.PerEvent["vector"] = map[string]tech.Price{"ops": {Energy: power.LUT * 64, Source: "device"}} // an operation of 32 bits, two tables a bit
	p.PerEvent["host"] = map[string]tech.Price{"ops": {Energy: o.m.cfg.Host.Energy, Source: "device"}}
	return p
}
