package workloads

import "fmt"

// Fuser tells whether a machine can compute next in the drain of the chain of
// nodes before it, without the data leaving the machine's accumulators. With an
// empty chain it tells whether the machine has a kernel for the composite
// operator next; if not, the operator is written out in its parts.
type Fuser func(chain []*Node, next *Node) bool

// Prepare makes a graph ready for a machine: inference-only nodes are dropped,
// constant scalings folded into the weights before them, nodes grouped into
// layers as the machine can fuse them, and every tensor given its format. The
// graph itself is left untouched.
//
// Integer formats leave scales at 0, to be set by a calibration run
// (workloads/reference); timing does not depend on them.
func Prepare(g *Graph, p Precision, fuses Fuser) (*Network, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	whole, err := expandUnless(g, fuses)
	if err != nil {
		return nil, err
	}
	c := clone(whole)
	dropInferenceOnly(c)
	separateWeights(c)
	if err := foldNorms(c); err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		if err := computable(n); err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	left, err := onlyFirstResults(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.Name, err)
	}
	net := &Network{Graph: c, Precision: p, Layers: group(c, fuses), Left: left}
	assign(net, p)
	return net, nil
}

// writtenOut says how to bring to a machine what only the CPU kernels compute as one.
var writtenOut = map[string]string{
	"QLinearConv": "a float Conv, which is quantised here", "ConvInteger": "a float Conv, which is quantised here",
	"QLinearMatMul": "a float MatMul, which is quantised here", "MatMulInteger": "a float MatMul, which is quantised here",
	"RNN": "MatMul, Add and Tanh by time step", "GRU": "MatMul, Add, Mul, Sigmoid and Tanh by time step",
	"LSTM": "MatMul, Add, Mul, Sigmoid and Tanh by time step", "ConvTranspose": "a Conv over a spread-out input",
}

// computable refuses what no machine here computes, so that nothing costs zero.
func computable(n *Node) error {
	if how := writtenOut[n.Op]; how != "" {
		return fmt.Errorf("node %v: machines have no unit for this operator; write it as %s", n, how)
	}
	if trains(n) {
		return fmt.Errorf("node %v: it is in training mode, and machines here run inference; export the model for inference", n)
	}
	if ClassOf(n.Op) != MatrixClass {
		return nil
	}
	if _, ok := MatrixOf(n); !ok {
		return fmt.Errorf("node %v: %v by %v is not a product of one or two spatial axes, which machines here compute", n, n.Input(0).Shape, n.filter().Shape)
	}
	if b := n.Input(2); n.Op == "Conv" && b != nil && b.Role != Weight {
		return fmt.Errorf("node %v: the bias %s is made at run time; accumulators begin with constants, so add it in a node of its own", n, b.Name)
	}
	return nil
}

// expandUnless writes composite operators out, unless the machine has kernels for them.
func expandUnless(g *Graph, fuses Fuser) (*Graph, error) {
	for _, n := range g.Nodes {
		if n.Op == "Attention" && !fuses(nil, n) {
			return Expand(g)
		}
	}
	return g, nil
}

// separateWeights gives each product a copy of its own of a weight that several
// nodes read, since each reads it in the order of its own tiles.
func separateWeights(g *Graph) {
	used := map[*Tensor]bool{}
	for _, n := range g.Nodes {
		for i, t := range n.In {
			if t == nil || t.Role != Weight {
				continue
			}
			if used[t] && ClassOf(n.Op) == MatrixClass && i == 1 || used[t] && t.Type.IsFloat() && i == 0 && n.Op == "Gather" {
				c := *t
				n.In[i] = &c
			}
			used[t] = true
		}
	}
}

// clone copies nodes and tensors, sharing constants and sources.
func clone(g *Graph) *Graph {
	seen := map[*Tensor]*Tensor{nil: nil}
	copied := func(list []*Tensor) []*Tensor {
		out := make([]*Tensor, len(list))
		for i, t := range list {
			if _, ok := seen[t]; !ok {
				c := *t
				seen[t] = &c
			}
			out[i] = seen[t]
		}
		return out
	}
	c := &Graph{Name: g.Name, Params: g.Params, Batch: g.Batch, Inputs: copied(g.Inputs)}
	c.Nodes = make([]*Node, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		c.Nodes = append(c.Nodes, &Node{Name: n.Name, Op: n.Op, Attr: n.Attr, In: copied(n.In), Out: copied(n.Out)})
	}
	c.Outputs = copied(g.Outputs)
	return c
}

