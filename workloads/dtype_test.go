package workloads

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/x448/float16"
	"pgregory.net/rapid"
)

// every lists all formats.
func every() (list []DType) {
	for t := FP64; int(t) < len(dtypes); t++ {
		list = append(list, t)
	}
	return list
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		t                       DType
		name                    string
		bits, cell              int
		float, signed, unsigned bool
		acc                     DType
		lo, hi                  int64
	}{
		{FP64, "fp64", 64, 8, true, false, false, FP32, 0, 0}, {FP32, "fp32", 32, 4, true, false, false, FP32, 0, 0}, {TF32, "tf32", 32, 4, true, false, false, FP32, 0, 0},
		{FP16, "fp16", 16, 2, true, false, false, FP32, 0, 0}, {BF16, "bf16", 16, 2, true, false, false, FP32, 0, 0},
		{E4M3, "e4m3", 8, 1, true, false, false, FP32, 0, 0}, {E5M2, "e5m2", 8, 1, true, false, false, FP32, 0, 0},
		{Int64, "int64", 64, 8, false, true, false, Int32, math.MinInt64, math.MaxInt64}, {Int32, "int32", 32, 4, false, true, false, Int32, math.MinInt32, math.MaxInt32},
		{Int16, "int16", 16, 2, false, true, false, Int32, -32768, 32767}, {Int8, "int8", 8, 1, false, true, false, Int32, -128, 127},
		{Int15, "int15", 15, 2, false, true, false, Int32, -16384, 16383},
		{Int14, "int14", 14, 2, false, true, false, Int32, -8192, 8191},
		{Int13, "int13", 13, 2, false, true, false, Int32, -4096, 4095},
		{Int12, "int12", 12, 2, false, true, false, Int32, -2048, 2047},
		{Int11, "int11", 11, 2, false, true, false, Int32, -1024, 1023},
		{Int10, "int10", 10, 2, false, true, false, Int32, -512, 511},
		{Int9, "int9", 9, 2, false, true, false, Int32, -256, 255},
		{Int7, "int7", 7, 1, false, true, false, Int32, -64, 63}, {Int6, "int6", 6, 1, false, true, false, Int32, -32, 31}, {Int5, "int5", 5, 1, false, true, false, Int32, -16, 15},
		{Int4, "int4", 4, 1, false, true, false, Int32, -8, 7}, {Int3, "int3", 3, 1, false, true, false, Int32, -4, 3}, {Int2, "int2", 2, 1, false, true, false, Int32, -2, 1},
		{Int1, "int1", 1, 1, false, true, false, Int32, -1, 0}, {Bipolar, "bipolar", 1, 1, false, true, false, Int32, -1, 1},
		{Uint64, "uint64", 64, 8, false, false, true, Int32, 0, math.MaxInt64}, {Uint32, "uint32", 32, 4, false, false, true, Int32, 0, 1<<32 - 1},
		{Uint16, "uint16", 16, 2, false, false, true, Int32, 0, 65535}, {Uint8, "uint8", 8, 1, false, false, true, Int32, 0, 255}, {Bool, "bool", 8, 1, false, false, true, Int32, 0, 1},
	} {
		assert.Equal(t, c.name, c.t.String())
		assert.Equal(t, c.bits, c.t.Bits(), c.name)
		assert.Equal(t, c.cell, c.t.CellBytes(), c.name)
		assert.Equal(t, []bool{c.float, c.signed, c.unsigned}, []bool{c.t.IsFloat(), c.t.IsInt(), c.t.IsUnsigned()}, c.name)
		assert.Equal(t, c.acc, c.t.Accumulator(), c.name)
		lo, hi := c.t.Range()
		assert.Equal(t, []int64{c.lo, c.hi}, []int64{lo, hi}, c.name)
	}
	assert.Equal(t, "dtype(99)", DType(99).String())
	assert.Len(t, every(), 31, "a format without a row in this test")
}

func TestStoredBytes(t *testing.T) {
	for _, f := range every() {
		for n := range int64(30) {
			bits := int64(0)
			for range n {
				bits += int64(f.Bits())
			}
			bytes := bits / 8
			if bits%8 != 0 {
				bytes++
			}
			require.Equal(t, bytes, f.StoredBytes(n), "%d of %v", n, f)
		}
	}
}

// decoded is the value of a code of a format.
func decoded(t DType, code uint64) float32 {
	a, raw := NewArray(t, Shape{1}), make([]byte, t.CellBytes())
	putCell(raw, len(raw), code)
	a.Decode(raw, 0, 1)
	return a.F[0]
}

