package fpga

import (
	"fmt"

	"nnsim/arch/fpga/stream"
	"nnsim/unit"
	"nnsim/workloads"
)

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
