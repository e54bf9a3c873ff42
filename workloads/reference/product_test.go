package reference

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
)

// fill draws every element of a new array.
func fill(t *rapid.T, name string, typ workloads.DType, s workloads.Shape) *workloads.Array {
	a := workloads.NewArray(typ, s)
	seed := rapid.Uint64().Draw(t, name)
	values := make([]float32, a.Len())
	workloads.Uniform(name, seed, 1).Fill(values, 0)
	lo, hi := typ.Range()
	for i, v := range values {
		if typ.IsFloat() {
			a.Set(i, float64(v))
		} else {
			a.SetInt(i, int64(math.Round(float64(lo)+(float64(hi)-float64(lo))*float64(v+1)/2)))
		}
	}
	return a
}

// head draws a matrix head with its operands: types a and b, bias in accumulator steps.
func head(t *rapid.T, a, b, bias workloads.DType) (*workloads.Node, []*workloads.Array) {
	dim := func(name string, hi int) int { return rapid.IntRange(1, hi).Draw(t, name) }
	n := &workloads.Node{Name: "head", Attr: attrs{}, Out: []*workloads.Tensor{{Name: "y"}}}
	var in []*workloads.Array
	switch n.Op = rapid.SampledFrom([]string{"Conv", "Gemm", "MatMul"}).Draw(t, "op"); n.Op {
	case "Conv":
		rank, groups, c, f := dim("rank", 3), dim("groups", 3), dim("c", 9), dim("f", 5)
		x, w := shape{dim("images", 2), c * groups}, shape{f * groups, c}
		var strides, dilations, begin, end []int64
		for range rank {
			r, d := dim("r", 3), dim("dilation", 2)
			x, w = append(x, (r-1)*d+dim("extent", 7)), append(w, r)
			strides, dilations = append(strides, int64(dim("stride", 3))), append(dilations, int64(d))
			begin, end = append(begin, int64(dim("before", 3)-1)), append(end, int64(dim("after", 3)-1))
		}
		n.Attr = attrs{"group": int64(groups), "strides": strides, "dilations": dilations}
		if mode := rapid.SampledFrom([]string{"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"}).Draw(t, "pad"); mode == "NOTSET" {
			n.Attr["pads"] = append(begin, end...)
		} else {
			n.Attr["auto_pad"] = mode
		}
		in = []*workloads.Array{fill(t, "x", a, x), fill(t, "w", b, w), fill(t, "bias", bias, shape{f * groups})}
	case "Gemm":
		x, w, m := shape{dim("m", 150), dim("k", 1500)}, shape{0, dim("n", 9)}, 0
		m, w[0] = x[0], x[1]
		if rapid.Bool().Draw(t, "transA") {
			x, n.Attr["transA"] = shape{x[1], x[0]}, int64(1)
		}
		cols := w[1]
		if rapid.Bool().Draw(t, "transB") {
			w, n.Attr["transB"] = shape{w[1], w[0]}, int64(1)
		}
		in = []*workloads.Array{fill(t, "x", a, x), fill(t, "w", b, w), fill(t, "bias", bias, rapid.SampledFrom([]shape{{cols}, {m, 1}, {}}).Draw(t, "c"))}
	default:
		m, k, cols, batch := dim("m", 20), dim("k", 300), dim("n", 20), dim("batch", 3)
		x := rapid.SampledFrom([]shape{{m, k}, {batch, m, k}, {2, 1, m, k}, {k}}).Draw(t, "x shape")
		w := rapid.SampledFrom([]shape{{k, cols}, {batch, k, cols}, {1, k, cols}, {k}}).Draw(t, "w shape")
		in = []*workloads.Array{fill(t, "x", a, x), fill(t, "w", b, w)}
	}
	for i, v := range in {
		n.In = append(n.In, &workloads.Tensor{Name: string(rune('a' + i)), Type: v.Type, Shape: v.Shape})
	}
	return n, in
}

// indices visits at most 300 outputs, spread over the whole.
func indices(s workloads.Shape, f func(flat int, index []int)) {
	for flat := 0; flat < int(s.Elements()); flat += 1 + int(s.Elements())/300 {
		index, rest := make([]int, len(s)), flat
		for i := len(s) - 1; i >= 0; i-- {
			index[i], rest = rest%s[i], rest/s[i]
		}
		f(flat, index)
	}
}

