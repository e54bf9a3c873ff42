package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"nnsim/workloads"
)

// tensorProto is a TensorProto before its values are converted. Values stand in
// raw, or in the list that belongs to the type, or in another file.
type tensorProto struct {
	name     string
	dims     []int64
	elem     int64
	raw      []byte
	hasRaw   bool
	floats   []float32
	ints     []int64 // int32_data, int64_data and uint64_data; which one, the type says
	doubles  []float64
	strings  bool
	segment  bool
	external map[string]string
	location int64 // 1: the values are in another file
}

func parseTensor(b []byte) (*tensorProto, error) {
	t := &tensorProto{}
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = f.integers(&t.dims)
		case f.number == 2:
			err = f.number64(&t.elem)
		case f.number == 3:
			t.segment = true
		case f.number == 4:
			err = f.floats(&t.floats)
		case f.number == 5 || f.number == 7 || f.number == 11:
			err = f.integers(&t.ints)
		case f.number == 6:
			t.strings = true
		case f.number == 8:
			err = f.into(&t.name)
		case f.number == 9:
			t.hasRaw = true
			t.raw, err = f.message()
		case f.number == 10:
			err = f.doubles(&t.doubles)
		case f.number == 13:
			err = t.entry(f.bytes)
		case f.number == 14:
			err = f.number64(&t.location)
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.name, err)
		}
	}
	return t, nil
}

// entry reads one key and value of the reference to another file.
func (t *tensorProto) entry(b []byte) error {
	var key, value string
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = f.into(&key)
		case f.number == 2:
			err = f.into(&value)
		}
		if err != nil {
			return err
		}
	}
	if t.external == nil {
		t.external = map[string]string{}
	}
	t.external[key] = value
	return nil
}

// DecodeTensor reads a TensorProto, such as the .pb files of the ONNX project's
// tests. Its values must be in data itself. Infinities and NaN are kept.
func DecodeTensor(data []byte) (*workloads.Array, error) {
	t, err := parseTensor(data)
	if err != nil {
		return nil, oneLine(fmt.Errorf("not a TensorProto, or a damaged one: %w", err))
	}
	if t.elem == 0 {
		return nil, fmt.Errorf("not a TensorProto: it has no element type")
	}
	a, err := t.array("")
	return a, oneLine(err)
}

// head is the type and shape of the tensor, checked.
func (t *tensorProto) head() (workloads.DType, workloads.Shape, error) {
	elem, err := workloads.TypeOfCode(t.elem)
	if err != nil {
		return 0, nil, fmt.Errorf("tensor %s: %w", t.name, err)
	}
	if len(t.dims) > 64 {
		return 0, nil, fmt.Errorf("tensor %s has %d axes; at most 64 are supported", t.name, len(t.dims))
	}
	shape := make(workloads.Shape, len(t.dims))
	for i, d := range t.dims {
		if d < 0 || d > maxElements {
			return 0, nil, fmt.Errorf("tensor %s: axis %d has extent %d; it must lie between 0 and 2^40", t.name, i, d)
		}
		shape[i] = int(d)
	}
	if n := shape.Elements(); n < 0 || n > maxElements {
		return 0, nil, fmt.Errorf("tensor %s of shape %v has more than 2^40 elements", t.name, shape)
	}
	return elem, shape, nil
}

// maxElements is the greatest number of elements of a tensor; see Shape.Validate.
const maxElements = 1 << 40

// array converts the values. The number of values is compared with the shape
// before anything is allocated, so that a small file cannot ask for much memory.
// dir is the folder that other files are looked for in.
func (t *tensorProto) array(dir string) (*workloads.Array, error) {
	elem, shape, err := t.head()
	if err != nil {
		return nil, err
	}
	n := shape.Elements()
	switch {
	case t.segment:
		return nil, fmt.Errorf("tensor %s is stored in segments, which is not supported", t.name)
	case t.location == 1:
		return t.readExternal(dir, elem, shape)
	case t.hasRaw:
		if want := elem.StoredBytes(n); int64(len(t.raw)) != want {
			return nil, fmt.Errorf("tensor %s of shape %v (%v) needs %d bytes of raw data, the file has %d", t.name, shape, elem, want, len(t.raw))
		}
		a := workloads.NewArray(elem, shape)
		unpack(a, t.raw, 0, int(n))
		return a, nil
	}
	return t.typed(elem, shape)
}

// typed converts values that stand in the list of their type.
func (t *tensorProto) typed(elem workloads.DType, shape workloads.Shape) (*workloads.Array, error) {
	n := shape.Elements()
	per := int64(1) // narrow integers share the bytes of one entry
	if elem.Bits() < 8 {
		per = int64(8 / elem.Bits())
	}
	have := int64(len(t.ints))
	switch elem {
	case workloads.FP32:
		have = int64(len(t.floats))
	case workloads.FP64:
		have = int64(len(t.doubles))
	}
	if want := (n + per - 1) / per; have != want {
		return nil, fmt.Errorf("tensor %s of shape %v (%v) needs %d values, the file has %d", t.name, shape, elem, want, have)
	}
	if n == 0 {
		return workloads.NewArray(elem, shape), nil
	}
	switch elem {
	case workloads.FP32:
		return &workloads.Array{Type: elem, Shape: shape, F: t.floats[:n:n]}, nil
	case workloads.FP64:
		return &workloads.Array{Type: elem, Shape: shape, D: t.doubles[:n:n]}, nil
	}
	a := workloads.NewArray(elem, shape)
	for i := range int(n) {
		switch {
		case elem.IsFloat(): // the bit pattern stands in the integer
			var cell [8]byte
			binary.LittleEndian.PutUint64(cell[:], uint64(t.ints[i]))
			a.Decode(cell[:], i, 1)
		case per > 1:
			a.SetInt(i, narrow(uint64(t.ints[i/int(per)]), i%int(per), elem.Bits()))
		default:
			a.SetInt(i, t.ints[i])
		}
	}
	return a, nil
}

// unpack converts n elements of raw little-endian data into a, from element at on.
func unpack(a *workloads.Array, raw []byte, at, n int) {
	switch {
	case a.Type == workloads.FP32:
		for i := range n {
			a.F[at+i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case a.Type.Bits() < 8:
		per := 8 / a.Type.Bits()
		for i := range n {
			a.SetInt(at+i, narrow(uint64(raw[i/per]), i%per, a.Type.Bits()))
		}
	case a.Type == workloads.Bool:
		for i := range n {
			a.SetInt(at+i, int64(raw[i])) // anything but 0 is true
		}
	default:
		a.Decode(raw, at, n)
	}
}

// narrow is the signed integer of so many bits at place i of a byte, the first
// one in the lowest bits.
func narrow(v uint64, i, bits int) int64 {
	return int64(v<<(64-bits*(i+1))) >> (64 - bits)
}

// finite refuses a weight that is not a number, or infinite: every result after
// it would be, and no check of a machine could see a fault.
func finite(name string, a *workloads.Array) error {
	for i, v := range a.F {
		if d := v - v; d != 0 {
			return fmt.Errorf("tensor %s: element %d is %v; weights must be finite numbers", name, i, v)
		}
	}
	for i, v := range a.D {
		if d := v - v; d != 0 {
			return fmt.Errorf("tensor %s: element %d is %v; weights must be finite numbers", name, i, v)
		}
	}
	return nil
}
