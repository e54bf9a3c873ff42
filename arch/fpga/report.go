package fpga

import (
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/arch/fpga/estimate"
	"nnsim/arch/fpga/stream"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Events of a stage.
const (
	evActive   = iota // cycles in which it did something
	evMAC             // multiply-accumulates, of products only
	evEstimate        // cycles a frame in FINN's estimate
	evAlone           // cycles a frame between ports that never wait
	evConvNet         // cycles a frame of the whole layer in fpgaConvNet's closed form
)

// report makes the run report.
func (c *timing) report(job arch.Job) (*results.Run, error) {
	timed := c.Result
	r := &results.Run{Batch: job.Net.Graph.Inferences(), Units: map[string]results.Unit{}, Device: c.m.Describe(job.Net.Precision), Notes: c.notes()}
	for _, l := range c.outs {
		r.Cycles = max(r.Cycles, timed.Last(l)+c.behind)
	}
	r.Seconds = unit.Seconds(float64(r.Cycles) / float64(c.m.cfg.Clock))
	c.layers(r, timed)
	prices := c.m.Prices(job.Net.Precision)
	c.stages(r, timed, job.Timeline, prices.PerEvent)
	c.whole(r, prices.PerEvent)
	c.memory(r)
	r.Rate()
	for _, s := range r.Stats {
		r.Units[s.Name] = s.Finish(r.Cycles)
	}
	r.Host.Events = timed.Crossings
	return r, r.Price(prices)
}

// layers lists the layers: each ends when its last token has left, or with the one
// before it; the store ends the last.
func (c *timing) layers(r *results.Run, timed *stream.Result) {
	start, all := int64(0), int64(0)
	for i, l := range c.d.layers {
		end := max(start, min(timed.Last(c.ends[i]), r.Cycles))
		if i == len(c.d.layers)-1 {
			end = r.Cycles
		}
		one := results.Layer{Name: l.Name, Op: l.Head().Op, StartCycle: start, Cycles: end - start, Mapping: l.String()}
		for _, n := range l.Nodes {
			one.MACs += workloads.MACs(n)
		}
		if peak := float64(l.simd*l.pe) * float64(r.Cycles); one.MACs > 0 && peak > 0 && l.kind != host {
			one.Utilization = float64(one.MACs) / peak // of its own multipliers, during the whole run
		}
		all += one.MACs
		start = end
		r.Layers = append(r.Layers, one)
	}
	if r.Cycles > 0 {
		r.Utilization = float64(all) / (float64(r.Cycles) * r.Device.PeakMACsPerCycle)
	}
}

// stages enters what each stage did and what that costs.
func (c *circuit) stages(r *results.Run, timed *stream.Result, timeline *results.Timeline, prices map[string]map[string]tech.Price) {
	mac := "mac_" + c.net.Precision.Act.String()
	for _, s := range timed.Stages {
		owner := c.owner[s.Name]
		at := min(max(owner, 0), len(c.d.layers)-1)
		if owner < 0 && strings.HasPrefix(s.Name, "store.") {
			at = len(c.d.layers) - 1
		}
		stats := results.NewStats(s.Name, len(c.d.layers), "active_cycles", mac, "estimated_cycles", "alone_cycles", "fpgaconvnet_cycles")
		per := c.price(s.Name, owner)
		if l := c.d.layers[at]; owner >= 0 && s.Name == l.Name+"."+l.kind.String() {
			for _, n := range l.Nodes {
				stats.Add(at, evMAC, workloads.MACs(n))
			}
		}
		if owner >= 0 {
			stats.Add(at, evEstimate, c.estimate(s.Name, c.d.layers[at]))
			stats.Add(at, evAlone, c.alone(s.Name, c.d.layers[at]))
			stats.Add(at, evConvNet, c.convNet(s.Name, c.d.layers[at]))
		}
		busy := min(s.Busy, r.Cycles)
		stats.Add(at, evActive, busy)
		stats.Watch(timeline)
		stats.Serve(at, 0)
		c.spend(stats, &s, r.Cycles)
		r.Stats = append(r.Stats, stats)
		counted := tech.Price{Source: "none: counted, a stage is priced by the active cycle"}
		prices[s.Name] = map[string]tech.Price{"active_cycles": per, mac: counted, "estimated_cycles": counted, "alone_cycles": counted, "fpgaconvnet_cycles": counted}
	}
}

// spend enters how a stage spent the run, part by part.
func (c *circuit) spend(stats *results.Stats, s *stream.StageSpent, cycles int64) {
	parts := append(s.Parts[:len(s.Parts):len(s.Parts)], s.Spent)
	first := slices.IndexFunc(parts, func(x stream.Spent) bool { return x.Busy > 0 })
	if first < 0 { // it never had a token
		first = len(parts) - 1
	}
	last := stream.Spent{Input: min(s.First, parts[first].Input)}
	stats.Spend(0, min(last.Input, cycles), c.spent(s.Name, last))
	stats.Works[0] = min(last.Input, cycles)
	for _, to := range parts[first:] {
		if from := last.Cycles(); from < cycles {
			if to.Busy > last.Busy {
				stats.Works[1] = min(to.Cycles(), cycles)
			}
			stats.Spend(from, min(to.Cycles(), cycles), c.spent(s.Name, stream.Spent{Busy: to.Busy - last.Busy, Input: to.Input - last.Input, Output: to.Output - last.Output}))
		}
		last = to
	}
}

// spent names what a stage did. A load waits for memory, and so does a store; others
// wait for their neighbour.
func (c *circuit) spent(stage string, s stream.Spent) results.Spent {
	x := results.Spent{Busy: s.Busy, Input: s.Input, Output: s.Output}
	switch port := c.owner[stage] < 0; {
	case port && strings.HasPrefix(stage, "load."):
		x.Memory, x.Input = x.Input, 0
	case port && strings.HasPrefix(stage, "store."):
		x.Memory, x.Output = x.Output, 0
	}
	return x
}

// estimate is FINN's figure for a stage, in cycles a frame; 0 where it has none.
func (c *circuit) estimate(stage string, l *layer) int64 {
	if l.function != nil && stage == l.Name+"."+l.kind.String() {
		return l.function.Latency()
	}
	images := max(1, l.images/c.d.frames)
	pixels := l.pixels / c.d.frames
	switch stage {
	case l.Name + ".window":
		return images * estimate.WindowCycles(l.window())
	case l.Name + ".pad":
		return images * estimate.PadCycles(int64(l.padded[0]), int64(l.padded[1]), int64(l.inside), int64(l.takes()))
	case l.Name + ".product":
		return estimate.ProductCycles(l.product(), pixels)
	case l.Name + ".depthwise":
		return estimate.DepthwiseCycles(int64(l.outside), int64(l.space.R), int64(l.space.S), int64(l.pe), int64(l.simd), 1, pixels)
	case l.Name + ".pool":
		return estimate.ElementCycles(int64(l.outside*l.space.R*l.space.S), int64(l.pe), pixels)
	case l.Name + ".global":
		return estimate.AccumulateCycles(int64(l.outside), int64(l.pe), int64(l.space.H*l.space.W)) * images
	case l.Name + ".softmax":
		return l.cycles() / c.d.frames
	case l.Name + ".label":
		return estimate.ElementCycles(int64(l.inside), int64(l.pe), pixels)
	case l.Name + ".element", l.Name + ".join", l.Name + ".concat", l.Name + ".upsample":
		return estimate.ElementCycles(int64(l.outside), int64(l.pe), pixels)
	}
	return 0
}

// price is what a stage takes in an active cycle: its layer's resources go to the
// layer's arithmetic, its host operations to the processor.
func (c *circuit) price(name string, owner int) tech.Price {
	p := tech.Price{Source: "device"}
	if owner < 0 {
		return p
	}
	l, power := c.d.layers[owner], &c.m.cfg.Power
	switch {
	case name == l.Name+".host":
		cycles := c.m.hostCycles(l, c.d.frames)
		p.Energy = c.m.cfg.Host.Energy * unit.Joules(float64(hostOps(l))/float64(c.d.frames)/float64(cycles))
	case name == l.Name+"."+l.kind.String():
		n := l.resources(c.m)
		p.Energy = (power.LUT*unit.Joules(n.LUT) + power.DSP*unit.Joules(n.DSP) + power.BRAM*unit.Joules(n.BRAM18)) * unit.Joules(power.Toggle/usualToggle)
	}
	return p
}

// usualToggle is the rate at which energies by the cycle are stated.
const usualToggle = 0.125

// memory enters the traffic of the ports.
func (c *circuit) memory(r *results.Run) {
	s := results.NewStats("memory", len(c.d.layers), "read_bytes", "write_bytes")
	what := results.NewTraffic(len(c.d.layers))
	uses := c.uses()
	for _, t := range c.net.Graph.Inputs {
		if uses[t] > 0 {
			s.Add(0, 0, t.Bytes())
			what.Read(0, results.Inputs, t.Bytes())
			r.Layers[0].DRAMReadBytes += t.Bytes()
		}
	}
	last := len(c.d.layers) - 1
	for _, t := range c.net.Graph.Outputs {
		s.Add(last, 1, t.Bytes())
		what.Write(last, results.Outputs, t.Bytes())
		r.Layers[last].DRAMWriteBytes += t.Bytes()
	}
	r.DRAM = results.DRAM{ReadBytes: s.Total(0), WriteBytes: s.Total(1)}
	r.Split(what)
	busy := int64(0)
	if !c.ideal && !c.m.cfg.Memory.Ideal() {
		r.DRAM.PeakBandwidth = c.m.cfg.Memory.peak()
		busy = int64(float64(s.Total(0)+s.Total(1)) / float64(r.DRAM.PeakBandwidth) * float64(c.m.cfg.Clock))
	}
	s.Enter(results.Busy, 0)
	s.Enter(results.Idle, unit.Edge(min(busy, r.Cycles)))
	s.Works[1] = r.Cycles
	r.Stats = append(r.Stats, s)
}

// Prices is the price list for runs in a precision, but for the stages, whose prices
// follow from their resources and come with a run.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	standard := m.cfg.Memory.Standard
	if m.cfg.Memory.Ideal() {
		standard = "ideal"
	}
	dram, err := tech.DRAM(standard)
	if err != nil {
		dram = tech.Price{Source: "unknown: " + err.Error()}
	}
	var points []tech.Point
	if m.cfg.Process == 16 && m.cfg.Part.Slice == "dsp48" {
		points = tech.Points("ultrascale+")
	}
	return results.Prices{PerEvent: map[string]map[string]tech.Price{"memory": {"read_bytes": dram, "write_bytes": dram}}, Scope: m.cfg.Power.Scope, Points: points,
		Static: map[string]tech.Power{"static": {Watts: m.cfg.Power.Static, Source: "device"}}}
}
