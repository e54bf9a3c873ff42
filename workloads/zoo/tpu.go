package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// The six networks of Jouppi et al., ISCA 2017, are published as table 1: numbers
// of layers by kind, weights, batch, and operations per weight byte (the number
// of times a weight is used in one batch). No shape is. The shapes here are ours:
// they meet those numbers, and the share of the 256×256 array that table 3 says
// lies idle for want of rows or columns ("unused MACs" over "array active").
const jouppi = "Jouppi et al., ISCA 2017, table 1; the shapes are ours"

// tpuTolerance: weights are published in whole millions.
const tpuTolerance = 0.03

var tpuMLPs = []model{
	// 2.4 % of the active array unused: nearly every dimension fills its tiles of 256.
	{Info{Name: "tpu-mlp0", Family: "tpu v1", Default: Options{Batch: 200}, Params: 20e6, MACs: 20e6, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"fc": 5}}, perceptron(2024, 2024, 2024, 2024, 2024, 1780)},
	// 11 % unused.
	{Info{Name: "tpu-mlp1", Family: "tpu v1", Default: Options{Batch: 168}, Params: 5e6, MACs: 5e6, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"fc": 4}}, perceptron(1216, 1216, 1024, 1216, 850)},
}

// perceptron is a chain of fully connected layers with a ReLU between.
func perceptron(widths ...int) func(*workloads.Builder, Options) []*workloads.Tensor {
	return func(b *workloads.Builder, o Options) []*workloads.Tensor {
		x := b.Input("input", o.Batch, widths[0])
		for i, width := range widths[1:] {
			name := fmt.Sprintf("fc%d", i)
			x = b.Linear(name, x, width, 2, true)
			if i < len(widths)-2 {
				x = b.Relu(name+".relu", x)
			}
		}
		return []*workloads.Tensor{x}
	}
}

var tpuLSTMs = []model{
	{Info{Name: "tpu-lstm0", Family: "tpu v1", Default: Options{Batch: 64}, Params: 52e6, MACs: 52e6, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"fc": 24, "vector": 34}}, buildLSTM0},
	{Info{Name: "tpu-lstm1", Family: "tpu v1", Default: Options{Batch: 96}, Params: 34e6, MACs: 34e6, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"fc": 37, "vector": 19}}, buildLSTM1},
}

// lstm is one step of one recurrent layer. The state of the step before enters
// the graph, the new one leaves it, and the layer above waits for this one's
// output: the chain of dependent products that leaves a wide machine waiting.
//
//	x ──▶ input product ──┐              ┌─▶ sigmoid i, f, o ─┐
//	                      ├─ accumulate ─┤                    ├─▶ update c' = f·c + i·g ──▶ output h = o·tanh c'
//	h ──▶ state product ──┘              └─▶ tanh g ──────────┘
//
// A vector layer is one of the four named steps: gates, candidate, update,
// output. The sum of the two products is what accumulators are for and no layer.
type lstm struct {
	name    string
	cells   int // width of c
	outputs []*workloads.Tensor
}

// gates applies the four steps to the summed pre-activations of the gates.
func (l *lstm) gates(b *workloads.Builder, o Options, i, f, out, g *workloads.Tensor) *workloads.Tensor {
	c := b.Input(l.name+".c", o.Batch, l.cells)
	fresh := b.Mul(l.name+".update.fresh", i, g)
	c = b.Add(l.name+".update.sum", b.Mul(l.name+".update.kept", f, c), fresh)
	h := b.Mul(l.name+".output.gated", out, b.Tanh(l.name+".output.tanh", c))
	l.outputs = append(l.outputs, c)
	return h
}

// projected is a cell whose output is narrowed by a third product (Sak et al.,
// Interspeech 2014), the gates' matrices being stored side by side.
func (l *lstm) projected(b *workloads.Builder, o Options, x *workloads.Tensor, width int) *workloads.Tensor {
	n := l.cells
	sum := b.Add(l.name+".state.accumulate", b.Linear(l.name+".input", x, 4*n, 1, true),
		b.Linear(l.name+".state", b.Input(l.name+".h", o.Batch, width), 4*n, 1, false))
	part := b.ApplyN(l.name+".split", "Split", 2, workloads.Attrs{"axis": int64(1)}, sum, b.Ints(l.name+".split.sizes", 3*n, n))
	open := b.Sigmoid(l.name+".gates.sigmoid", part[0])
	gate := b.ApplyN(l.name+".parts", "Split", 3, workloads.Attrs{"axis": int64(1)}, open, b.Ints(l.name+".parts.sizes", n, n, n))
	h := l.gates(b, o, gate[0], gate[1], gate[2], b.Tanh(l.name+".candidate.tanh", part[1]))
	h = b.Linear(l.name+".project", h, width, 1, false)
	l.outputs = append(l.outputs, h)
	return h
}

// buildLSTM0: eight projected cells in two stacks of four, each stack bridged by
// an addition: 8 × (3 fc + 4 vector) + 2 vector. Widths are multiples of 256, as
// table 3 reports no unused MACs.
func buildLSTM0(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Input("input", o.Batch, 768)
	var outputs []*workloads.Tensor
	for i, s := range []struct{ cells, width int }{{1280, 512}, {1024, 768}} {
		var bridge *workloads.Tensor
		for j := range 4 {
			l := lstm{name: fmt.Sprintf("lstm%d", 4*i+j), cells: s.cells}
			x = l.projected(b, o, x, s.width)
			outputs = append(outputs, l.outputs...)
			if j == 0 {
				bridge = x
			}
		}
		x = b.Add(fmt.Sprintf("bridge%d.add", i), x, bridge)
	}
	return append([]*workloads.Tensor{x}, outputs...)
}

// separate is a plain cell whose eight matrices are layers of their own.
func (l *lstm) separate(b *workloads.Builder, o Options, x *workloads.Tensor) *workloads.Tensor {
	h := b.Input(l.name+".h", o.Batch, l.cells)
	gate := func(g string) *workloads.Tensor {
		in, state := l.name+".input_"+g, l.name+".state_"+g
		return b.Add(state+".accumulate", b.Linear(in, x, l.cells, 1, true), b.Linear(state, h, l.cells, 1, false))
	}
	open := func(g string) *workloads.Tensor { return b.Sigmoid(l.name+".gates.sigmoid_"+g, gate(g)) }
	i, f, out := open("i"), open("f"), open("o")
	h = l.gates(b, o, i, f, out, b.Tanh(l.name+".candidate.tanh", gate("g")))
	l.outputs = append(l.outputs, h)
	return h
}

// buildLSTM1: four cells with a fully connected layer before the first and after
// each: 5 fc + 4 × (8 fc + 4 vector) + 3 vector. The paper names a 600×600 matrix
// in it, which is the first layer here; the cells are as wide as the weights
// demand, and overhang their tiles of 256 as much as table 3 says (40 % unused).
func buildLSTM1(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Linear("fc0", b.Input("input", o.Batch, 600), 600, 1, true)
	var outputs []*workloads.Tensor
	for i := range 4 {
		l := lstm{name: fmt.Sprintf("lstm%d", i), cells: 1040}
		x = l.separate(b, o, x)
		outputs = append(outputs, l.outputs...)
		name := fmt.Sprintf("fc%d", i+1)
		if x = b.Linear(name, x, 800, 1, true); i < 3 {
			x = b.Tanh(name+".activation.tanh", x)
		}
	}
	return append([]*workloads.Tensor{x}, outputs...)
}
