package gpu

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// serving is queries of 32 heads of 128 that share heads of keys, in bf16.
func serving(batch, keyHeads, rows, keys int) *attentionWork {
	return &attentionWork{batch: batch, heads: 32, shared: 32 / keyHeads, rows: rows, keys: keys, dim: 128, dimV: 128, causal: rows > 1, dt: workloads.BF16, out: 2,
		macs: int64(batch) * 32 * int64(rows) * int64(keys) * 256}
}

// paged is the same as an engine's operator on a preset, cut.
func paged(t *testing.T, c *Config, a *attentionWork) *attentionWork {
	c.operates(a)
	require.True(t, a.paged)
	require.NoError(t, c.cut(a))
	return a
}

// A cache is in use where keys are more than queries, and by its type where they are as many.
func TestOperator(t *testing.T) {
	for _, e := range []struct {
		preset, operator string
		rows, keys       int
		dt               workloads.DType
		causal           bool
		kernels          []string
	}{
		{"h100-sxm", "auto", 512, 512, workloads.BF16, true, []string{"append", "prepare", "flash"}},
		{"h100-sxm", "auto", 512, 512, workloads.FP16, true, []string{"flash"}},
		{"h100-sxm", "auto", 512, 512, workloads.BF16, false, []string{"flash"}},
		{"h100-sxm", "engine", 512, 512, workloads.FP16, true, []string{"append", "prepare", "flash"}},
		{"h100-sxm", "engine", 512, 512, workloads.FP16, false, []string{"flash"}},
		{"h100-sxm", "auto", 1, 4096, workloads.FP16, false, []string{"append", "prepare", "flash", "combine"}},
		{"a100-sxm", "auto", 1, 4096, workloads.BF16, false, []string{"append", "prepare", "flash", "combine"}},
		{"a100-sxm", "kernel", 1, 4096, workloads.BF16, false, []string{"flash", "combine"}},
		{"h100-sxm", "kernel", 512, 512, workloads.BF16, true, []string{"flash"}},
		{"v100-pcie", "auto", 1, 4096, workloads.FP16, false, []string{"append", "flash", "combine"}},
		{"h100-sxm", "auto", 1, 4096, workloads.FP32, false, []string{"append", "flash", "combine"}},
	} {
		c := opened(t, e.preset, "kernel.operator="+e.operator)
		a := serving(1, 8, e.rows, e.keys)
		a.dt, a.causal = e.dt, e.causal
		c.operates(a)
		require.NoError(t, c.cut(a))
		var names []string
		for _, k := range c.attention(a) {
			names = append(names, k.name)
		}
		assert.Equal(t, e.kernels, names, "%+v", e)
	}
}

// The parts of keys that FlashAttention 3 reckons, by hand from its rules.
func TestPagedSplits(t *testing.T) {
	for _, e := range []struct {
		preset                string
		batch, keyHeads, keys int
		most, split           int
	}{
		{"h100-sxm", 1, 1, 16384, 122, 64}, // 128 blocks; 1.1·128/132 is 2 a SM; 0.85·122/132 is within 95 % of 0.85·128/132
		{"h100-sxm", 16, 4, 2048, 16, 2},   // 1.1·16·16·4/132 is 9 of 16
		{"h100-sxm", 1, 32, 4096, 4, 4},    // 128 of 132 SMs
		{"h100-sxm", 16, 32, 1024, 1, 1},   // 8 blocks and 32 heads: never
		{"a100-sxm", 16, 8, 1024, 10, 1},   // 10 blocks of 112; 1.1·16·10·8/108 is 14
		{"a100-sxm", 1, 8, 8192, 13, 11},   // 74 blocks; 13·8 of 108 SMs; 1.1·74·8/108 is 7 of 74
		{"a100-sxm", 993, 8, 8192, 13, 1},  // more sequences than the device counts
	} {
		a := paged(t, opened(t, e.preset), serving(e.batch, e.keyHeads, 1, e.keys))
		assert.Equal(t, [2]int{e.most, e.split}, [2]int{a.most, a.split}, "%+v", e)
	}
}

