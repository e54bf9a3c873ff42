package workloads_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
	"nnsim/workloads/reference"
	"nnsim/workloads/zoo"
)

var (
	fp32  = workloads.Precision{Weight: workloads.FP32, Act: workloads.FP32}
	bf16  = workloads.Precision{Weight: workloads.BF16, Act: workloads.BF16}
	int8s = workloads.Precision{Weight: workloads.Int8, Act: workloads.Int8}
	mixed = workloads.Precision{Weight: workloads.Int4, Act: workloads.Int16}
)

func alone([]*workloads.Node, *workloads.Node) bool { return false }

// greedy fuses whatever may be fused.
func greedy(chain []*workloads.Node, _ *workloads.Node) bool { return len(chain) > 0 }

func elementwise(chain []*workloads.Node, next *workloads.Node) bool {
	return len(chain) > 0 && workloads.Elementwise(next.Op)
}

// evaluated computes a graph as it is, node after node, in fp32.
func evaluated(t require.TestingT, g *workloads.Graph) []*workloads.Array {
	values := map[*workloads.Tensor]*workloads.Array{}
	for _, n := range g.Nodes {
		in := make([]*workloads.Array, len(n.In))
		for i, x := range n.In {
			if x == nil {
				continue
			}
			if values[x] == nil {
				a, err := reference.Materialise(x)
				require.NoError(t, err)
				values[x] = a
			}
			in[i] = values[x]
		}
		out, err := reference.Eval(n, in)
		require.NoError(t, err)
		for i, y := range n.Out {
			if y != nil {
				values[y] = out[i]
			}
		}
	}
	var out []*workloads.Array
	for _, y := range g.Outputs {
		out = append(out, values[y])
	}
	return out
}

// requireSame compares two results in fp32.
func requireSame(t require.TestingT, want, got *workloads.Array, what string) {
	require.Equal(t, want.Len(), got.Len(), what)
	scale := 0.0
	for i := range want.Len() {
		scale = max(scale, math.Abs(want.At(i)))
	}
	for i := range want.Len() {
		if d := math.Abs(want.At(i) - got.At(i)); !(d <= 1e-4*math.Abs(want.At(i))+1e-5*scale) {
			require.Failf(t, "different", "%s: element %d is %v, want %v", what, i, got.At(i), want.At(i))
		}
	}
}

// requireKept: a prepared graph computes what the graph itself does.
func requireKept(t require.TestingT, g *workloads.Graph, fuses workloads.Fuser) *workloads.Network {
	want := evaluated(t, g)
	net, err := workloads.Prepare(g, fp32, fuses)
	require.NoError(t, err)
	requireLayers(t, net)
	got, err := reference.Run(net, nil, reference.Options{})
	require.NoError(t, err)
	for i, y := range net.Graph.Outputs {
		requireSame(t, want[i], got[y], g.Name+": "+y.Name)
	}
	return net
}

// requireLayers: each node stands in one layer, after whatever made what it reads,
// and a follower reads its leader's result and things that were there before the layer.
func requireLayers(t require.TestingT, net *workloads.Network) {
	layerOf, made := map[*workloads.Node]int{}, map[*workloads.Tensor]int{}
	for _, x := range net.Graph.Inputs {
		made[x] = -1
	}
	reads := map[*workloads.Tensor]int{}
	for _, n := range net.Graph.Nodes {
		for _, x := range n.In {
			reads[x]++
		}
	}
	for l, layer := range net.Layers {
		require.NotEmpty(t, layer.Nodes)
		require.Same(t, layer.Nodes[0], layer.Head())
		require.Same(t, layer.Nodes[len(layer.Nodes)-1].Out[0], layer.Out())
		for i, n := range layer.Nodes {
			_, twice := layerOf[n]
			require.False(t, twice, "%v is in two layers", n)
			layerOf[n] = l
			for _, x := range n.In {
				if x == nil || x.Role == workloads.Weight {
					continue
				}
				at, ok := made[x]
				require.True(t, ok, "%v reads %s before it is made", n, x.Name)
				if i == 0 || x != layer.Nodes[i-1].Out[0] {
					require.Less(t, at, l, "%v in layer %d reads %s of that layer", n, l, x.Name)
				}
			}
			if i > 0 {
				link := layer.Nodes[i-1].Out[0]
				require.Contains(t, n.In, link, "%v does not follow from %v", n, layer.Nodes[i-1])
				require.Equal(t, 1, reads[link], "%s passes inside a layer and is read elsewhere", link.Name)
				require.NotContains(t, net.Graph.Outputs, link)
			}
			for _, y := range n.Out {
				if y != nil {
					made[y] = l
				}
			}
		}
	}
	require.Len(t, layerOf, len(net.Graph.Nodes))
	for _, y := range net.Graph.Outputs {
		require.Contains(t, made, y)
	}
}

