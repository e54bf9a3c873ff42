package systolic

import (
	"fmt"

	"nnsim/mapping"
	"nnsim/unit"
)

// A Stepper is the obvious twin of timing.go: every register of every cell, one
// edge at a time, with real values. It shares no formula with what it checks. It
// is slow, as one would expect, and is the source of the drawing in steps.go.
//
// What a cell holds, and where its values go at an edge:
//
//	         stationary, sums (ws, is); B (os)
//	              │
//	        ┌─────▼──────────────────┐   stay     the stationary value in use
//	        │ next ──▶ stay          │   next     that of the fold to come (overlap full)
//	moving ─▶ across ────────────────┼─▶ across   the moving value
//	        │ stay × across + sum    │   down     os: the value of B
//	        │ sum ──▶ drain          │   sum      partial sum: passed down, or kept (os)
//	        └─────┬──────────────────┘   drain    os: a finished sum on its way out
//	              ▼
//
// Values move between neighbours only, one hop an edge; moving operands enter row
// i an edge after row i-1, and column j of whatever enters at the top an edge after
// column j-1; results leave at the bottom. A stationary value carries how many
// rows it still has to go, so a new tile follows the wave that takes the old one
// into use. The array is traversed whole, also by folds that do not fill it.
//
// When a tile begins to shift in and when a stream starts is found by trying: the
// operands are there, the port is free, and in a copy of the array that runs on
// from here no register is overwritten before its value was used and no wave
// meets the wrong tile. The first edge at which that holds is taken.
//
// Words carry the pass they belong to; only these checks, the address of a result
// and the drawing look at that. A stream that has begun does not stop: operands
// that come one by one, and a full accumulator, are left to the units around it.
type Stepper struct {
	Product []int64 // C, m × n row by row: what has left the array so far, summed over reduction folds
	Counts  Counts

	feed   feeder
	result matrix // C as the array sees it
	full   bool   // folds overlap
	grid   grid
	trial  grid      // the copy in which starts are tried out
	edge   unit.Edge // edges stepped
	limit  unit.Edge // no plan takes longer
	loads  int       // passes whose tile is in or on its way in
	loaded unit.Edge // when the last of them began to shift in
	starts int       // passes whose stream has started
	turn   []int     // the pass whose results each column gives next
	out    []wire    // what left each column at the last edge

	loadWaits, streamWaits string // why the next load and the next stream did not begin at the last edge
}

// Counts is what crossed the array's edges and what its cells did, padding left out.
type Counts struct{ AReads, BReads, Writes, MACs int64 }

// Operands is a product C = A·B with A m × k and B k × n, row by row.
type Operands struct {
	M, K, N int
	A, B    []int64
}

// Pass is one stream over one tile: a fold, or a part of one.
type Pass struct {
	Row, Col           int       // the tile's corner, in elements along the array's rows and columns
	From, To           int       // the part of the streamed dimension, half open
	Held               bool      // the tile of the pass before stays where it is
	Stationary, Moving unit.Edge // operands are not there before these edges

	// Found by stepping; -1 before. Load is the edge of the first shift of its tile,
	// Start of its stream; First and End are the edges after which its first and
	// its last result have left.
	Load, Start, First, End unit.Edge

	tile int   // the pass that brought its tile
	left []int // results that have left each column
	done int   // columns that have given all
}

// Limits of what is stepped, far above what anyone would wait for.
const (
	maxCells    = 1 << 14
	maxElements = 1 << 22 // of a matrix
	maxPasses   = 1 << 16
	maxResults  = 1 << 22 // columns of all passes
	maxArrival  = 1 << 24 // edge
)

