package reference

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// array makes an array of a type from numbers.
func array(t workloads.DType, s workloads.Shape, v ...float64) *workloads.Array {
	a := workloads.NewArray(t, s)
	for i, x := range v {
		a.Set(i, x)
	}
	return a
}

func f32(s workloads.Shape, v ...float64) *workloads.Array { return array(workloads.FP32, s, v...) }
func i64(s workloads.Shape, v ...float64) *workloads.Array { return array(workloads.Int64, s, v...) }

func numbers(a *workloads.Array) []float64 {
	v := make([]float64, a.Len())
	for i := range v {
		v[i] = a.At(i)
	}
	return v
}

type shape = workloads.Shape
type attrs = workloads.Attrs

// cases are small enough to be worked out by hand.
var cases = []struct {
	name, op string
	attr     attrs
	in       []*workloads.Array
	want     *workloads.Array
}{
	{"row plus column", "Add", nil, []*workloads.Array{f32(shape{1, 3}, 1, 2, 3), f32(shape{2, 1}, 10, 20)}, f32(shape{2, 3}, 11, 12, 13, 21, 22, 23)},
	{"int8 wraps", "Add", nil, []*workloads.Array{array(workloads.Int8, shape{2}, 127, -128), array(workloads.Int8, shape{2}, 1, -1)}, array(workloads.Int8, shape{2}, -128, 127)},
	{"uint8 wraps", "Sub", nil, []*workloads.Array{array(workloads.Uint8, shape{1}, 3), array(workloads.Uint8, shape{1}, 5)}, array(workloads.Uint8, shape{1}, 254)},
	{"integers truncate", "Div", nil, []*workloads.Array{i64(shape{2}, -7, 7), i64(shape{2}, 2, -2)}, i64(shape{2}, -3, -3)},
	{"integer power", "Pow", nil, []*workloads.Array{i64(shape{3}, 2, -3, 2), i64(shape{3}, 10, 3, -1)}, i64(shape{3}, 1024, -27, 0)},
	{"modulo follows the divisor", "Mod", nil, []*workloads.Array{i64(shape{2}, -7, 7), i64(shape{2}, 3, -3)}, i64(shape{2}, 2, -2)},
	{"every bit", "BitwiseNot", nil, []*workloads.Array{array(workloads.Uint8, shape{2}, 0, 255)}, array(workloads.Uint8, shape{2}, 255, 0)},
	{"mean of three", "Mean", nil, []*workloads.Array{f32(shape{2}, 1, 2), f32(shape{1}, 3), f32(shape{2}, 5, 4)}, f32(shape{2}, 3, 3)},
	{"nothing holds of NaN", "LessOrEqual", nil, []*workloads.Array{f32(shape{3}, 1, 2, math.NaN()), f32(shape{1}, 1)}, array(workloads.Bool, shape{3}, 1, 0, 0)},
	{"where", "Where", nil, []*workloads.Array{array(workloads.Bool, shape{2}, 1, 0), f32(shape{1}, 5), f32(shape{2}, 7, 8)}, f32(shape{2}, 5, 8)},
	{"relu", "Relu", nil, []*workloads.Array{f32(shape{3}, -1, 0, 2)}, f32(shape{3}, 0, 0, 2)},
	{"clip by inputs", "Clip", nil, []*workloads.Array{f32(shape{3}, -9, 1, 9), nil, f32(shape{}, 2)}, f32(shape{3}, -9, 1, 2)},
	{"clip by attributes", "Clip", attrs{"min": float32(0), "max": float32(6)}, []*workloads.Array{f32(shape{3}, -9, 1, 9)}, f32(shape{3}, 0, 1, 6)},
	{"hard swish", "HardSwish", nil, []*workloads.Array{f32(shape{3}, -3, 3, 0)}, f32(shape{3}, 0, 3, 0)},
	{"leaky", "LeakyRelu", attrs{"alpha": float32(0.5)}, []*workloads.Array{f32(shape{2}, -4, 4)}, f32(shape{2}, -2, 4)},

	{"2×2 filter", "Conv", nil, []*workloads.Array{f32(shape{1, 1, 3, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9), f32(shape{1, 1, 2, 2}, 1, 0, 0, 1)}, f32(shape{1, 1, 2, 2}, 6, 8, 12, 14)},
	{"stride, pad, bias", "Conv", attrs{"strides": []int64{2, 2}, "pads": []int64{1, 1, 1, 1}},
		[]*workloads.Array{f32(shape{1, 1, 3, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9), f32(shape{1, 1, 3, 3}, 1, 1, 1, 1, 1, 1, 1, 1, 1), f32(shape{1}, 100)}, f32(shape{1, 1, 2, 2}, 112, 116, 124, 128)},
	{"dilation in one axis", "Conv", attrs{"dilations": []int64{2}}, []*workloads.Array{f32(shape{1, 1, 4}, 1, 2, 3, 4), f32(shape{1, 1, 2}, 1, 10)}, f32(shape{1, 1, 2}, 31, 42)},
	{"depthwise", "Conv", attrs{"group": int64(2)}, []*workloads.Array{f32(shape{1, 2, 2}, 1, 2, 3, 4), f32(shape{2, 1, 2}, 1, 1, 1, -1)}, f32(shape{1, 2, 1}, 3, -1)},
	{"SAME_LOWER", "Conv", attrs{"auto_pad": "SAME_LOWER"}, []*workloads.Array{f32(shape{1, 1, 3}, 1, 2, 3), f32(shape{1, 1, 2}, 1, 10)}, f32(shape{1, 1, 3}, 10, 21, 32)},
	{"transposed operands", "Gemm", attrs{"transA": int64(1), "transB": int64(1), "alpha": float32(2)},
		[]*workloads.Array{f32(shape{2, 1}, 1, 2), f32(shape{2, 2}, 1, 2, 3, 4), f32(shape{2}, 1, 1)}, f32(shape{1, 2}, 11, 23)},
	{"vector times matrix", "MatMul", nil, []*workloads.Array{f32(shape{2}, 1, 2), f32(shape{2, 2}, 1, 2, 3, 4)}, f32(shape{2}, 7, 10)},
	{"batches broadcast", "MatMul", nil, []*workloads.Array{f32(shape{2, 1, 1, 1}, 2, 3), f32(shape{2, 1, 1}, 5, 7)}, f32(shape{2, 2, 1, 1}, 10, 14, 15, 21)},
	{"integer product", "MatMul", nil, []*workloads.Array{i64(shape{1, 2}, 1<<40, 1), i64(shape{2, 1}, 4, 1)}, i64(shape{1, 1}, 1<<42+1)},
	{"zero points", "MatMulInteger", nil, []*workloads.Array{array(workloads.Uint8, shape{1, 2}, 11, 7), array(workloads.Uint8, shape{2, 1}, 1, 4),
		array(workloads.Uint8, shape{}, 12), array(workloads.Uint8, shape{}, 0)}, array(workloads.Int32, shape{1, 1}, -21)},

	{"transposed, stride 2", "ConvTranspose", attrs{"strides": []int64{2}}, []*workloads.Array{f32(shape{1, 1, 2}, 1, 2), f32(shape{1, 1, 2}, 1, 10)}, f32(shape{1, 1, 4}, 1, 10, 2, 20)},
	{"a running sum", "RNN", attrs{"hidden_size": int64(1), "activations": []string{"Relu"}}, []*workloads.Array{f32(shape{3, 1, 1}, 1, 2, -9), f32(shape{1, 1, 1}, 1), f32(shape{1, 1, 1}, 1)}, f32(shape{3, 1, 1, 1}, 1, 3, 0)},
	{"backwards", "RNN", attrs{"hidden_size": int64(1), "activations": []string{"Relu"}, "direction": "reverse"}, []*workloads.Array{f32(shape{3, 1, 1}, 1, 2, 4), f32(shape{1, 1, 1}, 1), f32(shape{1, 1, 1}, 1)}, f32(shape{3, 1, 1, 1}, 7, 6, 4)},
	{"half of the state is kept", "GRU", attrs{"hidden_size": int64(1)}, []*workloads.Array{f32(shape{1, 1, 1}, 1), f32(shape{1, 3, 1}), f32(shape{1, 3, 1}), nil, nil, f32(shape{1, 1, 1}, 4)}, f32(shape{1, 1, 1, 1}, 2)},
	{"the cell is remembered", "LSTM", attrs{"hidden_size": int64(1)}, []*workloads.Array{f32(shape{1, 1, 1}, 1), f32(shape{1, 4, 1}), f32(shape{1, 4, 1}),
		f32(shape{1, 8}, -100, 100, 100), nil, nil, f32(shape{1, 1, 1}, 1)}, f32(shape{1, 1, 1, 1}, math.Tanh(1))},

	{"max of padded windows", "MaxPool", attrs{"kernel_shape": []int64{2}, "pads": []int64{1, 0}}, []*workloads.Array{f32(shape{1, 1, 3}, -1, -2, -3)}, f32(shape{1, 1, 3}, -1, -1, -2)},
	{"max of int8", "MaxPool", attrs{"kernel_shape": []int64{2}, "strides": []int64{2}}, []*workloads.Array{array(workloads.Int8, shape{1, 1, 4}, -5, -6, 7, 8)}, array(workloads.Int8, shape{1, 1, 2}, -5, 8)},
	{"ceil", "AveragePool", attrs{"kernel_shape": []int64{2}, "strides": []int64{2}, "ceil_mode": int64(1)}, []*workloads.Array{f32(shape{1, 1, 3}, 1, 3, 5)}, f32(shape{1, 1, 2}, 2, 5)},
	{"padding counts", "AveragePool", attrs{"kernel_shape": []int64{2}, "pads": []int64{1, 1}, "count_include_pad": int64(1)}, []*workloads.Array{f32(shape{1, 1, 2}, 2, 4)}, f32(shape{1, 1, 3}, 1, 3, 2)},
	{"global average", "GlobalAveragePool", nil, []*workloads.Array{f32(shape{1, 2, 2}, 1, 3, 5, 7)}, f32(shape{1, 2, 1}, 2, 6)},

	{"softmax of equals", "Softmax", nil, []*workloads.Array{f32(shape{2, 2}, 1, 1, 1000, 1000)}, f32(shape{2, 2}, .5, .5, .5, .5)},
	{"softmax before opset 13", "Softmax", attrs{"opset": int64(11)}, []*workloads.Array{f32(shape{1, 2, 2})}, f32(shape{1, 2, 2}, .25, .25, .25, .25)},
	{"layer norm", "LayerNormalization", attrs{"epsilon": float32(0)}, []*workloads.Array{f32(shape{1, 2}, 1, 3), f32(shape{2}, 2, 2), f32(shape{2}, 1, 1)}, f32(shape{1, 2}, -1, 3)},
	{"rms norm", "RMSNormalization", attrs{"epsilon": float32(0)}, []*workloads.Array{f32(shape{1, 2}, 1, 7), f32(shape{2}, 1, 10)}, f32(shape{1, 2}, .2, 14)},
	{"batch norm", "BatchNormalization", attrs{"epsilon": float32(0)}, []*workloads.Array{f32(shape{1, 2, 1}, 5, 6), f32(shape{2}, 1, 2), f32(shape{2}, 0, 1), f32(shape{2}, 1, 2), f32(shape{2}, 4, 16)}, f32(shape{1, 2, 1}, 2, 3)},
	{"groups of two channels", "GroupNormalization", attrs{"num_groups": int64(1), "epsilon": float32(0)}, []*workloads.Array{f32(shape{1, 2, 1}, 1, 3), f32(shape{2}, 1, 2), f32(shape{2}, 0, 5)}, f32(shape{1, 2, 1}, -1, 7)},
	{"neighbours in channels", "LRN", attrs{"size": int64(3), "alpha": float32(3), "beta": float32(1), "bias": float32(0)}, []*workloads.Array{f32(shape{1, 3, 1, 1}, 1, 2, 3)}, f32(shape{1, 3, 1, 1}, .2, 1./7, 3./13)},

	{"reverse by default", "Transpose", nil, []*workloads.Array{f32(shape{2, 3}, 1, 2, 3, 4, 5, 6)}, f32(shape{3, 2}, 1, 4, 2, 5, 3, 6)},
	{"backwards", "Slice", nil, []*workloads.Array{f32(shape{4}, 1, 2, 3, 4), i64(shape{1}, -1), i64(shape{1}, -100), i64(shape{1}, 0), i64(shape{1}, -2)}, f32(shape{2}, 4, 2)},
	{"concat", "Concat", attrs{"axis": int64(-1)}, []*workloads.Array{f32(shape{2, 1}, 1, 2), f32(shape{2, 2}, 3, 4, 5, 6)}, f32(shape{2, 3}, 1, 3, 4, 2, 5, 6)},
	{"reflect", "Pad", attrs{"mode": "reflect"}, []*workloads.Array{f32(shape{3}, 1, 2, 3), i64(shape{2}, 2, 1)}, f32(shape{6}, 3, 2, 1, 2, 3, 2)},
	{"pad with a value, and crop", "Pad", nil, []*workloads.Array{f32(shape{3}, 1, 2, 3), i64(shape{2}, 2, -1), f32(shape{}, 9)}, f32(shape{4}, 9, 9, 1, 2)},
	{"from the back", "Gather", attrs{"axis": int64(1)}, []*workloads.Array{f32(shape{2, 2}, 1, 2, 3, 4), i64(shape{1}, -1)}, f32(shape{2, 1}, 2, 4)},
	{"tile", "Tile", nil, []*workloads.Array{f32(shape{1, 2}, 1, 2), i64(shape{2}, 2, 2)}, f32(shape{2, 4}, 1, 2, 1, 2, 1, 2, 1, 2)},
	{"depth to space", "DepthToSpace", attrs{"blocksize": int64(2)}, []*workloads.Array{f32(shape{1, 4, 1, 1}, 1, 2, 3, 4)}, f32(shape{1, 1, 2, 2}, 1, 2, 3, 4)},
	{"space to depth", "SpaceToDepth", attrs{"blocksize": int64(2)}, []*workloads.Array{f32(shape{1, 1, 2, 4}, 1, 2, 3, 4, 5, 6, 7, 8)}, f32(shape{1, 4, 1, 2}, 1, 3, 2, 4, 5, 7, 6, 8)},

	{"sum over two axes", "ReduceSum", attrs{"keepdims": int64(0)}, []*workloads.Array{f32(shape{2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8), i64(shape{2}, 0, 2)}, f32(shape{2}, 14, 22)},
	{"root of squares", "ReduceL2", nil, []*workloads.Array{f32(shape{2}, 3, 4)}, f32(shape{1}, 5)},
	{"last of equals", "ArgMax", attrs{"select_last_index": int64(1)}, []*workloads.Array{f32(shape{3}, 7, 7, 1)}, i64(shape{1}, 1)},
	{"exclusive from the end", "CumSum", attrs{"exclusive": int64(1), "reverse": int64(1)}, []*workloads.Array{f32(shape{3}, 1, 2, 3), i64(shape{}, 0)}, f32(shape{3}, 5, 3, 0)},

	{"ties to even, clamped", "QuantizeLinear", nil, []*workloads.Array{f32(shape{4}, 1, 3, -600, 600), f32(shape{}, 2), array(workloads.Uint8, shape{}, 128)}, array(workloads.Uint8, shape{4}, 128, 130, 0, 255)},
	{"dequantised by channel", "DequantizeLinear", attrs{"axis": int64(0)}, []*workloads.Array{array(workloads.Int8, shape{2, 1}, 3, 3), f32(shape{2}, 1, 2), array(workloads.Int8, shape{2}, 1, -1)}, f32(shape{2, 1}, 2, 8)},
	{"cast wraps", "Cast", attrs{"to": int64(3)}, []*workloads.Array{i64(shape{1}, 200)}, array(workloads.Int8, shape{1}, -56)},
	{"one head, causal", "Attention", attrs{"is_causal": int64(1), "scale": float32(0)}, []*workloads.Array{f32(shape{1, 1, 2, 1}, 1, 1), f32(shape{1, 1, 2, 1}, 5, 9), f32(shape{1, 1, 2, 1}, 2, 4)}, f32(shape{1, 1, 2, 1}, 2, 3)},
	{"a quarter turn", "RotaryEmbedding", nil, []*workloads.Array{f32(shape{1, 1, 1, 2}, 3, 4), f32(shape{1, 1, 1}, 0), f32(shape{1, 1, 1}, 1)}, f32(shape{1, 1, 1, 2}, -4, 3)},
}

func TestSmallCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.op+" "+c.name, func(t *testing.T) {
			n := &workloads.Node{Name: "n", Op: c.op, Attr: c.attr, Out: []*workloads.Tensor{{Name: "y"}}}
			got, err := Eval(n, c.in)
			require.NoError(t, err)
			require.Equal(t, c.want.Type, got[0].Type)
			require.True(t, c.want.Shape.Equal(got[0].Shape), "shape %v, want %v", got[0].Shape, c.want.Shape)
			if c.want.Type.IsFloat() {
				require.InDeltaSlice(t, numbers(c.want), numbers(got[0]), 1e-6)
			} else {
				require.Equal(t, numbers(c.want), numbers(got[0]))
			}
		})
	}
}

