package gpu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// TestLargeTilesComeFirst on Ampere where tensor cores bound a product, of whole reductions one, which has no
// more work in whole rounds than smaller ones; where memory does, what is reckoned best.
func TestLargeTilesComeFirst(t *testing.T) {
	c := preset(t, "a100-sxm")
	list := func() []candidate {
		large, medium := tiling{m: 256, n: 128, k: 32, stages: 3, warps: 8}, tiling{m: 128, n: 128, k: 32, stages: 5, warps: 4}
		cut := func(t tiling, split int, cost float64) candidate {
			t.split = split
			return candidate{tiling: t, cost: cost}
		}
		return []candidate{cut(medium, 1, 100), cut(medium, 2, 110), cut(large, 2, 120), cut(large, 3, 151), cut(large, 1, 152)}
	}
	costs := func(m int) (costs []float64) {
		got, gain := c.preferred(bf16(m, 4096, 4096, 1), list(), tried)
		assert.Equal(t, clearlyLarger, gain)
		for _, x := range got {
			costs = append(costs, x.cost)
		}
		return costs
	}
	assert.Equal(t, []float64{152, 120, 110}, costs(4096), "as many rounds as of half the tile, two an SM")
	assert.Equal(t, []float64{120, 100, 110}, costs(256), "half of an SM's work for tiles of half the size, as SMs are left over")

	got, gain := c.preferred(bf16(16, 4096, 4096, 1), list(), tried)
	assert.Equal(t, clearly, gain)
	require.Len(t, got, 3)
	assert.Equal(t, 100.0, got[0].cost)
}

// TestTheLargestTileIsTaken although one of half its size, of which two CTAs hide each other's
// ends, is faster, and although results are most of what crosses the pins: the library's times are those of 256×128.
func TestTheLargestTileIsTaken(t *testing.T) {
	for _, p := range []*product{bf16(8192, 2560, 768, 1), bf16(8192, 4096, 512, 1), bf16(2048, 16384, 128, 1)} {
		c := preset(t, "a100-sxm")
		got, err := c.choose(p)
		require.NoError(t, err)
		assert.Equal(t, 256*128, got.m*got.n, "%+v", got)
		half, err := preset(t, "a100-sxm", "kernel.tile_m=128", "kernel.tile_n=128").choose(p)
		require.NoError(t, err)
		assert.Less(t, c.trial(p, half), c.trial(p, got))
	}
}

// TestPartsAreSummedInRounds: a thread has eight parts of its result under way, and waits for L2
// again for the ninth; all parts are read once, whatever their number. One row's are read at once.
func TestPartsAreSummedInRounds(t *testing.T) {
	c, p := preset(t, "a100-sxm"), bf16(16, 48, 8192, 1)
	ends := map[int]int64{}
	for _, parts := range []int{2, 7, 8, 9, 16, 17, 32} {
		k := c.reduction(p, tiling{m: 64, n: 64, k: 64, split: parts})
		assert.Equal(t, 2, k.ctas, "512 of 768 results")
		g := newGrid(c, k, newGovernor(c), true, 0)
		ends[parts] = g.run(0)
		assert.Equal(t, int64(16*48*4*parts), g.tally.l2Read, "%d parts", parts)
	}
	assert.Less(t, ends[8]-ends[2], int64(c.L2.Far))
	for _, more := range [][2]int{{8, 9}, {16, 17}} {
		assert.GreaterOrEqual(t, ends[more[1]]-ends[more[0]], int64(c.L2.Far), "%v", more)
	}
	assert.Equal(t, 4, c.reduction(p, tiling{split: 32}).work(0).steps)
	assert.Equal(t, 1, c.reduction(bf16(1, 64, 8192, 1), tiling{split: 32, vector: true}).work(0).steps)
}

