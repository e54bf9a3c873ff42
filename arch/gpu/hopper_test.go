package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// hopper is the H100 as its preset has it.
func hopper(t *testing.T) *Config {
	text, ok := Presets.Text("h100-sxm")
	require.True(t, ok)
	m, err := Open("h100-sxm", text, nil)
	require.NoError(t, err)
	return &m.cfg
}

// TestStagesAreThoseOfTheNames: what shared memory leaves room for is what cuBLAS's
// kernels have, nvjet_sm90_tst_{n}x{m}_64x{stages}, and who shares a tile too [nnsim-lab].
func TestStagesAreThoseOfTheNames(t *testing.T) {
	c := hopper(t)
	for _, x := range []struct {
		n, m, stages int
		coop         bool
	}{
		{64, 8, 16, false}, {128, 8, 12, false}, {192, 8, 8, false}, {256, 8, 6, false}, {512, 8, 3, false}, {128, 40, 10, false}, {64, 56, 14, false}, {64, 64, 13, false},
		{80, 64, 11, false}, {128, 128, 6, false}, {128, 136, 6, false}, {176, 128, 5, false}, {256, 80, 5, false}, {128, 192, 5, true}, {192, 192, 4, true}, {192, 208, 4, true},
		{256, 120, 4, true}, {256, 152, 4, true}, {256, 160, 4, true}, {320, 128, 3, true}, {512, 56, 2, true},
	} {
		tile, ok := c.grouped(x.m, x.n, 2)
		require.True(t, ok, "%dx%d", x.n, x.m)
		assert.Equal(t, x.stages, tile.stages, "%dx%d", x.n, x.m)
		assert.Equal(t, x.coop, tile.coop, "%dx%d", x.n, x.m)
		assert.Equal(t, 1, c.fits(tile, 2).ctas, "%dx%d", x.n, x.m)
	}
	_, ok := c.grouped(256, 256, 2)
	assert.False(t, ok, "256x256 has more sums than two groups have registers")
	for cluster, ctas := range map[int]int{1: 132, 2: 132, 4: 120, 8: 120} {
		assert.Equal(t, ctas, c.places(cluster), "clusters of %d", cluster)
	}
}

// TestClustersCoverEveryTileOnce: over small grids and all clusters, each tile is one
// CTA's, those of a cluster lie together, and the rest of a cluster has nothing to do.
func TestClustersCoverEveryTileOnce(t *testing.T) {
	c := hopper(t)
	for _, shape := range clusters {
		for rows := 1; rows <= 6; rows++ {
			for cols := 1; cols <= 6; cols++ {
				p := bf16(rows*64, cols*64, 128, 1)
				r := c.rasterOf(p, tiling{m: 64, n: 64, k: 64, stages: 2, warps: 4, split: 1, cluster: shape[0] * shape[1], down: shape[0], across: shape[1]})
				high, wide := r.covered()
				taken := map[[2]int]int{}
				for i := range high * wide {
					row, col := r.clustered(i)
					first, top := r.clustered(i / r.t.cluster * r.t.cluster)
					assert.Equal(t, [2]int{first / shape[0], top / shape[1]}, [2]int{row / shape[0], col / shape[1]}, "a cluster's tiles lie together")
					w := r.work(i)
					assert.Equal(t, row < rows && col < cols, w.steps > 0, "%v %d %d", shape, rows, cols)
					taken[[2]int{row, col}]++
				}
				require.Len(t, taken, high*wide, "%v %d %d", shape, rows, cols)
			}
		}
	}
}

// TestAProcessorClusterSharesItsPort: SMs of a group wait for each other's bytes, those of
// different groups do not, and a lower clock of the SMs takes nothing from the port.
func TestAProcessorClusterSharesItsPort(t *testing.T) {
	c := opened(t, "h100-sxm", "sm.groups=8", "sm.port=487 B")
	k := c.gemm(bf16(256, 128, 64, 1), tiling{m: 128, n: 128, k: 64, stages: 2, warps: 4, split: 1, cluster: 2, down: 2, across: 1})
	g := newGrid(c, k, newGovernor(c), false, 0)
	bytes := 100 * float64(c.SM.Port)
	g.gov.clock = float64(c.Clock)
	assert.InDelta(t, 100, g.passes(0, bytes, 0), 1e-6)
	assert.InDelta(t, 200, g.passes(16, bytes, 0), 1e-6)
	assert.InDelta(t, 100, g.passes(17, bytes, 0), 1e-6)
	g.gov.clock = float64(c.Clock) / 2
	assert.InDelta(t, 50, g.passes(34, bytes, 0), 1e-6)
	k.cluster = 1 // CTAs by themselves
	assert.InDelta(t, 50, g.passes(3, bytes, 0), 1e-6)
	assert.InDelta(t, 50, g.passes(4, bytes, 0), 1e-6)
}

