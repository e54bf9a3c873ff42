package eie

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// pruned draws a matrix of rows whose shares of what is not zero differ by a log-normal spread.
func pruned(rng *rand.Rand, rows, columns int, share, spread float64) [][]int32 {
	matrix, sum := make([][]int32, rows), 0.0
	shares := make([]float64, rows)
	for i := range shares {
		shares[i] = math.Exp(spread * rng.NormFloat64())
		sum += shares[i]
	}
	for i := range matrix {
		matrix[i] = make([]int32, columns)
		for j := range matrix[i] {
			if rng.Float64() < shares[i]*share*float64(rows)/sum {
				matrix[i][j] = 1
			}
		}
	}
	return matrix
}

// balanced is the matrix with its rows in another order: each, the fullest first, goes to the PE that
// holds the fewest entries of those with room for a row.
func balanced(matrix [][]int32, pes int) [][]int32 {
	entries := func(row []int32) (n int) {
		for _, w := range row {
			n += int(w)
		}
		return n
	}
	sorted := slices.Clone(matrix)
	slices.SortStableFunc(sorted, func(a, b []int32) int { return cmp.Compare(entries(b), entries(a)) })
	loads, counts, order := make([]int, pes), make([]int, pes), make([][]int32, len(matrix))
	for _, row := range sorted {
		least := -1
		for pe := range pes {
			if counts[pe]*pes+pe < len(matrix) && (least < 0 || loads[pe] < loads[least]) {
				least = pe
			}
		}
		order[counts[least]*pes+least] = row
		counts[least], loads[least] = counts[least]+1, loads[least]+entries(row)
	}
	return order
}

// TestRowsInTurnAreBalanced: where zeros lie at random, rows dealt out in turn take as long as rows dealt
// out by their entries, within 3 %, so that there is nothing to choose. It is rows that differ for
// which the order would matter, by a fifth here.
func TestRowsInTurnAreBalanced(t *testing.T) {
	m, rng := opened(t), rand.New(rand.NewPCG(1, 2))
	edges := func(matrix [][]int32, acts []int32) float64 {
		return float64(m.cfg.exact(acts, len(matrix), func(j, i int) int32 { return matrix[i][j] }).edges)
	}
	acts := make([]int32, 1024)
	for j := range acts {
		acts[j] = int32(j % 2)
	}
	even, uneven := pruned(rng, 1000, len(acts), 0.25, 0), pruned(rng, 1000, len(acts), 0.25, 0.5)
	assert.InEpsilon(t, edges(even, acts), edges(balanced(even, 64), acts), 0.03)
	assert.Less(t, edges(balanced(uneven, 64), acts), 0.85*edges(uneven, acts))
}
