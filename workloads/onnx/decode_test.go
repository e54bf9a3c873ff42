package onnx

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nnsim/workloads"
)

// small is y = relu(x·w + b) with the nodes in the wrong order, as parts to vary.
func small(more ...pb) pb {
	return graph(append([]pb{
		op("act", "Relu", names("h"), names("y")),
		op("fc", "Gemm", names("x", "w", "b"), names("h")),
		initialiser(floats("w", []int64{3, 2}, 1, 2, 3, 4, 5, 6)),
		initialiser(floats("b", []int64{2}, 1, -1)),
		input("x", "batch", 3), output("y"),
	}, more...)...)
}

func TestDecodeSortsAndInfers(t *testing.T) {
	g, err := Decode(model(small()), "", Options{Batch: 4})
	require.NoError(t, err)
	assert.Equal(t, "fc", g.Nodes[0].Name)
	assert.Equal(t, "act", g.Nodes[1].Name)
	assert.Equal(t, workloads.Shape{4, 2}, g.Outputs[0].Shape)
	assert.Equal(t, workloads.Output, g.Outputs[0].Role)
	assert.Equal(t, int64(8), g.Params)
	assert.Equal(t, int64(13), g.Nodes[0].Attr.Int("opset", 0))
	assert.Equal(t, []float32{1, 2, 3, 4, 5, 6}, g.Nodes[0].In[1].Const.F)
}

// IR 3 lists initialisers among the inputs; they are weights all the same.
func TestDecodeIR3(t *testing.T) {
	g, err := Decode(model(small(input("w", 3, 2), input("b", 2)), intField(1, 3), opset("", 9)), "", Options{})
	require.NoError(t, err)
	require.Len(t, g.Inputs, 1)
	assert.Equal(t, workloads.Shape{1, 3}, g.Inputs[0].Shape)
	assert.Equal(t, workloads.Weight, g.Nodes[0].In[1].Role)
}

func TestDecodeNamesExtents(t *testing.T) {
	m := model(graph(op("", "Relu", names("x"), names("y")), input("x", "batch", "height", "width"), output("y")))
	_, err := Decode(m, "", Options{})
	assert.ErrorContains(t, err, "leaves extents open: height, width")
	g, err := Decode(m, "", Options{Dims: map[string]int{"height": 5, "width": 7, "batch": 2}})
	require.NoError(t, err)
	assert.Equal(t, workloads.Shape{2, 5, 7}, g.Outputs[0].Shape)
	assert.Equal(t, "Relu_0", g.Nodes[0].Name)
	_, err = Decode(m, "", Options{Dims: map[string]int{"height": 5, "width": 7, "hieght": 2}})
	assert.ErrorContains(t, err, "extent hieght is given, but no input")
}

// Shape arithmetic becomes constants: reshape x to [shape(x)[0], -1] the long way.
func TestDecodeFoldsShapes(t *testing.T) {
	g, err := Decode(model(graph(
		op("shape", "Shape", names("x"), names("s")),
		op("pick", "Gather", names("s", "zero"), names("n")),
		op("join", "Concat", names("n", "rest"), names("target"), attrInt("axis", 0)),
		op("flat", "Reshape", names("x", "target"), names("y")),
		initialiser(longs("zero", 0)), initialiser(longs("rest", -1)),
		input("x", 2, 3, 4), output("y"),
	)), "", Options{})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 1)
	assert.Equal(t, workloads.Shape{2, 12}, g.Outputs[0].Shape)
	assert.Zero(t, g.Params)
}

// A weight that several nodes share through Identity is one tensor, counted once.
func TestDecodeSharesWeights(t *testing.T) {
	g, err := Decode(model(graph(
		op("again", "Identity", names("w"), names("w2")),
		op("one", "MatMul", names("x", "w"), names("h")), op("two", "MatMul", names("h", "w2"), names("y")),
		initialiser(floats("w", []int64{2, 2}, 1, 2, 3, 4)), input("x", 1, 2), output("y"),
	)), "", Options{})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 2)
	assert.Same(t, g.Nodes[0].In[1], g.Nodes[1].In[1])
	assert.Equal(t, int64(4), g.Params)
}

// A weight made by ConstantOfShape takes no memory, however large, not even after
// it has been rearranged.
func TestDecodeUniformWeights(t *testing.T) {
	g, err := Decode(model(graph(
		op("make", "ConstantOfShape", names("s"), names("w"), attrTensor("value", floats("", []int64{1}, 0.5))),
		op("turn", "Transpose", names("w"), names("wt")),
		op("fc", "MatMul", names("x", "wt"), names("y")),
		initialiser(longs("s", 1<<20, 1<<18)), input("x", 1, 1<<18), output("y"),
	)), "", Options{})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 1)
	w := g.Nodes[0].In[1]
	assert.Nil(t, w.Const)
	assert.Equal(t, workloads.Shape{1 << 18, 1 << 20}, w.Shape)
	assert.Equal(t, int64(1)<<38, g.Params)
	got := make([]float32, 3)
	w.Source.Fill(got, 1<<37)
	assert.Equal(t, []float32{0.5, 0.5, 0.5}, got)
}

