package workloads

import "nnsim/unit"

// inferSame gives the first output the shape and type of the first input.
func inferSame(q inference) error {
	q.out(0, q.typ(0), q.shape(0))
	return nil
}

// inferBroadcast stretches all inputs to a common shape.
func inferBroadcast(q inference) error {
	s, err := q.broadcast(q.n.In...)
	q.out(0, q.typ(0), s)
	return err
}

// inferCompare is inferBroadcast with a truth value as the result.
func inferCompare(q inference) error {
	s, err := q.broadcast(q.n.In...)
	q.out(0, Bool, s)
	return err
}

func inferWhere(q inference) error {
	s, err := q.broadcast(q.n.In...)
	q.out(0, q.typ(1), s)
	return err
}

// inferOneWay stretches the second input to the first one's shape, never the other way.
func inferOneWay(q inference) error {
	if s, ok := stretch(q.shape(0), q.shape(1)); !ok || !s.Equal(q.shape(0)) {
		return q.fail("input %s of shape %v does not stretch to %v", q.n.In[1].Name, q.shape(1), q.shape(0))
	}
	return inferSame(q)
}

// Inputs after the first, or attributes before opset 11: least and greatest value.
func inferClip(q inference) error {
	for i := 1; i <= 2; i++ {
		if q.has(i) && q.shape(i).Elements() != 1 {
			return q.fail("input %s has shape %v; a bound is one number", q.n.In[i].Name, q.shape(i))
		}
	}
	return inferSame(q)
}

func inferCast(q inference) error {
	code, ok := q.n.Attr["to"].(int64)
	if !ok {
		return q.fail("attribute to is missing; the operator needs it")
	}
	t, err := TypeOfCode(code)
	if err != nil {
		return q.fail("attribute to: %w", err)
	}
	q.out(0, t, q.shape(0))
	return nil
}

func inferCastLike(q inference) error {
	q.out(0, q.typ(1), q.shape(0))
	return nil
}

// Outputs: data and the mask of what was kept, which is everything outside training.
func inferDropout(q inference) error {
	q.out(1, Bool, q.shape(0))
	return inferSame(q)
}

// Inputs: X, scale, bias, mean, variance, the last four one number per channel.
func inferBatchNorm(q inference) error {
	if err := q.rank(0, 2); err != nil {
		return err
	}
	if q.n.Attr.Int("spatial", 1) == 0 {
		return q.fail("attribute spatial is 0 (statistics for each pixel), which is not supported; export with opset 9 or later")
	}
	channels := Shape{q.shape(0)[1]}
	for i := 1; i <= 4; i++ {
		if err := q.wants(i, channels, "one number for each channel"); err != nil {
			return err
		}
		q.out(i, q.typ(3), channels)
	}
	return inferSame(q)
}

// Inputs: X, scale, bias; of InstanceNormalization, and of GroupNormalization
// from opset 21, one number for each channel; before, one for each group.
func inferChannelNorm(q inference) error {
	if err := q.rank(0, 2); err != nil {
		return err
	}
	want := Shape{q.shape(0)[1]}
	if q.n.Op == "GroupNormalization" {
		g := q.n.Attr.Int("num_groups", 0)
		if g < 1 || int64(want[0])%g != 0 {
			return q.fail("%d channels cannot be shared out over %d groups (attribute num_groups)", want[0], g)
		}
		if q.n.Attr.Int("opset", 21) < 21 {
			want = Shape{int(g)}
		}
	}
	for i := 1; i <= 2; i++ {
		if err := q.wants(i, want, "the operator"); err != nil {
			return err
		}
	}
	return inferSame(q)
}

