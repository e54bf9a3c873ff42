package mem_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mem"
	"nnsim/unit"
)

// bankTwin is the obvious scratchpad: a queue of words at each bank, served cycle by cycle.
type bankTwin struct {
	cfg    mem.SRAMConfig
	queues [2][][]int // [read or write ports][bank] of request numbers
	left   []int      // words of a request still to serve
	done   []int64
	now    int64
}

func newBankTwin(c mem.SRAMConfig) *bankTwin {
	b := &bankTwin{cfg: c}
	for i := range b.queues {
		b.queues[i] = make([][]int, c.Banks)
	}
	return b
}

// ask puts every word at its bank.
func (b *bankTwin) ask(v mem.Vector) (request int) {
	side := 0
	if v.Write && b.cfg.WritePorts > 0 {
		side = 1
	}
	request = len(b.left)
	for i := range v.Count {
		bank := (v.First + i*v.Stride) % int64(b.cfg.Banks)
		b.queues[side][bank] = append(b.queues[side][bank], request)
	}
	b.left, b.done = append(b.left, int(v.Count)), append(b.done, b.now)
	return request
}

// cycle serves one cycle.
func (b *bankTwin) cycle() {
	for side, ports := range []int{b.cfg.ReadPorts, b.cfg.WritePorts} {
		for bank, queue := range b.queues[side] {
			n := min(ports, len(queue))
			for _, request := range queue[:n] {
				if b.left[request]--; b.left[request] == 0 {
					b.done[request] = b.now + 1 + int64(b.cfg.Latency)
				}
			}
			b.queues[side][bank] = queue[n:]
		}
	}
	b.now++
}

func drawSRAM(t *rapid.T) mem.SRAMConfig {
	c := mem.SRAMConfig{Banks: rapid.IntRange(1, 12).Draw(t, "banks"), Width: unit.Bytes(rapid.SampledFrom([]int{1, 4, 32}).Draw(t, "width")),
		ReadPorts: rapid.IntRange(1, 3).Draw(t, "reads"), WritePorts: rapid.IntRange(0, 2).Draw(t, "writes"), Latency: unit.Cycles(rapid.IntRange(0, 3).Draw(t, "latency"))}
	c.Size = c.Width * unit.Bytes(c.Banks*rapid.IntRange(1, 40).Draw(t, "rows"))
	return c
}

func drawVector(t *rapid.T, words int64) mem.Vector {
	first := rapid.Int64Range(0, words-1).Draw(t, "first")
	v := mem.Vector{First: first, Stride: rapid.Int64Range(-9, 9).Draw(t, "stride"), Write: rapid.Bool().Draw(t, "write")}
	most := int64(50)
	switch {
	case v.Stride > 0:
		most = min(most, (words-1-first)/v.Stride+1)
	case v.Stride < 0:
		most = min(most, first/-v.Stride+1)
	}
	v.Count = rapid.Int64Range(1, most).Draw(t, "count")
	return v
}

// The scratchpad finishes every request at the edge at which its queues of words do,
// and counts as lost what the twin loses.
func TestScratchpadIsItsQueues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawSRAM(t)
		s, err := mem.NewScratchpad(c)
		require.NoError(t, err)
		b, words := newBankTwin(c), int64(c.Size/c.Width)
		var want mem.SRAMCounters
		var finished []int64
		var ports []int64
		var asked []mem.Vector
		var at []int64
		for range rapid.IntRange(1, 8).Draw(t, "requests") {
			for range rapid.IntRange(0, 6).Draw(t, "gap") {
				b.cycle()
			}
			v := drawVector(t, words)
			done, err := s.Access(b.now, v)
			require.NoError(t, err)
			b.ask(v)
			finished, asked, at = append(finished, done), append(asked, v), append(at, b.now)
			ports = append(ports, int64(c.ReadPorts))
			if v.Write && c.WritePorts > 0 {
				ports[len(ports)-1] = int64(c.WritePorts)
			}
		}
		for range 2000 {
			b.cycle()
		}
		for i, v := range asked {
			require.Equal(t, b.done[i], finished[i], "request %d: %+v at %d", i, v, at[i])
			alone := newBankTwin(c)
			alone.ask(v)
			for range 60 {
				alone.cycle()
			}
			took := alone.done[0] - int64(c.Latency)
			want.ConflictCycles += took - unit.CeilDiv(v.Count, ports[i]*int64(c.Banks))
			want.WaitCycles += b.done[i] - int64(c.Latency) - at[i] - took
			if v.Write {
				want.WriteWords += v.Count
			} else {
				want.ReadWords += v.Count
			}
		}
		assert.Equal(t, want, s.Counters())
	})
}

