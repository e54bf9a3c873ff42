package fpga

import (
	"nnsim/workloads"
)

// roomy is the depth that FIFOs start with when their depths are sought, as deep as
// a FIFO of look-up tables is cheap [finn]. One that leads to a join must hold what
// the other branch delays and starts with a whole frame.
const roomy = 32

// shallowest is the least depth at which a FIFO takes a token and gives one in every cycle.
const shallowest = 2

// sizeFIFOs gives every FIFO its depth: what the user asks for, or as many tokens
// as were ever in it when it was roomy.
func (m *Machine) sizeFIFOs(net *workloads.Network, d *design) error {
	d.depths = map[string]int{}
	if m.cfg.FIFO.Depth > 0 {
		return nil
	}
	c, err := m.build(net, d, true, func(_ string, perFrame int64, joined bool) int {
		if joined {
			return int(max(shallowest, perFrame))
		}
		return roomy
	})
	if err != nil {
		return err
	}
	if _, err := c.run(min(d.frames, 4)); err != nil {
		return err
	}
	for _, l := range c.p.Links() {
		if l.Depth() > 0 {
			d.depths[l.Name] = max(shallowest, l.Peak())
		}
	}
	return nil
}

// depthOf is a FIFO's depth in a design.
func (m *Machine) depthOf(d *design) func(string, int64, bool) int {
	return func(name string, _ int64, _ bool) int {
		if n := d.depths[name]; n > 0 {
			return n
		}
		return max(1, m.cfg.FIFO.Depth)
	}
}