// encoded is the code of a value.
func encoded(t DType, v float32) uint64 {
	a, raw := &Array{Type: t, Shape: Shape{1}, F: []float32{v}}, make([]byte, t.CellBytes())
	a.Encode(raw, 0, 1)
	return getCell(raw, len(raw))
}

// layouts are the formats of up to 16 bits: their greatest finite value, least
// normal and least subnormal number, and how many codes are infinite and NaN.
var layouts = []struct {
	t                DType
	mantissa         int
	top, normal, sub float64
	infs, nans       int
}{
	{FP16, 10, 65504, 0x1p-14, 0x1p-24, 2, 2046},
	{BF16, 7, 0x1.fep127, 0x1p-126, 0x1p-133, 2, 254},
	{E4M3, 3, 448, 0x1p-6, 0x1p-9, 0, 2},
	{E5M2, 2, 57344, 0x1p-14, 0x1p-16, 2, 6},
}

// Every code decodes to a value that is already rounded and encodes to the code again.
func TestEveryCode(t *testing.T) {
	for _, l := range layouts {
		infs, nans, top := 0, 0, 0.0
		for code := range uint64(1) << l.t.Bits() {
			v := decoded(l.t, code)
			switch {
			case v != v:
				nans++
				require.True(t, math.IsNaN(float64(decoded(l.t, encoded(l.t, v)))), "%v: code %#x", l.t, code)
				continue
			case math.IsInf(float64(v), 0):
				infs++
			default:
				top = max(top, float64(v))
			}
			require.Equal(t, code, encoded(l.t, v), "%v: %v", l.t, v)
			require.Equal(t, math.Float32bits(v), math.Float32bits(l.t.Round(v)), "%v: code %#x", l.t, code)
		}
		assert.Equal(t, []int{l.infs, l.nans}, []int{infs, nans}, "%v: infinities and NaNs", l.t)
		assert.Equal(t, l.top, top, "%v", l.t)
		assert.EqualValues(t, l.sub, decoded(l.t, 1), "%v", l.t)
		assert.EqualValues(t, l.normal, decoded(l.t, 1<<l.mantissa), "%v", l.t)
		assert.EqualValues(t, 1, encoded(l.t, float32(l.sub)), "%v", l.t)
	}
}

// nearest searches all finite codes of a format for the value nearest to x, the
// even code of two equally near. Half a step beyond the top is infinity, or the top in e4m3.
func nearest(l int, x float64) float64 {
	layout := layouts[l]
	best, at, distance := 0.0, uint64(0), math.Inf(1)
	for code := range uint64(1) << (layout.t.Bits() - 1) {
		v := float64(decoded(layout.t, code))
		if v != v || math.IsInf(v, 0) {
			continue
		}
		if d := math.Abs(min(math.Abs(x), layout.top) - v); d < distance || d == distance && code%2 == 0 {
			best, at, distance = v, code, d
		}
	}
	if step := layout.top - float64(decoded(layout.t, at-1)); best == layout.top && layout.infs > 0 && math.Abs(x) >= best+step/2 {
		best = math.Inf(1)
	}
	return math.Copysign(best, x)
}

// Formats of a byte are rounded as a search of all their values does, at every
// value, every middle between two and just beside both.
func TestRoundBytes(t *testing.T) {
	for l, layout := range layouts {
		if layout.t.Bits() > 8 {
			continue
		}
		tried := 0
		for code := range uint64(127) {
			a, b := decoded(layout.t, code), decoded(layout.t, code+1)
			if a != a || b != b || math.IsInf(float64(b), 0) {
				continue
			}
			for _, x := range []float32{a, (a + b) / 2, a + (b-a)/3, b - (b-a)/3} {
				for _, y := range []float32{x, math.Nextafter32(x, 1e38), math.Nextafter32(x, -1e38)} {
					require.EqualValues(t, nearest(l, float64(y)), layout.t.Round(y), "%v: %v", layout.t, y)
					require.EqualValues(t, nearest(l, float64(-y)), layout.t.Round(-y), "%v: %v", layout.t, -y)
					tried++
				}
			}
		}
		assert.Greater(t, tried, 1400)
		for _, x := range []float32{float32(layout.top), float32(layout.top) * 1.01, float32(layout.top) * 1.0625, float32(layout.top) * 1.08, float32(layout.top) * 1.125, float32(layout.top) * 1.2, 1e9, math.MaxFloat32} {
			require.EqualValues(t, nearest(l, float64(x)), layout.t.Round(x), "%v: %v", layout.t, x)
		}
	}
}

