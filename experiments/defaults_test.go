package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
)

// someProduct is a convolution or a product of matrices as networks have them.
func someProduct(rng *rand.Rand) string {
	of := func(list ...int) int { return list[rng.IntN(len(list))] }
	if rng.IntN(3) == 0 {
		return fmt.Sprintf("gemm:m=%d,n=%d,k=%d", of(1, 4, 16, 50, 128), of(64, 200, 512, 768), of(64, 300, 768))
	}
	r, groups := of(1, 1, 3, 3, 5), 1
	c, k := of(16, 32, 64, 96, 256), of(16, 32, 64, 128, 320)
	if rng.IntN(5) == 0 {
		groups, k = c, c
	}
	side := of(7, 13, 14, 28, 40)
	return fmt.Sprintf("conv:n=%d,c=%d,h=%d,w=%d,k=%d,r=%d,s=%d,stride=%d,pad=%d,groups=%d", of(1, 1, 2, 6), c, side, side, k, r, r, of(1, 1, 2), r/2, groups)
}

// Default mappings take little longer than what a search finds, which simulates two dozen others.
// Eyeriss' and NVDLA's usual ones are not held to that: they are what the chip's designers and
// the vendor's estimates say, good or not.
func TestDefaultsAreGood(t *testing.T) {
	for _, c := range []struct {
		device      string
		sets        []string
		mean, worst float64 // the default's time to what is found
	}{
		{"zcu102-dpu", []string{"host.input=0 s"}, 1.013, 1.06},
		{"zcu102-dpu", []string{"memory=ideal"}, 1.005, 1.02},
		{"pynq-z1", []string{"design=overlay"}, 1.01, 1.06},
		{"nvdla-large", []string{"schedule=best"}, 1.02, 1.1},
		{"nvdla-small", []string{"schedule=best"}, 1.02, 1.1},
		{"diannao", nil, 1.03, 1.15},
	} {
		rng, ratios := rand.New(rand.NewPCG(3, 1)), []float64{}
		count := 16
		if testing.Short() {
			count = 8
		}
		logs := 0.0
		for range count {
			e := Experiment{Device: c.device, Sets: c.sets, Workload: someProduct(rng), Check: arch.None}
			usual, err := e.Run(t.Context())
			require.NoError(t, err)
			e.Mapping = "search,budget=5000"
			found, err := e.Run(t.Context())
			require.NoError(t, err)
			ratio := float64(usual.Cycles) / float64(found.Cycles)
			ratios, logs = append(ratios, ratio), logs+math.Log(ratio)
			assert.LessOrEqual(t, ratio, c.worst, "%s %v: %s", c.device, c.sets, e.Workload)
		}
		mean := math.Exp(logs / float64(count))
		t.Logf("%-12s %-20v %.3f times what is found in the geometric mean, at worst %.2f", c.device, c.sets, mean, slices.Max(ratios))
		assert.LessOrEqual(t, mean, c.mean, "%s %v", c.device, c.sets)
	}
}
