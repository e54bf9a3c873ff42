package gpu

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/gpu/hierarchy"
)

// opened is a preset's configuration.
func opened(t *testing.T, preset string, sets ...string) *Config {
	text, ok := Presets.Text(preset)
	require.True(t, ok)
	m, err := Open(preset, text, sets)
	require.NoError(t, err)
	return &m.cfg
}

// TestUnkept: a footprint is swept through a cache of hashed sets that push out their oldest line.
func TestUnkept(t *testing.T) {
	const sets = 2000
	for _, ratio := range []float64{0.4, 0.7, 0.9, 1.2, 1.5, 2} {
		rng := rand.New(rand.NewPCG(1, 2))
		n := int(ratio * sets * hierarchy.L2Ways)
		home, cache := make([]int, n), make([][]int, sets) // of each set its lines, oldest first
		for line := range home {
			home[line] = rng.IntN(sets)
		}
		missed := 0
		for range 2 {
			missed = 0
			for line, set := range home {
				at := slices.Index(cache[set], line)
				if at < 0 {
					missed, at = missed+1, 0
					if len(cache[set]) < hierarchy.L2Ways {
						cache[set] = append(cache[set], line)
						continue
					}
				}
				cache[set] = append(slices.Delete(cache[set], at, at+1), line)
			}
		}
		assert.InDelta(t, unkept(float64(n), sets*hierarchy.L2Ways), float64(missed)/float64(n), 0.02, "ratio %v", ratio)
	}
	assert.Zero(t, unkept(0, 1))
}

// TestRowsAreLostTogether: with half of what L2 can hold swept over, some CTAs find their rows for the
// next pass and others read them again.
func TestRowsAreLostTogether(t *testing.T) {
	c := opened(t, "t4")
	s := &streamWork{rows: &rowWork{rows: 4000, length: 8192, threads: 512, passes: []rowPass{{ops: 3}, {ops: 9, hard: 1}, {ops: 20, hard: 2}}}}
	s.in, s.out = s.rows.rows*s.rows.length*4, s.rows.rows*s.rows.length*4
	k := c.rowwise(s)
	lost := 0
	for i := range k.ctas {
		if !k.work(i).loads[1].there {
			lost++
		}
	}
	want := unkept(float64(40*k.fit.ctas)*8192*4*(1+1.0/3), 4<<20)
	assert.InDelta(t, want, float64(lost)/float64(k.ctas), 0.01)
	assert.Greater(t, want, 0.1)
}

// TestTheHostCalls: the first operator waits for the host, those after it find their calls made; a
// normalisation is two.
func TestTheHostCalls(t *testing.T) {
	took := func(workload, call string) float64 {
		return float64(operator(t, "a100-pcie-80", workload, "launch.call="+call).Seconds)
	}
	for workload, calls := range map[string]float64{"softmax:rows=64,cols=1024": 1, "layernorm:rows=64,cols=1024": 2, "gemm:m=64,n=64,k=64": 0} {
		assert.InDelta(t, calls*20e-6, took(workload, "20 us")-took(workload, "0 s"), 1e-8, workload)
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
	for length, off := range map[int64]float64{1500: 0.02, 4096: 0.01, 16384: 0.01} { // rows of 1,500 settle after the rate is taken
		s := &streamWork{rows: &rowWork{rows: 900, length: length, threads: 512, passes: []rowPass{{ops: 3}, {ops: 9, hard: 1}, {ops: 20, hard: 2}}}}
		s.in, s.out = s.rows.rows*length*4, s.rows.rows*length*4
		run := func(alike bool) (int64, tally) {
			k := c.rowwise(s)
			k.alike = alike
			k.fit = c.resident(16, streamRegisters, 0) // four CTAs; with three, which settle later, the rate is 1.4 % off
			gov := newGovernor(c)
			g := newGrid(c, k, gov, false, 0)
			return g.run(0), g.tally
		}
		whole, all := run(false)
		passed, counted := run(true)
		assert.InEpsilon(t, float64(whole), float64(passed), off, "length %d", length)
		assert.Equal(t, all.dramRead, counted.dramRead)
		assert.Equal(t, all.dramWrite, counted.dramWrite)
		assert.Equal(t, all.l2Read, counted.l2Read)
		assert.Equal(t, all.math, counted.math)
		assert.Less(t, counted.steps, all.steps)
	}
}
