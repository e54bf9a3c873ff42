package fpga

import (
	"fmt"
	"slices"

	"nnsim/arch"
	"nnsim/arch/fpga/estimate"
	"nnsim/mapping"
	"nnsim/workloads"
)

// foldSpace is every way to fold the stages of a streaming design, all on one part:
//
//	simd      operands of a sum taken at a time: a divisor of the channels, or all of a window
//	pe        sums, or elements, side by side: a divisor of the channels out
//	product   what multiplies: DSP slices (dsp) or look-up tables (lut), where fold.product=auto
//	          and the widths leave it open
//
// A folding by hand (fold.layers) is the one choice of its layer.
type foldSpace struct {
	m      *Machine
	net    *workloads.Network
	design *design
	stages []*stage // by layer; nil: nothing to fold
	goal   int64    // cycles a frame that are fast enough
	order  [3]figure
	fifos  estimate.Resources // what FIFOs are taken to take, where no design is made
}

var _ mapping.Joint = (*foldSpace)(nil)

// stage is the choices of a layer's stages.
type stage struct {
	mapping.Grid
	layer   *layer
	options []*option // in the order of the grid, the last axis fastest
}

// option is one of them.
type option struct {
	layer *layer
	need  estimate.Resources
	share float64
	least int64 // cycles a frame, of its window generator no more than its words
	every int64 // cycles a frame, once they are asked for
}

// figure is what designs are judged by.
type figure int

const (
	interval figure = iota // cycles from frame to frame
	first                  // cycles to the end of the first frame
	part                   // share of the part's look-up tables, DSP slices and memories, in the mean
)

var figureNames = [...]string{"cycles a frame", "cycles to the first frame", "% of the part"}

// newFoldSpace lays out the space of a design's foldings.
func (m *Machine) newFoldSpace(net *workloads.Network, d *design) *foldSpace {
	s := &foldSpace{m: m, net: net, design: d, goal: m.goal(d.frames) / d.frames, fifos: d.fifos, order: [3]figure{interval, first, part}}
	if m.cfg.Fold.Rate > 0 { // fast enough is asked for: a smaller design comes before an earlier first frame
		s.order = [3]figure{interval, part, first}
	}
	for _, l := range d.layers {
		var one *stage
		if l.kind != view && l.kind != host {
			one = m.newStage(l, d.frames)
		}
		s.stages = append(s.stages, one)
	}
	return s
}

// newStage lists a layer's choices.
func (m *Machine) newStage(l *layer, frames int64) *stage {
	s := &stage{layer: l}
	products := []string{""}
	if l.kind == dense || l.kind == depthwise {
		s.AddNumbers("simd", l.simds)
	}
	s.AddNumbers("pe", l.pes)
	if (l.kind == dense || l.kind == depthwise) && m.cfg.Fold.Product == "auto" && l.eitherProduct(m) {
		products = []string{"dsp", "lut"}
		s.Add("product", products...)
	}
	for _, simd := range l.simds {
		for _, pe := range l.pes {
			for _, product := range products {
				s.options = append(s.options, m.newOption(l, simd, pe, product, frames))
			}
		}
	}
	return s
}

func (m *Machine) newOption(l *layer, simd, pe int, product string, frames int64) *option {
	one := *l
	one.options, one.style = [][2]int{{simd, pe}}, ""
	if product == "lut" { // where there is a choice DSP slices are the usual one
		one.style = product
	}
	one.fold(0)
	o := &option{layer: &one, need: one.resources(m), least: max(1, one.cycles()/frames)}
	o.share = m.share(o.need)
	if one.windowed() {
		w := one.window()
		o.least = max(o.least, max(w.In(), w.Out())*one.images/frames)
	}
	return o
}

// share is the mean of the shares of the part's look-up tables, DSP slices and memories.
func (m *Machine) share(r estimate.Resources) float64 {
	p := &m.cfg.Part
	sum := float64(r.LUT)/float64(p.LUT) + float64(r.DSP)/float64(max(1, p.DSP)) + float64(r.BRAM18)/float64(max(1, p.BRAM18+uramBlocks*p.URAM))
	return sum / 3
}

// number is the place of a point among a stage's options.
func (s *stage) number(at []int) (n int) {
	for axis, size := range s.Axes() {
		n = n*size + at[axis]
	}
	return n
}