// Figures one can do in the head: a bank takes one word a port and cycle.
func TestScratchpadTightGates(t *testing.T) {
	for _, c := range []struct {
		what            string
		reads, latency  int
		v               mem.Vector
		done, conflicts int64
	}{
		{"one word", 1, 0, mem.Vector{Count: 1}, 1, 0},
		{"its latency", 1, 5, mem.Vector{Count: 1}, 6, 0},
		{"all banks at once", 1, 0, mem.Vector{Stride: 1, Count: 32}, 1, 0},
		{"one word more", 1, 0, mem.Vector{Stride: 1, Count: 33}, 2, 0},
		{"a stride of 2 uses half the banks", 1, 0, mem.Vector{Stride: 2, Count: 32}, 2, 1},
		{"an odd stride uses all", 1, 0, mem.Vector{Stride: 33, Count: 32}, 1, 0},
		{"one bank", 1, 0, mem.Vector{Stride: 32, Count: 32}, 32, 31},
		{"one bank, two ports", 2, 0, mem.Vector{Stride: 32, Count: 32}, 16, 15},
		{"the same word", 1, 0, mem.Vector{Stride: 0, Count: 3}, 3, 2},
		{"nothing", 1, 3, mem.Vector{}, 0, 0},
	} {
		s, err := mem.NewScratchpad(mem.SRAMConfig{Size: 128 << 10, Banks: 32, Width: 4, ReadPorts: c.reads, Latency: unit.Cycles(c.latency)})
		require.NoError(t, err)
		done, err := s.Access(0, c.v)
		require.NoError(t, err)
		assert.Equal(t, c.done, done, c.what)
		assert.Equal(t, c.conflicts, s.Counters().ConflictCycles, c.what)
	}
}

// Reads wait for writes only where they share the ports; double buffers never meet.
func TestScratchpadPortsAndHalves(t *testing.T) {
	c := mem.SRAMConfig{Size: 1 << 10, Banks: 4, Width: 4, ReadPorts: 1, Latency: 1}
	all := mem.Vector{Stride: 1, Count: 40} // ten cycles
	store := all
	store.Write = true
	for writePorts, want := range map[int]int64{0: 21, 1: 11, 2: 11} {
		c.WritePorts = writePorts
		s, err := mem.NewScratchpad(c)
		require.NoError(t, err)
		_, err = s.Access(0, store)
		require.NoError(t, err)
		done, err := s.Access(0, all)
		require.NoError(t, err)
		assert.Equal(t, want, done, "%d write ports", writePorts)
	}
	c.WritePorts = 0
	d, err := mem.NewDoubleBuffer(c)
	require.NoError(t, err)
	for range 2 {
		done, err := d.Fill(0, store)
		require.NoError(t, err)
		assert.EqualValues(t, 11, done)
		done, err = d.Use(0, all)
		require.NoError(t, err)
		assert.EqualValues(t, 11, done)
		assert.EqualValues(t, 11, d.Swap(3), "both halves end at 10 and one edge of latency")
		assert.EqualValues(t, 100, d.Swap(100))
		d, err = mem.NewDoubleBuffer(c)
		require.NoError(t, err)
	}
}

func TestScratchpadRefuses(t *testing.T) {
	good := mem.SRAMConfig{Size: 1 << 10, Banks: 4, Width: 4, ReadPorts: 1}
	for want, spoil := range map[string]func(*mem.SRAMConfig){
		"size 0 B of words of 4 B":         func(c *mem.SRAMConfig) { c.Size = 0 },
		"banks: 0":                         func(c *mem.SRAMConfig) { c.Banks = 0 },
		"0 read and 0 write ports":         func(c *mem.SRAMConfig) { c.ReadPorts = 0 },
		"latency: -1 cycles":               func(c *mem.SRAMConfig) { c.Latency = -1 },
		"size 1001 B is no multiple of 4 ": func(c *mem.SRAMConfig) { c.Size = 1001 },
	} {
		c := good
		spoil(&c)
		_, err := mem.NewScratchpad(c)
		assert.ErrorContains(t, err, want)
	}
	s, err := mem.NewScratchpad(good)
	require.NoError(t, err)
	for _, v := range []mem.Vector{{First: -1, Count: 1}, {First: 256, Count: 1}, {First: 255, Stride: 1, Count: 2}, {First: 3, Stride: -1, Count: 5}, {Stride: 1 << 62, Count: 4}, {Count: 1 << 62}} {
		_, err := s.Access(0, v)
		assert.ErrorContains(t, err, "leave a memory of 256 words", "%+v", v)
	}
	assert.Equal(t, mem.Vector{First: 1, Stride: 1, Count: 3, Write: true}, s.Span(7, 8, true), "bytes 7 to 14 are in words 1, 2 and 3")
}

func TestScratchpadTakesNoMemory(t *testing.T) {
	s, err := mem.NewScratchpad(mem.SRAMConfig{Size: 1 << 20, Banks: 32, Width: 4, ReadPorts: 1, WritePorts: 1})
	require.NoError(t, err)
	now := int64(0)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		now, _ = s.Access(now, mem.Vector{First: 5, Stride: 3, Count: 64})
		now, _ = s.Access(now, mem.Vector{First: 9, Stride: 1, Count: 64, Write: true})
	}))
}
