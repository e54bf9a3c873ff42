package reference

import (
	"sync/atomic"

	"nnsim/workloads"
)

// EvalFormat computes one node of a prepared network on arrays as they are stored,
// n.In and n.Out saying how (Type, Scale):
//
//   - Conv, Gemm and MatMul of integers: exact products, summed in int32 with wrap,
//     the bias added in units of sA·sB. An int32 output is that accumulator; any
//     other is Quantise(float64(acc)·sA·sB), or the same rounded to a float format.
//   - Conv, Gemm and MatMul of floats: products of the rounded inputs and the bias
//     summed in fp32, then rounded or quantised.
//   - Everything else: scaled integers are brought to fp32 (float32(q·Scale)), Eval
//     computes in fp32, and the result is quantised or rounded. Operators that only
//     move or compare elements work on the integers as they are where every input
//     has the output's type and scale.
//
// Integers without a scale are indices, lengths and truth values and pass through.
func EvalFormat(n *workloads.Node, in []*workloads.Array) ([]*workloads.Array, error) {
	results, err := inFormat(n, in)
	if err != nil {
		return nil, err
	}
	out := make([]*workloads.Array, len(results))
	for i, r := range results {
		if r.array == nil {
			continue
		}
		if out[i] = r.array; i < len(n.Out) && n.Out[i] != nil {
			if out[i], err = r.encode(n, n.Out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// result is an output before it is stored: real numbers as fp32, integers with a
// scale (accumulators, or moved as they were), or integers that stand for themselves.
type result struct {
	array *workloads.Array
	scale float64
	// peak bounds the magnitude of an accumulator's sums before they wrapped.
	peak float64
}

// inFormat computes a node up to, not including, the format of its outputs.
func inFormat(n *workloads.Node, in []*workloads.Array) ([]result, error) {
	if isHead(n.Op) && len(in) > 1 && in[0] != nil && in[1] != nil && in[0].Type.IsInt() && in[1].Type.IsInt() {
		return accumulate(n, in)
	}
	shadow, plain := *n, in
	shadow.Out = make([]*workloads.Tensor, len(n.Out))
	for i, t := range n.Out {
		if t != nil {
			shadow.Out[i] = &workloads.Tensor{Name: t.Name}
		}
	}
	scale := 0.0
	if moves(n) {
		scale = n.In[0].Scale
	} else {
		plain = make([]*workloads.Array, len(in))
		for i, a := range in {
			plain[i] = inReal(a, n.Input(i))
		}
	}
	out, err := Eval(&shadow, plain)
	if err != nil {
		return nil, err
	}
	results := make([]result, len(out))
	for i, a := range out {
		results[i] = result{array: a}
		if a != nil && scale != 0 && a.Type == n.In[0].Type {
			results[i].scale = scale
		}
	}
	return results, nil
}

func isHead(op string) bool { return op == "Conv" || op == "Gemm" || op == "MatMul" }

// moves tells whether a node gives exact results on stored integers: it only moves
// or compares them, and all that are scaled have the output's type and scale.
func moves(n *workloads.Node) bool {
	if !workloads.Picks(n) && n.Op != "Relu" {
		return false
	}
	if n.Input(0) == nil || len(n.Out) == 0 || n.Out[0] == nil {
		return false
	}
	first, out := n.In[0], n.Out[0]
	if !isScaled(first) || !isScaled(out) || first.Type == workloads.Bipolar && (n.Op == "Relu" || n.Op == "Pad") {
		return false
	}
	same := func(t *workloads.Tensor) bool { // or no real number at all
		return t == nil || !t.Type.IsFloat() && (!isScaled(t) || t.Type == first.Type && t.Scale == first.Scale)
	}
	for _, t := range append(append([]*workloads.Tensor{}, n.In...), n.Out...) {
		if !same(t) {
			return false
		}
	}
	return n.Op != "Pad" || n.Attr.Float("value", 0) == 0
}

// isScaled tells a tensor of integers that stand for real numbers.
func isScaled(t *workloads.Tensor) bool { return t.Type.IsInt() && t.Scale != 0 }

// inReal is a stored array as real numbers in fp32, or itself where it holds
// integers without a scale.
func inReal(a *workloads.Array, t *workloads.Tensor) *workloads.Array {
	switch {
	case a == nil || t == nil:
		return a
	case a.Type.IsFloat() && a.F != nil:
		plain := *a
		plain.Type = workloads.FP32 // every value of a narrower format is one of fp32
		return &plain
	case a.Type == workloads.FP64:
		return convert(a, workloads.FP32, true)
	case isScaled(t):
		return dequantised(a, t.Scale)
	}
	return a
}

// dequantised is q·scale, rounded to fp32.
func dequantised(a *workloads.Array, scale float64) *workloads.Array {
	dst := workloads.NewArray(workloads.FP32, a.Shape)
	parallel(len(dst.F), 1<<14, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst.F[i] = float32(a.At(i) * scale)
		}
	})
	return dst
}

// accumulate is a matrix head on integers: its result is the int32 accumulator.
func accumulate(n *workloads.Node, in []*workloads.Array) ([]result, error) {
	scale, c := AccumulatorScale(n), &call{node: n}
	if n.Attr.Float("alpha", 1) != 1 || n.Attr.Float("beta", 1) != 1 {
		return nil, c.fail("alpha and beta must be 1 for integers; Prepare folds them into the constants")
	}
	if scale == 0 {
		return nil, c.fail("the scales of its integer inputs are not known; run a calibration first")
	}
	shapes := make([]*workloads.Array, len(in))
	for i, a := range in {
		if a != nil { // Infer asks for floats, and only looks at shapes
			shapes[i] = &workloads.Array{Type: workloads.FP32, Shape: a.Shape, F: a.F, I8: a.I8, I32: a.I32, I: a.I, D: a.D}
		}
	}
	c, err := newCall(n, shapes)
	if err != nil {
		return nil, err
	}
	acc, q := workloads.NewArray(workloads.Int32, c.node.Out[0].Shape), c.product(in[0], in[1])
	var peak atomic.Int64
	q.exact(func(p, row, col int, sums []int64) {
		dst, top := acc.I32[(p*q.m+row)*q.n+col:], int64(0)
		for i, v := range sums {
			dst[i], top = int32(v), max(top, v, -v)
		}
		for old := peak.Load(); top > old && !peak.CompareAndSwap(old, top); old = peak.Load() {
		}
	})
	sum := result{array: acc, scale: scale, peak: float64(peak.Load())}
	if c.has(2) {
		c.in[2] = biasSteps(in[2], n.Input(2), scale)
		sum.peak += result{array: c.in[2]}.greatestMagnitude()
		c.addBias(acc)
	}
	return []result{sum}, nil
}

// AccumulatorScale is the real value of one step of the accumulator of a matrix
// head with integer inputs: the product of its inputs' scales, 0 while one is
// unknown. Its bias is quantised with the same scale.
func AccumulatorScale(n *workloads.Node) float64 {
	if !isHead(n.Op) || n.Input(0) == nil || n.Input(1) == nil || !n.In[0].Type.IsInt() || !n.In[1].Type.IsInt() {
		return 0
	}
	return n.In[0].Scale * n.In[1].Scale
}

// biasSteps is a bias in steps of the accumulator: as it is where it was quantised
// so, else rounded to them.
func biasSteps(a *workloads.Array, t *workloads.Tensor, scale float64) *workloads.Array {
	if t == nil || a.Type == workloads.Int32 && (t.Scale == scale || t.Scale == 0) {
		return a
	}
	step := t.Scale
	if step == 0 {
		step = 1
	}
	dst := workloads.NewArray(workloads.Int32, a.Shape)
	for i := range dst.I32 {
		dst.I32[i] = workloads.Int32.Quantise(a.At(i)*step, scale)
	}
	return dst
}
