package workloads

import (
	"fmt"
	"math"
	"strings"
)

// DType is the format in which one element of a tensor is stored.
type DType uint8

// The formats nnsim knows. FP64 and the unsigned and 64-bit integers occur only
// in ONNX files (indices, shapes); no machine computes in them.
const (
	Unset DType = iota
	FP64
	FP32
	TF32
	FP16
	BF16
	E4M3
	E5M2
	Int64
	Int32
	Int16
	Int15
	Int14
	Int13
	Int12
	Int11
	Int10
	Int9
	Int8
	Int7
	Int6
	Int5
	Int4
	Int3
	Int2
	Int1
	Bipolar // one bit: 0 stands for -1, 1 for +1
	Uint64
	Uint32
	Uint16
	Uint8
	Bool
)

// dtypes is the table of formats: name, bits stored, class.
var dtypes = [...]struct {
	name  string
	bits  int
	class byte // f float, i signed integer, u unsigned, b one of a kind
}{
	Unset: {"unset", 0, 0},
	FP64:  {"fp64", 64, 'f'}, FP32: {"fp32", 32, 'f'}, TF32: {"tf32", 32, 'f'}, FP16: {"fp16", 16, 'f'},
	BF16: {"bf16", 16, 'f'}, E4M3: {"e4m3", 8, 'f'}, E5M2: {"e5m2", 8, 'f'},
	Int64: {"int64", 64, 'i'}, Int32: {"int32", 32, 'i'}, Int16: {"int16", 16, 'i'}, Int8: {"int8", 8, 'i'},
	Int15: {"int15", 15, 'i'}, Int14: {"int14", 14, 'i'}, Int13: {"int13", 13, 'i'}, Int12: {"int12", 12, 'i'},
	Int11: {"int11", 11, 'i'}, Int10: {"int10", 10, 'i'}, Int9: {"int9", 9, 'i'},
	Int7: {"int7", 7, 'i'}, Int6: {"int6", 6, 'i'}, Int5: {"int5", 5, 'i'}, Int4: {"int4", 4, 'i'},
	Int3: {"int3", 3, 'i'}, Int2: {"int2", 2, 'i'}, Int1: {"int1", 1, 'i'}, Bipolar: {"bipolar", 1, 'b'},
	Uint64: {"uint64", 64, 'u'}, Uint32: {"uint32", 32, 'u'}, Uint16: {"uint16", 16, 'u'}, Uint8: {"uint8", 8, 'u'},
	Bool: {"bool", 8, 'u'},
}

func (t DType) String() string {
	if int(t) < len(dtypes) {
		return dtypes[t].name
	}
	return fmt.Sprintf("dtype(%d)", uint8(t))
}

// Bits is the width of one stored element.
func (t DType) Bits() int { return dtypes[t].bits }

// IsFloat tells a floating-point format.
func (t DType) IsFloat() bool { return dtypes[t].class == 'f' }

// IsInt tells a signed integer format, Bipolar included.
func (t DType) IsInt() bool { return dtypes[t].class == 'i' || t == Bipolar }

// IsUnsigned tells an unsigned integer format or Bool.
func (t DType) IsUnsigned() bool { return dtypes[t].class == 'u' }

// StoredBytes is the room n elements take, packed, rounded up to a whole byte.
func (t DType) StoredBytes(n int64) int64 { return (n*int64(t.Bits()) + 7) / 8 }

// Accumulator is the format in which a machine sums products of t: fp32 for
// floats, int32 for integers.
func (t DType) Accumulator() DType {
	if t.IsFloat() {
		return FP32
	}
	return Int32
}

// Range is the least and greatest value of a signed integer format. Symmetric
// quantisation uses -Max…Max, so that zero maps to zero and negation is exact.
func (t DType) Range() (lo, hi int64) {
	switch {
	case t == Bipolar:
		return -1, 1
	case t == Int1:
		return -1, 0
	case t.IsInt():
		return -1 << (t.Bits() - 1), 1<<(t.Bits()-1) - 1
	case t == Bool:
		return 0, 1
	case t == Uint64:
		return 0, math.MaxInt64
	case t.IsUnsigned():
		return 0, 1<<t.Bits() - 1
	}
	return 0, 0
}