// trains tells a node whose values are those of a step of training: statistics of the
// batch, elements dropped at random. A mode that is given at run time is taken as inference.
func trains(n *Node) bool {
	if n.Op == "Dropout" {
		ratio, mode := n.Input(1), n.Input(2)
		set := func(t *Tensor) bool { return t != nil && t.Const != nil && t.Const.Len() == 1 && t.Const.At(0) != 0 }
		return set(mode) && (ratio == nil || ratio.Const == nil || set(ratio))
	}
	return n.Op == "BatchNormalization" && n.Attr.Int("training_mode", 0) != 0
}

// dropInferenceOnly removes Identity and Dropout, whose output is their input. What makes an
// output of the graph stays, as an Identity.
func dropInferenceOnly(g *Graph) {
	replaced := map[*Tensor]*Tensor{}
	kept := g.Nodes[:0]
	for _, n := range g.Nodes {
		for i, t := range n.In {
			if r, ok := replaced[t]; ok {
				n.In[i] = r
			}
		}
		if n.Op == "Dropout" && !trains(n) {
			n.Op, n.Attr, n.In, n.Out = "Identity", Attrs{}, n.In[:1], n.Out[:1]
		}
		if n.Op == "Identity" && !isOutput(g, n.Out[0]) {
			replaced[n.Out[0]] = n.In[0]
			continue
		}
		kept = append(kept, n)
	}
	g.Nodes = kept
}

func isOutput(g *Graph, t *Tensor) bool {
	for _, o := range g.Outputs {
		if o == t {
			return true
		}
	}
	return false
}

// consumers counts how many times each tensor is read, graph outputs included.
func consumers(g *Graph) map[*Tensor]int {
	uses := map[*Tensor]int{}
	for _, n := range g.Nodes {
		for _, t := range n.In {
			uses[t]++
		}
	}
	for _, t := range g.Outputs {
		uses[t]++
	}
	return uses
}

// foldNorms puts each BatchNormalization that follows a convolution into its
// weights and bias, as every inference compiler does, and Gemm's alpha and beta
// into its constants. A C that is more than a value per column is added apart.
func foldNorms(g *Graph) error {
	uses, made := consumers(g), map[*Tensor]*Node{}
	kept := make([]*Node, 0, len(g.Nodes))
	for _, n := range g.Nodes {
		if n.Op == "Gemm" {
			if err := foldGemm(n); err != nil {
				return fmt.Errorf("%s: %w", g.Name, err)
			}
		}
		conv := made[n.Input(0)]
		if n.Op == "BatchNormalization" && conv != nil && conv.Op == "Conv" && uses[n.In[0]] == 1 && fixed(conv.In[1:]) && fixed(n.In[1:]) {
			foldBatchNorm(conv, n)
			made[n.Out[0]] = conv
			continue
		}
		for _, t := range n.Out {
			made[t] = n
		}
		kept = append(kept, n)
		if n.Op == "Gemm" && n.Input(2) != nil && !perColumn(n.In[2], n.Out[0]) {
			kept = append(kept, takeSum(n))
		}
	}
	g.Nodes = kept
	return nil
}

// fixed tells whether all of a list, but for what is absent, is part of the model.
func fixed(list []*Tensor) bool {
	for _, t := range list {
		if t != nil && t.Role != Weight {
			return false
		}
	}
	return true
}

// perColumn tells a C that an accumulator can begin with: constant, one value for all or one a column.
func perColumn(c, out *Tensor) bool {
	n := c.Shape.Elements()
	return c.Role == Weight && (n == 1 || n == int64(out.Shape[1]) && c.Shape[len(c.Shape)-1] == out.Shape[1])
}

// takeSum takes the sum with C out of a Gemm into an Add of its own, which it returns.
func takeSum(n *Node) *Node {
	product := &Tensor{Name: n.Out[0].Name + ".product", Shape: n.Out[0].Shape.Clone(), Type: n.Out[0].Type}
	add := &Node{Name: n.Name + ".add", Op: "Add", In: []*Tensor{product, n.In[2]}, Out: n.Out, Attr: Attrs{}}
	n.In, n.Out = n.In[:2], []*Tensor{product}
	return add
}

// foldBatchNorm rewrites y = γ(conv(x)+b−μ)/√(σ²+ε) + β as conv'(x) + b' with
// w' = w·s and b' = (b−μ)·s + β, where s = γ/√(σ²+ε) per output channel.
func foldBatchNorm(conv, bn *Node) {
	w := conv.In[1]
	norm := &norm{gamma: bn.In[1], beta: bn.In[2], mean: bn.In[3], variance: bn.In[4], epsilon: bn.Attr.Float("epsilon", 1e-5)}
	if len(conv.In) > 2 {
		norm.bias = conv.In[2]
	}
	per := w.Shape.Elements() / int64(w.Shape[0])
	folded := &Tensor{Name: w.Name, Shape: w.Shape, Type: FP32, Role: Weight, Source: &scaled{of: w, by: norm.scale, per: per}}
	bias := &Tensor{Name: bn.In[2].Name, Shape: Shape{w.Shape[0]}, Type: FP32, Role: Weight, Source: normBias{norm}}
	conv.In = []*Tensor{conv.In[0], folded, bias}
	conv.Out = []*Tensor{bn.Out[0]}
}