// Integer heads equal the plainest loop exactly, for formats that sum in float32
// and for int16, which does not.
func TestIntegerHeadsAreExact(t *testing.T) {
	types := []workloads.DType{workloads.Int8, workloads.Int16, workloads.Int4, workloads.Int2, workloads.Bipolar}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SampledFrom(types).Draw(t, "a"), rapid.SampledFrom(types).Draw(t, "b")
		n, in := head(t, a, b, workloads.Int32)
		for i := range in {
			n.In[i].Scale = 0.5
		}
		if len(in) > 2 {
			n.In[2].Scale = 0.25
		}
		n.Out[0].Type = workloads.Int32
		got, err := EvalFormat(n, in)
		require.NoError(t, err)
		indices(got[0].Shape, func(flat int, index []int) {
			want, _ := OutputAt(n, in, index)
			require.Equal(t, int32(int64(want)), got[0].I32[flat], "%v", index)
		})

		n.Out[0].Type, n.Out[0].Scale = workloads.Int8, 100
		stored, err := EvalFormat(n, in)
		require.NoError(t, err)
		for i, acc := range got[0].I32 {
			require.Equal(t, int8(workloads.Int8.Quantise(float64(acc)*0.25, 100)), stored[0].I8[i])
		}
	})
}

// Float heads lie within the bound of the exact sum.
func TestFloatHeadsKeepTheBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]workloads.DType{workloads.FP32, workloads.TF32, workloads.BF16, workloads.FP16, workloads.E4M3, workloads.E5M2}).Draw(t, "format")
		n, in := head(t, format, format, workloads.FP32)
		n.Out[0].Type = format
		got, err := EvalFormat(n, in)
		require.NoError(t, err)
		magnitudes, err := Magnitudes(n, in)
		require.NoError(t, err)
		k := int(in[0].Shape.Elements()) + 1 // at least as many terms as any output has
		indices(got[0].Shape, func(flat int, index []int) {
			want, magnitude := OutputAt(n, in, index)
			require.InEpsilon(t, 1+magnitude, 1+magnitudes.At(flat), 1e-3)
			if top := map[workloads.DType]float64{workloads.E4M3: 448}[format]; top > 0 && magnitude > top {
				return // saturated
			}
			allowed := Bound(k, format)*magnitude + Floor(format)
			require.LessOrEqual(t, math.Abs(got[0].At(flat)-want), allowed, "%v", index)
		})
	})
}

// The bound is of use only if it is small where few terms are added and grows with them.
func TestBound(t *testing.T) {
	require.InDelta(t, 1024*0x1p-24, Bound(1024, workloads.FP32), 1e-8)
	require.InDelta(t, 0x1p-8, Bound(1, workloads.BF16), 1e-6)
	require.Less(t, Bound(100, workloads.FP16), Bound(200, workloads.FP16))
	require.True(t, math.IsInf(Bound(1<<24, workloads.FP32), 1))
	require.Equal(t, 0x1p-25, Floor(workloads.FP16))
}

// A product deeper than one slab, of the greatest odd numbers there are: every partial
// sum must still be an integer that float32 holds.
func TestDeepProductOfExtremes(t *testing.T) {
	k := 3*tileDepth + 5
	a, b := workloads.NewArray(workloads.Int8, shape{1, k}), workloads.NewArray(workloads.Int8, shape{k, 1})
	for i := range k {
		a.I8[i], b.I8[i] = 127, -127
	}
	n := &workloads.Node{Op: "MatMul", In: []*workloads.Tensor{{Name: "a", Type: workloads.Int8, Scale: 1}, {Name: "b", Type: workloads.Int8, Scale: 1}},
		Out: []*workloads.Tensor{{Name: "y", Type: workloads.Int32}}}
	got, err := EvalFormat(n, []*workloads.Array{a, b})
	require.NoError(t, err)
	require.Equal(t, int32(-k*127*127), got[0].I32[0])
}

// A 3×3 convolution as in resnet50's first stage: 116 million products.
func BenchmarkInt8Conv(b *testing.B) {
	x, w := workloads.NewArray(workloads.Int8, shape{1, 64, 56, 56}), workloads.NewArray(workloads.Int8, shape{64, 64, 3, 3})
	for _, a := range []*workloads.Array{x, w} {
		for i := range a.I8 {
			a.I8[i] = int8(i * 37)
		}
	}
	n := &workloads.Node{Op: "Conv", Attr: attrs{"pads": []int64{1, 1, 1, 1}}, Out: []*workloads.Tensor{{Name: "y", Type: workloads.Int8, Scale: 500}},
		In: []*workloads.Tensor{{Name: "x", Type: workloads.Int8, Scale: 1}, {Name: "w", Type: workloads.Int8, Scale: 1}}}
	for b.Loop() {
		if _, err := EvalFormat(n, []*workloads.Array{x, w}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(64*56*56*64*9)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
}
