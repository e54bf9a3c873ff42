package gpu

import (
	"fmt"
	"math"
	"sync"

	"nnsim/arch/gpu/hierarchy"
	"nnsim/mem/dram"
)

// What off-chip memory gives to a kernel follows from its channels (mem/dram): one of
// them, which all others are like as lines are dealt over them evenly, serves the lines
// that such a kernel's CTAs ask for, as fast as it can, and the share of its pins that
// it reaches is what the kernel's calendar takes.
//
//	stream   CTA 0 │ CTA 1 │ …      pieces of neighbouring lines, one CTA's after the other's
//	tiles    CTA 0 ▔▁▔▁  CTA 1 ▔▁▔▁  a slab's bytes of each row of a tile, rows a pitch apart
//
// Reads and writes take turns as the kernel mixes them: the calendar asks for the mix
// of what has gone by lately. A kernel's pattern is simulated when it is first met, at
// five mixes, in between which rates are on a line.
//
// Sources: mem/dram for commands, times and the controller.

// traffic is how a kernel's CTAs read: slabs of so many bytes of rows that lie a pitch
// apart, or a stream.
type traffic struct {
	slab, pitch int64 // bytes; 0: a stream
}

// mixes is the number of steps between all reads and all writes at which rates are simulated.
const mixes = 4

// pinned is what has been found out of a pattern: the share of the pins at each mix; 0: not yet.
type pinned [mixes + 1]float64

// offChip is a machine's channels, and what is known of the rates they reach.
type offChip struct {
	part     dram.Part
	channels int64
	sms      int64
	mutex    sync.Mutex // of known: runs of one machine may be under way at once
	known    map[traffic]*pinned
	lone     float64 // cycles of a read that finds the channel idle
	cycle    float64 // seconds
}

// part is the part whose channels the machine has, at the clock that the bandwidth asks for.
func (c *Config) part() (dram.Part, error) {
	part, err := dram.Preset(c.Memory.Part)
	if err != nil {
		return part, fmt.Errorf("memory.part: %w", err)
	}
	if c.Memory.Cycle > 0 {
		part.TCK = float64(c.Memory.Cycle) * 1e9
	}
	part.Shape.Pseudo = 1 // each is a channel of its own here
	perLine := float64(part.Shape.LineBytes*c.Memory.Channels) / float64(part.Timing["tBURST"])
	return part.At(perLine / float64(c.Memory.Bandwidth) * 1e9), nil
}

// newOffChip makes the channels of a machine whose memory is made of them; nil where it is not.
func newOffChip(c *Config) (*offChip, error) {
	if c.Memory.Ideal() || c.Memory.Model != "channels" {
		return nil, nil
	}
	part, err := c.part()
	if err != nil {
		return nil, err
	}
	o := &offChip{part: part, channels: int64(c.Memory.Channels), sms: int64(c.SM.Count), known: map[traffic]*pinned{}, cycle: part.TCK * 1e-9}
	return o, o.alone()
}

// loneReads is the reads, each by itself, over which a lone read's time is taken.
const loneReads = 64

// alone takes the time of a read of a cache line that finds the channel idle.
func (o *offChip) alone() error {
	sum, last := int64(0), int64(0)
	ch, err := dram.New(o.part, hierarchy.Controller(), func(d dram.Done) { last = d.Cycle })
	if err != nil {
		return err
	}
	per := o.per()
	for i := range int64(loneReads) {
		at := ch.Now() + 1
		if err := ch.Add(dram.Request{Line: int64(uint64(i) * spread >> 33 * uint64(per) % uint64(o.part.Shape.Lines())), Count: per, Stride: 1, At: at}); err != nil {
			return err
		}
		settle(ch)
		sum += last - at
	}
	o.lone = float64(sum) / loneReads
	return nil
}

// per is the lines of the part in a line of the caches.
func (o *offChip) per() int64 { return max(1, cacheLine/int64(o.part.Shape.LineBytes)) }

// cacheLine is the bytes of a line of L2.
const cacheLine = 128

// spread is an odd number with its bits all over the place (2^64 over the golden ratio).
const spread = 0x9e3779b97f4a7c15

// settle runs a channel until it has served all it has.
func settle(ch *dram.Channel) {
	for reads, writes, requests := ch.Left(); reads+writes > 0 || requests; reads, writes, requests = ch.Left() {
		ch.AdvanceTo(ch.Next() + 1)
	}
}

// reached is the share of the pins that traffic gets at a share of writes.
func (o *offChip) reached(t traffic, writes float64) float64 {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	p := o.known[t]
	if p == nil {
		p = &pinned{}
		o.known[t] = p
	}
	at := min(max(writes, 0), 1) * mixes
	low := min(int(at), mixes-1)
	share := at - float64(low)
	rate := 0.0
	for i, weight := range [2]float64{1 - share, share} {
		if weight == 0 {
			continue
		}
		if p[low+i] == 0 {
			p[low+i] = o.serve(t, float64(low+i)/mixes)
		}
		rate += weight * p[low+i]
	}
	return rate
}

