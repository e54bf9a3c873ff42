package workloads

func inferReshape(q inference) error {
	want, err := q.constant(1)
	if err != nil {
		return err
	}
	if len(want) > 64 {
		return q.fail("input %s asks for %d axes; at most 64 are supported", q.n.In[1].Name, len(want))
	}
	in, out, open := q.shape(0), make(Shape, len(want)), -1
	zero := q.n.Attr.Int("allowzero", 0) != 0
	for i, d := range want {
		switch {
		case d == -1 && open < 0:
			open, out[i] = i, 1
		case d == 0 && !zero && i >= len(in):
			return q.fail("the new shape %v copies axis %d of %v, which has none", want, i, in)
		case d == 0 && !zero:
			out[i] = in[i]
		case d < 0 || d > maxElements:
			return q.fail("the new shape %v: %d is no extent (one -1 may stand for the rest)", want, d)
		default:
			out[i] = int(d)
		}
	}
	n, have := out.Elements(), in.Elements()
	if open >= 0 && n > 0 && have%n == 0 {
		out[open] = int(have / n)
		n = have
	}
	if n != have {
		return q.fail("input %s of shape %v (%d elements) does not fit the new shape %v", q.n.In[0].Name, in, have, want)
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferFlatten(q inference) error {
	in := q.shape(0)
	v := q.n.Attr.Int("axis", 1)
	axis := len(in)
	if v != int64(len(in)) {
		var err error
		if axis, err = q.axis(v, len(in)); err != nil {
			return err
		}
	}
	q.out(0, q.typ(0), Shape{int(in[:axis].Elements()), int(in[axis:].Elements())})
	return nil
}

func inferTranspose(q inference) error {
	in := q.shape(0)
	perm := make([]int64, len(in))
	for i := range perm {
		perm[i] = int64(len(in) - 1 - i)
	}
	perm = q.n.Attr.Ints("perm", perm)
	axes, err := q.axes(perm, len(in))
	if err != nil {
		return err
	}
	if len(axes) != len(in) {
		return q.fail("attribute perm is %v, the input has shape %v", perm, in)
	}
	out := make(Shape, len(in))
	for i, a := range axes {
		out[i] = in[a]
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferSqueeze(q inference) error {
	list, given, err := q.list(1, "axes")
	if err != nil {
		return err
	}
	in, drop := q.shape(0), map[int]bool{}
	axes, err := q.axes(list, len(in))
	if err != nil {
		return err
	}
	for _, a := range axes {
		if in[a] != 1 {
			return q.fail("axis %d of shape %v is not 1 and cannot be removed", a, in)
		}
		drop[a] = true
	}
	out := Shape{}
	for i, d := range in {
		if !drop[i] && (given || d != 1) {
			out = append(out, d)
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferUnsqueeze(q inference) error {
	list, given, err := q.list(1, "axes")
	if err != nil {
		return err
	}
	if !given {
		return q.fail("axes are missing; the operator needs them")
	}
	in := q.shape(0)
	axes, err := q.axes(list, len(in)+len(list))
	if err != nil {
		return err
	}
	out := make(Shape, len(in)+len(list))
	for _, a := range axes {
		out[a] = 1
	}
	next := 0
	for i := range out {
		if out[i] == 0 {
			out[i] = in[next]
			next++
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferConcat(q inference) error {
	v, ok := q.n.Attr["axis"].(int64)
	if !ok {
		return q.fail("attribute axis is missing; the operator needs it")
	}
	out := q.shape(0).Clone()
	axis, err := q.axis(v, len(out))
	if err != nil {
		return err
	}
	for _, t := range q.n.In[1:] {
		if len(t.Shape) != len(out) {
			return q.fail("inputs of shapes %v and %v cannot be joined", q.shape(0), t.Shape)
		}
		for i, d := range t.Shape {
			if i == axis {
				out[i] += d
			} else if d != out[i] {
				return q.fail("inputs of shapes %v and %v cannot be joined along axis %d", q.shape(0), t.Shape, axis)
			}
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferSplit(q inference) error {
	in := q.shape(0)
	axis, err := q.axis(q.n.Attr.Int("axis", 0), len(in))
	if err != nil {
		return err
	}
	sizes, given, err := q.list(1, "split")
	if err != nil {
		return err
	}
	pieces := int64(len(q.n.Out))
	if n := q.n.Attr.Int("num_outputs", pieces); n != pieces {
		return q.fail("attribute num_outputs is %d, the node has %d outputs", n, pieces)
	}
	if !given {
		size := (int64(in[axis]) + pieces - 1) / pieces
		for left := int64(in[axis]); len(sizes) < len(q.n.Out); left -= size {
			sizes = append(sizes, max(0, min(size, left)))
		}
	}
	if len(sizes) != len(q.n.Out) {
		return q.fail("has %d outputs but %d sizes", len(q.n.Out), len(sizes))
	}
	var total int64
	for i, d := range sizes {
		if d < 0 || d > int64(in[axis]) {
			return q.fail("piece %d of %d does not fit axis %d of shape %v", i, d, axis, in)
		}
		total += d
		out := in.Clone()
		out[axis] = int(d)
		q.out(i, q.typ(0), out)
	}
	if total != int64(in[axis]) {
		return q.fail("sizes %v sum to %d, axis %d has %d", sizes, total, axis, in[axis])
	}
	return nil
}

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