// randomGraph draws a small network with branches, norms, sums and shared weights.
func randomGraph(t *rapid.T) *workloads.Graph {
	b := workloads.NewBuilder("drawn", rapid.Uint64().Draw(t, "seed"))
	live := []*workloads.Tensor{b.Input("x", 1, 4, 6, 6)}
	shared := b.Weight("shared", 36, 2, 4, 4, 3, 3)
	for i := range rapid.IntRange(1, 10).Draw(t, "nodes") {
		name := fmt.Sprint("n", i)
		x := rapid.SampledFrom(live).Draw(t, "of")
		switch rapid.IntRange(0, 8).Draw(t, "op") {
		case 0, 1:
			x = b.BatchNorm(name+".bn", b.Conv(name, x, 4, workloads.Window{R: 3, Pad: 1, Bias: rapid.Bool().Draw(t, "bias")}), 1)
		case 2:
			conv := b.Apply(name, "Conv", workloads.Attrs{"pads": []int64{1, 1, 1, 1}}, x, shared)
			live = append(live, conv)
			x = b.BatchNorm(name+".bn", conv, 1) // folds only if nothing else reads conv
		case 3:
			x = b.Relu(name, x)
		case 4:
			x = b.Add(name, x, rapid.SampledFrom(live).Draw(t, "and"))
		case 5:
			x = b.Apply(name, "Dropout", nil, x)
		case 6:
			x = b.Apply(name, "Identity", nil, b.BatchNorm(name+".bn", x, 1))
		case 7:
			x = b.Mul(name, b.Sigmoid(name+".s", x), x)
		case 8:
			x = b.Conv(name, x, 4, workloads.Window{R: 3, Pad: 1, Groups: 4})
		}
		live = append(live, x)
	}
	outputs := []*workloads.Tensor{b.GlobalAvgPool("pool", live[len(live)-1])}
	if extra := rapid.SampledFrom(live[1:]).Draw(t, "also out"); rapid.Bool().Draw(t, "two outputs") {
		outputs = append(outputs, extra)
	}
	g, err := b.Build(outputs...)
	require.NoError(t, err)
	return g
}

// Folding, dropping, separating and grouping change no value.
func TestPrepareKeepsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomGraph(t)
		for _, fuses := range []workloads.Fuser{alone, elementwise, greedy} {
			requireKept(t, g, fuses)
		}
	})
}

func conv(b *workloads.Builder, name string, x *workloads.Tensor) *workloads.Tensor {
	return b.Conv(name, x, 4, workloads.Window{R: 3, Pad: 1})
}

func ops(net *workloads.Network) (list []string) {
	for _, l := range net.Layers {
		text := ""
		for i, n := range l.Nodes {
			if i > 0 {
				text += "+"
			}
			text += n.Op
		}
		list = append(list, text)
	}
	return list
}

// gemm is a product with everything that Gemm offers.
func gemm(c ...int) func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
	return func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
		x = b.Reshape("rows", x, 4, 9)
		in := []*workloads.Tensor{x, b.Weight("w", 9, 1, 5, 9)}
		if len(c) > 0 && c[0] > 0 {
			in = append(in, b.Param("c", workloads.Uniform("c", 3, 1), c...))
		}
		return []*workloads.Tensor{b.Apply("fc", "Gemm", workloads.Attrs{"alpha": float32(0.5), "beta": float32(3), "transB": int64(1)}, in...)}
	}
}

