package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The writer of small models for tests: each function returns the bytes of one
// message, and msg puts fields together.

// part of a message: a field with its number.
type pb []byte

func msg(parts ...pb) (b pb) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func bytesField(n protowire.Number, v []byte) pb {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), v)
}
func textField(n protowire.Number, v string) pb { return bytesField(n, []byte(v)) }
func intField(n protowire.Number, v int64) pb {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), uint64(v))
}
func packedInts(n protowire.Number, v ...int64) pb {
	var b []byte
	for _, x := range v {
		b = protowire.AppendVarint(b, uint64(x))
	}
	return bytesField(n, b)
}
func packedFloats(n protowire.Number, v ...float32) pb {
	var b []byte
	for _, x := range v {
		b = protowire.AppendFixed32(b, math.Float32bits(x))
	}
	return bytesField(n, b)
}

// model wraps a graph: IR 8, opset 13 unless other fields are given.
func model(graph pb, extra ...pb) []byte {
	if extra == nil {
		extra = []pb{intField(1, 8), opset("", 13)}
	}
	return append(msg(extra...), bytesField(7, graph)...)
}

func opset(domain string, version int64) pb {
	return bytesField(8, msg(textField(1, domain), intField(2, version)))
}

// graph is a graph named g of nodes, values and initialisers, each made below.
func graph(parts ...pb) pb { return append(textField(2, "g"), msg(parts...)...) }

// op is a node; empty names are absent inputs or outputs.
func op(name, kind string, in, out []string, attrs ...pb) pb {
	var b pb
	for _, s := range in {
		b = append(b, textField(1, s)...)
	}
	for _, s := range out {
		b = append(b, textField(2, s)...)
	}
	b = append(b, textField(3, name)...)
	return bytesField(1, append(append(b, textField(4, kind)...), msg(attrs...)...))
}

func attrInt(name string, v int64) pb {
	return bytesField(5, msg(textField(1, name), intField(3, v), intField(20, kindInt)))
}
func attrInts(name string, v ...int64) pb {
	return bytesField(5, msg(textField(1, name), packedInts(8, v...), intField(20, kindInts)))
}
func attrTensor(name string, t pb) pb {
	return bytesField(5, msg(textField(1, name), bytesField(5, t), intField(20, kindTensor)))
}

// tensor types as the file numbers them.
const (
	float32Code = 1
	int64Code   = 7
)

// floats and longs are tensors with their values in the list of the type.
func floats(name string, dims []int64, v ...float32) pb {
	return msg(packedInts(1, dims...), intField(2, float32Code), packedFloats(4, v...), textField(8, name))
}
func longs(name string, v ...int64) pb {
	return msg(packedInts(1, int64(len(v))), intField(2, int64Code), packedInts(7, v...), textField(8, name))
}
func initialiser(t pb) pb { return bytesField(5, t) }

// value is a graph input (field 11) or output (12); a string stands for a named extent.
func value(field protowire.Number, name string, code int64, dims ...any) pb {
	var shape pb
	for _, d := range dims {
		var dim pb
		switch d := d.(type) {
		case int:
			dim = intField(1, int64(d))
		case string:
			dim = textField(2, d)
		}
		shape = append(shape, bytesField(1, dim)...)
	}
	plain := bytesField(1, msg(intField(1, code), bytesField(2, shape)))
	return bytesField(field, msg(textField(1, name), bytesField(2, plain)))
}
func input(name string, dims ...any) pb { return value(11, name, float32Code, dims...) }
func output(name string) pb             { return value(12, name, float32Code) }

// names makes a list of names.
func names(s ...string) []string { return s }
