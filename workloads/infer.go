package workloads

import (
	"fmt"
	"strings"
)

// rule is what the standard says of one operator: what it takes, and how the
// shapes and types of its outputs follow.
type rule struct {
	// takes lists the inputs, one token each; a token is a letter, then ? where
	// the input may be absent, or * where the last one repeats. Inputs with the
	// letter T have one type, of the kinds below. The other letters are in letters.
	takes string
	kinds string // what T may be: f float, i signed, u unsigned, b bool
	outs  int    // greatest number of outputs; -1 for any number
	shape func(inference) error
}

// letters says which types an input may have that is not of type T.
var letters = map[byte]struct {
	fits func(DType) bool
	name string
}{
	'A': {func(DType) bool { return true }, "anything"},
	'B': {func(t DType) bool { return t == Bool }, "bool"},
	'F': {DType.IsFloat, "a float type"},
	'I': {func(t DType) bool { return t == Int64 }, "int64"},
	'N': {func(t DType) bool { return t == Int64 || t == Int32 }, "int32 or int64"},
	'Q': {func(t DType) bool { return t.Bits() <= 16 && t != Bool || t == Int32 }, "a quantised type"},
	'X': {func(t DType) bool { return t.IsFloat() || t == Int32 }, "a float type or int32"},
	'8': {func(t DType) bool { return t == Int8 || t == Uint8 }, "int8 or uint8"},
}

// Infer fills in the shape and type of every output of n from its operator, its
// inputs and its attributes, and checks them against each other. Where a shape
// follows from a value (Reshape, Slice, ...), that input's Const must be set.
// Extents of zero are let through, for constants are often made of them; Graph.Validate
// refuses them in what is to be run. The error names node, operator, tensor and numbers.
func Infer(n *Node) error {
	q := inference{n}
	r, ok := rules[n.Op]
	if !ok {
		return q.fail("operator %s is not supported; export the model without it, or replace it by supported operators", n.Op)
	}
	if err := q.check(r); err != nil {
		return err
	}
	if err := r.shape(q); err != nil {
		return err
	}
	return q.checkOutputs()
}

// Supported tells whether shapes can be inferred for the operator.
func Supported(op string) bool { _, ok := rules[op]; return ok }

// wantsIntegers tells whether an operator takes nothing but integers as an input: indices,
// axes, what it dequantises.
func wantsIntegers(n *Node, input int) bool {
	tokens := strings.Fields(rules[n.Op].takes)
	if len(tokens) == 0 {
		return false
	}
	l, ok := letters[tokens[min(input, len(tokens)-1)][0]]
	return ok && !l.fits(FP32)
}

// check holds the node's inputs against the rule: their number, presence and types.
func (q inference) check(r rule) error {
	tokens := strings.Fields(r.takes)
	if most := len(tokens); len(q.n.In) > most && (most == 0 || !strings.HasSuffix(tokens[most-1], "*")) {
		return q.fail("has %d inputs, the operator takes at most %d", len(q.n.In), most)
	}
	if r.outs >= 0 && len(q.n.Out) > r.outs {
		return q.fail("has %d outputs, the operator makes at most %d", len(q.n.Out), r.outs)
	}
	if len(q.n.Out) == 0 {
		return q.fail("has no output")
	}
	if err := q.checkAttrs(); err != nil {
		return err
	}
	return q.checkInputs(tokens, r.kinds)
}

// checkInputs holds the inputs' presence and types against a rule's tokens.
func (q inference) checkInputs(tokens []string, kinds string) error {
	var bound *Tensor
	for i := range max(len(tokens), len(q.n.In)) {
		token := tokens[min(i, len(tokens)-1)]
		t := q.n.Input(i)
		if t == nil {
			if !strings.HasSuffix(token, "?") {
				return q.fail("input %d is missing; the operator needs it", i)
			}
			continue
		}
		if t.Type == Unset {
			return q.fail("input %s has no type", t.Name)
		}
		if token[0] != 'T' {
			if l := letters[token[0]]; !l.fits(t.Type) {
				return q.fail("input %s is %v, the operator takes %s there", t.Name, t.Type, l.name)
			}
			continue
		}
		if !strings.ContainsRune(kinds, kind(t.Type)) {
			return q.fail("input %s is %v, which the operator does not take", t.Name, t.Type)
		}
		if bound != nil && bound.Type != t.Type {
			return q.fail("input %s is %v and input %s is %v; they must have one type", bound.Name, bound.Type, t.Name, t.Type)
		}
		bound = t
	}
	return nil
}

// checkAttrs refuses an attribute of the wrong type, which would otherwise be
// taken for its default.
func (q inference) checkAttrs() error {
	for name, want := range attributeTypes {
		v, given := q.n.Attr[name]
		if got := fmt.Sprintf("%T", v); given && got != want {
			return q.fail("attribute %s is of type %s; it must be %s", name, got, want)
		}
	}
	return nil
}

// attributeTypes is the type of every attribute that a shape depends on.
var attributeTypes = map[string]string{
	"kernel_shape": "[]int64", "strides": "[]int64", "dilations": "[]int64", "pads": "[]int64",
	"output_padding": "[]int64", "output_shape": "[]int64", "perm": "[]int64", "axes": "[]int64",
	"split": "[]int64", "starts": "[]int64", "ends": "[]int64",
	"axis": "int64", "group": "int64", "ceil_mode": "int64", "keepdims": "int64", "allowzero": "int64",
	"noop_with_empty_axes": "int64", "transA": "int64", "transB": "int64", "to": "int64", "blocksize": "int64",
	"q_num_heads": "int64", "kv_num_heads": "int64", "num_heads": "int64", "num_groups": "int64",
	"num_outputs": "int64", "k": "int64", "layout": "int64", "output_dtype": "int64", "stash_type": "int64",
	"block_size": "int64", "spatial": "int64", "auto_pad": "string",
}

// kind is the letter by which a rule names the class of a type.
func kind(t DType) rune {
	switch {
	case t == Bool:
		return 'b'
	case t.IsFloat():
		return 'f'
	case t.IsUnsigned():
		return 'u'
	}
	return 'i'
}

// checkOutputs refuses shapes that no memory could hold.
func (q inference) checkOutputs() error {
	for _, t := range q.n.Out {
		if t == nil {
			continue
		}
		for axis, d := range t.Shape {
			if d < 0 || d > maxElements {
				return q.fail("output %s: shape %v: axis %d is %d; extents lie between 0 and 2^40", t.Name, t.Shape, axis, d)
			}
		}
		if n := t.Shape.Elements(); n < 0 || n > maxElements {
			return q.fail("output %s: shape %v has more than 2^40 elements", t.Name, t.Shape)
		}
	}
	return nil
}
