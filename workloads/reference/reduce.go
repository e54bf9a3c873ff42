package reference

import (
	"math"
	"slices"
	"sort"

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

// order compares elements i and j of an array: −1, 0 or 1.
func order(a *workloads.Array, i, j int) int {
	if a.F != nil || a.D != nil {
		o, _ := compared(a.At(i), a.At(j))
		return o
	}
	if a.Type == workloads.Uint64 {
		o, _ := compared(a.Int(i)^math.MinInt64, a.Int(j)^math.MinInt64)
		return o
	}
	o, _ := compared(a.Int(i), a.Int(j))
	return o
}

// arg gives the index of the extreme along an axis, the first of equals or the last.
func arg(want int) kernel {
	return func(c *call) error {
		x, dst := c.in[0], c.make(0)
		s := x.Shape
		if len(s) == 0 {
			return nil
		}
		last := c.node.Attr.Int("select_last_index", 0) != 0
		lanes(s, c.axis(0, len(s)), func(lane, first, step int) {
			best := 0
			for i := range s[c.axis(0, len(s))] {
				if o := order(x, first+i*step, first+best*step); o == want || o == 0 && last {
					best = i
				}
			}
			dst.I[lane] = int64(best)
		})
		return nil
	}
}

// topK gives the k greatest or least along an axis in order, and their indices;
// of equals the one with the lower index comes first.
func topK(c *call) error {
	x, values := c.in[0], c.make(0)
	axis := c.axis(-1, len(x.Shape))
	want := 1
	if c.node.Attr.Int("largest", 1) == 0 {
		want = -1
	}
	var indices *workloads.Array
	if c.wants(1) {
		indices = c.make(1)
	}
	k := values.Shape[axis]
	lanes(x.Shape, axis, func(lane, first, step int) {
		at := make([]int, x.Shape[axis])
		for i := range at {
			at[i] = i
		}
		sort.SliceStable(at, func(a, b int) bool { return order(x, first+at[a]*step, first+at[b]*step) == want })
		for i, j := range at[:k] {
			to := lane/step*k*step + lane%step + i*step
			place(workloads.Shape{1}, values, view{to, []int{1}}, x, view{first + j*step, []int{1}})
			if indices != nil {
				indices.I[to] = int64(j)
			}
		}
	})
	return nil
}

// cumSum adds up along an axis, from either end, with or without the element itself.
func cumSum(c *call) error {
	x, dst := c.in[0], c.make(0)
	s, axis := x.Shape, c.in[1].Int(0)
	if axis < -int64(len(s)) || axis >= int64(len(s)) {
		return c.fail("axis %d is outside a tensor of %d axes", axis, len(s))
	}
	along := fromFront(axis, len(s))
	exclusive, reverse := c.node.Attr.Int("exclusive", 0) != 0, c.node.Attr.Int("reverse", 0) != 0
	exact := x.F == nil && x.D == nil
	lanes(s, along, func(_, first, step int) {
		at := make([]int, s[along])
		for i := range at {
			at[i] = first + i*step
		}
		if reverse {
			slices.Reverse(at)
		}
		sum, whole := 0.0, int64(0)
		for _, i := range at {
			before, wholeBefore := sum, whole
			sum, whole = sum+x.At(i), whole+x.Int(i)
			switch {
			case exact && exclusive:
				dst.SetInt(i, wholeBefore)
			case exact:
				dst.SetInt(i, whole)
			case exclusive:
				dst.Set(i, before)
			default:
				dst.Set(i, sum)
			}
		}
	})
	return nil
}