// point is the inverse.
func (s *stage) point(n int) []int {
	sizes := s.Axes()
	at := make([]int, len(sizes))
	for axis := len(sizes) - 1; axis >= 0; axis-- {
		at[axis], n = n%sizes[axis], n/sizes[axis]
	}
	return at
}

// Layer is the choices of a layer.
func (s *foldSpace) Layer(i int) mapping.Axes {
	if s.stages[i] == nil {
		return nil
	}
	return s.stages[i]
}

// Chosen is the point of the design.
func (s *foldSpace) Chosen() [][]int { return s.points(s.chosen()) }

// chosen is the options the design has.
func (s *foldSpace) chosen() selection {
	list := make(selection, len(s.stages))
	for i, st := range s.stages {
		if st != nil {
			l := s.design.layers[i]
			list[i] = slices.IndexFunc(st.options, func(o *option) bool {
				return o.layer.simd == l.simd && o.layer.pe == l.pe && o.layer.inDSP(s.m) == l.inDSP(s.m)
			})
		}
	}
	return list
}

// selection is a point as the number of an option of each stage; 0 where there is none.
type selection []int

func (s *foldSpace) points(list selection) [][]int {
	at := make([][]int, len(list))
	for i, st := range s.stages {
		if st != nil {
			at[i] = st.point(list[i])
		}
	}
	return at
}

func (s *foldSpace) selected(at [][]int) selection {
	list := make(selection, len(at))
	for i, st := range s.stages {
		if st != nil {
			list[i] = st.number(at[i])
		}
	}
	return list
}

// option is the one a stage has at a point.
func (s *foldSpace) option(list selection, i int) *option { return s.stages[i].options[list[i]] }

// Figures names what designs are judged by. With fold.rate all that reach it are fast enough.
func (s *foldSpace) Figures() (names []string) {
	for _, f := range s.order {
		names = append(names, figureNames[f])
	}
	return names
}

// inOrder puts figures in the order in which they count.
func (s *foldSpace) inOrder(values [3]float64) (list []float64) {
	values[interval] = max(values[interval], float64(s.goal))
	for _, f := range s.order {
		list = append(list, values[f])
	}
	return list
}

// Measure is the figures of a design, simulated. A run of one frame shows no interval, and has
// FIFOs for one frame; then the interval is that of the slowest stage or port by itself.
func (s *foldSpace) Measure(p *mapping.Plan) ([]float64, error) {
	d, err := designOf(p)
	if err != nil {
		return nil, err
	}
	t, err := s.m.time(&arch.Job{Net: s.net}, d)
	if err != nil {
		return nil, err
	}
	f := t.figures()
	if f.every == 0 {
		f.every = s.m.paced(s.net, d)
	}
	return s.inOrder([3]float64{interval: float64(f.every), first: float64(f.first), part: 100 * s.m.share(d.need)}), nil
}

// paced is the cycles a frame of the slowest stage or port.
func (m *Machine) paced(net *workloads.Network, d *design) int64 {
	most := max(1, (&circuit{m: m, d: d, net: net}).ports())
	for _, l := range d.layers {
		most = max(most, m.byItself(d, l))
	}
	return most
}

// Plan folds the network as a point says and sizes its FIFOs.
func (s *foldSpace) Plan(at [][]int) (*mapping.Plan, error) {
	d, err := s.fold(s.selected(at))
	if err != nil {
		return nil, err
	}
	d.need = d.need.Plus(d.fifos)
	if !s.m.fits(d.need, s.m.budget()) {
		return nil, s.m.refusal(s.net.Graph.Name, d.need)
	}
	return s.m.streamingPlan(s.net, d), nil
}

// fold makes the design of a point; its need is without FIFOs.
func (s *foldSpace) fold(list selection) (*design, error) {
	d := &design{frames: s.design.frames, run: &once{}, windows: s.design.windows, layers: s.layers(list)}
	for _, l := range d.layers {
		d.need = d.need.Plus(l.resources(s.m))
	}
	d.bound = "folded as a mapping says"
	if slow := d.slowest(); slow != nil {
		d.bound += fmt.Sprintf(": %s is the slowest with %d cycles a frame", slow.Name, slow.cycles()/d.frames)
	}
	return d, s.m.sizeFIFOs(s.net, d)
}
