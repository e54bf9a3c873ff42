package reference

import (
	"math"

	"nnsim/workloads"
)

// splitAxes sorts the axes of a shape into those that stay and those reduced over.
func splitAxes(s workloads.Shape, axes []int64) (kept, gone []int) {
	reduced := make([]bool, len(s))
	for _, a := range axes {
		reduced[fromFront(a, len(s))] = true
	}
	for i, r := range reduced {
		if r {
			gone = append(gone, i)
		} else {
			kept = append(kept, i)
		}
	}
	return kept, gone
}

// eachGroup visits the elements that differ in the axes gone alone, one list for
// each index of the axes kept, in order. The list is only valid during the call.
func eachGroup(s workloads.Shape, kept, gone []int, f func(group int, at []int)) {
	pick := func(axes []int) (dims workloads.Shape, v view) {
		stride := s.Strides()
		for _, a := range axes {
			dims, v.stride = append(dims, s[a]), append(v.stride, stride[a])
		}
		return dims, v
	}
	outer, from := pick(kept)
	inner, by := pick(gone)
	offsets := make([]int, inner.Elements())
	for i := range offsets {
		locate(offsets[i:i+1], []view{by}, inner, i)
	}
	parallel(int(outer.Elements()), max(1, 1<<12/max(1, len(offsets))), func(lo, hi int) {
		first, at := []int{0}, make([]int, len(offsets))
		for g := lo; g < hi; g++ {
			locate(first, []view{from}, outer, g)
			for i, o := range offsets {
				at[i] = first[0] + o
			}
			f(g, at)
		}
	})
}

// reduction folds many numbers into one: reals by start, each and finish; integers
// exactly by whole, where it is given (its start is wholeStart).
type reduction struct {
	start  float64
	each   func(acc, v float64) float64
	finish func(acc float64, n int) float64
	whole  func(acc, v int64) int64
}

func keep(acc float64, _ int) float64 { return acc }

var reductions = map[string]reduction{
	"ReduceSum":       {0, add.real, keep, add.whole},
	"ReduceMean":      {0, add.real, func(acc float64, n int) float64 { return acc / float64(n) }, nil},
	"ReduceProd":      {1, mul.real, keep, mul.whole},
	"ReduceMax":       {math.Inf(-1), greatest.real, keep, greatest.whole},
	"ReduceMin":       {math.Inf(1), least.real, keep, least.whole},
	"ReduceL1":        {0, func(acc, v float64) float64 { return acc + math.Abs(v) }, keep, func(acc, v int64) int64 { return acc + max(v, -v) }},
	"ReduceL2":        {0, sumSquare, func(acc float64, _ int) float64 { return math.Sqrt(acc) }, nil},
	"ReduceSumSquare": {0, sumSquare, keep, func(acc, v int64) int64 { return acc + v*v }},
	"ReduceLogSum":    {0, add.real, func(acc float64, _ int) float64 { return math.Log(acc) }, nil},
}

func sumSquare(acc, v float64) float64 { return acc + v*v }

// reduce is the kernel of all reductions but ReduceLogSumExp.
func reduce(c *call) error {
	r := reductions[c.node.Op]
	return c.reduceBy(func(x *workloads.Array, at []int, dst *workloads.Array, g int) {
		if r.whole != nil && x.F == nil && x.D == nil {
			dst.SetInt(g, wholeFold(r, c.node.Op, x, at))
			return
		}
		acc := r.start
		for _, i := range at {
			acc = r.each(acc, x.At(i))
		}
		dst.Set(g, r.finish(acc, len(at)))
	})
}

// wholeFold folds integers. Extremes begin with the first element, or for no
// elements with the type's own limit.
func wholeFold(r reduction, op string, x *workloads.Array, at []int) int64 {
	acc := int64(0)
	switch {
	case op == "ReduceProd":
		acc = 1
	case (op == "ReduceMax" || op == "ReduceMin") && len(at) > 0:
		acc = x.Int(at[0])
	case op == "ReduceMax":
		acc, _ = x.Type.Range()
	case op == "ReduceMin":
		_, acc = x.Type.Range()
	}
	fold := ordered(arithmetic{whole: r.whole}, x.Type).whole
	if op != "ReduceMax" && op != "ReduceMin" {
		fold = r.whole
	}
	for _, i := range at {
		acc = fold(acc, x.Int(i))
	}
	return acc
}

// reduceBy visits the groups of elements that become one.
func (c *call) reduceBy(f func(x *workloads.Array, at []int, dst *workloads.Array, g int)) error {
	x, axes := c.in[0], c.list(1, "axes")
	if len(axes) == 0 {
		if c.node.Attr.Int("noop_with_empty_axes", 0) != 0 {
			return c.reduceNothing(f)
		}
		for i := range x.Shape {
			axes = append(axes, int64(i))
		}
	}
	dst := c.make(0)
	kept, gone := splitAxes(x.Shape, axes)
	eachGroup(x.Shape, kept, gone, func(g int, at []int) { f(x, at, dst, g) })
	return nil
}

// reduceNothing reduces each element alone: with no axes the sums have one term,
// but squares, magnitudes and logarithms are still taken.
func (c *call) reduceNothing(f func(x *workloads.Array, at []int, dst *workloads.Array, g int)) error {
	dst := c.make(0)
	parallel(dst.Len(), 1<<12, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(c.in[0], []int{i}, dst, i)
		}
	})
	return nil
}

// logSumExp subtracts the greatest first, so that exp does not overflow.
func logSumExp(c *call) error {
	return c.reduceBy(func(x *workloads.Array, at []int, dst *workloads.Array, g int) {
		v := make(line, len(at))
		for i, j := range at {
			v[i] = x.At(j)
		}
		top, sum := v.greatest(), 0.0
		if math.IsInf(top, 0) {
			dst.Set(g, top)
			return
		}
		for _, x := range v {
			sum += math.Exp(x - top)
		}
		dst.Set(g, math.Log(sum)+top)
	})
}
