package fpga

import (
	"fmt"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
)

// runOverlay simulates a network on the engines.
func (m *Machine) runOverlay(job arch.Job, d *design) (*results.Run, error) {
	if job.Check != nil && job.Check.Mode() != arch.None {
		if err := m.carry(&job, d); err != nil {
			return nil, err
		}
	}
	p := m.compile(job.Net, d)
	e := engine.New(m.cfg.Clock)
	ideal := job.IdealMemory || m.cfg.Memory.Ideal()
	n, each := m.cfg.Engine.Cores, m.cfg.AXI.Ports
	all := n * each
	if m.cfg.AXI.Shared > 0 {
		all = min(all, m.cfg.AXI.Shared)
	}
	x, err := m.newExternal(e, all, ideal)
	if err != nil {
		return nil, err
	}
	var cores []*core
	for i := range n {
		count := (p.groups + n - 1 - i) / n
		var ports []*port
		for k := range each {
			ports = append(ports, x.ports[(k*n+i)%all])
		}
		c := newCore(m, i, p, x, ports, count, ideal)
		c.open(&job, len(d.layers), n)
		c.box = e.Add(fmt.Sprintf("Core%d", i), c, false)
		cores = append(cores, c)
	}
	if err := e.Run(); err != nil {
		return nil, err
	}
	if job.Progress != nil {
		job.Progress(len(d.layers), len(d.layers))
	}
	o := &overlayBooks{m: m, d: d, p: p, job: &job, cores: cores, x: x, ideal: ideal}
	r, err := o.report()
	if r != nil {
		r.Host.Events = e.Events()
	}
	return r, err
}

// inputCycles is how long the processor prepares the pictures of a group.
func (m *Machine) inputCycles(p *program) int64 {
	return int64(float64(m.cfg.Host.Input)*float64(m.cfg.Clock)*float64(p.input) + 0.5)
}

// overlayBooks make the report of a run on the engines.
type overlayBooks struct {
	m     *Machine
	d     *design
	p     *program
	job   *arch.Job
	cores []*core
	x     *external
	ideal bool
}

