package systolic

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mapping"
	"nnsim/unit"
)

var dataflows = []mapping.Dataflow{mapping.OS, mapping.WS, mapping.IS}

// randomProduct has small operands of both signs, zero among them.
func randomProduct(m, k, n int, seed uint64) Operands {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := Operands{M: m, K: k, N: n, A: make([]int64, m*k), B: make([]int64, k*n)}
	for i := range p.A {
		p.A[i] = rng.Int64N(19) - 9
	}
	for i := range p.B {
		p.B[i] = rng.Int64N(19) - 9
	}
	return p
}

// tripleLoop is the product as everyone writes it.
func tripleLoop(p Operands) []int64 {
	c := make([]int64, p.M*p.N)
	for i := range p.M {
		for j := range p.N {
			for l := range p.K {
				c[i*p.N+j] += p.A[i*p.K+l] * p.B[l*p.N+j]
			}
		}
	}
	return c
}

// fataler is what require and rapid have in common.
type fataler interface {
	require.TestingT
	Helper()
}

// stepped runs a product to its end.
func stepped(t fataler, g Geometry, p Operands) *Stepper {
	t.Helper()
	s, err := NewStepper(g.Rows, g.Cols, g.Dataflow, g.Overlap == Full, p)
	require.NoError(t, err)
	require.NoError(t, s.Run(), "%+v %dx%dx%d", g, p.M, p.K, p.N)
	return s
}

// agrees holds the closed forms of a geometry against the stepper, for one product.
func agrees(t fataler, g Geometry, p Operands) {
	t.Helper()
	what := fmt.Sprintf("%+v m=%d k=%d n=%d", g, p.M, p.K, p.N)
	s, f, w := stepped(t, g, p), g.Fold(p.M, p.K, p.N), g.Words(p.M, p.K, p.N)
	folds := f.RowFolds * f.ColFolds
	require.Equal(t, s.Cycles(), g.Duration(folds, f.Length), what)
	require.Len(t, s.Passes(), int(folds), what)
	require.Equal(t, s.Counts, Counts{w.AReads, w.BReads, w.Writes, int64(p.M) * int64(p.K) * int64(p.N)}, what)
	require.Equal(t, tripleLoop(p), s.Product, what)
	if g.Overlap == None { // SCALE-Sim's total is one less, and in os less the unloading of each fold
		short := unit.Cycles(1)
		if g.Dataflow == mapping.OS {
			short += unit.Cycles(folds) * unit.Cycles(g.Rows)
		}
		g.Overlap = ScaleSim
		require.Equal(t, s.Cycles()-short, g.Duration(folds, f.Length), what)
	}
}

// TestClosedFormsOnAllSmallSizes: every array up to 4 × 4, every product up to 6 × 6 × 6.
func TestClosedFormsOnAllSmallSizes(t *testing.T) {
	array, size := 4, 6
	if testing.Short() {
		array, size = 3, 4
	}
	for _, flow := range dataflows {
		for _, overlap := range []Overlap{Full, None} {
			t.Run(fmt.Sprintf("%s-%s", flow, overlap), func(t *testing.T) {
				each(array, size, func(rows, cols, m, k, n int) {
					agrees(t, Geometry{rows, cols, flow, overlap}, randomProduct(m, k, n, 1))
				})
			})
		}
	}
}

// each visits every array up to array × array with every product up to size³.
func each(array, size int, visit func(rows, cols, m, k, n int)) {
	for i := range array * array {
		for j := range size * size * size {
			visit(i/array+1, i%array+1, j/size/size+1, j/size%size+1, j%size+1)
		}
	}
}

// TestFoldsOfALargeProduct: 1024³ on 128 × 128 cells. 65,536 edges multiply; load,
// fill and drain are paid once under full, and 64 times by SCALE-Sim (89,983 when run).
func TestFoldsOfALargeProduct(t *testing.T) {
	for overlap, want := range map[Overlap]unit.Cycles{Full: 65536 + 2*128 + 128 - 2, None: 64 * (1024 + 2*128 + 128 - 2), ScaleSim: 89983} {
		g := Geometry{128, 128, mapping.WS, overlap}
		f := g.Fold(1024, 1024, 1024)
		assert.Equal(t, want, g.Duration(f.RowFolds*f.ColFolds, f.Length), overlap)
	}
}

