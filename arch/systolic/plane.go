package systolic

import (
	"fmt"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads"
)

// plane is the data plane: the contents of the memories, and what the units do to
// them, in the order of the edges at which they do it. Timing does not depend on it.
type plane struct {
	s      *simulation
	check  arch.Checker
	agenda engine.Agenda

	stores *stores        // the memories in Full mode
	layers []*stores      // by layer, in Sample mode, where each layer has memories of its own
	views  map[int][]int  // by layer: views of its output, which are done with it
	picks  map[int]*picks // by layer, in Sample mode

	gathered map[*workloads.Tensor]mem.SRAM // of what lies in rings: all that was left there
}

// stores are the memories' contents.
type stores struct {
	offChip mem.Store
	buffer  mem.Store
	fifo    mem.Store
	acc     [2]accumulator
	tile    []float32                              // in the array's registers, where a FIFO feeds them
	values  map[*workloads.Tensor]*workloads.Array // constants beside the vector unit
}

// accumulator is one bank: sums of one output tile, int32 or fp32.
type accumulator struct {
	i []int32
	f []float32
}

// newPlane makes the memories; nothing is in them yet.
func newPlane(s *simulation, check arch.Checker) *plane {
	p := &plane{s: s, check: check, views: map[int][]int{}, picks: map[int]*picks{}, gathered: map[*workloads.Tensor]mem.SRAM{}}
	p.stores = p.newStores(check.Mode() == arch.Full)
	p.layers = make([]*stores, len(s.plan.Layers))
	for i, lp := range s.plan.Layers {
		if lp.Nest == nil && lp.Pieces == nil {
			at := s.plan.Places[lp.Layer.Out()].First
			p.views[at] = append(p.views[at], i)
		}
	}
	return p
}

// newStores makes memories of the machine's sizes. Small accesses to few places
// need no solid buffer.
func (p *plane) newStores(solid bool) *stores {
	t := &p.s.plan.Target
	tile := int64(t.Rows) * int64(t.Cols) * int64(t.Arrays) * 4
	st := &stores{values: map[*workloads.Tensor]*workloads.Array{}, offChip: mem.NewImage(p.s.plan.OffChip), fifo: mem.NewImage(tile * int64(max(1, p.s.cfg.Weights.FIFO)))}
	if solid && !t.Unlimited {
		st.buffer = make(mem.SRAM, t.Buffer)
	} else {
		st.buffer = mem.NewImage(1 << 50)
	}
	return st
}

// advance does everything that lies before an edge.
func (p *plane) advance(now unit.Edge) {
	if err := p.agenda.Before(now); err != nil {
		p.s.engine.Fail(err)
	}
}

// memories are those a layer works on.
func (p *plane) memories(layer int) *stores {
	if p.check.Mode() == arch.Full {
		return p.stores
	}
	return p.layers[layer]
}

// prepare lays a layer's weights (and at the start the inputs, in Sample mode its
// activations) into memory.
func (p *plane) prepare(layer int) error {
	p.advance(p.s.engine.Now())
	if p.check.Mode() == arch.Sample {
		p.layers[layer] = p.newStores(false)
	} else if layer == 0 {
		for _, t := range p.s.net.Graph.Inputs {
			if err := p.lay(p.stores, layer, t); err != nil {
				return err
			}
		}
	}
	l := p.s.plan.Layers[layer]
	if l.Nest == nil && l.Pieces == nil {
		return nil
	}
	p.pick(layer)
	st := p.memories(layer)
	for i, n := range l.Layer.Nodes {
		for j, t := range n.In {
			if t == nil || p.inner(l.Layer, t) {
				continue
			}
			if t.Role == workloads.Weight && (l.Nest == nil || i > 0 || j > 1) {
				if err := p.parameter(st, t); err != nil {
					return err
				}
			} else if t.Role == workloads.Weight || p.check.Mode() == arch.Sample {
				if err := p.lay(st, layer, t); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// inner tells tensors that pass between a layer's own nodes.
func (p *plane) inner(l *workloads.Layer, t *workloads.Tensor) bool {
	for _, n := range l.Nodes[:len(l.Nodes)-1] {
		if n.Out[0] == t {
			return true
		}
	}
	return false
}

// parameter makes the value of a bias or another constant beside the vector unit.
func (p *plane) parameter(st *stores, t *workloads.Tensor) error {
	if st.values[t] != nil {
		return nil
	}
	a, err := p.check.Value(t)
	st.values[t] = a
	return err
}

// lay writes a tensor's values where the plan has placed it.
func (p *plane) lay(st *stores, layer int, t *workloads.Tensor) error {
	a, err := p.check.Value(t)
	if err != nil {
		return err
	}
	w := t.Type.CellBytes()
	raw := make([]byte, a.Len()*w)
	a.Encode(raw, 0, a.Len())
	pl := p.s.plan.Places[t]
	if pl.Packed {
		n := p.s.plan.Layers[layer].Nest
		raw = packTiles(raw, p.s.plan.Layers[layer].Layer.Head(), n, w)
	}
	if pl.Ring > 0 {
		return p.stays(st, pl, t.Shape, mem.Whole(t.Shape), w, raw)
	}
	if pl.OnChip >= 0 {
		return st.buffer.WriteAt(raw, pl.OnChip)
	}
	return st.offChip.WriteAt(raw, pl.OffChip)
}

// layerDone hands a finished layer's output over at its last edge, and forgets its weights.
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
	picked := p.pickedElements(layer)
	if p.check.Mode() == arch.Sample && picked == nil {
		return nil
	}
	out := p.s.plan.Layers[layer].Layer.Out()
	raw := make([]byte, out.Shape.Elements()*int64(out.Type.CellBytes()))
	pl, st := p.s.plan.Places[out], p.memories(layer)
	from, addr := st.buffer, pl.OnChip
	switch {
	case pl.Ring > 0:
		from, addr = p.gathered[out], 0
		delete(p.gathered, out)
	case pl.OnChip < 0:
		from, addr = st.offChip, pl.OffChip
	}
	if err := from.ReadAt(raw, addr); err != nil {
		return fmt.Errorf("systolic: layer %s: %w", p.s.plan.Layers[layer].Layer.Name, err)
	}
	a := workloads.NewArray(out.Type, out.Shape)
	a.Decode(raw, 0, a.Len())
	return p.check.Produced(layer, a, picked)
}

// forget frees what only this layer needed.
func (p *plane) forget(layer int) {
	p.layers[layer] = nil
	if p.check.Mode() == arch.Sample {
		return
	}
	l := p.s.plan.Layers[layer].Layer
	for _, n := range l.Nodes {
		for _, t := range n.In {
			if t != nil && t.Role == workloads.Weight && p.s.plan.Places[t] != nil && p.s.plan.Places[t].Last == layer {
				pl := p.s.plan.Places[t]
				p.stores.offChip.(*mem.Image).Drop(pl.OffChip, pl.Bytes)
				delete(p.stores.values, t)
			}
		}
	}
}
