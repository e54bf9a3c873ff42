package hierarchy

// warp is a place for a warp on an SM, and the warp that is in it.
type warp struct {
	sm    int32
	group int32 // the CTA's place on the SM
	cta   int64
	index int32 // of the warp in its CTA
	phase warpPhase
	step  int64
	left  int32 // loads that have not come
	since int64 // when it last issued
	last  int64 // when its latest load came
	out   int64 // when its latest store has left the SM
	level Level
}

type warpPhase uint8

const (
	starting warpPhase = iota
	loading
	storing
	gone
)

// span is bytes next to one another.
type span struct{ addr, bytes int64 }

// program is what the warps of a probe do: steps of loads, which are issued one
// after another and waited for, and of stores, which are not.
type program interface {
	ctas() int64
	// warps is the warps of a CTA.
	warps() int
	// step is what a warp does in its i-th step; ok is false after the last.
	step(cta int64, warp int32, i int64, loads, stores []span) (l, s []span, ok bool)
	// loaded is told at which edge a step's loads are there, how long they took, and where the last was found.
	loaded(at, edges int64, level Level)
	// finished is told when a CTA is through.
	finished(at int64)
}

// group is a CTA's place on an SM.
type group struct {
	first int32 // its first warp's place
	left  int   // warps of its CTA that have not ended
}

// grid is the CTAs of a probe on their SMs.
type grid struct {
	*Hierarchy
	groups []group
	next   int64 // CTA to be dispatched
	loads  []span
	stores []span
}

// launch runs a program with so many CTAs an SM at a time on so many SMs.
func (h *Hierarchy) launch(p program, perSM, sms int) error {
	h.program = p
	h.grid = &grid{Hierarchy: h}
	g := h.grid
	n := p.warps()
	g.groups = make([]group, perSM*sms)
	h.warps = make([]warp, len(g.groups)*n)
	for i := range g.groups {
		g.groups[i].first = int32(i * n)
		for j := range n {
			h.warps[i*n+j] = warp{sm: int32(i % sms), group: int32(i), index: int32(j), phase: gone}
		}
	}
	for i := range g.groups {
		g.dispatch(int32(i), 0)
	}
	return h.run()
}

// dispatch puts the next CTA in a place.
func (g *grid) dispatch(i int32, at int64) {
	if g.next == g.program.ctas() {
		return
	}
	place := &g.groups[i]
	place.left = g.program.warps()
	s := &g.sms[g.warps[place.first].sm]
	for j := range int32(place.left) {
		w := &g.warps[place.first+j]
		w.cta, w.phase, w.step, w.left, w.last, w.out = g.next, starting, 0, 0, 0, 0
		s.launch = max(s.launch, at+g.c.CTAStart) + g.c.WarpStart
		g.queue.Push(s.launch-g.c.WarpStart, place.first+j)
		g.live++
	}
	g.next++
}

// goOn is a warp's event: it begins, or its loads have come, or its stores have gone.
func (h *Hierarchy) goOn(id int32, at int64) {
	g, w := h.grid, &h.warps[id]
	if w.phase == storing {
		w.step++
		w.phase = loading
	}
	for {
		var ok bool
		if w.phase == loading && w.left == 0 && w.since >= 0 {
			h.program.loaded(at, at-w.since, w.level)
			w.since = -1
			if !g.write(id, at) {
				return
			}
			w.step++
			continue
		}
		g.loads, g.stores, ok = h.program.step(w.cta, w.index, w.step, g.loads[:0], g.stores[:0])
		if !ok {
			g.end(id, max(at, w.out))
			return
		}
		w.phase, w.since = loading, at
		if g.read(id, at) {
			return
		}
	}
}

// read issues a step's loads; false if there is nothing to wait for.
func (g *grid) read(id int32, at int64) bool {
	w := &g.warps[id]
	w.last, w.level = at, L1
	w.left = 1 // until all are issued
	for _, s := range g.loads {
		for line := s.addr / lineBytes; line*lineBytes < s.addr+s.bytes; line++ {
			w.left++
			if there := g.load(id, w.sm, line, maskOf(s, line), at); there >= 0 {
				w.left--
				w.last = max(w.last, there)
			}
		}
	}
	if w.left--; w.left > 0 {
		return true
	}
	if w.last > at {
		g.queue.Push(w.last, id)
		return true
	}
	return false
}

// maskOf is the sectors of a line that a span touches.
func maskOf(s span, line int64) (mask uint8) {
	from := max(s.addr-line*lineBytes, 0) / sectorBytes
	to := min(s.addr+s.bytes-line*lineBytes, lineBytes)
	for i := from; i*sectorBytes < to; i++ {
		mask |= 1 << i
	}
	return mask
}

// came tells a warp that a line it waits for is in L1.
func (h *Hierarchy) came(id int32, level Level, at int64) {
	w := &h.warps[id]
	h.tally.Edges[level] += at - w.since
	w.last, w.level = max(w.last, at), max(w.level, level)
	if w.left--; w.left == 0 {
		h.queue.Push(w.last, id)
	}
}

// write issues a step's stores; false if the warp must wait for room.
func (g *grid) write(id int32, at int64) bool {
	w := &g.warps[id]
	full := int32(-1)
	g.loads, g.stores, _ = g.program.step(w.cta, w.index, w.step, g.loads[:0], g.stores[:0])
	for _, s := range g.stores {
		for line := s.addr / lineBytes; line*lineBytes < s.addr+s.bytes; line++ {
			left, ch := g.store(w.sm, line, maskOf(s, line), at)
			w.out = max(w.out, left+g.c.L1Latency)
			if ch >= 0 {
				full = ch
			}
		}
	}
	if full < 0 {
		return true
	}
	g.tally.StoreStalls++
	w.phase = storing
	c := &g.dram.list[full]
	c.blocked = append(c.blocked, id)
	return false
}

// end is a warp's end, when its stores have left the SM; with the last of its CTA the next one comes.
func (g *grid) end(id int32, at int64) {
	w := &g.warps[id]
	w.phase = gone
	g.live--
	g.ended = max(g.ended, at)
	place := &g.groups[w.group]
	if place.left--; place.left == 0 {
		g.program.finished(at)
		g.dispatch(w.group, at)
	}
}
