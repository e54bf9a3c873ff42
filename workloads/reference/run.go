package reference

import (
	"fmt"
	"math"

	"nnsim/workloads"
)

// Values holds the stored values of tensors.
type Values map[*workloads.Tensor]*workloads.Array

// Options say how a network is run.
type Options struct {
	// Keep keeps the output of every layer among the values returned, not only
	// the graph's outputs.
	Keep bool
	// Calibrate sets the scale of every integer tensor that has none, from the
	// values of this run: max|x| over the type's greatest value.
	Calibrate bool
	// Progress, where set, is told after each layer how many are done.
	Progress func(done, total int)
}

// Run evaluates a prepared network, node after node, in the formats its tensors
// have. Inputs that are not given are made by their source; real numbers given for
// an input stored in another format are brought to it. Weights are made when they
// are used and, like everything else, dropped after their last use.
func Run(net *workloads.Network, inputs Values, o Options) (Values, error) {
	r := &runner{Options: o, values: Values{}, left: map[*workloads.Tensor]int{}}
	r.count(net)
	for _, t := range net.Graph.Inputs {
		if err := r.input(t, inputs[t]); err != nil {
			return nil, err
		}
	}
	for i, l := range net.Layers {
		for _, n := range l.Nodes {
			if err := r.step(n); err != nil {
				return nil, err
			}
		}
		if o.Progress != nil {
			o.Progress(i+1, len(net.Layers))
		}
	}
	return r.values, nil
}

// runner holds the values that are still needed during a run.
type runner struct {
	Options
	values Values
	left   map[*workloads.Tensor]int // how often each tensor will still be read
}

// count counts the readers of each tensor; what is to be kept is read once more.
func (r *runner) count(net *workloads.Network) {
	for _, l := range net.Layers {
		for _, n := range l.Nodes {
			for _, t := range n.In {
				r.left[t]++
			}
		}
		if r.Keep {
			r.left[l.Out()]++
		}
	}
	for _, t := range net.Graph.Outputs {
		r.left[t]++
	}
}

// input takes a given value, or makes one.
func (r *runner) input(t *workloads.Tensor, given *workloads.Array) (err error) {
	if given == nil {
		r.values[t], err = Materialise(t)
		return err
	}
	r.values[t], err = stored(given, t)
	return err
}

// step computes one node and drops what nobody will read again.
func (r *runner) step(n *workloads.Node) error {
	in := make([]*workloads.Array, len(n.In))
	for i := range n.In {
		if i == 2 {
			r.shareScale(n)
		}
		if n.In[i] == nil {
			continue
		}
		a, err := r.value(n, n.In[i])
		if err != nil {
			return err
		}
		in[i] = a
	}
	results, err := r.compute(n, in)
	if err != nil {
		return err
	}
	for i, t := range n.Out {
		if t == nil || r.left[t] == 0 || results[i].array == nil {
			continue
		}
		if r.values[t], err = results[i].encode(n, t); err != nil {
			return err
		}
	}
	for _, t := range n.In {
		if r.left[t]--; r.left[t] == 0 {
			delete(r.values, t)
		}
	}
	return nil
}

// value is what a node reads: computed before, or a weight made now.
func (r *runner) value(n *workloads.Node, t *workloads.Tensor) (*workloads.Array, error) {
	if a := r.values[t]; a != nil {
		return a, nil
	}
	if t.Role != workloads.Weight && t.Role != workloads.Input {
		return nil, fmt.Errorf("node %v reads %s, which no node before it has made", n, t.Name)
	}
	a, err := Materialise(t)
	if err != nil {
		return nil, fmt.Errorf("node %v: %w", n, err)
	}
	r.values[t] = a
	return a, nil
}

// shareScale gives the bias of an integer head the accumulator's scale before it is
// made. A bias that another head already uses at another scale becomes its own tensor.
func (r *runner) shareScale(n *workloads.Node) {
	b, scale := n.In[2], AccumulatorScale(n)
	if scale == 0 || b == nil || b.Type != workloads.Int32 || b.Role != workloads.Weight || b.Scale == scale {
		return
	}
	if b.Scale == 0 {
		b.Scale = scale
		return
	}
	own := *b
	own.Scale = scale
	n.In[2] = &own
	r.left[&own]++
	r.left[b]--
}

// compute evaluates a node and sets the scales of its outputs: of accumulators in
// any run, for they follow from the inputs, of everything else when calibrating.
func (r *runner) compute(n *workloads.Node, in []*workloads.Array) ([]result, error) {
	if r.Calibrate {
		inherit(n)
	}
	results, err := inFormat(n, in)
	if err == nil && r.Calibrate && results[0].peak > math.MaxInt32 {
		results, err = r.coarser(n, in, results[0].peak)
	}
	if err != nil {
		return nil, err
	}
	for i, t := range n.Out {
		if t == nil || i >= len(results) || results[i].array == nil || t.Scale != 0 || !t.Type.IsInt() || t.Type == workloads.Int64 {
			continue
		}
		switch res := results[i]; {
		case t.Type == workloads.Int32 && isHead(n.Op) && res.scale != 0:
			t.Scale = res.scale
		case r.Calibrate && (res.scale != 0 || res.array.Type.IsFloat()):
			t.Scale = scaleFor(res.greatestMagnitude(), t.Type)
		}
	}
	return results, nil
}

// coarser makes a head whose sums left int32 again, with its weights in steps so
// much larger that they fit. Two activations cannot be changed any more.
func (r *runner) coarser(n *workloads.Node, in []*workloads.Array, peak float64) (results []result, err error) {
	w := n.In[1]
	if w.Role != workloads.Weight {
		return nil, fmt.Errorf("node %v: sums reach %.3g, which int32 does not hold; use a narrower data type than %v", n, peak, w.Type)
	}
	w.Scale *= math.Exp2(math.Ceil(math.Log2(peak/math.MaxInt32)) + 1)
	if in[1], err = Materialise(w); err != nil {
		return nil, err
	}
	r.values[w] = in[1]
	if b := n.Input(2); b != nil && b.Role == workloads.Weight && b.Type == workloads.Int32 {
		b.Scale = AccumulatorScale(n)
		if in[2], err = Materialise(b); err != nil {
			return nil, err
		}
		r.values[b] = in[2]
	}
	return inFormat(n, in)
}

// inherit gives the outputs of an operator that only moves elements the scale of
// what it moves, so that the stored integers stay what they are. Concat, whose
// inputs differ, takes the greatest.
func inherit(n *workloads.Node) {
	class := workloads.ClassOf(n.Op)
	if class != workloads.Move && class != workloads.View && n.Op != "MaxPool" {
		return
	}
	first := n.Input(0)
	if first == nil || !isScaled(first) {
		return
	}
	scale := first.Scale
	if n.Op == "Concat" {
		for _, t := range n.In[1:] {
			if t.Type == first.Type {
				scale = max(scale, t.Scale)
			}
		}
	}
	for _, t := range n.Out {
		if t != nil && t.Type == first.Type && t.Scale == 0 {
			t.Scale = scale
		}
	}
}
