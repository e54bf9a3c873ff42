package gpu

// The producer of a CTA: it fills the stages when the CTA begins, one after another so
// that those of all CTAs come in turn, and then each stage that comes free. Where it runs
// ahead (Hopper), the next tile's first slabs come while the last of this one multiply.
//
//	tile 0   0 1 2 3 4 5 │ tile 1   0 1 2 …
//	asks     3 4 5       │ 0 1 2    3 4 5      three stages ahead

// prime asks for the next stage of a CTA that begins, and comes back for the one after it.
func (g *grid) prime(s *ctaState, ahead int, at int64) int64 {
	s.phase = priming
	g.ask(s, &s.work, s.base, s.primed, at)
	if s.primed++; s.primed < ahead {
		return g.until(s, onL2, at, at+issueInterval)
	}
	s.phase = stepping
	return g.wait(s, at)
}

// askAhead asks for the step that goes into the stage that has come free: of the CTA's
// piece, or where its producer runs ahead of its last, of the next.
func (g *grid) askAhead(s *ctaState, at int64) {
	ahead := int(s.step) + max(1, g.k.stages-1)
	if ahead < s.work.steps {
		g.ask(s, &s.work, s.base, ahead, at)
		return
	}
	if !g.k.ahead || g.k.stages < 2 {
		return
	}
	if s.after == 0 {
		piece, ok := g.goesOn(s)
		if !ok {
			return
		}
		s.after, s.next, s.primed = piece, g.k.work(piece), 0
	}
	for i := s.primed; i <= ahead-s.work.steps && i < s.next.steps; i++ {
		g.ask(s, &s.next, s.base+s.work.steps, i, at)
		s.primed = i + 1
	}
}

// goesOn is the piece that a CTA has beside the one it is at: under stream-K its own
// next, of a persistent CTA the next of all.
func (g *grid) goesOn(s *ctaState) (piece int, ok bool) {
	if g.k.more != nil {
		return s.piece + g.k.ctas, g.k.more(s.piece)
	}
	if s.after > 0 {
		return s.after, true
	}
	if ok = g.k.persistent && g.next < g.k.ctas; ok {
		g.next++
	}
	return g.next - 1, ok
}

// descriptors is the reads one after another by which TMA learns of a tensor: where its
// descriptor lies, and that.
const descriptors = 2

// begins is the edge of a CTA's first load: it is dispatched in its turn, its warps start one after
// another, where a tile waits for the last of them, and code that is not there is read.
func (g *grid) begins(s *ctaState, at int64) int64 {
	g.dispatched = max(g.dispatched, float64(at)) + g.every
	first := int64(g.dispatched) + g.k.start
	if g.k.slabs > 0 {
		first += int64(g.k.warps-1) * int64(g.c.Launch.Warp)
	}
	if !g.sms[s.sm].warm {
		mean := int64(g.c.L2.Latency+g.c.L2.Far) / 2 // single lines lie in either partition
		reads := g.c.Launch.Cold
		if g.k.sums {
			reads = g.c.Launch.ofSums()
		}
		if g.k.ahead {
			reads += descriptors
		}
		first += int64(reads) * mean
	}
	return g.until(s, onStart, at, first)
}