// Every kernel must be reachable: shape inference has to know its operator.
func TestEveryKernelHasShapes(t *testing.T) {
	for _, op := range Ops() {
		require.True(t, workloads.Supported(op), op)
		require.True(t, Supports(op), op)
	}
	require.Greater(t, len(Ops()), 100)
}

func TestRefusals(t *testing.T) {
	short := &workloads.Array{Type: workloads.FP32, Shape: shape{3}, F: []float32{1}}
	table := []struct {
		op   string
		attr attrs
		in   []*workloads.Array
		want string
	}{
		{"Frobnicate", nil, nil, "no reference kernel for operator Frobnicate"},
		{"Relu", nil, []*workloads.Array{short}, "holds 1 elements, its shape [3] asks for 3"},
		{"Add", nil, []*workloads.Array{f32(shape{2}), i64(shape{2})}, "must have one type"},
		{"Div", nil, []*workloads.Array{i64(shape{1}, 1), i64(shape{1}, 0)}, "cannot be divided"},
		{"Gather", nil, []*workloads.Array{f32(shape{2}), i64(shape{1}, 2)}, "index 2"},
		{"Expand", nil, []*workloads.Array{f32(shape{1}), i64(shape{2}, 1<<20, 1<<20)}, "more than 2^30"},
		{"Pad", attrs{"mode": "mirror"}, []*workloads.Array{f32(shape{1}), i64(shape{2}, 0, 0)}, "mirror"},
		{"Dropout", nil, []*workloads.Array{f32(shape{1}), f32(shape{}, 1)}, "between 0 and 1"},
		{"CumSum", nil, []*workloads.Array{f32(shape{1}), i64(shape{}, 4)}, "axis 4"},
		{"RNN", attrs{"direction": "sideways"}, []*workloads.Array{f32(shape{1, 1, 1}), f32(shape{1, 1, 1}), f32(shape{1, 1, 1})}, "sideways"},
		{"RNN", attrs{"activations": []string{"Cube"}}, []*workloads.Array{f32(shape{1, 1, 1}), f32(shape{1, 1, 1}), f32(shape{1, 1, 1})}, "Cube"},
		{"RNN", nil, []*workloads.Array{f32(shape{1, 1, 1}), f32(shape{1, 1, 1}), f32(shape{1, 1, 1}), nil, i64(shape{1}, 7)}, "length 7"},
		{"RotaryEmbedding", nil, []*workloads.Array{f32(shape{1, 1, 2, 4}), f32(shape{1, 2}), f32(shape{1, 2}), i64(shape{1, 2}, 0, 9)}, "position 9"},
	}
	for _, c := range table {
		n := &workloads.Node{Name: "here", Op: c.op, Attr: c.attr, Out: []*workloads.Tensor{{Name: "y"}}}
		_, err := Eval(n, c.in)
		require.ErrorContains(t, err, c.want, c.op)
		require.ErrorContains(t, err, "here ("+c.op+")")
		require.False(t, strings.Contains(err.Error(), "\n"))
	}
}

