package workloads

// Class says which kind of hardware a node needs.
type Class uint8

// Matrix nodes multiply and accumulate; Vector nodes compute element by element
// or row by row; Move nodes only put elements elsewhere; View nodes give the same
// bytes another shape and cost nothing.
const (
	Vector Class = iota
	MatrixClass
	Move
	View
)

var classes = map[string]Class{
	"Conv": MatrixClass, "Gemm": MatrixClass, "MatMul": MatrixClass,
	"ConvInteger": MatrixClass, "QLinearConv": MatrixClass, "MatMulInteger": MatrixClass, "QLinearMatMul": MatrixClass,
	"Reshape": View, "Flatten": View, "Squeeze": View, "Unsqueeze": View, "Identity": View, "Dropout": View,
	"Transpose": Move, "Concat": Move, "Split": Move, "Slice": Move, "Pad": Move, "Gather": Move, "Expand": Move,
	"Tile": Move, "DepthToSpace": Move, "SpaceToDepth": Move,
}

// ClassOf is the class of an operator; anything not listed is Vector work.
func ClassOf(op string) Class { return classes[op] }

// effort is the vector work an operator does for one output element (or, where
// perInput is set, for one input element): simple operations (add, multiply,
// compare, select) and transcendental ones (exp, tanh, erf, divide, square root).
type effort struct {
	simple, hard float64
	perInput     bool
}

// efforts counts the operations of the plainest algorithm for each operator; the
// derivation is the comment. Operators not listed take one simple operation.
var efforts = map[string]effort{
	"Sigmoid": {1, 2, false}, "Tanh": {0, 1, false}, "Erf": {0, 1, false}, "Exp": {0, 1, false}, "Log": {0, 1, false},
	"Sqrt": {0, 1, false}, "Div": {0, 1, false}, "Reciprocal": {0, 1, false}, "Pow": {0, 2, false}, // log, exp
	"Gelu": {3, 1, false}, "Swish": {2, 2, false}, "HardSwish": {4, 0, false}, "HardSigmoid": {3, 0, false}, // x·σ(x); clamp of a line
	"Elu": {2, 1, false}, "Selu": {3, 1, false}, "Celu": {2, 2, false}, "Softplus": {1, 2, false}, "LeakyRelu": {2, 0, false},
	"PRelu": {2, 0, false}, "Clip": {2, 0, false}, "BatchNormalization": {2, 0, false}, // one multiply-add per element
	"Softmax": {3, 2, false}, "LogSoftmax": {4, 1, false}, // max, subtract, sum; exp, divide
	"LayerNormalization": {7, 0, true}, "RMSNormalization": {4, 0, true}, // sums, squares, subtract, two scalings
	"InstanceNormalization": {6, 0, true}, "GroupNormalization": {6, 0, true},
	"LRN":               {3, 2, false}, // square, running sum of the window, scale; log and exp of the power
	"RotaryEmbedding":   {3, 0, false}, // two multiplies and an add
	"QuantizeLinear":    {3, 0, false}, // scale, round, clamp
	"DequantizeLinear":  {2, 0, false},
	"GlobalAveragePool": {1, 0, true}, "GlobalMaxPool": {1, 0, true},
	"ReduceMean": {1, 0, true}, "ReduceSum": {1, 0, true}, "ReduceMax": {1, 0, true}, "ReduceMin": {1, 0, true},
	"ReduceL1": {2, 0, true}, "ReduceL2": {2, 0, true}, "ArgMax": {2, 0, true}, "ArgMin": {2, 0, true}, "CumSum": {1, 0, true},
}

// Effort is the number of simple and transcendental vector operations a node takes.
func Effort(n *Node) (simple, hard int64) {
	count := n.Out[0].Shape.Elements()
	e, ok := efforts[n.Op]
	switch {
	case n.Op == "MaxPool" || n.Op == "AveragePool" || n.Op == "LpPool":
		window := int64(1)
		for _, k := range n.Attr.Ints("kernel_shape", nil) {
			window *= k
		}
		return count * window, 0
	case n.Op == "Resize" || n.Op == "Upsample":
		return count * weighed(n), 0
	case n.Op == "Sum" || n.Op == "Max" || n.Op == "Min" || n.Op == "Mean":
		return count * int64(max(1, len(n.In)-1)), 0
	case !ok:
		return count, 0
	case e.perInput:
		count = n.In[0].Shape.Elements()
	}
	return int64(e.simple * float64(count)), int64(e.hard * float64(count))
}

// weighed is the elements of which a resized one is a sum: two or four along each axis that changes.
func weighed(n *Node) int64 {
	each := map[string]int64{"linear": 2, "cubic": 4}[n.Attr.Text("mode", "nearest")]
	taps := int64(1)
	for i, d := range n.Out[0].Shape {
		if in := n.In[0].Shape; each > 0 && i < len(in) && in[i] != d {
			taps *= each
		}
	}
	return taps
}

// Leading is the number of leading output axes along which a node's work can be
// cut into pieces that do not depend on one another, with the inputs that CutAlike
// names cut at the same indices and all others whole. 0: the node is one piece.
func Leading(n *Node) int {
	out := n.Out[0].Shape
	if n.Op == "MaxPool" && len(n.Out) > 1 && n.Out[1] != nil {
		return 0 // indices count through the whole tensor
	}
	switch n.Op {
	case "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool":
		return 2
	case "LRN", "InstanceNormalization", "GroupNormalization", "DepthToSpace", "SpaceToDepth":
		return 1
	case "BatchNormalization":
		return 1
	case "Softmax", "LogSoftmax":
		return softmaxAxis(n, len(out))
	case "LayerNormalization", "RMSNormalization":
		return axisOf(n.Attr.Int("axis", -1), len(out))
	case "RotaryEmbedding":
		return 1
	}
	if elementwise[n.Op] {
		return len(out)
	}
	return 0
}

// CutAlike tells whether input i of a node is cut with its output along the
// Leading axes. Inputs of elementwise nodes are, but along axes they broadcast.
func CutAlike(n *Node, i int) bool {
	switch {
	case i == 0 || elementwise[n.Op]:
		return true
	case n.Op == "RotaryEmbedding": // tables by batch and position, or one for all and the positions
		return i == 3 || i < 3 && len(n.In[i].Shape) == 3
	}
	return false
}

func softmaxAxis(n *Node, rank int) int {
	def := int64(-1)
	if n.Attr.Int("opset", 23) < 13 {
		def = 1
	}
	return axisOf(n.Attr.Int("axis", def), rank)
}

func axisOf(axis int64, rank int) int {
	if axis < 0 {
		axis += int64(rank)
	}
	return int(min(max(axis, 0), int64(rank)))
}

var elementwise = func() map[string]bool {
	set := map[string]bool{}
	for _, op := range []string{"Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Erf", "Exp", "Log", "Neg", "Abs", "Reciprocal", "Sum", "Max",
		"Min", "Mean", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "HardSwish", "Swish", "Tanh",
		"Softplus", "Gelu", "Clip", "Cast", "Where", "Equal", "Less", "Greater", "Not", "And", "Or"} {
		set[op] = true
	}
	return set
}()

// Elementwise tells operators whose output element depends only on the input
// elements at the same (broadcast) index.
func Elementwise(op string) bool { return elementwise[op] }
