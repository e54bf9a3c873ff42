package expr

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"nnsim/unit/spell"
)

// parser walks the tokens by precedence.
type parser struct {
	tokens []token
	at     int
	depth  int
	names  []string
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

// levels are the operators between two values, weakest first.
var levels = [][]string{{"or", "||"}, {"and", "&&"}, {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/", "%"}}

// comparisons is the level whose operators do not chain: a < b < c is refused.
const comparisons = 2

func (p *parser) binary(level int) (node, error) {
	if level == len(levels) {
		return p.single()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		t := p.peek()
		if t.kind != sign && t.kind != word || !slices.Contains(levels[level], t.text) {
			return left, nil
		}
		if b, chained := left.(*pair); chained && level == comparisons && slices.Contains(levels[comparisons], b.op) && !b.closed {
			return nil, fmt.Errorf("column %d: %s after another comparison; join two comparisons with and", t.column, t.text)
		}
		p.take()
		var right node
		if right, err = p.binary(level + 1); err == nil {
			left = &pair{op: t.text, a: left, b: right}
		}
	}
	return nil, err
}

// single reads a sign, a bracket, a call, a name or a value.
func (p *parser) single() (node, error) {
	if p.depth++; p.depth > deepest {
		return nil, fmt.Errorf("nested more than %d deep; write it shorter", deepest)
	}
	defer func() { p.depth-- }()
	switch t := p.take(); {
	case t.kind == number:
		return literal{t.value}, nil
	case t.kind == quote:
		return literal{t.text[1 : len(t.text)-1]}, nil
	case t.text == "-" || t.text == "!" || t.text == "not":
		level := len(levels)
		if t.text == "not" {
			level = comparisons
		}
		a, err := p.binary(level)
		return &single{t.text, a}, err
	case t.text == "(":
		inner, err := p.binary(0)
		if b, ok := inner.(*pair); ok {
			b.closed = true
		}
		return inner, p.close(err)
	case t.kind == word:
		return p.named(t)
	default:
		return nil, fmt.Errorf("column %d: a name, a number or a bracket is missing before %q", t.column, t.text)
	}
}

func (p *parser) close(err error) error {
	if err != nil {
		return err
	}
	if t := p.take(); t.text != ")" {
		return fmt.Errorf("column %d: a closing bracket is missing before %q", t.column, t.text)
	}
	return nil
}

func (p *parser) named(t token) (node, error) {
	if t.text == "true" || t.text == "false" {
		return literal{t.text == "true"}, nil
	}
	if p.peek().text != "(" || p.peek().kind != sign {
		p.names = append(p.names, t.text)
		return name(t.text), nil
	}
	f, ok := functions[t.text]
	if !ok {
		return nil, fmt.Errorf("column %d: there is no function %s%s; there are min, max, abs, floor, ceil, log2, sqrt", t.column, t.text, spell.DidYouMean(t.text, functionNames))
	}
	p.take()
	c := &call{name: t.text, f: f}
	for {
		a, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, a)
		if p.peek().text != "," {
			break
		}
		p.take()
	}
	if f.args > 0 && len(c.args) != f.args {
		return nil, fmt.Errorf("column %d: %s takes %d value, not %d", t.column, t.text, f.args, len(c.args))
	}
	return c, p.close(nil)
}

var functionNames = []string{"min", "max", "abs", "floor", "ceil", "log2", "sqrt"}

// functions by name; args 0 is any number of them.
var functions = map[string]struct {
	args int
	of   func([]float64) float64
}{
	"min":   {0, func(v []float64) float64 { return slices.Min(v) }},
	"max":   {0, func(v []float64) float64 { return slices.Max(v) }},
	"abs":   {1, func(v []float64) float64 { return math.Abs(v[0]) }},
	"floor": {1, func(v []float64) float64 { return math.Floor(v[0]) }},
	"ceil":  {1, func(v []float64) float64 { return math.Ceil(v[0]) }},
	"log2":  {1, func(v []float64) float64 { return math.Log2(v[0]) }},
	"sqrt":  {1, func(v []float64) float64 { return math.Sqrt(v[0]) }},
}

type literal struct{ value any }

func (l literal) eval(Scope) (any, error) { return l.value, nil }

type name string

func (n name) eval(s Scope) (any, error) { return s(string(n)) }

type call struct {
	name string
	f    struct {
		args int
		of   func([]float64) float64
	}
	args []node
}

func (c *call) eval(s Scope) (any, error) {
	var v []float64
	for _, a := range c.args {
		x, err := a.eval(s)
		if err != nil {
			return nil, err
		}
		f, ok := x.(float64)
		if !ok {
			return nil, fmt.Errorf("%s(%v): the value is not a number", c.name, x)
		}
		v = append(v, f)
	}
	return c.f.of(v), nil
}

type single struct {
	op string
	a  node
}

func (n *single) eval(s Scope) (any, error) {
	x, err := n.a.eval(s)
	if err != nil {
		return nil, err
	}
	switch v := x.(type) {
	case float64:
		if n.op == "-" {
			return -v, nil
		}
	case bool:
		if n.op != "-" {
			return !v, nil
		}
	}
	return nil, fmt.Errorf("%s %v makes no sense; - takes a number, not a condition", n.op, x)
}

type pair struct {
	op     string
	a, b   node
	closed bool // in brackets
}

func (n *pair) eval(s Scope) (any, error) {
	x, err := n.a.eval(s)
	if err != nil {
		return nil, err
	}
	if l, ok := x.(bool); ok { // the second side is not asked where the first decides
		if l && strings.Contains("or||", n.op) || !l && strings.Contains("and&&", n.op) {
			return l, nil
		}
	}
	y, err := n.b.eval(s)
	if err != nil {
		return nil, err
	}
	if v, ok := combine(n.op, x, y); ok {
		return v, nil
	}
	return nil, fmt.Errorf("%v %s %v makes no sense; both sides must be numbers, or text compared with == or !=", x, n.op, y)
}

// combine is one operator on two values of one type.
func combine(op string, x, y any) (any, bool) {
	switch a := x.(type) {
	case float64:
		if b, ok := y.(float64); ok {
			return numbers(op, a, b)
		}
	case bool:
		if b, ok := y.(bool); ok && (op == "and" || op == "&&" || op == "or" || op == "||") {
			return b, true // a did not decide
		}
	}
	if fmt.Sprintf("%T", x) == fmt.Sprintf("%T", y) && (op == "==" || op == "!=") {
		return (x == y) == (op == "=="), true
	}
	return nil, false
}

func numbers(op string, a, b float64) (any, bool) {
	switch op {
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	case "/":
		return a / b, true
	case "%":
		return math.Mod(a, b), true
	case "<":
		return a < b, true
	case "<=":
		return a <= b, true
	case ">":
		return a > b, true
	case ">=":
		return a >= b, true
	case "==":
		return a == b, true
	case "!=":
		return a != b, true
	}
	return nil, false
}
