package workloads

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Shape is the extent of a tensor along each axis, outermost first. A scalar has
// no axes. In memory the last axis is contiguous (row-major), on every machine.
type Shape []int

// Elements is the number of elements; 1 for a scalar. Overflow returns -1, which
// Validate refuses.
func (s Shape) Elements() int64 {
	n := uint64(1)
	for _, d := range s {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64/64 {
			return -1
		}
		n = lo
	}
	return int64(n)
}

func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = fmt.Sprint(d)
	}
	return "[" + strings.Join(parts, "×") + "]"
}

// Equal compares axis by axis.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// Clone copies the shape.
func (s Shape) Clone() Shape { return append(Shape{}, s...) }

// Validate refuses extents below 1 and element counts beyond what an address can hold.
func (s Shape) Validate() error {
	for i, d := range s {
		if d < 1 {
			return fmt.Errorf("shape %v: axis %d is %d; every extent must be at least 1", s, i, d)
		}
	}
	if n := s.Elements(); n < 0 || n > 1<<40 {
		return fmt.Errorf("shape %v has more than 2^40 elements", s)
	}
	return nil
}

// Strides is the distance in elements between neighbours along each axis.
func (s Shape) Strides() []int {
	st, n := make([]int, len(s)), 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// Role says where a tensor stands in its graph.
type Role uint8

// A tensor is computed by a node (Activation, and Output where it also leaves the
// graph), given at run time (Input), or part of the model (Weight).
const (
	Activation Role = iota
	Input
	Weight
	Output
)

// Source gives the elements of a weight or input on demand, so that a network
// costs no memory until its values are needed. Fill writes the real numbers of
// elements [from, from+len(dst)); it must be deterministic and safe for
// concurrent use.
type Source interface {
	Fill(dst []float32, from int64)
}

// Tensor is a named edge of a graph.
type Tensor struct {
	Name  string
	Shape Shape
	Type  DType
	// Scale is the real value of one integer step; 0 where the numbers stand for
	// themselves. Real = integer × Scale (symmetric, per tensor).
	Scale float64
	// Whole marks integers that an operator takes as they are, such as indices: they
	// are given no scale.
	Whole bool
	Role  Role
	// Const holds literal values (ONNX initialisers); Source generates values.
	// At most one is set, and only for weights and inputs.
	Const  *Array
	Source Source
}

// Bytes is the room the tensor takes in memory, packed.
func (t *Tensor) Bytes() int64 { return t.Type.StoredBytes(t.Shape.Elements()) }

// Array holds the values of a tensor. Exactly one of the slices is set, by Type:
// F for floats of up to 32 bits (already rounded to Type), D for fp64, I8 for
// signed integers of up to 8 bits and bipolar (-1, +1), I32 for int16 and int32,
// I for int64, the unsigned formats (uint64 as its bit pattern) and bool (0, 1).
type Array struct {
	Type  DType
	Shape Shape
	F     []float32
	D     []float64
	I8    []int8
	I32   []int32
	I     []int64
}

// NewArray makes an array of zeros.
func NewArray(t DType, s Shape) *Array {
	a, n := &Array{Type: t, Shape: s}, s.Elements()
	switch {
	case t == FP64:
		a.D = make([]float64, n)
	case t.IsFloat():
		a.F = make([]float32, n)
	case t == Int32 || t.IsInt() && t.Bits() > 8 && t.Bits() <= 16:
		a.I32 = make([]int32, n)
	case t.IsInt() && t != Int64:
		a.I8 = make([]int8, n)
	default:
		a.I = make([]int64, n)
	}
	return a
}

// Len is the number of elements.
func (a *Array) Len() int { return len(a.F) + len(a.D) + len(a.I8) + len(a.I32) + len(a.I) }

// At is element i as a real number, without its tensor's scale.
func (a *Array) At(i int) float64 {
	switch {
	case a.F != nil:
		return float64(a.F[i])
	case a.D != nil:
		return a.D[i]
	case a.I8 != nil:
		return float64(a.I8[i])
	case a.I32 != nil:
		return float64(a.I32[i])
	case a.Type == Uint64:
		return float64(uint64(a.I[i]))
	}
	return float64(a.I[i])
}

// Int is element i as an integer, truncated toward zero if the array holds floats.
func (a *Array) Int(i int) int64 {
	switch {
	case a.I != nil:
		return a.I[i]
	case a.I8 != nil:
		return int64(a.I8[i])
	case a.I32 != nil:
		return int64(a.I32[i])
	}
	return int64(a.At(i))
}

// Set stores v in element i: floats are rounded to Type, integers truncated
// toward zero and wrapped to the width of their storage.
func (a *Array) Set(i int, v float64) {
	switch {
	case a.F != nil:
		a.F[i] = a.Type.Round(float32(v))
	case a.D != nil:
		a.D[i] = v
	default:
		a.SetInt(i, int64(v))
	}
}

// SetInt stores an integer in element i, wrapped to the width of its type; for
// bipolar, v must be -1 or 1.
func (a *Array) SetInt(i int, v int64) {
	switch {
	case a.I8 != nil:
		if a.Type != Int8 && a.Type != Bipolar {
			unused := 64 - a.Type.Bits()
			v = v << unused >> unused
		}
		a.I8[i] = int8(v)
	case a.I32 != nil:
		if a.Type != Int32 {
			unused := 64 - a.Type.Bits()
			v = v << unused >> unused
		}
		a.I32[i] = int32(v)
	case a.I != nil:
		switch a.Type {
		case Uint8:
			v = int64(uint8(v))
		case Uint16:
			v = int64(uint16(v))
		case Uint32:
			v = int64(uint32(v))
		case Bool:
			if v != 0 {
				v = 1
			}
		}
		a.I[i] = v
	default:
		a.Set(i, float64(v))
	}
}

// Reshaped is the same storage under another shape of equal size.
func (a *Array) Reshaped(s Shape) *Array {
	b := *a
	b.Shape = s
	return &b
}

// Encode writes elements [from, from+n) as they lie in memory, little-endian,
// into dst. Formats narrower than a byte take one byte each here; the traffic
// they cause is counted packed (StoredBytes).
func (a *Array) Encode(dst []byte, from, n int) {
	w := a.Type.CellBytes()
	for i := range n {
		putCell(dst[i*w:], w, a.bits(from+i))
	}
}

// Decode reads n elements from src, as Encode wrote them, into [from, from+n).
func (a *Array) Decode(src []byte, from, n int) {
	w := a.Type.CellBytes()
	for i := range n {
		a.setBits(from+i, getCell(src[i*w:], w))
	}
}

// CellBytes is the room of one element in a simulated memory image: whole bytes.
func (t DType) CellBytes() int { return (t.Bits() + 7) / 8 }

func putCell(dst []byte, width int, v uint64) {
	for i := range width {
		dst[i] = byte(v >> (8 * i))
	}
}

func getCell(src []byte, width int) (v uint64) {
	for i := range width {
		v |= uint64(src[i]) << (8 * i)
	}
	return v
}

// bits is the stored bit pattern of element i.
func (a *Array) bits(i int) uint64 {
	switch {
	case a.I8 != nil:
		return uint64(uint8(a.I8[i]))
	case a.I32 != nil:
		return uint64(uint32(a.I32[i]))
	case a.I != nil:
		return uint64(a.I[i])
	case a.D != nil:
		return math.Float64bits(a.D[i])
	case a.Type == BF16:
		return uint64(math.Float32bits(a.F[i]) >> 16)
	case a.Type == FP16:
		return packFloat(a.F[i], 5, 10)
	case a.Type == E4M3:
		return packFloat(a.F[i], 4, 3)
	case a.Type == E5M2:
		return packFloat(a.F[i], 5, 2)
	}
	return uint64(math.Float32bits(a.F[i]))
}

// setBits is the inverse of bits.
func (a *Array) setBits(i int, v uint64) {
	switch {
	case a.I8 != nil:
		a.I8[i] = int8(v)
	case a.I32 != nil && a.Type != Int32:
		a.I32[i] = int32(int16(v))
	case a.I32 != nil:
		a.I32[i] = int32(v)
	case a.I != nil:
		a.I[i] = int64(v)
	case a.D != nil:
		a.D[i] = math.Float64frombits(v)
	case a.Type == BF16:
		a.F[i] = math.Float32frombits(uint32(v) << 16)
	case a.Type == FP16:
		a.F[i] = unpackFloat(v, 5, 10)
	case a.Type == E4M3:
		a.F[i] = unpackFloat(v, 4, 3)
	case a.Type == E5M2:
		a.F[i] = unpackFloat(v, 5, 2)
	default:
		a.F[i] = math.Float32frombits(uint32(v))
	}
}

// packFloat encodes x, already rounded to the format, with ebits exponent and
// mbits mantissa bits. The all-ones exponent holds infinity and NaN, but in e4m3
// only its last code is NaN.
func packFloat(x float32, ebits, mbits int) uint64 {
	sign := uint64(math.Float32bits(x)>>31) << (ebits + mbits)
	v, bias := math.Abs(float64(x)), 1<<(ebits-1)-1
	ones := uint64(1<<(ebits+mbits)) - 1
	switch {
	case v != v:
		return sign | ones
	case math.IsInf(v, 0):
		return sign | ones>>mbits<<mbits
	case v < math.Ldexp(1, 1-bias): // subnormal
		return sign | uint64(math.Ldexp(v, bias-1+mbits))
	}
	m, e := math.Frexp(v) // v = m·2^e, m in [½, 1)
	return sign | uint64(e-1+bias)<<mbits | uint64(math.Ldexp(m*2-1, mbits))
}

func unpackFloat(c uint64, ebits, mbits int) float32 {
	bias := 1<<(ebits-1) - 1
	m, e := int(c&(1<<mbits-1)), int(c>>mbits&(1<<ebits-1))
	var v float64
	switch {
	case e == 1<<ebits-1 && ebits == 4 && m == 1<<mbits-1, e == 1<<ebits-1 && ebits != 4 && m != 0:
		v = math.NaN()
	case e == 1<<ebits-1 && ebits != 4:
		v = math.Inf(1)
	case e == 0:
		v = math.Ldexp(float64(m), 1-bias-mbits)
	default:
		v = math.Ldexp(1+math.Ldexp(float64(m), -mbits), e-bias)
	}
	if c>>(ebits+mbits)&1 == 1 {
		v = -v
	}
	return float32(v)
}
