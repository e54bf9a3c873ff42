package unit

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// number drops a parser's type, so that one table can hold them all.
func number[T ~float64 | ~int64](parse func(string) (T, error)) func(string) (float64, error) {
	return func(s string) (float64, error) { v, err := parse(s); return float64(v), err }
}

// parsers is every parser with the base unit it reads.
var parsers = []struct {
	base  string
	parse func(string) (float64, error)
	print func(float64) string
}{
	{"Hz", number(ParseHertz), func(v float64) string { return Hertz(v).String() }},
	{"s", number(ParseSeconds), func(v float64) string { return Seconds(v).String() }},
	{"B", number(ParseBytes), func(v float64) string { return Bytes(v).String() }},
	{"B/s", number(ParseBytesPerSecond), func(v float64) string { return BytesPerSecond(v).String() }},
	{"W", number(ParseWatts), func(v float64) string { return Watts(v).String() }},
	{"J", number(ParseJoules), func(v float64) string { return Joules(v).String() }},
	{"mm2", number(ParseSquareMM), func(v float64) string { return SquareMM(v).String() }},
}

func parserOf(base string) func(string) (float64, error) {
	for _, p := range parsers {
		if p.base == base {
			return p.parse
		}
	}
	return nil
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		base, text string
		want       float64
	}{
		{"Hz", "700 MHz", 700e6}, {"Hz", "1.05 GHz", 1.05e9}, {"Hz", "1.05GHz", 1.05e9}, {"Hz", " 5 Hz ", 5}, {"Hz", "1e3 kHz", 1e6},
		{"Hz", "2E-3 MHz", 2000}, {"Hz", "+1 THz", 1e12}, {"Hz", "1_000 Hz", 1000},
		{"s", "260 ns", 260e-9}, {"s", "7.8 us", 7.8e-6}, {"s", "7.8 µs", 7.8e-6}, {"s", "1 ms", 1e-3}, {"s", "-1 s", -1}, {"s", "3 fs", 3e-15},
		{"B", "24 MiB", 24 << 20}, {"B", "24 MB", 24e6}, {"B", "1.5 KiB", 1536}, {"B", "1 GiB", 1 << 30}, {"B", "0 B", 0}, {"B", "2 TiB", 2 << 40},
		{"B", "1 kB", 1000}, {"B", "1 KB", 1000},
		{"B/s", "34 GB/s", 34e9}, {"B/s", "30 GiB/s", 30 * (1 << 30)},
		{"W", "28 W", 28}, {"W", "1 mW", 1e-3}, {"J", "0.2 pJ", 0.2e-12}, {"mm2", "331 mm2", 331}, {"mm2", "331 mm²", 331},
	} {
		got, err := parserOf(c.base)(c.text)
		require.NoError(t, err, c.text)
		assert.Equal(t, c.want, got, c.text)
	}
}

// Bad quantities are refused in one line that repeats them and shows what would be right.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ base, text, want string }{
		{"Hz", "", "not a quantity"}, {"Hz", "fast", "not a quantity"}, {"Hz", "MHz", "not a quantity"}, {"Hz", "1..2 MHz", "not a quantity"},
		{"Hz", "nan Hz", "not a quantity"}, {"Hz", "inf Hz", "not a quantity"}, {"Hz", "1e999 Hz", "not a quantity"}, {"Hz", "--1 Hz", "not a quantity"},
		{"Hz", "1-2 Hz", "not a quantity"}, {"Hz", "_ Hz", "not a quantity"},
		{"Hz", "700", "has no unit"}, {"s", "1e-9", "has no unit"},
		{"Hz", "700 mhz", `"mhz" is not known`}, {"Hz", "700 MiHz", `"MiHz" is not known`}, {"Hz", "1 GHz GHz", "is not known"}, {"Hz", "0x10 Hz", "is not known"},
		{"s", "1 Hz", "is not known"}, {"B", "1 b", "is not known"}, {"B", "24 MiB/s", "is not known"}, {"B/s", "34 GB", "is not known"},
		{"mm2", "1 mm", "is not known"}, {"mm2", "1 kmm2", "is not known"}, {"J", "1 Ws", "is not known"}, {"Hz", "1 eHz", "is not known"},
		{"mm2", "1 nmm2", "is not known"}, {"B", "1.5 B", "whole number"}, {"B", "0.1 KiB", "whole number"}, {"B", "9e18 B", "whole number"}, {"B", "-9e18 B", "whole number"},
		{"Hz", "1e300 PHz", "too large"}, {"B/s", "-1e307 GB/s", "too large"},
	} {
		_, err := parserOf(c.base)(c.text)
		require.Error(t, err, c.text)
		assert.Contains(t, err.Error(), c.want, c.text)
		assert.NotContains(t, err.Error(), "\n")
		assert.Contains(t, err.Error(), `"`+c.text+`"`)
	}
}

