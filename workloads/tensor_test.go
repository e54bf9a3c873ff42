package workloads

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// draw fills an array with values its format holds.
func draw(t *rapid.T, f DType, s Shape) *Array {
	a := NewArray(f, s)
	lo, hi := f.Range()
	for i := range a.Len() {
		switch {
		case f == Bipolar:
			a.SetInt(i, int64(rapid.SampledFrom([]int{-1, 1}).Draw(t, "v")))
		case f == Uint64:
			a.I[i] = rapid.Int64().Draw(t, "v")
		case f.IsFloat():
			a.Set(i, rapid.Float64Range(-500, 500).Draw(t, "v"))
		default:
			a.SetInt(i, rapid.Int64Range(lo, hi).Draw(t, "v"))
		}
	}
	return a
}

// What Encode writes, Decode reads, for any part of an array of any format.
func TestEncodeDecode(t *testing.T) {
	for _, f := range every() {
		t.Run(f.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := Shape{rapid.IntRange(1, 9).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "cols")}
				a, b := draw(t, f, s), NewArray(f, s)
				from := rapid.IntRange(0, a.Len()).Draw(t, "from")
				n := rapid.IntRange(0, a.Len()-from).Draw(t, "n")
				raw := make([]byte, n*f.CellBytes()+3)
				a.Encode(raw, from, n)
				require.Equal(t, []byte{0, 0, 0}, raw[len(raw)-3:], "nothing is written past the end")
				b.Decode(raw, from, n)
				for i := range a.Len() {
					want := 0.0
					if i >= from && i < from+n {
						want = a.At(i)
						require.Equal(t, a.Int(i), b.Int(i))
					}
					require.Equal(t, want, b.At(i), "element %d", i)
				}
			})
		})
	}
}

// A value lies in memory as the usual little-endian layout has it.
func TestEncodeByHand(t *testing.T) {
	for _, c := range []struct {
		t    DType
		v    float64
		want []byte
	}{
		{FP64, 1, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}}, {FP32, -2, []byte{0, 0, 0, 0xc0}}, {TF32, 1, []byte{0, 0, 0x80, 0x3f}}, {FP16, 1, []byte{0, 0x3c}}, {BF16, 1, []byte{0x80, 0x3f}},
		{E4M3, 1, []byte{0x38}}, {E5M2, -1, []byte{0xbc}}, {Int64, -2, []byte{0xfe, 255, 255, 255, 255, 255, 255, 255}}, {Int32, 258, []byte{2, 1, 0, 0}}, {Int16, -2, []byte{0xfe, 0xff}},
		{Int8, -2, []byte{0xfe}}, {Int4, -2, []byte{0xfe}}, {Bipolar, -1, []byte{0xff}}, {Uint16, 258, []byte{2, 1}}, {Uint8, 255, []byte{255}}, {Bool, 7, []byte{1}},
	} {
		a := NewArray(c.t, Shape{1})
		a.Set(0, c.v)
		got := make([]byte, c.t.CellBytes())
		a.Encode(got, 0, 1)
		assert.Equal(t, c.want, got, "%v", c.t)
	}
}

// wrapped is what is left of v in a number of so many bits, counted around from 0.
func wrapped(v, lo, hi int64) int64 {
	for v > hi {
		v -= hi - lo + 1
	}
	for v < lo {
		v += hi - lo + 1
	}
	return v
}

