package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

func heads(rows, keys, dim int, causal bool) *attentionWork {
	return &attentionWork{batch: 1, heads: 4, shared: 1, rows: rows, keys: keys, dim: dim, dimV: dim, causal: causal, dt: workloads.FP16, out: 2,
		macs: int64(4) * int64(rows) * int64(keys) * int64(2*dim)}
}

func TestAttentionTiles(t *testing.T) {
	for _, e := range []struct {
		preset     string
		dim        int
		causal     bool
		tall, wide int
	}{
		{"h100-sxm", 64, false, 192, 128}, {"h100-sxm", 128, true, 128, 128}, {"h100-sxm", 128, false, 128, 176},
		{"a100-sxm", 128, true, 128, 64}, {"a100-sxm", 512, false, 64, 16},
	} {
		c, a := opened(t, e.preset), heads(1024, 1024, e.dim, e.causal)
		require.NoError(t, c.cut(a))
		assert.Equal(t, [2]int{e.tall, e.wide}, [2]int{a.tall, a.wide}, "%s dim %d", e.preset, e.dim)
		assert.GreaterOrEqual(t, c.flashFit(a).ctas, 1)
	}
}

func TestAttentionThatDoesNotFit(t *testing.T) {
	for _, e := range []struct{ set, says string }{
		{"sm.shared=10KiB", "attention over heads of 128, 64 queries by 16 keys, needs 32 KiB of shared memory, an SM has 10 KiB (sm.shared)"},
		{"sm.registers=8192", "attention over heads of 128, 64 queries by 16 keys, needs 16384 registers, an SM has 8192 (sm.registers)"},
	} {
		err := opened(t, "a100-sxm", e.set).cut(heads(1024, 1024, 128, false))
		assert.EqualError(t, err, e.says)
	}
}

// Tiles that a mask leaves nothing of are not computed, all others are, whole.
func TestCausalTiles(t *testing.T) {
	for _, rows := range []int{1, 100, 128, 300} {
		for _, keys := range []int{300, 512} {
			a := heads(rows, keys, 64, true)
			tall, bn := 128, 64
			tiles := (rows + tall - 1) / tall
			var pairs int64
			for row := range rows {
				last := keys - rows + min(rows, (row/tall+1)*tall) - 1 // the furthest key a row of its tile sees
				for key := range keys {
					if key/bn <= last/bn {
						pairs++
					}
				}
			}
			if a.decodes() {
				pairs = int64(rows) * int64(keys)
			}
			assert.Equal(t, pairs*4*128, a.executed(tall, bn, tiles), "%d rows, %d keys", rows, keys)
		}
	}
}

// Few queries: a step brings a tile of keys, the next one of values, from the last to the first, all
// of them and each once.
func TestTurns(t *testing.T) {
	c := opened(t, "a100-sxm", "kernel.operator=kernel")
	a := heads(1, 1000, 128, false)
	require.NoError(t, c.cut(a))
	k := c.flash(a)
	require.Equal(t, 2, k.stages)
	var keys, values int64
	seen := map[[2]int]int{}
	for i := range k.ctas {
		w := k.work(i)
		require.LessOrEqual(t, w.steps, len(k.parts))
		for step := range w.steps {
			for j := range w.loads {
				o := &w.loads[j]
				assert.Equal(t, step%2 == j, o.due(step))
				if !o.due(step) {
					continue
				}
				seen[[2]int{j, o.slab(step)}]++
				if j == 0 {
					keys += o.bytes
				} else {
					values += o.bytes
				}
			}
		}
		assert.Equal(t, max(0, w.steps/2-1), w.loads[1].slab(0)-w.loads[1].slab(w.steps-1))
	}
	assert.Equal(t, int64(4*1000*128*2), keys) // of 4 heads, in 8 tiles of which the last is not full
	assert.Equal(t, keys, values)
	for slab, n := range seen {
		assert.Equal(t, 1, n, slab)
	}
}

// Values come while scores are computed: with loads that take no longer than the pipes, two
// tiles cost no wait between them.
func TestHalvesOverlap(t *testing.T) {
	c := opened(t, "a100-sxm")
	a := heads(1, 1<<14, 128, false)
	a.batch, a.there = 108, [2]bool{true, true}
	require.NoError(t, c.cut(a))
	k := c.flash(a)
	require.Equal(t, 1, a.split)
	k.fit.ctas = 1
	g := newGrid(c, k, newGovernor(c), false, 0)
	end := g.run(0)
	steps := int64(4 * (1 << 14) / 128) // of a CTA after another on an SM
	pipes := steps * (k.parts[0].chain + k.parts[1].chain)
	assert.InDelta(t, float64(pipes), float64(end), 0.15*float64(pipes))
}
