package workloads

// multiply is the shape of a matrix product of inputs a and b, with broadcast of
// the leading axes; a vector counts as a row on the left, a column on the right.
func (q inference) multiply(a, b int) (Shape, error) {
	x, y := q.shape(a).Clone(), q.shape(b).Clone()
	if len(x) == 0 || len(y) == 0 {
		return nil, q.fail("inputs have shapes %v and %v; a matrix product needs at least one axis in each", x, y)
	}
	row, column := len(x) == 1, len(y) == 1
	if row {
		x = append(Shape{1}, x...)
	}
	if column {
		y = append(y, 1)
	}
	m, k := x[len(x)-2], x[len(x)-1]
	k2, n := y[len(y)-2], y[len(y)-1]
	if k != k2 {
		return nil, q.fail("input %s has %d columns, input %s has %d rows (shapes %v and %v)",
			q.n.In[a].Name, k, q.n.In[b].Name, k2, q.shape(a), q.shape(b))
	}
	out, ok := stretch(x[:len(x)-2], y[:len(y)-2])
	if !ok {
		return nil, q.fail("inputs of shapes %v and %v cannot be broadcast", q.shape(a), q.shape(b))
	}
	if !row {
		out = append(out, m)
	}
	if !column {
		out = append(out, n)
	}
	return out, nil
}

func inferMatMul(q inference) error {
	s, err := q.multiply(0, 1)
	q.out(0, q.typ(0), s)
	return err
}

func inferMatMulInteger(q inference) error {
	s, err := q.multiply(0, 1)
	q.out(0, Int32, s)
	return err
}

// Inputs: a, its scale and zero point, b with its two, the output's two.
func inferQLinearMatMul(q inference) error {
	s, err := q.multiply(0, 3)
	q.out(0, q.typ(7), s)
	return err
}

func inferGemm(q inference) error {
	a, b := q.shape(0), q.shape(1)
	if len(a) != 2 || len(b) != 2 {
		return q.fail("inputs have shapes %v and %v; both must be matrices", a, b)
	}
	m, k, k2, n := a[0], a[1], b[0], b[1]
	if q.n.Attr.Int("transA", 0) != 0 {
		m, k = k, m
	}
	if q.n.Attr.Int("transB", 0) != 0 {
		k2, n = n, k2
	}
	if k != k2 {
		return q.fail("input %s gives %d columns, input %s %d rows (shapes %v and %v)", q.n.In[0].Name, k, q.n.In[1].Name, k2, a, b)
	}
	out := Shape{m, n}
	if q.has(2) {
		if s, ok := stretch(out, q.shape(2)); !ok || !s.Equal(out) {
			return q.fail("input %s of shape %v cannot be added to a product of shape %v", q.n.In[2].Name, q.shape(2), out)
		}
	}
	q.out(0, q.typ(0), out)
	return nil
}

// heads splits the last axis of a 3-D input into heads, or takes them from a 4-D
// one: batch, heads, length, width.
func (q inference) heads(i int, attribute string) (Shape, error) {
	s := q.shape(i)
	if len(s) == 4 {
		return s, nil
	}
	h := q.n.Attr.Int(attribute, 0)
	if len(s) != 3 {
		return nil, q.fail("input %s has shape %v; it must have 3 or 4 axes", q.n.In[i].Name, s)
	}
	if h < 1 || h > int64(s[2]) || s[2]%int(h) != 0 {
		return nil, q.fail("input %s of shape %v cannot be split into %d heads (attribute %s)", q.n.In[i].Name, s, h, attribute)
	}
	return Shape{s[0], int(h), s[1], s[2] / int(h)}, nil
}

