package gpu

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/config"
	"nnsim/workloads"
)

// preset reads a preset's configuration.
func preset(t *testing.T, name string, sets ...string) *Config {
	t.Helper()
	c := &Config{}
	text, ok := Presets.Text(name)
	require.True(t, ok)
	_, err := config.Load(name, text, sets, c)
	require.NoError(t, err)
	return c
}

func TestResidencyNamesWhatLimitsIt(t *testing.T) {
	c := preset(t, "a100-sxm")
	for _, x := range []struct {
		warps, registers int
		shared           int64
		ctas             int
		by               string
	}{
		{1, 32, 0, 32, "slots"}, {8, 32, 0, 8, "warps"}, {8, 184, 0, 1, "registers"}, {4, 128, 65 << 10, 2, "shared memory"},
		{4, 128, 54 << 10, 3, "shared memory"}, {4, 128, 55 << 10, 2, "shared memory"}, // tight: 164 KiB hold 3 × 54, not 3 × 55
	} {
		assert.Equal(t, residency{x.ctas, x.by}, c.resident(x.warps, x.registers, x.shared))
	}
}

// TestL2KeepsTheYoungest: slabs go round in an L2; what is missing is what a cache of hashed sets
// misses that pushes out their oldest line (TestUnkept), where an exact order would find all or nothing.
func TestL2KeepsTheYoungest(t *testing.T) {
	const capacity, bytes = 1 << 20, 1 << 12
	for _, ratio := range []float64{0.3, 0.75, 0.9, 1, 1.3, 1.7, 2.5} {
		slabs := int(ratio * capacity / bytes)
		l, missing := newCache(capacity, slabs), int64(0)
		for round := range 9 {
			for slab := range slabs {
				_, gone := l.touch(slab, bytes, 0)
				if round == 0 {
					assert.Equal(t, int64(bytes), gone, "never touched before")
				} else {
					missing += gone
				}
			}
		}
		assert.InDelta(t, unkept(ratio, 1), float64(missing)/float64(8*slabs*bytes), 0.03, "ratio %v", ratio)
		l, missing = newCache(capacity, slabs), 0
		for slab := range slabs { // and of what a run before has touched as long ago
			_, gone := l.touch(slab, bytes, int(math.Round(ratio*capacity/epochBytes(capacity))))
			missing += gone
		}
		assert.InDelta(t, unkept(ratio, 1), float64(missing)/float64(slabs*bytes), 0.05, "ratio %v", ratio)
	}
}

// TestResultsTakeRoomInL2: a slab is found again unless several times what it holds has come in since.
func TestResultsTakeRoomInL2(t *testing.T) {
	l := newCache(1<<20, 1)
	l.touch(0, 4096, 0)
	_, gone := l.touch(0, 4096, 0)
	assert.Zero(t, gone)
	for range 1024 {
		l.fill(4096)
	}
	_, gone = l.touch(0, 4096, 0)
	assert.Equal(t, int64(4096), gone)
}

// TestBothPartitionsOfL2HoldDifferentLines: a column of tiles of six tenths of L2, which all columns read
// again, comes from DRAM once but for the sets that are full; L2 of half the size would not keep it.
func TestBothPartitionsOfL2HoldDifferentLines(t *testing.T) {
	read := func(size string) float64 {
		c := opened(t, "h100-sxm", "sm.count=4", "sm.quads=0", "sm.groups=2", "l2.inputs=cold", "l2.size="+size)
		p := eight(4096, 2048, 2560)
		tile, ok := c.engineTiling(p)
		require.True(t, ok)
		g := newGrid(c, c.gemm(p, tile), newGovernor(c), false, 0)
		g.run(0)
		return float64(g.tally.dramRead) / float64((p.m+p.n)*p.k)
	}
	assert.Less(t, read("16 MiB"), 1.2)
	assert.Greater(t, read("8 MiB"), 2.0)
}

// TestTheRasterVisitsEveryTileOnce for all small grids and groups.
func TestTheRasterVisitsEveryTileOnce(t *testing.T) {
	for rows := 1; rows <= 9; rows++ {
		for cols := 1; cols <= 9; cols++ {
			for group := 1; group <= 4; group++ {
				r := &raster{rows: rows, cols: cols, group: group}
				seen := map[[2]int]bool{}
				for i := range rows * cols {
					row, col := r.tile(i)
					assert.True(t, row >= 0 && row < rows && col >= 0 && col < cols)
					seen[[2]int{row, col}] = true
				}
				assert.Len(t, seen, rows*cols)
			}
		}
	}
}

// TestTheGovernorHoldsTheLimit: a load above the limit ends at it, with the lag; one below never moves the clock.
func TestTheGovernorHoldsTheLimit(t *testing.T) {
	c := preset(t, "h100-sxm")
	heavy, light := newGovernor(c), newGovernor(c)
	perEdge := 1000.0 / float64(c.Clock) // joules: 1 kW at boost
	for i := int64(1); i <= 400; i++ {
		at := i * heavy.window
		heavy.core += perEdge * float64(heavy.window)
		light.core += perEdge / 4 * float64(light.window)
		heavy.close(at)
		light.close(at)
		if i == windowsPerLag {
			assert.InDelta(t, 0.63, (heavy.boost-heavy.clock)/(heavy.boost-heavy.allowed(perEdge, 0)), 0.05, "after one time constant, a window being longer at a lower clock")
		}
	}
	assert.InEpsilon(t, float64(c.Power.Limit), heavy.power(heavy.clock, perEdge, 0), 0.01)
	assert.Equal(t, light.boost, light.clock)
}