// foldGemm brings Gemm to alpha = beta = 1.
func foldGemm(n *Node) error {
	alpha, beta := n.Attr.Float("alpha", 1), n.Attr.Float("beta", 1)
	attr := Attrs{}
	for k, v := range n.Attr {
		attr[k] = v
	}
	delete(attr, "alpha")
	delete(attr, "beta")
	n.Attr = attr
	in := append([]*Tensor{}, n.In...)
	if alpha != 1 {
		if in[1].Role != Weight {
			return fmt.Errorf("node %v: alpha=%g needs a constant B to be folded into", n, alpha)
		}
		in[1] = times(in[1], alpha)
	}
	if beta != 1 && len(in) > 2 && in[2] != nil {
		if in[2].Role != Weight {
			return fmt.Errorf("node %v: beta=%g needs a constant C to be folded into", n, beta)
		}
		in[2] = times(in[2], beta)
	}
	n.In = in
	return nil
}

func times(t *Tensor, f float32) *Tensor {
	all := t.Shape.Elements()
	return &Tensor{Name: t.Name, Shape: t.Shape, Type: FP32, Role: Weight, Source: &scaled{of: t, by: func(int64) float32 { return f }, per: all}}
}

// group walks the nodes in order and lets each join the layer that made its data
// where the machine can fuse it and everything else it reads is there before that
// layer starts; otherwise the node heads a layer of its own.
func group(g *Graph, fuses Fuser) []*Layer {
	uses, makerOf := consumers(g), map[*Tensor]int{}
	var layers []*Layer
	for _, n := range g.Nodes {
		at := -1
		for _, t := range n.In {
			if l, ok := makerOf[t]; ok && uses[t] == 1 && l > at && t == layers[l].Out() && others(n, t, l, makerOf) && fuses(layers[l].Nodes, n) {
				at = l
			}
		}
		if at >= 0 {
			layers[at].Nodes = append(layers[at].Nodes, n)
		} else {
			at = len(layers)
			layers = append(layers, &Layer{Name: n.Name, Nodes: []*Node{n}})
		}
		for _, t := range n.Out {
			if t != nil {
				makerOf[t] = at
			}
		}
	}
	return layers
}

// others tells whether every input of n but t is there before layer l starts.
func others(n *Node, t *Tensor, l int, makerOf map[*Tensor]int) bool {
	for _, o := range n.In {
		if m, ok := makerOf[o]; o != t && ok && m >= l {
			return false
		}
	}
	return true
}

// assign gives every tensor the format it is stored in. Layer outputs and inputs
// take the activation's format, operands of products the weight's, biases the
// accumulator's. What passes between the fused nodes of a layer is the
// accumulator itself, then fp32 as the vector unit computes.
func assign(net *Network, p Precision) {
	for _, n := range net.Graph.Nodes {
		for i, t := range n.In {
			if t != nil && t.Role == Input && t.Type.IsInt() && wantsIntegers(n, i) {
				t.Whole = true
			}
		}
	}
	for _, t := range net.Graph.Inputs {
		retype(t, p.Act)
	}
	for _, l := range net.Layers {
		for i, n := range l.Nodes {
			assignWeights(n, p)
			for _, t := range n.Out {
				switch {
				case t == nil:
				case i == len(l.Nodes)-1:
					retype(t, p.Act)
				case i == 0 && ClassOf(n.Op) == MatrixClass:
					retype(t, p.Act.Accumulator())
				default:
					retype(t, FP32)
				}
			}
		}
	}
}

// retype changes the format of a tensor of real numbers; indices stay what they are.
func retype(t *Tensor, to DType) {
	if t.Type.IsFloat() {
		t.Type, t.Scale = to, 0
	}
}

func assignWeights(n *Node, p Precision) {
	for i, t := range n.In {
		if t == nil || t.Role != Weight {
			continue
		}
		switch {
		case ClassOf(n.Op) == MatrixClass && i == 0:
			retype(t, p.Act)
		case ClassOf(n.Op) == MatrixClass && i == 1:
			retype(t, p.Weight)
		case ClassOf(n.Op) == MatrixClass:
			retype(t, p.Act.Accumulator())
		case n.Op == "Gather" && i == 0:
			retype(t, p.Act)
		case p.Act.IsFloat():
			retype(t, p.Act)
		default: // parameters of vector operators stay real numbers beside integer data
			retype(t, FP32)
		}
	}
}