// Inputs: Q, K, V, mask, past key, past value, lengths without padding.
func inferAttention(q inference) error {
	var s [3]Shape
	for i, attribute := range []string{"q_num_heads", "kv_num_heads", "kv_num_heads"} {
		var err error
		if s[i], err = q.heads(i, attribute); err != nil {
			return err
		}
	}
	qs, k, v := s[0], s[1], s[2]
	switch {
	case qs[0] != k[0] || k[0] != v[0]:
		return q.fail("batches differ: Q has %d, K %d, V %d", qs[0], k[0], v[0])
	case k[1] != v[1] || k[1] == 0 || qs[1]%k[1] != 0:
		return q.fail("Q has %d heads, K %d, V %d; K and V must have as many, and Q a multiple", qs[1], k[1], v[1])
	case qs[3] != k[3]:
		return q.fail("heads of Q are %d wide, those of K %d", qs[3], k[3])
	case k[2] != v[2]:
		return q.fail("K has length %d, V %d", k[2], v[2])
	}
	if qs[1] > 0 && v[3] > maxElements/qs[1] {
		return q.fail("%d heads of width %d are more than 2^40 elements", qs[1], v[3])
	}
	if q.has(4) != q.has(5) {
		return q.fail("past key and past value must be given together")
	}
	total := k[2]
	if q.has(4) {
		if err := q.rank(4, 4); err != nil {
			return err
		}
		past := q.shape(4)[2]
		if err := q.wants(4, Shape{k[0], k[1], past, k[3]}, "the past key"); err != nil {
			return err
		}
		if err := q.wants(5, Shape{v[0], v[1], past, v[3]}, "the past value"); err != nil {
			return err
		}
		total += past
	}
	scores := Shape{qs[0], qs[1], qs[2], total}
	if err := q.mask(3, scores); err != nil {
		return err
	}
	out := Shape{qs[0], qs[1], qs[2], v[3]}
	if len(q.shape(0)) == 3 {
		out = Shape{qs[0], qs[2], qs[1] * v[3]}
	}
	q.out(0, q.typ(0), out)
	q.out(1, q.typ(1), Shape{k[0], k[1], total, k[3]})
	q.out(2, q.typ(2), Shape{v[0], v[1], total, v[3]})
	q.out(3, q.typ(0), scores)
	return nil
}

// mask checks an attention mask: it stretches to the scores, but its last axis
// may be shorter than the keys, whose rest is then masked out.
func (q inference) mask(i int, scores Shape) error {
	if !q.has(i) {
		return nil
	}
	m := q.shape(i).Clone()
	if len(m) < 2 || len(m) > 4 {
		return q.fail("input %s has shape %v; a mask has 2 to 4 axes", q.n.In[i].Name, m)
	}
	if last := &m[len(m)-1]; *last < scores[3] {
		*last = scores[3]
	}
	if s, ok := stretch(scores, m); !ok || !s.Equal(scores) {
		return q.fail("input %s of shape %v does not fit scores of shape %v", q.n.In[i].Name, q.shape(i), scores)
	}
	return nil
}

// Inputs: X, cosines, sines, position ids.
func inferRotary(q inference) error {
	if r := len(q.shape(0)); r != 3 && r != 4 {
		return q.fail("input %s has shape %v; it must have 3 or 4 axes", q.n.In[0].Name, q.shape(0))
	}
	if !q.shape(1).Equal(q.shape(2)) {
		return q.fail("cosines have shape %v, sines %v", q.shape(1), q.shape(2))
	}
	if len(q.shape(0)) == 3 {
		if _, err := q.heads(0, "num_heads"); err != nil {
			return err
		}
	}
	return inferSame(q)
}

// recurrent makes the rule of a recurrent layer with so many gates. Inputs: X, W,
// R, bias, sequence lengths, initial state, initial cell, peepholes.
func recurrent(gates int) func(inference) error {
	return func(q inference) error {
		x, w, r := q.shape(0), q.shape(1), q.shape(2)
		if len(x) != 3 || len(w) != 3 || len(r) != 3 {
			return q.fail("X, W and R have shapes %v, %v and %v; each must have 3 axes", x, w, r)
		}
		dirs, hidden := w[0], r[2]
		if hidden > maxElements/gates {
			return q.fail("R has shape %v, which is too large", r)
		}
		if err := q.wants(1, Shape{dirs, gates * hidden, x[2]}, "the operator's gates"); err != nil {
			return err
		}
		if err := q.wants(2, Shape{dirs, gates * hidden, hidden}, "the operator's gates"); err != nil {
			return err
		}
		if err := q.wants(3, Shape{dirs, 2 * gates * hidden}, "a bias for each gate, twice"); err != nil {
			return err
		}
		seq, batch := x[0], x[1]
		all, last := Shape{seq, dirs, batch, hidden}, Shape{dirs, batch, hidden}
		if q.n.Attr.Int("layout", 0) != 0 {
			seq, batch = batch, seq
			all, last = Shape{batch, seq, dirs, hidden}, Shape{batch, dirs, hidden}
		}
		if err := q.wants(5, last, "the initial state"); err != nil {
			return err
		}
		q.out(0, q.typ(0), all)
		q.out(1, q.typ(0), last)
		q.out(2, q.typ(0), last)
		return nil
	}
}
