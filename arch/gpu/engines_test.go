package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// eight is a product of 8-bit floats whose rows are brought to 8 bits first.
func eight(m, n, k int) *product {
	return &product{m: m, n: n, k: k, batch: 1, dt: workloads.E4M3, aCell: 1, bCell: 1, out: 2, quantised: true}
}

// TestEnginesKernels are those of vLLM's and SGLang's dispatch, by rows and columns.
func TestEnginesKernels(t *testing.T) {
	for _, x := range []struct {
		engine  string
		m, n, k int
		want    string
	}{
		{"vllm", 16, 1280, 4096, "tile=16x64x256 stages=10 warps=4 cluster=2x1"}, {"vllm", 16, 1281, 4096, "tile=16x64x256 stages=10 warps=4"},
		{"vllm", 17, 64, 4096, "tile=16x64x256 stages=10 warps=4 cluster=4x1"}, {"vllm", 64, 4096, 4096, "tile=64x64x256 stages=6 warps=4"},
		{"vllm", 128, 64, 4096, "tile=64x128x128 stages=8 warps=4 cluster=2x1"}, {"vllm", 129, 64, 4096, "tile=128x128x128 stages=6 warps=4 cluster=2x1"},
		{"vllm", 8192, 64, 6144, "tile=256x128x128 stages=4 warps=8 cluster=2x1"}, {"vllm", 8192, 64, 6143, "tile=128x128x128 stages=6 warps=4 cluster=2x1"},
		{"vllm", 8191, 64, 6144, "tile=128x128x128 stages=6 warps=4 cluster=2x1"},
		{"sglang", 1, 64, 4096, "tile=64x64x128 stages=13 warps=4 cluster=1x8"}, {"sglang", 256, 64, 4096, "tile=64x64x128 stages=13 warps=4"},
		{"sglang", 1024, 64, 4096, "tile=128x128x128 stages=6 warps=4"}, {"sglang", 1025, 64, 4096, "tile=128x128x128 stages=6 warps=4 cluster=2x1"},
	} {
		c := opened(t, "h100-sxm", "kernel.engine="+x.engine)
		got, err := c.choose(eight(x.m, x.n, x.k))
		require.NoError(t, err)
		assert.Equal(t, x.want, got.String(), "%s %d×%d×%d", x.engine, x.m, x.n, x.k)
	}
	for _, set := range []string{"kernel.engine=none", "kernel.tile_n=256", "kernel.schedule=auto"} {
		_, ok := opened(t, "h100-sxm", set).engineTiling(eight(4096, 4096, 4096))
		assert.False(t, ok, "%s leaves it to the library", set)
	}
}

// TestKernelsOfFewRowsAreNotPersistent: a CTA a tile, none of which goes on with another.
func TestKernelsOfFewRowsAreNotPersistent(t *testing.T) {
	for _, x := range []struct {
		engine  string
		m, ctas int
	}{{"vllm", 16, 1024}, {"vllm", 64, 1024}, {"vllm", 65, 132}, {"sglang", 1, 1024}, {"sglang", 2, 116}} {
		c := opened(t, "h100-sxm", "kernel.engine="+x.engine)
		p := eight(x.m, 65536, 1024)
		tile, ok := c.engineTiling(p)
		require.True(t, ok)
		k := c.gemm(p, tile)
		assert.Equal(t, x.ctas, k.ctas, "%s, %d rows", x.engine, x.m)
		assert.Equal(t, x.ctas == 1024, !k.persistent)
	}
}

// TestDealtTilesAreTakenOnce, by as many CTAs as find room, along the shorter side of
// the grid of tiles; those beyond the edge take as long as others and store nothing.
func TestDealtTilesAreTakenOnce(t *testing.T) {
	c := opened(t, "h100-sxm", "sm.count=4", "sm.quads=0", "sm.groups=2")
	for _, x := range []struct{ m, n, second int }{{2305, 4096, 2}, {4352, 300, 0}} { // high or wide: row of the second cluster
		p := eight(x.m, x.n, 1024)
		tile, ok := c.engineTiling(p)
		require.True(t, ok)
		k, r := c.gemm(p, tile), c.rasterOf(p, tile)
		assert.Equal(t, 4, k.ctas)
		row, _ := r.clustered(2)
		assert.Equal(t, x.second, row)
		taken, stored := map[[2]int]bool{}, int64(0)
		for cta := range k.ctas {
			for i := cta; ; i += k.ctas {
				row, col := r.clustered(i)
				assert.False(t, taken[[2]int{row, col}])
				taken[[2]int{row, col}] = true
				w := k.work(i)
				assert.Equal(t, 8, w.steps)
				stored += w.store
				if !k.more(i) {
					break
				}
			}
		}
		rows, cols := r.covered()
		assert.Len(t, taken, rows*cols)
		assert.Equal(t, int64(x.m*x.n*2), stored)
	}
}

