package dram

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mathext/prng"
)

// Traffic is a stream of lines to one channel, by pattern:
//
//	seq        line after line
//	mix21      a[i] read, b[i] read, c[i] written; the arrays lie a quarter of the memory apart
//	blk21      8 KiB read, then 4 KiB written to the upper half, each in order
//	rowconf    the same column of row after row of one bank: every access conflicts
//	random     lines drawn evenly
//	randmix21  the same, a third of them writes
//
// It is a closed loop: request i is offered from cycle i·gap on, one request a
// cycle, in order, as fast as the channel takes them.
type Traffic struct {
	pattern  string
	requests int64
	gap      float64
	offer    float64 // when the next request is offered: gaps added up in double precision, as the reference's driver does
	lines    int64
	block    int64 // lines in 4 KiB
	rowApart int64 // lines from a row to the next of its bank
	next     int64
	random   *prng.MT19937_64
}

// seed is where the generator of the random patterns starts.
const seed = 12345

// Patterns are the names of the patterns.
func Patterns() []string {
	return []string{"seq", "mix21", "blk21", "rowconf", "random", "randmix21"}
}

// NewTraffic is so many requests of a pattern, gap cycles apart, for a channel of
// a part with a mapping.
func NewTraffic(pattern string, requests int64, gap float64, p Part, c Config) (*Traffic, error) {
	c, err := c.withDefaults(p)
	if err != nil {
		return nil, err
	}
	m, err := parseMapping(c.Mapping, p.Shape, c.Hash)
	if err != nil {
		return nil, err
	}
	known := false
	for _, name := range Patterns() {
		known = known || name == pattern
	}
	switch {
	case !known:
		return nil, fmt.Errorf("dram: there is no pattern %q; use %s", pattern, strings.Join(Patterns(), ", "))
	case requests < 1:
		return nil, fmt.Errorf("dram: requests is %d; it must be at least 1", requests)
	case !(gap >= 0) || gap > 1e9:
		return nil, fmt.Errorf("dram: gap is %v cycles; it must be from 0 to 1e9", gap)
	}
	t := &Traffic{pattern: pattern, requests: requests, gap: gap, lines: p.Shape.Lines(),
		block: max(1, int64(4096/p.Shape.LineBytes)), rowApart: 1 << m.row.shift, random: prng.NewMT19937_64()}
	t.random.Seed(seed)
	return t, nil
}

// Within keeps the requests to the first lines of the memory, a power of two of them.
func (t *Traffic) Within(lines int64) error {
	if least := max(4*t.block, 4); lines < least || lines > t.lines || lines&(lines-1) != 0 {
		return fmt.Errorf("dram: within %d lines; write a power of two from %d to the memory's %d", lines, least, t.lines)
	}
	if t.pattern == "rowconf" && lines < 2*t.rowApart {
		return fmt.Errorf("dram: within %d lines there is one row of a bank, and pattern=rowconf goes from row to row; write at least %d", lines, 2*t.rowApart)
	}
	t.lines = lines
	return nil
}

// Next is the next request; ok is false when there is none. Lines in a row that
// are offered without gap come as one request.
func (t *Traffic) Next() (r Request, ok bool) {
	if t.next >= t.requests {
		return r, false
	}
	i := t.next
	r = Request{Count: 1, Stride: 1, Tag: i, At: int64(math.Ceil(t.offer))}
	switch t.pattern {
	case "seq":
		r.Line = i % t.lines
		t.run(&r, t.lines-r.Line)
	case "mix21":
		r.Line, r.Write = i%3*(t.lines/4)+i/3%(t.lines/4), i%3 == 2
	case "blk21":
		t.blocks(&r, i)
	case "rowconf":
		r.Line, r.Stride = i%(t.lines/t.rowApart)*t.rowApart, t.rowApart
		t.run(&r, (t.lines-r.Line)/t.rowApart)
	case "random":
		r.Line = t.draw()
	case "randmix21":
		r.Write = t.random.Uint64()%3 == 0
		r.Line = t.draw()
	}
	t.next += r.Count
	t.offer += t.gap
	return r, true
}

func (t *Traffic) draw() int64 { return int64(t.random.Uint64() % uint64(t.lines)) }

// blocks is request i of blk21: two blocks read, one written.
func (t *Traffic) blocks(r *Request, i int64) {
	group, at := i/(3*t.block), i%(3*t.block)
	half := t.lines / 2
	if at < 2*t.block {
		r.Line = (group*2*t.block + at) % half
		t.run(r, 2*t.block-at)
		return
	}
	r.Line, r.Write = half+(group*t.block+at-2*t.block)%half, true
	t.run(r, 3*t.block-at)
}

// run makes a request as long as it can be.
func (t *Traffic) run(r *Request, most int64) {
	if t.gap == 0 {
		r.Count = min(most, t.requests-r.Tag)
	}
}