// anyGeometry draws an array, anyProduct what it is to multiply.
func anyGeometry(t *rapid.T) Geometry {
	return Geometry{rapid.IntRange(1, 12).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "cols"),
		rapid.SampledFrom(dataflows).Draw(t, "dataflow"), rapid.SampledFrom([]Overlap{Full, None}).Draw(t, "overlap")}
}

func anyProduct(t *rapid.T, most int) Operands {
	dim := rapid.IntRange(1, most)
	return randomProduct(dim.Draw(t, "m"), dim.Draw(t, "k"), dim.Draw(t, "n"), rapid.Uint64().Draw(t, "seed"))
}

func TestClosedFormsOnRandomSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { agrees(t, anyGeometry(t), anyProduct(t, 40)) })
}

// follows holds series.next against the stepper, pass by pass.
func follows(t fataler, g Geometry, p Operands, plan func(*Stepper) []Pass) {
	t.Helper()
	s, err := NewStepper(g.Rows, g.Cols, g.Dataflow, g.Overlap == Full, p)
	require.NoError(t, err)
	require.NoError(t, s.Plan(plan(s)))
	require.NoError(t, s.Run())
	require.Equal(t, tripleLoop(p), s.Product)
	f := series{Geometry: g}
	for i, pass := range s.Passes() {
		length := unit.Cycles(pass.To - pass.From)
		what := fmt.Sprintf("%+v m=%d k=%d n=%d pass %d: %+v", g, p.M, p.K, p.N, i, pass)
		start := f.next(pass.Stationary, pass.Moving, length, pass.Held)
		require.Equal(t, pass.Start, start, "start, %s", what)
		require.Equal(t, pass.First, start+unit.Edge(g.firstOut(length)), "first result, %s", what)
		require.Equal(t, pass.End, f.end, "end, %s", what)
	}
}

// late makes the operands of some passes arrive at edges of their own.
func late(t *rapid.T, passes []Pass) []Pass {
	edge := rapid.OneOf(rapid.Just(unit.Edge(0)), rapid.Int64Range(0, 40), rapid.Int64Range(0, 600))
	for i := range passes {
		passes[i].Stationary, passes[i].Moving = edge.Draw(t, "stationary"), edge.Draw(t, "moving")
	}
	return passes
}

// cut draws a way to cut a stream in pieces, the last of at least so many elements
// (or the whole stream).
func cut(t *rapid.T, length, last int) (bounds []int) {
	bounds = []int{0}
	for at := 0; at < length; {
		at += rapid.IntRange(1, length).Draw(t, "piece")
		if at > length-last {
			at = length
		}
		bounds = append(bounds, at)
	}
	return bounds
}

func TestSeriesWithLateOperands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		follows(t, anyGeometry(t), anyProduct(t, 20), func(s *Stepper) []Pass { return late(t, s.Passes()) })
	})
}

// TestSeriesWithUnequalStreams: streams cut in pieces, all tiles for one piece
// before the next, so that long and short streams follow one another.
func TestSeriesWithUnequalStreams(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		follows(t, anyGeometry(t), anyProduct(t, 20), func(s *Stepper) (plan []Pass) {
			folds := s.Passes()
			bounds := cut(t, folds[0].To, 1)
			for i := range len(bounds) - 1 {
				for _, fold := range folds {
					fold.From, fold.To = bounds[i], bounds[i+1]
					plan = append(plan, fold)
				}
			}
			return late(t, plan)
		})
	})
}

// TestSeriesWithHeldTiles: each tile stays for all pieces of its stream; the next
// may begin to shift in as soon as the first piece has taken the present one.
func TestSeriesWithHeldTiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGeometry(t)
		if g.Dataflow == mapping.OS {
			g.Dataflow = mapping.WS
		}
		follows(t, g, anyProduct(t, 20), func(s *Stepper) (plan []Pass) {
			for _, fold := range s.Passes() {
				bounds := cut(t, fold.To, 1)
				for i := range len(bounds) - 1 {
					fold.From, fold.To, fold.Held = bounds[i], bounds[i+1], i > 0
					plan = append(plan, fold)
				}
			}
			return late(t, plan)
		})
	})
}

