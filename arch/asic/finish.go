package asic

import (
	"fmt"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Finish gives the data side of a post command: the sums of a tile, bias, the fused
// nodes, and the result's bytes at an address of the buffers. beside is where the
// tile's part of Extra lies, where the layer has one.
func (w *Walk) Finish(p *Product, t Tile, sums Sums, addr int64, beside ...int64) func() error {
	pl := w.Sim.plane
	if pl == nil || !pl.wants(w.Index, sums.Group) {
		return nil
	}
	layer, st := w.Index, pl.memories(w.Index)
	return func() error {
		a, err := p.values(&t, st, sums.Slot, p.Layer.Nodes[1:], beside)
		if err != nil {
			return err
		}
		raw := make([]byte, a.Len()*a.Type.CellBytes())
		a.Encode(raw, 0, a.Len())
		pl.note(layer, p, &t)
		delete(st.sums, sums.Slot)
		return st.buffers.WriteAt(raw, addr)
	}
}

// values is a tile's results after some of the fused nodes.
func (p *Product) values(t *Tile, st *stores, slot int, fused []*workloads.Node, beside []int64) (*workloads.Array, error) {
	a, err := p.head(t, st, slot)
	if err != nil {
		return nil, err
	}
	for i, n := range fused {
		in := make([]*workloads.Array, len(n.In))
		for j, x := range n.In {
			switch x {
			case nil:
			case p.Layer.Nodes[i].Out[0]:
				in[j] = a
			case p.Extra():
				if in[j], err = p.extra(t, st, beside); err != nil {
					return nil, err
				}
			default:
				in[j] = st.values[x]
			}
		}
		out, err := reference.EvalFormat(n, in)
		if err != nil {
			return nil, err
		}
		a = out[0]
	}
	return a, nil
}

// Extra is the activation that a fused node reads beside the sums, or nil: the
// other end of a shortcut.
func (p *Product) Extra() *workloads.Tensor {
	for i, n := range p.Layer.Nodes[1:] {
		for _, t := range n.In {
			if t != nil && t.Role != workloads.Weight && t != p.Layer.Nodes[i].Out[0] {
				return t
			}
		}
	}
	return nil
}

// extra reads a tile's part of Extra out of the buffers.
func (p *Product) extra(t *Tile, st *stores, beside []int64) (*workloads.Array, error) {
	x := p.Extra()
	_, r := p.outBox(t)
	a := workloads.NewArray(x.Type, workloads.Shape(r.Shape()))
	raw := make([]byte, a.Len()*x.Type.CellBytes())
	if len(beside) == 0 {
		return nil, fmt.Errorf("layer %s: nothing was loaded of %s", p.Layer.Name, x.Name)
	}
	err := st.buffers.ReadAt(raw, beside[0])
	a.Decode(raw, 0, a.Len())
	return a, err
}

// head is the product's own result for a tile: sums and bias in its tensor's format.
func (p *Product) head(t *Tile, st *stores, slot int) (*workloads.Array, error) {
	node := p.Layer.Head()
	out := node.Out[0]
	sums := st.sums[slot]
	if len(sums) != p.Outputs(t) {
		return nil, fmt.Errorf("layer %s: %d results are finished, %d sums are there", p.Layer.Name, p.Outputs(t), len(sums))
	}
	_, r := p.outBox(t)
	a := workloads.NewArray(out.Type, workloads.Shape(r.Shape()))
	scale, pixels := reference.AccumulatorScale(node), p.Outputs(t)/(t.Images()*t.Filters())
	for image := range t.Images() {
		for k := range t.Filters() {
			bias := p.bias(t.Group*p.Space.K+t.K0+k, st)
			from := sums[(k*t.Images()+image)*pixels:][:pixels]
			at := (image*t.Filters() + k) * pixels
			for i, sum := range from {
				switch {
				case out.Type == workloads.Int32:
					a.I32[at+i] = sum + bias
				case a.F != nil:
					a.F[at+i] = out.Type.Round(float32(float64(sum+bias) * scale))
				default:
					a.SetInt(at+i, int64(out.Type.Quantise(float64(sum+bias)*scale, out.Scale)))
				}
			}
		}
	}
	return a, nil
}

// bias is what a filter's sums begin with.
func (p *Product) bias(filter int, st *stores) int32 {
	in := p.Layer.Head().In
	if len(in) < 3 || in[2] == nil {
		return 0
	}
	a := st.values[in[2]]
	if a.Len() == 1 {
		filter = 0
	}
	return int32(a.Int(filter))
}

// Fuses tells which nodes the post station can do on a product's results as they
// pass: work on one value, alone or with a constant for all; with extra also one
// sum with another activation of the same shape.
func Fuses(chain []*workloads.Node, next *workloads.Node, extra bool) bool {
	if len(chain) == 0 || workloads.ClassOf(chain[0].Op) != workloads.MatrixClass {
		return false
	}
	others := 0
	for _, n := range chain[1:] {
		others += activations(n) - 1
	}
	return followsOn(chain, next, extra, &others) && others <= 1
}

// FusesStreamed tells which nodes the post station can do at once with a sum or product of
// two activations: work on one value, alone or with a constant for all.
func FusesStreamed(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 || len(chain[0].Out) != 1 || !workloads.Elementwise(chain[0].Op) || workloads.ClassOf(chain[0].Op) == workloads.View {
		return false
	}
	return followsOn(chain, next, false, nil)
}

// followsOn tells whether a node works on single values of a chain's result, beside
// constants, and where extra allows it other activations, which are counted.
func followsOn(chain []*workloads.Node, next *workloads.Node, extra bool, others *int) bool {
	shape := chain[0].Out[0].Shape
	if !workloads.Elementwise(next.Op) || len(next.Out) != 1 || !next.Out[0].Shape.Equal(shape) || !next.Out[0].Type.IsFloat() {
		return false
	}
	for _, t := range next.In {
		switch {
		case t == nil || t == chain[len(chain)-1].Out[0]:
		case t.Role == workloads.Weight && t.Shape.Elements() == 1:
		case extra && t.Role != workloads.Weight && t.Shape.Equal(shape):
			*others++
		default:
			return false
		}
	}
	return true
}

// activations counts a node's operands that are no constants.
func activations(n *workloads.Node) (count int) {
	for _, t := range n.In {
		if t != nil && t.Role != workloads.Weight {
			count++
		}
	}
	return count
}

// Copy gives the data side of bytes that go from one buffer address to another.
func (w *Walk) Copy(from, to, n int64) func() error {
	pl := w.Sim.plane
	if pl == nil {
		return nil
	}
	st := pl.memories(w.Index)
	return func() error { return move(st.buffers, from, st.buffers, to, n) }
}
