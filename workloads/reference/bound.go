package reference

import (
	"math"

	"nnsim/workloads"
)

// Bound is how far a sum of k products, accumulated in fp32 in any order and
// rounded to out, can lie from the exact sum, relative to Σ|a||b|.
//
// With u = 2⁻²⁴ every fp32 operation errs by a factor of at most 1 ± u. A product
// is rounded once and takes part in at most k − 1 additions, so each term carries
// at most k factors, whose product lies within 1 ± γ, γ = k·u/(1 − k·u) (Higham,
// lemma 3.1). The error is then at most γ·Σ|a||b|, in whichever order and
// grouping the sum was made. Rounding the result to a format of p bits of
// significand adds half a unit in its last place, 2⁻ᵖ of a value of at most
// (1 + γ)·Σ|a||b|. A bias is one more term: count it in k and in the magnitude.
//
// Two results that are both so computed differ by at most twice this. Below the
// least normal number of out the step no longer shrinks with the value: add Floor.
func Bound(k int, out workloads.DType) float64 {
	ku := float64(k) * 0x1p-24
	if ku >= 1 {
		return math.Inf(1)
	}
	gamma := ku / (1 - ku)
	return gamma + halfUnit[out].relative*(1+gamma)
}

// Floor is half the distance between the least numbers of a float format, which is
// the rounding error near zero.
func Floor(out workloads.DType) float64 { return halfUnit[out].least / 2 }

// halfUnit gives, for each format that rounds a fp32 sum, half a unit in the last
// place relative to the value, and the least positive number.
var halfUnit = map[workloads.DType]struct{ relative, least float64 }{
	workloads.FP32: {0, 0x1p-149},
	workloads.TF32: {0x1p-11, 0x1p-136},
	workloads.FP16: {0x1p-11, 0x1p-24},
	workloads.BF16: {0x1p-8, 0x1p-133},
	workloads.E4M3: {0x1p-4, 0x1p-9},
	workloads.E5M2: {0x1p-3, 0x1p-16},
}

// OutputAt is one output element of a matrix head (Conv, Gemm, MatMul) by the
// plainest loop there is, in float64, bias included, and the sum of the magnitudes
// of its terms. It shares no code with the kernels. Integers count as they are
// stored: the value is that of the accumulator, with a bias in its steps.
func OutputAt(n *workloads.Node, in []*workloads.Array, index []int) (value, magnitude float64) {
	add := func(a, b float64) { value, magnitude = value+a*b, magnitude+math.Abs(a*b) }
	switch n.Op {
	case "Conv":
		convAt(n, in, index, add)
	case "Gemm":
		gemmAt(n, in, index, add)
	case "MatMul":
		matmulAt(in, index, add)
	}
	return value, magnitude
}

func gemmAt(n *workloads.Node, in []*workloads.Array, index []int, add func(a, b float64)) {
	a, b := in[0], in[1]
	row, col, k := index[0], index[1], a.Shape[1]
	rowA, stepA, colB, stepB := row*a.Shape[1], 1, col, b.Shape[1]
	if n.Attr.Int("transA", 0) != 0 {
		rowA, stepA, k = row, a.Shape[1], a.Shape[0]
	}
	if n.Attr.Int("transB", 0) != 0 {
		colB, stepB = col*b.Shape[1], 1
	}
	alpha, beta := float64(n.Attr.Float("alpha", 1)), float64(n.Attr.Float("beta", 1))
	for i := range k {
		add(alpha*a.At(rowA+i*stepA), b.At(colB+i*stepB))
	}
	if len(in) > 2 && in[2] != nil {
		add(beta, in[2].At(broadcastAt(in[2].Shape, index)))
	}
}

