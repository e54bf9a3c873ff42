package onnx

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// relu is a graph of one node, for tests of what surrounds it.
func relu(more ...pb) pb {
	return graph(append([]pb{op("act", "Relu", names("x"), names("y")), output("y")}, more...)...)
}

func TestDecodeRefuses(t *testing.T) {
	good := input("x", 1, 3)
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "the file is empty"},
		"text":             {[]byte("layer, ifmap height, ifmap width\nconv1, 224, 224\n"), "a text file, not an ONNX model"},
		"git lfs":          {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "git lfs pull"},
		"zip":              {[]byte("PK\x03\x04\x00\x00"), "a zip archive"},
		"random bytes":     {[]byte{0xff, 0x00, 0x13, 0x37}, "not an ONNX model, or a damaged one"},
		"no graph":         {msg(intField(1, 8), opset("", 13)), "it holds no graph"},
		"two graphs":       {append(model(relu(good)), bytesField(7, relu(good))...), "it holds 2 graphs"},
		"old IR":           {model(relu(good), intField(1, 2), opset("", 13)), "IR version 2 is older than 3"},
		"no opset":         {model(relu(good), intField(1, 8)), "opset_import"},
		"other opset only": {model(relu(good), intField(1, 8), opset("com.microsoft", 1)), "opset_import"},
		"old opset":        {model(relu(good), intField(1, 8), opset("", 5)), "opset 5 is older than 7"},
		"future opset":     {model(relu(good), intField(1, 8), opset("", 999)), "opset 999 is newer than"},
		"no nodes":         {model(graph(good, output("x"))), "the graph has no nodes"},
		"no outputs":       {model(graph(op("act", "Relu", names("x"), names("y")), good)), "the graph has no outputs"},

		"unknown operator": {model(graph(op("odd", "Frobnicate", names("x"), names("y")), good, output("y"))), "node odd (Frobnicate): operator Frobnicate is not supported"},
		"no operator":      {model(graph(op("odd", "", names("x"), names("y")), good, output("y"))), "node odd has no operator"},
		"other domain":     {model(graph(op("odd", "Gelu", names("x"), names("y"), textField(7, "com.microsoft")), good, output("y"))), "node odd (Gelu): operators of domain com.microsoft are not supported"},
		"control flow":     {model(graph(op("if", "If", names("x"), names("y"), bytesField(5, msg(textField(1, "then_branch"), bytesField(6, nil), intField(20, kindGraph)))), good, output("y"))), "node if (If): operator If is not supported"},
		"graph attribute":  {model(graph(op("act", "Relu", names("x"), names("y"), bytesField(5, msg(textField(1, "body"), bytesField(6, nil), intField(20, kindGraph)))), good, output("y"))), "attribute body (kind 5) is not supported"},
		"attribute twice":  {model(graph(op("c", "Softmax", names("x"), names("y"), attrInt("axis", 0), attrInt("axis", 1)), good, output("y"))), "attribute axis is given twice"},
		"missing input":    {model(graph(op("act", "Relu", names("lost"), names("y")), good, output("y"))), "node act (Relu): input lost is made by no node"},
		"missing output":   {model(relu(good, output("lost"))), "output lost of the graph is made by no node"},
		"output twice":     {model(relu(good, output("y"))), "output y of the graph is listed twice"},
		"input as output":  {model(relu(good, output("x"))), "there is nothing to compute"},
		"cycle":            {model(graph(op("a", "Add", names("x", "q"), names("p")), op("b", "Relu", names("p"), names("q")), op("c", "Relu", names("q"), names("y")), good, output("y"))), "the graph has a cycle through node b, a"},
		"self-cycle":       {model(graph(op("a", "Add", names("x", "y"), names("y")), good, output("y"))), "the graph has a cycle through node a"},
		"made twice":       {model(relu(good, op("two", "Relu", names("x"), names("y")))), "name y is given twice: node act (Relu) and node two (Relu)"},
		"weights twice":    {model(relu(good, initialiser(longs("k", 1)), initialiser(longs("k", 2)))), "name k is given twice"},
		"input twice":      {model(relu(good, good)), "input x of the graph is listed twice"},
		"makes an input":   {model(graph(op("a", "Relu", names("x"), names("x")), good, output("x"))), "name x is given twice: an input of the graph and node a (Relu)"},
		"unnamed weight":   {model(relu(good, initialiser(longs("", 1)))), "an initialiser has no name"},

		"zero extent":      {model(relu(input("x", 1, 0))), "input x of the graph: shape [1×0]: axis 1 is 0"},
		"negative extent":  {model(relu(input("x", 1, -7))), "input x of the graph: shape [1×-7]: axis 1 is -7"},
		"absurd extent":    {model(relu(input("x", 1, 1<<62))), "more than 2^40 elements"},
		"overflow":         {model(relu(input("x", 1<<39, 1<<39))), "more than 2^40 elements"},
		"no name":          {model(relu(input("x", 1, ""))), "axis 1 has neither an extent nor a name"},
		"no shape":         {model(relu(bytesField(11, msg(textField(1, "x"), bytesField(2, bytesField(1, intField(1, 1))))))), "input x of the graph has no shape"},
		"sequence":         {model(relu(bytesField(11, msg(textField(1, "x"), bytesField(2, bytesField(4, nil)))))), "is not a plain tensor"},
		"string input":     {model(relu(value(11, "x", 8, 1))), "element type STRING is not supported"},
		"sparse weights":   {model(relu(good, bytesField(15, nil))), "sparse initialisers"},
		"types":            {model(graph(op("add", "Add", names("x", "k"), names("y")), initialiser(longs("k", 1)), good, output("y"))), "node add (Add): input x is fp32 and input k is int64; they must have one type"},
		"shapes":           {model(graph(op("fc", "MatMul", names("x", "w"), names("y")), initialiser(floats("w", []int64{2, 1}, 1, 2)), good, output("y"))), "node fc (MatMul): input x has 3 columns, input w has 2 rows"},
		"NaN":              {model(relu(good, initialiser(floats("w", []int64{2}, 1, nan)))), "tensor w: element 1 is NaN"},
		"infinity":         {model(relu(good, initialiser(floats("w", []int64{1}, float32(math.Inf(-1)))))), "tensor w: element 0 is -Inf"},
		"weight too short": {model(relu(good, initialiser(floats("w", []int64{1 << 35}, 1)))), "tensor w of shape [34359738368] (fp32) needs 34359738368 values, the file has 1"},
		"weight negative":  {model(relu(good, initialiser(floats("w", []int64{-1, -1}, 1)))), "tensor w: axis 0 has extent -1"},
		"run-time shape":   {model(graph(op("r", "Reshape", names("x", "s"), names("y")), good, value(11, "s", int64Code, 2), output("y"))), "node r (Reshape): input s is computed at run time"},
		"vast constant":    {model(graph(op("c", "ConstantOfShape", names("s"), names("y")), initialiser(longs("s", 1<<30, 1<<30)), output("y"))), "node c (ConstantOfShape): output y"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(c.data, "", Options{})
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// A chain of expanding constants stays unevaluated beyond the budget, so a small
// file cannot make the reader hold much.
func TestFoldingHasABudget(t *testing.T) {
	nodes := []pb{initialiser(longs("times", 1024)), initialiser(floats("c0", []int64{1}, 1)), input("x", 1), output("y")}
	nodes = append(nodes,
		op("t1", "Tile", names("c0", "times"), names("c1")), op("t2", "Tile", names("c1", "times"), names("c2")),
		op("t3", "Tile", names("c2", "times"), names("c3")), op("add", "Add", names("c3", "x"), names("y")))
	im, err := decode(model(graph(nodes...)), "", Options{})
	if !assert.NoError(t, err) {
		return
	}
	assert.Len(t, im.graph.Nodes, 2, "the last Tile makes 2^30 elements and is left to run")
}
