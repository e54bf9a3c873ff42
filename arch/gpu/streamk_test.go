package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// bf16 is a product whose operands have 16 bits.
func bf16(m, n, k, batch int) *product {
	return &product{m: m, n: n, k: k, batch: batch, dt: workloads.BF16, aCell: 2, bCell: 2, out: 2}
}

// TestSharesAreEvenAndWhole: over small grids, CTAs and clusters, every slab of every
// tile is taken once, shares of CTAs differ by a slab of each tile of a cluster at
// most, parts of a tile lie in neighbours, and who finishes it knows how many they are.
func TestSharesAreEvenAndWhole(t *testing.T) {
	for _, cluster := range []int{1, 2} {
		for ctas := 1; ctas <= 7; ctas++ {
			for tiles := 1; tiles <= 20; tiles++ {
				for slabs := 1; slabs <= 9; slabs++ {
					if tiles < ctas && tiles*slabs < leastShare*ctas {
						continue // fewer CTAs would be launched
					}
					r := &raster{p: &product{batch: 1}, rows: tiles * cluster, cols: 1, slabs: slabs, t: tiling{stream: ctas * cluster, cluster: cluster}}
					checkShares(t, r)
				}
			}
		}
	}
}

// checkShares goes through all pieces of a raster's CTAs.
func checkShares(t *testing.T, r *raster) {
	s := r.shares()
	all := r.t.stream
	taken, shared := map[[2]int]int{}, make([]int, all)
	joins, cuts, handed := map[int]int{}, map[int]map[int]bool{}, map[int]int{}
	for cta := range all {
		for i := cta; ; i += all {
			p, ok := s.part(i)
			if !ok {
				break
			}
			assert.False(t, p.hands && i != cta, "only the first piece is handed over")
			assert.False(t, p.hands && p.joins > 0)
			if p.hands {
				handed[p.tile]++
			} else {
				joins[p.tile] = p.joins
			}
			for slab := p.lo; slab < p.hi; slab++ {
				taken[[2]int{p.tile, slab}]++
			}
			if p.tile/r.t.cluster < s.shared {
				shared[cta] += p.hi - p.lo
			}
			if cuts[p.tile] == nil {
				cuts[p.tile] = map[int]bool{r.slabs: true}
			}
			cuts[p.tile][p.lo] = true
		}
	}
	require.Len(t, taken, r.rows*r.slabs)
	for slab, n := range taken {
		require.Equal(t, 1, n, "%v", slab)
	}
	least, most := shared[0], shared[0]
	for _, n := range shared {
		least, most = min(least, n), max(most, n)
	}
	assert.LessOrEqual(t, most-least, 1)
	sum := 0
	for tile := range r.rows {
		assert.Equal(t, handed[tile], joins[tile], "tile %d", tile)
		assert.Len(t, cuts[tile], len(s.parts(tile)))
		for _, cut := range s.parts(tile) {
			assert.True(t, cuts[tile][cut], "the data side cuts tile %d where the grid does", tile)
		}
		sum += handed[tile]
	}
	assert.Equal(t, sum, s.handed())
}

// TestALastWaveNearlyEmptyIsNotWaitedFor: 224 tiles on 216 places take much less than two waves,
// where L2 holds what they read: CTAs of stream-K are at slabs far apart, and share what stays there.
func TestALastWaveNearlyEmptyIsNotWaitedFor(t *testing.T) {
	c := preset(t, "a100-sxm")
	tl := tiling{m: 128, n: 128, k: 32, stages: 5, warps: 4, split: 1, cluster: 1}
	time := func(m int, stream bool) float64 {
		p, tl := bf16(m, 2048, 2048, 1), tl
		if stream {
			tl.stream = c.streamers(p, tl)
			assert.Equal(t, 216, tl.stream)
		}
		return c.trial(p, tl)
	}
	assert.Less(t, time(14*128, true), 0.85*time(14*128, false), "8 tiles of 224 in the last wave")
	macs, rate := 14*128*2048*2048.0, float64(c.SM.Count*c.Tensor.FP16)*c.Tensor.Reached*float64(c.Clock)
	assert.Greater(t, time(14*128, true), macs/rate, "but the tensor cores have no less to do")
}

// TestWhoFinishesATileWaitsForItsParts: the grid ends after every part has been handed
// over, moves their bytes both ways through L2, and leaves none of them in DRAM.
func TestWhoFinishesATileWaitsForItsParts(t *testing.T) {
	for _, name := range []string{"a100-sxm", "h100-sxm", "v100-sxm"} {
		c := preset(t, name, "kernel.schedule=streamk")
		p := bf16(250, 260, 4096, 2)
		p.dt = workloads.FP16
		tl, err := c.choose(p)
		require.NoError(t, err)
		require.Positive(t, tl.stream, name)
		k := c.gemm(p, tl)
		g := newGrid(c, k, newGovernor(c), false, 0)
		g.run(0)
		var parts, results int64
		for i := range k.ctas {
			if w := k.work(i); w.hands {
				parts += w.store
				assert.Positive(t, g.ready[i])
			}
		}
		results = int64(p.m * p.n * p.batch * p.out)
		assert.Positive(t, parts, name)
		assert.Equal(t, results, g.tally.dramWrite, name)
		assert.Equal(t, results+parts, g.tally.l2Write, name)
		assert.Positive(t, g.tally.stalls[onParts], name)
	}
}

// TestAVectorTakesNoLessThanItsMatrix: the kernel without tiles is never faster than
// memory gives the matrix, and near it where that is large.
func TestAVectorTakesNoLessThanItsMatrix(t *testing.T) {
	c := preset(t, "a100-sxm", "kernel.schedule=gemv")
	for _, x := range []struct {
		n, k int
		most float64
	}{{512, 2048, 30}, {4096, 5120, 1.5}, {16384, 16384, 1.1}} {
		p := bf16(1, x.n, x.k, 1)
		tl, err := c.choose(p)
		require.NoError(t, err)
		assert.True(t, tl.vector)
		least := float64(x.n*x.k*2) / (float64(c.Memory.Bandwidth) * c.Memory.Efficiency)
		got := c.trial(p, tl)
		assert.Greater(t, got, least)
		assert.Less(t, got, x.most*least, "%+v", x)
	}
}

// TestAutoTakesStreamKOnlyWhereItWins, by what both take when they are run.
func TestAutoTakesStreamKOnlyWhereItWins(t *testing.T) {
	taken := 0
	for _, x := range [][3]int{{1792, 2048, 4096}, {300, 500, 3000}, {512, 512, 512}} {
		p := bf16(x[0], x[1], x[2], 1)
		tiles := preset(t, "a100-sxm", "kernel.schedule=tiles")
		auto := preset(t, "a100-sxm", "kernel.schedule=auto")
		a, err := tiles.choose(p)
		require.NoError(t, err)
		b, err := auto.choose(p)
		require.NoError(t, err)
		assert.Zero(t, a.stream)
		if b.stream > 0 {
			taken++
			assert.Less(t, auto.trial(p, b), tiles.trial(p, a))
		} else {
			assert.Equal(t, a, b)
		}
	}
	assert.Equal(t, 1, taken)
	row, err := preset(t, "a100-sxm", "kernel.schedule=auto").choose(bf16(1, 4096, 4096, 1))
	require.NoError(t, err)
	assert.True(t, row.vector, "a row goes to the kernel without tiles")
}