// A Reshape that spells the file's batch size follows the batch that is asked for.
func TestDecodeRebatches(t *testing.T) {
	m := model(graph(
		op("flat", "Reshape", names("x", "s"), names("y")),
		initialiser(longs("s", 1, 12)), input("x", 1, 3, 4), output("y"),
	))
	g, err := Decode(m, "", Options{Batch: 5})
	require.NoError(t, err)
	assert.Equal(t, workloads.Shape{5, 12}, g.Outputs[0].Shape)
}

func TestDecodeRandomWeights(t *testing.T) {
	bn := graph(
		op("conv", "Conv", names("x", "w"), names("c")),
		op("bn", "BatchNormalization", names("c", "scale", "shift", "mean", "var"), names("y")),
		op("w", "ConstantOfShape", names("s"), names("w")),
		initialiser(longs("s", 8, 4, 3, 3)),
		initialiser(floats("scale", []int64{8}, 1, 1, 1, 1, 1, 1, 1, 1)), initialiser(floats("shift", []int64{8}, 1, 1, 1, 1, 1, 1, 1, 1)),
		initialiser(floats("mean", []int64{8}, 1, 1, 1, 1, 1, 1, 1, 1)), initialiser(floats("var", []int64{8}, 1, 1, 1, 1, 1, 1, 1, 1)),
		input("x", 1, 4, 8, 8), output("y"),
	)
	fill := func(seed uint64) (all [][]float32) {
		g, err := Decode(model(bn), "", Options{RandomWeights: true, Seed: seed})
		require.NoError(t, err)
		require.Equal(t, int64(8*4*9+8+8), g.Params)
		for _, w := range g.Weights() {
			require.Nil(t, w.Const, w.Name)
			v := make([]float32, w.Shape.Elements())
			w.Source.Fill(v, 0)
			all = append(all, v)
		}
		return all
	}
	one, again, other := fill(1), fill(1), fill(2)
	assert.Equal(t, one, again)
	assert.NotEqual(t, one[0], other[0])
	bound, square := math.Sqrt(3.0/36), 0.0
	for _, v := range one[0] {
		require.LessOrEqual(t, math.Abs(float64(v)), bound)
		square += float64(v) * float64(v)
	}
	assert.InDelta(t, 1.0/36, square/float64(len(one[0])), 0.2/36, "variance of the filter")
	for _, v := range one[4] {
		assert.InDelta(t, 1, v, 0.2, "variances are positive and near 1")
	}
}

// External data is read from the model's folder, from nowhere else.
func TestReadExternalData(t *testing.T) {
	dir := t.TempDir()
	raw := make([]byte, 8+4*6)
	for i := range 6 {
		binary.LittleEndian.PutUint32(raw[8+4*i:], math.Float32bits(float32(i)+0.5))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "w.bin"), raw, 0o600))
	write := func(location, offset, length string) string {
		entry := func(k, v string) pb { return bytesField(13, msg(textField(1, k), textField(2, v))) }
		w := msg(packedInts(1, 3, 2), intField(2, float32Code), textField(8, "w"), intField(14, 1),
			entry("location", location), entry("offset", offset), entry("length", length))
		path := filepath.Join(dir, "m.onnx")
		m := model(graph(op("fc", "MatMul", names("x", "w"), names("y")), initialiser(w), input("x", 1, 3), output("y")))
		require.NoError(t, os.WriteFile(path, m, 0o600))
		return path
	}
	g, err := Read(write("w.bin", "8", "24"), Options{})
	require.NoError(t, err)
	assert.Equal(t, "m", g.Name)
	assert.Equal(t, []float32{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}, g.Nodes[0].In[1].Const.F)

	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "link")))
	for _, c := range []struct{ location, offset, length, want string }{
		{"../w.bin", "8", "24", "must lie in the model's folder"},
		{"/etc/hostname", "0", "24", "must lie in the model's folder"},
		{"link", "0", "24", "external data link"},
		{".", "0", "24", "is not a regular file"},
		{"none.bin", "0", "24", "no such file"},
		{"w.bin", "16", "24", "24 from byte 16 on are needed"},
		{"w.bin", "9223372036854775807", "24", "are needed"},
		{"w.bin", "-1", "24", "offset \"-1\" is not a number of bytes"},
		{"w.bin", "8", "12", "length is 12 bytes, the tensor's shape asks for 24"},
	} {
		_, err := Read(write(c.location, c.offset, c.length), Options{})
		assert.ErrorContains(t, err, c.want)
		assert.ErrorContains(t, err, "m.onnx: ")
	}
}

