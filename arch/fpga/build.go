package fpga

import (
	"fmt"
	"math"
	"slices"

	"nnsim/arch/fpga/stream"
	"nnsim/unit"
	"nnsim/workloads"
)

// circuit is a design as stages: built anew for every simulation, as stages keep state.
type circuit struct {
	m        *Machine
	d        *design
	net      *workloads.Network
	ideal    bool
	slow     bool  // memory takes more than a cycle for a word of some port
	behind   int64 // cycles by which memory has a word later than the drain that stands for it
	p        *stream.Pipeline
	flows    map[*workloads.Tensor][]flow // by tensor: what is still to be read of it
	ends     []*stream.Link               // by layer: the link its last stage writes
	owner    map[string]int               // by stage: its layer
	first    *stream.Link
	outs     []*stream.Link // the drains of the graph's outputs
	supplies []*stream.Link
	depth    func(name string, perFrame int64, joined bool) int
	widths   map[string]int // of FIFOs, in bits
}

// flow is a stream of words of some elements.
type flow struct {
	link  *stream.Link
	words int // elements a word
	total int64
	bits  int
	from  string
}

// build makes the circuit of a network; depth gives each FIFO's. Where memory is as fast
// as its ports, its latency delays the first word in, which those behind it hide, and every
// word out: a late start and a late end say the same with less on the way.
func (m *Machine) build(net *workloads.Network, d *design, ideal bool, depth func(string, int64, bool) int) (*circuit, error) {
	c, err := m.wire(net, d, ideal, false, depth)
	if err == nil && c.slow {
		return m.wire(net, d, ideal, true, depth)
	}
	return c, err
}

// wire makes the circuit with the latency of a memory in its ports' stages (slow), or outside.
func (m *Machine) wire(net *workloads.Network, d *design, ideal, slow bool, depth func(string, int64, bool) int) (*circuit, error) {
	c := &circuit{m: m, d: d, net: net, ideal: ideal, slow: slow, p: stream.New(), flows: map[*workloads.Tensor][]flow{}, owner: map[string]int{},
		depth: depth, widths: map[string]int{}, ends: make([]*stream.Link, len(d.layers))}
	uses := c.uses()
	for _, t := range net.Graph.Inputs {
		if uses[t] > 0 {
			c.load(t, uses[t])
		}
	}
	for i, l := range d.layers {
		if err := c.layer(i, l, uses); err != nil {
			return nil, err
		}
	}
	for _, t := range net.Graph.Outputs {
		c.store(t)
	}
	if !slow {
		c.behind = c.latency() - 1
	}
	return c, nil
}

// uses counts how often each tensor that flows is read; outputs are read by the store.
func (c *circuit) uses() map[*workloads.Tensor]int {
	uses := map[*workloads.Tensor]int{}
	for _, l := range c.d.layers {
		for _, t := range l.inputs() {
			uses[t]++
		}
	}
	for _, t := range c.net.Graph.Outputs {
		uses[t]++
	}
	return uses
}

// fifo makes a FIFO of words in front of a stage.
func (c *circuit) fifo(name string, total int64, words, bits int, joined bool) *stream.Link {
	c.widths[name] = words * bits
	return stream.NewFIFO(name, c.depth(name, total/int64(words), joined), total/int64(words))
}

// share is the part of the memory's bandwidth that a port gets for a tensor's words, in bytes a
// cycle: what it can use; where all ports together can use more than there is, in
// proportion to what they move.
func (c *circuit) share(t *workloads.Tensor, words int) float64 {
	mem := &c.m.cfg.Memory
	port := float64(c.m.cfg.AXI.beat())
	use := func(t *workloads.Tensor, words int) float64 {
		return min(float64(words*t.Type.Bits())/8, port)
	}
	most, all := 0.0, int64(0)
	for _, t := range c.net.Graph.Inputs {
		most, all = most+use(t, c.inputWords(t)), all+t.Bytes()
	}
	for _, t := range c.net.Graph.Outputs {
		most, all = most+use(t, c.outputWords(t)), all+t.Bytes()
	}
	rate := float64(mem.peak()) / float64(c.m.cfg.Clock)
	if most <= rate {
		return use(t, words)
	}
	return min(rate*float64(t.Bytes())/float64(all), port)
}

