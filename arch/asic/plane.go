package asic

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
)

// plane is the data plane: the contents of the memories, and what the stations do
// to them, in the order of the edges at which they do it.
type plane struct {
	s      *Simulation
	check  arch.Checker
	agenda engine.Agenda
	full   *stores        // the memories in Full mode
	layers []*stores      // by layer, in Sample mode
	views  map[int][]int  // by layer: views of its output, which are done with it
	picked []map[int]bool // by layer, in Sample mode: the sums that are formed
	noted  []map[int]bool // and the elements of the result that came of them
	record *record        // where zeros are counted
}

// stores are the memories' contents.
type stores struct {
	offChip, buffers, vector mem.Store
	sums                     map[int][]int32
	values                   map[*workloads.Tensor]*workloads.Array // constants beside the post station
	lines                    map[linesOf][]line                     // results that wait to be pooled
}

// record is what a run in Full mode finds out about zeros.
type record struct {
	skipped []int64
	coded   map[*mapping.Place]float64
}

func newPlane(s *Simulation, check arch.Checker) *plane {
	n := len(s.plan.Layers)
	p := &plane{s: s, check: check, views: map[int][]int{}, layers: make([]*stores, n), picked: make([]map[int]bool, n), noted: make([]map[int]bool, n)}
	p.full = p.newStores()
	for i, lp := range s.plan.Layers {
		if workloads.ClassOf(lp.Layer.Head().Op) == workloads.View {
			at := s.plan.Places[lp.Layer.Out()].First
			p.views[at] = append(p.views[at], i)
		}
	}
	return p
}

func (p *plane) newStores() *stores {
	c := p.s.chassis
	return &stores{offChip: mem.NewImage(p.s.plan.OffChip), buffers: make(mem.SRAM, c.Buffers), vector: make(mem.SRAM, c.Vector.Buffer),
		sums: map[int][]int32{}, values: map[*workloads.Tensor]*workloads.Array{}, lines: map[linesOf][]line{}}
}

// advance does everything that lies before an edge.
func (p *plane) advance(now unit.Edge) {
	if err := p.agenda.Before(now); err != nil {
		p.s.engine.Fail(err)
	}
}

func (p *plane) sampling() bool { return p.check.Mode() == arch.Sample }

// memories are those a layer works on.
func (p *plane) memories(layer int) *stores {
	if p.sampling() {
		return p.layers[layer]
	}
	return p.full
}

// prepare lays a layer's weights (and at the start the inputs, in Sample mode its
// activations) into memory.
func (p *plane) prepare(layer int) error {
	p.advance(p.s.engine.Now())
	if p.sampling() {
		p.layers[layer] = p.newStores()
	} else if layer == 0 {
		for _, t := range p.s.net.Graph.Inputs {
			if err := p.lay(p.full, t); err != nil {
				return err
			}
		}
	}
	l := p.s.plan.Layers[layer].Layer
	class := workloads.ClassOf(l.Head().Op)
	if class == workloads.View {
		return nil
	}
	st := p.memories(layer)
	made := map[*workloads.Tensor]bool{}
	for i, n := range l.Nodes {
		for j, t := range n.In {
			var err error
			switch {
			case t == nil || made[t]:
			case t.Role == workloads.Weight && (class != workloads.MatrixClass || i > 0 || j > 1):
				err = p.constant(st, t)
			case t.Role == workloads.Weight || p.sampling():
				err = p.lay(st, t)
			}
			if err != nil {
				return err
			}
		}
		made[n.Out[0]] = true
	}
	return nil
}

// constant makes the value of a parameter beside the post station.
func (p *plane) constant(st *stores, t *workloads.Tensor) (err error) {
	if st.values[t] == nil {
		st.values[t], err = p.check.Value(t)
	}
	return err
}

// lay writes a tensor's values where the plan has placed it.
func (p *plane) lay(st *stores, t *workloads.Tensor) error {
	a, err := p.check.Value(t)
	if err != nil {
		return err
	}
	raw := make([]byte, a.Len()*t.Type.CellBytes())
	a.Encode(raw, 0, a.Len())
	return st.offChip.WriteAt(raw, p.s.plan.Places[t].OffChip)
}