// TestSeriesRun: a command of many equal folds ends where its folds end one by one.
func TestSeriesRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, p := anyGeometry(t), anyProduct(t, 20)
		at := rapid.Int64Range(0, 50).Draw(t, "stationary")
		moving := rapid.Int64Range(0, 50).Draw(t, "moving")
		s, err := NewStepper(g.Rows, g.Cols, g.Dataflow, g.Overlap == Full, p)
		require.NoError(t, err)
		plan := s.Passes()
		for i := range plan {
			plan[i].Stationary, plan[i].Moving = at, moving
		}
		require.NoError(t, s.Plan(plan))
		require.NoError(t, s.Run())
		f, last := series{Geometry: g}, plan[len(plan)-1]
		last = s.Passes()[len(plan)-1]
		assert.Equal(t, s.Passes()[0].Start, f.run(int64(len(plan)), at, moving, unit.Cycles(last.To), false))
		assert.Equal(t, last.Start, f.start)
		assert.Equal(t, last.End, f.end)
	})
}

// TestTightGates: each start found by the stepper is the first one possible; an
// edge earlier, the array itself objects, or a port or an operand is not free.
func TestTightGates(t *testing.T) {
	gates := []struct {
		name       string
		g          Geometry
		m, k, n    int
		pass       int
		load       bool
		start      unit.Edge
		edgeBefore string
	}{
		{"a stream waits for its tile", Geometry{4, 2, mapping.WS, Full}, 3, 4, 2, 0, false, 4, "tile 1 is not in place yet"},
		{"so it does without a second register", Geometry{4, 2, mapping.WS, None}, 3, 4, 2, 0, false, 4, "tile 1 is not in place yet"},
		{"the next tile follows the wave", Geometry{4, 2, mapping.WS, Full}, 6, 8, 2, 1, true, 4, "the top ports are taken"},
		{"a tile that would be overwritten", Geometry{3, 2, mapping.IS, Full}, 2, 9, 7, 2, true, 10, "the register for tile 3 still holds tile 2"},
		{"a long stream keeps the ports", Geometry{2, 2, mapping.WS, Full}, 7, 4, 2, 1, false, 9, "the left ports are taken"},
		{"short streams wait for tiles", Geometry{5, 2, mapping.WS, Full}, 2, 10, 2, 1, false, 10, "tile 2 is not in place yet"},
		{"short sums wait for the way out", Geometry{5, 3, mapping.OS, Full}, 10, 2, 3, 1, false, 5, "the way out for tile 2 is still taken by tile 1"},
		{"alone, a fold waits for the last result", Geometry{3, 2, mapping.OS, None}, 6, 4, 2, 1, false, 10, "the array is not empty"},
	}
	for _, c := range gates {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewStepper(c.g.Rows, c.g.Cols, c.g.Dataflow, c.g.Overlap == Full, randomProduct(c.m, c.k, c.n, 1))
			require.NoError(t, err)
			for s.Edge() < c.start {
				require.NoError(t, s.Step())
			}
			waits := s.streamWaits
			if c.load {
				waits = s.loadWaits
			}
			assert.Contains(t, waits, c.edgeBefore)
			require.NoError(t, s.Step())
			began := s.Passes()[c.pass].Start
			if c.load {
				began = s.Passes()[c.pass].Load
			}
			assert.Equal(t, c.start, began)
		})
	}
}

// TestStepperRefuses: what cannot be stepped is refused in one line.
func TestStepperRefuses(t *testing.T) {
	ok := randomProduct(2, 2, 2, 1)
	for _, c := range []struct {
		rows, cols int
		flow       mapping.Dataflow
		p          Operands
		says       string
	}{
		{0, 4, mapping.WS, ok, "array of 0 × 4"},
		{1 << 40, 1 << 40, mapping.WS, ok, "between 1 and 16384"},
		{2, 2, "rs", ok, `dataflow "rs" is not known; use os, ws or is`},
		{2, 2, mapping.OS, Operands{M: 0, K: 1, N: 1}, "m=0"},
		{2, 2, mapping.OS, Operands{M: 1 << 40, K: 1 << 40, N: 1}, "at most 4194304 elements"},
		{2, 2, mapping.OS, Operands{M: 2, K: 2, N: 2, A: ok.A}, "B 0"},
		{1, 1, mapping.WS, randomProduct(1, 400, 400, 1), "160000 folds"},
	} {
		_, err := NewStepper(c.rows, c.cols, c.flow, true, c.p)
		assert.ErrorContains(t, err, c.says)
	}
	for _, c := range []struct {
		pass Pass
		says string
	}{
		{Pass{To: 3}, "streams 0 to 3; give a part of 0 to 2"},
		{Pass{From: 1, To: 1}, "streams 1 to 1"},
		{Pass{Row: 2, To: 2}, "corner at (2,0)"},
		{Pass{To: 2, Held: true}, "cannot hold a tile"},
		{Pass{To: 2, Moving: -1}, "edges 0 and -1"},
		{Pass{To: 2, Stationary: 1 << 60}, "give 0 to 16777216"},
	} {
		s, err := NewStepper(2, 2, mapping.WS, true, ok)
		require.NoError(t, err)
		assert.ErrorContains(t, s.Plan([]Pass{c.pass}), c.says)
	}
}

