package mapping

// MemoryShape is what a mapper may know of the inside of an off-chip memory: how
// addresses lie on its channels and in their rows, and what it costs to change
// rows and direction, in cycles of the machine.
//
//	address ─▶ channel: Stripe bytes on one, then on the next
//	            └▶ bytes of the channel ─▶ Row bytes in open rows of a bank, then the next of Banks
//
// The zero value is one channel without rows, with the Latency and the Turnaround of the Target.
type MemoryShape struct {
	Channels int
	Stripe   int64 // consecutive bytes on one channel
	Row      int64 // consecutive bytes of a channel in rows that are open together; 0: no rows
	Banks    int   // how many such rows are open at a time, each in place of the one before in its bank

	Latency    float64 // from a request to its data, of an open row, there and back
	Activate   float64 // from a row's activation to its use
	Precharge  float64 // from a row's end to the next activation in the bank
	AfterRead  float64 // from a bank's last read, or write, to its row's end
	AfterWrite float64
	ToRead     float64 // cycles the pins idle when reads follow writes
	ToWrite    float64
	Refresh    float64 // share of the time in which it refreshes
	Ahead      int64   // bytes of reads that a controller of a channel sees ahead of the pins
	High, Low  int64   // bytes of waiting writes at which writing begins while reads wait, and ends
	Fill       float64 // cycles in which High bytes come in
}

// paceMemory is the memory on the course of a nest: channels that pass transfers
// in the order in which they come, and know which rows they have opened.
type paceMemory struct {
	MemoryShape
	perByte  float64 // cycles that a channel takes for a byte
	ahead    float64 // and for the bytes that its controller sees ahead
	channels []paceChannel
}

// paceChannel is a channel: when its pins are free, which way they point, and by
// bank the open row (plus one; 0: none) and when it is free for another.
type paceChannel struct {
	free    float64
	write   bool
	loading bool  // the latest load passes it
	held    int64 // bytes of writes that wait in the controller
	next    int64 // and the byte behind them
	open    []int64
	ends    []float64
}

// begin takes the numbers of a machine.
func (m *paceMemory) begin(t *Target) {
	if m.MemoryShape = t.Memory; m.Channels == 0 {
		m.MemoryShape = MemoryShape{Channels: 1, Stripe: 1 << 40, Latency: t.Latency, ToRead: t.Turnaround, ToWrite: t.Turnaround}
	}
	if t.BytesPerCycle > 0 {
		m.perByte = float64(m.Channels) / t.BytesPerCycle / (1 - m.Refresh)
	}
	m.ahead = float64(m.Ahead) * m.perByte
	if len(m.channels) != m.Channels {
		m.channels = make([]paceChannel, m.Channels)
	}
	for i := range m.channels {
		ch := &m.channels[i]
		if ch.free, ch.write, ch.held = 0, false, 0; len(ch.open) != m.Banks {
			ch.open, ch.ends = make([]int64, m.Banks), make([]float64, m.Banks)
		}
		clear(ch.open)
		clear(ch.ends)
	}
}

// load passes the bytes at an address, which are asked for at some time, to the
// machine; it gives the time at which the last of them has passed the pins.
func (m *paceMemory) load(from float64, addr, bytes int64) float64 {
	done := from
	for i := range m.channels {
		ch := &m.channels[i]
		first, n := m.share(i, addr, bytes)
		if ch.loading = n > 0; ch.loading {
			m.idle(ch, from)
			m.pass(ch, from, first, n, false)
			done = max(done, ch.free)
		}
	}
	return done
}

// loaded is when the latest load has passed, if writes have gone before its last bytes.
func (m *paceMemory) loaded(done float64) float64 {
	for i := range m.channels {
		if ch := &m.channels[i]; ch.loading {
			done = max(done, ch.free)
		}
	}
	return done
}

