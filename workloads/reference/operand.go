package reference

import (
	"math"

	"nnsim/workloads"
)

// operand is one side of a set of matrix products: matrices that lie in an array
// one after another, or the windows of a convolution as the columns of a matrix
// that is never built.
type operand struct {
	array *workloads.Array
	index func(p int) int // which of the array's matrices product p reads
	size  int             // elements of a matrix
	ld    int             // elements from one stored row to the next
	flip  bool            // stored transposed
	slide *window         // set: columns of windows; index and size are those of its input
}

// load is the operand's loader in a type of number.
func load[T number](o operand) loader[T] {
	switch a := o.array; {
	case a.F != nil:
		return loadFrom[T](o, a.F)
	case a.D != nil:
		return loadFrom[T](o, a.D)
	case a.I8 != nil:
		return loadFrom[T](o, a.I8)
	case a.I32 != nil:
		return loadFrom[T](o, a.I32)
	default:
		return loadFrom[T](o, a.I)
	}
}

// loadFrom copies tiles, converting them, but points at those that need neither.
func loadFrom[T number, S element](o operand, data []S) loader[T] {
	if o.slide != nil {
		return func(buf []T, p, row, rows, col, cols int) tile[T] {
			plane := data[o.index(p)*o.size:][:o.size]
			for r := range rows {
				unroll(o.slide, buf[r*cols:][:cols], plane, row+r, col)
			}
			return tile[T]{buf, cols, false}
		}
	}
	return func(buf []T, p, row, rows, col, cols int) tile[T] {
		if o.flip {
			row, rows, col, cols = col, cols, row, rows
		}
		from := o.index(p)*o.size + row*o.ld + col
		if direct, ok := any(data).([]T); ok {
			return tile[T]{direct[from:], o.ld, o.flip}
		}
		for r := range rows {
			line, out := data[from+r*o.ld:][:cols], buf[r*cols:][:cols]
			for i, v := range line {
				out[i] = T(v)
			}
		}
		return tile[T]{buf, cols, o.flip}
	}
}

// at is element (row, col) of matrix p as an integer.
func (o operand) at(p, row, col int) int64 {
	from := o.index(p) * o.size
	if o.slide != nil {
		if i := o.slide.source(row, col); i >= 0 {
			return o.array.Int(from + i)
		}
		return 0
	}
	if o.flip {
		row, col = col, row
	}
	return o.array.Int(from + row*o.ld + col)
}

// reach is the greatest magnitude in an integer array. Formats of up to 8 bits
// answer for their type, without a look at the values.
func reach(a *workloads.Array) float64 {
	if a.I8 != nil {
		return 128
	}
	top := 0.0
	for i := range a.Len() {
		top = max(top, math.Abs(a.At(i)))
	}
	return top
}

// slabOf is how many products of numbers up to a and b a type with so many bits
// of mantissa sums without rounding.
func slabOf(a, b float64, mantissa int) int {
	return int(min(math.Ldexp(1, mantissa)/max(1, a*b), tileDepth))
}

// first and shared are the usual ways to pick an operand's matrix for product p.
func own(p int) int        { return p }
func same(int) int         { return 0 }
func ceilDiv(a, b int) int { return (a + b - 1) / b }
