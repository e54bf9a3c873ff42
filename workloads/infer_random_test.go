package workloads

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// extents and numbers that go wrong more often than others.
var (
	oddExtents = []int{0, 1, 1, 2, 3, 4, 8, 1 << 20, 1 << 39, 1 << 40}
	oddNumbers = []int64{-1 << 63, -1 << 40, -3, -2, -1, 0, 0, 1, 1, 2, 3, 4, 8, 1 << 20, 1 << 40, 1<<63 - 1}
)

func randomTensor(t *rapid.T) *Tensor {
	if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
		return nil
	}
	types := []DType{FP32, FP32, FP32, Int64, Int64, Int32, Uint8, Int8, Bool, FP16}
	x := &Tensor{Name: "x", Type: rapid.SampledFrom(types).Draw(t, "type")}
	if x.Type == Int64 && rapid.Bool().Draw(t, "constant") {
		x.Const = &Array{Type: Int64, I: rapid.SliceOfN(rapid.SampledFrom(oddNumbers), 0, 4).Draw(t, "values")}
		x.Shape = Shape{len(x.Const.I)}
		return x
	}
	x.Shape = rapid.SliceOfN(rapid.SampledFrom(oddExtents), 0, 5).Draw(t, "shape")
	return x
}

// Whatever the node, Infer gives outputs that memory could address, or one line.
func TestInferNeverPanics(t *testing.T) {
	ops, attributes := slices.Sorted(maps.Keys(rules)), slices.Sorted(maps.Keys(attributeTypes))
	rapid.Check(t, func(t *rapid.T) {
		n := &Node{Name: "n", Op: rapid.SampledFrom(ops).Draw(t, "op"), Attr: Attrs{}}
		for range rapid.IntRange(0, len(strings.Fields(rules[n.Op].takes))+1).Draw(t, "inputs") {
			n.In = append(n.In, randomTensor(t))
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "outputs") {
			n.Out = append(n.Out, &Tensor{Name: "y"})
			if i > 0 && rapid.Bool().Draw(t, "unwanted") {
				n.Out[i] = nil
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "attributes") {
			name := rapid.SampledFrom(attributes).Draw(t, "attribute")
			switch attributeTypes[name] {
			case "int64":
				n.Attr[name] = rapid.SampledFrom(oddNumbers).Draw(t, "number")
			case "[]int64":
				n.Attr[name] = rapid.SliceOfN(rapid.SampledFrom(oddNumbers), 0, 6).Draw(t, "numbers")
			case "string":
				n.Attr[name] = rapid.SampledFrom([]string{"SAME_UPPER", "VALID", "odd"}).Draw(t, "text")
			}
		}
		err := Infer(n)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("error of several lines: %v", err)
		}
		for _, y := range n.Out {
			if err != nil || y == nil {
				continue
			}
			if e := y.Shape.Elements(); e < 0 || e > 1<<40 || y.Shape == nil && y.Type == Unset {
				t.Fatalf("%s: output of type %v and shape %v", n.Op, y.Type, y.Shape)
			}
		}
	})
}
