package gpu

import (
	"fmt"
	"math"

	"nnsim/unit"
)

// The choice of a product's kernel: every tiling of the menu, with every useful
// split of the reduction, is reckoned in closed form; the cheapest is taken. What
// is reckoned is a round of CTAs: the slowest of pipe, shared memory, port, L2,
// DRAM and the latency of a stage, and at both ends what overlaps with nothing.

// splits are the numbers of CTAs that may share a reduction.
var splits = []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32}

// leastSlabs is the number of slabs below which a reduction is not split further.
const leastSlabs = 4

// clearly is what a smaller tile or another split must gain over what comes before it.
const clearly = 0.995

// choose is the tiling for a product, overridden by the kernel section of the configuration.
func (c *Config) choose(p *product) (tiling, error) {
	var best tiling
	least := math.Inf(1)
	for _, t := range c.tilings(p.dt) {
		if !c.Kernel.allows(t) {
			continue
		}
		if c.Kernel.Stages > 0 {
			t.stages = c.Kernel.Stages
		}
		if c.fits(t, p.aCell).ctas < 1 || t.cluster > 1 && unit.CeilDiv(p.m, t.m)*unit.CeilDiv(p.n, t.n) < t.cluster {
			continue
		}
		for _, s := range splits {
			if t.split = s; c.splittable(p, t) {
				if cost := c.reckon(p, t); cost < clearly*least {
					best, least = t, cost
				}
			}
		}
	}
	if math.IsInf(least, 1) {
		k := c.Kernel
		return best, fmt.Errorf("no kernel for %v has tile %dx%dx%d with %d stages in %v of shared memory (kernel.tile_m, tile_n, tile_k, stages; 0 leaves the choice open)",
			p.dt, k.TileM, k.TileN, k.TileK, k.Stages, c.SM.Shared)
	}
	return best, nil
}

// allows tells whether a tiling is what the configuration asks for.
func (k *Kernel) allows(t tiling) bool {
	same := func(want, got int) bool { return want == 0 || want == got }
	return same(k.TileM, t.m) && same(k.TileN, t.n) && same(k.TileK, t.k)
}

// splittable tells whether a split leaves each CTA enough slabs, or is asked for.
func (c *Config) splittable(p *product, t tiling) bool {
	slabs := unit.CeilDiv(p.k, t.k)
	if want := c.Kernel.Split; want > 0 {
		return t.split == want && slabs >= want
	}
	tiles := unit.CeilDiv(p.m, t.m) * unit.CeilDiv(p.n, t.n) * p.batch
	return t.split == 1 || p.window == nil && slabs >= leastSlabs*t.split && p.extra == 0 && tiles <= fewWaves*c.SM.Count
}

// fewWaves is the tiles an SM from which a reduction is not split: what the last
// wave wastes is then less than what the parts cost.
const fewWaves = 3

// reckon is the edges a tiling should take.
func (c *Config) reckon(p *product, t tiling) float64 {
	k := c.gemm(p, t)
	w := k.work(0)
	sms, steps := float64(c.SM.Count), float64(w.steps)
	each := math.Ceil(float64(k.ctas) / sms) // CTAs an SM has in all
	together := math.Min(each, float64(k.fit.ctas))
	rounds := math.Ceil(each / together)
	bytes := float64(w.loads[0].bytes + w.loads[1].bytes)
	miss := float64(c.L2.Far) + float64(c.Memory.Latency)*float64(c.Clock)

	busy := math.Min(float64(k.ctas), sms)
	chain := math.Max(float64(k.chain), miss/float64(max(1, k.stages-1)))
	chain = math.Max(chain, together*bytes*busy/float64(t.cluster)/float64(c.L2.Bandwidth))
	alone := math.Max(together*float64(max(k.math, k.shared)), math.Max(chain, together*bytes/float64(c.SM.Read)))
	fill := miss + float64(k.start)
	tail := math.Max(float64(k.finish.chain), float64(w.store)/float64(c.SM.Write))
	if k.persistent {
		fill /= rounds
	}
	time := rounds * (steps*alone + fill + tail)
	if !c.Memory.Ideal() {
		time = math.Max(time, c.traffic(p)/float64(c.Memory.Bandwidth)/c.Memory.Efficiency*float64(c.Clock)+fill+tail)
	}
	if t.split > 1 {
		partial := float64(p.m*p.n*p.batch) * 4 * float64(t.split)
		time += float64(c.Launch.Gap)*float64(c.Clock) + float64(k.start) + float64(c.Launch.Cold+2)*float64(c.L2.Far) + partial/float64(c.L2.Bandwidth)
	}
	return time
}

// traffic is the bytes a product moves off chip at least.
func (c *Config) traffic(p *product) float64 {
	a, b := float64(p.m*p.aCell)*float64(p.k), float64(p.n*p.bCell)*float64(p.k)
	if w := p.window; w != nil {
		a = float64(w.read(c.tensorRate(p.dt) > 0)) * float64(w.channels*p.aCell)
	}
	return float64(p.batch) * (a + b + float64(p.m*p.n)*float64(p.out+p.extra))
}
