package reference

import (
	"math"

	"nnsim/workloads"
)

// taps lists, for each output position along one axis, the input positions under
// the window that lie in the input, and how many lie in the input or its padding.
func (w *window) taps(axis int) (inside [][]int, padded []int) {
	inside, padded = make([][]int, w.out[axis]), make([]int, w.out[axis])
	in, step, kernel := w.in[axis], w.dilation[axis], w.kernel[axis]
	for o := range inside {
		first := o*w.stride[axis] - w.begin[axis]
		for x := first + max(0, ceilDiv(-first, step))*step; x < min(in, first+(kernel-1)*step+1); x += step {
			inside[o] = append(inside[o], x)
		}
		padded[o] = max(0, min(kernel, ceilDiv(in+w.end[axis]-first, step)))
	}
	return inside, padded
}

// fold is what a pool does with the elements of one window: start, then each
// element (flat is its index in its plane), then finish, told how many elements
// of input and of padding the window covers.
type fold struct {
	start  float64
	each   func(acc, v float64) float64
	finish func(acc float64, inside, padded int) float64
}

// pool slides a fold over every plane (image and channel). best, where set, is
// told which element of the plane each output of a maximum came from.
func (c *call) pool(f fold, best func(plane, out, from int)) {
	x, dst := c.in[0], c.make(0)
	kernel := c.perAxis("kernel_shape", len(x.Shape)-2, 1)
	w := c.window(x.Shape[2:], dst.Shape[2:], kernel)
	rank := len(w.in)
	inside, padded := make([][][]int, rank), make([][]int, rank)
	for axis := range rank {
		inside[axis], padded[axis] = w.taps(axis)
	}
	size, outs := int(x.Shape[2:].Elements()), int(dst.Shape[2:].Elements())
	tasks(x.Shape[0]*x.Shape[1], func(plane int) {
		lines, at := []int{}, make([]int, rank)
		for o := range outs {
			all := 1
			for axis, rest := rank-1, o; axis >= 0; axis-- {
				at[axis] = rest % w.out[axis]
				rest /= w.out[axis]
				all *= padded[axis][at[axis]]
			}
			if o%w.out[rank-1] == 0 || o == 0 {
				lines = under(lines[:0], w.in, inside, at)
			}
			columns := inside[rank-1][at[rank-1]]
			acc, from := f.start, -1
			for _, line := range lines {
				for _, column := range columns {
					v := x.At(plane*size + line + column)
					if next := f.each(acc, v); best == nil {
						acc = next
					} else if from < 0 || next != acc {
						acc, from = next, line+column
					}
				}
			}
			dst.Set(plane*outs+o, f.finish(acc, len(lines)*len(columns), all))
			if best != nil {
				best(plane, plane*outs+o, from)
			}
		}
	})
}

// under lists where the lines (all axes but the last) under a window begin.
func under(lines, in []int, inside [][][]int, at []int) []int {
	lines = append(lines, 0)
	for axis := range len(in) - 1 {
		next := make([]int, 0, len(lines)*len(inside[axis][at[axis]]))
		for _, line := range lines {
			for _, x := range inside[axis][at[axis]] {
				next = append(next, line*in[axis]+x)
			}
		}
		lines = next
	}
	for i := range lines {
		lines[i] *= in[len(in)-1]
	}
	return lines
}

var maximum = fold{math.Inf(-1), func(acc, v float64) float64 { return max(acc, v) },
	func(acc float64, _, _ int) float64 { return acc }}

// maxPool also gives the index in the whole input of each maximum, the first of
// equals, counted column by column where storage_order asks for it.
func maxPool(c *call) error {
	if !c.wants(1) {
		c.pool(maximum, nil)
		return nil
	}
	index, x := c.make(1), c.in[0]
	size, last := int(x.Shape[2:].Elements()), len(x.Shape)-1
	columns := c.node.Attr.Int("storage_order", 0) != 0
	c.pool(maximum, func(plane, out, from int) {
		if columns && from >= 0 {
			column, step := 0, 1
			for axis, rest := last, from; axis >= 2; axis-- {
				column += rest % x.Shape[axis] * (size / step / x.Shape[axis])
				rest /= x.Shape[axis]
				step *= x.Shape[axis]
			}
			from = column
		}
		index.I[out] = int64(plane*size + from)
	})
	return nil
}

// averagePool divides by the elements of input under the window, or, with
// count_include_pad, of input and padding.
func averagePool(c *call) error {
	include := c.node.Attr.Int("count_include_pad", 0) != 0
	c.pool(fold{0, add.real, func(acc float64, inside, padded int) float64 {
		if include {
			inside = padded
		}
		return acc / float64(inside)
	}}, nil)
	return nil
}

// lpPool is the p-norm of each window.
func lpPool(c *call) error {
	p := float64(c.node.Attr.Int("p", 2))
	c.pool(fold{0, func(acc, v float64) float64 { return acc + math.Pow(math.Abs(v), p) },
		func(acc float64, _, _ int) float64 { return math.Pow(acc, 1/p) }}, nil)
	return nil
}

// globalPool folds each plane to one number.
func globalPool(of func(c *call) fold) kernel {
	return func(c *call) error {
		x, dst := c.in[0], c.make(0)
		f, size := of(c), int(x.Shape[2:].Elements())
		tasks(dst.Len(), func(plane int) {
			acc := f.start
			for i := range size {
				acc = f.each(acc, x.At(plane*size+i))
			}
			dst.Set(plane, f.finish(acc, size, size))
		})
		return nil
	}
}

func globalAverage(*call) fold {
	return fold{0, add.real, func(acc float64, inside, _ int) float64 { return acc / float64(inside) }}
}

func globalMax(*call) fold { return maximum }

func globalLp(c *call) fold {
	p := float64(c.node.Attr.Int("p", 2))
	return fold{0, func(acc, v float64) float64 { return acc + math.Pow(math.Abs(v), p) },
		func(acc float64, _, _ int) float64 { return math.Pow(acc, 1/p) }}
}

// inRows is the shape [rows, elements] of an array cut before an axis.
func inRows(s workloads.Shape, axis int) (rows, elements int) {
	return int(s[:axis].Elements()), int(s[axis:].Elements())
}
