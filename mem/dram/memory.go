package dram

import "fmt"

// Finished is a request that has been served: the cycle after its last line's data,
// or for writes in which the last line was taken in.
type Finished struct {
	Tag   int64
	Cycle int64
	Write bool
}

// Memory is channels side by side, with lines spread over them by the channel bits
// of the mapping.
//
//	line  … row ┊ channel ┊ column     a run of lines becomes one run on each channel
type Memory struct {
	channels []*Channel
	shape    Shape
	block    int64 // consecutive lines on one channel
	backlog  [][]Request
	open     []tracked // requests under way; the tag of their runs is the index
	free     []int64
	busy     int
	finished func(Finished)
	sees     func(channel int, line Done)
}

// tracked is a request under way.
type tracked struct {
	tag, left, cycle int64
	write            bool
}

// NewMemory makes a memory of so many channels of a part. finished is called once
// for each request, when its last line's cycle is known.
func NewMemory(p Part, c Config, channels int, finished func(Finished)) (*Memory, error) {
	c, err := c.withDefaults(p)
	if err != nil {
		return nil, err
	}
	below, err := channelBits(c.Mapping, p.Shape, channels)
	if err != nil {
		return nil, err
	}
	if lines := float64(p.Shape.Lines()) * float64(channels); lines*float64(p.Shape.LineBytes) >= 1<<62 {
		return nil, fmt.Errorf("dram: %d channels of %s hold %.3g lines, too many to address; use fewer channels", channels, p.Name, lines)
	}
	m := &Memory{shape: p.Shape, block: 1 << below, backlog: make([][]Request, channels), finished: finished}
	for i := range channels {
		ch, err := New(p, c, func(l Done) { m.line(i, l) })
		if err != nil {
			return nil, err
		}
		m.channels = append(m.channels, ch)
	}
	return m, nil
}

// Channels are the channels, for their counters and commands.
func (m *Memory) Channels() []*Channel { return m.channels }

// WatchLines shows every line that is served to sees, with its number in the memory.
func (m *Memory) WatchLines(sees func(channel int, line Done)) { m.sees = sees }

// Lines is the number of lines the memory holds.
func (m *Memory) Lines() int64 { return m.shape.Lines() * int64(len(m.channels)) }

// CanAccept tells whether a request can be added: no channel has a run that its port has not taken.
func (m *Memory) CanAccept() bool {
	for i, list := range m.backlog {
		if len(list) > 0 || !m.channels[i].CanAccept() {
			return false
		}
	}
	return true
}

// Add queues a request, whose lines are numbered through the whole memory.
func (m *Memory) Add(r Request) error {
	last := r.Line + (r.Count-1)*r.Stride
	if lines := m.Lines(); r.Count < 1 || r.Count > lines || r.Stride > lines || r.Stride < -lines || min(r.Line, last) < 0 || max(r.Line, last) >= lines {
		return fmt.Errorf("dram: a request for %d lines from line %d on, %d apart; the memory has %d lines", r.Count, r.Line, r.Stride, lines)
	}
	slot := m.track(tracked{r.Tag, r.Count, 0, r.Write})
	if r.Stride == 1 {
		m.spread(r, slot)
	} else {
		m.scatter(r, slot)
	}
	m.feed()
	return nil
}

func (m *Memory) track(t tracked) int64 {
	m.busy++
	if n := len(m.free); n > 0 {
		slot := m.free[n-1]
		m.free = m.free[:n-1]
		m.open[slot] = t
		return slot
	}
	m.open = append(m.open, t)
	return int64(len(m.open) - 1)
}

// before counts the lines below a line that lie on a channel; it is also the number
// there of the first line on the channel that is not below it.
func (m *Memory) before(line int64, channel int) int64 {
	round := m.block * int64(len(m.channels))
	return line/round*m.block + min(max(line%round-int64(channel)*m.block, 0), m.block)
}

// spread gives each channel its part of consecutive lines, which are consecutive there too.
func (m *Memory) spread(r Request, slot int64) {
	for i := range m.channels {
		from, to := m.before(r.Line, i), m.before(r.Line+r.Count, i)
		if to > from {
			m.backlog[i] = append(m.backlog[i], Request{Line: from, Count: to - from, Stride: 1, Write: r.Write, Tag: slot, At: r.At})
		}
	}
}

// scatter gives each channel its part of lines with any stride, in runs as long as they get.
func (m *Memory) scatter(r Request, slot int64) {
	base := make([]int, len(m.backlog))
	for i := range base {
		base[i] = len(m.backlog[i])
	}
	for k := range r.Count {
		line := r.Line + k*r.Stride
		i := int(line / m.block % int64(len(m.channels)))
		at, list := m.before(line, i), m.backlog[i]
		if n := len(list); n > base[i] && extends(&list[n-1], at) {
			continue
		}
		m.backlog[i] = append(list, Request{Line: at, Count: 1, Stride: 1, Write: r.Write, Tag: slot, At: r.At})
	}
}

// extends adds a line to a run if it continues it.
func extends(r *Request, line int64) bool {
	if r.Count == 1 && line != r.Line {
		r.Stride = line - r.Line
	}
	if r.Line+r.Count*r.Stride != line {
		return false
	}
	r.Count++
	return true
}

// feed hands runs to the ports that have room.
func (m *Memory) feed() {
	for i, list := range m.backlog {
		n := 0
		for n < len(list) && m.channels[i].CanAccept() && m.channels[i].Add(list[n]) == nil {
			n++
		}
		m.backlog[i] = append(list[:0], list[n:]...)
	}
}

// line books a line that a channel has served.
func (m *Memory) line(channel int, l Done) {
	t := &m.open[l.Tag]
	if m.sees != nil {
		global := l
		global.Tag = t.tag
		global.Line = l.Line/m.block*m.block*int64(len(m.channels)) + int64(channel)*m.block + l.Line%m.block
		m.sees(channel, global)
	}
	t.cycle = max(t.cycle, l.Cycle)
	if t.left--; t.left == 0 {
		m.busy--
		m.free = append(m.free, l.Tag)
		m.finished(Finished{t.tag, t.cycle, t.write})
	}
}

// Next is the next cycle in which something can happen on any channel.
func (m *Memory) Next() int64 {
	next := never
	for _, ch := range m.channels {
		next = min(next, ch.Next())
	}
	return next
}

// AdvanceTo runs the cycles before t, channel by channel: they do not see each other.
func (m *Memory) AdvanceTo(t int64) {
	for i, ch := range m.channels {
		for len(m.backlog[i]) > 0 && ch.Next() < t {
			ch.AdvanceTo(ch.Next() + 1)
			m.feed()
		}
		ch.AdvanceTo(t)
	}
}

// Busy is the number of requests under way.
func (m *Memory) Busy() int { return m.busy }

// Counters are the sums over the channels.
func (m *Memory) Counters() (c Counters) {
	for _, ch := range m.channels {
		c = c.Plus(ch.Counters())
	}
	return c
}