// Shapes with nothing in them, and axes nobody reads, must not trip a kernel.
func TestEmptyAndOdd(t *testing.T) {
	none := f32(shape{0, 2})
	table := []struct {
		op   string
		attr attrs
		in   []*workloads.Array
		want []float64
	}{
		{"GroupNormalization", attrs{"num_groups": int64(1)}, []*workloads.Array{f32(shape{1, 0, 3}), f32(shape{0}), f32(shape{0})}, []float64{}},
		{"Gather", nil, []*workloads.Array{none, i64(shape{0})}, []float64{}},
		{"MatMul", nil, []*workloads.Array{f32(shape{1, 0}), f32(shape{0, 1})}, []float64{0}},
		{"ReduceProd", nil, []*workloads.Array{none}, []float64{1}},
		{"Pad", nil, []*workloads.Array{f32(shape{0}), i64(shape{2}, 1, 1)}, []float64{0, 0}},
		{"Concat", attrs{"axis": int64(0)}, []*workloads.Array{none, f32(shape{1, 2}, 3, 4)}, []float64{3, 4}},
		{"QuantizeLinear", nil, []*workloads.Array{f32(shape{1}, 3), f32(shape{}, 1)}, []float64{3}},
		{"Softmax", nil, []*workloads.Array{f32(shape{}, 3)}, []float64{1}},
		{"Tile", nil, []*workloads.Array{f32(shape{}, 3), i64(shape{0})}, []float64{3}},
		{"MaxPool", attrs{"kernel_shape": []int64{1 << 20}, "pads": []int64{1<<20 - 1, 0}}, []*workloads.Array{f32(shape{1, 1, 2}, 3, 4)}, []float64{3, 4}},
	}
	for _, c := range table {
		got, err := Eval(&workloads.Node{Name: "n", Op: c.op, Attr: c.attr, Out: []*workloads.Tensor{{}}}, c.in)
		require.NoError(t, err, c.op)
		require.Equal(t, c.want, numbers(got[0]), c.op)
	}
}

