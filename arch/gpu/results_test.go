package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStoresAreAskedForInTurn: a CTA's result leaves when its epilogue is through and is asked for then, so that
// loads which others ask for meanwhile do not stand behind it, whatever the phases of CTAs.
func TestStoresAreAskedForInTurn(t *testing.T) {
	c, p := preset(t, "a100-sxm", "kernel.tile_m=128", "kernel.tile_n=128"), bf16(4096, 4096, 128, 1)
	tile, err := c.choose(p)
	require.NoError(t, err)
	fresh := func() (*grid, *ctaState) {
		g := newGrid(c, c.gemm(p, tile), newGovernor(c), false, 0)
		g.assign(&g.slots[0], 0, 0)
		return g, &g.slots[0]
	}
	const at = 1000
	load := func(g *grid) int64 { return g.fetch(&ctaState{sm: 1}, &operand{first: 0, bytes: 1 << 10}, 0, at+1) }
	alone, _ := fresh()
	g, s := fresh()
	end := g.store(0, s, at)
	assert.Greater(t, end, int64(at+1000))
	assert.Equal(t, load(alone), load(g), "asked for while the epilogue lasts")
	before := g.tally.l2Write
	assert.Greater(t, g.step(0, end), end, "and then its bytes go")
	assert.Equal(t, int64(128*128*2), g.tally.l2Write-before)
}

// TestReadsGoBeforeResults: what SMs have written stays in L2 while DRAM has reads, goes there while it has none,
// and is pushed out when as much has come since as L2 holds.
func TestReadsGoBeforeResults(t *testing.T) {
	c := preset(t, "a100-sxm", "memory.model=rate")
	fresh := func() *grid { return newGrid(c, c.counter(), newGovernor(c), false, 0) }
	const results, line = 4 << 20, 1 << 10

	g := fresh()
	alone := g.offChip(&operand{}, line, 0)
	g = fresh()
	s := &ctaState{work: work{store: results}}
	ports := max(float64(results)/float64(c.SM.Write), float64(results)/c.takes())
	assert.InDelta(t, ports, g.write(s, 0), 1, "L2 takes it at the rate of its ports")
	assert.Equal(t, alone, g.offChip(&operand{}, line, 0), "a read at once goes before it")
	assert.InEpsilon(t, results, g.dirty, 0.001)

	drain := results / g.perEdge
	g.clean(g.dramFree + drain/2)
	assert.InEpsilon(t, results/2, g.dirty, 0.001, "half of it goes in half of its time")
	g.clean(g.dramFree + drain)
	assert.Zero(t, g.dirty)

	g = fresh()
	g.write(s, 0)
	pushed := g.offChip(&operand{}, 2*int64(c.L2.Size), 0) - fresh().offChip(&operand{}, 2*int64(c.L2.Size), 0)
	assert.Greater(t, float64(pushed), 0.8*drain, "behind twice what L2 holds")
	assert.Less(t, g.dirty, 0.2*results)
}
