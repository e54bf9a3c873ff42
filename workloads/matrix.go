package workloads

import "fmt"

// MatrixOf is the iteration space of a node that multiplies and accumulates:
// Conv (one or two spatial axes), Gemm and MatMul. Other nodes report false.
func MatrixOf(n *Node) (Matrix, bool) {
	switch n.Op {
	case "Conv", "ConvInteger", "QLinearConv":
		return convSpace(n)
	case "Gemm":
		return gemmSpace(n)
	case "MatMul", "MatMulInteger", "QLinearMatMul":
		return matmulSpace(n)
	}
	return Matrix{}, false
}

// filter is the operand that stays with a matrix node: B of a product, the window of a convolution.
func (n *Node) filter() *Tensor {
	if n.Op == "QLinearConv" || n.Op == "QLinearMatMul" {
		return n.Input(3)
	}
	return n.Input(1)
}

func convSpace(n *Node) (Matrix, bool) {
	x, w, y := n.Input(0), n.filter(), n.Out[0]
	rank := len(x.Shape) - 2
	if w == nil || rank < 1 || rank > 2 || len(w.Shape) != rank+2 || len(y.Shape) != rank+2 {
		return Matrix{}, false
	}
	at := func(s Shape, axis int) int { // a one-axis convolution has height 1
		if rank == 1 && axis == 0 {
			return 1
		}
		return s[2+axis-(2-rank)]
	}
	attr := func(name string, axis int, def int64) int {
		v := n.Attr.Ints(name, nil)
		if i := axis - (2 - rank); i >= 0 && i < len(v) {
			return int(v[i])
		}
		return int(def)
	}
	groups := int(n.Attr.Int("group", 1))
	m := Matrix{Batch: 1, Groups: groups, Images: x.Shape[0], C: w.Shape[1], K: w.Shape[0] / groups,
		H: at(x.Shape, 0), W: at(x.Shape, 1), R: at(w.Shape, 0), S: at(w.Shape, 1), OH: at(y.Shape, 0), OW: at(y.Shape, 1),
		StrideH: attr("strides", 0, 1), StrideW: attr("strides", 1, 1), DilH: attr("dilations", 0, 1), DilW: attr("dilations", 1, 1),
		PadH: attr("pads", 0, 0), PadW: attr("pads", 1, 0), SharedB: true}
	switch mode := n.Attr.Text("auto_pad", "NOTSET"); mode {
	case "VALID":
		m.PadH, m.PadW = 0, 0
	case "SAME_UPPER", "SAME_LOWER":
		m.PadH = samePad(m.H, m.OH, m.StrideH, (m.R-1)*m.DilH+1, mode)
		m.PadW = samePad(m.W, m.OW, m.StrideW, (m.S-1)*m.DilW+1, mode)
	}
	return m, true
}

// samePad is the padding before an axis under ONNX's SAME modes.
func samePad(in, out, stride, window int, mode string) int {
	total := max(0, (out-1)*stride+window-in)
	if mode == "SAME_LOWER" {
		return (total + 1) / 2
	}
	return total / 2
}

// product is the space of one plain matrix product, repeated batch times.
func product(batch, m, k, n int) Matrix {
	return Matrix{Batch: batch, Groups: 1, Images: m, C: k, K: n, H: 1, W: 1, R: 1, S: 1, OH: 1, OW: 1,
		StrideH: 1, StrideW: 1, DilH: 1, DilW: 1}
}

func gemmSpace(n *Node) (Matrix, bool) {
	a, b := n.Input(0).Shape, n.Input(1).Shape
	if len(a) != 2 || len(b) != 2 {
		return Matrix{}, false
	}
	ta, tb := n.Attr.Int("transA", 0) != 0, n.Attr.Int("transB", 0) != 0
	m, k, cols := a[0], a[1], b[1]
	if ta {
		m, k = k, m
	}
	if tb {
		cols = b[0]
	}
	s := product(1, m, k, cols)
	s.TransA, s.TransB, s.SharedB = ta, tb, true
	return s, true
}