// TestResultsLeaveThroughThePort of their group of SMs, which has an eighth of what L2 takes from all.
func TestResultsLeaveThroughThePort(t *testing.T) {
	c := opened(t, "h100-sxm", "l2.write=2048 B", "sm.write=2048 B", "memory=ideal")
	k := c.gemm(bf16(256, 128, 64, 1), tiling{m: 128, n: 128, k: 64, stages: 2, warps: 4, split: 1, cluster: 2, down: 2, across: 1})
	g := newGrid(c, k, newGovernor(c), true, 0)
	g.gov.clock = float64(c.Clock)
	write := func(sm int32) int64 { return g.write(&ctaState{sm: sm, work: work{store: 25600}}, 0) }
	assert.Equal(t, int64(100), write(0))
	assert.Equal(t, int64(200), write(16))
	assert.Equal(t, int64(100), write(17))
	g.gov.clock = float64(c.Clock) / 2
	assert.Equal(t, int64(50), write(34), "the SMs' edges are longer then")
}

// TestFewSMsReadAsFastAsTheyCan, and all together as fast as L2's ports: SGLang's tiles of 64×64, one
// an SM, share nothing.
func TestFewSMsReadAsFastAsTheyCan(t *testing.T) {
	c := opened(t, "h100-sxm", "kernel.engine=sglang", "memory=ideal")
	read := func(m, n int) float64 { // bytes an edge and SM
		p := eight(m, n, 1<<16)
		tile, ok := c.engineTiling(p)
		require.True(t, ok)
		k := c.gemm(p, tile)
		return 2 * 64 * float64(p.k) / float64(newGrid(c, k, newGovernor(c), true, 0).run(0))
	}
	assert.InDelta(t, float64(c.SM.Read), read(128, 64), 4)
	assert.InDelta(t, float64(c.SM.Port)/float64(c.perPort()), read(256, 64*33), 1)
}

// TestPartsOfATileWaitForBuffers from the third on, a group of warps for its own.
func TestPartsOfATileWaitForBuffers(t *testing.T) {
	for parts, want := range map[int]int64{1: 0, 2: 0, 3: bufferHeld / 2, 8: 3 * bufferHeld} {
		assert.Equal(t, want, tiling{m: 64, n: 32 * parts, warps: 4}.heldUp(), "%d parts", parts)
		assert.Equal(t, want, tiling{m: 128, n: 32 * parts, warps: 8}.heldUp(), "%d parts of each group", parts)
	}
}

// TestFewCTAsComeFirst of what is reckoned within slack of the best.
func TestFewCTAsComeFirst(t *testing.T) {
	list, gain := hopper(t).preferred(&product{dt: workloads.BF16}, []candidate{{cost: 100, ctas: 500}, {cost: 105, ctas: 120}, {cost: 110, ctas: 90}, {cost: 111, ctas: 1}}, tried)
	assert.Equal(t, clearlyFewer, gain)
	require.Len(t, list, 3)
	assert.Equal(t, []int{90, 120, 500}, []int{list[0].ctas, list[1].ctas, list[2].ctas})
}

// TestTensorCoresBringTheClockDown at once, and the pipes after them get it back with the lag.
func TestTensorCoresBringTheClockDown(t *testing.T) {
	c := hopper(t)
	g := newGovernor(c)
	g.engage(true)
	assert.InDelta(t, 1750e6, g.clock, 1)
	g.engage(false)
	g.close(int64(float64(c.Power.Lag) * g.clock))
	assert.Greater(t, g.clock, 1800e6)
	assert.Less(t, g.clock, 1980e6)
}

// TestSlabsOfFewColumns: a slab takes its turn once, however many instructions it has.
func TestSlabsOfFewColumns(t *testing.T) {
	c := hopper(t)
	p := bf16(8, 64, 4096, 1)
	slab := func(m, n, k int) int64 { return c.groupSlab(p, tiling{m: m, n: n, k: k, warps: 4}).chain }
	assert.Equal(t, int64(143), slab(8, 64, 64), "four instructions of 64×8 [nnsim-lab]")
	assert.Equal(t, int64(143+4*groupInterval), slab(8, 64, 128), "eight")
	assert.Equal(t, c.onTensor(128*128*64, p.dt), slab(128, 128, 64), "where the pipe takes longer, it alone counts")
}