// TestPartsAreAnyNumberOnHopper: beside the usual ones as many as each part has its least slabs.
func TestPartsAreAnyNumberOnHopper(t *testing.T) {
	p := bf16(12, 128, 10240, 1)
	assert.Contains(t, shared(p, tiling{k: 64, down: 1}), 10240/64/leastSlabs)
	assert.NotContains(t, shared(p, tiling{k: 64}), 10240/64/leastSlabs)
	got, err := opened(t, "h100-sxm").choose(p)
	require.NoError(t, err)
	assert.Equal(t, 7, got.split, "as cuBLAS's [nnsim-lab]")
}

// TestSumsStartSooner: the kernel that adds the parts waits for fewer reads of code.
func TestSumsStartSooner(t *testing.T) {
	p := bf16(12, 128, 10240, 1)
	ends := func(spared string) int64 {
		c := opened(t, "h100-sxm", "launch.spared="+spared)
		return newGrid(c, c.reduction(p, tiling{m: 16, n: 64, k: 64, split: 7, down: 1}), newGovernor(c), true, 0).run(0)
	}
	c := opened(t, "h100-sxm")
	assert.Equal(t, 3*int64(c.L2.Latency+c.L2.Far)/2, ends("0")-ends("3"))
}

// TestTilesOnAmpereAreThoseOfTheNames of cuBLAS's kernels, whose rows are our columns [cublas].
func TestTilesOnAmpereAreThoseOfTheNames(t *testing.T) {
	c, list := preset(t, "a100-sxm"), map[string]bool{}
	for _, x := range c.tilings(workloads.BF16) {
		list[fmt.Sprintf("%dx%d %dx%d", x.n, x.m, x.k, x.stages)] = true
	}
	for _, name := range []string{
		"ampere_bf16_s16816gemm_bf16_256x128_ldg8_f2f_stages_64x3_tn", "ampere_fp16_s16816gemm_fp16_256x128_ldg8_f2f_stages_32x3_tn",
		"ampere_bf16_s16816gemm_bf16_128x256_ldg8_f2f_stages_64x3_tn", "ampere_fp16_s16816gemm_fp16_128x128_ldg8_f2f_stages_32x5_tn",
		"ampere_bf16_s16816gemm_bf16_256x64_ldg8_f2f_stages_64x3_tn", "ampere_bf16_s16816gemm_bf16_64x128_ldg8_f2f_stages_64x4_tn",
		"ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_64x3_tn", "ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_32x6_tn",
		"ampere_bf16_s16816gemm_bf16_64x64_ldg8_f2f_stages_64x5_tn",
	} {
		parts := strings.Split(name, "_")
		assert.True(t, list[parts[4]+" "+parts[8]], name)
		delete(list, parts[4]+" "+parts[8])
	}
	assert.Equal(t, map[string]bool{"128x256 32x3": true}, list, "beside them one that we have met no name of")
}

// TestLongProductsAreTriedInPart on Hopper, where the fewest CTAs come first: seven rounds of 256×152 are
// less than six of 256×160, however long the reduction. On Ampere what is reckoned best is taken untried.
func TestLongProductsAreTriedInPart(t *testing.T) {
	c := hopper(t)
	long, err := c.choose(bf16(3584, 8192, 1<<16, 1))
	require.NoError(t, err)
	short, err := c.choose(bf16(3584, 8192, 1<<14, 1))
	require.NoError(t, err)
	assert.Equal(t, short, long)

	list := []candidate{{tiling: tiling{k: 64}, steps: triedSteps}, {tiling: tiling{k: 64}, steps: 4 * triedSteps}}
	for k, want := range map[int]int{1 << 16: 1 << 14, 1024: 512, 256: 256} { // a quarter, eight slabs, all
		q := c.inPart(bf16(3584, 8192, k, 1), list)
		assert.Equal(t, []int{3584, 8192, want}, []int{q.m, q.n, q.k})
	}
	p := bf16(3584, 8192, 1<<16, 1)
	assert.Same(t, p, c.inPart(p, list[:1]), "no candidate is too long")
	assert.Same(t, p, preset(t, "a100-sxm").inPart(p, list))
}
