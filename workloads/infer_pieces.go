package workloads

// Inputs: data, starts, ends, axes, steps; before opset 10 the first three are attributes.
func inferSlice(q inference) error {
	in := q.shape(0)
	var list [4][]int64
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		v, given, err := q.list(i+1, name)
		if err != nil {
			return err
		}
		if !given && i < 2 {
			return q.fail("%s are missing; the operator needs them", name)
		}
		if given && len(v) != len(list[0]) && i > 0 {
			return q.fail("%d starts but %d %s", len(list[0]), len(v), name)
		}
		list[i] = v
	}
	starts, ends, steps := list[0], list[1], list[3]
	if list[2] == nil {
		for i := range starts {
			list[2] = append(list[2], int64(i))
		}
	}
	axes, err := q.axes(list[2], len(in))
	if err != nil {
		return err
	}
	out := in.Clone()
	for i, a := range axes {
		step := int64(1)
		if steps != nil {
			step = steps[i]
		}
		if step == 0 {
			return q.fail("step 0 along axis %d never ends", a)
		}
		out[a] = sliceLength(starts[i], ends[i], step, int64(in[a]))
	}
	q.out(0, q.typ(0), out)
	return nil
}

// sliceLength counts the elements from start to end (exclusive) by step on an
// axis of n elements; both count from the back if negative, and are clamped.
func sliceLength(start, end, step, n int64) int {
	lo, hi := int64(0), n
	if step < 0 {
		lo, hi = -1, n-1
	}
	clamp := func(v int64) int64 {
		if v < 0 {
			v += n
		}
		return min(max(v, lo), hi)
	}
	span := clamp(end) - clamp(start)
	if span == 0 || (span < 0) != (step < 0) {
		return 0
	}
	if step < 0 {
		span = -span
		if step == -step { // the least int64 has no positive twin
			return 1
		}
		step = -step
	}
	return int((span-1)/step) + 1
}

// Inputs: data, pads, value, axes; before opset 11 the pads are an attribute.
func inferPad(q inference) error {
	pads, given, err := q.list(1, "pads")
	if err != nil {
		return err
	}
	if !given {
		return q.fail("pads are missing; the operator needs them")
	}
	out := q.shape(0).Clone()
	list := make([]int64, len(out))
	for i := range list {
		list[i] = int64(i)
	}
	if q.has(3) {
		if list, err = q.constant(3); err != nil {
			return err
		}
	}
	axes, err := q.axes(list, len(out))
	if err != nil {
		return err
	}
	if len(pads) != 2*len(axes) {
		return q.fail("%d pads for %d axes; two belong to each", len(pads), len(axes))
	}
	for i, a := range axes {
		for _, p := range []int64{pads[i], pads[i+len(axes)]} {
			if p < -maxElements || p > maxElements {
				return q.fail("a pad of %d is beyond 2^40", p)
			}
			out[a] += int(p)
		}
		if out[a] < 0 {
			return q.fail("pads %v take more from axis %d than its %d elements", pads, a, q.shape(0)[a])
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferGather(q inference) error {
	in := q.shape(0)
	axis, err := q.axis(q.n.Attr.Int("axis", 0), len(in))
	if err != nil {
		return err
	}
	out := append(in[:axis].Clone(), q.shape(1)...)
	q.out(0, q.typ(0), append(out, in[axis+1:]...))
	return nil
}

// extents reads input i as a shape.
func (q inference) extents(i int) (Shape, error) {
	list, err := q.constant(i)
	if err != nil {
		return nil, err
	}
	if len(list) > 64 {
		return nil, q.fail("input %s asks for %d axes; at most 64 are supported", q.n.In[i].Name, len(list))
	}
	s := make(Shape, len(list))
	for j, d := range list {
		if d < 0 || d > maxElements {
			return nil, q.fail("input %s: %d is no extent", q.n.In[i].Name, d)
		}
		s[j] = int(d)
	}
	return s, nil
}

func inferExpand(q inference) error {
	want, err := q.extents(1)
	if err != nil {
		return err
	}
	s, ok := stretch(q.shape(0), want)
	if !ok {
		return q.fail("input %s of shape %v cannot be broadcast with %v", q.n.In[0].Name, q.shape(0), want)
	}
	q.out(0, q.typ(0), s)
	return nil
}

func inferTile(q inference) error {
	times, err := q.extents(1)
	if err != nil {
		return err
	}
	out := q.shape(0).Clone()
	if len(times) != len(out) {
		return q.fail("%d repeats for the shape %v", len(times), out)
	}
	for i, n := range times {
		if n > 0 && out[i] > maxElements/n {
			return q.fail("%d repeats of axis %d of shape %v make more than 2^40 elements", n, i, out)
		}
		out[i] *= n
	}
	q.out(0, q.typ(0), out)
	return nil
}

// inferBlocks is DepthToSpace and SpaceToDepth.
func inferBlocks(q inference) error {
	in, b := q.shape(0), q.n.Attr.Int("blocksize", 0)
	if len(in) != 4 || b < 1 || b > maxWindow {
		return q.fail("input has shape %v, attribute blocksize is %d; 4 axes and at least 1 are needed", in, b)
	}
	n := int(b)
	if q.n.Op == "DepthToSpace" {
		if in[1]%(n*n) != 0 {
			return q.fail("%d channels cannot be dealt out to blocks of %d×%d", in[1], n, n)
		}
		q.out(0, q.typ(0), Shape{in[0], in[1] / (n * n), in[2] * n, in[3] * n})
		return nil
	}
	if in[2]%n != 0 || in[3]%n != 0 {
		return q.fail("an image of %d×%d cannot be cut into blocks of %d×%d", in[2], in[3], n, n)
	}
	q.out(0, q.typ(0), Shape{in[0], in[1] * n * n, in[2] / n, in[3] / n})
	return nil
}
