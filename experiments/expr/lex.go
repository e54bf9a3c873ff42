package expr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"nnsim/unit"
)

type tokenKind int

const (
	end tokenKind = iota
	number
	word  // a name, a function, or one of and, or, not, true, false
	quote // text in quotes
	sign  // an operator, a bracket or a comma
)

type token struct {
	kind   tokenKind
	text   string
	value  float64
	column int
}

// patterns are tried in this order at each place.
var patterns = []struct {
	kind tokenKind
	re   *regexp.Regexp
}{
	{number, regexp.MustCompile(`^(\d+(\.\d+)?([eE][+-]?\d+)?)( ?[kKMGTPmuµnpf]?i?(Hz|B/s|B|s|W|J|mm2)\b)?`)},
	{word, regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*`)},
	{quote, regexp.MustCompile(`^("[^"]*"|'[^']*')`)},
	{sign, regexp.MustCompile(`^(<=|>=|==|!=|&&|\|\||[<>!()+*/%,-])`)},
}

// lex cuts a text into tokens, the last of them an end.
func lex(text string) (list []token, err error) {
	for at := 0; at < len(text); {
		if strings.ContainsRune(" \t\r\n", rune(text[at])) {
			at++
			continue
		}
		t, n := match(text[at:])
		if n == 0 {
			return nil, fmt.Errorf("column %d: %q is no part of an expression; write names, numbers, + - * / %%, comparisons, and, or, not", at+1, string([]rune(text[at:])[:1]))
		}
		t.column = at + 1
		if t.kind == number {
			if t.value, err = quantity(t.text); err != nil {
				return nil, fmt.Errorf("column %d: %w", t.column, err)
			}
		}
		list, at = append(list, t), at+n
	}
	return append(list, token{kind: end, text: "the end", column: len(text) + 1}), nil
}

func match(rest string) (token, int) {
	for _, p := range patterns {
		if s := p.re.FindString(rest); s != "" {
			return token{kind: p.kind, text: s}, len(s)
		}
	}
	return token{}, 0
}

func quantity(text string) (float64, error) {
	if v, ok := Value(text).(float64); ok {
		return v, nil
	}
	return 0, fmt.Errorf("%q is not a number or a quantity such as 24 MiB or 700 MHz", text)
}

// Value reads the text of a configuration value: a float64 for a number or a
// quantity (in base units: bytes, hertz, seconds …), a bool, or the text itself.
func Value(text string) any {
	text = strings.TrimSpace(text)
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v
	}
	if v, _, ok := Quantity(text); ok {
		return v
	}
	if text == "true" || text == "false" {
		return text == "true"
	}
	return text
}

// Quantity reads a number with a unit, in the base unit that it names.
func Quantity(text string) (value float64, base string, ok bool) {
	if v, err := unit.ParseHertz(text); err == nil {
		return float64(v), "Hz", true
	}
	if v, err := unit.ParseBytes(text); err == nil {
		return float64(v), "B", true
	}
	if v, err := unit.ParseBytesPerSecond(text); err == nil {
		return float64(v), "B/s", true
	}
	if v, err := unit.ParseSeconds(text); err == nil {
		return float64(v), "s", true
	}
	if v, err := unit.ParseWatts(text); err == nil {
		return float64(v), "W", true
	}
	if v, err := unit.ParseJoules(text); err == nil {
		return float64(v), "J", true
	}
	if v, err := unit.ParseSquareMM(text); err == nil {
		return float64(v), "mm2", true
	}
	return 0, "", false
}
