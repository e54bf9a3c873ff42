package fpga

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// Describe is the device part of a report. The peak is what the part's DSP slices
// multiply, and its look-up tables where those multiply.
func (m *Machine) Describe(p workloads.Precision) results.Device {
	return results.Device{Name: m.cfg.Name, Kind: m.cfg.Kind, Clock: m.cfg.Clock, PeakMACsPerCycle: m.peak(p), Resolved: config.Resolved(&m.cfg)}
}

// peak is the products a cycle of a part that does nothing else: all slices at
// their packing, and all look-up tables at FINN's price of a product.
func (m *Machine) peak(p workloads.Precision) float64 {
	if m.cfg.Design == "overlay" {
		return float64(m.cfg.Engine.peak()) * float64(m.cfg.Engine.Cores)
	}
	one := &layer{kind: dense, simd: 12, pe: 12, inside: 12, outside: 12, wBits: p.Weight.Bits(), aBits: p.Act.Bits(), space: workloads.Matrix{R: 1, S: 1}}
	macs := 144 * float64(m.cfg.Part.DSP) / float64(one.slices(m))
	w := float64(p.Weight.Bits() + p.Act.Bits())
	perMAC := 1.1 * w * (2*float64((p.Weight.Bits()+p.Act.Bits()+5)/6) - 1 + 1)
	return macs + float64(m.cfg.Part.LUT)/perMAC
}

// Fuses tells what is part of a product's stage: bias, scales, normalisation and
// monotone activations, which thresholds at its end stand for.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	if m.cfg.Design == "hls" && activation[next.Op] {
		return false // a function of its own
	}
	if m.cfg.Engine.Sums > 0 && m.cfg.Design == "overlay" && len(chain) == 1 && chain[0].Op == "Add" && next.Op == "Relu" {
		return true // in the pipeline of the sum
	}
	if len(chain) == 0 || !productInFabric(chain[0]) || !monotone[next.Op] || len(next.Out) != 1 {
		return false
	}
	last, out := chain[len(chain)-1].Out[0], chain[0].Out[0]
	if !next.Out[0].Shape.Equal(out.Shape) || !next.Out[0].Type.IsFloat() {
		return false
	}
	for _, t := range next.In {
		if m.cfg.Design == "overlay" && m.cfg.Engine.Adds && next.Op == "Add" && t != nil && t != last && !constant(t) && t.Shape.Equal(out.Shape) {
			continue
		}
		if t != nil && t != last && (!constant(t) || !perChannel(t.Shape, chain[0].Op, out.Shape)) {
			return false
		}
	}
	return true
}

// monotone lists what thresholds on an accumulator can stand for.
var monotone = map[string]bool{"Relu": true, "Clip": true, "BatchNormalization": true, "Add": true, "Sub": true, "Mul": true, "LeakyRelu": true,
	"Sigmoid": true, "Tanh": true, "HardSigmoid": true}

// activation lists those that hls4ml makes functions of.
var activation = map[string]bool{"Relu": true, "Clip": true, "LeakyRelu": true, "Sigmoid": true, "Tanh": true, "HardSigmoid": true}

// perChannel tells whether a parameter has one value, or one for each channel.
func perChannel(s workloads.Shape, op string, out workloads.Shape) bool {
	if s.Elements() == 1 {
		return len(s) <= len(out)
	}
	column := len(out) - 1
	if op == "Conv" {
		column = 1
	}
	if len(s) == 1 && op == "Conv" {
		return s[0] == out[1] // a parameter of a normalisation
	}
	for i, n := range s {
		if axis := len(out) - len(s) + i; n != 1 && (axis != column || n != out[axis]) {
			return false
		}
	}
	return len(s) <= len(out)
}

// Plan folds a network for the part and finds its FIFOs' depths.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	if err := m.hosted(net); err != nil {
		return nil, err
	}
	d, err := m.choose(net)
	if err != nil {
		return nil, err
	}
	if d.overlay {
		return m.overlayPlan(net, d), nil
	}
	return m.streamingPlan(net, d), nil
}

// together is a line about all stages.
type together string

func (t together) String() string { return string(t) }

// streamingPlan places what enters and leaves off chip and all else in the fabric.
func (m *Machine) streamingPlan(net *workloads.Network, d *design) *mapping.Plan {
	plan := &mapping.Plan{Target: mapping.Target{Name: m.cfg.Name}, Places: map[*workloads.Tensor]*mapping.Place{}}
	add := func(t *workloads.Tensor, first, last int, external bool) {
		pl := &mapping.Place{OffChip: -1, OnChip: 0, First: first, Last: last, Bytes: t.Bytes()}
		if external {
			pl.OffChip, pl.OnChip = plan.OffChip, -1
			plan.OffChip += t.Bytes()
		}
		plan.Places[t] = pl
	}
	uses := (&circuit{d: d, net: net}).uses()
	for _, t := range net.Graph.Inputs {
		add(t, -1, 0, true)
		if uses[t] > 0 {
			plan.CompulsoryRead += t.Bytes()
		}
	}
	for i, l := range d.layers {
		for _, t := range l.outputs() {
			add(t, i, i, false)
		}
		plan.Layers = append(plan.Layers, &mapping.LayerPlan{Layer: l.Layer, Custom: &place{l, d, m.folded(d, l)}})
	}
	for _, t := range net.Graph.Outputs {
		if pl := plan.Places[t]; pl != nil && pl.OffChip < 0 {
			add(t, pl.First, pl.Last, true)
		}
		plan.CompulsoryWrite += t.Bytes()
	}
	plan.Whole = together(fmt.Sprintf("together: %d cycles a frame of the slowest; %s", m.paced(net, d), m.taken(d.need)))
	if m.cfg.Design != "hls" {
		plan.Joint = func() mapping.Joint { return m.newFoldSpace(net, d) }
	}
	return plan
}

