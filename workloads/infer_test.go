package workloads

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// in makes an input of a shape, ints one with known integers.
func in(s ...int) *Tensor { return &Tensor{Name: "x", Shape: s, Type: FP32} }
func ints(v ...int64) *Tensor {
	a := &Array{Type: Int64, Shape: Shape{len(v)}, I: v}
	return &Tensor{Name: "list", Shape: a.Shape, Type: Int64, Role: Weight, Const: a}
}

func typed(t DType, s ...int) *Tensor { return &Tensor{Name: "x", Shape: s, Type: t} }

// list makes an integer-list attribute.
func list(v ...int64) []int64 { return v }

func TestInferShapes(t *testing.T) {
	for name, c := range map[string]struct {
		op   string
		in   []*Tensor
		attr Attrs
		want Shape
	}{
		"conv, stride 2, pad 3":       {"Conv", []*Tensor{in(1, 3, 224, 224), in(64, 3, 7, 7), in(64)}, Attrs{"strides": list(2, 2), "pads": list(3, 3, 3, 3)}, Shape{1, 64, 112, 112}},
		"conv, dilated":               {"Conv", []*Tensor{in(1, 1, 9, 9), in(1, 1, 3, 3)}, Attrs{"dilations": list(3, 2)}, Shape{1, 1, 3, 5}},
		"conv, depthwise":             {"Conv", []*Tensor{in(1, 32, 8, 8), in(32, 1, 3, 3)}, Attrs{"group": int64(32)}, Shape{1, 32, 6, 6}},
		"conv, same":                  {"Conv", []*Tensor{in(1, 1, 7, 8), in(1, 1, 3, 3)}, Attrs{"auto_pad": "SAME_UPPER", "strides": list(2, 2)}, Shape{1, 1, 4, 4}},
		"conv, 1-D":                   {"Conv", []*Tensor{in(2, 4, 10), in(6, 4, 3)}, nil, Shape{2, 6, 8}},
		"pool, ceil":                  {"MaxPool", []*Tensor{in(1, 1, 4, 4)}, Attrs{"kernel_shape": list(3, 3), "strides": list(2, 2), "ceil_mode": int64(1)}, Shape{1, 1, 2, 2}},
		"pool, ceil, last in padding": {"MaxPool", []*Tensor{in(1, 1, 2, 2)}, Attrs{"kernel_shape": list(1, 1), "strides": list(2, 2), "ceil_mode": int64(1)}, Shape{1, 1, 1, 1}},
		"conv transpose":              {"ConvTranspose", []*Tensor{in(1, 1, 3, 3), in(1, 2, 3, 3)}, Attrs{"strides": list(3, 2), "output_padding": list(1, 1)}, Shape{1, 2, 10, 8}},
		"gemm, both transposed":       {"Gemm", []*Tensor{in(4, 2), in(3, 4), in(3)}, Attrs{"transA": int64(1), "transB": int64(1)}, Shape{2, 3}},
		"matmul, broadcast":           {"MatMul", []*Tensor{in(5, 1, 2, 3), in(7, 3, 4)}, nil, Shape{5, 7, 2, 4}},
		"matmul, vectors":             {"MatMul", []*Tensor{in(3), in(3)}, nil, Shape{}},
		"add, broadcast":              {"Add", []*Tensor{in(2, 1, 4), in(3, 1)}, nil, Shape{2, 3, 4}},
		"reshape, 0 and -1":           {"Reshape", []*Tensor{in(2, 3, 4), ints(0, -1)}, nil, Shape{2, 12}},
		"reshape, to a scalar":        {"Reshape", []*Tensor{in(1, 1), ints()}, nil, Shape{}},
		"flatten, at the end":         {"Flatten", []*Tensor{in(2, 3)}, Attrs{"axis": int64(2)}, Shape{6, 1}},
		"transpose, default":          {"Transpose", []*Tensor{in(2, 3, 4)}, nil, Shape{4, 3, 2}},
		"squeeze, all":                {"Squeeze", []*Tensor{in(1, 3, 1)}, nil, Shape{3}},
		"squeeze, one, as attribute":  {"Squeeze", []*Tensor{in(1, 3, 1)}, Attrs{"axes": list(-1)}, Shape{1, 3}},
		"unsqueeze":                   {"Unsqueeze", []*Tensor{in(3), ints(0, -1)}, nil, Shape{1, 3, 1}},
		"slice, backwards":            {"Slice", []*Tensor{in(10), ints(-1), ints(-1 << 63), ints(0), ints(-3)}, nil, Shape{4}},
		"slice, past the end":         {"Slice", []*Tensor{in(10), ints(7), ints(1<<63 - 1)}, nil, Shape{3}},
		"slice, least step":           {"Slice", []*Tensor{in(10), ints(9), ints(-1 << 63), ints(0), ints(-1 << 63)}, nil, Shape{1}},
		"split, uneven":               {"Split", []*Tensor{in(7)}, Attrs{"num_outputs": int64(1)}, Shape{7}},
		"pad, two axes":               {"Pad", []*Tensor{in(1, 2, 3), ints(1, 2, -1, 0), nil, ints(0, 2)}, nil, Shape{1, 2, 5}},
		"gather, matrix of indices":   {"Gather", []*Tensor{in(5, 4), typed(Int64, 2, 3)}, Attrs{"axis": int64(0)}, Shape{2, 3, 4}},
		"expand":                      {"Expand", []*Tensor{in(3, 1), ints(2, 1, 6)}, nil, Shape{2, 3, 6}},
		"tile":                        {"Tile", []*Tensor{in(2, 3), ints(2, 5)}, nil, Shape{4, 15}},
		"reduce, keep":                {"ReduceMean", []*Tensor{in(2, 3, 4)}, Attrs{"axes": list(1)}, Shape{2, 1, 4}},
		"reduce, drop":                {"ReduceSum", []*Tensor{in(2, 3, 4), ints(-1)}, Attrs{"keepdims": int64(0)}, Shape{2, 3}},
		"reduce, no axes, no op":      {"ReduceSum", []*Tensor{in(2, 3), ints()}, Attrs{"noop_with_empty_axes": int64(1)}, Shape{2, 3}},
		"depth to space":              {"DepthToSpace", []*Tensor{in(1, 8, 2, 3)}, Attrs{"blocksize": int64(2)}, Shape{1, 2, 4, 6}},
		"attention, 3-D":              {"Attention", []*Tensor{in(2, 4, 24), in(2, 6, 24), in(2, 6, 30)}, Attrs{"q_num_heads": int64(3), "kv_num_heads": int64(3)}, Shape{2, 4, 30}},
		"constant of shape":           {"ConstantOfShape", []*Tensor{ints(64, 3, 7, 7)}, nil, Shape{64, 3, 7, 7}},
		"shape, from the back":        {"Shape", []*Tensor{in(1, 2, 3)}, Attrs{"start": int64(-2)}, Shape{2}},
		"lstm":                        {"LSTM", []*Tensor{in(5, 2, 3), in(1, 16, 3), in(1, 16, 4)}, nil, Shape{5, 1, 2, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &Node{Name: "n", Op: c.op, In: c.in, Out: []*Tensor{{Name: "y"}}, Attr: c.attr}
			require.NoError(t, Infer(n))
			assert.Equal(t, c.want, n.Out[0].Shape)
			assert.NotEqual(t, Unset, n.Out[0].Type)
		})
	}
}

func TestInferRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		op   string
		in   []*Tensor
		attr Attrs
		want string
	}{
		"channels":           {"Conv", []*Tensor{in(1, 64, 8, 8), in(8, 32, 3, 3)}, nil, "node n (Conv): input has 64 channels, the filter expects 32 (groups 1)"},
		"groups":             {"Conv", []*Tensor{in(1, 6, 8, 8), in(8, 2, 3, 3)}, Attrs{"group": int64(3)}, "8 filters cannot be shared out over 3 groups"},
		"group 0":            {"Conv", []*Tensor{in(1, 6, 8, 8), in(8, 2, 3, 3)}, Attrs{"group": int64(0)}, "attribute group is 0"},
		"window too large":   {"MaxPool", []*Tensor{in(1, 1, 5, 5)}, Attrs{"kernel_shape": list(7, 7)}, "the window covers 7 of axis 2, which has 5 with padding"},
		"stride 0":           {"MaxPool", []*Tensor{in(1, 1, 5, 5)}, Attrs{"kernel_shape": list(2, 2), "strides": list(0, 1)}, "attribute strides: 0 is not between 1 and 2^20"},
		"absurd pad":         {"MaxPool", []*Tensor{in(1, 1, 5, 5)}, Attrs{"kernel_shape": list(2, 2), "pads": list(0, 0, 0, 1<<62)}, "attribute pads: 4611686018427387904"},
		"attribute's type":   {"MaxPool", []*Tensor{in(1, 1, 5, 5)}, Attrs{"kernel_shape": int64(2)}, "attribute kernel_shape is of type int64; it must be []int64"},
		"types":              {"Add", []*Tensor{in(2), typed(Int64, 2)}, nil, "input x is fp32 and input x is int64; they must have one type"},
		"type not taken":     {"Conv", []*Tensor{typed(Int64, 1, 1, 3, 3), typed(Int64, 1, 1, 3, 3)}, nil, "input x is int64, which the operator does not take"},
		"broadcast":          {"Add", []*Tensor{in(2, 3), in(4)}, nil, "input x of shape [4] cannot be broadcast with [2×3]"},
		"matmul":             {"MatMul", []*Tensor{in(2, 3), in(4, 5)}, nil, "input x has 3 columns, input x has 4 rows"},
		"missing input":      {"Conv", []*Tensor{in(1, 1, 3, 3)}, nil, "input 1 is missing"},
		"missing in a list":  {"Concat", []*Tensor{in(1), nil}, Attrs{"axis": int64(0)}, "input 1 is missing"},
		"too many inputs":    {"Relu", []*Tensor{in(1), in(1)}, nil, "has 2 inputs, the operator takes at most 1"},
		"reshape size":       {"Reshape", []*Tensor{in(2, 3), ints(4, -1)}, nil, "shape [2×3] (6 elements) does not fit the new shape [4 -1]"},
		"reshape, two open":  {"Reshape", []*Tensor{in(2, 3), ints(-1, -1)}, nil, "-1 is no extent"},
		"reshape overflow":   {"Reshape", []*Tensor{in(2, 3), ints(1<<40, 1<<40)}, nil, "does not fit"},
		"run-time shape":     {"Reshape", []*Tensor{in(2, 3), typed(Int64, 2)}, nil, "is computed at run time"},
		"axis":               {"Softmax", []*Tensor{in(2, 3)}, Attrs{"axis": int64(2)}, "axis 2 is outside a tensor of 2 axes"},
		"axis twice":         {"Transpose", []*Tensor{in(2, 3)}, Attrs{"perm": list(0, 0)}, "axis 0 is named twice"},
		"step 0":             {"Slice", []*Tensor{in(10), ints(0), ints(5), ints(0), ints(0)}, nil, "step 0"},
		"constant too large": {"ConstantOfShape", []*Tensor{ints(1<<30, 1<<30)}, nil, "more than 2^40 elements"},
		"negative constant":  {"ConstantOfShape", []*Tensor{ints(-5)}, nil, "-5 is no extent"},
		"tile too large":     {"Tile", []*Tensor{in(1 << 30), ints(1 << 30)}, nil, "more than 2^40"},
		"unknown":            {"Frobnicate", []*Tensor{in(1)}, nil, "node n (Frobnicate): operator Frobnicate is not supported"},
		"strange cast":       {"Cast", []*Tensor{in(1)}, Attrs{"to": int64(8)}, "element type STRING is not supported"},
		"top k":              {"TopK", []*Tensor{in(3), ints(4)}, nil, "k is 4; axis 0 has 3 elements"},
		"attention heads":    {"Attention", []*Tensor{in(1, 6, 2, 8), in(1, 4, 2, 8), in(1, 4, 2, 8)}, nil, "Q has 6 heads, K 4, V 4"},
	} {
		t.Run(name, func(t *testing.T) {
			n := &Node{Name: "n", Op: c.op, In: c.in, Out: []*Tensor{{Name: "y"}}, Attr: c.attr}
			assert.ErrorContains(t, Infer(n), c.want)
		})
	}
}

// Several outputs, whose types differ from the input's.
func TestInferOutputs(t *testing.T) {
	n := &Node{Name: "n", Op: "Split", In: []*Tensor{in(7)}, Out: []*Tensor{{}, {}, {}}}
	require.NoError(t, Infer(n))
	assert.Equal(t, []Shape{{3}, {3}, {1}}, []Shape{n.Out[0].Shape, n.Out[1].Shape, n.Out[2].Shape})

	n = &Node{Name: "n", Op: "TopK", In: []*Tensor{in(4, 9), ints(2)}, Out: []*Tensor{nil, {}}}
	require.NoError(t, Infer(n))
	assert.Equal(t, Shape{4, 2}, n.Out[1].Shape)
	assert.Equal(t, Int64, n.Out[1].Type)

	n = &Node{Name: "n", Op: "QLinearMatMul", Out: []*Tensor{{}}, In: []*Tensor{typed(Uint8, 2, 4), in(), typed(Uint8),
		typed(Int8, 4, 3), in(), typed(Int8), in(), typed(Int8)}}
	require.NoError(t, Infer(n))
	assert.Equal(t, Int8, n.Out[0].Type)
	assert.Equal(t, Shape{2, 3}, n.Out[0].Shape)
}
