package gpu

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"nnsim/unit"
)

// The choice of a product's kernel: every tiling of the menu, with every useful
// split of the reduction, is reckoned in closed form; the best few are run. What
// is reckoned is a round of CTAs: the slowest of pipe, shared memory, port, L2,
// DRAM and the latency of a stage, and at both ends what overlaps with nothing.
// Stream-K (streamk.go) and a matrix times a vector (gemv.go) are choices beside these
// where kernel.schedule leaves it open, and are taken if they are faster when run.

// splits are the numbers of CTAs that may share a reduction.
var splits = []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32}

// shared are those for a tiling, on Hopper with the most that leastSlabs allows: cuBLAS has any number.
func shared(p *product, t tiling) []int {
	most := unit.CeilDiv(p.k, t.k) / leastSlabs
	if t.down == 0 || most < 2 || slices.Contains(splits, most) {
		return splits
	}
	return append(slices.Clone(splits), most)
}

// leastBytes is the bytes along the reduction below which it is not split further:
// two slabs of a swizzle's width.
const leastBytes = 256

// tried is the number of tilings that are run for a choice, near how much worse than
// the best one is reckoned that is run too, and triedSteps the steps that are run of one,
// of triedSlabs slabs at least; triedOthers are run of each other kind of kernel.
const (
	tried       = 6
	triedOthers = 3
	near        = 1.3
	triedSteps  = 1 << 18
	triedSlabs  = 8
)

// clearly is what a smaller tile or another split must gain over what comes before it.
const clearly = 0.995

// choose is the tiling for a product, overridden by the kernel section of the configuration.
func (c *Config) choose(p *product) (tiling, error) {
	if t, ok := c.fewColumns(p); ok {
		return t, nil
	}
	if t, ok := c.engineTiling(p); ok {
		return t, nil
	}
	list := c.candidates(p)
	if len(list) == 0 {
		k := c.Kernel
		return tiling{}, fmt.Errorf("no kernel for %v has tile %dx%dx%d with %d stages in %v of shared memory (kernel.tile_m, tile_n, tile_k, stages; 0 leaves the choice open)",
			p.dt, k.TileM, k.TileN, k.TileK, k.Stages, c.SM.Shared)
	}
	best, least := c.fastest(p, list, tried)
	if c.Kernel.Schedule != "auto" || math.IsInf(least, 1) {
		return best, nil
	}
	for _, others := range [][]candidate{c.streamCandidates(p), c.vectorCandidates(p)} {
		if other, cost := c.fastest(p, others, triedOthers); cost < clearly*least {
			best, least = other, cost
		}
	}
	return best, nil
}

// fastest runs the first few of some candidates, those that are reckoned best, and
// returns the one that takes least, and its seconds; where they are too many steps to be
// run, the first, or the best by a part of the reduction, and no seconds.
func (c *Config) fastest(p *product, list []candidate, most int) (best tiling, least float64) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) })
	least = math.Inf(1)
	if len(list) == 0 {
		return best, least
	}
	list, gain := c.preferred(p, list, most)
	best = list[0].tiling
	q := c.inPart(p, list)
	for _, x := range list {
		if q == p && x.steps > triedSteps {
			break
		}
		if cost := c.trial(q, x.tiling); cost < gain*least {
			best, least = x.tiling, cost
		}
	}
	if q != p {
		least = math.Inf(1)
	}
	return best, least
}

// inPart is the product that trials of candidates run. Where one of them is too many steps and
// preferred orders them by other than cost, it is a part of the reduction, the same for all: their
// tiles come in the same rounds.
func (c *Config) inPart(p *product, list []candidate) *product {
	most := slices.MaxFunc(list, func(a, b candidate) int { return cmp.Compare(a.steps, b.steps) })
	if most.steps <= triedSteps || !c.grouping(p.dt) {
		return p
	}
	q := *p
	q.k = min(p.k, max(p.k/unit.CeilDiv(most.steps, triedSteps), triedSlabs*most.k))
	return &q
}

// candidate is a tiling and the edges it should take.
type candidate struct {
	tiling
	cost  float64
	steps int // of all CTAs
	ctas  int
}

// candidates reckons every tiling that fits, with every useful split.
func (c *Config) candidates(p *product) (list []candidate) {
	if c.Kernel.Schedule == "streamk" && p.window == nil {
		return c.streamCandidates(p)
	}
	if vectors := c.vectorCandidates(p); c.Kernel.Schedule == "gemv" && len(vectors) > 0 {
		return vectors
	}
	for _, t := range c.allowed(p) {
		for _, s := range shared(p, t) {
			if t.split = s; c.splittable(p, t) {
				if t.down > 0 {
					t = c.clustered(p, t)
				}
				list = append(list, candidate{t, c.reckon(p, t), p.tiles(t) * unit.CeilDiv(p.k, t.k), p.tiles(t) * t.split})
			}
		}
	}
	return list
}