// fp16 and bf16: at every code, half way to the next, and just beside it.
func TestRoundHalves(t *testing.T) {
	for _, f := range []DType{FP16, BF16} {
		for code := range uint64(1) << 15 {
			a, b := decoded(f, code), decoded(f, code+1)
			if a != a || math.IsInf(float64(a), 0) {
				break
			}
			middle, even := float32((float64(a)+float64(b))/2), a
			if math.IsInf(float64(b), 0) { // beyond the top: as if the format went on
				middle = a + (a-decoded(f, code-1))/2
			}
			if code%2 == 1 {
				even = b
			}
			require.Equal(t, even, f.Round(middle), "%v: half way from %v", f, a)
			require.Equal(t, a, f.Round(math.Nextafter32(middle, 0)), "%v: below half way from %v", f, a)
			require.Equal(t, b, f.Round(math.Nextafter32(middle, math.MaxFloat32)), "%v: above half way from %v", f, a)
			require.Equal(t, -even, f.Round(-middle), "%v: half way from %v", f, -a)
		}
	}
}

// Any float32 is rounded to fp16 as the float16 library does, and keeps 7 or 10
// bits of mantissa in bf16 and tf32, the nearest, ties to even.
func TestRoundAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		if x != x {
			for _, f := range []DType{BF16, TF32, FP16, E4M3, E5M2, FP32} {
				if v := f.Round(x); v == v || decoded(f, encoded(f, v)) == decoded(f, encoded(f, v)) {
					t.Fatalf("%v of NaN is %v, stored as %v", f, v, decoded(f, encoded(f, v)))
				}
			}
			return
		}
		if want := float16.Fromfloat32(x); want.Float32() != FP16.Round(x) || uint64(want.Bits()) != encoded(FP16, FP16.Round(x)) {
			t.Fatalf("fp16 of %v is %v, want %v", x, FP16.Round(x), want.Float32())
		}
		for f, drop := range map[DType]int{BF16: 16, TF32: 13} {
			got := f.Round(x)
			if math.IsInf(float64(x), 0) {
				if got != x {
					t.Fatalf("%v of %v is %v", f, x, got)
				}
				continue
			}
			down := math.Float32bits(x) >> drop << drop
			below, above := float64(math.Float32frombits(down)), float64(math.Float32frombits(down+1<<drop))
			if math.IsInf(above, 0) {
				above = math.Copysign(0x1p128, below)
			}
			want := below
			if up, here := math.Abs(above-float64(x)), math.Abs(float64(x)-below); up < here || up == here && down>>drop&1 == 1 {
				want = above
			}
			if float32(want) != got {
				t.Fatalf("%v of %v is %v, want %v", f, x, got, want)
			}
		}
	})
}

func TestRoundLeavesTheRest(t *testing.T) {
	for _, f := range []DType{FP32, FP64, Int8, Int32, Bipolar} {
		assert.Equal(t, float32(1.2345678), f.Round(1.2345678), "%v", f)
	}
	inf := float32(math.Inf(1))
	for _, f := range []DType{FP16, BF16, TF32, E5M2} {
		assert.Equal(t, inf, f.Round(inf), "%v", f)
		assert.Equal(t, -inf, f.Round(-inf), "%v", f)
	}
	assert.EqualValues(t, 448, E4M3.Round(inf))
	assert.EqualValues(t, -448, E4M3.Round(-inf))
	assert.True(t, math.Signbit(float64(E4M3.Round(float32(math.Copysign(0, -1))))), "-0 keeps its sign")
}