// The fewest parts within 95 %, whatever the device and the blocks.
func TestFewestParts(t *testing.T) {
	c := opened(t, "h100-sxm")
	for ctas := 1; ctas < 120; ctas += 7 {
		for blocks := 1; blocks < 200; blocks += 13 {
			full := func(n int) float64 {
				waves := float64(ctas*n) / 132
				return waves / math.Ceil(waves) * map[bool]float64{true: 0.85, false: 1}[blocks/n < 4]
			}
			got, best := c.splitsAtMost(ctas, blocks), 0.0
			if ctas > 105 || blocks <= 4 || blocks <= 8 && ctas >= 32 {
				assert.Equal(t, 1, got, "%d CTAs, %d blocks", ctas, blocks)
				continue
			}
			for n := 1; n <= min(128, blocks); n++ {
				best = max(best, full(n))
			}
			assert.GreaterOrEqual(t, full(got), 0.95*best)
			for n := 1; n < got; n++ {
				assert.Less(t, full(n), 0.95*best, "%d parts would do, not %d", n, got)
			}
		}
	}
}

// Tiles of an engine's kernels: with parts and without, by heads and path.
func TestPagedTiles(t *testing.T) {
	for _, e := range []struct {
		preset     string
		rows, dim  int
		tall, wide int
		warps      int
	}{
		{"h100-sxm", 1, 128, 128, 128, 12}, {"h100-sxm", 2048, 128, 128, 128, 12}, {"h100-sxm", 2048, 64, 192, 128, 16}, {"h100-sxm", 1, 64, 192, 128, 16},
		{"h100-sxm", 2048, 192, 128, 96, 12}, {"h100-sxm", 2048, 256, 128, 80, 12},
		{"a100-sxm", 1, 128, 128, 112, 8}, {"l40s", 1, 128, 128, 112, 8}, {"a100-sxm", 2048, 128, 128, 64, 4}, {"a100-sxm", 1, 64, 64, 128, 4}, {"a100-sxm", 2048, 64, 128, 128, 4},
	} {
		c, a := opened(t, e.preset), serving(1, 8, e.rows, 4096)
		a.dim, a.dimV = e.dim, e.dim
		paged(t, c, a)
		assert.Equal(t, [2]int{e.tall, e.wide}, [2]int{a.tall, a.wide}, "%+v", e)
		k := c.flash(a)
		assert.Equal(t, e.warps, k.warps, "%+v", e)
		if e.dim >= 128 {
			assert.Equal(t, 1, k.fit.ctas, "%+v", e)
		}
	}
}

// Every query of a tile finds the keys it sees, from the last tile of keys to the first, and tiles
// come as their queries do.
func TestPagedWork(t *testing.T) {
	c := opened(t, "h100-sxm")
	a := paged(t, c, serving(2, 8, 1000, 1500))
	k := c.flash(a)
	require.Equal(t, 2*8*32, k.ctas) // 4,000 rows of four heads, by 128
	steps := unit.CeilDiv(1500, 128)
	for i := range k.ctas {
		w, head, tile := k.work(i), i/32, i%32
		last := 500 + min(1000, (tile+1)*32) - 1 // key that the tile's last query sees last
		assert.Equal(t, last/128+1, w.steps, "tile %d", tile)
		o := &w.loads[0]
		assert.Equal(t, head*steps+w.steps-1, o.slab(0))
		assert.Equal(t, head*steps, o.slab(w.steps-1))
		if tile == 31 {
			assert.Equal(t, int64((4000-31*128)*128*2), w.store)
		}
	}
	var rows int64
	for tile := range 32 {
		rows += int64(min(4000, (tile+1)*128)-tile*128) * int64(min(1500, unit.CeilDiv(500+min(1000, (tile+1)*32), 128)*128))
	}
	assert.Equal(t, min(a.macs, rows*2*8*256), k.macs)
}

// operator runs an operator by itself.
func operator(t *testing.T, preset, work string, sets ...string) *results.Run {
	_, _, r := operated(t, preset, work, sets...)
	return r
}

// operated is a machine, what it was given, and its run.
func operated(t *testing.T, preset, work string, sets ...string) (*Machine, *workloads.Network, *results.Run) {
	t.Helper()
	text, _ := Presets.Text(preset)
	m, err := Open(preset, text, sets)
	require.NoError(t, err)
	w, err := catalog.Open(work, catalog.Defaults{})
	require.NoError(t, err)
	net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	require.NoError(t, err)
	r, err := m.Run(arch.Job{Net: net, Plan: plan})
	require.NoError(t, err)
	return m, net, r
}

