package reference

import "nnsim/workloads"

// reshaped is the kernel of operators that give the same elements another shape.
func reshaped(c *call) error {
	c.out[0] = c.in[0].Reshaped(c.node.Out[0].Shape)
	return nil
}

func transpose(c *call) error {
	x, dst := c.in[0], c.make(0)
	perm, own := c.node.Attr.Ints("perm", nil), x.Shape.Strides()
	from := view{0, make([]int, len(own))}
	for i := range own {
		if perm == nil {
			from.stride[i] = own[len(own)-1-i]
		} else {
			from.stride[i] = own[fromFront(perm[i], len(own))]
		}
	}
	place(dst.Shape, dst, whole(dst.Shape), x, from)
	return nil
}

func concat(c *call) error {
	dst := c.make(0)
	axis := c.axis(0, len(dst.Shape))
	to := whole(dst.Shape)
	for _, a := range c.in {
		place(a.Shape, dst, to, a, whole(a.Shape))
		to.base += a.Shape[axis] * to.stride[axis]
	}
	return nil
}

func split(c *call) error {
	x := c.in[0]
	axis := c.axis(0, len(x.Shape))
	from := whole(x.Shape)
	sizes := c.list(1, "split")
	for i, t := range c.node.Out {
		switch {
		case t != nil:
			dst := c.make(i)
			place(dst.Shape, dst, whole(dst.Shape), x, from)
			from.base += dst.Shape[axis] * from.stride[axis]
		case sizes != nil: // a piece that nobody wants
			from.base += int(sizes[i]) * from.stride[axis]
		default:
			from.base += ceilDiv(x.Shape[axis], len(c.node.Out)) * from.stride[axis]
		}
	}
	return nil
}

// slice reads every step-th element from a start along some axes. Starts count
// from the back if negative and are clamped; the output's shape says how many.
func slice(c *call) error {
	x, dst := c.in[0], c.make(0)
	starts, axes, steps := c.list(1, "starts"), c.list(3, "axes"), c.list(4, "steps")
	from := whole(x.Shape)
	for i, start := range starts {
		axis, step := i, int64(1)
		if axes != nil {
			axis = fromFront(axes[i], len(x.Shape))
		}
		if steps != nil {
			step = steps[i]
		}
		n := int64(x.Shape[axis])
		if start < 0 {
			start += n
		}
		if step < 0 {
			start = min(max(start, -1), n-1)
		} else {
			start = min(max(start, 0), n)
		}
		from.base += int(start) * from.stride[axis]
		if dst.Shape[axis] > 1 { // of one element no step is taken, however large
			from.stride[axis] *= int(step)
		}
	}
	place(dst.Shape, dst, whole(dst.Shape), x, from)
	return nil
}

// copyOne copies one element between arrays of one type.
func copyOne(dst *workloads.Array, to int, src *workloads.Array, from int) {
	switch {
	case src.F != nil:
		dst.F[to] = src.F[from]
	case src.D != nil:
		dst.D[to] = src.D[from]
	default:
		dst.SetInt(to, src.Int(from))
	}
}

func gather(c *call) error {
	x, index, dst := c.in[0], c.in[1], c.make(0)
	axis := c.axis(0, len(x.Shape))
	n := x.Shape[axis]
	inner := int(x.Shape[axis+1:].Elements())
	for i := range index.Len() {
		if v := index.Int(i); v < -int64(n) || v >= int64(n) {
			return c.fail("index %d (element %d of %s) is outside axis %d of shape %v", v, i, c.node.In[1].Name, axis, x.Shape)
		}
	}
	count := index.Len()
	parallel(int(x.Shape[:axis].Elements())*count, max(1, 1<<14/max(1, inner)), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from := (i/count*n + fromFront(index.Int(i%count), n)) * inner
			copySpan(dst, i*inner, x, from, inner)
		}
	})
	return nil
}

// copySpan copies n neighbours between arrays of one type.
func copySpan(dst *workloads.Array, to int, src *workloads.Array, from, n int) {
	switch {
	case src.F != nil:
		copy(dst.F[to:to+n], src.F[from:])
	case src.D != nil:
		copy(dst.D[to:to+n], src.D[from:])
	case src.I8 != nil:
		copy(dst.I8[to:to+n], src.I8[from:])
	case src.I32 != nil:
		copy(dst.I32[to:to+n], src.I32[from:])
	default:
		copy(dst.I[to:to+n], src.I[from:])
	}
}

func expand(c *call) error {
	dst := c.make(0)
	place(dst.Shape, dst, whole(dst.Shape), c.in[0], stretched(c.in[0].Shape, dst.Shape))
	return nil
}

// tileUp repeats the input along each axis: an axis of n elements repeated r times is
// visited as r × n, standing still along the first.
func tileUp(c *call) error {
	x, dst, stride := c.in[0], c.make(0), c.in[0].Shape.Strides()
	shape, from := workloads.Shape{}, view{}
	for axis, d := range x.Shape {
		shape = append(shape, int(c.in[1].Int(axis)), d)
		from.stride = append(from.stride, 0, stride[axis])
	}
	place(shape, dst, whole(shape), x, from)
	return nil
}

// blocks is DepthToSpace and SpaceToDepth: a transposition of six axes.
func blocks(c *call) error {
	x, dst := c.in[0], c.make(0)
	b := int(c.node.Attr.Int("blocksize", 1))
	n, ch, h, w := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	as, perm := workloads.Shape{n, ch, h / b, b, w / b, b}, []int{0, 3, 5, 1, 2, 4}
	if c.node.Op == "DepthToSpace" {
		as, perm = workloads.Shape{n, b, b, ch / (b * b), h, w}, []int{0, 3, 4, 1, 5, 2}
		if c.node.Attr.Text("mode", "DCR") == "CRD" {
			as, perm = workloads.Shape{n, ch / (b * b), b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
		}
	}
	shape, from, own := workloads.Shape{}, view{}, as.Strides()
	for _, axis := range perm {
		shape, from.stride = append(shape, as[axis]), append(from.stride, own[axis])
	}
	place(shape, dst, whole(shape), x, from)
	return nil
}

func shapeOf(c *call) error {
	dst, s := c.make(0), c.in[0].Shape
	start := c.node.Attr.Int("start", 0)
	if start < 0 {
		start += int64(len(s))
	}
	start = min(max(start, 0), int64(len(s)))
	for i := range dst.I {
		dst.I[i] = int64(s[int(start)+i])
	}
	return nil
}

func sizeOf(c *call) error {
	c.make(0).I[0] = int64(c.in[0].Len())
	return nil
}

func constant(c *call) error {
	if v, ok := c.node.Attr["value"].(*workloads.Array); ok {
		c.out[0] = v
		return nil
	}
	dst := c.make(0)
	switch a := c.node.Attr; {
	case a["value_float"] != nil:
		dst.F[0] = a.Float("value_float", 0)
	case a["value_int"] != nil:
		dst.I[0] = a.Int("value_int", 0)
	case a["value_floats"] != nil:
		v, _ := a["value_floats"].([]float32)
		copy(dst.F, v)
	default:
		copy(dst.I, a.Ints("value_ints", nil))
	}
	return nil
}

func constantOfShape(c *call) error {
	dst := c.make(0)
	v, ok := c.node.Attr["value"].(*workloads.Array)
	if !ok {
		return nil
	}
	place(dst.Shape, dst, whole(dst.Shape), v, view{0, make([]int, len(dst.Shape))})
	return nil
}
