package gpu

import "math"

// A kernel of very many CTAs that are all alike comes to a steady state: CTAs are
// dispatched at an even rate. After a lead-in the rate is taken over some rounds of
// CTAs, and those that follow are passed over at that rate, all calendars moved on
// by as much; the last rounds, with their tail, are simulated again.
const (
	leadIn    = 6 // rounds of all slots before the rate is taken
	observed  = 6 // over which it is taken
	tailAfter = 3 // and which remain to be simulated
)

// steady is what is noted when the lead-in is over.
type steady struct {
	noted  bool
	edge   int64
	tally  tally
	joules [2]float64
	clock  float64
}

// passOver looks, when a CTA is about to be dispatched, whether to note the state or
// to pass over CTAs.
func (g *grid) passOver(at int64) (by int64) {
	round := len(g.slots)
	switch {
	case g.next == leadIn*round && g.k.ctas > (leadIn+observed+2*tailAfter)*round:
		g.steady = steady{noted: true, edge: at, tally: g.tally, joules: g.gov.spent(), clock: g.gov.clock}
		return 0
	case g.next != (leadIn+observed)*round || !g.steady.noted:
		return 0
	}
	s := &g.steady
	skipped := g.k.ctas - g.next - tailAfter*round
	by = g.elapse(at, float64(skipped)/float64(observed*round))
	g.pass(skipped, by)
	g.next += skipped
	g.shift(by)
	s.noted = false
	return by
}

// elapse lets the rounds observed up to an edge go by so many times over, and returns the
// edges that takes. The clock follows what they draw: where memory is busier than the pipes
// they take the same time at any clock, elsewhere the same edges.
func (g *grid) elapse(at int64, times float64) (by int64) {
	s, t, spent := &g.steady, &g.tally, g.gov.spent()
	core, dram := spent[0]-s.joules[0], spent[1]-s.joules[1]
	took, clock := float64(at-s.edge), (s.clock+g.gov.clock)/2
	pipes := float64(max(t.math-s.tally.math, t.shared-s.tally.shared, t.sfu-s.tally.sfu)) / float64(len(g.sms))
	moved := 0.0
	if !g.ideal {
		moved = float64(t.dramRead + t.dramWrite - s.tally.dramRead - s.tally.dramWrite)
	}
	waits, done := moved/g.perEdge > pipes, 0.0
	for left := times; left > 0; left-- {
		edges := took
		if waits {
			edges *= g.gov.clock / clock
		}
		share := min(1, left)
		done += share * max(edges, pipes, moved/g.perEdge) // what waits for memory may have grown meanwhile
		n := int64(math.Round(done)) - by
		g.gov.pass(at+by, n, core*share, dram*share)
		g.clocked()
		by += n
	}
	return by
}

// shift moves all that is under way to later edges.
func (g *grid) shift(by int64) {
	for i := range g.queue {
		g.queue[i].Edge += by
	}
	for i := range g.slots {
		s := &g.slots[i]
		for j := range s.arrivals {
			s.arrivals[j] += by
		}
		s.booked, s.asked = s.booked+by, s.asked+by
	}
	for i := range g.sms {
		s := &g.sms[i]
		s.math, s.shared, s.sfu = s.math+by, s.shared+by, s.sfu+by
		s.read, s.write, s.flight = s.read+float64(by), s.write+float64(by), s.flight+float64(by)
	}
	for i := range g.ports {
		g.ports[i] += float64(by)
		g.outs[i] += float64(by)
	}
	g.l2Free, g.dramFree, g.asked, g.dispatched = g.l2Free+float64(by), g.dramFree+float64(by), g.asked+float64(by), g.dispatched+float64(by)
	g.tally.busy += by // of the CTA that would be in the place of the one that has ended
}

// pass counts so many CTAs that are not simulated: bytes by what one of them
// moves, waits by how those simulated since have waited. All places are taken in the
// meantime, and no warp of such kernels is followed by itself.
func (g *grid) pass(skipped int, by int64) {
	t, before := &g.tally, &g.steady.tally
	weights := make([]int64, 2*reasons) // waits, then uses of the pipes
	for i := range t.stalls {
		used := t.using[i] - before.using[i]
		weights[i] = t.stalls[i] - before.stalls[i] - used
		weights[int(reasons)+i] = t.within[i] - before.within[i]
	}
	parts := apportion(by*int64(len(g.slots)), weights)
	for i := range t.stalls {
		used, as := parts[int(reasons)+i], reason(i)
		t.stalls[i] += parts[i]
		t.within[i] += used
		if as == onSFU {
			as = issuing
		}
		t.stalls[as] += used
		t.using[as] += used
	}
	one, n := g.one(), int64(skipped)
	t.l2Read, t.l2Write, t.dramRead, t.dramWrite = t.l2Read+n*one.l2Read, t.l2Write+n*one.l2Write, t.dramRead+n*one.dramRead, t.dramWrite+n*one.dramWrite
	t.params += n * one.params
	t.math, t.shared, t.sfu = t.math+n*one.math, t.shared+n*one.shared, t.sfu+n*one.sfu
}

// one is what a CTA counts that reads nothing another has brought to L2.
func (g *grid) one() (t tally) {
	w := g.k.work(0)
	for step := range w.steps {
		u := &g.k.usage
		if g.k.parts != nil {
			u = &g.k.parts[step]
		}
		t.math, t.shared, t.sfu = t.math+u.math, t.shared+u.shared, t.sfu+u.sfu
		for i := range w.loads {
			o := &w.loads[i]
			if !o.due(step) {
				continue
			}
			t.l2Read += o.bytes
			if !o.there {
				t.dramRead += o.slabBytes()
			}
			if !o.there && o.params {
				t.params += o.slabBytes()
			}
		}
	}
	t.l2Write, t.dramWrite = w.store, w.store
	return t
}