func matmulSpace(n *Node) (Matrix, bool) {
	a, b := n.Input(0).Shape, n.filter().Shape
	if len(a) == 0 || len(b) == 0 {
		return Matrix{}, false
	}
	if len(a) == 1 {
		a = Shape{1, a[0]}
	}
	if len(b) == 1 {
		b = Shape{b[0], 1}
	}
	k, cols := a[len(a)-1], b[len(b)-1]
	rows := a[len(a)-2]
	if Shape(b[:len(b)-2]).Elements() == 1 { // one B for all: the batch is more rows of A
		s := product(1, int(Shape(a[:len(a)-1]).Elements()), k, cols)
		s.SharedB, s.Causal = true, n.Attr.Int("causal", 0) != 0
		return s, true
	}
	out := n.Out[0].Shape
	batch := int(out.Elements()) / (rows * cols)
	s := product(batch, rows, k, cols)
	s.Causal = n.Attr.Int("causal", 0) != 0
	return s, true
}

// BatchIndex maps product b of a batched MatMul to the matrices of A and B it
// multiplies, which differ from b where an operand is broadcast.
func BatchIndex(n *Node, b int) (ia, ib int) {
	out := n.Out[0].Shape
	inner := 0 // axes of the result that lie in one product: a vector operand has none
	for _, t := range []*Tensor{n.Input(0), n.filter()} {
		if len(t.Shape) > 1 {
			inner++
		}
	}
	lead := out[:max(0, len(out)-inner)]
	return broadcastIndex(lead, n.Input(0).Shape, b), broadcastIndex(lead, n.filter().Shape, b)
}

func broadcastIndex(lead, operand Shape, flat int) int {
	own := operand[:max(0, len(operand)-2)]
	index, stride := 0, 1
	for i := 0; i < len(lead); i++ {
		axis := len(lead) - 1 - i
		at := flat % lead[axis]
		flat /= lead[axis]
		if j := len(own) - 1 - i; j >= 0 {
			if own[j] > 1 {
				index += at * stride
			}
			stride *= own[j]
		}
	}
	return index
}

// MACs is the number of multiply-accumulates of a node; 0 for nodes that are no matrix products.
func MACs(n *Node) int64 {
	if n.Op == "Attention" {
		return attentionMACs(n)
	}
	if m, ok := MatrixOf(n); ok {
		return m.MACs()
	}
	return 0
}

// attentionMACs counts Q·Kᵀ and P·V in full; a causal mask saves no work that is counted here.
func attentionMACs(n *Node) int64 {
	q, y, k := n.Input(0).Shape, n.Out[0].Shape, n.Input(1).Shape
	if len(q) < 3 || len(y) != len(q) || len(k) != len(q) {
		return 0
	}
	last := len(q) - 1
	kv := int64(k[last-1]) // of [batch, heads, keys, dim], and of [batch, keys, heads·dim]
	if past := n.Input(4); past != nil {
		kv += int64(past.Shape[2])
	}
	return q[:last].Elements() * kv * int64(q[last]+y[last])
}

// GraphMACs sums MACs over a graph.
func GraphMACs(g *Graph) (total int64) {
	for _, n := range g.Nodes {
		total += MACs(n)
	}
	return total
}

func (m Matrix) String() string {
	if m.H*m.W*m.R*m.S*m.OH*m.OW == 1 {
		s := fmt.Sprintf("M=%d N=%d K=%d", m.M(), m.N(), m.Red())
		if m.Batch > 1 {
			s = fmt.Sprintf("%d × (%s)", m.Batch, s)
		}
		return s
	}
	s := fmt.Sprintf("%d×%d×%d×%d → %d×%d×%d, %d×%d", m.Images, m.C*m.Groups, m.H, m.W, m.K*m.Groups, m.OH, m.OW, m.R, m.S)
	if m.Groups > 1 {
		s += fmt.Sprintf(", %d groups", m.Groups)
	}
	return s
}
