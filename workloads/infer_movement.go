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