func TestReadRefusesFiles(t *testing.T) {
	dir := t.TempDir()
	_, err := Read(filepath.Join(dir, "none.onnx"), Options{})
	assert.ErrorContains(t, err, "there is no such file")
	_, err = Read(dir, Options{})
	assert.ErrorContains(t, err, "is a folder")
	huge := filepath.Join(dir, "huge.onnx")
	require.NoError(t, os.WriteFile(huge, nil, 0o600))
	require.NoError(t, os.Truncate(huge, 1<<31))
	_, err = Read(huge, Options{})
	assert.ErrorContains(t, err, "save it with external data")
}

func TestDecodeTensor(t *testing.T) {
	raw := func(code int64, data []byte, dims ...int64) pb {
		return msg(packedInts(1, dims...), intField(2, code), bytesField(9, data))
	}
	for name, c := range map[string]struct {
		data pb
		want []float64
	}{
		"fp32 raw":        {raw(1, []byte{0, 0, 128, 63, 0, 0, 0, 192}, 2), []float64{1, -2}},
		"fp64 raw":        {raw(11, []byte{0, 0, 0, 0, 0, 0, 240, 63}, 1), []float64{1}},
		"fp16 raw":        {raw(10, []byte{0, 0x3c, 1, 0}, 2), []float64{1, math.Ldexp(1, -24)}},
		"bf16 raw":        {raw(16, []byte{0x80, 0x3f}), []float64{1}},
		"int8 raw":        {raw(3, []byte{0xff, 5}, 2), []float64{-1, 5}},
		"uint8 raw":       {raw(2, []byte{0xff, 5}, 2), []float64{255, 5}},
		"bool raw":        {raw(9, []byte{0, 7}, 2), []float64{0, 1}},
		"int4 raw, odd":   {raw(22, []byte{0x8f, 0x07}, 3), []float64{-1, -8, 7}},
		"int2 raw":        {raw(26, []byte{0b10_01_11_00}, 4), []float64{0, -1, 1, -2}},
		"fp32 list":       {floats("", []int64{2}, 1.5, 2), []float64{1.5, 2}},
		"fp16 list":       {msg(packedInts(1, 1), intField(2, 10), packedInts(5, 0xc000)), []float64{-2}},
		"int8 list":       {msg(packedInts(1, 1), intField(2, 3), packedInts(5, -3)), []float64{-3}},
		"int64, unpacked": {msg(intField(1, 2), intField(2, 7), intField(7, -9), intField(7, 4)), []float64{-9, 4}},
		"uint64 list":     {msg(packedInts(1, 1), intField(2, 13), packedInts(11, -1)), []float64{math.MaxUint64}},
		"empty":           {floats("", []int64{3, 0}), []float64{}},
		"not a number":    {floats("", []int64{1}, float32(math.Inf(1))), []float64{math.Inf(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := DecodeTensor(c.data)
			require.NoError(t, err)
			require.Equal(t, len(c.want), a.Len())
			for i, v := range c.want {
				assert.Equal(t, v, a.At(i))
			}
		})
	}
	for name, c := range map[string]struct {
		data pb
		want string
	}{
		"no type":          {nil, "not a TensorProto"},
		"text":             {pb("hello, world"), "not a TensorProto, or a damaged one"},
		"string":           {msg(intField(2, 8)), "element type STRING is not supported"},
		"unknown type":     {msg(intField(2, 99)), "element type 99 is none of ONNX's"},
		"too little":       {raw(1, []byte{1, 2, 3}, 1), "needs 4 bytes of raw data, the file has 3"},
		"far too little":   {raw(1, []byte{1, 2, 3}, 1<<39), "needs 2199023255552 bytes"},
		"list too short":   {floats("", []int64{1 << 30}, 1), "needs 1073741824 values, the file has 1"},
		"negative extent":  {floats("", []int64{-1}, 1), "axis 0 has extent -1"},
		"absurd extents":   {floats("", []int64{1 << 40, 1 << 40}), "more than 2^40 elements"},
		"ragged list":      {msg(packedInts(1, 1), intField(2, 1), bytesField(4, []byte{1, 2, 3})), "no whole number of floats"},
		"a wrong wire":     {msg(packedInts(1, 1), textField(2, "x")), "field 2 has wire type 2"},
		"external, no dir": {msg(packedInts(1, 1), intField(2, 1), intField(14, 1)), "stored in another file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeTensor(c.data)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// Every cut of a good model is refused or read, never a panic, and in one line.
func TestDecodeTruncated(t *testing.T) {
	m := model(small())
	for n := range len(m) {
		_, err := Decode(m[:n], "", Options{})
		require.Error(t, err, "%d of %d bytes", n, len(m))
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := Decode(m[:len(m)-1], "", Options{})
	assert.ErrorContains(t, err, "not an ONNX model, or a damaged one")
}

func TestErrorsStayOnOneLine(t *testing.T) {
	bad := strings.Repeat("a\n\x1b[31m\xff", 1000)
	_, err := Decode(model(graph(op(bad, "Frobnicate", names("x"), names("y")), input("x", 1), output("y"))), "", Options{})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "\x1b")
	assert.Less(t, len(err.Error()), 700)
}
