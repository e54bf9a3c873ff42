package reference

import "nnsim/workloads"

// beyond maps index i of an axis of n elements, where i may lie outside, to the
// element that each padding mode puts there; -1 for the constant.
var beyond = map[string]func(i, n int) int{
	"constant": func(i, n int) int {
		if i < 0 || i >= n {
			return -1
		}
		return i
	},
	"edge": func(i, n int) int { return min(max(i, 0), n-1) },
	"wrap": func(i, n int) int { return ((i % n) + n) % n },
	"reflect": func(i, n int) int {
		if n == 1 {
			return 0
		}
		i = ((i % (2*n - 2)) + 2*n - 2) % (2*n - 2)
		return min(i, 2*n-2-i)
	},
}

func pad(c *call) error {
	x, dst := c.in[0], c.make(0)
	mode := c.node.Attr.Text("mode", "constant")
	rule, ok := beyond[mode]
	if !ok {
		return c.fail("attribute mode is %q; it is one of constant, edge, reflect, wrap", mode)
	}
	if x.Len() == 0 && mode != "constant" {
		return c.fail("input of shape %v has nothing to %s", x.Shape, mode)
	}
	sources := c.padSources(rule)
	fill := workloads.NewArray(x.Type, workloads.Shape{1})
	fill.Set(0, float64(c.node.Attr.Float("value", 0)))
	if c.has(2) && c.in[2].Len() > 0 {
		fill = c.in[2]
	}
	stride, last := x.Shape.Strides(), len(x.Shape)-1
	if last < 0 {
		return reshaped(c)
	}
	lanes(dst.Shape, last, func(lane, first, _ int) {
		line, rest := 0, lane
		for axis := last - 1; axis >= 0 && line >= 0; axis-- {
			if i := sources[axis][rest%dst.Shape[axis]]; i < 0 {
				line = -1
			} else {
				line += i * stride[axis]
			}
			rest /= dst.Shape[axis]
		}
		for i, from := range sources[last] {
			if line < 0 || from < 0 {
				copyOne(dst, first+i, fill, 0)
			} else {
				copyOne(dst, first+i, x, line+from)
			}
		}
	})
	return nil
}

// padSources lists, for each axis and index of the output, the input's index.
func (c *call) padSources(rule func(i, n int) int) [][]int {
	in, out := c.in[0].Shape, c.node.Out[0].Shape
	begin, pads, axes := make([]int, len(in)), c.list(1, "pads"), []int64(nil)
	if c.has(3) {
		axes = c.list(3, "")
	}
	for i := range len(pads) / 2 {
		axis := i
		if axes != nil {
			axis = fromFront(axes[i], len(in))
		}
		begin[axis] = int(pads[i])
	}
	sources := make([][]int, len(in))
	for axis := range in {
		for i := range out[axis] {
			sources[axis] = append(sources[axis], rule(i-begin[axis], in[axis]))
		}
	}
	return sources
}