// tiles is the tiles of a product.
func (p *product) tiles(t tiling) int {
	return unit.CeilDiv(p.m, t.m) * unit.CeilDiv(p.n, t.n) * p.batch
}

// allowed are the tilings that fit a product and what the configuration asks for. A
// convolution takes those of products where its own do not.
func (c *Config) allowed(p *product) []tiling {
	if p.window != nil {
		if list := c.admitted(p, c.fitting(c.windowed(p.dt), p.dt)); len(list) > 0 {
			return list
		}
	}
	if c.grouping(p.dt) {
		return c.admitted(p, c.groupTilings(p))
	}
	return c.admitted(p, c.tilings(p.dt))
}

// admitted are those of a menu that the configuration asks for.
func (c *Config) admitted(p *product, menu []tiling) (list []tiling) {
	for _, t := range menu {
		if c.Kernel.Stages > 0 {
			t.stages = c.Kernel.Stages
		}
		if c.Kernel.allows(t) && c.fits(t, p.aCell).ctas > 0 {
			list = append(list, t)
		}
	}
	return list
}

// trial is the seconds a tiling takes when it is run.
func (c *Config) trial(p *product, t tiling) float64 {
	gov, at := newGovernor(c), int64(0)
	for _, k := range c.kernelsOf(p, t) {
		gap := edges(c.Launch.Gap, c.Clock)
		at = newGrid(c, k, gov, c.Memory.Ideal(), at+gap).run(at + gap)
		gov.close(at)
	}
	return gov.seconds
}

// kernelsOf are the kernels of a product with a tiling.
func (c *Config) kernelsOf(p *product, t tiling) (list []*kernel) {
	if p.depthwise() {
		return []*kernel{c.direct(p)}
	}
	if p.window != nil && c.SM.Path == "registers" {
		list = append(list, c.offsets(p))
	}
	if p.quantised {
		list = append(list, c.quantising(p)...)
		q := *p
		q.aThere = int64(p.m*p.k*p.batch*p.aCell) <= int64(c.L2.Size)/int64(c.L2.Partitions)
		p = &q
	}
	k := c.gemm(p, t)
	if k.counted() {
		list = append(list, c.counter())
	}
	list = append(list, k)
	if t.split > 1 {
		list = append(list, c.reduction(p, t))
	}
	return list
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
	if t.split > 1 && (t.down > 0 && slabs < leastSlabs*t.split || c.whole(p)) {
		return false
	}
	return t.split == 1 || (p.window == nil || c.parts(p, t)) && p.k*p.aCell >= leastBytes*t.split && slabs >= t.split && p.extra == 0 && p.tiles(t) <= fewWaves*c.SM.Count
}

// whole tells whether a product's reductions are not split whatever its tile: on the FP32 pipe, from Ampere
// on, where the smallest tiles give each SM one. None of cuBLAS's 103 grids there has parts (1024×1024×4096
// on 132 SMs neither), of its 71 on Volta and Turing 10 have [neusight].
func (c *Config) whole(p *product) bool {
	least := slices.MinFunc(simtMenu, func(a, b shape) int { return cmp.Compare(a.m*a.n, b.m*b.n) })
	return c.tensorRate(p.dt) == 0 && c.SM.Path != "registers" && p.m*p.n*p.batch >= least.m*least.n*c.SM.Count
}

// leastSlabs is the slabs of a split reduction that each part has at least on Hopper: what
// the names and grids of cuBLAS's kernels say, over all extents [nnsim-lab].
const leastSlabs = 21

// fewWaves is the tiles an SM from which a reduction is not split: what the last
// wave wastes is then less than what the parts cost.
const fewWaves = 3

// round is what a round of a tiling's CTAs is reckoned from.
func (c *Config) round(p *product, t tiling) *round {
	k := c.gemm(p, t)
	w := k.work(0)
	r := &round{c: c, k: k, steps: float64(w.steps), bytes: float64(w.loads[0].bytes + w.loads[1].bytes)}
	r.offChip = c.traffic(p) / float64(k.ctas) / r.steps
	if t.stream > 0 {
		r.offChip = c.traffic(p) / float64(p.tiles(t)*unit.CeilDiv(p.k, t.k))
	}
	r.waves = float64(k.ctas) / float64(k.sms(c)*k.fit.ctas)
	r.drawn, r.passed = t.drawn(&w, t.cluster), t.drawn(&w, c.perPort())
	r.fill = math.Max(c.missed(), r.followed()) + float64(k.start)
	r.tail = math.Max(float64(k.finish.chain), float64(w.store)/float64(c.SM.Write))
	if k.barriers {
		r.tail = float64(k.finish.chain) + float64(w.store)/float64(c.SM.Write)
	}
	return r
}