// table reads a table of what other tools found, as maps from column to text.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "references", "systolic", name)
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here; the tables are not part of this repository", path)
	}
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(lines), 50, "%s has too few rows to mean anything", name)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range line {
			row[lines[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// number is a cell of a table as an integer.
func number(t *testing.T, row map[string]string, column string) int {
	t.Helper()
	v, err := strconv.ParseFloat(row[column], 64)
	require.NoError(t, err, "column %s", column)
	return int(v)
}

// TestAgainstSCALESimGEMMs: the GEMM table, row by row; products small enough are
// also stepped, since the table knows the duration that is physical.
func TestAgainstSCALESimGEMMs(t *testing.T) {
	exact, walked := 0, 0
	for _, row := range table(t, "gemm_reference_all.csv") {
		of := func(column string) int { return number(t, row, column) }
		m, k, n, size := of("M"), of("K"), of("N"), of("array")
		g := Geometry{size, size, mapping.Dataflow(row["dataflow"]), ScaleSim}
		what := fmt.Sprintf("%s on %d, %s", row["layer"], size, g.Dataflow)
		f := g.Fold(m, k, n)
		folds := f.RowFolds * f.ColFolds
		assert.EqualValues(t, of("row_folds"), f.RowFolds, what)
		assert.EqualValues(t, of("col_folds"), f.ColFolds, what)
		assert.EqualValues(t, of("T"), f.Length, what)
		assert.EqualValues(t, of("scalesim_total_cycles_formula"), g.Duration(folds, f.Length), what)
		assert.EqualValues(t, of("compute_cycles_plus1"), g.Duration(folds, f.Length)+1, what)
		if of("measured") == 1 {
			assert.EqualValues(t, of("measured_total_cycles"), g.Duration(folds, f.Length), what)
		}
		g.Overlap = None
		physical := g.Duration(folds, f.Length)
		assert.EqualValues(t, of("os_physically_correct_cycles_2R+C+T-2"), physical, what)
		exact++
		if int64(physical)*int64(size*size) < 300_000 {
			assert.Equal(t, stepped(t, g, randomProduct(m, k, n, 1)).Cycles(), physical, what)
			walked++
		}
	}
	require.Greater(t, walked, 10)
	t.Logf("%d rows, %d of them also stepped", exact, walked)
}

// TestAgainstSCALESimLayers: SCALE-Sim's own networks, rebuilt as GEMMs: totals and
// accesses of on-chip memory. Its count of results in os has R + C phantom writes a fold.
func TestAgainstSCALESimLayers(t *testing.T) {
	for _, row := range table(t, "topo_layers.csv") {
		of := func(column string) int { return number(t, row, column) }
		g := Geometry{of("array_rows"), of("array_cols"), mapping.Dataflow(row["dataflow"]), ScaleSim}
		m, k, n := of("M"), of("K"), of("N")
		what := fmt.Sprintf("%s %s %s, %s", row["version"], row["tag"], row["layer"], g.Dataflow)
		f, w := g.Fold(m, k, n), g.Words(m, k, n)
		folds := f.RowFolds * f.ColFolds
		assert.EqualValues(t, of("total_cycles")-of("stall_cycles"), g.Duration(folds, f.Length), what)
		phantom := int64(0)
		if g.Dataflow == mapping.OS {
			phantom = folds * int64(g.Rows+g.Cols)
		}
		assert.EqualValues(t, of("ifmap_sram_reads"), w.AReads, what)
		assert.EqualValues(t, of("filter_sram_reads"), w.BReads, what)
		assert.EqualValues(t, of("ofmap_sram_writes"), w.Writes+phantom, what)
	}
}
