package fpga

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nnsim/arch/fpga/estimate"
	"nnsim/unit/spell"
	"nnsim/workloads"
)

// design is a network as hardware.
type design struct {
	layers  []*layer
	frames  int64 // a run goes through, each a part of the batch
	depths  map[string]int
	need    estimate.Resources // of the stages, in the end with the FIFOs
	fifos   estimate.Resources
	bound   string // what limits the rate
	overlay bool   // one engine for all layers
	groups  int    // overlay: of images, each of which a core takes through all layers
	windows *windows
	run     *once // of a streaming design with its memory
}

// place is one layer's part of a design, as plans carry it.
type place struct {
	*layer
	design *design
	text   string // how the layer is mapped, for readers
}

func (p *place) String() string { return p.text }

// folded says how a layer is folded, how long its stages take by themselves, and what of the part.
func (m *Machine) folded(d *design, l *layer) string {
	if l.kind == view {
		return l.String()
	}
	r := l.resources(m)
	return l.String() + fmt.Sprintf(": %d cycles a frame; LUT %d, DSP %d, BRAM18 %d", m.byItself(d, l), r.LUT, r.DSP, r.BRAM18)
}

// taken says how much of what a design may take it takes.
func (m *Machine) taken(n estimate.Resources) string {
	b := m.budget()
	return fmt.Sprintf("LUT %d of %d, DSP %d of %d, BRAM18 %d of %d", n.LUT, b.LUT, n.DSP, b.DSP, n.BRAM18, b.BRAM18+uramBlocks*b.URAM)
}

// newDesign folds a network: from one element a cycle everywhere, the slowest layer
// is made faster, one step at a time, until the rate asked for is met, the part is
// full, or the slowest cannot be made faster.
// Reserved is kept free for FIFOs.
func (m *Machine) newDesign(net *workloads.Network, reserved estimate.Resources) (*design, error) {
	d := &design{frames: framesOf(net), run: &once{}, windows: &windows{}}
	given, err := m.given(net)
	if err != nil {
		return nil, err
	}
	for _, l := range net.Layers {
		one := newLayer(l, net.Precision)
		d.layers = append(d.layers, one)
		if m.cfg.Design == "hls" {
			one.program(m, d)
		} else if err := one.begin(given[l.Name]); err != nil {
			return nil, err
		}
		d.need = d.need.Plus(one.resources(m))
	}
	budget, goal := less(m.budget(), reserved), m.goal(d.frames)
	if !m.fits(d.need, budget) {
		return nil, m.refusal(net.Graph.Name, d.need.Plus(reserved))
	}
	for {
		slow := d.slowest()
		if slow == nil || slow.cycles() <= goal {
			d.bound = "the rate asked for is met"
			if slow != nil {
				d.bound += fmt.Sprintf(": %s, the slowest, takes %d of %d cycles a frame", slow.Name, slow.cycles()/d.frames, goal/d.frames)
			}
			break
		}
		if slow.chosen == len(slow.options)-1 {
			d.bound = fmt.Sprintf("%s, the slowest with %d cycles a frame, cannot be made faster%s", slow.Name, slow.cycles()/d.frames, m.missed(goal, d.frames))
			break
		}
		if !d.hasten(m, slow, budget) {
			d.bound = fmt.Sprintf("%s is the slowest with %d cycles a frame, and the part is too full to make it faster%s", slow.Name, slow.cycles()/d.frames, m.missed(goal, d.frames))
			break
		}
	}
	return d, nil
}

// missed says what the rate asked for would have taken.
func (m *Machine) missed(goal, frames int64) string {
	if m.cfg.Fold.Rate <= 0 {
		return ""
	}
	return fmt.Sprintf("; fold.rate asks for %d", goal/frames)
}

// hasten takes a layer to its next folding that fits; an uneven one, as many rows as
// a prime number has, may take more than a faster one that is even.
func (d *design) hasten(m *Machine, l *layer, budget estimate.Resources) bool {
	rest, was := less(d.need, l.resources(m)), l.chosen
	for i := was + 1; i < len(l.options); i++ {
		l.fold(i)
		if after := rest.Plus(l.resources(m)); m.fits(after, budget) {
			d.need = after
			return true
		}
	}
	l.fold(was)
	return false
}

// given reads the foldings of fold.layers.
func (m *Machine) given(net *workloads.Network) (map[string][]int, error) {
	list := map[string][]int{}
	for _, text := range m.cfg.Fold.Layers {
		part := strings.Split(text, ":")
		var fold []int
		for _, word := range part[1:] {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("fpga: fold.layers: %q: write name:simd:pe, such as conv1:3:16", text)
			}
			fold = append(fold, n)
		}
		if len(fold) != 2 {
			return nil, fmt.Errorf("fpga: fold.layers: %q: write name:simd:pe, such as conv1:3:16", text)
		}
		if list[part[0]] != nil {
			return nil, fmt.Errorf("fpga: fold.layers: %s is given twice; leave one out", part[0])
		}
		list[part[0]] = fold
	}
	for name := range list {
		if !slices.ContainsFunc(net.Layers, func(l *workloads.Layer) bool { return l.Name == name }) {
			var names []string
			for _, l := range net.Layers {
				names = append(names, l.Name)
			}
			return nil, fmt.Errorf("fpga: fold.layers: %s has no layer %q%s", net.Graph.Name, name, spell.DidYouMean(name, names))
		}
	}
	return list, nil
}

// begin folds a layer as it is given, for good, or as little as can be.
func (l *layer) begin(fold []int) error {
	if fold == nil {
		l.fold(0)
		return nil
	}
	simd, pe, window := fold[0], fold[1], l.space.R*l.space.S
	whole := simd == window*l.inside || l.kind == depthwise && simd == window
	switch {
	case l.kind == view || l.kind == host:
		return fmt.Errorf("fpga: fold.layers: %s is a %v and cannot be folded", l.Name, l.kind)
	case l.kind == dense && !whole && l.inside%simd != 0:
		return fmt.Errorf("fpga: fold.layers: %s: simd %d must divide its %d channels, or be all of a window (%d)", l.Name, simd, l.inside, window*l.inside)
	case l.kind != dense && simd != 1 && !whole:
		return fmt.Errorf("fpga: fold.layers: %s: simd must be 1 or (depthwise) all of a window, not %d", l.Name, simd)
	case l.kind == label && l.inside%pe != 0:
		return fmt.Errorf("fpga: fold.layers: %s: pe %d must divide its %d inputs", l.Name, pe, l.inside)
	case l.kind != label && l.outside%pe != 0:
		return fmt.Errorf("fpga: fold.layers: %s: pe %d must divide its %d outputs", l.Name, pe, l.outside)
	}
	for _, n := range l.parts {
		if n%pe != 0 {
			return fmt.Errorf("fpga: fold.layers: %s: pe %d must divide each of its inputs, one has %d channels", l.Name, pe, n)
		}
	}
	l.simds, l.pes, l.options = []int{simd}, []int{pe}, [][2]int{{simd, pe}}
	l.fold(0)
	return nil
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
