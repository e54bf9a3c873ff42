package mem

import (
	"fmt"
	"slices"

	"nnsim/internal/engine"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// OffChipConfig is a memory of one or more channels of a DRAM part.
type OffChipConfig struct {
	Part     dram.Part
	Control  dram.Config // of every channel; mapping rorabachcobg if it has none; Port follows from the requesters
	Channels int         // a power of two; the mapping's "ch" says which bits of a line choose among them
}

// OffChip takes bursts, cuts them into lines and spreads them over its channels.
// It counts edges of the memory's command clock.
//
//	bursts by (edge, port, order) ─▶ lines ─┬─ channel 0 ─ controller ─ banks
//	   ◀── edge of the last line ───────────┴─ channel 1 …
//
// Channels are independent between two bursts; each is advanced by itself.
type OffChip struct {
	channels []*dram.Channel
	part     dram.Part
	line     int64 // bytes
	spread   Interleave
	coming   []arrival
	order    int64
	moved    unit.Edge // when the latest line was done
	bursts   Slots[burst]
	onWay    int
	reply    func(port, slot int, at unit.Edge)
	took     []int64 // reads by the cycles from acceptance to data
	tally    Tally
}

// Tally is what a memory has moved.
type Tally struct {
	ReadLines, WriteLines int64
	ReadBursts            int64
	WriteBursts           int64
	Hash                  uint64    // the sum of dram.Mix over all reads
	End                   unit.Edge // by which all that was asked for so far has been done
}

// arrival is a burst that has been announced.
type arrival struct {
	Burst
	port  int
	order int64
}

// burst is one whose lines are in the channels.
type burst struct {
	port, slot int32
	left       int64 // lines
	last       unit.Edge
}

// NewOffChip makes a memory. reply is called once for every burst, as soon as it is
// known when its last line is done; onWay is how many bursts there can be at a time.
func NewOffChip(c OffChipConfig, onWay int, reply func(port, slot int, at unit.Edge)) (*OffChip, error) {
	m := &OffChip{part: c.Part, line: int64(c.Part.Shape.LineBytes), reply: reply}
	var err error
	if c.Control.Mapping == "" {
		c.Control.Mapping = UsualMapping
	}
	if m.spread, err = NewInterleave(c.Part.Shape, c.Control.Mapping, c.Channels); err != nil {
		return nil, err
	}
	c.Control.Port = max(1, min(onWay, 1<<16))
	for i := range c.Channels {
		ch, err := dram.New(c.Part, c.Control, func(d dram.Done) { m.lineDone(i, d) })
		if err != nil {
			return nil, err
		}
		m.channels = append(m.channels, ch)
	}
	return m, nil
}

// Bytes is the capacity.
func (m *OffChip) Bytes() int64 { return m.part.Shape.Lines() * m.line * int64(len(m.channels)) }

// Ask announces a burst of a port; it counts at its edge, which must not lie
// before what Run has been told.
func (m *OffChip) Ask(port int, b Burst) error {
	if b.Bytes < 1 || b.Addr < 0 || b.Addr > m.Bytes()-b.Bytes {
		return fmt.Errorf("mem: burst of %d bytes at %d; %d channels of %s hold %v", b.Bytes, b.Addr, len(m.channels), m.part.Name, unit.Bytes(m.Bytes()))
	}
	a := arrival{b, port, m.order}
	m.order++
	m.coming = append(m.coming, a)
	for i := len(m.coming) - 1; i > 0 && sooner(&m.coming[i], &m.coming[i-1]); i-- {
		m.coming[i], m.coming[i-1] = m.coming[i-1], m.coming[i]
	}
	return nil
}

// sooner is the order in which bursts count, whatever order they were announced in.
func sooner(a, b *arrival) bool {
	if a.Edge != b.Edge {
		return a.Edge < b.Edge
	}
	return a.port < b.port || a.port == b.port && a.order < b.order
}

// Run does everything before edge until.
func (m *OffChip) Run(until unit.Edge) error {
	n := 0
	for ; n < len(m.coming) && m.coming[n].Edge < until; n++ {
		if err := m.begin(&m.coming[n]); err != nil {
			return err
		}
	}
	m.coming = m.coming[:copy(m.coming, m.coming[n:])]
	for _, ch := range m.channels {
		ch.AdvanceTo(until)
	}
	if m.onWay > 0 && until-m.moved > patience {
		return fmt.Errorf("mem: deadlock at edge %d: %d bursts are on their way and no line has moved since edge %d; %s", until, m.onWay, m.moved, m.stuck())
	}
	return nil
}

// RunAhead goes on beyond edge until, in each channel as long as requests wait at its
// port: none that comes later can change what it does before they are taken in.
// Channels are at different edges then, and each has gone through all it has at hand
// at one time.
func (m *OffChip) RunAhead(until unit.Edge) {
	for _, ch := range m.channels {
		ch.AdvanceAhead(until + ahead)
	}
}

// ahead bounds that, in cycles, since a policy may never take a request in.
const ahead = 1 << 14

// patience is how long a memory with work may move no line, in cycles: hundreds
// of refreshes, and longer than any queue takes.
const patience = 1 << 21

// stuck draws what waits in each channel.
func (m *OffChip) stuck() string {
	text := ""
	for i, ch := range m.channels {
		if reads, writes, more := ch.Left(); reads+writes > 0 || more {
			text += fmt.Sprintf("channel %d holds %d reads and %d writes, requests before it: %v; ", i, reads, writes, more)
		}
	}
	return text + "controller=frfcfs cannot come to this"
}

// begin gives the lines of a burst to their channels.
func (m *OffChip) begin(a *arrival) error {
	id := m.bursts.Take()
	from, to := a.Addr/m.line, (a.Addr+a.Bytes-1)/m.line+1
	*m.bursts.At(id) = burst{port: int32(a.port), slot: int32(a.Slot), left: to - from}
	m.onWay++
	m.moved = max(m.moved, a.Edge)
	i, stripes := m.spread.Stripes(from, to)
	for range min(stripes, int64(len(m.channels))) {
		first := m.spread.Before(from, i)
		n := m.spread.Before(to, i) - first
		if err := m.channels[i].Add(dram.Request{Line: first, Count: n, Stride: 1, Write: a.Write, Tag: int64(id), At: a.Edge}); err != nil {
			return err
		}
		if i++; i == len(m.channels) {
			i = 0
		}
	}
	return nil
}

// lineDone takes a line that a channel has served.
func (m *OffChip) lineDone(ch int, d dram.Done) {
	b := m.bursts.At(int32(d.Tag))
	b.last = max(b.last, d.Cycle)
	m.moved = max(m.moved, d.Cycle)
	if d.Write {
		m.tally.WriteLines++
	} else {
		m.tally.ReadLines++
		m.tally.Hash += dram.Mix(m.spread.Line(d.Line, ch), d.Cycle)
		took := d.Cycle - d.Accepted
		if took >= int64(len(m.took)) {
			m.took = slices.Grow(m.took, int(took)+1)[:took+1]
		}
		m.took[took]++
	}
	if b.left--; b.left > 0 {
		return
	}
	if d.Write {
		m.tally.WriteBursts++
	} else {
		m.tally.ReadBursts++
	}
	m.tally.End = max(m.tally.End, b.last)
	m.onWay--
	m.bursts.Give(int32(d.Tag))
	m.reply(int(b.port), int(b.slot), b.last)
}

// Next is the next edge at which something can happen that anyone waits for, or
// engine.Never: refreshes alone wake no one.
func (m *OffChip) Next() unit.Edge {
	next := engine.Never
	if len(m.coming) > 0 {
		next = m.coming[0].Edge
	}
	if m.onWay > 0 {
		for _, ch := range m.channels {
			next = min(next, ch.Next())
		}
	}
	return next
}

// Left describes what is not done, and tells whether everything is.
func (m *OffChip) Left() (string, bool) {
	return fmt.Sprintf("%d bursts on their way, %d announced", m.onWay, len(m.coming)), m.onWay == 0 && len(m.coming) == 0
}

// Tally is what has been moved so far.
func (m *OffChip) Tally() Tally { return m.tally }

// Latencies counts reads by their cycles from acceptance by a controller to their last data.
func (m *OffChip) Latencies() []int64 { return m.took }

// Counters are the commands of all channels up to an edge, to which they are advanced.
func (m *OffChip) Counters(edge unit.Edge) (sum dram.Counters) {
	for _, ch := range m.channels {
		ch.AdvanceTo(edge)
		sum = sum.Plus(ch.Counters())
	}
	return sum
}
