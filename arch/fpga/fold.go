package fpga

import (
	"fmt"

	"nnsim/arch/fpga/estimate"
	"nnsim/workloads"
)

// design is a network as hardware.
type design struct {
	layers []*layer
	frames int64 // a run goes through, each a part of the batch
	depths map[string]int
	need   estimate.Resources
	bound  string // what limits the rate
}

// place is one layer's part of a design, as plans carry it.
type place struct {
	*layer
	design *design
}

// newDesign folds a network: from one element a cycle everywhere, the slowest layer
// is made faster, one step at a time, until the rate asked for is met, the part is
// full, or the slowest cannot be made faster.
func (m *Machine) newDesign(net *workloads.Network) (*design, error) {
	d := &design{frames: framesOf(net)}
	for _, l := range net.Layers {
		one := newLayer(l, net.Precision)
		d.layers = append(d.layers, one)
		one.fold(0)
		d.need = d.need.Plus(one.resources(m))
	}
	budget, goal := m.budget(), m.goal(d.frames)
	if !fits(d.need, budget) {
		return nil, m.refusal(net.Graph.Name, d.need)
	}
	for {
		slow := d.slowest()
		if slow == nil || slow.cycles() <= goal {
			d.bound = "the rate asked for is met"
			break
		}
		if slow.chosen == len(slow.options)-1 {
			d.bound = fmt.Sprintf("%s cannot be made faster", slow.Name)
			break
		}
		before := slow.resources(m)
		slow.fold(slow.chosen + 1)
		after := d.need.Plus(slow.resources(m))
		after = less(after, before)
		if !fits(after, budget) {
			slow.fold(slow.chosen - 1)
			d.bound = fmt.Sprintf("%s is the slowest, and the part is too full to make it faster", slow.Name)
			break
		}
		d.need = after
	}
	return d, nil
}

// less takes resources away.
func less(a, b estimate.Resources) estimate.Resources {
	return estimate.Resources{LUT: a.LUT - b.LUT, FF: a.FF - b.FF, DSP: a.DSP - b.DSP, BRAM18: a.BRAM18 - b.BRAM18, URAM: a.URAM - b.URAM}
}

// goal is the cycles that a run may take at the rate asked for.
func (m *Machine) goal(frames int64) int64 {
	if m.cfg.Fold.Rate <= 0 {
		return 1
	}
	return max(1, int64(float64(m.cfg.Clock)/float64(m.cfg.Fold.Rate))*frames)
}

// fold chooses a folding.
func (l *layer) fold(i int) {
	l.chosen, l.simd, l.pe = i, l.options[i][0], l.options[i][1]
}

// slowest is the layer that takes the most cycles.
func (d *design) slowest() (slow *layer) {
	for _, l := range d.layers {
		if c := l.cycles(); c > 0 && (slow == nil || c > slow.cycles()) {
			slow = l
		}
	}
	return slow
}

// framesOf is the number of equal parts a run is made of: the batch, where every
// tensor that flows has it as its first axis, else 1.
func framesOf(net *workloads.Network) int64 {
	batch := 0
	for _, t := range net.Graph.Inputs {
		if len(t.Shape) < 2 || batch > 0 && t.Shape[0] != batch {
			return 1
		}
		batch = t.Shape[0]
	}
	for _, l := range net.Layers {
		for _, n := range l.Nodes {
			for _, t := range n.Out {
				if t != nil && (len(t.Shape) < 2 || t.Shape[0] != batch) {
					return 1
				}
			}
		}
	}
	return int64(max(1, batch))
}
