package reference

import (
	"nnsim/workloads"
)

// product is the set of matrix products that a head stands for, on its two operands.
func (c *call) product(x, w *workloads.Array) products {
	switch c.node.Op {
	case "Conv", "ConvInteger", "QLinearConv":
		return c.convolution(x, w)
	case "Gemm":
		return c.gemm(x, w)
	}
	return c.matmul(x, w)
}

// convolution is, for each image and group, filters [m × k] times windows [k × n].
func (c *call) convolution(x, w *workloads.Array) products {
	out := c.node.Out[0].Shape
	groups := int(c.node.Attr.Int("group", 1))
	win := c.window(x.Shape[2:], out[2:], w.Shape[2:])
	volume := int(x.Shape[2:].Elements())
	q := products{count: x.Shape[0] * groups, m: w.Shape[0] / groups, n: int(out[2:].Elements()), k: int(w.Shape[1:].Elements())}
	q.a = operand{array: w, index: func(p int) int { return p % groups }, size: q.m * q.k, ld: q.k}
	q.b = operand{array: x, index: own, size: w.Shape[1] * volume, ld: volume}
	if !win.still() {
		q.b.slide = win
	}
	return q
}

// gemm is one product of matrices that may be stored transposed.
func (c *call) gemm(a, b *workloads.Array) products {
	out := c.node.Out[0].Shape
	q := products{count: 1, m: out[0], n: out[1], k: a.Shape[1]}
	q.a = operand{array: a, index: same, ld: a.Shape[1], flip: c.node.Attr.Int("transA", 0) != 0}
	q.b = operand{array: b, index: same, ld: b.Shape[1], flip: c.node.Attr.Int("transB", 0) != 0}
	if q.a.flip {
		q.k = a.Shape[0]
	}
	return q
}

// matmul is one product for each index of the leading axes, which are broadcast;
// where all share one B, their rows are the rows of one product.
func (c *call) matmul(a, b *workloads.Array) products {
	x, y := a.Shape, b.Shape
	if len(x) == 1 {
		x = workloads.Shape{1, x[0]}
	}
	if len(y) == 1 {
		y = workloads.Shape{y[0], 1}
	}
	rows, k, cols := x[len(x)-2], x[len(x)-1], y[len(y)-1]
	leadA, leadB := x[:len(x)-2], y[:len(y)-2]
	q := products{m: rows, n: cols, k: k}
	q.a = operand{array: a, size: rows * k, ld: k}
	q.b = operand{array: b, size: k * cols, ld: cols}
	if leadB.Elements() == 1 {
		q.count, q.m = 1, int(leadA.Elements())*rows
		q.a.index, q.b.index = same, same
		return q
	}
	lead := leadA.Clone() // broadcast, as Infer has checked
	if len(leadB) > len(lead) {
		lead = append(leadB[:len(leadB)-len(lead)].Clone(), lead...)
	}
	for i, d := range leadB {
		if j := len(lead) - len(leadB) + i; lead[j] == 1 {
			lead[j] = d
		}
	}
	q.count = int(lead.Elements())
	q.a.index, q.b.index = batch(leadA, lead), batch(leadB, lead)
	return q
}

// batch maps a product to the operand's matrix, where the operand's leading axes
// are broadcast to all.
func batch(operand, all workloads.Shape) func(p int) int {
	v := stretched(operand, all)
	return func(p int) int {
		at := []int{0}
		locate(at, []view{v}, all, p)
		return at[0]
	}
}

// matrixHead is Conv, Gemm and MatMul: products summed in the accumulator of the
// inputs' type, then the bias.
func matrixHead(c *call) error {
	x, w := c.in[0], c.in[1]
	if c.node.Op == "Gemm" && (c.node.Attr.Float("alpha", 1) != 1 || c.node.Attr.Float("beta", 1) != 1) {
		return c.scaledGemm()
	}
	dst, q := c.make(0), c.product(x, w)
	switch {
	case dst.F != nil:
		real(q, func(p, row, col int, sums []float32) { copy(dst.F[(p*q.m+row)*q.n+col:], sums) })
	case dst.D != nil:
		real(q, func(p, row, col int, sums []float64) { copy(dst.D[(p*q.m+row)*q.n+col:], sums) })
	default:
		q.exact(storeInts(dst, q))
	}
	c.addBias(dst)
	return nil
}

// storeInts wraps sums to the type of an integer array.
func storeInts(dst *workloads.Array, q products) func(p, row, col int, sums []int64) {
	return func(p, row, col int, sums []int64) {
		at := (p*q.m+row)*q.n + col
		for i, v := range sums {
			dst.SetInt(at+i, v)
		}
	}
}

// addBias adds input 2: one number for each filter of a convolution, or what
// broadcasts to the product.
func (c *call) addBias(dst *workloads.Array) {
	if !c.has(2) || c.node.Op == "MatMul" {
		return
	}
	bias := c.in[2]
	if c.node.Op == "Conv" {
		bias = bias.Reshaped(perChannel(dst.Shape))
	}
	combine(dst, dst, bias, add)
}

// perChannel is the shape of one number for each channel (axis 1) of s.
func perChannel(s workloads.Shape) workloads.Shape {
	one := make(workloads.Shape, len(s))
	for i := range one {
		one[i] = 1
	}
	one[1] = s[1]
	return one
}

// scaledGemm is alpha·A·B + beta·C.
func (c *call) scaledGemm() error {
	alpha, beta := float64(c.node.Attr.Float("alpha", 1)), float64(c.node.Attr.Float("beta", 1))
	plain := *c
	plain.node = &workloads.Node{Name: c.node.Name, Op: c.node.Op, Out: c.node.Out, Attr: workloads.Attrs{
		"transA": c.node.Attr.Int("transA", 0), "transB": c.node.Attr.Int("transB", 0)}}
	plain.in = c.in[:2]
	if err := matrixHead(&plain); err != nil {
		return err
	}
	dst := plain.out[0]
	mapReals(dst, dst, func(v float64) float64 { return alpha * v })
	if c.has(2) {
		scaled := workloads.NewArray(c.in[2].Type, c.in[2].Shape)
		mapReals(scaled, c.in[2], func(v float64) float64 { return beta * v })
		combine(dst, dst, scaled, add)
	}
	c.out[0] = dst
	return nil
}
