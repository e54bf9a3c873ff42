package reference

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// network is conv → relu → max pool, beside a shortcut that is added, → gemm.
func network(t *testing.T, p string) *workloads.Network {
	b := workloads.NewBuilder("small", 7)
	x := b.Input("x", 2, 3, 8, 8)
	y := b.Conv("conv", x, 4, workloads.Window{R: 3, Pad: 1, Bias: true})
	y = b.Apply("relu", "Relu", nil, y)
	z := b.Conv("point", x, 4, workloads.Window{R: 1})
	y = b.Apply("add", "Add", nil, y, z)
	y = b.Apply("pool", "MaxPool", attrs{"kernel_shape": []int64{2, 2}, "strides": []int64{2, 2}}, y)
	y = b.Apply("flat", "Flatten", nil, y)
	y = b.Linear("fc", y, 5, 1, true)
	y = b.Apply("soft", "Softmax", nil, y)
	g, err := b.Build(y)
	require.NoError(t, err)
	precision, err := workloads.ParsePrecision(p)
	require.NoError(t, err)
	net, err := workloads.Prepare(g, precision, func(_ []*workloads.Node, n *workloads.Node) bool { return n.Op == "Relu" || n.Op == "Add" })
	require.NoError(t, err)
	return net
}

func TestRunInFormats(t *testing.T) {
	net := network(t, "fp32")
	exact, err := Run(net, nil, Options{})
	require.NoError(t, err)
	want := exact[net.Graph.Outputs[0]]
	require.InDelta(t, 1, want.At(0)+want.At(1)+want.At(2)+want.At(3)+want.At(4), 1e-6)
	for p, tolerance := range map[string]float64{"int16": 1e-3, "int8": 0.03, "bf16": 0.02, "fp16": 2e-3, "tf32": 2e-3, "e4m3": 0.2, "w4a8": 0.3} {
		t.Run(p, func(t *testing.T) {
			net := network(t, p)
			got, err := Run(net, nil, Options{Calibrate: true})
			require.NoError(t, err)
			out := net.Graph.Outputs[0]
			scale := out.Scale
			if out.Type.IsFloat() {
				scale = 1
			}
			worst := 0.0
			for i := range want.Len() {
				worst = max(worst, math.Abs(got[out].At(i)*scale-want.At(i)))
			}
			require.Less(t, worst, tolerance)
			require.Positive(t, worst, "the format left no trace")
		})
	}
}

// After calibration every integer tensor has a scale, accumulators and biases the
// product of their inputs', and a second run gives the same integers.
func TestCalibration(t *testing.T) {
	net := network(t, "int8")
	_, err := Run(net, nil, Options{})
	require.ErrorContains(t, err, "int8 without a scale")

	net = network(t, "int8")
	done := 0
	first, err := Run(net, nil, Options{Calibrate: true, Keep: true, Progress: func(d, total int) {
		done++
		require.Equal(t, done, d)
		require.Equal(t, len(net.Layers), total)
	}})
	require.NoError(t, err)
	require.Equal(t, len(net.Layers), done)
	for _, n := range net.Graph.Nodes {
		for _, x := range append(n.In, n.Out...) {
			if x.Type.IsInt() && x.Type != workloads.Int64 {
				require.Positive(t, x.Scale, "%s", x.Name)
			}
		}
		if isHead(n.Op) && n.Out[0].Type == workloads.Int32 {
			require.Equal(t, n.In[0].Scale*n.In[1].Scale, n.Out[0].Scale)
		}
		if isHead(n.Op) && len(n.In) > 2 {
			require.Equal(t, n.In[0].Scale*n.In[1].Scale, n.In[2].Scale)
		}
		if n.Op == "MaxPool" || n.Op == "Flatten" {
			require.Equal(t, n.In[0].Scale, n.Out[0].Scale, "moved integers stay what they are")
		}
	}
	second, err := Run(net, nil, Options{Keep: true})
	require.NoError(t, err)
	require.Equal(t, len(first), len(second))
	for x, a := range first {
		require.Equal(t, a, second[x], x.Name)
	}
	top := int8(0)
	for _, v := range first[net.Layers[0].Out()].I8 {
		top = max(top, v, -v)
	}
	require.Equal(t, int8(127), top, "the greatest value takes the greatest integer")
}

// Sums of int16 that would leave int32 make calibration coarsen the weights.
func TestCalibrationKeepsAccumulatorsInRange(t *testing.T) {
	b := workloads.NewBuilder("deep", 1)
	x := b.Input("x", 1, 5000)
	ones := b.Param("w", workloads.Constant(1), 5000, 2)
	y := b.Apply("fc", "Gemm", nil, b.Apply("abs", "Abs", nil, x), ones)
	g, err := b.Build(y)
	require.NoError(t, err)
	p, err := workloads.ParsePrecision("int16")
	require.NoError(t, err)
	net, err := workloads.Prepare(g, p, func([]*workloads.Node, *workloads.Node) bool { return false })
	require.NoError(t, err)
	got, err := Run(net, nil, Options{Calibrate: true})
	require.NoError(t, err)
	want := 0.0
	values := make([]float32, 5000)
	x.Fill(values, 0)
	for _, v := range values {
		want += math.Abs(float64(v))
	}
	out := net.Graph.Outputs[0]
	require.InEpsilon(t, want, got[out].At(0)*out.Scale, 1e-3)
	require.Greater(t, net.Layers[1].Head().In[1].Scale, 1./4096, "the weights were not made coarser")
}

