// Package unit gives physical quantities types, so that a clock is never added
// to a capacity and every printed number carries its unit.
//
//	"700 MHz" ──Parse──▶ unit.Hertz(7e8) ──String──▶ "700 MHz"
//
// Decimal prefixes (k, M, G, T) are powers of 1,000 and binary ones (Ki, Mi, Gi)
// powers of 1,024; a capacity in a data sheet that says "24 MiB" is written so.
//
// Not modelled: compound units beyond those listed here, and arithmetic between
// quantities, which the caller writes out where it can be read.
package unit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Cycles counts edges of one clock as a duration.
type Cycles int64

// Edge is a point in time: the number of main-clock edges since the run began.
type Edge = int64

// Quantities with a dimension. All are in SI base units.
type (
	Hertz          float64 // 1/s
	Seconds        float64 // s
	Bytes          int64   // B
	BytesPerSecond float64 // B/s
	Joules         float64 // J
	Watts          float64 // W
	SquareMM       float64 // mm²
	Volts          float64 // V
)

// Prefixes that make a unit smaller are written as negative divisors: dividing by
// 1e9 is exact where multiplying by 1e-9 rounds twice.
var decimal = map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
	"m": -1e3, "u": -1e6, "µ": -1e6, "n": -1e9, "p": -1e12, "f": -1e15}

var binary = map[string]float64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}

// parse reads "<number> <prefix><base>" and returns the value in base units.
func parse(s, base string, prefixes ...map[string]float64) (float64, error) {
	s = strings.TrimSpace(s)
	i := 0
	for i < len(s) && strings.ContainsRune("0123456789.+-_eE", rune(s[i])) {
		if (s[i] == 'e' || s[i] == 'E') && (i+1 >= len(s) || !strings.ContainsRune("0123456789+-", rune(s[i+1]))) {
			break
		}
		i++
	}
	number, suffix := strings.ReplaceAll(s[:i], "_", ""), strings.TrimSpace(s[i:])
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a quantity; write a number and a unit, such as \"1 %s\"", s, base)
	}
	if suffix == "" {
		return 0, fmt.Errorf("%q has no unit; write for example \"%s %s\"", s, number, base)
	}
	if prefix, ok := strings.CutSuffix(suffix, base); ok {
		for _, table := range prefixes {
			f, ok := table[prefix]
			if !ok {
				continue
			}
			if f < 0 {
				return v / -f, nil
			}
			if v *= f; math.IsInf(v, 0) {
				return 0, fmt.Errorf("%q is too large for a number; write less than 1e308 %s", s, base)
			}
			return v, nil
		}
	}
	return 0, fmt.Errorf("%q: unit %q is not known here; write for example \"%s %s\"", s, suffix, number, base)
}

// ParseHertz reads a frequency such as "700 MHz".
func ParseHertz(s string) (Hertz, error) { v, err := parse(s, "Hz", decimal); return Hertz(v), err }

// ParseSeconds reads a duration such as "260 ns".
func ParseSeconds(s string) (Seconds, error) {
	v, err := parse(s, "s", decimal)
	return Seconds(v), err
}

// ParseBytes reads a capacity such as "24 MiB"; it must be a whole number of bytes.
func ParseBytes(s string) (Bytes, error) {
	v, err := parse(s, "B", binary, decimal)
	if err == nil && (v != math.Trunc(v) || math.Abs(v) >= 1<<62) {
		err = fmt.Errorf("%q is not a whole number of bytes below 2^62", s)
	}
	return Bytes(v), err
}

// ParseBytesPerSecond reads a bandwidth such as "34 GB/s" or "30 GiB/s".
func ParseBytesPerSecond(s string) (BytesPerSecond, error) {
	v, err := parse(s, "B/s", decimal, binary)
	return BytesPerSecond(v), err
}

// ParseWatts reads a power such as "28 W".
func ParseWatts(s string) (Watts, error) { v, err := parse(s, "W", decimal); return Watts(v), err }

// ParseJoules reads an energy such as "0.2 pJ".
func ParseJoules(s string) (Joules, error) { v, err := parse(s, "J", decimal); return Joules(v), err }

// ParseVolts reads a voltage such as "820 mV".
func ParseVolts(s string) (Volts, error) { v, err := parse(s, "V", decimal); return Volts(v), err }

// ParseSquareMM reads an area such as "331 mm2" or "331 mm²".
func ParseSquareMM(s string) (SquareMM, error) {
	v, err := parse(strings.Replace(s, "²", "2", 1), "mm2", map[string]float64{"": 1})
	return SquareMM(v), err
}

// engineering writes v with the decimal prefix that leaves one to three digits before the point.
func engineering(v float64, base string) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("%g %s", v, base)
	}
	prefixes := []string{"f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P"}
	i := int(math.Floor(math.Log10(math.Abs(v))/3+1e-12)) + 5
	i = min(max(i, 0), len(prefixes)-1)
	scaled := v / math.Pow(1000, float64(i-5))
	if math.Abs(scaled) >= 999.95 && i < len(prefixes)-1 { // four digits of it are 1000: 1 of the next prefix
		i, scaled = i+1, scaled/1000
	}
	return strconv.FormatFloat(scaled, 'g', 4, 64) + " " + prefixes[i] + base
}

// String methods print with the prefix a reader would choose, to four digits.
func (v Hertz) String() string          { return engineering(float64(v), "Hz") }
func (v Seconds) String() string        { return engineering(float64(v), "s") }
func (v BytesPerSecond) String() string { return engineering(float64(v), "B/s") }
func (v Joules) String() string         { return engineering(float64(v), "J") }
func (v Watts) String() string          { return engineering(float64(v), "W") }
func (v SquareMM) String() string       { return fmt.Sprintf("%.4g mm²", float64(v)) }
func (v Volts) String() string          { return engineering(float64(v), "V") }

// String prints a capacity with binary prefixes, exactly where that is possible.
func (v Bytes) String() string {
	f, names := float64(v), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; i < len(names)-1 && math.Abs(f) >= 1024; i++ {
		f /= 1024
	}
	return strconv.FormatFloat(f, 'f', -1, 64)[:trimmed(f)] + " " + names[i]
}

// trimmed is the length of f's plain text cut to at most two decimals.
func trimmed(f float64) int {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if dot := strings.IndexByte(s, '.'); dot >= 0 && len(s) > dot+3 {
		return dot + 3
	}
	return len(s)
}

// CeilDiv is the number of pieces of size b that cover a. b must be positive.
func CeilDiv[T ~int | ~int64](a, b T) T { return (a + b - 1) / b }
