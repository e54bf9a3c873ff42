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
}

// passOver looks, when a CTA is about to be dispatched, whether to note the state or
// to pass over CTAs.
func (g *grid) passOver(at int64) (by int64) {
	round := len(g.slots)
	switch {
	case g.next == leadIn*round && g.k.ctas > (leadIn+observed+2*tailAfter)*round:
		g.steady = steady{noted: true, edge: at, tally: g.tally, joules: g.gov.spent()}
		return 0
	case g.next != (leadIn+observed)*round || !g.steady.noted:
		return 0
	}
	s := &g.steady
	skipped := g.k.ctas - g.next - tailAfter*round
	times := float64(skipped) / float64(observed*round)
	by = int64(math.Round(times * float64(at-s.edge)))
	if moved := g.tally.dramRead + g.tally.dramWrite - s.tally.dramRead - s.tally.dramWrite; !g.ideal { // what waits for memory has grown meanwhile
		by = max(by, int64(math.Ceil(times*float64(moved)/g.perEdge)))
	}
	g.pass(skipped, by)
	now := g.gov.spent()
	g.gov.pass(at, by, (now[0]-s.joules[0])*times, (now[1]-s.joules[1])*times)
	g.next += skipped
	g.shift(by)
	s.noted = false
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
	g.l2Free, g.dramFree, g.asked = g.l2Free+float64(by), g.dramFree+float64(by), g.asked+float64(by)
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