// NewStepper prepares a product on an array. overlapped: folds follow one another
// as early as the registers allow; otherwise each waits until the array is empty.
func NewStepper(rows, cols int, flow mapping.Dataflow, overlapped bool, p Operands) (*Stepper, error) {
	switch {
	case rows < 1 || cols < 1 || rows > maxCells/cols:
		return nil, fmt.Errorf("stepper: an array of %d × %d cells; between 1 and %d can be stepped", rows, cols, maxCells)
	case p.M < 1 || p.K < 1 || p.N < 1 || max(p.M, p.N) > maxElements/p.K || p.M > maxElements/p.N:
		return nil, fmt.Errorf("stepper: m=%d, n=%d, k=%d; each must be positive and each matrix at most %d elements", p.M, p.N, p.K, maxElements)
	case len(p.A) != p.M*p.K || len(p.B) != p.K*p.N:
		return nil, fmt.Errorf("stepper: A has %d elements and B %d; m=%d, n=%d, k=%d need %d and %d",
			len(p.A), len(p.B), p.M, p.N, p.K, p.M*p.K, p.K*p.N)
	}
	s := &Stepper{Product: make([]int64, p.M*p.N), full: overlapped, loaded: -1, turn: make([]int, cols), out: make([]wire, cols)}
	a := matrix{p.A, p.M, p.K, false}
	b := matrix{p.B, p.K, p.N, false}
	c := matrix{s.Product, p.M, p.N, false}
	switch flow {
	case mapping.WS:
		s.feed.stay, s.feed.west, s.result = b, a.turn(), c.turn()
	case mapping.IS:
		s.feed.stay, s.feed.west, s.result = a.turn(), b, c
	case mapping.OS:
		s.feed.os, s.feed.west, s.feed.north, s.result = true, a, b.turn(), c
	default:
		return nil, fmt.Errorf("stepper: dataflow %q is not known; use os, ws or is", flow)
	}
	s.feed.rows = rows
	s.grid = newGrid(rows, cols, s.feed.os, overlapped)
	s.trial = newGrid(rows, cols, s.feed.os, overlapped)
	if folds := unit.CeilDiv(s.height(), rows) * unit.CeilDiv(s.width(), cols); folds > min(maxPasses, maxResults/cols) {
		return nil, fmt.Errorf("stepper: %d folds; at most %d can be stepped, choose a smaller product", folds, min(maxPasses, maxResults/cols))
	}
	return s, s.Plan(s.folds())
}

// height and width are what is cut into folds, along the rows and columns of the array.
func (s *Stepper) height() int { return s.feed.west.rows }
func (s *Stepper) width() int {
	if s.feed.os {
		return s.feed.north.rows
	}
	return s.feed.stay.cols
}

// folds cuts the product into folds: column folds outside, row folds inside.
func (s *Stepper) folds() (list []Pass) {
	for col := 0; col < s.width(); col += s.grid.cols {
		for row := 0; row < s.height(); row += s.grid.rows {
			list = append(list, Pass{Row: row, Col: col, To: s.feed.west.cols})
		}
	}
	return list
}

// Plan replaces the passes before the first step: other orders, streams cut in
// pieces, operands that arrive late.
func (s *Stepper) Plan(passes []Pass) error {
	if most := min(maxPasses, maxResults/s.grid.cols); s.edge > 0 || len(passes) == 0 || len(passes) > most {
		return fmt.Errorf("stepper: a plan of %d passes at edge %d; give 1 to %d, before the first step", len(passes), s.edge, most)
	}
	list := append([]Pass(nil), passes...)
	s.limit = 0
	for i := range list {
		p := &list[i]
		if err := s.check(p); err != nil {
			return fmt.Errorf("stepper: pass %d of %d %w", i+1, len(list), err)
		}
		if p.Held && (i == 0 || s.feed.os || p.Row != list[i-1].Row || p.Col != list[i-1].Col) {
			return fmt.Errorf("stepper: pass %d of %d cannot hold a tile; the pass before must use the same one (ws, is)", i+1, len(list))
		}
		p.Load, p.Start, p.First, p.End, p.tile = -1, -1, -1, -1, i
		if p.Held {
			p.tile = list[i-1].tile
		}
		p.left = make([]int, s.grid.cols)
		s.limit = max(s.limit, p.Stationary, p.Moving)
	}
	for _, p := range list { // no pass can take longer than this on its own
		s.limit += unit.Edge(4*(s.grid.rows+s.grid.cols) + p.To - p.From)
	}
	s.feed.passes = list
	return nil
}

// check refuses a pass that does not lie in the product or whose operands never come.
func (s *Stepper) check(p *Pass) error {
	switch length := s.feed.west.cols; {
	case p.From < 0 || p.From >= p.To || p.To > length:
		return fmt.Errorf("streams %d to %d; give a part of 0 to %d", p.From, p.To, length)
	case p.Row < 0 || p.Row >= s.height() || p.Col < 0 || p.Col >= s.width():
		return fmt.Errorf("has its corner at (%d,%d); give one in %d × %d", p.Row, p.Col, s.height(), s.width())
	case min(p.Stationary, p.Moving) < 0 || max(p.Stationary, p.Moving) > maxArrival:
		return fmt.Errorf("has operands at edges %d and %d; give 0 to %d", p.Stationary, p.Moving, maxArrival)
	}
	return nil
}