func TestString(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{Hertz(700e6).String(), "700 MHz"}, {Hertz(1.05e9).String(), "1.05 GHz"}, {Hertz(0).String(), "0 Hz"}, {Hertz(1).String(), "1 Hz"},
		{Hertz(999.96e6).String(), "1 GHz"}, {Hertz(999.94e6).String(), "999.9 MHz"}, {Hertz(1e3).String(), "1 kHz"}, {Hertz(999).String(), "999 Hz"},
		{Hertz(-2e3).String(), "-2 kHz"}, {Hertz(1234567).String(), "1.235 MHz"}, {Hertz(5e19).String(), "5e+04 PHz"},
		{Seconds(260e-9).String(), "260 ns"}, {Seconds(7.8e-6).String(), "7.8 µs"}, {Seconds(1e-18).String(), "0.001 fs"}, {Seconds(1e-30).String(), "1e-15 fs"},
		{Joules(0.2e-12).String(), "200 fJ"}, {Watts(28).String(), "28 W"}, {Volts(0.85).String(), "850 mV"}, {SquareMM(331).String(), "331 mm²"},
		{BytesPerSecond(34.128e9).String(), "34.13 GB/s"}, {Watts(math.Inf(1)).String(), "+Inf W"},
		{Bytes(0).String(), "0 B"}, {Bytes(1023).String(), "1023 B"}, {Bytes(1024).String(), "1 KiB"}, {Bytes(1536).String(), "1.5 KiB"},
		{Bytes(24 << 20).String(), "24 MiB"}, {Bytes(-2048).String(), "-2 KiB"}, {Bytes(3 << 40).String(), "3 TiB"}, {Bytes(5 << 50).String(), "5120 TiB"},
		{Bytes(1<<20 + 1).String(), "1.00 MiB"}, {Bytes(1<<20 + 1<<14).String(), "1.01 MiB"},
	} {
		assert.Equal(t, c.want, c.got)
	}
}

// What is printed reads back as the same number, to the four digits printed.
func TestPrintedReadsBack(t *testing.T) {
	for _, p := range parsers {
		t.Run(p.base, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				v := rapid.Float64Range(1, 9.999).Draw(t, "mantissa") * math.Pow(10, float64(rapid.IntRange(-14, 17).Draw(t, "exponent")))
				tolerance := 5.1e-4
				if p.base == "B" {
					v, tolerance = math.Trunc(v), 0.01 // two decimals, cut
				}
				text := p.print(v)
				got, err := p.parse(text)
				if p.base == "B" && err != nil && strings.Contains(err.Error(), "whole number") && strings.Contains(text, ".") {
					return // decimals that were cut are not always whole bytes
				}
				if err != nil || math.Abs(got-v) > tolerance*math.Abs(v) {
					t.Fatalf("%v printed %q, read %v, %v", v, text, got, err)
				}
			})
		})
	}
}

// Capacities of up to two decimals of a binary unit are exact both ways.
func TestBytesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quarters := rapid.Int64Range(0, 4096).Draw(t, "quarters")
		v := Bytes(quarters << rapid.SampledFrom([]int{8, 18, 28, 38}).Draw(t, "prefix"))
		got, err := ParseBytes(v.String())
		if err != nil || got != v {
			t.Fatalf("%d printed %q, read %d, %v", int64(v), v, int64(got), err)
		}
	})
}

func TestNothingPanicsParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ 0-9.eE+_µuKMGTi²-]{0,8}(Hz|B|s|mm2|W)?`).Draw(t, "text")
		for _, p := range parsers {
			if v, err := p.parse(text); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
				t.Fatalf("%q was read as %v", text, v)
			}
		}
	})
}

func TestCeilDiv(t *testing.T) {
	for a := range 50 {
		for b := 1; b < 20; b++ {
			pieces := 0
			for left := a; left > 0; left -= b {
				pieces++
			}
			require.Equal(t, pieces, CeilDiv(a, b), "%d by %d", a, b)
		}
	}
}
