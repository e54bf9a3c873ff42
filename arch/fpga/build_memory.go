package fpga

import (
	"fmt"
	"math"
	"slices"

	"nnsim/arch/fpga/stream"
	"nnsim/workloads"
)

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
	cycles := c.moving(t, words, l.PerFrame())
	if cycles <= l.PerFrame() {
		return l
	}
	c.slow = true
	return l.Pace(cycles, l.PerFrame())
}

// moving is the cycles in which memory moves so many words of a tensor.
func (c *circuit) moving(t *workloads.Tensor, words int, count int64) int64 {
	if c.ideal || c.m.cfg.Memory.Ideal() {
		return 0
	}
	bytes := float64(count) * float64(words*t.Type.Bits()) / 8
	return int64(math.Ceil(bytes / c.share(t, words)))
}

// ports is the cycles a frame that the slowest port takes.
func (c *circuit) ports() (most int64) {
	each := func(t *workloads.Tensor, words int) {
		count := t.Shape.Elements() / c.d.frames / int64(words)
		most = max(most, count, c.moving(t, words, count))
	}
	for _, t := range c.net.Graph.Inputs {
		each(t, c.inputWords(t))
	}
	for _, t := range c.net.Graph.Outputs {
		each(t, c.outputWords(t))
	}
	return most
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
	c.supplies, c.loaded = append(c.supplies, from), append(c.loaded, to)
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