func TestUint64IsNotSigned(t *testing.T) {
	big, one := &workloads.Array{Type: workloads.Uint64, Shape: shape{1}, I: []int64{-1}}, &workloads.Array{Type: workloads.Uint64, Shape: shape{1}, I: []int64{2}}
	for op, want := range map[string]int64{"Max": -1, "Min": 2, "Div": math.MaxInt64, "Greater": 1, "Less": 0} {
		got, err := Eval(&workloads.Node{Op: op, Out: []*workloads.Tensor{{}}}, []*workloads.Array{big, one})
		require.NoError(t, err)
		require.Equal(t, want, got[0].I[0], op)
	}
}

func TestSecondOutputs(t *testing.T) {
	x := f32(shape{1, 1, 2, 3}, 1, 5, 2, 4, 3, 5)
	n := &workloads.Node{Op: "MaxPool", Attr: attrs{"kernel_shape": []int64{2, 2}}, Out: []*workloads.Tensor{{}, {}}}
	got, err := Eval(n, []*workloads.Array{x})
	require.NoError(t, err)
	require.Equal(t, []int64{1, 1}, got[1].I)
	n.Attr["storage_order"] = int64(1)
	got, err = Eval(n, []*workloads.Array{x})
	require.NoError(t, err)
	require.Equal(t, []int64{2, 2}, got[1].I) // column by column, row 0 of column 1 is third

	got, err = Eval(&workloads.Node{Op: "TopK", Out: []*workloads.Tensor{{}, {}}}, []*workloads.Array{f32(shape{2, 3}, 1, 3, 3, 9, 8, 7), i64(shape{1}, 2)})
	require.NoError(t, err)
	require.Equal(t, []float64{3, 3, 9, 8}, numbers(got[0]))
	require.Equal(t, []int64{1, 2, 0, 1}, got[1].I)
}

// The first two numbers of MT19937 seeded with 0 as 53-bit fractions are widely
// published as the start of numpy's sequence: 0.5488135, 0.71518937.
func TestTwister(t *testing.T) {
	r := newTwister(0)
	require.InDelta(t, 0.5488135, r.uniform(), 1e-7)
	require.InDelta(t, 0.71518937, r.uniform(), 1e-7)
}
