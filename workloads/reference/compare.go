package reference

import (
	"math"

	"nnsim/workloads"
)

// ordered lets an operation that compares read uint64, which is held as its bit
// pattern: with the top bit flipped, the order of signed numbers is the right one.
func ordered(op arithmetic, t workloads.DType) arithmetic {
	if t != workloads.Uint64 {
		return op
	}
	const top = math.MinInt64
	return arithmetic{op.real, func(a, b int64) int64 { return op.whole(a^top, b^top) ^ top }}
}

// compare is the kernel of a relation, given as what it says of less, equal and
// greater. Nothing holds of NaN.
func compare(holds ...int) kernel {
	return func(c *call) error {
		dst, a, b := c.make(0), c.in[0], c.in[1]
		flip := int64(0)
		if a.Type == workloads.Uint64 {
			flip = math.MinInt64
		}
		walk(dst.Shape, []view{stretched(a.Shape, dst.Shape), stretched(b.Shape, dst.Shape)}, func(first, n int, at, step []int) {
			for i := range n {
				p, q := at[0]+i*step[0], at[1]+i*step[1]
				order, known := 0, true
				if a.F != nil || a.D != nil {
					order, known = compared(a.At(p), b.At(q))
				} else {
					order, _ = compared(a.Int(p)^flip, b.Int(q)^flip)
				}
				for _, h := range holds {
					if known && order == h {
						dst.I[first+i] = 1
					}
				}
			}
		})
		return nil
	}
}

// compared is -1, 0 or 1, and false where the numbers have no order.
func compared[T int64 | float64](a, b T) (int, bool) {
	switch {
	case a < b:
		return -1, true
	case a > b:
		return 1, true
	}
	return 0, a == b
}

// bitwiseNot turns every bit; the type's width wraps what is stored.
func bitwiseNot(c *call) error {
	dst := c.make(0)
	for i := range dst.Len() {
		dst.SetInt(i, ^c.in[0].Int(i))
	}
	return nil
}

func not(c *call) error {
	dst := c.make(0)
	for i, v := range c.in[0].I {
		dst.I[i] = 1 - v
	}
	return nil
}

// choose is Where.
func choose(c *call) error {
	dst, a, b, s := c.make(0), c.in[1], c.in[2], c.node.Out[0].Shape
	views := []view{stretched(c.in[0].Shape, s), stretched(a.Shape, s), stretched(b.Shape, s)}
	walk(s, views, func(first, n int, at, step []int) {
		for i := range n {
			from, j := a, at[1]+i*step[1]
			if c.in[0].I[at[0]+i*step[0]] == 0 {
				from, j = b, at[2]+i*step[2]
			}
			if dst.F != nil {
				dst.F[first+i] = from.F[j]
			} else if dst.D != nil {
				dst.D[first+i] = from.D[j]
			} else {
				dst.SetInt(first+i, from.Int(j))
			}
		}
	})
	return nil
}
