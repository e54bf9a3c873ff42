package workloads

import "fmt"

// maxElements bounds a tensor; maxWindow bounds what an attribute may ask of one
// axis (kernel, stride, pad, dilation), so that products of both stay in an int.
const (
	maxElements = 1 << 40
	maxWindow   = 1 << 20
)

// inference is one node whose outputs are being worked out.
type inference struct{ n *Node }

// fail is an error that begins with the node and its operator.
func (q inference) fail(format string, args ...any) error {
	return fmt.Errorf("node %v: "+format, append([]any{q.n}, args...)...)
}

// shape and typ are those of input i, which the rule has made sure is there.
func (q inference) shape(i int) Shape { return q.n.In[i].Shape }
func (q inference) typ(i int) DType   { return q.n.In[i].Type }

// has tells whether input i is given.
func (q inference) has(i int) bool { return q.n.Input(i) != nil }

// out sets output i, if it is wanted.
func (q inference) out(i int, t DType, s Shape) {
	if i >= len(q.n.Out) || q.n.Out[i] == nil {
		return
	}
	if s == nil {
		s = Shape{}
	}
	q.n.Out[i].Type, q.n.Out[i].Shape = t, s.Clone()
}

// rank demands that input i has at least lo axes.
func (q inference) rank(i, lo int) error {
	if r := len(q.shape(i)); r < lo {
		return q.fail("input %s has shape %v; the operator needs at least %d axes", q.n.In[i].Name, q.shape(i), lo)
	}
	return nil
}

// axis brings an axis that may count from the back into 0..rank-1.
func (q inference) axis(v int64, rank int) (int, error) {
	if v < -int64(rank) || v >= int64(rank) {
		return 0, q.fail("axis %d is outside a tensor of %d axes", v, rank)
	}
	if v < 0 {
		v += int64(rank)
	}
	return int(v), nil
}

// axes brings several axes into range and refuses one that is named twice.
func (q inference) axes(list []int64, rank int) ([]int, error) {
	out, seen := make([]int, 0, min(len(list), rank)), make([]bool, rank)
	for _, v := range list {
		a, err := q.axis(v, rank)
		if err != nil {
			return nil, err
		}
		if seen[a] {
			return nil, q.fail("axis %d is named twice", v)
		}
		seen[a] = true
		out = append(out, a)
	}
	return out, nil
}

// constant is the integers of input i, which a shape depends on.
func (q inference) constant(i int) ([]int64, error) {
	t := q.n.In[i]
	if t.Const == nil {
		return nil, q.fail("input %s is computed at run time, but the shape of the output depends on its value; make it a constant", t.Name)
	}
	if len(t.Shape) > 1 || t.Shape.Elements() > 1<<16 {
		return nil, q.fail("input %s has shape %v; a list of at most 65536 integers belongs there", t.Name, t.Shape)
	}
	list := make([]int64, t.Const.Len())
	for j := range list {
		list[j] = t.Const.Int(j)
	}
	return list, nil
}

// list is the integers of input i (the newer opsets) or else of an attribute
// (the older ones), and whether either was given.
func (q inference) list(i int, attribute string) (list []int64, given bool, err error) {
	if q.has(i) {
		list, err = q.constant(i)
		return list, true, err
	}
	list, given = q.n.Attr[attribute].([]int64)
	return list, given, nil
}

// number is the single integer of input i or else of an attribute.
func (q inference) number(i int, attribute string) (int64, bool, error) {
	if !q.has(i) {
		v, given := q.n.Attr[attribute].(int64)
		return v, given, nil
	}
	list, err := q.constant(i)
	if err == nil && len(list) != 1 {
		err = q.fail("input %s has %d elements; one number belongs there", q.n.In[i].Name, len(list))
	}
	if err != nil {
		return 0, true, err
	}
	return list[0], true, nil
}

// perAxis is an attribute with one integer for each of rank spatial axes.
func (q inference) perAxis(name string, rank int, def, lo int64) ([]int, error) {
	list := q.n.Attr.Ints(name, nil) // some exporters write an empty one for none
	if len(list) != 0 && len(list) != rank {
		return nil, q.fail("attribute %s has %d numbers; %d belong there", name, len(list), rank)
	}
	out := make([]int, rank)
	for i := range out {
		v := def
		if len(list) != 0 {
			v = list[i]
		}
		if v < lo || v > maxWindow {
			return nil, q.fail("attribute %s: %d is not between %d and 2^20", name, v, lo)
		}
		out[i] = int(v)
	}
	return out, nil
}

// broadcast is the common shape of several inputs by NumPy's rule: shapes are
// aligned at the last axis, and an extent of 1 stretches.
func (q inference) broadcast(inputs ...*Tensor) (Shape, error) {
	out := Shape{}
	for _, t := range inputs {
		if t == nil {
			continue
		}
		s, ok := stretch(out, t.Shape)
		if !ok {
			return nil, q.fail("input %s of shape %v cannot be broadcast with %v", t.Name, t.Shape, out)
		}
		out = s
	}
	return out, nil
}

// stretch broadcasts two shapes, if that is possible.
func stretch(a, b Shape) (Shape, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out, shift := a.Clone(), len(a)-len(b)
	for i, d := range b {
		switch o := out[shift+i]; {
		case o == 1:
			out[shift+i] = d
		case d != 1 && d != o:
			return nil, false
		}
	}
	return out, true
}

// wants demands a shape of input i, where it is given; what explains it.
func (q inference) wants(i int, want Shape, what string) error {
	if t := q.n.Input(i); t != nil && !t.Shape.Equal(want) {
		return q.fail("input %s has shape %v; %s asks for %v", t.Name, t.Shape, what, want)
	}
	return nil
}

// typeCodes is the numbering of element types in ONNX files (TensorProto.DataType).
var typeCodes = map[int64]DType{1: FP32, 2: Uint8, 3: Int8, 4: Uint16, 5: Int16, 6: Int32, 7: Int64, 9: Bool,
	10: FP16, 11: FP64, 12: Uint32, 13: Uint64, 16: BF16, 17: E4M3, 19: E5M2, 22: Int4, 26: Int2}

// foreignCodes names the element types of ONNX that nnsim has no format for.
var foreignCodes = map[int64]string{8: "STRING", 14: "COMPLEX64", 15: "COMPLEX128", 18: "FLOAT8E4M3FNUZ",
	20: "FLOAT8E5M2FNUZ", 21: "UINT4", 23: "FLOAT4E2M1", 24: "FLOAT8E8M0", 25: "UINT2"}

// TypeOfCode is the format behind an ONNX element type number, as attributes such
// as Cast's `to` carry it. The error names types that exist but are not supported.
func TypeOfCode(code int64) (DType, error) {
	if t, ok := typeCodes[code]; ok {
		return t, nil
	}
	if name, ok := foreignCodes[code]; ok {
		return Unset, fmt.Errorf("element type %s is not supported", name)
	}
	return Unset, fmt.Errorf("element type %d is none of ONNX's", code)
}
