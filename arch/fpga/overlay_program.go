package fpga

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// program is what a core does for a group of images: steps in order, layer by layer. A
// layer's are written when a core comes to it, so that no run holds them all.
type program struct {
	m      *Machine
	layers []programLayer
	hosts  []int // layers on the processor
	steps  int   // in all
	groups int   // of engine.images images, in the whole batch
	input  int64 // elements of the network's inputs, of a group
}

// programLayer is a layer of a program.
type programLayer struct {
	*layer
	index      int
	needs      []int // layers whose results it reads; -1: an input of the network
	in, out    int64 // addresses of its input, its results and its weights
	weightsAt  int64
	steps      int
	stores     int   // steps that complete the layer: those that store; where none does, the last
	silent     bool  // no step stores anything
	hostCycles int64 // cycles on the processor
	total      step  // all that its steps load, compute and store
}

// idle tells that a layer has no steps, as a view has none.
func (l *programLayer) idle() bool { return l.steps == 0 }

// step is a tile on its way: what is loaded for it, computed, and stored.
type step struct {
	layer         int
	onHost        bool
	opens         bool // the first of its layer
	begins        bool // its results need an output buffer
	alone         bool // its weights wait for the step before
	ends          bool // it completes its layer without storing anything
	onArray       bool
	weights, acts int64
	store         int64
	weightsAt     int64
	actsAt, outAt int64
	compute       int64
	macs, ops     int64
}

// parts is into how many groups of images a batch divides: all layers have to.
func (m *Machine) parts(net *workloads.Network, d *design) int {
	batch, side := net.Graph.Inferences(), m.cfg.Engine.Images
	if batch%side != 0 {
		return 1
	}
	parts := batch / side
	for _, l := range d.layers {
		switch {
		case l.kind == dense:
			s := flat(l.Head())
			if s.Images > 1 && s.Images%parts != 0 || s.Images == 1 && s.OW%parts != 0 {
				return 1
			}
		default:
			for _, t := range append(l.inputs(), l.outputs()...) {
				if t.Shape.Elements()%int64(parts) != 0 {
					return 1
				}
			}
		}
	}
	return parts
}

// compile makes the program of a network: where its tensors lie, and how much each layer is.
func (m *Machine) compile(net *workloads.Network, d *design) *program {
	p := &program{m: m, groups: d.groups}
	maker, at := map[*workloads.Tensor]int{}, map[*workloads.Tensor]int64{}
	for _, t := range net.Graph.Inputs {
		p.input += t.Shape.Elements() / int64(p.groups)
	}
	next := int64(0)
	place := func(t *workloads.Tensor) int64 {
		if _, ok := at[t]; !ok {
			at[t] = next
			next += unit.CeilDiv(t.Bytes(), boundary) * boundary
		}
		return at[t]
	}
	for i, l := range d.layers {
		one := programLayer{layer: l, index: i}
		for _, t := range l.inputs() {
			if from, ok := maker[t]; ok {
				one.needs = append(one.needs, from)
			} else {
				one.needs = append(one.needs, -1)
			}
		}
		for _, t := range l.outputs() {
			maker[t] = i
		}
		if list := l.inputs(); len(list) > 0 {
			one.in = place(list[0])
		}
		if l.kind == view {
			at[l.Out()] = one.in
		} else {
			one.out = place(l.Out())
		}
		if l.kind == dense {
			one.weightsAt = next
			next += unit.CeilDiv(l.Head().In[1].Bytes(), boundary) * boundary
		}
		if l.kind == host {
			one.hostCycles = m.hostCycles(l, int64(p.groups))
			p.hosts = append(p.hosts, i)
		}
		p.count(&one)
		p.layers = append(p.layers, one)
	}
	return p
}

// count goes through a layer's steps for what they are together.
func (p *program) count(l *programLayer) {
	p.each(l, func(s *step) {
		t := &l.total
		t.weights, t.acts, t.store = t.weights+s.weights, t.acts+s.acts, t.store+s.store
		t.compute, t.macs, t.ops = t.compute+s.compute, t.macs+s.macs, t.ops+s.ops
		if s.empty() {
			return
		}
		l.steps++
		if s.store > 0 {
			l.stores++
		}
	})
	if l.silent = l.stores == 0 && l.kind != host; l.silent {
		l.stores = min(1, l.steps)
	}
	p.steps += l.steps
}

// empty tells that a step moves nothing and takes no time: products that others' times hold.
func (s *step) empty() bool { return !s.onHost && s.weights+s.acts+s.store+s.compute == 0 }

// each visits a layer's steps in order.
func (p *program) each(l *programLayer, visit func(*step)) {
	switch m := p.m; l.kind {
	case dense:
		s := l.share()
		in, out, weights := l.in, l.out, l.weightsAt
		m.tiles(l.layer, s, m.cfg.Engine.Images, func(t *tile) {
			visit(&step{layer: l.index, begins: t.first || t.room, alone: t.alone, weights: t.weights, acts: t.acts, store: t.store, compute: t.compute, macs: t.macs,
				onArray: true, weightsAt: weights, actsAt: in, outAt: out})
			weights, in, out = weights+t.weights, in+t.acts, out+t.store
		})
	case view, concat: // the inputs of a concat have been stored side by side
	case host:
		visit(&step{layer: l.index, onHost: true, ops: hostOps(l.layer) / int64(p.groups)})
	default:
		p.vectorSteps(l, visit)
	}
}

// vectorSteps are work on the vector lanes: pieces that are loaded, pass the lanes and
// are stored.
func (p *program) vectorSteps(l *programLayer, visit func(*step)) {
	groups, e := int64(p.groups), &p.m.cfg.Engine
	read, written, ops, lanes := int64(0), l.Out().Bytes()/groups, laneOps(l.layer)/groups, int64(e.Lanes)
	if e.Sums > 0 && l.Head().Op == "Add" {
		ops, lanes = l.Out().Shape.Elements()/groups, int64(e.Sums)
	}
	for _, t := range l.inputs() {
		read += t.Bytes() / groups
	}
	work := unit.CeilDiv(ops, lanes)
	pieces := max(1, unit.CeilDiv(max(read, written), piece))
	share := func(n, k int64) int64 { return n*(k+1)/pieces - n*k/pieces }
	in, out := l.in, l.out
	for k := range pieces {
		visit(&step{layer: l.index, begins: true, acts: share(read, k), store: max(1, share(written, k)), compute: share(work, k), ops: share(ops, k), actsAt: in, outAt: out})
		in, out = in+share(read, k), out+share(written, k)
	}
}

// laneOps is the operations of a layer on the vector lanes, where functions are tables.
func laneOps(l *layer) (ops int64) {
	for _, n := range l.Nodes {
		simple, hard := workloads.Effort(n)
		ops += simple + hard
	}
	return ops
}

// piece is what pools and elementwise work take at a time: two rows of block RAM of 32 KiB.
const piece = 32 << 10
