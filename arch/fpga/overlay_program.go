package fpga

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// program is what a core does for a group of images: steps in order, layer by layer.
type program struct {
	steps  []step
	layers []programLayer
	groups int   // of engine.images images, in the whole batch
	input  int64 // elements of the network's inputs, of a group
}

// programLayer is a layer of a program.
type programLayer struct {
	needs  []int // layers whose results it reads; -1: an input of the network
	stores int   // steps that complete the layer: those that store; where none does, the last
	idle   bool  // it has no steps, as a view has none
	host   int64 // cycles on the processor
}

// step is a tile on its way: what is loaded for it, computed, and stored.
type step struct {
	layer          int
	onHost         bool
	opens          bool // the first of its layer
	begins         bool // its results need an output buffer
	alone          bool // its weights wait for the step before
	ends           bool // it completes its layer without storing anything
	weights, acts  int64
	store          int64
	weightsAt      int64
	actsAt, outAt  int64
	compute        int64
	onArray        bool
	macs, ops      int64
	previousW      int // the step before it that loads weights, activations, or stores; -1: none
	previousA      int
	previousStores [2]int
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

// compile makes the program of a network.
func (m *Machine) compile(net *workloads.Network, d *design) *program {
	p := &program{groups: m.parts(net, d)}
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
		one := programLayer{}
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
		p.layers = append(p.layers, one)
		in, out, weights := int64(0), int64(0), next
		if list := l.inputs(); len(list) > 0 {
			in = place(list[0])
		}
		if l.kind == view {
			at[l.Out()] = in
			continue
		}
		out = place(l.Out())
		if l.kind == dense {
			weights = next
			next += unit.CeilDiv(l.Head().In[1].Bytes(), boundary) * boundary
		}
		first := len(p.steps)
		m.layerSteps(p, i, l, in, out, weights)
		if len(p.steps) > first {
			p.steps[first].opens = true
		}
	}
	p.link()
	return p
}

// layerSteps adds the steps of a layer.
func (m *Machine) layerSteps(p *program, i int, l *layer, in, out, weights int64) {
	switch l.kind {
	case dense:
		s := flat(l.Head())
		if s.Images > 1 {
			s.Images /= p.groups
		} else {
			s.W, s.OW = s.W/p.groups, s.OW/p.groups
		}
		m.tiles(l, s, m.cfg.Engine.Images, func(t *tile) {
			if t.weights+t.acts+t.store+t.compute == 0 {
				p.steps[len(p.steps)-1].macs += t.macs
				return
			}
			p.steps = append(p.steps, step{layer: i, begins: t.first || t.room, alone: t.alone, weights: t.weights, acts: t.acts, store: t.store, compute: t.compute, macs: t.macs,
				onArray: true, weightsAt: weights, actsAt: in, outAt: out})
			weights, in, out = weights+t.weights, in+t.acts, out+t.store
		})
	case concat: // its inputs have been stored side by side
	case host:
		p.layers[i].host = m.hostCycles(l, int64(p.groups))
		p.steps = append(p.steps, step{layer: i, onHost: true, ops: hostOps(l) / int64(p.groups)})
	default:
		m.vectorSteps(p, i, l, in, out)
	}
}

// vectorSteps are work on the vector lanes: pieces that are loaded, pass the lanes and
// are stored.
func (m *Machine) vectorSteps(p *program, i int, l *layer, in, out int64) {
	groups := int64(p.groups)
	read, written, ops, lanes := int64(0), l.Out().Bytes()/groups, laneOps(l)/groups, int64(m.cfg.Engine.Lanes)
	if m.cfg.Engine.Sums > 0 && l.Head().Op == "Add" {
		ops, lanes = l.Out().Shape.Elements()/groups, int64(m.cfg.Engine.Sums)
	}
	for _, t := range l.inputs() {
		read += t.Bytes() / groups
	}
	work := unit.CeilDiv(ops, lanes)
	pieces := max(1, unit.CeilDiv(max(read, written), piece))
	share := func(n, k int64) int64 { return n*(k+1)/pieces - n*k/pieces }
	for k := range pieces {
		p.steps = append(p.steps, step{layer: i, begins: true, acts: share(read, k), store: max(1, share(written, k)), compute: share(work, k), ops: share(ops, k), actsAt: in, outAt: out})
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

// link finds for each step the one before it that used the same kind of buffer.
func (p *program) link() {
	w, a, s := -1, -1, [2]int{-1, -1}
	last := make([]int, len(p.layers))
	for i := range last {
		last[i] = -1
	}
	for i := range p.steps {
		t := &p.steps[i]
		last[t.layer] = i
		t.previousW, t.previousA, t.previousStores = w, a, s
		if t.weights > 0 {
			w = i
		}
		if t.acts > 0 {
			a = i
		}
		if t.store > 0 {
			s = [2]int{i, s[0]}
			p.layers[t.layer].stores++
		}
	}
	for i := range p.layers {
		l := &p.layers[i]
		l.idle = last[i] < 0
		if !l.idle && l.stores == 0 && l.host == 0 {
			l.stores, p.steps[last[i]].ends = 1, true
		}
	}
}