func TestPreparedLayers(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor
		fuses workloads.Fuser
		want  []string
	}{
		{"norm after a convolution", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.Relu("r", b.BatchNorm("bn", conv(b, "c", x), 1))}
		}, elementwise, []string{"Conv+Relu"}},
		{"two norms after a convolution", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.BatchNorm("b2", b.BatchNorm("b1", conv(b, "c", x), 1), 2)}
		}, alone, []string{"Conv"}},
		{"norm of what another reads too", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := conv(b, "c", x)
			return []*workloads.Tensor{b.Add("a", b.BatchNorm("bn", y, 1), y)}
		}, alone, []string{"Conv", "BatchNormalization", "Add"}},
		{"norm of an output", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := conv(b, "c", x)
			return []*workloads.Tensor{y, b.BatchNorm("bn", y, 1)}
		}, alone, []string{"Conv", "BatchNormalization"}},
		{"norm by values made at run time", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			gamma := b.Reshape("gamma", b.Apply("max", "ReduceMax", workloads.Attrs{"axes": []int64{0, 2, 3}, "keepdims": int64(0)}, x), 4)
			y := conv(b, "c", x)
			return []*workloads.Tensor{b.Apply("bn", "BatchNormalization", nil, y, gamma, gamma, gamma, b.Buffer("var", workloads.Around("var", 1, 1, 0.2), 4))}
		}, alone, []string{"ReduceMax", "Reshape", "Conv", "BatchNormalization"}},
		{"norm before any convolution", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.BatchNorm("bn", x, 1)}
		}, alone, []string{"BatchNormalization"}},
		{"nothing at inference", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.Relu("r", b.Apply("d", "Dropout", nil, b.Apply("i", "Identity", nil, b.Relu("q", x))))}
		}, alone, []string{"Relu", "Relu"}},
		{"an output must be made", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.Apply("i", "Identity", nil, x)}
		}, alone, []string{"Identity"}},
		{"an output must be made, of what passes everything on", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.Apply("d", "Dropout", nil, x)}
		}, alone, []string{"Identity"}},
		{"a sum joins the branch that ends last", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			return []*workloads.Tensor{b.Relu("r", b.Add("a", conv(b, "left", x), conv(b, "right", x)))}
		}, elementwise, []string{"Conv", "Conv+Add+Relu"}},
		{"a sum of what is not there yet waits", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := conv(b, "c", x)
			return []*workloads.Tensor{b.Add("a", b.Relu("r", y), b.Tanh("t", y))}
		}, elementwise, []string{"Conv", "Relu", "Tanh+Add"}},
		{"twice the same is no chain", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := conv(b, "c", x)
			return []*workloads.Tensor{b.Add("a", y, y)}
		}, elementwise, []string{"Conv", "Add"}},
		{"two results of one node are no chain", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := b.ApplyN("s", "Split", 2, workloads.Attrs{"axis": int64(1), "num_outputs": int64(2)}, x)
			return []*workloads.Tensor{b.Add("a", y[0], y[1])}
		}, greedy, []string{"Split", "Add"}},
		{"an output ends a chain", func(b *workloads.Builder, x *workloads.Tensor) []*workloads.Tensor {
			y := conv(b, "c", x)
			return []*workloads.Tensor{y, b.Relu("r", y)}
		}, elementwise, []string{"Conv", "Relu"}},
		{"gemm with a row", gemm(5), elementwise, []string{"Reshape", "Gemm"}},
		{"gemm with a row of two axes", gemm(1, 5), elementwise, []string{"Reshape", "Gemm"}},
		{"gemm with one value", gemm(1), elementwise, []string{"Reshape", "Gemm"}},
		{"gemm with nothing to add", gemm(0), elementwise, []string{"Reshape", "Gemm"}},
		{"gemm with a column", gemm(4, 1), elementwise, []string{"Reshape", "Gemm+Add"}},
		{"gemm with a matrix", gemm(4, 5), alone, []string{"Reshape", "Gemm", "Add"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := workloads.NewBuilder("g", 7)
			g, err := b.Build(c.build(b, b.Input("x", 1, 4, 3, 3))...)
			require.NoError(t, err)
			assert.Equal(t, c.want, ops(requireKept(t, g, c.fuses)))
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	b := workloads.NewBuilder("g", 1)
	x := b.Input("x", 3, 3)
	g, err := b.Build(b.Apply("fc", "Gemm", workloads.Attrs{"alpha": float32(2)}, x, x))
	require.NoError(t, err)
	_, err = workloads.Prepare(g, fp32, alone)
	assert.EqualError(t, err, "g: node fc (Gemm): alpha=2 needs a constant B to be folded into")

	b = workloads.NewBuilder("g", 1)
	g, err = b.Build(b.Apply("c3", "Conv", nil, b.Input("x", 1, 1, 3, 3, 3), b.Weight("w", 8, 1, 1, 1, 2, 2, 2)))
	require.NoError(t, err)
	_, err = workloads.Prepare(g, fp32, alone)
	assert.ErrorContains(t, err, "node c3 (Conv): [1×1×3×3×3] by [1×1×2×2×2] is not a product of one or two spatial axes")

	b = workloads.NewBuilder("g", 1)
	g, err = b.Build(b.Apply("c", "Conv", nil, b.Input("x", 1, 1, 3, 3), b.Weight("w", 4, 1, 2, 1, 2, 2), b.Input("bias", 2)))
	require.NoError(t, err)
	_, err = workloads.Prepare(g, fp32, alone)
	assert.ErrorContains(t, err, "g: node c (Conv): the bias bias is made at run time")

	g.Nodes = append(g.Nodes, g.Nodes[0])
	_, err = workloads.Prepare(g, fp32, alone)
	assert.ErrorContains(t, err, "made twice")

	// What a step of training would compute; only a mode that is stated counts.
	for op, trains := range map[string]func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor{
		"BatchNormalization": func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor {
			one := b.Weight("one", 1, 1, 3)
			return b.Apply("n", "BatchNormalization", workloads.Attrs{"training_mode": int64(1)}, x, one, one, one, one)
		},
		"Dropout": func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor {
			mode := &workloads.Tensor{Name: "mode", Type: workloads.Bool, Role: workloads.Weight, Const: workloads.NewArray(workloads.Bool, nil)}
			mode.Const.I[0] = 1
			return b.Apply("n", "Dropout", nil, x, b.Scalar("ratio", 0.5), mode)
		},
	} {
		b = workloads.NewBuilder("g", 1)
		g, err = b.Build(trains(b, b.Input("x", 2, 3, 4, 4)))
		require.NoError(t, err)
		_, err = workloads.Prepare(g, fp32, alone)
		assert.EqualError(t, err, "g: node n ("+op+"): it is in training mode, and machines here run inference; export the model for inference")
	}
}

// A Dropout at the end of a graph becomes an Identity that reads its data alone, so that it runs in
// every format and no machine waits for its ratio.
func TestLastDropout(t *testing.T) {
	b := workloads.NewBuilder("g", 1)
	g, err := b.Build(b.Apply("d", "Dropout", nil, b.Relu("r", b.Input("x", 2, 3)), b.Input("ratio")))
	require.NoError(t, err)
	net, err := workloads.Prepare(g, fp32, alone)
	require.NoError(t, err)
	last := net.Layers[len(net.Layers)-1].Head()
	assert.Equal(t, "Identity", last.Op)
	assert.Len(t, last.In, 1)
}

// snapshot is all of a graph that Prepare could change.
func snapshot(g *workloads.Graph) string {
	text := fmt.Sprint(g.Name, g.Params, len(g.Nodes))
	tensors := func(list []*workloads.Tensor) {
		for _, x := range list {
			if x == nil {
				text += " nil"
				continue
			}
			text += fmt.Sprintf(" %p%s%v%v%v%v%p%v", x, x.Name, x.Shape, x.Type, x.Scale, x.Role, x.Const, x.Source != nil)
		}
	}
	tensors(g.Inputs)
	tensors(g.Outputs)
	for _, n := range g.Nodes {
		text += fmt.Sprintf("\n%p %v %v", n, n, n.Attr)
		tensors(n.In)
		tensors(n.Out)
	}
	return text
}

// The graph given is left as it was, and what is made shares no tensor with it.
func TestPrepareLeavesTheGraph(t *testing.T) {
	for _, name := range []string{"resnet18", "bert-base", "shufflenet-v1", "tpu-lstm0"} {
		g, err := zoo.Build(name, zoo.Options{})
		require.NoError(t, err)
		before := snapshot(g)
		own := map[*workloads.Tensor]bool{}
		for _, n := range g.Nodes {
			for _, x := range slices.Concat(n.In, n.Out) {
				own[x] = x != nil
			}
		}
		for _, p := range []workloads.Precision{int8s, bf16} {
			net, err := workloads.Prepare(g, p, elementwise)
			require.NoError(t, err)
			requireLayers(t, net)
			assert.Equal(t, before, snapshot(g), "%s", name)
			for _, n := range net.Graph.Nodes {
				for _, x := range slices.Concat(n.In, n.Out) {
					require.False(t, own[x], "%s: %v shares a tensor with the graph", name, n)
				}
			}
		}
	}
}

// Every tensor has the format of its part in the network.
func TestTensorFormats(t *testing.T) {
	for _, p := range []workloads.Precision{fp32, bf16, int8s, mixed} {
		b := workloads.NewBuilder("g", 1)
		tokens := b.Tokens("tokens", 10, 2, 6)
		x := b.Embed("embed", b.Weight("table", 8, 1, 10, 8), tokens)
		y := b.LayerNorm("norm", b.Linear("fc", x, 8, 1, true), 1e-5)
		g, err := b.Build(b.Relu("relu", b.Linear("out", y, 4, 1, false)))
		require.NoError(t, err)
		net, err := workloads.Prepare(g, p, elementwise)
		require.NoError(t, err)
		require.Equal(t, []string{"Gather", "MatMul+Add", "LayerNormalization", "MatMul+Relu"}, ops(net))
		beside := workloads.FP32 // parameters of vector work beside integer data
		if p.Act.IsFloat() {
			beside = p.Act
		}
		gather, fc, norm, out := net.Layers[0].Nodes[0], net.Layers[1].Nodes, net.Layers[2].Nodes[0], net.Layers[3].Nodes
		for what, c := range map[string]struct {
			t    *workloads.Tensor
			want workloads.DType
		}{
			"indices":           {gather.In[1], workloads.Int64},
			"table":             {gather.In[0], p.Act},
			"activation":        {gather.Out[0], p.Act},
			"weight":            {fc[0].In[1], p.Weight},
			"sums":              {fc[0].Out[0], p.Act.Accumulator()},
			"added constant":    {fc[1].In[1], beside},
			"result of a layer": {fc[1].Out[0], p.Act},
			"scale of a norm":   {norm.In[1], beside},
			"result of vectors": {norm.Out[0], p.Act},
			"output":            {out[1].Out[0], p.Act},
		} {
			assert.Equal(t, c.want, c.t.Type, "%v: %s", p, what)
			assert.Zero(t, c.t.Scale)
		}
	}
	b := workloads.NewBuilder("g", 1)
	g, err := b.Build(b.Tanh("t", b.Relu("r", b.Conv("c", b.Input("x", 1, 2, 4, 4), 2, workloads.Window{R: 3, Bias: true}))))
	require.NoError(t, err)
	net, err := workloads.Prepare(g, int8s, elementwise)
	require.NoError(t, err)
	nodes := net.Layers[0].Nodes
	assert.Equal(t, []workloads.DType{workloads.Int8, workloads.Int8, workloads.Int32, workloads.Int32, workloads.FP32, workloads.Int8},
		[]workloads.DType{nodes[0].In[0].Type, nodes[0].In[1].Type, nodes[0].In[2].Type, nodes[0].Out[0].Type, nodes[1].Out[0].Type, nodes[2].Out[0].Type},
		"input, weight, bias, sums, between fused nodes, result")
}

// A weight that several products read becomes one for each, equal in value.
func TestSharedWeightsAreSeparated(t *testing.T) {
	b := workloads.NewBuilder("g", 1)
	w, table := b.Weight("w", 6, 1, 6, 6), b.Weight("table", 6, 1, 9, 6)
	x := b.Embed("e", table, b.Tokens("tokens", 9, 6))
	y := b.Apply("p2", "MatMul", nil, b.Apply("p1", "MatMul", nil, x, w), w)
	y = b.Apply("logits", "Gemm", workloads.Attrs{"transB": int64(1)}, b.Add("a", y, b.Apply("read", "Relu", nil, w)), table)
	g, err := b.Build(y)
	require.NoError(t, err)
	net := requireKept(t, g, alone)
	products := map[*workloads.Tensor]string{}
	for _, n := range net.Graph.Nodes {
		if workloads.ClassOf(n.Op) == workloads.MatrixClass {
			require.Empty(t, products[n.In[1]], "%v and %s read one tensor", n, products[n.In[1]])
			products[n.In[1]] = n.Name
		}
	}
	assert.Len(t, products, 3)
	for _, n := range net.Graph.Nodes {
		if n.Op == "Gather" {
			assert.Empty(t, products[n.In[0]], "the table that is looked up is not the one that is multiplied")
		}
	}
}
