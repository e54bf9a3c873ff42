package workloads_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// cuttable are nodes of every operator that Leading cuts. Extents coincide on
// purpose, so that a parameter looks like data.
var cuttable = []struct {
	op      string
	attr    attrs
	in      []shape
	leading int
}{
	{"MaxPool", attrs{"kernel_shape": pair(2, 3), "strides": pair(2, 1), "pads": []int64{1, 0, 0, 1}}, []shape{{3, 4, 5, 6}}, 2},
	{"AveragePool", attrs{"kernel_shape": pair(2, 2), "pads": []int64{1, 1, 1, 1}}, []shape{{2, 2, 4, 4}}, 2},
	{"LpPool", attrs{"kernel_shape": pair(2, 2)}, []shape{{2, 3, 4, 4}}, 2},
	{"GlobalAveragePool", nil, []shape{{3, 4, 5, 2}}, 2}, {"GlobalMaxPool", nil, []shape{{3, 4, 5}}, 2},
	{"InstanceNormalization", nil, []shape{{4, 4, 5, 3}, {4}, {4}}, 1},
	{"GroupNormalization", attrs{"num_groups": int64(2)}, []shape{{4, 4, 3}, {4}, {4}}, 1},
	{"LRN", attrs{"size": int64(3)}, []shape{{3, 5, 2, 2}}, 1},
	{"DepthToSpace", attrs{"blocksize": int64(2)}, []shape{{3, 8, 2, 2}}, 1}, {"SpaceToDepth", attrs{"blocksize": int64(2)}, []shape{{3, 2, 4, 4}}, 1},
	{"BatchNormalization", nil, []shape{{4, 4, 3}, {4}, {4}, {4}, {4}}, 1},
	{"Softmax", nil, []shape{{2, 3, 4}}, 2}, {"Softmax", attrs{"axis": int64(1)}, []shape{{2, 3, 4}}, 1}, {"Softmax", attrs{"axis": int64(0)}, []shape{{3, 4}}, 0},
	{"Softmax", attrs{"opset": int64(11)}, []shape{{2, 3, 4}}, 1}, {"Softmax", attrs{"opset": int64(11), "axis": int64(2)}, []shape{{2, 3, 4}}, 2},
	{"LogSoftmax", attrs{"axis": int64(-2)}, []shape{{2, 3, 4}}, 1},
	{"LayerNormalization", nil, []shape{{4, 4}, {4}, {4}}, 1}, {"LayerNormalization", attrs{"axis": int64(1)}, []shape{{3, 3, 4}, {3, 4}, {3, 4}}, 1},
	{"LayerNormalization", nil, []shape{{5, 2, 5}, {5}, {5}}, 2}, {"LayerNormalization", attrs{"axis": int64(0)}, []shape{{3, 2}, {3, 2}}, 0},
	{"RMSNormalization", nil, []shape{{4, 4}, {4}}, 1}, {"RMSNormalization", attrs{"axis": int64(-2)}, []shape{{2, 3, 4}, {3, 4}}, 1},
	{"RotaryEmbedding", nil, []shape{{3, 2, 5, 4}, {3, 5, 2}, {3, 5, 2}}, 1}, {"RotaryEmbedding", attrs{"num_heads": int64(2)}, []shape{{3, 5, 8}, {3, 5, 2}, {3, 5, 2}}, 1},
	{"RotaryEmbedding", nil, []shape{{7, 2, 5, 4}, {7, 2}, {7, 2}, {7, 5}}, 1},
	{"Add", nil, []shape{{3, 3}, {3}}, 2}, {"Sub", nil, []shape{{2, 1, 4}, {3, 1}}, 3}, {"Mul", nil, []shape{{}, {2, 3}}, 2}, {"Div", nil, []shape{{3, 3, 3}, {3, 1, 3}}, 3},
	{"Pow", nil, []shape{{2, 3}, {1, 3}}, 2}, {"PRelu", nil, []shape{{2, 3, 4}, {3, 1}}, 3}, {"Sum", nil, []shape{{3}, {3, 3}, {3, 1}}, 2}, {"Max", nil, []shape{{2}, {2, 2}}, 2},
	{"Min", nil, []shape{{2, 2}, {1, 2}}, 2}, {"Mean", nil, []shape{{2, 2}, {2}, {1}}, 2}, {"Clip", nil, []shape{{2, 3}, {}, {}}, 2}, {"Where", nil, []shape{{3, 1}, {3}, {3, 3}}, 2},
	{"Relu", nil, []shape{{2, 3}}, 2}, {"LeakyRelu", nil, []shape{{2, 3}}, 2}, {"Elu", nil, []shape{{2, 3}}, 2}, {"Selu", nil, []shape{{2, 3}}, 2}, {"Celu", nil, []shape{{2, 3}}, 2},
	{"Sigmoid", nil, []shape{{2, 3}}, 2}, {"HardSigmoid", nil, []shape{{2, 3}}, 2}, {"HardSwish", nil, []shape{{2, 3}}, 2}, {"Swish", nil, []shape{{2, 3}}, 2}, {"Tanh", nil, []shape{{2, 3}}, 2},
	{"Softplus", nil, []shape{{2, 3}}, 2}, {"Gelu", nil, []shape{{2, 3}}, 2}, {"Sqrt", nil, []shape{{2, 3}}, 2}, {"Erf", nil, []shape{{2, 3}}, 2}, {"Exp", nil, []shape{{2, 3}}, 2},
	{"Log", nil, []shape{{2, 3}}, 2}, {"Neg", nil, []shape{{2, 3}}, 2}, {"Abs", nil, []shape{{2, 3}}, 2}, {"Reciprocal", nil, []shape{{2, 3}}, 2}, {"Cast", attrs{"to": int64(10)}, []shape{{2, 3}}, 2},
	{"Equal", nil, []shape{{2, 2}, {2}}, 2}, {"Less", nil, []shape{{2, 2}, {2}}, 2}, {"Greater", nil, []shape{{2, 2}, {2}}, 2},
	{"And", nil, []shape{{2, 2}, {2}}, 2}, {"Or", nil, []shape{{2, 2}, {2, 1}}, 2}, {"Not", nil, []shape{{2, 3}}, 2},
}

