package onnx

import (
	"fmt"
	"iter"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protobuf message as it lies on the wire.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64 // of a varint or a fixed-width field
	bytes  []byte // of a length-delimited field; part of the file's bytes
}

// fields walks a message. It ends at the first malformed field with an error.
func fields(b []byte) iter.Seq2[field, error] {
	return func(yield func(field, error) bool) {
		for rest := b; len(rest) > 0; {
			f, n, err := next(rest)
			if err != nil {
				yield(f, fmt.Errorf("malformed protobuf %d bytes from the end of a message of %d: %w", len(rest), len(b), err))
				return
			}
			if !yield(f, nil) {
				return
			}
			rest = rest[n:]
		}
	}
}

// next reads the first field of b and the number of bytes it takes.
func next(b []byte) (f field, n int, err error) {
	number, kind, tag := protowire.ConsumeTag(b)
	if tag < 0 {
		return f, 0, protowire.ParseError(tag)
	}
	f = field{number: number, kind: kind}
	switch rest := b[tag:]; kind {
	case protowire.VarintType:
		f.value, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(rest)
		f.value = uint64(v)
	case protowire.Fixed64Type:
		f.value, n = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(rest)
	default:
		n = protowire.ConsumeFieldValue(number, kind, rest)
	}
	if n < 0 {
		return f, 0, protowire.ParseError(n)
	}
	return f, tag + n, nil
}

// expect refuses a known field that is stored in another way than the format says.
func (f field) expect(kind protowire.Type) error {
	if f.kind != kind {
		return fmt.Errorf("field %d has wire type %d, not %d", f.number, f.kind, kind)
	}
	return nil
}

// message is the bytes of an embedded message, a string or raw data.
func (f field) message() ([]byte, error) { return f.bytes, f.expect(protowire.BytesType) }

// into stores a string.
func (f field) into(s *string) error {
	*s = string(f.bytes)
	return f.expect(protowire.BytesType)
}

// number64 stores an integer.
func (f field) number64(v *int64) error {
	*v = int64(f.value)
	return f.expect(protowire.VarintType)
}

// integers appends a repeated integer, packed or not.
func (f field) integers(list *[]int64) error {
	if f.kind == protowire.VarintType {
		*list = append(*list, int64(f.value))
		return nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("field %d: %w", f.number, protowire.ParseError(n))
		}
		*list = append(*list, int64(v))
		b = b[n:]
	}
	return f.expect(protowire.BytesType)
}

// floats appends a repeated float, packed or not.
func (f field) floats(list *[]float32) error {
	if f.kind == protowire.Fixed32Type {
		*list = append(*list, math.Float32frombits(uint32(f.value)))
		return nil
	}
	if len(f.bytes)%4 != 0 {
		return fmt.Errorf("field %d has %d bytes, which is no whole number of floats", f.number, len(f.bytes))
	}
	if *list == nil {
		*list = make([]float32, 0, len(f.bytes)/4)
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		v, _ := protowire.ConsumeFixed32(b)
		*list = append(*list, math.Float32frombits(v))
	}
	return f.expect(protowire.BytesType)
}

// doubles appends a repeated double, packed or not.
func (f field) doubles(list *[]float64) error {
	if f.kind == protowire.Fixed64Type {
		*list = append(*list, math.Float64frombits(f.value))
		return nil
	}
	if len(f.bytes)%8 != 0 {
		return fmt.Errorf("field %d has %d bytes, which is no whole number of doubles", f.number, len(f.bytes))
	}
	for b := f.bytes; len(b) > 0; b = b[8:] {
		v, _ := protowire.ConsumeFixed64(b)
		*list = append(*list, math.Float64frombits(v))
	}
	return f.expect(protowire.BytesType)
}
