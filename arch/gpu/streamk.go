package gpu

import (
	"nnsim/internal/engine"
	"nnsim/unit"
)

// Stream-K: as many CTAs as fit on the machine at once share the slabs of tiles, not
// tiles. Each takes as many as every other but for one, in raster order, wherever
// tiles begin and end.
//
//	tiles   |---- 0 ----|---- 1 ----|---- 2 ----|  then whole waves, a tile a CTA
//	CTA     |   0   |   1   |   2   |   3   |
//	              0 ◀ 1   1 ◀── 2   2 ◀ 3          sums of parts, by way of L2
//
// The CTA with a tile's first slab finishes it: it waits for the others' sums, adds
// them in order, and runs the epilogue. What a CTA hands over is always the first
// thing it does, and waits for nobody, so that nobody waits for ever.
//
// Only what whole waves leave is shared like this, with one wave added to it, so that
// every CTA has between one tile and two (the two-tile hybrid of Osama et al.,
// Stream-K, PPoPP 2023, section 5.2); of fewer tiles than CTAs all are. The CTAs of a
// cluster stay together: they share out clusters of tiles.

// leastShare is the slabs a CTA gets at least (CUTLASS 3.5,
// threadblock_swizzle_streamk.h, kMinItersPerSkBlock).
const leastShare = 2

// shares is how stream-K shares out a product.
type shares struct {
	ctas, tiles int // in clusters
	slabs       int // of a tile
	shared      int // tiles of which CTAs take slabs; the rest go in whole waves
	cluster     int
}

// part is the slabs of a tile that one CTA takes.
type part struct {
	tile, lo, hi int
	joins        int  // parts that others hand over to it
	hands        bool // its sums go to the CTA with the tile's first slab
	cta          int
}

// streamers is the CTAs that share a product with a tiling under stream-K.
func (c *Config) streamers(p *product, t tiling) int {
	tiles := p.tiles(t)
	n := min(c.SM.Count*c.fits(t, p.aCell).ctas, max(tiles, tiles*unit.CeilDiv(p.k, t.k)/leastShare))
	return n / t.cluster * t.cluster
}

// streamable tells whether stream-K takes a product with a tiling. An implicit product
// has no workspace for parts, and a cluster of tiles must be whole.
func (c *Config) streamable(p *product, t tiling) bool {
	return p.window == nil && c.Kernel.Split == 0 && p.tiles(t)%t.cluster == 0 && c.streamers(p, t) > 0
}

// shares is how the CTAs of a raster share its slabs.
func (r *raster) shares() *shares {
	s := &shares{cluster: r.t.cluster, ctas: r.t.stream / r.t.cluster, tiles: r.rows * r.cols * r.p.batch / r.t.cluster, slabs: r.steps()}
	switch waves, rest := s.tiles/s.ctas, s.tiles%s.ctas; {
	case waves == 0:
		s.shared = s.tiles
	case rest > 0:
		s.shared = s.ctas + rest
	}
	return s
}

// from is the first of all shared slabs that cluster x takes.
func (s *shares) from(x int) int { return s.shared * s.slabs * x / s.ctas }

// owner is the cluster that takes a shared slab.
func (s *shares) owner(slab int) int {
	x := slab * s.ctas / (s.shared * s.slabs)
	for s.from(x+1) <= slab {
		x++
	}
	return x
}

// part is piece i, if there is one: CTA i mod ctas takes pieces i, i+ctas, and so on.
func (s *shares) part(i int) (p part, ok bool) {
	all := s.ctas * s.cluster
	p.cta = i % all
	n, x := i/all, p.cta/s.cluster
	lo, hi := s.from(x), s.from(x+1)
	own := 0 // parts of shared tiles
	if hi > lo {
		own = (hi-1)/s.slabs - lo/s.slabs + 1
	}
	if n >= own {
		p.tile, p.hi = s.shared+(n-own)*s.ctas+x, s.slabs
	} else {
		p.tile = lo/s.slabs + n
		first := p.tile * s.slabs
		p.lo, p.hi = max(lo, first)-first, min(hi, first+s.slabs)-first
		if p.hands = p.lo > 0; !p.hands {
			p.joins = s.owner(first+s.slabs-1) - x
		}
	}
	ok = p.tile < s.tiles
	p.tile = p.tile*s.cluster + p.cta%s.cluster
	return p, ok
}

// parts are the slabs at which the parts of a tile begin, and the end of the last.
func (s *shares) parts(tile int) (cuts []int) {
	cuts = append(cuts, 0)
	if tile /= s.cluster; tile < s.shared {
		first := tile * s.slabs
		for x := s.owner(first) + 1; s.from(x) < first+s.slabs; x++ {
			cuts = append(cuts, s.from(x)-first)
		}
	}
	return append(cuts, s.slabs)
}

