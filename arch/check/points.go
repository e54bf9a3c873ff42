package check

import (
	"math"
	"slices"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Elements of a layer's output computed one by one, without the rest of it.

// productAt is elements of a product by the plainest loop, and the interval that
// fp32 sums of the machine may lie in.
func (c *Checker) productAt(n *workloads.Node, at []int) (span, error) {
	in := make([]*workloads.Array, len(n.In))
	for i, t := range n.In {
		if t == nil {
			continue
		}
		var err error
		if in[i], err = c.Value(t); err != nil {
			return span{}, err
		}
	}
	t := n.Out[0]
	s := span{mid: workloads.NewArray(t.Type, workloads.Shape{len(at)})}
	scale := reference.AccumulatorScale(n)
	if scale == 0 {
		s.low, s.high = workloads.NewArray(workloads.FP32, s.mid.Shape), workloads.NewArray(workloads.FP32, s.mid.Shape)
	}
	for i, flat := range at {
		value, magnitude := reference.OutputAt(n, in, position(t.Shape, flat))
		switch {
		case scale == 0:
			bound := reference.Bound(terms(n), workloads.FP32)*magnitude + 0x1p-24*math.Abs(value)
			s.mid.F[i] = t.Type.Round(float32(value))
			s.low.F[i], s.high.F[i] = float32(value-bound), float32(value+bound)
		case t.Type == workloads.Int32:
			s.mid.I32[i] = int32(int64(value)) // sums wrap
		case t.Type.IsFloat():
			s.mid.F[i] = t.Type.Round(float32(float64(int32(int64(value))) * scale))
		default:
			s.mid.SetInt(i, int64(t.Type.Quantise(float64(int32(int64(value)))*scale, t.Scale)))
		}
	}
	return s, nil
}

// pointAt computes a pointwise node at elements of its output. The span of the
// tensor inner is already there; other operands are gathered as they broadcast.
func (c *Checker) pointAt(n *workloads.Node, inner *workloads.Tensor, s span, at []int) (span, error) {
	in := make([]span, len(n.In))
	for i, t := range n.In {
		switch {
		case t == nil || i > 0 && workloads.ClassOf(n.Op) == workloads.View:
		case t == inner:
			in[i] = s
		default:
			a, err := c.Value(t)
			if err != nil {
				return span{}, err
			}
			if in[i] = (span{mid: a}); a.Len() > 1 || i == 0 || n.Op == "BatchNormalization" { // one number stays one, as Clip's bounds must
				in[i].mid = gather(a, operandAt(n, i, at))
			}
		}
	}
	if workloads.ClassOf(n.Op) == workloads.View {
		return stored(in[0], n)
	}
	if n.Op == "BatchNormalization" { // each element a channel of its own
		row := workloads.Shape{1, len(at)}
		in[0] = span{reshaped(in[0].mid, row), reshaped(in[0].low, row), reshaped(in[0].high, row)}
	}
	out, err := follow(n, in)
	if err != nil {
		return span{}, err
	}
	flat := workloads.Shape{len(at)}
	return span{reshaped(out[0].mid, flat), reshaped(out[0].low, flat), reshaped(out[0].high, flat)}, nil
}

// stored brings a span through a view into the format of its output.
func stored(s span, n *workloads.Node) (span, error) {
	same := &workloads.Node{Name: n.Name, Op: "Identity", In: n.In[:1], Out: n.Out}
	out, err := follow(same, []span{s})
	if err != nil {
		return span{}, err
	}
	return out[0], nil
}

func reshaped(a *workloads.Array, s workloads.Shape) *workloads.Array {
	if a == nil {
		return nil
	}
	return a.Reshaped(s)
}

// operandAt maps elements of a node's output to those of operand i.
func operandAt(n *workloads.Node, i int, at []int) []int {
	out, own := n.Out[0].Shape, n.In[i].Shape
	list := make([]int, len(at))
	for j, flat := range at {
		switch {
		case workloads.ClassOf(n.Op) == workloads.View:
			list[j] = flat
		case n.Op == "BatchNormalization" && i > 0:
			list[j] = position(out, flat)[1]
		default:
			list[j] = broadcastAt(own, position(out, flat))
		}
	}
	return list
}

// broadcastAt is the element of a shape at an index of what it is broadcast to.
func broadcastAt(s workloads.Shape, index []int) (at int) {
	for i, d := range s {
		at *= d
		if d > 1 {
			at += index[len(index)-len(s)+i]
		}
	}
	return at
}

// gather copies elements of an array into a list.
func gather(a *workloads.Array, at []int) *workloads.Array {
	out := workloads.NewArray(a.Type, workloads.Shape{len(at)})
	for i, j := range at {
		put(out, i, a, j)
	}
	return out
}

// put copies one element between arrays of one type.
func put(dst *workloads.Array, i int, src *workloads.Array, j int) {
	switch {
	case src.F != nil:
		dst.F[i] = src.F[j]
	case src.D != nil:
		dst.D[i] = src.D[j]
	default:
		dst.SetInt(i, src.Int(j))
	}
}

func gatherSpan(s span, at []int) span {
	g := span{mid: gather(s.mid, at)}
	if s.low != nil {
		g.low, g.high = gather(s.low, at), gather(s.high, at)
	}
	return g
}

// hasRows tells nodes that can be computed row by row of their leading axes. An
// instance normalisation cannot: its parameters belong to the second of them.
func hasRows(n *workloads.Node) bool {
	return workloads.Leading(n) > 0 && len(n.Out) == 1 && n.Op != "InstanceNormalization"
}

// rowsAt computes a node whose leading axes are independent, such as a softmax, on
// those of its rows that hold the elements, and gathers them.
func (c *Checker) rowsAt(n *workloads.Node, at []int) (span, error) {
	t, lead := n.Out[0], workloads.Leading(n)
	inner := int(t.Shape[lead:].Elements())
	var rows []int
	for _, flat := range at {
		if r := flat / inner; len(rows) == 0 || rows[len(rows)-1] != r {
			rows = append(rows, r)
		}
	}
	in := make([]span, len(n.In))
	for i, operand := range n.In {
		if operand == nil {
			continue
		}
		a, err := c.Value(operand)
		if err != nil {
			return span{}, err
		}
		if i == 0 || cutAlike(n, operand, lead) {
			a = rowsOf(a, lead, rows)
		}
		in[i] = span{mid: a}
	}
	out, err := follow(n, in)
	if err != nil {
		return span{}, err
	}
	list := make([]int, len(at))
	for i, flat := range at {
		r, _ := slices.BinarySearch(rows, flat/inner)
		list[i] = r*inner + flat%inner
	}
	return gatherSpan(out[0], list), nil
}

// cutAlike tells whether a further operand has the rows of the output: it begins
// with its leading extents and is no parameter of the other axes, which may happen
// to have the same extents.
func cutAlike(n *workloads.Node, operand *workloads.Tensor, lead int) bool {
	s, out := operand.Shape, n.Out[0].Shape
	return len(s) >= lead && s[:lead].Equal(out[:lead]) && (len(s) == len(out) || n.Op == "RotaryEmbedding")
}

// rowsOf copies rows of an array: its first axes become one of so many rows, and
// extents of 1 that keep its rank.
func rowsOf(a *workloads.Array, lead int, rows []int) *workloads.Array {
	inner := int(a.Shape[lead:].Elements())
	shape := a.Shape.Clone()
	for i := range lead {
		shape[i] = 1
	}
	shape[0] = len(rows)
	out := workloads.NewArray(a.Type, shape)
	for i, r := range rows {
		for j := range inner {
			put(out, i*inner+j, a, r*inner+j)
		}
	}
	return out
}