// slowed gives a port the rate of the memory: a frame's words in a whole number of
// cycles, so that frames can repeat.
func (c *circuit) slowed(l *stream.Link, t *workloads.Tensor, words int) *stream.Link {
	if c.ideal || c.m.cfg.Memory.Ideal() {
		return l
	}
	frame := float64(l.PerFrame()) * float64(words*t.Type.Bits()) / 8
	cycles := int64(math.Ceil(frame / c.share(t, words)))
	if cycles <= l.PerFrame() {
		return l
	}
	c.slow = true
	return l.Pace(cycles, l.PerFrame())
}

// latency is the cycles from a request to memory to its first byte.
func (c *circuit) latency() int64 {
	if c.ideal || c.m.cfg.Memory.Ideal() {
		return 1
	}
	return 1 + int64(float64(c.m.cfg.Memory.Latency)*float64(c.m.cfg.Clock)+0.5)
}

// load is the way of a graph's input from memory into the fabric.
func (c *circuit) load(t *workloads.Tensor, uses int) {
	words := c.inputWords(t)
	name := "load." + t.Name
	total := t.Shape.Elements() / c.d.frames
	from := c.slowed(stream.NewSupply(name+".port", 1, total/int64(words)), t, words)
	to := c.fifo(name+".fifo", total, words, t.Type.Bits(), false)
	latency := c.latency()
	if !c.slow {
		from.From(latency)
		latency = 1
	}
	c.stage(name, -1, func() { c.p.Steps(name, each(total/int64(words)), latency, links(from), links(to)) })
	if c.first == nil {
		c.first = from
	}
	c.supplies = append(c.supplies, from)
	c.publish(t, flow{to, words, total, t.Type.Bits(), name}, uses)
}

// inputWords is how many elements of an input come at a time: as many as its first
// reader takes, where that comes out even.
func (c *circuit) inputWords(t *workloads.Tensor) int {
	for _, l := range c.d.layers {
		for _, in := range l.inputs() {
			if in != t {
				continue
			}
			if l.kind == view {
				return c.inputWords(l.Out())
			}
			return c.reads(l, t)
		}
	}
	return 1
}

// outputWords is how many elements of an output come at a time.
func (c *circuit) outputWords(t *workloads.Tensor) int {
	for _, l := range c.d.layers {
		switch {
		case !slices.Contains(l.outputs(), t):
		case l.kind == view:
			return c.outputWords(l.inputs()[0])
		default:
			return c.writes(l)
		}
	}
	return c.inputWords(t) // an input, passed on
}

// store is the way of an output to memory.
func (c *circuit) store(t *workloads.Tensor) {
	f := c.flows[t][0]
	c.flows[t] = c.flows[t][1:]
	name := fmt.Sprintf("store.%s", t.Name)
	if c.owner[name] != 0 || len(c.outs) > 0 {
		name = fmt.Sprintf("%s.%d", name, len(c.outs))
	}
	to := c.slowed(stream.NewDrain(name+".port", 1, f.total/int64(f.words)), t, f.words)
	latency := int64(1)
	if c.slow {
		latency = c.latency()
	}
	c.stage(name, -1, func() { c.p.Steps(name, each(f.total/int64(f.words)), latency, links(f.link), links(to)) })
	c.outs = append(c.outs, to)
}

// stage notes whose a stage is and adds it.
func (c *circuit) stage(name string, layer int, add func()) {
	c.owner[name] = layer
	add()
}

func links(l ...*stream.Link) []*stream.Link { return l }

// each is a stage that reads and writes a token a step.
func each(n int64) []stream.Phase { return []stream.Phase{{Count: n, Read: 1, Write: 1}} }