func matmulAt(in []*workloads.Array, index []int, add func(a, b float64)) {
	a, b := in[0], in[1]
	x, y := a.Shape, b.Shape
	if len(x) == 1 {
		x, index = workloads.Shape{1, x[0]}, append(append([]int{}, index[:max(0, len(index)-1)]...), append([]int{0}, index[max(0, len(index)-1):]...)...)
	}
	if len(y) == 1 {
		y, index = workloads.Shape{y[0], 1}, append(append([]int{}, index...), 0)
	}
	lead, row, col := index[:len(index)-2], index[len(index)-2], index[len(index)-1]
	k, cols := x[len(x)-1], y[len(y)-1]
	fromA := (broadcastAt(x[:len(x)-2], lead)*x[len(x)-2] + row) * k
	fromB := broadcastAt(y[:len(y)-2], lead) * k * cols
	for i := range k {
		add(a.At(fromA+i), b.At(fromB+i*cols+col))
	}
}

// broadcastAt is the element of a shape at an index of what it is broadcast to.
func broadcastAt(s workloads.Shape, index []int) int {
	at := 0
	for i, d := range s {
		at *= d
		if d > 1 {
			at += index[len(index)-len(s)+i]
		}
	}
	return at
}

func convAt(n *workloads.Node, in []*workloads.Array, index []int, add func(a, b float64)) {
	x, w := in[0], in[1]
	rank, filter := len(x.Shape)-2, index[1]
	group := filter / (w.Shape[0] / int(n.Attr.Int("group", 1)))
	attr := func(name string, i int, def int64) int {
		if v := n.Attr.Ints(name, nil); i < len(v) {
			return int(v[i])
		}
		return int(def)
	}
	taps := int(w.Shape[2:].Elements())
	for c := range w.Shape[1] {
		for tap := range taps {
			at, rest, step, inside := 0, tap, 1, true
			for i := rank - 1; i >= 0; i-- {
				size, k := x.Shape[2+i], w.Shape[2+i]
				stride, dil := attr("strides", i, 1), attr("dilations", i, 1)
				pos := index[2+i]*stride + rest%k*dil - padBefore(n, size, k, stride, dil, attr("pads", i, 0))
				inside = inside && pos >= 0 && pos < size
				at += pos * step
				step, rest = step*size, rest/k
			}
			if inside {
				channel := index[0]*x.Shape[1] + group*w.Shape[1] + c
				add(x.At(channel*step+at), w.At((filter*w.Shape[1]+c)*taps+tap))
			}
		}
	}
	if len(in) > 2 && in[2] != nil {
		add(1, in[2].At(filter))
	}
}

// padBefore is the padding before an axis, which the SAME modes work out.
func padBefore(n *workloads.Node, size, kernel, stride, dilation, given int) int {
	total := max(0, ((size+stride-1)/stride-1)*stride+(kernel-1)*dilation+1-size)
	switch n.Attr.Text("auto_pad", "NOTSET") {
	case "SAME_UPPER":
		return total / 2
	case "SAME_LOWER":
		return total - total/2
	case "VALID":
		return 0
	}
	return given
}

// Magnitudes is Σ|a||b| (and the bias's magnitude) for every output of a matrix
// head, in fp32: the kernel on absolute values. Integers count as they are stored.
func Magnitudes(n *workloads.Node, in []*workloads.Array) (*workloads.Array, error) {
	if !isHead(n.Op) {
		c := call{node: n}
		return nil, c.fail("only Conv, Gemm and MatMul are sums of products")
	}
	absolute := make([]*workloads.Array, len(in))
	for i, a := range in {
		if a == nil {
			continue
		}
		absolute[i] = workloads.NewArray(workloads.FP32, a.Shape)
		mapReals(absolute[i], a, math.Abs)
	}
	attr := workloads.Attrs{}
	for k, v := range n.Attr {
		if f, ok := v.(float32); ok {
			v = float32(math.Abs(float64(f)))
		}
		attr[k] = v
	}
	plain := &workloads.Node{Name: n.Name, Op: n.Op, In: n.In, Attr: attr, Out: []*workloads.Tensor{{Name: "magnitudes"}}}
	out, err := Eval(plain, absolute)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
