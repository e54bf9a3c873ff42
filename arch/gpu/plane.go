package gpu

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"nnsim/arch"
	"nnsim/mem"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// plane is the data plane: the contents of off-chip memory, and what each layer's
// CTAs do to them, in the order in which the grid runs them. Timing does not depend
// on it.
type plane struct {
	s     *simulation
	check arch.Checker
	image *mem.Image // in Full mode one for the run, in Sample mode one a layer
}

func newPlane(s *simulation, check arch.Checker) *plane {
	return &plane{s: s, check: check}
}

// full tells whether every element is computed.
func (p *plane) full() bool { return p.check.Mode() == arch.Full }

// layer carries out a layer's arithmetic and hands its output over.
func (p *plane) layer(i int) error {
	lp := p.s.plan.Layers[i]
	if err := p.lay(i); err != nil {
		return err
	}
	t, ok := lp.Custom.(*task)
	picked := []int(nil)
	var err error
	switch {
	case !ok:
		if !p.full() {
			return nil // a view of made-up values says nothing
		}
	case t.product != nil:
		picked, err = p.multiply(i, t)
	default:
		picked, err = p.evaluate(lp.Layer)
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", lp.Layer.Name, err)
	}
	out, err := p.read(lp.Layer.Out())
	if err == nil {
		err = p.check.Produced(i, out, picked)
	}
	p.forget(i)
	return err
}

// lay brings a layer's weights into memory, in Full mode also the inputs of the
// graph before the first layer, in Sample mode all the layer reads.
func (p *plane) lay(i int) error {
	l := p.s.plan.Layers[i].Layer
	var list []*workloads.Tensor
	switch {
	case !p.full():
		p.image = mem.NewImage(p.s.plan.OffChip)
	case i == 0:
		p.image = mem.NewImage(p.s.plan.OffChip)
		list = append(list, p.s.net.Graph.Inputs...)
	}
	made := map[*workloads.Tensor]bool{}
	for _, n := range l.Nodes {
		for _, t := range n.In {
			if t != nil && !made[t] && (t.Role == workloads.Weight || !p.full()) {
				list = append(list, t)
			}
		}
		for _, t := range n.Out {
			made[t] = true
		}
	}
	for _, t := range list {
		a, err := p.check.Value(t)
		if err != nil {
			return err
		}
		if err := p.write(t, a); err != nil {
			return err
		}
	}
	return nil
}

// read is a tensor as it lies in memory.
func (p *plane) read(t *workloads.Tensor) (*workloads.Array, error) {
	a := workloads.NewArray(t.Type, t.Shape)
	raw := make([]byte, a.Len()*t.Type.CellBytes())
	err := p.image.ReadAt(raw, p.s.plan.Places[t].OffChip)
	a.Decode(raw, 0, a.Len())
	return a, err
}

// write puts a whole tensor into memory.
func (p *plane) write(t *workloads.Tensor, a *workloads.Array) error {
	raw := make([]byte, a.Len()*t.Type.CellBytes())
	a.Encode(raw, 0, a.Len())
	return p.image.WriteAt(raw, p.s.plan.Places[t].OffChip)
}

// evaluate is a streaming kernel: its nodes one after another on what lies in
// memory, the results back to it. Its CTAs share the work by position, which moves
// nothing to another place, so it is done as one.
func (p *plane) evaluate(l *workloads.Layer) (picked []int, err error) {
	values := map[*workloads.Tensor]*workloads.Array{}
	var out []*workloads.Array
	for _, n := range l.Nodes {
		in := make([]*workloads.Array, len(n.In))
		for j, t := range n.In {
			if t == nil {
				continue
			}
			if in[j] = values[t]; in[j] == nil {
				if in[j], err = p.read(t); err != nil {
					return nil, err
				}
				values[t] = in[j]
			}
		}
		if out, err = reference.EvalFormat(n, in); err != nil {
			return nil, err
		}
		for j, t := range n.Out {
			if t != nil {
				values[t] = out[j]
			}
		}
	}
	for j, t := range l.Nodes[len(l.Nodes)-1].Out {
		if t == nil {
			continue
		}
		if err := p.write(t, out[j]); err != nil {
			return nil, err
		}
	}
	if !p.full() {
		picked = sampled(out[0].Len(), rand.New(rand.NewPCG(uint64(p.s.job.Seed), 1)))
	}
	return picked, nil
}

// mostSampled is the number of elements of a streaming kernel's result that are
// handed over in Sample mode.
const mostSampled = 4096

// sampled picks indices below n: all of a few, of many the ends and a seeded choice.
func sampled(n int, rng *rand.Rand) (list []int) {
	if n <= mostSampled {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	list = append(list, 0, n-1)
	for len(list) < mostSampled {
		list = append(list, rng.IntN(n))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// forget frees the weights that only this layer read.
func (p *plane) forget(i int) {
	if !p.full() {
		p.image = nil
		return
	}
	for _, n := range p.s.plan.Layers[i].Layer.Nodes {
		for _, t := range n.In {
			if pl := p.s.plan.Places[t]; t != nil && t.Role == workloads.Weight && pl.Last == i {
				p.image.Drop(pl.OffChip, pl.Bytes)
			}
		}
	}
}
