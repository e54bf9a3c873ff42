package gpu

// reason is what a CTA spends its edges on. Over all places that CTAs have on the
// SMs, the reasons of a kernel sum to its length.
type reason uint8

const (
	issuing   reason = iota // its operations are on the pipe
	onStart                 // dispatch, and the first fetches of its code
	onScore                 // a dependence in its own warps: the scoreboard
	onBarrier               // its warps meet, once a slab
	onPipe                  // the pipe that multiplies is another's
	onShared                // shared memory's port
	onSFU                   // the pipe of transcendental functions
	onL2                    // a slab on its way from L2
	onDRAM                  // one on its way from off chip
	onStore                 // the way of its result to L2, or L2's to memory
	onParts                 // the other parts of its tile, which other CTAs have
	noCTA                   // none left to be dispatched, or not enough for this place
	reasons
	noWork = noCTA // of a warp: it has nothing to do until its CTA ends
)

// reasonNames are the reasons as the report's events of unit sm name them.
var reasonNames = [reasons]string{"issuing", "stall_start", "stall_scoreboard", "stall_barrier", "stall_mma_pipe", "stall_smem", "stall_sfu", "stall_l2", "stall_dram", "stall_store", "stall_parts", "no_cta"}

// stall books the edges in which a CTA waits, and returns how many of them nothing was
// booked for before.
func (g *grid) stall(s *ctaState, why reason, from, to int64) int64 {
	from = max(from, s.booked) // a persistent CTA loads its next tile while it writes this one
	if to <= from {
		return 0
	}
	s.booked = to
	g.tally.stalls[why] += to - from
	if g.watch != nil {
		g.watch.note(g, s, why, from, to)
	}
	return to - from
}

// until is the later of two edges; the time up to it is waited for a reason.
func (g *grid) until(s *ctaState, why reason, end, other int64) int64 {
	g.stall(s, why, end, other)
	return max(end, other)
}

// working books the edges of a use of the pipes: what the pipe is at work, and what
// the warps' chains leave it idle. A kernel whose warps share slabs has a barrier in it.
func (g *grid) working(s *ctaState, u *usage, from int64) {
	busy := min(max(u.math, u.sfu), u.chain)
	meet, fed := int64(0), min(max(busy, u.shared), u.chain)
	if g.k.stages > 1 && !g.k.persistent && g.k.warps > 1 {
		meet, fed = min(u.chain-busy, barrierCost), busy
	}
	parts := [...]struct {
		why   reason
		edges int64
	}{{issuing, busy}, {onShared, fed - busy}, {onBarrier, meet}, {onScore, u.chain - fed - meet}}
	t, followed := &g.tally, g.k.split != nil && u == &g.k.usage
	for _, p := range parts {
		booked := g.stall(s, p.why, from, from+p.edges)
		from += p.edges
		t.using[p.why] += booked
		switch {
		case followed:
			t.followed += booked
		case p.why == issuing && u.sfu > u.math:
			t.within[onSFU] += booked
		default:
			t.within[p.why] += booked
		}
	}
}
