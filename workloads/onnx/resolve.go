package onnx

import (
	"fmt"
	"slices"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// resolve works out every shape, in order, and replaces what is constant by its
// value, on which later shapes may depend.
func (im *importer) resolve() error {
	for _, t := range im.graph.Inputs {
		if err := t.Shape.Validate(); err != nil {
			return fmt.Errorf("input %s of the graph: %w", t.Name, err)
		}
	}
	var kept []*workloads.Node
	for _, n := range im.graph.Nodes {
		for i, t := range n.In {
			if same, ok := im.alias[t]; ok {
				n.In[i] = same
			}
		}
		if err := im.infer(n); err != nil {
			return err
		}
		folded, err := im.fold(n)
		if err != nil {
			return err
		}
		if !folded {
			kept = append(kept, n)
		}
	}
	im.graph.Nodes = kept
	return nil
}

// infer is workloads.Infer with what only files need: old broadcasting, and shapes
// that spell out the batch size that the options have changed.
func (im *importer) infer(n *workloads.Node) error {
	if im.opset < 7 {
		if err := legacy(n); err != nil {
			return err
		}
	}
	if im.rebatch(n) {
		return nil
	}
	err := workloads.Infer(n)
	if err != nil && im.o.Batch > 0 && im.o.Batch != im.fileBatch {
		err = fmt.Errorf("%w (with batch %d; the model may be made for one batch size)", err, im.o.Batch)
	}
	return err
}

// rebatch tries a Reshape whose constant shape begins with the file's batch size
// with the batch that was asked for. It reports whether that fits.
func (im *importer) rebatch(n *workloads.Node) bool {
	if n.Op != "Reshape" || im.o.Batch == 0 || im.fileBatch <= 0 || im.o.Batch == im.fileBatch || len(n.In) < 2 {
		return false
	}
	data, want := n.In[0], n.In[1]
	if data == nil || data.Role == workloads.Weight || want == nil || want.Const == nil || want.Type != workloads.Int64 ||
		want.Const.Len() == 0 || want.Const.Int(0) != int64(im.fileBatch) || len(data.Shape) == 0 || data.Shape[0] != im.o.Batch {
		return false
	}
	a := *want.Const
	a.I = slices.Clone(a.I)
	a.I[0] = int64(im.o.Batch)
	changed := *want
	changed.Const = &a
	n.In[1] = &changed // a copy, for other nodes may share the constant
	if workloads.Infer(n) == nil {
		return true
	}
	n.In[1] = want
	return false
}

// legacy accepts opset 6's explicit broadcasting where it is today's (the second
// input aligned at the last axis), and gives PRelu's slopes, one for each channel,
// the axes that today's broadcasting wants.
func legacy(n *workloads.Node) error {
	if x, slope := n.Input(0), n.Input(1); n.Op == "PRelu" && x != nil && slope != nil &&
		slope.Const != nil && len(slope.Shape) == 1 && len(x.Shape) > 2 && slope.Shape[0] == x.Shape[1] {
		perChannel := *slope
		perChannel.Shape = append(slope.Shape.Clone(), slices.Repeat(workloads.Shape{1}, len(x.Shape)-2)...)
		perChannel.Const = slope.Const.Reshaped(perChannel.Shape)
		n.In[1] = &perChannel
	}
	axis, given := n.Attr["axis"].(int64)
	_, explicit := n.Attr["broadcast"].(int64)
	if !explicit || n.Op == "Gemm" || len(n.In) < 2 || n.In[0] == nil || n.In[1] == nil {
		return nil
	}
	rank, other := len(n.In[0].Shape), len(n.In[1].Shape)
	if given && axis != int64(rank-other) && axis != int64(-other) {
		return fmt.Errorf("node %v: broadcasting from axis %d on is not supported; convert the model to opset 7", n, axis)
	}
	return nil
}

// moves are operators that only rearrange their first input.
var moves = map[string]bool{"Reshape": true, "Flatten": true, "Transpose": true, "Squeeze": true, "Unsqueeze": true, "Identity": true}

// heavy are operators whose work is not in proportion to their tensors. They are
// left to the machine even where all is known.
var heavy = map[string]bool{"Conv": true, "ConvTranspose": true, "ConvInteger": true, "QLinearConv": true, "Gemm": true,
	"MatMul": true, "MatMulInteger": true, "QLinearMatMul": true, "Attention": true, "LSTM": true, "GRU": true, "RNN": true,
	"MaxPool": true, "AveragePool": true, "LpPool": true, "LRN": true, "TopK": true, "CumSum": true}

// smallSource is the greatest generated weight that is written out to fold with.
const smallSource = 1 << 16

// fold replaces the outputs of a node by constants, if they are. The graph's own
// outputs stay computed.
func (im *importer) fold(n *workloads.Node) (bool, error) {
	var made int64
	for _, t := range n.Out {
		if t == nil {
			continue
		}
		if im.leaves[t] {
			return false, nil
		}
		made += t.Shape.Elements()
	}
	if n.Op == "Identity" && n.In[0].Role == workloads.Weight && n.Out[0] != nil {
		im.alias[n.Out[0]] = n.In[0] // exporters share weights so; they are one tensor
		return true, nil
	}
	if im.foldUniform(n) || im.foldShape(n) {
		return true, nil
	}
	values, ok := im.values(n)
	if !ok || heavy[n.Op] || made > im.budget {
		return false, nil
	}
	im.budget -= made
	results, err := reference.Eval(n, values)
	if err != nil {
		return false, err
	}
	for i, t := range n.Out {
		if t == nil {
			continue
		}
		if i >= len(results) || results[i] == nil || !results[i].Shape.Equal(t.Shape) {
			return false, fmt.Errorf("node %v: output %s cannot be evaluated to the shape %v that was inferred", n, t.Name, t.Shape)
		}
		t.Role, t.Const, t.Type = workloads.Weight, results[i], results[i].Type
		im.trained[t] = (moves[n.Op] || n.Op == "DequantizeLinear" || n.Op == "Cast") && im.trained[n.In[0]]
	}
	return true, nil
}

// foldUniform makes a weight of one value without storing it: ConstantOfShape, and
// what only rearranges such a weight. Scalars and integers are stored.
func (im *importer) foldUniform(n *workloads.Node) bool {
	if len(n.Out) != 1 || n.Out[0] == nil {
		return false
	}
	t, v := n.Out[0], float32(0)
	switch {
	case n.Op == "ConstantOfShape" && t.Type.IsFloat() && len(t.Shape) > 0:
		if a, ok := n.Attr["value"].(*workloads.Array); ok {
			v = float32(a.At(0))
		}
	case moves[n.Op]:
		var ok bool
		if v, ok = im.uniform[n.In[0]]; !ok {
			return false
		}
	default:
		return false
	}
	t.Role, t.Source = workloads.Weight, workloads.Constant(v)
	im.uniform[t], im.trained[t] = v, true
	return true
}

// foldShape makes a constant of Shape and Size, which need no more than what is
// known of their input already.
func (im *importer) foldShape(n *workloads.Node) bool {
	if n.Op != "Shape" && n.Op != "Size" || n.Out[0] == nil {
		return false
	}
	t, in := n.Out[0], n.In[0].Shape
	a := workloads.NewArray(workloads.Int64, t.Shape)
	if n.Op == "Size" {
		a.I[0] = in.Elements()
	} else if len(a.I) > 0 {
		start := n.Attr.Int("start", 0)
		if start < 0 {
			start += int64(len(in))
		}
		for i := range a.I {
			a.I[i] = int64(in[int(max(0, start))+i])
		}
	}
	t.Role, t.Const = workloads.Weight, a
	return true
}

// values is the inputs of a node, if all are constant.
func (im *importer) values(n *workloads.Node) ([]*workloads.Array, bool) {
	values := make([]*workloads.Array, len(n.In))
	for i, t := range n.In {
		switch {
		case t == nil:
		case t.Role != workloads.Weight:
			return nil, false
		case t.Const != nil:
			values[i] = t.Const
		case t.Source != nil && t.Shape.Elements() <= smallSource:
			values[i] = written(t)
		default:
			return nil, false
		}
	}
	return values, true
}

// written is the values of a generated float weight.
func written(t *workloads.Tensor) *workloads.Array {
	a, real := workloads.NewArray(t.Type, t.Shape), make([]float32, t.Shape.Elements())
	t.Source.Fill(real, 0)
	for i, v := range real {
		a.Set(i, float64(v))
	}
	return a
}

// finish checks the weights and the graph, gives seeded weights if asked for, and
// counts parameters.
func (im *importer) finish() error {
	if len(im.graph.Nodes) == 0 {
		return fmt.Errorf("the graph has no nodes")
	}
	if im.o.RandomWeights {
		im.randomise()
	}
	im.graph.Params = im.params()
	return im.graph.Validate()
}

// params counts what training has set: float weights with at least one axis (and
// the integer filters of quantised models), but not the running statistics of
// BatchNormalization, as publications do.
func (im *importer) params() (total int64) {
	counted := map[*workloads.Tensor]bool{}
	for _, n := range im.graph.Nodes {
		for i, t := range n.In {
			switch {
			case t == nil || counted[t] || !im.trained[t] || len(t.Shape) == 0:
			case n.Op == "BatchNormalization" && i >= 3:
			case t.Type.IsFloat(), t.Type.Bits() == 8 && len(t.Shape) >= 2:
				counted[t] = true
				total += t.Shape.Elements()
			}
		}
	}
	return total
}
