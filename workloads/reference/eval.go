package reference

import (
	"fmt"
	"maps"
	"slices"

	"nnsim/workloads"
)

// maxElements is the largest tensor a kernel makes: 4 GiB of fp32.
const maxElements = 1 << 30

// kernel computes the outputs of one call.
type kernel func(*call) error

// call is one evaluation of a node: its inputs, and the shapes and types that its
// outputs will have.
type call struct {
	node *workloads.Node // a copy whose tensors are those of in and out
	in   []*workloads.Array
	out  []*workloads.Array
	made []bool // outputs with storage of their own, not an input's
}

// Supports tells whether Eval knows the operator.
func Supports(op string) bool { return kernels[op] != nil }

// Ops lists the operators Eval knows, sorted.
func Ops() []string { return slices.Sorted(maps.Keys(kernels)) }

// Eval computes one node on plain arrays with the meaning ONNX gives it; in[i] is
// nil where an optional input is absent. Of n, the operator, the attributes and
// the outputs that are wanted count; an output tensor with a type set asks for
// the result in that type. Errors name the node, the operator and the input.
func Eval(n *workloads.Node, in []*workloads.Array) ([]*workloads.Array, error) {
	c, err := newCall(n, in)
	if err != nil {
		return nil, err
	}
	if c.empty() {
		for i := range c.out {
			if c.wants(i) {
				c.make(i)
			}
		}
	} else if err := kernels[n.Op](c); err != nil {
		return nil, err
	}
	for i, a := range c.out {
		if a == nil {
			continue
		}
		if i < len(n.Out) && n.Out[i] == nil {
			c.out[i] = nil
			continue
		}
		if c.made[i] {
			rounded(a)
		}
		if i < len(n.Out) && n.Out[i] != nil && n.Out[i].Type != workloads.Unset {
			c.out[i] = convert(c.out[i], n.Out[i].Type, true)
		}
	}
	return c.out, nil
}

// newCall checks the inputs against the operator and works out what comes out.
func newCall(n *workloads.Node, in []*workloads.Array) (*call, error) {
	if !Supports(n.Op) {
		return nil, fmt.Errorf("node %v: there is no reference kernel for operator %s", n, n.Op)
	}
	c := &call{node: &workloads.Node{Name: n.Name, Op: n.Op, Attr: n.Attr}, in: in}
	for i, a := range in {
		if a == nil {
			c.node.In = append(c.node.In, nil)
			continue
		}
		t := &workloads.Tensor{Name: fmt.Sprint(i), Shape: a.Shape, Type: a.Type, Role: workloads.Weight, Const: a}
		if at := n.Input(i); at != nil && at.Name != "" {
			t.Name = at.Name
		}
		if int64(a.Len()) != a.Shape.Elements() {
			return nil, fmt.Errorf("node %v: input %s holds %d elements, its shape %v asks for %d", n, t.Name, a.Len(), a.Shape, a.Shape.Elements())
		}
		c.node.In = append(c.node.In, t)
	}
	for i := range max(1, len(n.Out)) {
		var t *workloads.Tensor
		if i == 0 || n.Out[i] != nil { // every kernel makes its first output
			t = &workloads.Tensor{Name: fmt.Sprintf("output %d", i)}
		}
		c.node.Out = append(c.node.Out, t)
	}
	if err := workloads.Infer(c.node); err != nil {
		return nil, Uncomputable{err}
	}
	for _, t := range c.node.Out {
		if t != nil && t.Shape.Elements() > maxElements {
			return nil, c.fail("output of shape %v has more than 2^30 elements, which the reference kernels do not hold", t.Shape)
		}
	}
	c.out, c.made = make([]*workloads.Array, len(c.node.Out)), make([]bool, len(c.node.Out))
	return c, nil
}

// fail is an error that begins with the node and its operator.
func (c *call) fail(format string, args ...any) error {
	return Uncomputable{fmt.Errorf("node %v: "+format, append([]any{c.node}, args...)...)}
}

// Uncomputable is what a kernel finds in its values or types that no machine is to blame for,
// such as a division of integers by zero.
type Uncomputable struct{ Cause error }

func (u Uncomputable) Error() string { return u.Cause.Error() }
func (u Uncomputable) Unwrap() error { return u.Cause }

// has tells whether input i is given.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

// wants tells whether output i is wanted.
func (c *call) wants(i int) bool { return i < len(c.node.Out) && c.node.Out[i] != nil }

// empty tells a call that has nothing to compute.
func (c *call) empty() bool {
	for _, t := range c.node.Out {
		if t != nil && t.Shape.Elements() > 0 {
			return false
		}
	}
	return true
}

// make gives output i its storage, all zeros.
func (c *call) make(i int) *workloads.Array {
	t := c.node.Out[i]
	c.out[i], c.made[i] = workloads.NewArray(t.Type, t.Shape), true
	return c.out[i]
}

// list is the integers of input i, or else of an attribute, or nil.
func (c *call) list(i int, attribute string) []int64 {
	if !c.has(i) {
		return c.node.Attr.Ints(attribute, nil)
	}
	list := make([]int64, c.in[i].Len())
	for j := range list {
		list[j] = c.in[i].Int(j)
	}
	return list
}

// axis is an axis attribute counted from the front.
func (c *call) axis(def int64, rank int) int { return fromFront(c.node.Attr.Int("axis", def), rank) }

// fromFront counts an axis from the front; Infer has checked its range.
func fromFront(axis int64, rank int) int {
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis)
}

// rounded brings a float array to its format. Kernels leave numbers of up to 32
// bits as float32; integers are exact already.
func rounded(a *workloads.Array) {
	if a.F == nil || a.Type == workloads.FP32 {
		return
	}
	parallel(len(a.F), 1<<14, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			a.F[i] = a.Type.Round(a.F[i])
		}
	})
}
