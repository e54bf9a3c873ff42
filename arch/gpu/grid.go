package gpu

import (
	"math"

	"nnsim/internal/engine"
)

// grid runs one kernel: CTAs on SMs, step by step, against the calendars of what
// they share. Each resource has an edge up to which it is taken and serves in
// order of request; CTAs are taken in order of their next edge, so requests come
// in order of time.
type grid struct {
	c     *Config
	k     *kernel
	gov   *governor
	ideal bool

	sms   []smState
	slots []ctaState
	queue engine.Wakes
	next  int // CTA to be dispatched

	dispatched float64 // edge at which the last one was
	every      float64 // edges from one to the next

	l2       *cache
	l2Free   float64
	ports    []float64 // by group of SMs: until when its port of L2 is taken
	outs     []float64 // and what leaves through it
	dramFree float64
	dirty    float64 // bytes of results that L2 holds and DRAM has not got yet
	held     mix     // bytes that L2 was filled with and holds
	load     float64 // share of recent time in which DRAM was busy
	asked    float64 // when it was last asked
	window   float64 // edges over which load is taken
	crowd    float64 // edges a miss takes longer at full load
	perEdge  float64 // bytes an edge of DRAM at the present clock and mix
	mix      mix     // of what has crossed its pins lately
	far      int64   // latency of a hit
	miss     int64   // latency of a miss
	end      int64
	tally    tally
	steady   steady
	ready    []int64       // by CTA of stream-K: when what it hands over is there; 0: not known
	parked   []int32       // and the slot, counted from 1, that waits for it
	woken    []engine.Wake // of slots that have waited
	watch    *timeline     // of one CTA; nil: of none
}

// smState is the calendars of one SM.
type smState struct {
	math, shared, sfu int64
	read, write       float64
	flight            float64 // until when what is under way takes up the table of misses
	warm              bool    // the kernel's code is there
}

// ctaState is a CTA on an SM.
type ctaState struct {
	work     work
	sm       int32
	step     int32
	piece    int   // number of its work
	base     int   // steps of the pieces before it
	next     work  // of the piece after it, where that is known
	after    int   // its number; 0: not known
	primed   int   // steps of it that have been asked for
	other    int64 // edge at which the other group of warps is through with its tile
	joined   int   // parts of others it has added
	since    int64 // since when it waits for the next; 0: it does not
	asked    int64 // when its last load was asked for
	phase    uint8
	booked   int64            // edges up to which it is known what it did
	arrivals [maxStages]int64 // by stage: when its slab is there
	missed   [maxStages]bool  // and whether it came from off chip
}

const maxStages = 16

// Phases of a CTA.
const (
	starting = iota
	priming  // its first stages are asked for, one after another
	stepping
	asking    // the step before is through: the next one's loads are asked for
	joining   // a part of its tile is on its way from L2
	closing   // its last step is through: residuals are asked for
	finishing // the epilogue
	storing   // it is through: the result leaves
	ending
	idle
)

// tally is what a grid counts.
type tally struct {
	l2Read, l2Write     int64 // bytes between L2 and the SMs
	dramRead, dramWrite int64
	params              int64          // of dramRead, bytes of the model's parameters
	math, shared, sfu   int64          // edges, over all SMs
	stalls              [reasons]int64 // edges of CTAs, by what they wait for
	using               [reasons]int64 // those of them in which they use the pipes
	within              [reasons]int64 // and of these the ones whose warps are not followed
	followed            int64          // edges of uses whose warps are
	busy                int64          // edges of CTAs: their lives
	asks, through       int64          // loads that producers issue, and edges after the last of them
	resident            int            // CTAs an SM at most
	steps               int64
}

