package workloads

// Inputs: data, axes; before opset 18 (ReduceSum: 13) the axes are an attribute.
func inferReduce(q inference) error {
	list, _, err := q.list(1, "axes")
	if err != nil {
		return err
	}
	in := q.shape(0)
	axes, err := q.axes(list, len(in))
	if err != nil {
		return err
	}
	keep := q.n.Attr.Int("keepdims", 1) != 0
	all := len(axes) == 0
	if all && q.n.Attr.Int("noop_with_empty_axes", 0) != 0 {
		return inferSame(q)
	}
	gone := make([]bool, len(in))
	for _, a := range axes {
		gone[a] = true
	}
	out := Shape{}
	for i, d := range in {
		switch {
		case !all && !gone[i]:
			out = append(out, d)
		case keep:
			out = append(out, 1)
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferArg(q inference) error {
	in := q.shape(0)
	axis, err := q.axis(q.n.Attr.Int("axis", 0), len(in))
	if err != nil {
		return err
	}
	out := in[:axis].Clone()
	if q.n.Attr.Int("keepdims", 1) != 0 {
		out = append(out, 1)
	}
	q.out(0, Int64, append(out, in[axis+1:]...))
	return nil
}

func inferCumSum(q inference) error {
	if q.shape(1).Elements() != 1 {
		return q.fail("input %s has shape %v; the axis is one number", q.n.In[1].Name, q.shape(1))
	}
	return inferSame(q)
}

// Outputs: the k greatest (or least) along the axis, and their indices.
func inferTopK(q inference) error {
	k, given, err := q.number(1, "k")
	if err != nil {
		return err
	}
	in := q.shape(0)
	axis, err := q.axis(q.n.Attr.Int("axis", -1), len(in))
	if err != nil {
		return err
	}
	if !given || k < 0 || k > int64(in[axis]) {
		return q.fail("k is %d; axis %d has %d elements", k, axis, in[axis])
	}
	out := in.Clone()
	out[axis] = int(k)
	q.out(0, q.typ(0), out)
	q.out(1, Int64, out)
	return nil
}

// Shape's start and end are clamped, as Slice's are.
func inferShape(q inference) error {
	n := int64(len(q.shape(0)))
	q.out(0, Int64, Shape{sliceLength(q.n.Attr.Int("start", 0), q.n.Attr.Int("end", n), 1, n)})
	return nil
}

func inferSize(q inference) error {
	q.out(0, Int64, Shape{})
	return nil
}

// Constant's value stands in one of several attributes.
func inferConstant(q inference) error {
	for _, name := range []string{"value", "value_float", "value_int", "value_floats", "value_ints"} {
		switch v := q.n.Attr[name].(type) {
		case *Array:
			q.out(0, v.Type, v.Shape)
		case float32:
			q.out(0, FP32, Shape{})
		case int64:
			q.out(0, Int64, Shape{})
		case []float32:
			q.out(0, FP32, Shape{len(v)})
		case []int64:
			q.out(0, Int64, Shape{len(v)})
		default:
			continue
		}
		return nil
	}
	return q.fail("has no value of a supported type (value, value_float, value_int, value_floats, value_ints)")
}

func inferConstantOfShape(q inference) error {
	s, err := q.extents(0)
	if err != nil {
		return err
	}
	t := FP32
	if v, ok := q.n.Attr["value"].(*Array); ok {
		if v.Len() != 1 {
			return q.fail("attribute value has %d elements; one belongs there", v.Len())
		}
		t = v.Type
	}
	q.out(0, t, s)
	return nil
}