// publish makes a stream readable as often as it is used: by a copy for each reader.
func (c *circuit) publish(t *workloads.Tensor, f flow, uses int) {
	tokens := f.total / int64(f.words)
	switch uses {
	case 1:
		c.flows[t] = append(c.flows[t], f)
		return
	case 0:
		name := f.from + ".unread"
		c.stage(name, -1, func() { c.p.Wire(name, f.link, stream.NewDrain(name+".port", 1, tokens)) })
		return
	}
	name, mask := f.from+".copy", uint32(1)<<uses-1
	var copies []*stream.Link
	for i := range uses {
		g := f
		g.link = c.fifo(fmt.Sprintf("%s.%d", name, i), f.total, f.words, f.bits, true)
		copies = append(copies, g.link)
		c.flows[t] = append(c.flows[t], g)
	}
	c.stage(name, -1, func() {
		c.p.Steps(name, []stream.Phase{{Count: tokens, Read: 1, Write: mask}}, 1, links(f.link), copies)
	})
}

// read gives a reader its stream of a tensor, in words of the width it takes.
func (c *circuit) read(t *workloads.Tensor, words int, reader string, layer int) flow {
	f := c.flows[t][0]
	c.flows[t] = c.flows[t][1:]
	if f.words == words {
		return f
	}
	common := f.words / gcd(f.words, words) * words
	if common > f.words {
		f = c.convert(f, common, reader+".widen", layer)
	}
	if common > words {
		f = c.convert(f, words, reader+".narrow", layer)
	}
	return f
}

func (c *circuit) convert(f flow, words int, name string, layer int) flow {
	for base, i := name, 1; ; i++ { // a layer may convert several inputs
		if _, taken := c.owner[name]; !taken {
			break
		}
		name = fmt.Sprintf("%s%d", base, i)
	}
	to := c.fifo(name+".fifo", f.total, words, f.bits, false)
	c.stage(name, layer, func() {
		if words > f.words {
			c.p.Widen(name, words/f.words, f.link, to)
		} else {
			c.p.Narrow(name, f.words/words, f.link, to)
		}
	})
	return flow{to, words, f.total, f.bits, name}
}

// layer adds a layer's stages.
func (c *circuit) layer(i int, l *layer, uses map[*workloads.Tensor]int) error {
	var in []flow
	for _, t := range l.inputs() {
		if l.kind == view {
			in = append(in, c.flows[t][0])
			c.flows[t] = c.flows[t][1:]
			continue
		}
		in = append(in, c.read(t, c.reads(l, t), l.Name, i))
	}
	bits := l.Out().Type.Bits()
	total := l.Out().Shape.Elements() / c.d.frames
	switch l.kind {
	case view:
		f := in[0]
		c.ends[i] = f.link
		c.publish(l.Out(), f, uses[l.Out()])
		return nil
	case host:
		return c.host(i, l, in, uses)
	case dense, depthwise, pool:
		to := c.fifo(l.Name+".fifo", total, c.writes(l), bits, false)
		c.ends[i] = to
		if l.function != nil {
			c.call(i, l, in, to)
		} else if err := c.multiply(i, l, in[0], to); err != nil {
			return err
		}
	default:
		to := c.fifo(l.Name+".fifo", total, c.writes(l), bits, false)
		c.ends[i] = to
		if l.function != nil {
			c.call(i, l, in, to)
			break
		}
		var from []*stream.Link
		for _, f := range in {
			from = append(from, f.link)
		}
		name := l.Name + "." + l.kind.String()
		c.stage(name, i, func() { c.p.Steps(name, l.phases(c.d.frames), 2, from, links(to)) })
	}
	c.publish(l.Out(), flow{c.ends[i], c.writes(l), total, bits, l.Name}, uses[l.Out()])
	return nil
}

