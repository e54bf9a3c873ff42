package gpu

import (
	"math"

	"nnsim/unit"
)

// ask requests all operands of a step of a piece of work, whose first step is so many
// after the CTA's first of all, and notes when the last of them is there.
func (g *grid) ask(s *ctaState, w *work, base, step int, at int64) {
	i := (base + step) % g.k.stages
	s.arrivals[i], s.missed[i], s.asked = at, false, at
	before := g.tally.dramRead
	for j := range w.loads {
		if o := &w.loads[j]; o.due(step) {
			g.tally.asks++
			s.arrivals[i] = max(s.arrivals[i], g.fetch(s, o, step, at))
		}
	}
	s.missed[i] = g.tally.dramRead > before
}

// fetch brings one operand's slab: through the SM's port, out of L2, and from off
// chip where L2 has not got it.
func (g *grid) fetch(s *ctaState, o *operand, step int, at int64) int64 {
	sm, t := &g.sms[s.sm], float64(at)
	bytes := float64(o.bytes)
	sm.read = max(sm.read, t) + bytes/float64(g.c.SM.Read)
	sent := bytes / float64(max(1, o.shared)) // multicast goes over the crossbar once
	g.tally.l2Read += int64(sent)
	g.gov.core += sent * float64(g.c.Power.L2Byte)
	there := at + g.far
	switch {
	case o.first < 0:
		if !o.there {
			there = max(there, g.offChip(o, o.slabBytes(), t))
		}
	case !o.there:
		slab, missing := g.l2.touch(o.slab(step), o.slabBytes(), o.before)
		if missing > 0 {
			slab.there = g.offChip(o, missing, t)
		}
		there = max(there, slab.there)
	}
	g.l2Free = max(g.l2Free, t) + sent/g.c.sends()
	sent = max(sent, bytes/float64(g.c.perPort())) // and through each port that it goes to
	arrive := max(there, int64(math.Ceil(max(sm.read, g.l2Free, g.passes(s.sm, sent, t))))+g.far)
	return max(arrive, g.tracked(sm, float64(o.bytes), t, float64(there)-t))
}

// ports is the calendars of L2's ports, each of a group of SMs; nil: there are none.
func (c *Config) ports() []float64 {
	if c.SM.Groups == 0 {
		return nil
	}
	return make([]float64, unit.CeilDiv(c.SM.Count, c.perPort()))
}

// portOf is the number of the port that an SM has with its neighbours. The CTAs of a cluster are
// neighbours; those by themselves go to one group after the other.
func (g *grid) portOf(sm int32) int {
	if g.k.cluster == 1 {
		return int(sm) % len(g.ports)
	}
	return int(sm) / g.c.perPort()
}

// passes is when bytes from L2 are through an SM's port. It runs at L2's own clock, which stays
// where it is when that of the SMs goes down.
func (g *grid) passes(sm int32, bytes, t float64) float64 {
	if g.ports == nil {
		return 0
	}
	i := g.portOf(sm)
	g.ports[i] = max(g.ports[i], t) + bytes/float64(g.c.SM.Port)*g.gov.clock/float64(g.c.Clock)
	return g.ports[i]
}

// leaves is when bytes to L2 are through it, the ports' shares of what L2 takes from all SMs being alike.
func (g *grid) leaves(sm int32, bytes, t float64) float64 {
	if g.ports == nil {
		return 0
	}
	i := g.portOf(sm)
	g.outs[i] = max(g.outs[i], t) + bytes*float64(len(g.ports))/g.c.takes()*g.gov.clock/float64(g.c.Clock)
	return g.outs[i]
}

// tracked is when an SM's table of misses has seen a load through. A byte takes up
// its place in the table for as long as it is under way, so that the table moves its
// size in a latency and no more.
func (g *grid) tracked(sm *smState, bytes, t, latency float64) int64 {
	if g.c.SM.Flight == 0 {
		return 0
	}
	latency = min(latency, float64(g.miss)+g.crowd) - float64(g.c.L2.Far-g.c.L2.Latency)/2 // half of the lines are near
	sm.flight = max(sm.flight, t) + bytes*latency/float64(g.c.SM.Flight)
	return int64(math.Ceil(sm.flight))
}

// offChip reads from DRAM; the edge is that of the last byte's arrival at the SM.
func (g *grid) offChip(o *operand, bytes int64, t float64) int64 {
	g.tally.dramRead += bytes
	if o.params {
		g.tally.params += bytes
	}
	g.gov.dram += float64(bytes) * float64(g.c.Power.DRAM)
	if g.ports != nil {
		g.l2Free = max(g.l2Free, t) + float64(bytes)/g.c.sends() // it is written there
	}
	if g.ideal {
		return int64(t) + g.miss
	}
	g.fills(float64(bytes), 0, t)
	g.crosses(float64(bytes), 0)
	service := float64(bytes) / g.perEdge
	g.dramFree = max(g.dramFree, t) + service
	g.load = g.load/(1+(t-g.asked)/g.window) + service/g.window
	g.asked = t
	return int64(math.Ceil(g.dramFree+g.crowd*min(1, g.load))) + g.miss
}

// write sends a CTA's result to L2, which passes it on to DRAM when that has nothing to read, or
// when it needs the room; the edge is that at which the SM is rid of it.
func (g *grid) write(s *ctaState, at int64) int64 {
	sm, t, bytes := &g.sms[s.sm], float64(at), float64(s.work.store)
	sm.write = max(sm.write, t) + bytes/float64(g.c.SM.Write)
	g.l2Free = max(g.l2Free, t) + bytes/g.c.takes()
	g.tally.l2Write += s.work.store
	g.gov.core += bytes * float64(g.c.Power.L2Byte)
	done := max(sm.write, g.l2Free, g.leaves(s.sm, bytes, t))
	if !s.work.partial {
		g.tally.dramWrite += s.work.store
		g.gov.dram += bytes * float64(g.c.Power.DRAM)
		if !g.ideal {
			g.l2.fill(bytes)
			done = max(done, g.fills(0, bytes, t))
		}
	}
	return int64(math.Ceil(done))
}

// fills notes bytes that come to L2 from DRAM and from SMs; the edge is that at which those are in
// DRAM whose room they take.
//
//	DRAM    reads ▔▔▔▁▁▁▁▔▔▔▔▁▁▁▔▔▔
//	results          ▔▔▔▔    ▔▔▔      written while nothing is read, or pushed out
func (g *grid) fills(reads, writes, t float64) float64 {
	g.clean(t)
	g.held.add(reads, writes)
	g.dirty += writes
	return g.push(t)
}

// clean sends results that L2 holds to DRAM while no read wants it, up to an edge.
func (g *grid) clean(t float64) {
	idle := t - g.dramFree
	if idle <= 0 {
		return
	}
	g.dramFree = t
	if g.dirty > 0 {
		bytes := min(g.dirty, idle*g.perEdge)
		g.dirty -= bytes
		g.crosses(0, bytes)
	}
}

// push sends those to DRAM that L2 no longer holds, as what has come since takes their room;
// the edge is that at which they are there.
func (g *grid) push(t float64) float64 {
	over := g.dirty - g.held.writes
	if over <= rounding {
		return t
	}
	g.dirty -= over
	g.crosses(0, over)
	g.dramFree = max(g.dramFree, t) + over/g.perEdge
	return g.dramFree
}

// crosses notes bytes that cross the pins, whose mix sets the rate.
func (g *grid) crosses(reads, writes float64) {
	if g.c.offChip == nil {
		return
	}
	g.mix.add(reads, writes)
	g.perEdge = g.rate()
}
