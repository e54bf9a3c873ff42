package onnx

import (
	"strings"
	"testing"
)

// FuzzDecode: whatever the bytes, a graph that is valid or an error of one line.
func FuzzDecode(f *testing.F) {
	for _, g := range []pb{
		small(),
		graph(
			op("shape", "Shape", names("x"), names("s")),
			op("pick", "Gather", names("s", "zero"), names("n")),
			op("join", "Concat", names("n", "rest"), names("target"), attrInt("axis", 0)),
			op("flat", "Reshape", names("x", "target"), names("y")),
			initialiser(longs("zero", 0)), initialiser(longs("rest", -1)), input("x", 2, 3, 4), output("y"),
		),
		graph(
			op("w", "ConstantOfShape", names("s"), names("w"), attrTensor("value", floats("", []int64{1}, 0.5))),
			op("conv", "Conv", names("x", "w"), names("c"), attrInts("pads", 1, 1, 1, 1), attrInts("strides", 2, 2), attrInt("group", 1)),
			op("bn", "BatchNormalization", names("c", "v", "v", "v", "v"), names("b")),
			op("pool", "MaxPool", names("b"), names("p"), attrInts("kernel_shape", 2, 2), attrInt("ceil_mode", 1)),
			op("drop", "Dropout", names("p"), names("d", "mask")),
			op("soft", "Softmax", names("d"), names("y"), attrInt("axis", -1)),
			initialiser(longs("s", 4, 3, 3, 3)), initialiser(floats("v", []int64{4}, 1, 2, 3, 4)),
			input("x", "batch", 3, 8, 8), output("y"),
		),
		graph(
			op("cut", "Slice", names("k", "from", "to"), names("t")),
			op("turn", "Transpose", names("m"), names("mt"), attrInts("perm", 1, 0)),
			op("tile", "Tile", names("mt", "t"), names("big")),
			op("pad", "Pad", names("big", "pads"), names("p")),
			op("sum", "ReduceSum", names("p", "from"), names("r"), attrInt("keepdims", 1)),
			op("add", "Add", names("x", "r"), names("y")),
			initialiser(longs("k", 1, 2, 3)), initialiser(longs("from", 0)), initialiser(longs("to", 2)), initialiser(longs("pads", 0, 0, 0, 1)),
			initialiser(floats("m", []int64{2, 2}, 1, 2, 3, 4)), input("x", 1, 1), output("y"),
		),
	} {
		f.Add(model(g), 0, false)
		f.Add(model(g, intField(1, 3), opset("", 7)), 3, true)
	}
	f.Fuzz(func(t *testing.T, data []byte, batch int, random bool) {
		g, err := Decode(data, "", Options{Batch: batch, RandomWeights: random})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		if err := g.Validate(); err != nil {
			t.Fatalf("graph is not valid: %v", err)
		}
	})
}

// FuzzDecodeTensor: an array that its shape describes, made of no more elements
// than the bytes can hold, or an error.
func FuzzDecodeTensor(f *testing.F) {
	f.Add([]byte(floats("w", []int64{2, 1}, 1, 2)))
	f.Add([]byte(longs("k", 1, -2, 3)))
	for _, code := range []int64{1, 2, 3, 9, 10, 11, 16, 17, 22, 26} {
		f.Add([]byte(msg(packedInts(1, 2), intField(2, code), bytesField(9, make([]byte, 8)))))
		f.Add([]byte(msg(packedInts(1, 2), intField(2, code), packedInts(5, 1, 2))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := DecodeTensor(data)
		if err != nil {
			return
		}
		if int64(a.Len()) != a.Shape.Elements() {
			t.Fatalf("%d elements of shape %v", a.Len(), a.Shape)
		}
		if a.Len() > 8*len(data) {
			t.Fatalf("%d elements out of %d bytes", a.Len(), len(data))
		}
	})
}