// TestEnginesWriteInTurn: with few slabs a tile takes what its epilogue does; if both
// groups could write at a time it would take half.
func TestEnginesWriteInTurn(t *testing.T) {
	c := opened(t, "h100-sxm", "sm.count=2", "sm.quads=0", "sm.groups=1", "memory=ideal")
	p := eight(256, 128*40, 128)
	tile, ok := c.engineTiling(p)
	require.True(t, ok)
	edges := func(ordered bool) int64 {
		k := c.gemm(p, tile)
		k.ordered = ordered
		return newGrid(c, k, newGovernor(c), true, 0).run(0)
	}
	least := 40 * c.gemm(p, tile).finish.chain
	assert.GreaterOrEqual(t, edges(true), least)
	assert.Less(t, edges(false), least*3/4)
}

// TestQuantisationSweepsRows once where the scale is known, else twice; a warp a row in
// SGLang's kernel for many rows. A division takes vLLM's kernel with a scale a row two CTAs an SM.
func TestQuantisationSweepsRows(t *testing.T) {
	for _, x := range []struct {
		sets             []string
		rows             int
		ctas, steps, fit int
	}{
		{[]string{"kernel.quantise=static"}, 4096, 4096, 2, 8}, {nil, 4096, 4096, 4, 6},
		{[]string{"kernel.engine=sglang"}, 2111, 2111, 4, 8}, {[]string{"kernel.engine=sglang"}, 2113, 265, 32, 8},
	} {
		c := opened(t, "h100-sxm", x.sets...)
		k := c.quantise(eight(x.rows, 64, 8192))
		assert.Equal(t, x.ctas, k.ctas)
		assert.Equal(t, x.steps, k.work(0).steps)
		assert.Equal(t, x.fit, k.fit.ctas)
		stored, loaded := int64(0), int64(0)
		for i := range k.ctas {
			w := k.work(i)
			stored, loaded = stored+w.store, loaded+w.loads[0].bytes*int64(w.loads[0].until)
		}
		assert.Equal(t, int64(x.rows*8192), stored)
		assert.Equal(t, 2*stored, loaded)
	}
}

// TestQuantisationFindsInputs in L2 where products do.
func TestQuantisationFindsInputs(t *testing.T) {
	for _, sets := range [][]string{nil, {"kernel.quantise=tensor"}} {
		c := opened(t, "h100-sxm", sets...)
		edges := func(there bool) (at int64) {
			p := eight(512, 64, 8192)
			p.aThere = there
			for _, k := range c.quantising(p) {
				at = newGrid(c, k, newGovernor(c), false, at).run(at)
			}
			return at
		}
		assert.Less(t, edges(true), edges(false))
	}
}

// TestScaleForAll: four nodes, of which two go over all values; few values are few CTAs'.
func TestScaleForAll(t *testing.T) {
	c := opened(t, "h100-sxm", "kernel.quantise=tensor", "kernel.engine=none")
	for _, x := range []struct{ rows, k, busy int }{{1, 100, 1}, {300, 8192, 1024}} {
		list := c.kernelsOf(eight(x.rows, 64, x.k), tiling{m: 64, n: 64, k: 128, stages: 2, warps: 4, split: 1, cluster: 1, down: 1, across: 1})
		require.Len(t, list, 5)
		assert.Equal(t, []string{"clear", "maximum", "quantise", "widen"}, []string{list[0].name, list[1].name, list[2].name, list[3].name})
		for i, busy := range map[int]int{1: x.busy, 2: x.busy} {
			read, stored, with := int64(0), int64(0), 0
			for cta := range list[i].ctas {
				w := list[i].work(cta)
				read, stored = read+w.loads[0].bytes*int64(w.steps), stored+w.store
				if w.loads[0].bytes > 0 {
					with++
				}
			}
			values := float64(x.rows * x.k)
			assert.InEpsilon(t, 2*values, read, 0.01)
			assert.Equal(t, busy, with)
			if i == 2 {
				assert.InEpsilon(t, values, stored, 0.01)
			}
		}
	}
}