// newGrid prepares a kernel that begins at an edge.
func newGrid(c *Config, k *kernel, gov *governor, ideal bool, at int64) *grid {
	gov.engage(k.events == tensorPipe && k.macs > 0)
	g := &grid{c: c, k: k, gov: gov, ideal: ideal, sms: make([]smState, c.SM.Count), far: int64(c.L2.Far),
		l2Free: float64(at), dramFree: float64(at), end: at}
	g.l2 = newCache(int64(c.L2.Size), k.slabs)
	g.miss = g.far
	if !ideal {
		g.miss += c.missTime()
		g.mix.room = float64(c.L2.Size) / float64(c.L2.Partitions)
		g.held.room = float64(c.L2.Size)
		g.crowd = float64(c.Memory.Queue) * float64(c.Clock)
	}
	g.window, g.asked = float64(g.miss), float64(at)
	k.cluster = max(1, k.cluster)
	sms := k.sms(c)
	per := min(k.fit.ctas, (k.ctas+sms-1)/sms)
	g.tally.resident = per
	g.slots = make([]ctaState, per*sms)
	g.queue = make(engine.Wakes, 0, len(g.slots))
	for i := range g.slots {
		g.slots[i].sm, g.slots[i].phase = int32(i%sms), idle
	}
	g.ports, g.outs = c.ports(), c.ports()
	for i := range g.sms {
		s := &g.sms[i]
		s.math, s.shared, s.sfu, s.read, s.write = at, at, at, float64(at), float64(at)
	}
	if k.more != nil {
		g.ready, g.parked = make([]int64, k.ctas), make([]int32, k.ctas)
	}
	if rate := float64(c.Launch.Rate); rate > 0 {
		g.every = float64(c.Clock) / rate
	}
	g.clocked()
	return g
}

// clocked notes the present clock.
func (g *grid) clocked() {
	g.perEdge = g.rate()
}

// run runs the kernel from an edge to its end, which is the edge at which its last
// byte has been written.
func (g *grid) run(at int64) int64 {
	for i := range g.slots {
		if g.dispatch(int32(i), at) {
			g.queue.Push(g.begins(&g.slots[i], at), int32(i))
		}
	}
	for len(g.queue) > 0 {
		e := g.queue[0]
		if g.gov.due(e.Edge) {
			g.gov.close(e.Edge)
			g.clocked()
		}
		if next := g.step(e.ID, e.Edge); next >= 0 {
			g.queue.Replace(next, e.ID)
		} else {
			g.queue.Pop()
		}
		g.wake()
	}
	g.end = max(g.end, int64(math.Ceil(g.l2Free)))
	if !g.ideal {
		g.clean(float64(g.end))
		g.end = max(g.end, int64(math.Ceil(g.dramFree+g.dirty/g.perEdge)))
	}
	return g.end
}

// dispatch puts the next CTA into a slot.
func (g *grid) dispatch(slot int32, at int64) bool {
	if g.next >= g.k.ctas {
		return false
	}
	g.assign(&g.slots[slot], g.next, at)
	g.next++
	return true
}

// assign gives a slot a piece of work.
func (g *grid) assign(s *ctaState, piece int, at int64) {
	s.base += s.work.steps
	if s.after == piece && piece > 0 {
		s.work = s.next
	} else {
		s.work, s.primed = g.k.work(piece), 0
	}
	s.piece, s.step, s.joined, s.after, s.phase = piece, 0, 0, 0, starting
	g.tally.busy -= at
}

// step does what a CTA does at an edge and returns the edge of its next event; -1: none.
func (g *grid) step(slot int32, at int64) int64 {
	s := &g.slots[slot]
	switch s.phase {
	case starting:
		return g.open(slot, s, at)
	case priming:
		return g.prime(s, min(g.k.stages-1, s.work.steps), at)
	case stepping:
		return g.compute(s, at)
	case asking:
		s.phase = stepping
		g.ask(s, &s.work, s.base, int(s.step), at)
		return g.wait(s, at)
	case joining:
		return g.added(s, at)
	case closing:
		return g.close(slot, s, at)
	case finishing:
		return g.store(slot, s, at)
	case storing:
		return g.leave(slot, s, at, at, at)
	}
	g.tally.busy += at
	g.end = max(g.end, at)
	if g.k.alike {
		at += g.passOver(at)
	}
	if piece, ok := g.goesOn(s); ok {
		g.assign(s, piece, at)
		return g.open(slot, s, at)
	}
	g.tally.through += at - s.asked
	if !g.dispatch(slot, at) {
		s.phase = idle
		return -1
	}
	return g.begins(s, at)
}