// counted is the edges for which an SM's pipes and port are at work on its CTAs, where each round takes as long as a full one.
func (r *round) counted() float64 {
	each := min(r.k.fit.ctas, unit.CeilDiv(r.k.ctas, r.k.sms(r.c)))
	rounds := unit.CeilDiv(r.k.ctas, r.k.sms(r.c)*each)
	return float64(rounds*each) * r.steps * r.alone()
}

// alone is the edges for which a step takes what is an SM's own.
func (r *round) alone() float64 {
	return math.Max(float64(max(r.k.math, r.k.shared)), math.Max(r.bytes/float64(r.c.SM.Read), r.followed()))
}

// reckon is the edges a tiling should take: rounds of as many CTAs as the machine
// holds, and one of what is left.
func (c *Config) reckon(p *product, t tiling) float64 {
	r := c.round(p, t)
	k := r.k
	if t.stream > 0 {
		return r.reckonStream(c.rasterOf(p, t).shares(), t.m*t.n)
	}
	slots := k.sms(c) * k.fit.ctas
	full, rest := k.ctas/slots, k.ctas%slots
	time := float64(full)*r.edges(slots) + r.edges(rest)
	if rounds := float64(unit.CeilDiv(k.ctas, slots)); k.persistent || k.ctas > c.SM.Count && k.fit.ctas > 1 {
		time += r.fill + r.tail // of others there is always a CTA to hide them behind
	} else {
		time += rounds * (r.fill + r.tail)
	}
	if t.split > 1 {
		partial := float64(p.m*p.n*p.batch) * 4 * float64(t.split)
		time += float64(c.Launch.Gap)*float64(c.Clock) + float64(k.start) + float64(c.Launch.ofSums()+2)*float64(c.L2.Far) + partial/c.sends()
	}
	return time
}

// missed is the edges of a load that comes from off chip.
func (c *Config) missed() float64 {
	return float64(c.L2.Far) + float64(c.Memory.Latency)*float64(c.Clock)
}

// round is what a round of CTAs is reckoned from.
type round struct {
	c              *Config
	k              *kernel
	steps          float64 // of a CTA
	bytes, offChip float64 // of a step: into the SM, and of that from off chip
	waves          float64
	drawn, passed  float64 // bytes of a step that L2 sends for a CTA, and that pass its port
	fill, tail     float64 // edges before the first step of a CTA, and after its last
}

// edges is how long a round of so many CTAs takes: the slowest of the pipes, of what
// all CTAs draw on together, and of one CTA's own chain; where CTAs share an SM, with
// both its ends.
func (r *round) edges(ctas int) float64 {
	if ctas == 0 {
		return 0
	}
	c, k, n := r.c, r.k, float64(ctas)
	together := math.Ceil(n / float64(k.sms(c)))
	shared := together * r.alone()
	shared = math.Max(shared, n*r.drawn/c.sends())
	if c.SM.Groups > 0 {
		shared = math.Max(shared, math.Ceil(n/float64(c.SM.Groups))*r.passed/float64(c.SM.Port))
	}
	if !c.Memory.Ideal() {
		shared = math.Max(shared, n*r.offChip/float64(c.Memory.Bandwidth)/c.Memory.Efficiency*float64(c.Clock))
	}
	own := math.Max(float64(k.chain), c.missed()/float64(max(1, k.stages-1)))
	if together > 1 {
		return math.Max(r.steps*shared, r.steps*own+r.fill+r.tail)
	}
	return r.steps * math.Max(shared, own)
}

// drawn is the bytes of a step of a CTA that come from L2, a slab once for those of so
// many SMs that share it.
func (t tiling) drawn(w *work, sms int) float64 {
	return float64(w.loads[0].bytes)/float64(max(1, min(t.across, sms))) + float64(w.loads[1].bytes)/float64(max(1, min(t.down, sms)))
}

// followed is the edges for which the loads of a step fill an SM's table of misses:
// those of the first wave come from off chip, all CTAs being at the same slab; later
// only those that nobody has read before.
func (r *round) followed() float64 {
	if r.c.SM.Flight == 0 {
		return 0
	}
	latency := float64(r.c.L2.Latency+r.c.L2.Far)/2 + float64(r.c.Memory.Latency)*float64(r.c.Clock)/math.Max(1, r.waves)
	return r.bytes * latency / float64(r.c.SM.Flight)
}

// traffic is the bytes a product moves off chip at least.
func (c *Config) traffic(p *product) float64 {
	return c.operands(p) + float64(p.batch*p.m*p.n)*float64(p.out+p.extra)
}

// operands is the bytes of a product's operands.
func (c *Config) operands(p *product) float64 {
	a, b := float64(p.m*p.aCell)*float64(p.k), float64(p.n*p.bCell)*float64(p.k)
	if w := p.window; w != nil {
		a = float64(w.read(c.tensorRate(p.dt) > 0)) * float64(w.channels*p.aCell)
	}
	return float64(p.batch) * (a + b)
}