func TestQuantise(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		t        DType
		x, scale float64
		want     int32
	}{
		{Int8, 1, 0.5, 2}, {Int8, 0.25, 0.5, 0}, {Int8, 0.75, 0.5, 2}, {Int8, -0.75, 0.5, -2}, {Int8, 1.25, 0.5, 2}, {Int8, 0, 0.5, 0},
		{Int8, 1e9, 1, 127}, {Int8, -1e9, 1, -127}, {Int8, -127.6, 1, -127}, {Int8, inf, 1, 127}, {Int8, -inf, 1, -127}, {Int8, nan, 1, 0},
		{Int8, 1, 0, 127}, {Int8, -1, 0, -127}, {Int8, 0, 0, 0},
		{Int4, 9, 1, 7}, {Int4, -9, 1, -7}, {Int2, 5, 1, 1}, {Int2, -5, 1, -1}, {Int1, -5, 1, -1}, {Int1, 5, 1, 0},
		{Int16, 1e9, 1, 32767}, {Int16, -1e9, 1, -32767}, {Int32, -3e9, 1, math.MinInt32}, {Int32, 3e9, 1, math.MaxInt32}, {Int32, 2147483646.5, 1, 2147483646},
		{Bipolar, -0.1, 1, -1}, {Bipolar, 0, 1, 1}, {Bipolar, 7, 0.1, 1}, {Bipolar, nan, 1, 1},
		{Uint8, -5, 1, 0}, {Uint8, 300, 1, 255}, {Uint16, 70000, 1, 65535}, {Bool, 3, 1, 1},
	} {
		assert.Equal(t, c.want, c.t.Quantise(c.x, c.scale), "%v of %v in steps of %v", c.t, c.x, c.scale)
	}
}

// Quantise takes the step nearest to x of all that the format has.
func TestQuantiseIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]DType{Int16, Int15, Int12, Int9, Int8, Int7, Int6, Int5, Int4, Int3, Int2}).Draw(t, "format")
		scale := rapid.Float64Range(1e-3, 10).Draw(t, "scale")
		x := rapid.Float64Range(-300, 300).Draw(t, "x")
		q := f.Quantise(x, scale)
		_, hi := f.Range()
		for other := -hi; other <= hi; other++ {
			if math.Abs(float64(other)*scale-x) < math.Abs(float64(q)*scale-x)-1e-9 {
				t.Fatalf("%v of %v in steps of %v is %d, but %d is nearer", f, x, scale, q, other)
			}
		}
		if int64(q) > hi || int64(q) < -hi || f.Quantise(-x, scale) != -q {
			t.Fatalf("%v of %v is %d, of %v %d", f, x, q, -x, f.Quantise(-x, scale))
		}
	})
}

func TestParsePrecision(t *testing.T) {
	for _, c := range []struct {
		text        string
		weight, act DType
		print       string
	}{
		{"int8", Int8, Int8, "int8"}, {"INT8", Int8, Int8, "int8"}, {" bf16 ", BF16, BF16, "bf16"}, {"fp8", E4M3, E4M3, "e4m3"}, {"e5m2", E5M2, E5M2, "e5m2"},
		{"float", FP32, FP32, "fp32"}, {"float32", FP32, FP32, "fp32"}, {"float16", FP16, FP16, "fp16"}, {"bfloat16", BF16, BF16, "bf16"}, {"tf32", TF32, TF32, "tf32"},
		{"int1", Int1, Int1, "int1"}, {"bipolar", Bipolar, Bipolar, "bipolar"}, {"int16", Int16, Int16, "int16"},
		{"w1a2", Bipolar, Int2, "w1a2"}, {"W4A8", Int4, Int8, "w4a8"}, {"w8a8", Int8, Int8, "int8"}, {"w1a1", Bipolar, Bipolar, "bipolar"}, {"w2a16", Int2, Int16, "w2a16"},
		{"w3a7", Int3, Int7, "w3a7"}, {"w9a15", Int9, Int15, "w9a15"}, {"w6a5", Int6, Int5, "w6a5"},
	} {
		p, err := ParsePrecision(c.text)
		require.NoError(t, err, c.text)
		assert.Equal(t, Precision{c.weight, c.act}, p, c.text)
		assert.Equal(t, c.print, p.String(), c.text)
		again, err := ParsePrecision(p.String())
		require.NoError(t, err)
		assert.Equal(t, p, again, c.text)
	}
	for _, bad := range []string{"", "int", "int17", "int64", "fp64", "uint8", "bool", "unset", "w0a8", "w17a8", "w8a17", "w8", "a8", "w8a", "wa", "w8a8x", "w-1a2", "8", "w99999999999999999999a1"} {
		_, err := ParsePrecision(bad)
		require.Error(t, err, "%q", bad)
		assert.Contains(t, err.Error(), fmt.Sprintf("%q", bad))
		assert.NotContains(t, err.Error(), "\n")
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[wa0-9 +-]{0,7}|(int|fp|w)[0-9a]{0,6}`).Draw(t, "text")
		p, err := ParsePrecision(text)
		if err == nil && (p.Weight == Unset || p.Act == Unset || p.Weight.Bits() > 32) {
			t.Fatalf("%q was read as %v", text, p)
		}
	})
}