// open fills the stages and waits for the first.
func (g *grid) open(slot int32, s *ctaState, at int64) int64 {
	g.sms[s.sm].warm = true
	s.asked = max(s.asked, at)
	if s.work.steps == 0 && s.work.store == 0 { // it is there for the sake of its cluster
		s.phase = ending
		return at
	}
	ahead := min(g.k.stages-1, s.work.steps)
	if g.k.stages == 1 {
		ahead = min(1, s.work.steps)
	}
	if g.k.ahead && s.primed < ahead {
		return g.prime(s, ahead, at)
	}
	for i := s.primed; i < ahead; i++ {
		g.ask(s, &s.work, s.base, i, at)
	}
	s.phase = stepping
	if s.work.steps == 0 {
		return g.close(slot, s, at)
	}
	if s.work.first > 0 {
		at = g.until(s, onDRAM, at, g.fetch(s, &operand{first: -1, bytes: s.work.first}, 0, at))
	}
	return g.wait(s, at)
}

// wait is the edge at which the CTA's next slab is there, and books what it waits for.
func (g *grid) wait(s *ctaState, at int64) int64 {
	i := (s.base + int(s.step)) % g.k.stages
	if wait := s.arrivals[i] - at; wait > 0 {
		why := onL2
		if s.missed[i] {
			why = onDRAM
		}
		g.stall(s, why, at, s.arrivals[i])
		return s.arrivals[i]
	}
	return at
}

// compute takes a step on the pipes and asks for the slab that goes into the stage
// freed by the step before.
func (g *grid) compute(s *ctaState, at int64) int64 {
	if !g.k.serial {
		g.askAhead(s, at)
	}
	u := &g.k.usage
	if g.k.parts != nil {
		u = &g.k.parts[s.step]
	}
	end := g.take(s, u, at)
	if s.step++; int(s.step) == s.work.steps {
		s.phase = closing
		return end
	}
	if g.k.serial {
		s.phase = asking
		return end
	}
	return g.wait(s, end)
}

// take books a use of the SM's pipes from an edge on: it ends when each pipe has
// given its share and not before its own chain is through.
func (g *grid) take(s *ctaState, u *usage, at int64) int64 {
	sm, begun := &g.sms[s.sm], at
	if u.math > 0 {
		begun = max(at, sm.math)
		sm.math = begun + u.math
	}
	g.stall(s, onPipe, at, begun)
	end := begun + u.chain
	g.working(s, u, begun)
	if u.shared > 0 {
		sm.shared = max(at, sm.shared) + u.shared
		end = g.until(s, onShared, end, sm.shared)
	}
	if u.sfu > 0 {
		sm.sfu = max(at, sm.sfu) + u.sfu
		end = g.until(s, onSFU, end, sm.sfu)
	}
	t := &g.tally
	t.steps++
	t.math, t.shared, t.sfu = t.math+u.math, t.shared+u.shared, t.sfu+u.sfu
	g.gov.core += u.joules
	return end
}

// close asks for what the epilogue needs beside its own sums: those of other CTAs, and residuals.
func (g *grid) close(slot int32, s *ctaState, at int64) int64 {
	if s.joined < s.work.joins {
		return g.join(slot, s, at)
	}
	if s.work.extra == 0 {
		return g.store(slot, s, at)
	}
	s.phase = finishing
	return g.until(s, onDRAM, at, g.fetch(s, &operand{first: -1, bytes: s.work.extra}, 0, at))
}

// store runs the epilogue. Its result leaves meanwhile, or where that waits for the
// barriers of its passes, behind it.
func (g *grid) store(slot int32, s *ctaState, at int64) int64 {
	through, last := at, &g.k.finish
	if s.work.hands {
		last = &g.k.hand
	}
	if g.k.ordered {
		at = g.until(s, onStore, at, max(at, s.other))
	}
	end := g.take(s, last, at)
	if g.k.barriers {
		s.phase = storing
		return end
	}
	return g.leave(slot, s, at, end, through)
}

// leave sends the result off, from an edge on, of an epilogue that ends at another. The
// producer of a persistent CTA goes on with its next tile since the last step was through.
func (g *grid) leave(slot int32, s *ctaState, from, end, through int64) int64 {
	s.phase = ending
	end = g.until(s, onStore, end, g.write(s, from))
	if s.work.hands {
		g.hand(s, end)
	}
	if !g.k.persistent {
		return end
	}
	piece, ok := g.goesOn(s)
	if !ok {
		return end
	}
	g.end = max(g.end, end)
	begin := end
	if g.k.inTurn {
		begin = max(through, s.other)
		s.other = end
	}
	g.tally.busy += begin
	g.assign(s, piece, begin)
	if g.k.apart {
		through = end
	}
	return max(g.open(slot, s, through), begin)
}
