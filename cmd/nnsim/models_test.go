package main

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// model writes small ONNX files for tests, field by field, so that each can be
// wrong in one place. The zero value is a model without nodes.
type model struct {
	opset  uint64
	nodes  []node
	inits  []tensor
	inputs []tensor // name, elem and dims only
	output string
}

// node is a NodeProto.
type node struct {
	name, op, domain string
	in, out          []string
	ints             map[string][]int64
}

// tensor is a TensorProto or, for an input, a ValueInfoProto.
type tensor struct {
	name     string
	elem     uint64 // 1 float, 3 int8, 7 int64
	dims     []int64
	floats   []float32
	external string // location of external data
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func number(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

func (n node) encode() (b []byte) {
	for _, s := range n.in {
		b = text(b, 1, s)
	}
	for _, s := range n.out {
		b = text(b, 2, s)
	}
	b = text(text(b, 3, n.name), 4, n.op)
	for name, values := range n.ints {
		a := text(nil, 1, name)
		for _, v := range values {
			a = number(a, 8, uint64(v))
		}
		b = message(b, 5, number(a, 20, 7)) // INTS
	}
	if n.domain != "" {
		b = text(b, 7, n.domain)
	}
	return b
}

func (t tensor) encode() (b []byte) {
	for _, d := range t.dims {
		b = number(b, 1, uint64(d))
	}
	b = text(number(b, 2, t.elem), 8, t.name)
	if t.external != "" {
		return number(message(b, 13, text(text(nil, 1, "location"), 2, t.external)), 14, 1)
	}
	raw := make([]byte, 0, 4*len(t.floats))
	for _, f := range t.floats {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return message(b, 9, raw)
}

func (t tensor) valueInfo() []byte {
	var shape []byte
	for _, d := range t.dims {
		shape = message(shape, 1, number(nil, 1, uint64(d)))
	}
	return message(text(nil, 1, t.name), 2, message(nil, 1, message(number(nil, 1, t.elem), 2, shape)))
}

func (m model) encode() []byte {
	var g []byte
	for _, n := range m.nodes {
		g = message(g, 1, n.encode())
	}
	g = text(g, 2, "made-in-a-test")
	for _, t := range m.inits {
		g = message(g, 5, t.encode())
	}
	for _, t := range m.inputs {
		g = message(g, 11, t.valueInfo())
	}
	if m.output != "" {
		g = message(g, 12, text(nil, 1, m.output))
	}
	return message(message(number(nil, 1, 8), 7, g), 8, number(nil, 2, m.opset))
}

// sound is a model that is right: y = relu(x·w), x of 2×3, w of 3×4.
func sound() model {
	w := make([]float32, 12)
	for i := range w {
		w[i] = float32(i) / 12
	}
	return model{opset: 13, output: "y",
		nodes: []node{
			{name: "product", op: "MatMul", in: []string{"x", "w"}, out: []string{"p"}},
			{name: "clip", op: "Relu", in: []string{"p"}, out: []string{"y"}}},
		inits:  []tensor{{name: "w", elem: 1, dims: []int64{3, 4}, floats: w}},
		inputs: []tensor{{name: "x", elem: 1, dims: []int64{2, 3}}}}
}

// write puts a file in the test's folder, the current one.
func write(t *testing.T, name string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, content, 0o644))
}