// Each kernel waits for a launch, but on Hopper those that are there before the last has ended.
func TestLaunchesOfAnEngine(t *testing.T) {
	for preset, gaps := range map[string]float64{"h100-sxm": 2, "a100-sxm": 4} {
		const work = "attention:heads=32,kvheads=8,seq=1,kv=4096,dim=128,dtype=bf16"
		with, without := operator(t, preset, work, "launch.gap=10 us"), operator(t, preset, work, "launch.gap=0 s")
		assert.InDelta(t, gaps*10e-6, float64(with.Seconds-without.Seconds), 0.1e-6, preset)
	}
}

// What is read again and again is found in L2 as long as it fits with a copy of half of it.
func TestCacheInL2(t *testing.T) {
	const mib = 1 << 20
	for keys, there := range map[int]bool{4096: true, 8192: true, 9216: false} { // 4 KiB a key
		r := operator(t, "h100-sxm", "attention:heads=32,kvheads=8,seq=1,kv="+strconv.Itoa(keys)+",dim=128,dtype=bf16")
		if there {
			assert.Less(t, r.DRAM.ReadBytes, int64(mib), keys)
		} else {
			assert.GreaterOrEqual(t, r.DRAM.ReadBytes, int64(keys)*4096)
		}
	}
	cold := operator(t, "h100-sxm", "attention:heads=32,kvheads=8,seq=1,kv=4096,dim=128,dtype=bf16", "l2.inputs=cold")
	assert.GreaterOrEqual(t, cold.DRAM.ReadBytes, int64(4096*4096))
}

// A layer's cache of earlier keys and values is not in L2 because the newest are.
func TestCacheOfANetwork(t *testing.T) {
	r := operator(t, "a100-sxm", "gpt2-small,phase=decode,kv=256,dtype=bf16")
	read := int64(0)
	for _, l := range r.Layers {
		if l.Op == "Attention" {
			read += l.DRAMReadBytes
		}
	}
	assert.GreaterOrEqual(t, read, int64(12*2*256*768*2))
}

// The next tile of paged keys is asked for when the result before it has left.
func TestApart(t *testing.T) {
	c := opened(t, "h100-sxm")
	a := paged(t, c, serving(4, 8, 1024, 1024))
	ends := map[bool]int64{}
	for _, apart := range []bool{false, true} {
		k := c.flash(a)
		require.True(t, k.apart)
		k.apart = apart
		ends[apart] = newGrid(c, k, newGovernor(c), false, 0).run(0)
	}
	tiles := int64(unit.CeilDiv(4*8*32, c.SM.Count))
	assert.Greater(t, ends[true]-ends[false], tiles*int64(c.L2.Latency), "a latency a tile at least")
}

// Sequences that are whole leave the kernel that joins parts nothing to do.
func TestNothingToJoin(t *testing.T) {
	c := opened(t, "a100-sxm")
	whole, split := paged(t, c, serving(16, 8, 1, 1024)), paged(t, c, serving(1, 8, 1, 1024))
	require.Equal(t, []int{1, 10}, []int{whole.split, split.split})
	assert.Equal(t, work{}, c.joined(whole).work(0))
	assert.Equal(t, 10, c.joined(split).work(0).steps)
	run := func(k *kernel) int64 {
		g := newGrid(c, k, newGovernor(c), false, 0)
		defer func() { assert.Zero(t, g.tally.dramRead, "parts and their weights lie in L2") }()
		return g.run(0)
	}
	assert.Less(t, run(c.joined(whole)), run(c.joined(split)))
}

// Warps that multiply issue the next keys' loads themselves: 28 KiB at 128 a cycle, after a look at
// the page in L1 and a shuffle.
func TestIssuesOfPagedKeys(t *testing.T) {
	c := opened(t, "a100-sxm")
	a := paged(t, c, serving(1, 8, 1, 8192))
	assert.Equal(t, int64(112*256/128+33+29), c.issues(a))
	k := c.flash(a)
	softmax := k.parts[1].sfu + c.softmaxSimple(k.parts[1].sfu)
	assert.Equal(t, k.parts[1].math+softmax+c.issues(a)+barrierCost+2*29+hardLatency+25, k.parts[1].chain)
}