// multiply adds padding, window and product.
func (c *circuit) multiply(i int, l *layer, in flow, to *stream.Link) error {
	from := in.link
	images := l.images / c.d.frames
	if l.padding() {
		w := l.window()
		padded := c.fifo(l.Name+".padded", w.In()*images*int64(l.takes()), l.takes(), l.aBits, false)
		name := l.Name + ".pad"
		c.stage(name, i, func() { c.p.Steps(name, l.padPhases(), 1, links(from), links(padded)) })
		from = padded
	}
	if l.windowed() {
		w := l.window()
		name := l.Name + ".window"
		read := c.fifo(l.Name+".windows", w.Out()*images, 1, l.aBits*l.takes(), false)
		c.owner[name] = i
		if err := c.p.Window(name, w, from, read); err != nil {
			return fmt.Errorf("fpga: %w", err)
		}
		from = read
	}
	name := l.Name + "." + l.kind.String()
	c.owner[name] = i
	if err := c.p.Product(name, l.product(), from, to); err != nil {
		return fmt.Errorf("fpga: %w", err)
	}
	return nil
}

// phases are the steps of the stages that go token by token.
func (l *layer) phases(frames int64) []stream.Phase {
	fold := int64(l.outside / l.pe)
	switch l.kind {
	case join:
		return []stream.Phase{{Count: fold, Read: 3, Write: 1}}
	case concat:
		var list []stream.Phase
		for i, n := range l.parts {
			list = append(list, stream.Phase{Count: int64(n / l.pe), Read: 1 << i, Write: 1})
		}
		return list
	case global:
		return []stream.Phase{{Count: int64(l.space.H*l.space.W) * fold, Read: 1}, {Count: fold, Write: 1}}
	}
	return each(fold)
}

// padPhases goes along the rows of a padded image: words of zeros are written, the
// others read and written.
func (l *layer) padPhases() (list []stream.Phase) {
	s, fold := &l.space, int64(l.inside/l.takes())
	add := func(pixels int, read uint32) {
		n := int64(pixels) * fold
		switch {
		case n == 0:
		case len(list) > 0 && list[len(list)-1].Read == read:
			list[len(list)-1].Count += n
		default:
			list = append(list, stream.Phase{Count: n, Read: read, Write: 1})
		}
	}
	add(s.PadH*l.padded[1], 0)
	for range s.H {
		add(s.PadW, 0)
		add(s.W, 1)
		add(l.padded[1]-s.PadW-s.W, 0)
	}
	add((l.padded[0]-s.PadH-s.H)*l.padded[1], 0)
	return list
}

// host adds the processor: all inputs come, it computes, all outputs go.
func (c *circuit) host(i int, l *layer, in []flow, uses map[*workloads.Tensor]int) error {
	var phases []stream.Phase
	var from, to []*stream.Link
	for j, f := range in {
		from = append(from, f.link)
		phases = append(phases, stream.Phase{Count: f.total, Read: 1 << j})
	}
	phases = append(phases, stream.Phase{Count: c.m.hostCycles(l, c.d.frames)})
	for j, t := range l.outputs() {
		total := t.Shape.Elements() / c.d.frames
		link := c.fifo(fmt.Sprintf("%s.out%d", l.Name, j), total, 1, t.Type.Bits(), false)
		to = append(to, link)
		phases = append(phases, stream.Phase{Count: total, Write: 1 << j})
	}
	name := l.Name + ".host"
	c.stage(name, i, func() { c.p.Steps(name, phases, 1, from, to) })
	c.ends[i] = to[0]
	for j, t := range l.outputs() {
		c.publish(t, flow{to[j], 1, t.Shape.Elements() / c.d.frames, t.Type.Bits(), fmt.Sprintf("%s.%d", l.Name, j)}, uses[t])
	}
	return nil
}

// hostOps is the simple operations the processor does for a layer: two for a
// multiply-accumulate, and a transcendental one counts as twenty (a division or
// exponential in software).
func hostOps(l *layer) (ops int64) {
	for _, n := range l.Nodes {
		if macs := workloads.MACs(n); macs > 0 {
			ops += 2 * macs
			continue
		}
		simple, hard := workloads.Effort(n)
		ops += simple + 20*hard
	}
	return max(1, ops)
}

// hostCycles is how long a frame of them takes.
func (m *Machine) hostCycles(l *layer, frames int64) int64 {
	ops := float64(unit.CeilDiv(hostOps(l), frames))
	return max(1, int64(ops*float64(m.cfg.Clock)/float64(m.cfg.Host.Rate)+0.5))
}