// What a channel serves for a rate: cache lines, of which the first few, until its
// queues are full, do not count.
const served, filling = 1200, 240

// serve has a channel serve a pattern as fast as it can.
func (o *offChip) serve(t traffic, writes float64) float64 {
	var lines, from, last int64
	ch, err := dram.New(o.part, hierarchy.Controller(), func(d dram.Done) {
		if lines++; lines == filling*o.per() {
			from = d.Cycle
		}
		last = max(last, d.Cycle)
	})
	if err != nil {
		return 1 // alone has found out that there is one
	}
	asked, owed := 0, 0.0
	put := func(address int64, write bool) {
		line := address / cacheLine
		index := line / o.channels
		if turn := int64(uint64(index) * spread >> 33); (line+turn)%o.channels != 0 {
			return // another channel's
		}
		for !ch.CanAccept() {
			ch.AdvanceUntilRoom()
		}
		per := o.per()
		if ch.Add(dram.Request{Line: index * per % o.part.Shape.Lines(), Count: per, Stride: 1, Write: write, At: ch.Now()}) == nil {
			asked++
		}
	}
	for i := int64(0); asked < served; i++ { // reads and writes, each in an array of its own
		array, write := int64(0), false
		if owed += writes; owed >= 1 {
			owed--
			array, write = resultsAt, true
		}
		t.piece(i, o.sms, func(address int64) { put(array+address, write) })
	}
	settle(ch)
	if last == from {
		return 1
	}
	return min(1, float64((lines-filling*o.per())*int64(o.part.Timing["tBURST"]))/float64(last-from))
}

// resultsAt is where results lie, far from what is read.
const resultsAt = 1 << 36

// tileRows is the rows of a tile: 64 and 128 give the same within a percent.
const tileRows = 64

// piece asks for the i-th piece of a pattern, line by line: a CTA's stream, or a slab
// of a CTA's tile; CTAs take turns.
func (t traffic) piece(i, ctas int64, ask func(address int64)) {
	if t.slab == 0 {
		for at := int64(0); at < streamBytes; at += cacheLine {
			ask(i*streamBytes + at)
		}
		return
	}
	cta, slab := i%ctas, i/ctas
	cta += slab / (t.pitch / t.slab) * ctas // the next tile
	slab %= t.pitch / t.slab
	for row := range int64(tileRows) {
		for at := int64(0); at < max(t.slab, cacheLine); at += cacheLine {
			ask((cta*tileRows+row)*t.pitch + slab*t.slab + at)
		}
	}
}

// tiles is the pattern of tiles over rows of so many bytes, of which a slab takes some:
// pitches of like size are one, powers of two and half-way between.
func tiles(slab, pitch int64) traffic {
	slab = max(cacheLine, slab/cacheLine*cacheLine)
	if pitch <= slab {
		return traffic{}
	}
	rounded := slab
	for rounded*3/2 < pitch {
		if rounded *= 2; rounded > 1<<40 {
			break
		}
	}
	return traffic{slab, rounded}
}

// rate is the bytes that off-chip memory gives in an edge.
func (g *grid) rate() float64 {
	share := g.c.Memory.Efficiency
	if g.c.offChip != nil {
		share = g.c.offChip.reached(g.k.traffic, g.mix.share())
	}
	return float64(g.c.Memory.Bandwidth) * share / g.gov.clock
}

// missTime is what a miss in L2 takes beyond a hit in its far partition, with no other
// under way: half of the lines have their home in the near one.
func (c *Config) missTime() int64 {
	if c.offChip == nil {
		return edges(c.Memory.Latency, c.Clock)
	}
	return edges(c.Memory.Controller, c.Clock) + int64(math.Ceil(c.offChip.lone*c.offChip.cycle*float64(c.Clock))) - int64(c.L2.Far-c.L2.Latency)/2
}

// mix is what has crossed the pins lately: results leave L2 as what comes in pushes
// them out, so that lately is as many bytes as it holds.
type mix struct{ reads, writes, room float64 }

// add notes bytes, and forgets others.
func (m *mix) add(reads, writes float64) {
	keep := 1.0
	if m.room > 0 {
		keep = math.Exp(-(reads + writes) / m.room)
	}
	m.reads, m.writes = m.reads*keep+reads, m.writes*keep+writes
}

// share is the share of writes.
func (m *mix) share() float64 {
	if m.writes == 0 {
		return 0
	}
	return m.writes / (m.reads + m.writes)
}
