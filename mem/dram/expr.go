package dram

import (
	"fmt"
	"strconv"
	"strings"
)

// Symbols is a part's timing by the names of its standard, in cycles of tCK.
type Symbols map[string]int

// Eval is the value of an expression of the timing tables: numbers, symbols, +,
// -, and max(a, b).
func (s Symbols) Eval(text string) (int, error) {
	p := &parser{rest: text, symbols: s}
	v, err := p.sum()
	if err == nil && p.skip() != "" {
		err = fmt.Errorf("dram: %q: %q is left over", text, p.rest)
	}
	return v, err
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' }

type parser struct {
	rest    string
	symbols Symbols
}

func (p *parser) skip() string { p.rest = strings.TrimLeft(p.rest, " "); return p.rest }

// take removes a leading token if it is there.
func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.skip(), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) sum() (int, error) {
	v, err := p.term()
	for err == nil {
		sign := 1
		switch {
		case p.take("+"):
		case p.take("-"):
			sign = -1
		default:
			return v, nil
		}
		var w int
		w, err = p.term()
		v += sign * w
	}
	return 0, err
}

func (p *parser) term() (int, error) {
	if p.take("max(") {
		return p.max()
	}
	end := 0
	for end < len(p.skip()) && (isLetter(rune(p.rest[end])) || p.rest[end] >= '0' && p.rest[end] <= '9') {
		end++
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	if n, err := strconv.Atoi(word); err == nil {
		return n, nil
	}
	if v, ok := p.symbols[word]; ok {
		return v, nil
	}
	return 0, fmt.Errorf("dram: timing %q is not given; give it in cycles of tCK", word)
}

func (p *parser) max() (int, error) {
	a, err := p.sum()
	if err != nil || !p.take(",") {
		return 0, orElse(err, "dram: max needs two values before %q", p.rest)
	}
	b, err := p.sum()
	if err != nil || !p.take(")") {
		return 0, orElse(err, "dram: max is not closed before %q", p.rest)
	}
	return max(a, b), nil
}

func orElse(err error, format, rest string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, rest)
}