// hosted refuses operators that only a processor runs, where there is none.
func (m *Machine) hosted(net *workloads.Network) error {
	if m.cfg.Host.Rate > 0 {
		return nil
	}
	for _, l := range net.Layers {
		if one := newLayer(l, net.Precision); one.kind == host && (m.cfg.Design != "hls" || l.Head().Op != "Softmax") {
			return fmt.Errorf("fpga: %s: the fabric has no stage for %s and there is no processor; set host.rate", l.Name, l.Head().Op)
		}
	}
	return nil
}

// choose makes the design asked for; by itself a streaming one where it fits, else an overlay.
func (m *Machine) choose(net *workloads.Network) (*design, error) {
	if m.cfg.Design == "overlay" {
		return m.newOverlay(net)
	}
	d, err := m.plan(net)
	if err == nil || m.cfg.Design != "auto" || !errors.As(err, new(shortage)) {
		return d, err
	}
	over, second := m.newOverlay(net)
	if second != nil {
		return nil, err
	}
	over.bound = "one engine, layer by layer, as a stage for every layer does not fit"
	return over, nil
}

// overlayPlan places every tensor off chip.
func (m *Machine) overlayPlan(net *workloads.Network, d *design) *mapping.Plan {
	plan := &mapping.Plan{Target: mapping.Target{Name: m.cfg.Name}, Places: map[*workloads.Tensor]*mapping.Place{}}
	add := func(t *workloads.Tensor, layer int) {
		plan.Places[t] = &mapping.Place{OffChip: plan.OffChip, OnChip: -1, First: layer, Last: layer, Bytes: t.Bytes()}
		plan.OffChip += t.Bytes()
	}
	for _, t := range net.Graph.Inputs {
		add(t, -1)
	}
	for i, l := range d.layers {
		if l.kind == dense {
			plan.CompulsoryRead += l.Head().In[1].Bytes()
		}
		for _, t := range l.outputs() {
			add(t, i)
		}
		lp := &mapping.LayerPlan{Layer: l.Layer}
		m.offer(lp, d, l)
		plan.Layers = append(plan.Layers, lp)
	}
	return plan
}

// designOf is the design that a plan carries, with the layers as the plan maps them.
func designOf(plan *mapping.Plan) (*design, error) {
	var d *design
	for i, lp := range plan.Layers {
		p, ok := lp.Custom.(*place)
		if !ok {
			d = nil
			break
		}
		if i == 0 {
			d = p.design
		}
		if d.layers[i] != p.layer {
			other := *d
			other.layers = slices.Clone(d.layers)
			other.layers[i] = p.layer
			d = &other
		}
	}
	if d == nil {
		return nil, fmt.Errorf("fpga: this plan is not one of an FPGA's; plan the network on the machine that runs it")
	}
	return d, nil
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	if len(job.Net.Layers) == 0 {
		return nil, fmt.Errorf("fpga: %s has no operator; a pipeline needs at least one", job.Net.Graph.Name)
	}
	d, err := designOf(job.Plan)
	if err != nil {
		return nil, err
	}
	if d.overlay {
		return m.runOverlay(job, d)
	}
	t, err := m.time(&job, d)
	if err != nil {
		return nil, err
	}
	if job.Check != nil && job.Check.Mode() != arch.None {
		if err := m.carry(&job, d); err != nil {
			return nil, err
		}
	}
	if job.Progress != nil {
		job.Progress(len(d.layers), len(d.layers))
	}
	return t.report(job)
}

// notes is what a reader must know to read the figures rightly.
func (c *circuit) notes() (list []string) {
	n := c.d.need
	list = append(list, fmt.Sprintf("streaming: all layers run at once; a layer's cycles are those by which it ends later than the layer before it; %s", c.d.bound),
		"resources (estimated): "+c.m.taken(n))
	if n.LUT*10 > int64(c.m.cfg.Part.LUT)*7 {
		list = append(list, fmt.Sprintf("warning: %d of %d look-up tables are more than 70 %%; the clock of %v may not be met", n.LUT, c.m.cfg.Part.LUT, c.m.cfg.Clock))
	}
	if aim := 1e9 / c.m.cfg.HLS.period(); c.m.cfg.Design == "hls" && float64(c.m.cfg.Clock) > aim*1.001 {
		list = append(list, fmt.Sprintf("warning: functions are fitted into %g ns (hls.period), the clock of %v is faster", c.m.cfg.HLS.period(), c.m.cfg.Clock))
	}
	var hosts []string
	for _, l := range c.d.layers {
		if l.kind == host {
			hosts = append(hosts, l.Name)
		}
	}
	if len(hosts) > 0 {
		list = append(list, "on the host processor: "+strings.Join(hosts, ", "))
	}
	if !c.m.cfg.Power.Calibrated {
		list = append(list, "power: uncalibrated (power.lut, power.dsp, power.bram, power.static, host.energy)")
	}
	return list
}

// Fixed says why layers have no mapping that are functions of C, or on an engine with a reach.
func (m *Machine) Fixed() string {
	switch {
	case m.cfg.Design == "hls":
		return "functions take all channels of a pixel at a time, and hls.strategy and hls.reuse say how"
	case m.Serial() && m.cfg.Engine.Reach > 0:
		return "its engine loads weights again for each block of pixels, and takes as many rows as its buffers hold"
	}
	return ""
}
