package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawMemory is a memory of any shape; now and then none.
func drawMemory(t *rapid.T) (m MemoryShape) {
	if rapid.Bool().Draw(t, "plain memory") {
		return m
	}
	draw := func(name string, most int) float64 { return float64(rapid.IntRange(0, most).Draw(t, name)) }
	m = MemoryShape{Channels: 1 << rapid.IntRange(0, 3).Draw(t, "channels"), Stripe: 64 << rapid.IntRange(0, 7).Draw(t, "stripe"),
		Latency: draw("latency", 100), Activate: draw("activate", 20), Precharge: draw("precharge", 20), AfterRead: draw("after read", 10),
		AfterWrite: draw("after write", 30), ToRead: draw("to read", 30), ToWrite: draw("to write", 10), Refresh: draw("refresh", 10) / 100}
	if rapid.Bool().Draw(t, "rows") {
		m.Row, m.Banks = 64<<rapid.IntRange(0, 7).Draw(t, "row"), 1<<rapid.IntRange(0, 4).Draw(t, "banks")
		m.Ahead, m.High, m.Low, m.Fill = 4096, 3072, 1024, draw("fill", 50)
	}
	return m
}

// Every byte of a transfer passes one channel: the one that the obvious walk over its bytes finds.
func TestChannelsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &paceMemory{MemoryShape: MemoryShape{Channels: rapid.IntRange(1, 5).Draw(t, "channels"), Stripe: rapid.Int64Range(1, 9).Draw(t, "stripe")}}
		addr, bytes := rapid.Int64Range(0, 200).Draw(t, "addr"), rapid.Int64Range(0, 200).Draw(t, "bytes")
		counts, firsts := make([]int64, m.Channels), make([]int64, m.Channels)
		for a := addr; a < addr+bytes; a++ {
			at := a / m.Stripe
			channel := at % int64(m.Channels)
			if counts[channel]++; counts[channel] == 1 {
				firsts[channel] = at/int64(m.Channels)*m.Stripe + a%m.Stripe
			}
		}
		for i := range m.Channels {
			first, n := m.share(i, addr, bytes)
			require.Equal(t, counts[i], n)
			if n > 0 {
				require.Equal(t, firsts[i], first)
			}
		}
	})
}

// Figures one can do in the head: 1 byte a cycle and channel, rows of 100 bytes in two banks.
func TestMemoryTightGates(t *testing.T) {
	shape := MemoryShape{Channels: 1, Stripe: 1 << 40, Row: 100, Banks: 2, Activate: 10, Precharge: 7, AfterRead: 3, AfterWrite: 20, ToRead: 5, ToWrite: 2,
		Ahead: 50, High: 60, Low: 20}
	open := func(edit func(*MemoryShape)) *paceMemory {
		s, m := shape, &paceMemory{}
		if edit != nil {
			edit(&s)
		}
		m.begin(&Target{BytesPerCycle: float64(s.Channels), Memory: s})
		return m
	}
	m := open(nil)
	assert.Equal(t, 90.0, m.load(0, 0, 80), "a row is opened, then its bytes pass")
	assert.Equal(t, 110.0, m.load(0, 80, 20), "the row is open")
	assert.Equal(t, 130.0, m.load(0, 100, 20), "the other bank's was opened ahead")
	assert.Equal(t, 230.0, m.load(0, 0, 100), "the first row is still open")
	assert.Equal(t, 230.0+3+7+10+50, m.load(0, 200, 50), "another row of the bank: end, precharge, activate")

	m = open(nil)
	assert.Equal(t, 0.0, m.store(0, 0, 40), "too few to write while they may wait")
	assert.EqualValues(t, 40, m.channels[0].held)
	assert.Equal(t, 10.0+20+5+80, m.load(20, 100, 80), "idle, it opens a row and writes until a read waits and 20 are left; then turns")
	m = open(nil)
	m.load(0, 0, 100)
	m.store(0, 100, 70)
	assert.EqualValues(t, 20, m.channels[0].held, "70 are more than 60 and go, but for 20")
	assert.Equal(t, 110.0+2+50, m.channels[0].free, "behind the read, after a turn")
	assert.Equal(t, 162.0, m.loaded(110), "before whose last bytes they go")

	m = open(func(s *MemoryShape) { s.Channels, s.Stripe = 2, 50 })
	assert.Equal(t, 110.0, m.load(0, 0, 200), "two channels, 100 bytes of each")
	assert.Equal(t, 110.0, m.load(0, 0, 50)-50, "one channel, half as fast")
	m = open(func(s *MemoryShape) { s.Refresh = 0.5 })
	assert.Equal(t, 210.0, m.load(0, 0, 100), "half of the time is lost to refresh")
}

// A memory without a shape is one channel of the target's bandwidth, latency and turnaround.
func TestMemoryWithoutShape(t *testing.T) {
	m := &paceMemory{}
	m.begin(&Target{BytesPerCycle: 4, Latency: 30, Turnaround: 6})
	assert.Equal(t, 25.0, m.load(0, 12345, 100))
	assert.Equal(t, 25.0+6+25, m.store(0, 0, 100))
	assert.Equal(t, 30.0, m.Latency)
}