// operand gives an input of a node its values: positions where positions belong,
// truths where truths do, positive numbers for everything else.
func operand(op string, i int, s shape) *workloads.Array {
	t, top := workloads.FP32, 0
	switch {
	case op == "And", op == "Or", op == "Not", op == "Where" && i == 0:
		t, top = workloads.Bool, 2
	case op == "RotaryEmbedding" && i == 3:
		t, top = workloads.Int64, 7
	}
	a, v := workloads.NewArray(t, s), make([]float32, s.Elements())
	workloads.Around(fmt.Sprint(op, i), 1, 1, 0.9).Fill(v, 0)
	for j := range v {
		if top > 0 {
			a.SetInt(j, int64(math.Mod(float64(v[j])*1e4, float64(top))))
		} else {
			a.Set(j, float64(v[j]))
		}
	}
	return a
}

// box copies elements [lo, hi) of an array, axis by axis.
func box(a *workloads.Array, lo, hi []int) *workloads.Array {
	s := make(shape, len(lo))
	for i := range s {
		s[i] = hi[i] - lo[i]
	}
	out := workloads.NewArray(a.Type, s)
	for at := range out.Len() {
		from, rest, stride := 0, at, 1
		for i := len(s) - 1; i >= 0; i-- {
			from += (lo[i] + rest%s[i]) * stride
			rest, stride = rest/s[i], stride*a.Shape[i]
		}
		out.Set(at, a.At(from))
	}
	return out
}

// piece is what a machine reads of input i for the part [lo, hi) of the output.
func piece(n *workloads.Node, i int, a *workloads.Array, lo, hi []int) *workloads.Array {
	from, to := make([]int, len(a.Shape)), append([]int{}, a.Shape...)
	for axis := range a.Shape {
		at := axis
		if workloads.Elementwise(n.Op) {
			at = len(lo) - len(a.Shape) + axis
			if a.Shape[axis] == 1 {
				continue
			}
		} else if axis >= workloads.Leading(n) || !workloads.CutAlike(n, i) {
			continue
		}
		from[axis], to[axis] = lo[at], hi[at]
	}
	return box(a, from, to)
}