// fences tells whether a load that comes behind the latest one fills the controllers
// so that what comes behind it cannot overtake the latest.
func (m *paceMemory) fences(addr, bytes int64) bool {
	for i := range m.channels {
		if m.channels[i].loading {
			if _, n := m.share(i, addr, bytes); float64(n)*m.perByte > m.ahead-m.Fill {
				return true
			}
		}
	}
	return false
}

// store takes bytes for an address; it gives the time at which the controllers hold the last of them.
func (m *paceMemory) store(from float64, addr, bytes int64) float64 {
	done := from
	for i := range m.channels {
		ch := &m.channels[i]
		first, n := m.share(i, addr, bytes)
		if n == 0 {
			continue
		}
		if m.High == 0 {
			m.pass(ch, from, first, n, true)
			done = max(done, ch.free)
			continue
		}
		m.idle(ch, from)
		come := max(from, ch.free-m.ahead)
		if ch.held+n >= m.High {
			goes := ch.held + n - m.Low
			m.pass(ch, max(from, ch.free-m.ahead), max(0, first-ch.held), goes, true)
			ch.held = m.Low
			come = max(come, ch.free-float64(m.High-m.Low)*m.perByte)
		} else {
			ch.held += n
			ch.next = first + n
		}
		done = max(done, come)
	}
	return done
}

// idle has a channel write what waits while nothing else is asked of it before some time.
func (m *paceMemory) idle(ch *paceChannel, until float64) {
	if ch.held == 0 || ch.free >= until {
		return
	}
	room := until - ch.free
	if !ch.write {
		room -= m.ToWrite
	}
	n := min(ch.held, max(int64(room/m.perByte), ch.held-m.Low, 0))
	if n > 0 {
		m.pass(ch, ch.free, max(0, ch.next-ch.held), n, true)
		ch.held -= n
	}
}

// share is the bytes of a transfer on a channel, and where they lie there.
func (m *paceMemory) share(channel int, addr, bytes int64) (first, n int64) {
	round, skip := m.Stripe*int64(m.Channels), int64(channel)*m.Stripe
	below := func(end int64) int64 { return end/round*m.Stripe + min(max(end%round-skip, 0), m.Stripe) }
	first = below(addr)
	return first, below(addr+bytes) - first
}

// pass has a channel pass n of its bytes from the first on.
func (m *paceMemory) pass(ch *paceChannel, from float64, first, n int64, write bool) {
	start := max(from, ch.free)
	if ch.write != write {
		turn := m.ToRead
		if write {
			turn = m.ToWrite
		}
		start, ch.write = max(start, ch.free+turn), write
	}
	if m.Row == 0 {
		ch.free = start + float64(n)*m.perByte
		return
	}
	row := first / m.Row
	bank := int(row % int64(m.Banks))
	if open := ch.open[bank]; open != row+1 {
		ready := max(from, ch.free-m.ahead, ch.ends[bank]) + m.Activate // the controller opens rows ahead
		if open > 0 {
			ready += m.Precharge
		}
		start = max(start, ready)
	}
	ch.free = start + float64(n)*m.perByte
	m.leave(ch, row, (first+n-1)/m.Row, start-float64(first-row*m.Row)*m.perByte, write)
}

// leave notes the rows that a transfer leaves open, of which the first began at a time.
func (m *paceMemory) leave(ch *paceChannel, row, last int64, begin float64, write bool) {
	after, whole := m.AfterRead, float64(m.Row)*m.perByte
	if write {
		after = m.AfterWrite
	}
	if skip := last - row - int64(m.Banks) + 1; skip > 0 {
		row, begin = row+skip, begin+float64(skip)*whole
	}
	for ; row <= last; row++ {
		bank := row % int64(m.Banks)
		begin = min(begin+whole, ch.free)
		ch.open[bank], ch.ends[bank] = row+1, begin+after
	}
}

// shift moves all times.
func (m *paceMemory) shift(by float64) {
	for i := range m.channels {
		ch := &m.channels[i]
		ch.free += by
		for b := range ch.ends {
			ch.ends[b] += by
		}
	}
}