// layerDone hands a finished layer's output over at its last edge, and forgets what only it needed.
func (p *plane) layerDone(layer int, edge unit.Edge) {
	p.agenda.At(edge, engine.Produced, func() error {
		if err := p.produce(layer); err != nil {
			return err
		}
		for _, v := range p.views[layer] {
			if err := p.produce(v); err != nil {
				return err
			}
		}
		p.forget(layer)
		return nil
	})
}

// produce reads a layer's output from memory and hands it to the checker.
func (p *plane) produce(layer int) error {
	if p.sampling() && p.noted[layer] == nil {
		return nil
	}
	out := p.s.plan.Layers[layer].Layer.Out()
	raw := make([]byte, size(out))
	pl := p.s.plan.Places[out]
	if err := p.memories(layer).offChip.ReadAt(raw, pl.OffChip); err != nil {
		return fmt.Errorf("layer %s: %w", p.s.plan.Layers[layer].Layer.Name, err)
	}
	if p.record != nil && p.s.chassis.Encode != nil {
		p.record.coded[pl] = float64(p.s.chassis.Encode(raw)) / float64(len(raw))
	}
	a := workloads.NewArray(out.Type, out.Shape)
	a.Decode(raw, 0, a.Len())
	var picked []int
	for i := range p.noted[layer] {
		picked = append(picked, i)
	}
	sort.Ints(picked)
	return p.check.Produced(layer, a, picked)
}

// forget frees what only this layer needed.
func (p *plane) forget(layer int) {
	p.layers[layer] = nil
	if p.sampling() {
		return
	}
	for _, n := range p.s.plan.Layers[layer].Layer.Nodes {
		for _, t := range n.In {
			if t != nil && t.Role == workloads.Weight && p.s.plan.Places[t] != nil && p.s.plan.Places[t].Last == layer {
				pl := p.s.plan.Places[t]
				p.full.offChip.(*mem.Image).Drop(pl.OffChip, pl.Bytes)
				delete(p.full.values, t)
			}
		}
	}
}

// samples is the number of sums formed of each layer in Sample mode.
const samples = 2

// Sample chooses, among so many groups of sums of the present layer, those formed
// in Sample mode. A walk calls it before its first Multiply.
func (w *Walk) Sample(total int) {
	p := w.Sim.plane
	if p == nil || !p.sampling() {
		return
	}
	rng := rand.New(rand.NewPCG(uint64(w.Sim.job.Seed), uint64(w.Index)))
	p.picked[w.Index] = map[int]bool{}
	for range samples {
		p.picked[w.Index][rng.IntN(total)] = true
	}
}

// every stands among the groups picked for all of them.
const every = -1

// SampleAll is Sample for a layer of which all sums must be formed.
func (w *Walk) SampleAll() {
	if p := w.Sim.plane; p != nil {
		p.picked[w.Index] = map[int]bool{every: true}
	}
}

// wants tells whether a group of sums is formed.
func (p *plane) wants(layer, sums int) bool {
	return !p.sampling() || p.picked[layer][sums] || p.picked[layer][every]
}

// note remembers which elements of a result Sample mode has computed.
func (p *plane) note(layer int, product *Product, t *Tile) {
	view, r := product.outBox(t)
	p.noteRegion(layer, box{view, r})
}

func (p *plane) noteRegion(layer int, b box) {
	if !p.sampling() {
		return
	}
	if p.noted[layer] == nil {
		p.noted[layer] = map[int]bool{}
	}
	_ = b.region.Runs(b.view, func(at, _, n int64) error {
		for i := range n {
			p.noted[layer][int(at+i)] = true
		}
		return nil
	})
}

// noteAll does so for a layer that is computed whole.
func (p *plane) noteAll(layer int) {
	if !p.sampling() {
		return
	}
	p.noted[layer] = map[int]bool{}
	for i := range int(p.s.plan.Layers[layer].Layer.Out().Shape.Elements()) {
		p.noted[layer][i] = true
	}
}