// A node cut along its leading axes makes the same values, piece by piece, as the whole.
func TestPiecesMakeTheWhole(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range cuttable {
		tested[c.op] = true
		t.Run(fmt.Sprint(c.op, c.in), func(t *testing.T) {
			n := &workloads.Node{Name: "n", Op: c.op, Attr: c.attr, Out: []*workloads.Tensor{{Name: "y"}}}
			var in []*workloads.Array
			for i, s := range c.in {
				in = append(in, operand(c.op, i, s))
				n.In = append(n.In, &workloads.Tensor{Name: "x", Shape: s, Type: in[i].Type})
			}
			require.NoError(t, workloads.Infer(n))
			require.Equal(t, c.leading, workloads.Leading(n))
			n.Out[0].Type = workloads.Unset
			whole, err := reference.Eval(n, in)
			require.NoError(t, err)
			rapid.Check(t, func(t *rapid.T) {
				if c.leading == 0 {
					return
				}
				out := whole[0].Shape
				lo, hi := make([]int, len(out)), append([]int{}, out...)
				axis := rapid.IntRange(0, c.leading-1).Draw(t, "axis")
				for i := range axis {
					lo[i] = rapid.IntRange(0, out[i]-1).Draw(t, "index")
					hi[i] = lo[i] + 1
				}
				lo[axis] = rapid.IntRange(0, out[axis]-1).Draw(t, "lo")
				hi[axis] = rapid.IntRange(lo[axis]+1, out[axis]).Draw(t, "hi")
				part := make([]*workloads.Array, len(in))
				for i := range in {
					part[i] = piece(n, i, in[i], lo, hi)
				}
				got, err := reference.Eval(n, part)
				require.NoError(t, err)
				want := box(whole[0], lo, hi)
				require.Equal(t, want.Len(), got[0].Len())
				for i := range want.Len() {
					if a, b := want.At(i), got[0].At(i); math.Abs(a-b) > 1e-6 {
						t.Fatalf("[%v, %v): element %d is %v, of the whole %v", lo, hi, i, b, a)
					}
				}
			})
		})
	}
	for _, op := range reference.Ops() {
		n := &workloads.Node{Op: op, In: []*workloads.Tensor{tensor("x", 2, 3, 4)}, Out: []*workloads.Tensor{tensor("y", 2, 3, 4)}}
		assert.True(t, tested[op] || workloads.Leading(n) == 0, "%s can be cut and is not tested", op)
	}
}

func TestEffort(t *testing.T) {
	pool := attrs{"kernel_shape": pair(3, 3), "strides": pair(2, 2)}
	for _, c := range []struct {
		n            *workloads.Node
		simple, hard int64
	}{
		{node(t, "Relu", nil, tensor("x", 2, 3)), 6, 0},
		{node(t, "Add", nil, tensor("x", 2, 3), tensor("y", 3)), 6, 0},
		{node(t, "Sum", nil, tensor("x", 2, 3), tensor("y", 3), tensor("z", 3)), 12, 0},
		{node(t, "Sum", nil, tensor("x", 2, 3)), 6, 0},
		{node(t, "MaxPool", pool, tensor("x", 1, 2, 7, 7)), 2 * 3 * 3 * 9, 0},
		{node(t, "GlobalAveragePool", nil, tensor("x", 1, 2, 7, 7)), 98, 0},
		{node(t, "Softmax", nil, tensor("x", 4, 5)), 60, 40},
		{node(t, "Exp", nil, tensor("x", 4, 5)), 0, 20},
		{node(t, "LayerNormalization", nil, tensor("x", 4, 5), tensor("s", 5)), 140, 0},
		{node(t, "ReduceMean", attrs{"axes": []int64{1}}, tensor("x", 4, 5)), 20, 0},
	} {
		simple, hard := workloads.Effort(c.n)
		assert.Equal(t, []int64{c.simple, c.hard}, []int64{simple, hard}, "%s", c.n.Op)
	}
}

func TestClasses(t *testing.T) {
	for op, want := range map[string]workloads.Class{"Conv": workloads.MatrixClass, "Gemm": workloads.MatrixClass, "MatMul": workloads.MatrixClass, "Relu": workloads.Vector,
		"Softmax": workloads.Vector, "Transpose": workloads.Move, "Concat": workloads.Move, "Reshape": workloads.View, "Flatten": workloads.View, "NeverHeardOf": workloads.Vector} {
		assert.Equal(t, want, workloads.ClassOf(op), op)
	}
	for _, op := range reference.Ops() { // what is a view or a move makes no values of its own
		if c := workloads.ClassOf(op); c == workloads.View || c == workloads.Move {
			assert.False(t, workloads.Elementwise(op), op)
		}
	}
}