// TestAMultiplyAddIsNotPricedByWidthAlone where the preset says which share goes with it.
func TestAMultiplyAddIsNotPricedByWidthAlone(t *testing.T) {
	c := opened(t, "h100-sxm", "power.wide=0.8")
	mac := float64(c.Power.MAC)
	assert.InEpsilon(t, 0.6*mac, c.macJoules(workloads.E4M3), 1e-9)
	assert.InEpsilon(t, mac, c.macJoules(workloads.BF16), 1e-9)
	assert.InEpsilon(t, 1.8*mac, c.macJoules(workloads.TF32), 1e-9)
	a := preset(t, "a100-sxm")
	assert.InEpsilon(t, float64(a.Power.MAC)/2, a.macJoules(workloads.Int8), 1e-9, "all of it")
}

// What a board at its limit draws, by the prices of its events, is the limit: they follow the voltage of the clock.
func TestPricesOfAThrottledRun(t *testing.T) {
	m, net, r := operated(t, "t4", "gemm:m=2048,n=2048,k=2048,dtype=fp32")
	require.NoError(t, r.Price(m.Prices(net.Precision)))
	assert.InEpsilon(t, float64(m.cfg.Power.Limit), float64(r.AveragePowerWatts), 0.03)
}

func TestTheHeuristicFollowsOverrides(t *testing.T) {
	p := &product{m: 512, n: 512, k: 512, batch: 1, dt: workloads.BF16, aCell: 2, bCell: 2, out: 2}
	got, err := preset(t, "a100-sxm", "kernel.tile_m=64", "kernel.tile_n=64", "kernel.split=2").choose(p)
	require.NoError(t, err)
	assert.Equal(t, [3]int{64, 64, 2}, [3]int{got.m, got.n, got.split})
	_, err = preset(t, "a100-sxm", "kernel.tile_m=48").choose(p)
	assert.ErrorContains(t, err, "kernel.tile_m")
}

// On the FP32 pipe Volta's reductions are split where tiles are few, Ampere's and Hopper's only where the smallest tiles are too few.
func TestReductionsOfFP32(t *testing.T) {
	for name, want := range map[string]bool{"v100-pcie": true, "t4": true, "a100-pcie-40": false, "h100-sxm": false} {
		p := &product{m: 1024, n: 1024, k: 4096, batch: 1, dt: workloads.FP32, aCell: 4, bCell: 4, out: 4}
		got, err := preset(t, name).choose(p)
		require.NoError(t, err)
		assert.Equal(t, want, got.split > 1, "%s: %v", name, got)
		p.m, p.n = 128, 128
		got, err = preset(t, name).choose(p)
		require.NoError(t, err)
		assert.Greater(t, got.split, 1, "%s: %v", name, got)
	}
}

// TestMoreCTAsNeverEndSooner: the grid's time grows with the rows of a product.
func TestMoreCTAsNeverEndSooner(t *testing.T) {
	c := preset(t, "v100-sxm")
	before := int64(0)
	for m := 128; m <= 128*200; m += 128 * 9 {
		p := &product{m: m, n: 1024, k: 512, batch: 1, dt: workloads.FP16, aCell: 2, bCell: 2, out: 2}
		tl := tiling{m: 128, n: 128, k: 32, stages: 2, warps: 4, split: 1, cluster: 1}
		end := newGrid(c, c.gemm(p, tl), newGovernor(c), false, 0).run(0)
		assert.GreaterOrEqual(t, end, before)
		before = end
	}
}

// TestTheTableOfMissesHoldsLoadsBack: what is under way fills it, and no more leaves than one size a latency.
func TestTheTableOfMissesHoldsLoadsBack(t *testing.T) {
	c := preset(t, "a100-sxm", "sm.flight=12 KiB", "l2.latency=200", "l2.far=400")
	g := newGrid(c, &kernel{ctas: 1, fit: residency{ctas: 1}, stages: 1}, newGovernor(c), false, 0)
	sm := &g.sms[0]
	far := float64(c.L2.Far)
	mean := int64(c.L2.Latency+c.L2.Far) / 2
	assert.Equal(t, mean, g.tracked(sm, 12<<10, 0, far), "a full table is through after one mean latency")
	assert.Equal(t, 2*mean, g.tracked(sm, 12<<10, 0, far), "the next waits for it")
	assert.Equal(t, 2*mean+mean/2, g.tracked(sm, 6<<10, 0, far), "half of it takes half as long")
	c.SM.Flight = 0
	assert.Zero(t, g.tracked(sm, 1<<20, 0, far), "no table, no limit")
}

// TestTheChoiceIsNoWorseThanTheReckoning: of the tilings run, none beats the one chosen by more than the margin, where
// the library does not like the largest tiles better.
func TestTheChoiceIsNoWorseThanTheReckoning(t *testing.T) {
	c := preset(t, "a100-sxm")
	for _, x := range [][3]int{{64, 1024, 4096}, {512, 4096, 1024}, {128, 8192, 256}} {
		p := &product{m: x[0], n: x[1], k: x[2], batch: 1, dt: workloads.BF16, aCell: 2, bCell: 2, out: 2}
		got, err := c.choose(p)
		require.NoError(t, err)
		list := c.candidates(p)
		best := list[0]
		for _, l := range list[1:] {
			if l.cost < best.cost {
				best = l
			}
		}
		assert.LessOrEqual(t, clearly*c.trial(p, got), c.trial(p, best.tiling), "%v", x)
	}
}
