package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// attributeProto is an attribute with every kind of value it might have.
type attributeProto struct {
	name    string
	kind    int64
	number  float32
	integer int64
	text    string
	tensor  *tensorProto
	floats  []float32
	ints    []int64
	strings []string
	seen    int64 // the kind of the last value met, for files that do not say
}

// kinds of attributes, as AttributeProto.AttributeType numbers them.
const (
	kindFloat = iota + 1
	kindInt
	kindString
	kindTensor
	kindGraph
	kindFloats
	kindInts
	kindStrings
)

// attribute reads one attribute into n.attr, in the types that Attrs documents.
func (n *nodeProto) attribute(b []byte) error {
	a, err := parseAttribute(b)
	if err != nil {
		return fmt.Errorf("attribute %s: %w", a.name, err)
	}
	if _, twice := n.attr[a.name]; twice {
		return fmt.Errorf("attribute %s is given twice", a.name)
	}
	if a.kind == 0 {
		a.kind = a.seen
	}
	switch a.kind {
	case kindFloat:
		n.attr[a.name] = a.number
	case kindInt:
		n.attr[a.name] = a.integer
	case kindString:
		n.attr[a.name] = a.text
	case kindFloats:
		n.attr[a.name] = append([]float32{}, a.floats...)
	case kindInts:
		n.attr[a.name] = append([]int64{}, a.ints...)
	case kindStrings:
		n.attr[a.name] = append([]string{}, a.strings...)
	case kindTensor:
		if a.tensor == nil {
			return fmt.Errorf("attribute %s: the tensor is missing", a.name)
		}
		// Converted later, for the node's operator may be one that is refused anyway.
		n.attr[a.name] = a.tensor
	default:
		n.foreign = append(n.foreign, fmt.Sprintf("%s (kind %d)", a.name, a.kind))
	}
	return nil
}

func parseAttribute(b []byte) (a attributeProto, err error) {
	for f, err := range fields(b) {
		if kind, ok := attributeKinds[f.number]; ok {
			a.seen = kind
		}
		switch {
		case err != nil:
		case f.number == 1:
			err = f.into(&a.name)
		case f.number == 2:
			a.number = math.Float32frombits(uint32(f.value))
			err = f.expect(protowire.Fixed32Type)
		case f.number == 3:
			err = f.number64(&a.integer)
		case f.number == 4:
			err = f.into(&a.text)
		case f.number == 5:
			a.tensor, err = parseTensor(f.bytes)
		case f.number == 7:
			err = f.floats(&a.floats)
		case f.number == 8:
			err = f.integers(&a.ints)
		case f.number == 9:
			a.strings = append(a.strings, string(f.bytes))
		case f.number == 20:
			err = f.number64(&a.kind)
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

// attributeKinds is the kind that a value in each field number has.
var attributeKinds = map[protowire.Number]int64{2: kindFloat, 3: kindInt, 4: kindString, 5: kindTensor, 6: kindGraph,
	7: kindFloats, 8: kindInts, 9: kindStrings, 11: kindGraph}