// ParseDType reads a format's name; "fp8" means e4m3.
func ParseDType(s string) (DType, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	switch name {
	case "fp8":
		return E4M3, nil
	case "float32", "float":
		return FP32, nil
	case "float16":
		return FP16, nil
	case "bfloat16":
		return BF16, nil
	}
	for t := FP32; int(t) < len(dtypes); t++ {
		if dtypes[t].name == name && t <= Bipolar && t != Int64 {
			return t, nil
		}
	}
	return Unset, fmt.Errorf("data type %q is not known; use fp32, tf32, fp16, bf16, e4m3, e5m2, int16, int15 … int1, bipolar", s)
}

// Precision is the pair of formats a network runs in.
type Precision struct{ Weight, Act DType }

// ParsePrecision reads a data type, or a weight/activation pair such as "w1a2".
// One bit means bipolar in a pair.
func ParsePrecision(s string) (Precision, error) {
	var w, a int
	var rest string
	if n, _ := fmt.Sscanf(strings.ToLower(s)+" ", "w%da%d%s", &w, &a, &rest); n == 2 && rest == "" {
		bits := func(n int) (DType, error) {
			switch {
			case n == 1:
				return Bipolar, nil
			case n >= 2 && n <= 16:
				return Int16 + DType(16-n), nil
			}
			return Unset, fmt.Errorf("data type %q: %d bits is not offered; use 1 to 16", s, n)
		}
		wt, err := bits(w)
		if err != nil {
			return Precision{}, err
		}
		at, err := bits(a)
		return Precision{wt, at}, err
	}
	t, err := ParseDType(s)
	return Precision{t, t}, err
}

func (p Precision) String() string {
	if p.Weight == p.Act {
		return p.Act.String()
	}
	return fmt.Sprintf("w%da%d", p.Weight.Bits(), p.Act.Bits())
}

// Round brings x to the nearest value of a floating-point format, ties to even,
// overflow to infinity (e4m3 saturates, as it has none). For integer formats x
// is returned unchanged: see Quantise.
func (t DType) Round(x float32) float32 {
	switch t {
	case BF16:
		b := math.Float32bits(x)
		if b&0x7fffffff > 0x7f800000 {
			return math.Float32frombits((b | 0x400000) &^ 0xffff) // NaN, which must not become infinity when cut to 16 bits
		}
		return math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff)
	case TF32:
		b := math.Float32bits(x)
		if b&0x7f800000 == 0x7f800000 {
			return x
		}
		return math.Float32frombits((b + 0xfff + b>>13&1) &^ 0x1fff)
	case FP16:
		return roundTo(x, 10, -14, 65504, false)
	case E4M3:
		return roundTo(x, 3, -6, 448, true)
	case E5M2:
		return roundTo(x, 2, -14, 57344, false)
	}
	return x
}

// roundTo rounds to a format of m mantissa bits whose least normal exponent is
// emin and whose greatest value is top.
func roundTo(x float32, m, emin int, top float64, saturate bool) float32 {
	v := float64(x)
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) && !saturate {
		return x
	}
	_, e := math.Frexp(v) // |v| in [2^(e-1), 2^e)
	step := math.Ldexp(1, max(e-1, emin)-m)
	r := math.RoundToEven(v/step) * step
	if math.Abs(r) > top {
		if saturate {
			return float32(math.Copysign(top, v))
		}
		return float32(math.Inf(int(math.Copysign(1, v))))
	}
	return float32(r)
}

// Quantise brings a real number to the integer q with x ≈ q·scale, ties to
// even, clamped to the symmetric range (int32 and int1, and unsigned formats of
// up to 16 bits, to all of theirs). NaN becomes 0, or 1 in bipolar, which has no
// 0. It is the one definition of rounding that the kernels and the machines share.
func (t DType) Quantise(x float64, scale float64) int32 {
	if t == Bipolar {
		if x < 0 {
			return -1
		}
		return 1
	}
	lo, hi := t.Range()
	if t.IsInt() && t != Int32 && t != Int1 {
		lo = -hi
	}
	q := math.RoundToEven(x / scale)
	switch {
	case q != q:
		return 0
	case q <= float64(lo):
		return int32(lo)
	case q >= float64(hi):
		return int32(hi)
	}
	return int32(q)
}
