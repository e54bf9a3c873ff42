package reference

import (
	"math"

	"nnsim/workloads"
)

// unary is the kernel of a function of one real number. Integers go through whole
// where exact is given.
func unary(real func(float64) float64, exact func(int64) int64) kernel {
	return func(c *call) error {
		dst, src := c.make(0), c.in[0]
		if exact == nil || src.F != nil || src.D != nil {
			mapReals(dst, src, real)
			return nil
		}
		if src.Type.IsUnsigned() { // already its own absolute value and its own Relu
			c.out[0] = src
			return nil
		}
		for i := range src.Len() {
			dst.SetInt(i, exact(src.Int(i)))
		}
		return nil
	}
}

// function is the kernel of a function of one real number that has attributes.
func function(of func(workloads.Attrs) func(float64) float64) kernel {
	return func(c *call) error {
		mapReals(c.make(0), c.in[0], of(c.node.Attr))
		return nil
	}
}

// mapReals writes f of each element of src to dst.
func mapReals(dst, src *workloads.Array, f func(float64) float64) {
	parallel(src.Len(), 1<<12, func(lo, hi int) {
		if src.F == nil || dst.F == nil {
			for i := lo; i < hi; i++ {
				dst.Set(i, f(src.At(i)))
			}
			return
		}
		for i := lo; i < hi; i++ {
			dst.F[i] = float32(f(float64(src.F[i])))
		}
	})
}

// arithmetic is an operation on two numbers: on reals, and exactly on integers,
// whose results wrap to their type when they are stored. Nil: not for integers.
type arithmetic struct {
	real  func(a, b float64) float64
	whole func(a, b int64) int64
}

var (
	add = arithmetic{func(a, b float64) float64 { return a + b }, func(a, b int64) int64 { return a + b }}
	sub = arithmetic{func(a, b float64) float64 { return a - b }, func(a, b int64) int64 { return a - b }}
	mul = arithmetic{func(a, b float64) float64 { return a * b }, func(a, b int64) int64 { return a * b }}
	div = arithmetic{func(a, b float64) float64 { return a / b }, func(a, b int64) int64 { return a / b }}
	// The built-in functions pass NaN on, which math.Max does not beside an infinity.
	greatest = arithmetic{func(a, b float64) float64 { return max(a, b) }, func(a, b int64) int64 { return max(a, b) }}
	least    = arithmetic{func(a, b float64) float64 { return min(a, b) }, func(a, b int64) int64 { return min(a, b) }}
)

// combine writes op of a and b, each broadcast, to dst.
func combine(dst, a, b *workloads.Array, op arithmetic) {
	views := []view{stretched(a.Shape, dst.Shape), stretched(b.Shape, dst.Shape)}
	walk(dst.Shape, views, func(first, n int, at, step []int) {
		p, q := at[0], at[1]
		for i := first; i < first+n; i++ {
			switch {
			case dst.F != nil && a.F != nil && b.F != nil:
				dst.F[i] = float32(op.real(float64(a.F[p]), float64(b.F[q])))
			case a.F != nil || a.D != nil:
				dst.Set(i, op.real(a.At(p), b.At(q)))
			default:
				dst.SetInt(i, op.whole(a.Int(p), b.Int(q)))
			}
			p, q = p+step[0], q+step[1]
		}
	})
}

// binary is the kernel of an operation on two broadcast inputs.
func binary(op arithmetic) kernel {
	return func(c *call) error {
		combine(c.make(0), c.in[0], c.in[1], op)
		return nil
	}
}

// variadic is the kernel of an operation folded over any number of inputs.
func variadic(op arithmetic) kernel {
	return func(c *call) error {
		shape := c.node.Out[0].Shape
		total := c.in[0]
		for _, a := range c.in[1:] {
			next := workloads.NewArray(total.Type, shape)
			combine(next, total, a, ordered(op, total.Type))
			total = next
		}
		place(shape, c.make(0), whole(shape), total, stretched(total.Shape, shape))
		return nil
	}
}

func mean(c *call) error {
	if err := variadic(add)(c); err != nil {
		return err
	}
	n := float64(len(c.in))
	mapReals(c.out[0], c.out[0], func(v float64) float64 { return v / n })
	return nil
}

// divide refuses to divide integers by zero.
func divide(c *call) error {
	a, b := c.in[0], c.in[1]
	if a.F == nil && a.D == nil {
		for i := range b.Len() {
			if b.Int(i) == 0 {
				return c.fail("input %s is 0 at element %d; integers cannot be divided by it", c.node.In[1].Name, i)
			}
		}
	}
	op := div
	if a.Type == workloads.Uint64 {
		op.whole = func(a, b int64) int64 { return int64(uint64(a) / uint64(b)) }
	}
	combine(c.make(0), a, b, op)
	return nil
}

// modulo takes the divisor's sign, or with fmod the dividend's.
func modulo(c *call) error {
	a, b := c.in[0], c.in[1]
	op, like := arithmetic{real: math.Mod}, c.node.Attr.Int("fmod", 0) != 0
	op.whole = func(a, b int64) int64 {
		switch r := a % max(b, -b, 1); {
		case b == 0:
			return 0
		case a != math.MinInt64 && r != 0 && !like && (r < 0) != (b < 0):
			return r + b
		default:
			return r
		}
	}
	if a.Type == workloads.Uint64 {
		op.whole = func(a, b int64) int64 { return int64(uint64(a) % max(uint64(b), 1)) }
	}
	combine(c.make(0), a, b, op)
	return nil
}

// power has a base and an exponent of different types; the base's is the result's.
func power(c *call) error {
	a, b := c.in[0], c.in[1]
	op := arithmetic{math.Pow, integerPower}
	if reals := b.F != nil || b.D != nil; reals && a.F == nil && a.D == nil {
		dst := workloads.NewArray(workloads.FP64, c.node.Out[0].Shape)
		combine(dst, convert(a, workloads.FP64, true), b, op)
		c.out[0] = convert(dst, a.Type, true)
		return nil
	}
	combine(c.make(0), a, b, op)
	return nil
}

// integerPower squares and multiplies; a negative exponent truncates the fraction.
func integerPower(a, b int64) int64 {
	if b < 0 {
		switch a {
		case 1:
			return 1
		case -1:
			return 1 - 2*(b&1)
		}
		return 0
	}
	p := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p *= a
		}
		a *= a
	}
	return p
}
