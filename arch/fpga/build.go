package fpga

import (
	"fmt"

	"nnsim/arch/fpga/stream"
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
	loaded   []*stream.Link // the FIFOs behind them
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