// handed is the number of parts that go through the workspace.
func (s *shares) handed() (n int) {
	for x := range s.ctas {
		if lo := s.from(x); lo < s.from(x+1) && lo%s.slabs > 0 {
			n++
		}
	}
	return n * s.cluster
}

// streamed turns the kernel of a product into one of stream-K.
func (r *raster) streamed(k *kernel) {
	c, t, s := r.c, r.t, r.shares()
	all, sums := s.ctas*s.cluster, int64(t.m*t.n)
	k.name, k.ctas, k.stride = "stream-k", all, s.cluster
	k.more = func(i int) bool { _, ok := s.part(i + all); return ok }
	k.work = func(i int) work {
		p, _ := s.part(i)
		w := r.piece(p.tile, p.lo, p.hi)
		w.joins, w.sums, w.hands = p.joins, w.results*4, p.hands
		if p.hands {
			w.store, w.partial, w.extra = w.sums, true, 0
		}
		return w
	}
	k.hand = usage{chain: int64(c.Tensor.Latency) + barrierCost}
	k.join = usage{chain: int64(unit.CeilDiv(t.m*t.n, c.SM.FP32)) + opLatency, joules: float64(sums) * float64(c.Power.FMA)}
	k.simple = int64(s.handed()) * sums
}

// signal is the edges from the last store of a part to where the CTA that waits for it
// knows: the fence waits for L2's answer, the flag goes there, and the poll comes back.
func (g *grid) signal() int64 { return int64(g.c.L2.Latency + g.c.L2.Far) }

// hand notes that a CTA's part lies in the workspace, and wakes who waits for it.
func (g *grid) hand(s *ctaState, at int64) {
	cta := s.piece % g.k.ctas
	g.ready[cta] = at + g.signal()
	if slot := g.parked[cta]; slot > 0 {
		g.woken = append(g.woken, engine.Wake{Edge: g.ready[cta], ID: slot - 1})
	}
}

// join waits for the next part of a CTA's tile and reads it; -1: nobody knows yet
// when it will be there.
func (g *grid) join(slot int32, s *ctaState, at int64) int64 {
	from := s.piece%g.k.ctas + g.k.stride*(s.joined+1)
	switch ready := g.ready[from]; {
	case ready == 0:
		g.parked[from], s.since = slot+1, at
		return -1
	case ready > at:
		s.since = at
		return ready
	}
	if s.since > 0 {
		g.stall(s, onParts, s.since, at)
		s.since = 0
	}
	s.phase = joining
	return g.until(s, onL2, at, g.fetch(s, &operand{first: -1, bytes: s.work.sums, there: true}, 0, at))
}

// added sums a part that has come.
func (g *grid) added(s *ctaState, at int64) int64 {
	s.joined++
	s.phase = closing
	return g.take(s, &g.k.join, at)
}

// wake queues the CTAs whose parts have come to be known.
func (g *grid) wake() {
	for _, e := range g.woken {
		g.queue.Push(e.Edge, e.ID)
	}
	g.woken = g.woken[:0]
}

// reckonStream is the edges that stream-K should take: even shares of all slabs, the
// ends of a CTA's parts, and one part handed over and one joined.
func (r *round) reckonStream(s *shares, results int) float64 {
	c, parts := r.c, float64(unit.CeilDiv(s.tiles, s.ctas))
	r.steps = float64(s.tiles*s.slabs) / float64(s.ctas)
	time := r.edges(s.ctas*s.cluster) + r.fill + r.tail
	if !r.k.persistent {
		time += (parts - 1) * (r.fill + r.tail)
	}
	if s.shared > 0 {
		bytes := float64(results * 4)
		time += bytes/float64(c.SM.Write) + bytes/float64(c.SM.Read) + float64(r.k.join.chain) + float64(c.L2.Latency+2*c.L2.Far)
	}
	return time
}

// streamCandidates reckons every tiling that stream-K can take; where the choice is
// open, those whose last wave is not full and not one of many.
func (c *Config) streamCandidates(p *product) (list []candidate) {
	for _, t := range c.allowed(p) {
		if !c.streamable(p, t) {
			continue
		}
		t.stream = c.streamers(p, t)
		tiles := p.tiles(t)
		if c.Kernel.Schedule == "streamk" || tiles%t.stream > 0 && tiles <= (fewWaves+1)*t.stream {
			list = append(list, candidate{tiling: t, cost: c.reckon(p, t), steps: tiles * unit.CeilDiv(p.k, t.k), ctas: t.stream})
		}
	}
	return list
}