func TestSetIntWraps(t *testing.T) {
	for _, f := range every() {
		if f.IsFloat() || f == Bipolar || f == Bool {
			continue
		}
		a := NewArray(f, Shape{1})
		lo, hi := f.Range()
		if f.Bits() <= 16 {
			for v := int64(-70000); v < 70000; v += 7 {
				a.SetInt(0, v)
				require.Equal(t, wrapped(v, lo, hi), a.Int(0), "%v of %d", f, v)
			}
		}
		for _, v := range []int64{0, lo, hi} {
			a.SetInt(0, v)
			require.Equal(t, v, a.Int(0), "%v", f)
			require.Equal(t, float64(v), a.At(0), "%v", f)
		}
	}
	a := NewArray(Int32, Shape{1})
	a.SetInt(0, 1<<31)
	assert.EqualValues(t, math.MinInt32, a.Int(0))
	b := NewArray(Bool, Shape{1})
	b.SetInt(0, -3)
	assert.EqualValues(t, 1, b.Int(0))
	u := NewArray(Uint64, Shape{1})
	u.SetInt(0, -1)
	assert.EqualValues(t, float64(math.MaxUint64), u.At(0), "uint64 is its bit pattern")
}

func TestSet(t *testing.T) {
	for _, c := range []struct {
		t       DType
		v, want float64
		whole   int64
	}{
		{FP32, 1.5, 1.5, 1}, {FP64, 0.1, 0.1, 0}, {BF16, 1.003, 1, 1}, {FP16, 65520, math.Inf(1), 0}, {E4M3, 1000, 448, 448}, {Int8, -1.9, -1, -1}, {Int32, 7.9, 7, 7}, {Int64, 1 << 53, 1 << 53, 1 << 53}, {Uint8, 257, 1, 1},
	} {
		a := NewArray(c.t, Shape{2, 1})
		a.Set(1, c.v)
		assert.Equal(t, c.want, a.At(1), "%v", c.t)
		if !math.IsInf(c.want, 0) {
			assert.Equal(t, c.whole, a.Int(1), "%v", c.t)
		}
		assert.Zero(t, a.At(0))
		assert.Equal(t, 2, a.Len())
		assert.Equal(t, c.want, a.Reshaped(Shape{2}).At(1))
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		s        Shape
		elements int64
		text     string
		strides  []int
		err      string
	}{
		{nil, 1, "[]", []int{}, ""}, {Shape{3}, 3, "[3]", []int{1}, ""}, {Shape{2, 3, 4}, 24, "[2×3×4]", []int{12, 4, 1}, ""},
		{Shape{0, 3}, 0, "[0×3]", []int{3, 1}, "axis 0 is 0"}, {Shape{2, -1}, -1, "[2×-1]", []int{-1, 1}, "axis 1 is -1"},
		{Shape{1 << 20, 1 << 20}, 1 << 40, "[1048576×1048576]", []int{1 << 20, 1}, ""}, {Shape{1 << 20, 1<<20 + 1}, 1<<40 + 1<<20, "[1048576×1048577]", []int{1<<20 + 1, 1}, "2^40"},
		{Shape{math.MaxInt, math.MaxInt}, -1, "[9223372036854775807×9223372036854775807]", nil, "2^40"}, {Shape{1 << 32, 1 << 32}, -1, "[4294967296×4294967296]", nil, "2^40"},
	} {
		assert.Equal(t, c.elements, c.s.Elements(), c.text)
		assert.Equal(t, c.text, c.s.String())
		if c.strides != nil {
			assert.Equal(t, c.strides, c.s.Strides(), c.text)
		}
		if c.err == "" {
			assert.NoError(t, c.s.Validate(), c.text)
		} else {
			assert.ErrorContains(t, c.s.Validate(), c.err, c.text)
		}
		other := c.s.Clone()
		assert.True(t, c.s.Equal(other))
		if len(other) > 0 {
			other[0]++
			assert.False(t, c.s.Equal(other), "a clone is a copy")
			assert.False(t, c.s.Equal(other[1:]))
		}
	}
}

func TestTensorBytes(t *testing.T) {
	assert.EqualValues(t, 3, (&Tensor{Shape: Shape{3, 2}, Type: Int4}).Bytes())
	assert.EqualValues(t, 1, (&Tensor{Type: Bipolar}).Bytes())
	assert.EqualValues(t, 24, (&Tensor{Shape: Shape{3, 2}, Type: FP32}).Bytes())
}
