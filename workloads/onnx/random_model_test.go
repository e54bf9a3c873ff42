package onnx

import (
	"fmt"
	"strings"
	"testing"

	"nnsim/workloads/reference"
	"pgregory.net/rapid"
)

// intAttributes and listAttributes are names that operators understand.
var (
	intAttributes = []string{"axis", "group", "ceil_mode", "keepdims", "allowzero", "transA", "transB", "to", "blocksize",
		"q_num_heads", "kv_num_heads", "num_heads", "num_groups", "num_outputs", "k", "largest", "exclusive", "reverse",
		"start", "end", "is_causal", "output_dtype", "noop_with_empty_axes", "count_include_pad", "batch_dims", "p", "size"}
	listAttributes = []string{"kernel_shape", "strides", "dilations", "pads", "perm", "axes", "split", "starts", "ends", "value_ints"}
	oddNumbers     = []int64{-1 << 63, -3, -2, -1, 0, 0, 1, 1, 2, 3, 4, 7, 1 << 30, 1 << 40, 1<<63 - 1}
)

// randomNode draws a node that takes some of the names made so far.
func randomNode(t *rapid.T, i int, made []string) pb {
	var in []string
	for range rapid.IntRange(0, 5).Draw(t, "inputs") {
		in = append(in, rapid.SampledFrom(made).Draw(t, "input"))
	}
	out := []string{fmt.Sprintf("t%d", i)}
	for j := range rapid.IntRange(0, 2).Draw(t, "outputs") {
		out = append(out, fmt.Sprintf("t%d.%d", i, j))
	}
	var attrs []pb
	for range rapid.IntRange(0, 3).Draw(t, "attributes") {
		name := rapid.SampledFrom(append(intAttributes, listAttributes...)).Draw(t, "attribute")
		numbers := rapid.SliceOfN(rapid.SampledFrom(oddNumbers), 1, 4).Draw(t, "numbers")
		if strings.Contains(strings.Join(listAttributes, " "), name) {
			attrs = append(attrs, attrInts(name, numbers...))
		} else {
			attrs = append(attrs, attrInt(name, numbers[0]))
		}
	}
	return op("", rapid.SampledFrom(reference.Ops()).Draw(t, "op"), in, out, attrs...)
}

// Models of known operators put together at random, many of them all constant, are
// refused in one line or give a valid graph; folding never panics.
func TestDecodeNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := []string{"x", "", "f0", "f1", "f2", "f3", "k0", "k1", "k2"}
		parts := []pb{input("x", 1, 4, 4), output("y")}
		for i := range 4 {
			dims := rapid.SliceOfN(rapid.SampledFrom([]int64{0, 1, 1, 2, 3, 4}), 0, 4).Draw(t, "dims")
			n := int64(1)
			for _, d := range dims {
				n *= d
			}
			parts = append(parts, initialiser(floats(fmt.Sprintf("f%d", i), dims, make([]float32, n)...)))
		}
		for i := range 3 {
			parts = append(parts, initialiser(longs(fmt.Sprintf("k%d", i), rapid.SliceOfN(rapid.SampledFrom(oddNumbers), 0, 3).Draw(t, "constants")...)))
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "nodes") {
			parts = append(parts, randomNode(t, i, made))
			made = append(made, fmt.Sprintf("t%d", i))
		}
		parts = append(parts, op("last", "Identity", names(made[len(made)-1]), names("y")))
		version := rapid.SampledFrom([]int64{6, 7, 9, 11, 13, 18, 23}).Draw(t, "opset")
		g, err := Decode(model(graph(parts...), intField(1, 8), opset("", version)), "", Options{Batch: rapid.IntRange(0, 3).Draw(t, "batch")})
		switch {
		case err != nil && strings.ContainsAny(err.Error(), "\n\r"):
			t.Fatalf("error of several lines: %q", err)
		case err == nil && g.Validate() != nil:
			t.Fatalf("graph is not valid: %v", g.Validate())
		}
	})
}