// Inputs: X, scale, bias; scale and bias stretch to the axes normalised over.
// Outputs: Y, mean, inverse standard deviation.
func inferLayerNorm(q inference) error {
	x := q.shape(0)
	axis, err := q.axis(q.n.Attr.Int("axis", -1), len(x))
	if err != nil {
		return err
	}
	for i := 1; i <= 2; i++ {
		if !q.has(i) {
			continue
		}
		if s, ok := stretch(x, q.shape(i)); !ok || !s.Equal(x) {
			return q.fail("input %s of shape %v does not stretch to the %v of the input from axis %d on", q.n.In[i].Name, q.shape(i), x[axis:], axis)
		}
	}
	stat := x.Clone()
	for i := axis; i < len(stat); i++ {
		stat[i] = 1
	}
	t, err := TypeOfCode(q.n.Attr.Int("stash_type", 1))
	if err != nil {
		return q.fail("attribute stash_type: %w", err)
	}
	q.out(1, t, stat)
	q.out(2, t, stat)
	return inferSame(q)
}

// MeanVarianceNormalization's axes are those of a batch of images, if not given.
func inferMeanVariance(q inference) error {
	if _, err := q.axes(q.n.Attr.Ints("axes", []int64{0, 2, 3}), len(q.shape(0))); err != nil {
		return err
	}
	return inferSame(q)
}

// inferAlongAxis is for operators that keep the shape but work along an axis.
func inferAlongAxis(q inference) error {
	def := int64(-1)
	if v := q.n.Attr.Int("opset", 13); v < 13 && q.n.Op != "LpNormalization" {
		def = 1
	}
	if len(q.shape(0)) == 0 {
		return inferSame(q)
	}
	// Before opset 13 the axis only split the shape in two, so it could be the rank.
	v := q.n.Attr.Int("axis", def)
	if _, err := q.axis(v, len(q.shape(0))); err != nil && (def != 1 || v != int64(len(q.shape(0))) && v != 1) {
		return err
	}
	return inferSame(q)
}

// Inputs: x, scale, zero point, which decides the type; else output_dtype does.
func inferQuantize(q inference) error {
	t := Uint8
	if q.has(2) {
		t = q.typ(2)
	} else if code := q.n.Attr.Int("output_dtype", 0); code != 0 {
		var err error
		if t, err = TypeOfCode(code); err != nil {
			return q.fail("attribute output_dtype: %w", err)
		}
	}
	q.out(0, t, q.shape(0))
	return q.granularity()
}

func inferDequantize(q inference) error {
	t := q.typ(1)
	if code := q.n.Attr.Int("output_dtype", 0); code != 0 {
		var err error
		if t, err = TypeOfCode(code); err != nil {
			return q.fail("attribute output_dtype: %w", err)
		}
	}
	q.out(0, t, q.shape(0))
	if q.has(2) && q.typ(2) != q.typ(0) {
		return q.fail("input %s is %v, its zero point %v; they must have one type", q.n.In[0].Name, q.typ(0), q.typ(2))
	}
	return q.granularity()
}

// granularity checks the scale of a (de)quantisation: one number, one for each
// slice along the axis, or, with block_size, one for each block.
func (q inference) granularity() error {
	x, s := q.shape(0), q.shape(1)
	if v := q.n.Attr.Int("axis", 1); v != 1 && len(x) > 0 {
		if _, err := q.axis(v, len(x)); err != nil {
			return err
		}
	}
	if s.Elements() == 1 {
		if q.has(2) && q.shape(2).Elements() != 1 {
			return q.fail("input %s has shape %v, the scale is one number", q.n.In[2].Name, q.shape(2))
		}
		return nil
	}
	if err := q.wants(2, s, "the scale"); err != nil {
		return err
	}
	axis, err := q.axis(q.n.Attr.Int("axis", 1), len(x))
	if err != nil {
		return err
	}
	want := Shape{x[axis]}
	if block := q.n.Attr.Int("block_size", 0); block > 0 && block <= maxElements && len(s) == len(x) {
		want = x.Clone()
		want[axis] = unit.CeilDiv(x[axis], int(block))
	}
	return q.wants(1, want, "the axis")
}

// Outputs: y, scale, zero point.
func inferDynamicQuantize(q inference) error {
	q.out(0, Uint8, q.shape(0))
	q.out(1, FP32, Shape{})
	q.out(2, Uint8, Shape{})
	return nil
}
