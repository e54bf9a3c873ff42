package fpga

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nnsim/arch/fpga/estimate"
	"nnsim/unit"
	"nnsim/unit/spell"
	"nnsim/workloads"
)

// FIFO depths are found by simulation: all FIFOs are roomy, and the inputs come
// evenly, a frame in as many cycles as the slowest stage takes by itself. As many
// tokens as ever needed room in a FIFO at once are its depth. With these depths the pipeline can
// follow that schedule, and one that starts each token as early as it can is never
// later; so no throughput is lost.

// roomiest is the greatest depth a FIFO starts with: beyond it FINN splits one into several.
const roomiest = 1 << 15

// shallowest is the least depth at which a FIFO takes a token and gives one in every cycle.
const shallowest = 2

// settled is the number of frames in which a pipeline with even inputs shows how full its FIFOs get.
const settled = 6

// sizeFIFOs gives every FIFO its depth: what the user asks for, or what is found.
func (m *Machine) sizeFIFOs(net *workloads.Network, d *design) error {
	d.depths = map[string]int{}
	byHand, err := m.depthsByHand()
	if err != nil {
		return err
	}
	every, err := m.interval(d)
	if err != nil {
		return err
	}
	if m.cfg.FIFO.Depth > 0 {
		c, err := m.build(net, d, true, m.depthOf(d))
		if err != nil {
			return err
		}
		return c.count(byHand)
	}
	for i := range attempts {
		c, got, err := m.fill(net, d, every)
		if err != nil {
			return err
		}
		if got <= every || i == attempts-1 {
			return c.count(byHand)
		}
		every = got // stages hold each other up more than each by itself
	}
	return nil
}

// attempts bounds the search for a schedule that the stages can keep; each takes the
// interval that the one before ended with, and two are the rule. Depths of a run
// that came to its end do not deadlock, whatever its interval.
const attempts = 3

// fill runs roomy FIFOs on a schedule, notes how full they got, and returns the
// cycles between the last two frames.
func (m *Machine) fill(net *workloads.Network, d *design, every int64) (*circuit, int64, error) {
	c, err := m.build(net, d, true, func(_ string, perFrame int64, joined bool) int {
		if joined {
			return int(max(shallowest, perFrame)) // one branch may have to hold a frame for the other
		}
		return int(max(shallowest, min(perFrame, roomiest)))
	})
	if err != nil {
		return nil, 0, err
	}
	for _, l := range c.supplies {
		l.Pace(every, l.PerFrame())
	}
	r, err := c.simulate(min(d.frames, settled)) // what stops with roomy FIFOs is helped by no others
	if err != nil {
		return nil, 0, err
	}
	for _, l := range c.p.Links() {
		if l.Depth() > 0 {
			d.depths[l.Name] = max(shallowest, l.Peak())
		}
	}
	if n := len(r.LastOut); n > 1 {
		return c, r.LastOut[n-1] - r.LastOut[n-2], nil
	}
	return c, every, nil
}

// depthsByHand reads fifo.depths.
func (m *Machine) depthsByHand() (map[string]int, error) {
	list := map[string]int{}
	for _, text := range m.cfg.FIFO.Depths {
		name, word, _ := strings.Cut(text, ":")
		n, err := strconv.Atoi(word)
		switch _, twice := list[name]; {
		case err != nil || n < 1 || n > 1<<20:
			return nil, fmt.Errorf("fpga: fifo.depths: %q: write name:depth with a depth from 1 to 1048576, such as conv1.fifo:32", text)
		case twice:
			return nil, fmt.Errorf("fpga: fifo.depths: %s is given twice; leave one out", name)
		}
		list[name] = n
	}
	return list, nil
}

// count sets the depths given by hand, and finds what the FIFOs take.
func (c *circuit) count(byHand map[string]int) error {
	var names []string
	for _, l := range c.p.Links() {
		if l.Depth() > 0 {
			names = append(names, l.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byHand)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("fpga: fifo.depths: %s has no FIFO %q%s", c.net.Graph.Name, name, spell.DidYouMean(name, names))
		}
		c.d.depths[name] = byHand[name]
	}
	depth := c.m.depthOf(c.d)
	for _, l := range c.p.Links() {
		if l.Depth() > 0 {
			c.d.fifos = c.d.fifos.Plus(fifoResources(int64(depth(l.Name, 0, false)), int64(c.widths[l.Name])))
		}
	}
	return nil
}

// plan folds a network and sizes its FIFOs. Where the FIFOs no longer fit, it folds
// again with as much kept free for them.
func (m *Machine) plan(net *workloads.Network) (*design, error) {
	var reserved estimate.Resources
	for {
		d, err := m.newDesign(net, reserved)
		if err != nil {
			return nil, err
		}
		if err := m.sizeFIFOs(net, d); err != nil {
			return nil, err
		}
		if all := d.need.Plus(d.fifos); m.fits(all, m.budget()) {
			d.need = all
			return d, nil
		}
		reserved = reserved.Plus(d.fifos)
	}
}

// deepestTables is the greatest depth of a FIFO of look-up tables [finn-rtllib]; deeper ones are of block RAM.
const deepestTables = 256

func fifoResources(depth, width int64) estimate.Resources {
	if depth > deepestTables {
		return estimate.Resources{BRAM18: estimate.WeightRAM(depth, width)}
	}
	r := estimate.FIFOResources(depth, width)
	r.FF = r.LUT
	return r
}

// interval is the cycles a frame that the slowest stage takes by itself.
func (m *Machine) interval(d *design) (int64, error) {
	most := int64(1)
	for _, l := range d.layers {
		if l.windowed() && l.function == nil {
			if _, err := d.windows.interval(l.window()); err != nil {
				return 0, err
			}
		}
		most = max(most, m.byItself(d, l))
	}
	return most, nil
}

// byItself is the cycles a frame that the slowest of a layer's stages takes by itself.
func (m *Machine) byItself(d *design, l *layer) int64 {
	most := unit.CeilDiv(l.cycles(), d.frames)
	if l.kind == host {
		most = max(most, l.hostInterval(m, d.frames))
	}
	if l.windowed() && l.function == nil {
		alone, _ := d.windows.interval(l.window()) // one that cannot be built was refused before
		most = max(most, alone*l.images/d.frames)
	}
	return most
}

// hostInterval is the cycles in which the processor reads, computes and writes a frame.
func (l *layer) hostInterval(m *Machine, frames int64) int64 {
	n := m.hostCycles(l, frames)
	for _, list := range [][]*workloads.Tensor{l.inputs(), l.outputs()} {
		for _, t := range list {
			n += t.Shape.Elements() / frames
		}
	}
	return n
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
