// Package expr is the small language in which a sweep states its constraints:
// comparisons over the keys of a device and the figures of a report.
//
//	array.rows * array.cols <= 16384 and buffer.size >= 24 MiB
//	   │                        │                          │
//	   └ name: asked of a Scope └ number                   └ quantity: read in base units (bytes)
//
//	text ──lex──▶ tokens ──Parse──▶ tree ──Eval(scope)──▶ number, text or truth
//
// From weakest to strongest: or, and, not, comparison (< <= > >= == !=), + -,
// * / %, sign. Functions: min, max, abs, floor, ceil, log2, sqrt. Text stands in quotes.
//
// Sources: the language is nnsim's own; units are those of package unit.
//
// Not modelled: assignment, loops, lists, and dimensions (adding bytes to hertz
// gives a number that means nothing).
package expr

import (
	"fmt"
	"slices"
	"strings"
)

// Scope gives a name its value: a float64, a string or a bool.
type Scope func(name string) (any, error)

// Expr is a parsed expression.
type Expr struct {
	Text  string   // as written
	Names []string // what it asks a Scope for, sorted, each once
	root  node
}

// node is one operation of the tree.
type node interface{ eval(Scope) (any, error) }

// longest bounds the length of an expression, deepest how far it is nested.
const (
	longest = 4096
	deepest = 100
)

// Parse reads an expression. Errors name the place and what would be right.
func Parse(text string) (*Expr, error) {
	if len(text) > longest {
		return nil, fmt.Errorf("it is %d bytes long; an expression has at most %d", len(text), longest)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	root, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != end {
		return nil, fmt.Errorf("%q in column %d is not expected there; put an operator such as <=, *, and between two values", t.text, t.column)
	}
	slices.Sort(p.names)
	return &Expr{strings.TrimSpace(text), slices.Compact(p.names), root}, nil
}

// Eval works the expression out.
func (e *Expr) Eval(scope Scope) (any, error) { return e.root.eval(scope) }

// True works out an expression that is a condition.
func (e *Expr) True(scope Scope) (bool, error) {
	v, err := e.Eval(scope)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("%q is %v, not a condition; compare it with something, as in %s <= 1", e.Text, v, e.Text)
	}
	return b, nil
}

// Number works out an expression that is a number.
func (e *Expr) Number(scope Scope) (float64, error) {
	v, err := e.Eval(scope)
	if err != nil {
		return 0, err
	}
	f, ok := v.(float64)
	if !ok {
		return 0, fmt.Errorf("%q is %v, not a number", e.Text, v)
	}
	return f, nil
}