// report makes the run report. A layer's cycles are those by which it ends later, with
// its last image, than the layers before it.
func (o *overlayBooks) report() (*results.Run, error) {
	m, net := o.m, o.job.Net
	r := &results.Run{Batch: net.Graph.Inferences(), Units: map[string]results.Unit{}, Device: m.Describe(net.Precision), Notes: o.notes()}
	ends := make([]int64, len(o.d.layers))
	for _, c := range o.cores {
		c.ends(ends)
	}
	memory, what := o.memory()
	start := int64(0)
	for i, l := range o.d.layers {
		end := max(start, ends[i])
		one := results.Layer{Name: l.Name, Op: l.Head().Op, StartCycle: start, Cycles: end - start, Mapping: o.m.mapping(l), MACs: l.macs(),
			DRAMReadBytes: memory.Count[i][0], DRAMWriteBytes: memory.Count[i][1]}
		if one.Cycles > 0 {
			one.Utilization = min(1, float64(one.MACs)/(float64(one.Cycles)*r.Device.PeakMACsPerCycle))
		}
		start = end
		r.Layers = append(r.Layers, one)
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(float64(r.Cycles) / float64(m.cfg.Clock))
	r.DRAM = results.DRAM{ReadBytes: memory.Total(0), WriteBytes: memory.Total(1)}
	r.Split(what)
	if !o.ideal {
		r.DRAM.PeakBandwidth = m.cfg.Memory.peak()
	}
	if c, waiting, ok := o.x.counters(); ok {
		r.DRAM.RowHitRate, r.DRAM.WaitingBytes = c.HitRate(), min(waiting, r.DRAM.WriteBytes)
	}
	stats := append(o.work(), split(memory, o.x.busy(), r.Cycles))
	macs := int64(0)
	for _, s := range stats {
		r.Stats = append(r.Stats, s)
		r.Units[s.Name] = s.Finish(r.Cycles)
	}
	for i := range r.Layers {
		macs += r.Layers[i].MACs
	}
	if r.Cycles > 0 {
		r.Utilization = float64(macs) / (float64(r.Cycles) * r.Device.PeakMACsPerCycle)
	}
	r.Rate()
	return r, r.Price(o.prices(stats))
}

// memory counts the bytes of each layer, and what they are.
func (o *overlayBooks) memory() (*results.Stats, *results.Traffic) {
	what := results.NewTraffic(len(o.d.layers))
	s := results.NewStats("memory", len(o.d.layers), "read_bytes", "write_bytes")
	n := int64(o.p.groups)
	for i := range o.p.layers {
		t := &o.p.layers[i].total
		s.Add(i, 0, n*(t.weights+t.acts))
		s.Add(i, 1, n*t.store)
		what.Read(i, results.Weights, n*t.weights)
		what.Read(i, results.Inputs, n*t.acts)
		what.Write(i, results.Outputs, n*t.store)
	}
	return s, what
}

// open makes the counters of a core's array, lanes and processor.
func (c *core) open(job *arch.Job, layers, cores int) {
	name := func(what string) string {
		if cores == 1 {
			return what
		}
		return fmt.Sprintf("%s%d", what, c.id)
	}
	mac := "mac_" + job.Net.Precision.Act.String()
	c.array = results.NewStats(name("engine"), layers, mac, "active_cycles")
	c.vector = results.NewStats(name("vector"), layers, "ops")
	c.host = results.NewStats(name("host"), layers, mac, "ops")
	for _, s := range []*results.Stats{c.array, c.vector, c.host} {
		s.Watch(job.Timeline)
	}
}

// work counts what the cores' arrays, lanes and processors did.
func (o *overlayBooks) work() (list []*results.Stats) {
	for _, c := range o.cores {
		n := int64(c.count)
		for i := range o.p.layers {
			switch l := &o.p.layers[i]; l.kind {
			case host:
				c.host.Add(i, 0, n*l.macs()/int64(o.p.groups))
				c.host.Add(i, 1, n*l.total.ops)
			case dense:
				c.array.Add(i, 0, n*l.total.macs)
				c.array.Add(i, 1, n*l.total.compute)
			default:
				c.vector.Add(i, 0, n*l.total.ops)
			}
		}
		list = append(list, c.array, c.vector, c.host)
	}
	return list
}

// mapping says how an overlay computes a layer.
func (m *Machine) mapping(l *layer) string {
	e := &m.cfg.Engine
	switch {
	case l.kind == dense && e.Over == "blocks":
		s := l.share()
		if m.byUnit(&s) {
			return "depthwise unit"
		}
		c := m.cutFor(l, &s, e.Images)
		held := "pixels"
		if c.held {
			held = "weights"
		}
		return fmt.Sprintf("engine %d × %d × %d, blocks of %d × %d pixels, %d of %d and %d of %d channels, %s held", e.Rows, e.Cols, e.Ins, c.ys, c.xs, c.ns, s.C, c.ms, s.K, held)
	case l.kind == dense:
		s := l.share()
		high, wide := l.tile(e, &s)
		return fmt.Sprintf("engine %d × %d over %s, tiles of %d × %d", e.Rows, e.Cols, e.Over, high, wide)
	case l.kind == element:
		return "vector lanes"
	}
	return l.kind.String()
}

func (o *overlayBooks) notes() []string {
	return append([]string{"overlay: " + o.d.bound}, o.m.powerNotes()...)
}

// prices adds the engines' to the machine's. A core's resources are priced by the
// cycle in which its array is active.
func (o *overlayBooks) prices(stats []*results.Stats) results.Prices {
	p, n, power := o.m.Prices(o.job.Net.Precision), o.d.need, &o.m.cfg.Power
	active := (power.LUT*unit.Joules(n.LUT) + power.DSP*unit.Joules(n.DSP) + power.BRAM*unit.Joules(n.BRAM18)) * unit.Joules(power.Toggle/usualToggle/float64(len(o.cores)))
	none := tech.Price{Source: "none: counted, the engine is priced by the active cycle, the processor by the operation"}
	for _, s := range stats {
		if s.Name == "memory" {
			continue
		}
		list := map[string]tech.Price{}
		for _, kind := range s.Kinds {
			switch {
			case kind == "active_cycles":
				list[kind] = tech.Price{Energy: active, Source: "device"}
			case kind == "ops" && s.Name[0] == 'v':
				list[kind] = tech.Price{Energy: power.LUT * 64, Source: "device"} // an operation of 32 bits, two tables a bit
			case kind == "ops":
				list[kind] = tech.Price{Energy: o.m.cfg.Host.Energy, Source: "device"}
			default:
				list[kind] = none
			}
		}
		p.PerEvent[s.Name] = list
	}
	return p
}
