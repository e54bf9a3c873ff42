package onnx

import "nnsim/workloads"

// part is what a weight is for; it decides which random values keep the data in range.
type part int

// A weight of a kind not listed (a clipping bound, an exponent, a quantisation
// scale) keeps its values, for its meaning is not known.
const (
	other part = iota
	filter
	bias
	gain // multiplies: scales of normalisations, Mul, Div
	variance
	slope // of PRelu
	table // rows of an embedding
)

// parts is the table of weights by operator and input.
var parts = map[string][]part{
	"Conv":                  {other, filter, bias},
	"ConvTranspose":         {other, filter, bias},
	"Gemm":                  {filter, filter, bias},
	"MatMul":                {filter, filter},
	"BatchNormalization":    {other, gain, bias, bias, variance},
	"InstanceNormalization": {other, gain, bias},
	"GroupNormalization":    {other, gain, bias},
	"LayerNormalization":    {other, gain, bias},
	"RMSNormalization":      {other, gain},
	"Add":                   {bias, bias},
	"Sub":                   {bias, bias},
	"Sum":                   {bias, bias, bias, bias},
	"Mul":                   {gain, gain},
	"Div":                   {gain, gain},
	"PRelu":                 {other, slope},
	"Gather":                {table},
	"RNN":                   {other, filter, filter, bias},
	"GRU":                   {other, filter, filter, bias},
	"LSTM":                  {other, filter, filter, bias},
}

// randomise gives seeded values to the trained float weights with at least one
// axis. Filters are uniform with variance gain/fan-in, so that data neither grows
// nor dies; the rest stays near what leaves data as it is.
func (im *importer) randomise() {
	activated := im.rectified()
	seen := map[*workloads.Tensor]bool{}
	for _, n := range im.graph.Nodes {
		for i, t := range n.In {
			if t == nil || seen[t] || !im.trained[t] || !t.Type.IsFloat() || len(t.Shape) == 0 || i >= len(parts[n.Op]) {
				continue
			}
			seen[t] = true
			if s := im.source(n, i, t, activated[n]); s != nil {
				t.Const, t.Source = nil, s
			}
		}
	}
}

// source is the values for weight t, input i of node n; nil to leave them.
func (im *importer) source(n *workloads.Node, i int, t *workloads.Tensor, rectified bool) workloads.Source {
	seed := im.o.Seed
	switch parts[n.Op][i] {
	case filter:
		energy := 1.0
		if rectified { // half of the outputs become zero
			energy = 2
		}
		return workloads.FanIn(t.Name, seed, fanIn(n, i, t.Shape), energy)
	case bias:
		return workloads.Uniform(t.Name, seed, 0.1)
	case gain:
		return workloads.Around(t.Name, seed, 1, 0.1)
	case variance:
		return workloads.Around(t.Name, seed, 1, 0.2)
	case slope:
		return workloads.Around(t.Name, seed, 0.25, 0.05)
	case table:
		return workloads.Uniform(t.Name, seed, 1)
	}
	return nil
}

// fanIn is the number of products summed in one output.
func fanIn(n *workloads.Node, i int, s workloads.Shape) int {
	last, rank := s[len(s)-1], len(s)
	switch n.Op {
	case "Conv":
		return int(s[1:].Elements())
	case "ConvTranspose": // each output is met by every filter of its group
		return s[0] * int(s[2:].Elements()) / int(n.Attr.Int("group", 1))
	case "Gemm":
		if transposed := n.Attr.Int([]string{"transA", "transB"}[i], 0) != 0; transposed == (i == 0) {
			return s[0]
		}
		return last
	case "MatMul":
		if i == 1 && rank > 1 {
			return s[rank-2]
		}
	}
	return last
}

// rectified lists the nodes whose output goes straight into a rectifier.
func (im *importer) rectified() map[*workloads.Node]bool {
	nodes := map[*workloads.Node]bool{}
	for _, n := range im.graph.Nodes {
		if (n.Op == "Relu" || n.Op == "LeakyRelu" || n.Op == "PRelu") && len(n.In) > 0 && im.maker[n.In[0]] != nil {
			nodes[im.maker[n.In[0]]] = true
		}
	}
	return nodes
}