// What is only moved keeps its integers, also where the greatest is left behind.
func TestMovedIntegersKeepTheirScale(t *testing.T) {
	b := workloads.NewBuilder("move", 1)
	x := b.Input("x", 8)
	y := b.Apply("tail", "Slice", nil, x, b.Ints("starts", 5), b.Ints("ends", 8))
	g, err := b.Build(y)
	require.NoError(t, err)
	p, err := workloads.ParsePrecision("int8")
	require.NoError(t, err)
	net, err := workloads.Prepare(g, p, func([]*workloads.Node, *workloads.Node) bool { return false })
	require.NoError(t, err)
	whole, err := Materialise(net.Graph.Inputs[0])
	require.NoError(t, err)
	got, err := Run(net, nil, Options{Calibrate: true})
	require.NoError(t, err)
	require.Equal(t, whole.I8[5:], got[net.Graph.Outputs[0]].I8)
	require.NotContains(t, []int8{127, -127}, whole.I8[5], "the test needs its greatest value elsewhere")
}

// Nothing but outputs is left after a run, and given inputs are brought to their format.
func TestRunDropsAndConverts(t *testing.T) {
	net := network(t, "int8")
	x := net.Graph.Inputs[0]
	given := workloads.NewArray(workloads.FP32, x.Shape)
	x.Fill(given.F, 0)
	a, err := Run(net, Values{x: given}, Options{Calibrate: true})
	require.NoError(t, err)
	require.Len(t, a, 1)
	b, err := Run(network(t, "int8"), nil, Options{Calibrate: true})
	require.NoError(t, err)
	for _, v := range b {
		require.Equal(t, v, a[net.Graph.Outputs[0]])
	}
	_, err = Run(net, Values{x: workloads.NewArray(workloads.FP32, shape{1})}, Options{})
	require.ErrorContains(t, err, "tensor x has shape")
}

func TestMaterialise(t *testing.T) {
	w := &workloads.Tensor{Name: "w", Shape: shape{3}, Type: workloads.Int8, Role: workloads.Weight, Const: f32(shape{3}, -2.54, 1.27, 0)}
	a, err := Materialise(w)
	require.NoError(t, err)
	require.InDelta(t, 0.02, w.Scale, 1e-9)
	require.Equal(t, []int8{-127, 64, 0}, a.I8) // 63.5 to even

	w = &workloads.Tensor{Name: "w", Shape: shape{1}, Type: workloads.Int16, Const: f32(shape{1}, 4095)}
	a, err = Materialise(w)
	require.NoError(t, err)
	require.Equal(t, 1.0, w.Scale, "int16 leaves three bits of headroom")
	require.Equal(t, []int32{4095}, a.I32)

	w = &workloads.Tensor{Name: "w", Shape: shape{2}, Type: workloads.BF16, Const: f32(shape{2}, 1+1./512, 3)}
	a, err = Materialise(w)
	require.NoError(t, err)
	require.Equal(t, []float32{1, 3}, a.F)

	w = &workloads.Tensor{Name: "w", Shape: shape{2}, Type: workloads.FP32, Const: f32(shape{2}, 1, math.NaN())}
	_, err = Materialise(w)
	require.ErrorContains(t, err, "tensor w: element 1 is NaN")

	w = &workloads.Tensor{Name: "w", Shape: shape{1 << 20, 1 << 20}, Type: workloads.FP32, Source: workloads.Constant(1)}
	_, err = Materialise(w)
	require.ErrorContains(t, err, "more than 2^30")

	w = &workloads.Tensor{Name: "zero", Shape: shape{2}, Type: workloads.Int8}
	_, err = Materialise(w)
	require.NoError(t, err)
	require.Equal(t, 1.0, w.Scale)
}

// Moving and comparing integers is exact even where float32 could not carry them.
func TestMovesAreExactOnIntegers(t *testing.T) {
	x := array(workloads.Int32, shape{1, 1, 2}, math.MaxInt32, math.MaxInt32-1)
	for _, op := range []string{"Identity", "Relu", "Transpose"} {
		n := &workloads.Node{Op: op, In: []*workloads.Tensor{{Name: "x", Type: workloads.Int32, Scale: 0.1}}, Out: []*workloads.Tensor{{Name: "y", Type: workloads.Int32, Scale: 0.1}}}
		got, err := EvalFormat(n, []*workloads.Array{x})
		require.NoError(t, err)
		require.Equal(t, x.I32, got[0].I32, op)
	}
	n := &workloads.Node{Op: "Concat", Attr: attrs{"axis": int64(0)}, Out: []*workloads.Tensor{{Name: "y", Type: workloads.Int8, Scale: 2}},
		In: []*workloads.Tensor{{Name: "a", Type: workloads.Int8, Scale: 2}, {Name: "b", Type: workloads.Int8, Scale: 1}}}
	got, err := EvalFormat(n, []*workloads.Array{array(workloads.Int8, shape{1}, 5), array(workloads.Int8, shape{1}, 6)})
	require.NoError(t, err)
	require.Equal(t, []int8{5, 3}, got[0].I8)
}
