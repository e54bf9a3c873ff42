package gpu

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opened is a preset's configuration.
func opened(t *testing.T, preset string, sets ...string) *Config {
	text, ok := Presets.Text(preset)
	require.True(t, ok)
	m, err := Open(preset, text, sets)
	require.NoError(t, err)
	return &m.cfg
}

// A footprint is swept through a cache that puts what comes in anywhere.
func TestSurvival(t *testing.T) {
	const lines = 4000
	for _, ratio := range []float64{0.9, 1.2, 1.5, 2, 3} {
		cache, where := make([]int, lines), map[int]int{}
		rng := rand.New(rand.NewPCG(1, 2))
		n := int(ratio * lines)
		missed, swept := 0, 0
		for sweep := range 60 {
			for line := range n {
				if at, hit := where[line]; hit && cache[at] == line+1 {
					continue
				}
				at := rng.IntN(lines)
				if old := cache[at]; old > 0 {
					delete(where, old-1)
				}
				cache[at], where[line] = line+1, at
				if sweep >= 40 {
					missed++
				}
			}
			if sweep >= 40 {
				swept += n
			}
		}
		want := survival(float64(n), lines)
		assert.InDelta(t, want, float64(missed)/float64(swept), 0.05, "ratio %v", ratio)
	}
}

// Where memory decides, CTAs passed over take the same time though the clock rises meanwhile;
// where pipes do, the same edges.
func TestPassOverUnderARisingClock(t *testing.T) {
	c := opened(t, "a100-sxm", "sm.count=4", "power.lag=1 ms", "memory.model=rate", "memory.bandwidth=40 GB/s")
	for _, ops := range []int64{3, 300} {
		s := &streamWork{rows: &rowWork{rows: 2500, length: 4096, threads: 512, passes: []rowPass{{ops: ops}}}}
		s.in, s.out = s.rows.rows*s.rows.length*4, s.rows.rows*s.rows.length*4
		run := func(alike bool) (float64, tally) {
			k := c.rowwise(s)
			k.alike = alike
			gov := newGovernor(c)
			gov.clock = 0.5 * gov.boost
			g := newGrid(c, k, gov, false, 0)
			gov.close(g.run(0))
			assert.Greater(t, gov.clock, 0.9*gov.boost)
			return gov.seconds, g.tally
		}
		whole, all := run(false)
		passed, counted := run(true)
		assert.InEpsilon(t, whole, passed, 0.01, "%d operations", ops)
		assert.Less(t, counted.steps, all.steps)
	}
}

// Passing over CTAs in the steady state gives what simulating each of them does.
func TestPassOver(t *testing.T) {
	c := opened(t, "a100-sxm", "sm.count=4")
	for _, length := range []int64{1500, 4096, 16384} {
		s := &streamWork{rows: &rowWork{rows: 900, length: length, threads: 512, passes: []rowPass{{ops: 3}, {ops: 9, hard: 1}, {ops: 20, hard: 2}}}}
		s.in, s.out = s.rows.rows*length*4, s.rows.rows*length*4
		run := func(alike bool) (int64, tally) {
			k := c.rowwise(s)
			k.alike = alike
			gov := newGovernor(c)
			g := newGrid(c, k, gov, false, 0)
			return g.run(0), g.tally
		}
		whole, all := run(false)
		passed, counted := run(true)
		assert.InEpsilon(t, float64(whole), float64(passed), 0.01, "length %d", length)
		assert.Equal(t, all.dramRead, counted.dramRead)
		assert.Equal(t, all.dramWrite, counted.dramWrite)
		assert.Equal(t, all.l2Read, counted.l2Read)
		assert.Equal(t, all.math, counted.math)
		assert.Less(t, counted.steps, all.steps)
	}
}
