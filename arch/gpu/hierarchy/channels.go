package hierarchy

import (
	"fmt"
	"math/bits"

	"nnsim/mem/dram"
)

// channels are the off-chip memory: one pseudo-channel of a DRAM part beside the
// other, and the pipeline that leads to each.
type channels struct {
	c      *Config
	list   []channel
	active []int32 // channels with something to do
	lines  int64   // of a channel
	per    int64   // DRAM lines of a cache line, at least one
	down   int64   // edges from a slice to a channel; back takes the rest
	read   func(tag int64, at int64)
	resume func(waiter int32, at int64)
	err    error

	readBytes, writeBytes int64
}

// channel is one of them and what waits for it.
type channel struct {
	dram    *dram.Channel
	left    int64 // lines on their way
	writes  int64 // of these, writes
	listed  bool
	over    []dram.Request // what the port has no room for
	blocked []int32        // warps whose stores wait for writes to go
}

// Controller is that of each channel: bank by bank refreshed; a cache line lies in one
// page and the next in another group, so that neither a stream nor tiles, which take a
// line here and a line there, open a page for a quarter of a line. It looks at 48 lines of
// reads (choice, one for all GPUs: 32, 48, 64, 96 and 192 were tried) and at 192 of
// writes, which wait in L2.
func Controller() dram.Config {
	return dram.Config{Hash: true, Mapping: "rochrabacobgc0", Queue: 48, Writes: 192, Idle: idle, Port: portDepth, Refresh: "bank"}
}

// idle is the cycles without a read after which a controller writes what it has (choice: longer
// than any of those between reads of a kernel that has some).
const idle = 1 << 12

// held is the bytes of evicted lines that L2 holds back for a channel before stores
// must wait for them to go (choice: what covers the way there and back).
const held = 8 << 10

// portDepth is the requests that wait before a controller.
const portDepth = 512

// writeTag marks requests that nobody waits for.
const writeTag = -1

func newChannels(c *Config) (*channels, error) {
	m := &channels{c: c, lines: c.Part.Shape.Lines(), per: max(1, lineBytes/int64(c.Part.Shape.LineBytes)), down: c.Controller / 2}
	m.list = make([]channel, c.Channels)
	for i := range m.list {
		ch, err := dram.New(c.Part, Controller(), func(d dram.Done) { m.done(int32(i), d) })
		if err != nil {
			return nil, fmt.Errorf("gpu: memory: %w", err)
		}
		m.list[i].dram = ch
	}
	return m, nil
}

// ask requests sectors of a line, the index-th of a channel, which leave the slice
// at an edge. It returns how many DRAM lines will come.
func (m *channels) ask(ch int32, index int64, mask uint8, write bool, tag, at int64) int32 {
	lb := int64(m.c.Part.Shape.LineBytes)
	first := int64(bits.TrailingZeros8(mask)) * sectorBytes / lb
	last := (int64(bits.Len8(mask))*sectorBytes - 1) / lb
	r := dram.Request{Line: (index*m.per + first) % m.lines, Count: last - first + 1, Stride: 1, Write: write, Tag: tag,
		At: int64(float64(at+m.down)*m.c.PerEdge) + 1}
	c := &m.list[ch]
	c.left += r.Count
	if write {
		c.writes += r.Count
	} else {
		m.readBytes += r.Count * lb
	}
	if !c.listed {
		c.listed = true
		m.active = append(m.active, ch)
	}
	c.over = append(c.over, r)
	m.drain(c)
	return int32(r.Count)
}

// drain hands a channel's port what it has room for.
func (m *channels) drain(c *channel) {
	n := 0
	for n < len(c.over) && c.dram.CanAccept() {
		r := c.over[n]
		r.At = max(r.At, c.dram.Now())
		if err := c.dram.Add(r); err != nil {
			m.err = err
			return
		}
		n++
	}
	c.over = c.over[:copy(c.over, c.over[n:])]
}

// full tells whether a store that has pushed a line out to a channel must wait.
func (m *channels) full(ch int32) bool {
	return m.list[ch].writes*int64(m.c.Part.Shape.LineBytes) > held
}

// until runs the channels as far as requests that leave slices before an edge can matter.
func (m *channels) until(edge int64) {
	t := int64(float64(edge+m.down) * m.c.PerEdge)
	keep := m.active[:0]
	for _, i := range m.active {
		c := &m.list[i]
		c.dram.AdvanceTo(t)
		m.drain(c)
		if c.listed = c.left > 0; c.listed {
			keep = append(keep, i)
		}
	}
	m.active = keep
}

// done takes a line that a channel has served.
func (m *channels) done(i int32, d dram.Done) {
	c := &m.list[i]
	c.left--
	at := int64(float64(d.Cycle)/m.c.PerEdge) + 1 + m.c.Controller - m.down
	if !d.Write {
		m.read(d.Tag, at)
		return
	}
	c.writes--
	m.writeBytes += int64(m.c.Part.Shape.LineBytes)
	for len(c.blocked) > 0 && !m.full(i) {
		w := c.blocked[0]
		c.blocked = c.blocked[:copy(c.blocked, c.blocked[1:])]
		m.resume(w, at)
		if c.writes > 0 {
			return // one for each write that has gone
		}
	}
}

// counters sums the commands of all channels.
func (m *channels) counters() (sum dram.Counters) {
	for i := range m.list {
		sum = sum.Plus(m.list[i].dram.Counters())
	}
	return sum
}
