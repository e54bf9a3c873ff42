package reference

import (
	"math"
	"slices"
	"sort"

	"nnsim/workloads"
)

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
