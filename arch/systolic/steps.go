package systolic

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"nnsim/mapping"
)

// What fits on a page of 100 columns, and what anyone will scroll through.
const (
	drawnSide  = 8 // rows and columns of the array
	drawnEdges = 200
)

// Draw steps a small product through an array and draws every edge of it: what
// waits at the ports, what each cell holds after the edge, and what leaves. The
// operands are digits 1 to 9 from the seed. Arrays larger than 8 × 8 and products
// of more than 200 edges are refused.
func Draw(w io.Writer, g Geometry, m, k, n int, seed int64) error {
	if err := drawable(g, m, k, n); err != nil {
		return err
	}
	d := drawing{g: g, p: digits(m, k, n, seed)}
	var err error
	if d.s, err = d.stepper(); err != nil {
		return err
	}
	if d.coming, err = d.stepper(); err != nil {
		return err
	}
	if err = d.coming.Run(); err != nil { // a look ahead: when which operand will be due
		return err
	}
	d.coming.feed.first = 0
	d.header()
	for !d.s.Done() {
		if err = d.s.Step(); err != nil {
			return err
		}
		d.frame()
	}
	d.footer(seed)
	_, err = io.WriteString(w, d.text.String())
	return err
}

// drawable refuses what would not be legible.
func drawable(g Geometry, m, k, n int) error {
	switch {
	case g.Rows < 1 || g.Cols < 1 || g.Rows > drawnSide || g.Cols > drawnSide:
		return fmt.Errorf("steps: an array of %d × %d cells; 1 × 1 to %d × %d can be drawn (array.rows, array.cols)", g.Rows, g.Cols, drawnSide, drawnSide)
	case min(m, k, n) < 1 || max(m, k, n) > drawnEdges*drawnSide:
		return fmt.Errorf("steps: m=%d, n=%d, k=%d; each must be 1 to %d to be drawn", m, n, k, drawnEdges*drawnSide)
	}
	f := g.Fold(m, k, n)
	if edges := g.Duration(f.RowFolds*f.ColFolds, f.Length); edges > drawnEdges {
		return fmt.Errorf("steps: m=%d, n=%d, k=%d takes %d edges; at most %d are drawn, choose a smaller product", m, n, k, edges, drawnEdges)
	}
	return nil
}

// digits is a product of operands from 1 to 9, so that zero is padding.
func digits(m, k, n int, seed int64) Operands {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	p := Operands{M: m, K: k, N: n, A: make([]int64, m*k), B: make([]int64, k*n)}
	for _, values := range [][]int64{p.A, p.B} {
		for i := range values {
			values[i] = 1 + rng.Int64N(9)
		}
	}
	return p
}

// drawing is the text so far and the stepper it follows.
type drawing struct {
	g         Geometry
	p         Operands
	s, coming *Stepper // coming has run to its end
	text      strings.Builder
}

func (d *drawing) stepper() (*Stepper, error) {
	return NewStepper(d.g.Rows, d.g.Cols, d.g.Dataflow, d.g.Overlap == Full, d.p)
}

func (d *drawing) line(format string, args ...any) {
	d.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// names is what the operands are called, by dataflow.
var names = map[mapping.Dataflow]struct{ kind, stays, left, step, past string }{
	mapping.OS: {"Output-stationary", "C", "A", "step", "into"},
	mapping.WS: {"Weight-stationary", "B", "A", "row", "past"},
	mapping.IS: {"Input-stationary", "A (transposed)", "B", "column", "past"},
}

// header says what is drawn and how to read it.
func (d *drawing) header() {
	name, folds := names[d.g.Dataflow], len(d.s.Passes())
	d.line("C = A·B with m=%d, n=%d, k=%d on %d × %d cells.", d.p.M, d.p.N, d.p.K, d.g.Rows, d.g.Cols)
	d.line("%s: %s stays, %s enters at the left.", name.kind, name.stays, name.left)
	overlap := "as early as the registers allow"
	if d.g.Overlap != Full {
		overlap = "each after the last result of the one before"
	}
	d.line("%s of %s each, %s.", counted(folds, "fold"), counted(d.s.feed.west.cols, name.step), overlap)
	d.line("")
	d.matrix("A", d.p.A, d.p.K)
	d.matrix("B", d.p.B, d.p.N)
	if d.g.Dataflow == mapping.OS {
		d.line("A cell:  →5  ↓3    values of A and B on their way right and down (⇒ first of a fold; 0 is padding)")
		d.line("         Σ   15    the sum it keeps")
		d.line("         ⇓   88    a finished sum on its way down and out")
		return
	}
	if d.g.Overlap == Full {
		d.line("A cell:   7  (3)  value in use; the next one, (3) in place or 3↓ on its way down (0 is padding)")
	} else {
		d.line("A cell:   7       value in use, or 3↓ on its way down (0 is padding)")
	}
	d.line("         →5 Σ 35  value moving right, partial sum moving down")
	d.line("         ⇒5       the first value of a fold: its tile comes into use")
}

// matrix prints an operand of up to 16 × 32 elements.
func (d *drawing) matrix(name string, values []int64, cols int) {
	rows := len(values) / cols
	if rows > 16 || cols > 32 {
		d.line("%s: %d × %d digits", name, rows, cols)
		return
	}
	for r := range rows {
		label := "   "
		if r == 0 {
			label = name + ": "
		}
		d.line("%s%s", label, strings.Trim(fmt.Sprint(values[r*cols:(r+1)*cols]), "[]"))
	}
	d.line("")
}

// footer sums up.
func (d *drawing) footer(seed int64) {
	c, cycles := d.s.Counts, int64(d.s.Cycles())
	peak := cycles * int64(d.g.Rows*d.g.Cols)
	d.line("")
	d.line("%d edges, %d multiplications of %d possible: %.1f %% (operands from seed %d)", cycles, c.MACs, peak, 100*float64(c.MACs)/float64(peak), seed)
	d.line("words: %d of A in, %d of B in, %d results out", c.AReads, c.BReads, c.Writes)
	f := d.g.Fold(d.p.M, d.p.K, d.p.N)
	if total := d.g.Duration(f.RowFolds*f.ColFolds, f.Length); d.g.Overlap == ScaleSim {
		d.line("SCALE-Sim's total is %d: the index of the last edge, in os without the unloading of folds", total)
	}
	d.line("")
	d.matrix("C", d.s.Product, d.p.N)
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
