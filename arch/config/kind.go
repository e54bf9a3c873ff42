package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"nnsim/unit"
)

// kind is one type of value: how it is read from a word, written as one, and
// compared with its limits.
type kind struct {
	of    reflect.Type
	quote bool // whether a quoted word is taken
	read  func(word string) (any, error)
	write func(v reflect.Value) string
	size  func(v reflect.Value) float64 // for min and max; nil where there are none
	least string                        // the least value where no min is given; "" for none
}

// kinds is the table of types. Integers and floats are refused in quotes, so
// that a file says what it means; quantities are words and may be quoted.
var kinds = []kind{
	{of: reflect.TypeFor[int](), read: readInt[int], write: writeInt, size: sizeInt},
	{of: reflect.TypeFor[int64](), read: readInt[int64], write: writeInt, size: sizeInt},
	{of: reflect.TypeFor[unit.Cycles](), read: readCycles, write: writeInt, size: sizeInt},
	{of: reflect.TypeFor[float64](), read: readFloat, write: writeFloat, size: sizeFloat},
	{of: reflect.TypeFor[bool](), read: readBool, write: func(v reflect.Value) string { return strconv.FormatBool(v.Bool()) }},
	{of: reflect.TypeFor[string](), quote: true, read: func(s string) (any, error) { return s, nil }, write: reflect.Value.String},
	{of: reflect.TypeFor[[]string](), quote: true, read: readList, write: writeList},
	quantity("Hz", parseHertz), quantity("s", unit.ParseSeconds), quantity("B/s", unit.ParseBytesPerSecond),
	quantity("W", unit.ParseWatts), quantity("J", unit.ParseJoules), quantity("mm2", unit.ParseSquareMM), quantity("V", unit.ParseVolts),
	{of: reflect.TypeFor[unit.Bytes](), quote: true, least: "0 B", size: sizeInt, write: writeBytes,
		read: func(s string) (any, error) { return wrap(unit.ParseBytes(s)) }},
}

// kindOf finds a type in the table; nil where it is not there.
func kindOf(t reflect.Type) *kind {
	for i := range kinds {
		if kinds[i].of == t {
			return &kinds[i]
		}
	}
	return nil
}

func wrap[T any](v T, err error) (any, error) { return v, err }

var (
	wholeNumber   = regexp.MustCompile(`^-?[0-9][0-9_]*$`)
	decimalNumber = regexp.MustCompile(`^-?[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	leadingZero   = regexp.MustCompile(`^-?0[0-9_]`)
)

func readInt[T ~int | ~int64](s string) (any, error) {
	plain := strings.ReplaceAll(s, "_", "")
	switch {
	case leadingZero.MatchString(s):
		return nil, fmt.Errorf("a leading zero may mean octal; write %s", noZeros(plain))
	case !wholeNumber.MatchString(s):
		return nil, fmt.Errorf("write a whole number, such as 16")
	}
	n, err := strconv.ParseInt(plain, 10, reflect.TypeFor[T]().Bits())
	if err != nil {
		return nil, fmt.Errorf("too large for a whole number of %d bits", reflect.TypeFor[T]().Bits())
	}
	return T(n), nil
}

// longest is more cycles than anything in a machine takes, and few enough that sums do not overflow.
const longest = 1_000_000_000_000

func readCycles(s string) (any, error) {
	v, err := readInt[unit.Cycles](s)
	if n, ok := v.(unit.Cycles); err == nil && ok && n > longest {
		return nil, fmt.Errorf("write at most %d cycles", longest)
	}
	return v, err
}

// fastest is beyond any clock or rate; at much higher ones the edges of a run pass what
// is simulated in a lifetime, and in the end what 64 bits count.
const fastest unit.Hertz = 100e12

func parseHertz(s string) (unit.Hertz, error) {
	v, err := unit.ParseHertz(s)
	if err == nil && v > fastest {
		return 0, fmt.Errorf("write at most %v", fastest)
	}
	return v, err
}

func noZeros(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if s = strings.TrimLeft(s, "0"); s == "" {
		s = "0"
	}
	return sign + s
}

func readFloat(s string) (any, error) {
	if leadingZero.MatchString(s) || !decimalNumber.MatchString(s) {
		return nil, fmt.Errorf("write a decimal number, such as 0.5")
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil {
		return nil, fmt.Errorf("out of the range of a 64-bit number")
	}
	return v, nil
}

func readBool(s string) (any, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, fmt.Errorf("write true or false")
}

// readList reads the words of a list given in one word, as --set does: a,b,c.
func readList(s string) (any, error) {
	list := strings.Split(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), ",")
	for i, w := range list {
		if list[i] = strings.TrimSpace(w); list[i] == "" {
			return nil, fmt.Errorf("write words with commas between them, such as int8,bf16")
		}
	}
	return list, nil
}

func writeList(v reflect.Value) string {
	list, _ := v.Interface().([]string)
	return strings.Join(list, ",")
}

func writeInt(v reflect.Value) string   { return strconv.FormatInt(v.Int(), 10) }
func writeFloat(v reflect.Value) string { return strconv.FormatFloat(v.Float(), 'g', -1, 64) }
func sizeInt(v reflect.Value) float64   { return float64(v.Int()) }
func sizeFloat(v reflect.Value) float64 { return v.Float() }

// quantity is the kind of a float type with a unit.
func quantity[T ~float64](base string, parse func(string) (T, error)) kind {
	return kind{of: reflect.TypeFor[T](), quote: true, least: "0 " + base, size: sizeFloat,
		read: func(s string) (any, error) {
			if v, err := parse(s); err != nil {
				return nil, err
			} else if math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("out of the range of a 64-bit number")
			} else {
				return v, nil
			}
		},
		write: func(v reflect.Value) string { return exact(v.Float(), base, parse) },
	}
}

// exact writes v with the prefix that leaves one to three digits before the
// point where that reads back as v to the last bit, else in the base unit.
func exact[T ~float64](v float64, base string, parse func(string) (T, error)) string {
	if v != 0 && base != "mm2" {
		power := int(math.Floor(math.Log10(math.Abs(v))/3 + 1e-12))
		if i := power + 5; i >= 0 && i < 11 {
			prefix := []string{"f", "p", "n", "u", "m", "", "k", "M", "G", "T", "P"}[i]
			text := strconv.FormatFloat(v/math.Pow(1000, float64(power)), 'g', -1, 64) + " " + prefix + base
			if short := strconv.FormatFloat(v/math.Pow(1000, float64(power)), 'g', 12, 64) + " " + prefix + base; same(short, v, parse) {
				text = short
			}
			if same(text, v, parse) {
				return text
			}
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64) + " " + base
}

func same[T ~float64](text string, v float64, parse func(string) (T, error)) bool {
	back, err := parse(text)
	return err == nil && float64(back) == v
}

// writeBytes writes a capacity with the largest binary prefix that divides it.
func writeBytes(v reflect.Value) string {
	n, i := v.Int(), 0
	for n != 0 && n%1024 == 0 && i < 4 {
		n, i = n/1024, i+1
	}
	return fmt.Sprintf("%d %s", n, []string{"B", "KiB", "MiB", "GiB", "TiB"}[i])
}
