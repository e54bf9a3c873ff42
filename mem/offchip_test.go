package mem_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// transfer is a descriptor for one of the DMA engines of a test.
type transfer struct {
	engine int
	mem.Descriptor
	side mem.Side
}

// outcome is all that a run of transfers shows.
type outcome struct {
	done  []int64
	tally mem.Tally
	count dram.Counters
	took  []int64
}

// bench is a memory with DMA engines, and what they are to move.
type bench struct {
	part     string
	channels int
	engines  int
	dma      mem.DMAConfig
	reach    mem.Reach
	control  dram.Config
	list     []transfer
}

func (b bench) run(t require.TestingT, e *engine.Engine) outcome {
	part, err := dram.Preset(b.part)
	require.NoError(t, err)
	o := outcome{done: make([]int64, len(b.list))}
	m, err := mem.NewOffChipBox(e, "Memory", mem.OffChipConfig{Part: part, Control: b.control, Channels: b.channels}, b.engines*b.dma.Outstanding, b.reach)
	require.NoError(t, err)
	var boxes []*mem.DMABox
	for i := range b.engines {
		d, err := m.Attach(fmt.Sprint("DMA", i), b.dma, func(tag, at int64) { o.done[tag] = at })
		require.NoError(t, err)
		boxes = append(boxes, d)
	}
	for i, x := range b.list {
		require.NoError(t, boxes[x.engine].Push(x.Descriptor, x.side, int64(i)))
	}
	require.NoError(t, e.Run())
	o.tally, o.took = m.Memory().Tally(), m.Memory().Latencies()
	o.count = m.Memory().Counters(max(o.tally.End, slices.Max(o.done))) // no box has looked further
	return o
}

func drawBench(t *rapid.T) bench {
	b := bench{part: rapid.SampledFrom([]string{"ddr3-1600", "ddr4-2400", "hbm2-2000"}).Draw(t, "part"), channels: rapid.SampledFrom([]int{1, 2, 8}).Draw(t, "channels"),
		engines: rapid.IntRange(1, 3).Draw(t, "engines"), reach: mem.Reach{Latency: 64, Window: 1},
		dma: mem.DMAConfig{Burst: unit.Bytes(rapid.SampledFrom([]int{64, 512, 4096}).Draw(t, "burst")), Outstanding: rapid.IntRange(1, 9).Draw(t, "outstanding"),
			Every: unit.Cycles(rapid.IntRange(1, 20).Draw(t, "every")), InOrder: rapid.Bool().Draw(t, "in order")},
		control: dram.Config{Controller: rapid.SampledFrom([]string{"frfcfs", "dramsim3"}).Draw(t, "controller"),
			Mapping: rapid.SampledFrom([]string{"", "rochrababgco", "rorababgcoch", "rochrabacobg"}).Draw(t, "mapping")}}
	for range rapid.IntRange(1, 8).Draw(t, "transfers") {
		row := rapid.Int64Range(1, 9000).Draw(t, "row")
		b.list = append(b.list, transfer{rapid.IntRange(0, b.engines-1).Draw(t, "engine"),
			mem.Descriptor{Src: rapid.Int64Range(0, 1<<20).Draw(t, "src"), Dst: rapid.Int64Range(0, 1<<20).Draw(t, "dst"), Row: row,
				Axes: []mem.Axis{{Count: rapid.Int64Range(1, 6).Draw(t, "rows"), SrcStride: row + rapid.Int64Range(0, 70000).Draw(t, "gap"), DstStride: row}}},
			mem.Side(rapid.IntRange(0, 1).Draw(t, "side"))})
		if b.control.Controller == "dramsim3" { // it can deadlock on writes to lines that are being read, as TestOffChipDeadlock shows
			b.list[len(b.list)-1].side = mem.OffChipSource
		}
	}
	return b
}

// However far the boxes look ahead, and whatever the order of events at one edge,
// every descriptor, every read and every command is the same.
func TestLookingAheadChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBench(t)
		want := b.run(t, engine.New(1e9))
		for _, window := range []unit.Cycles{2, 37, 64} {
			b.reach.Window = window
			require.Equal(t, want, b.run(t, engine.New(1e9)), "window %d", window)
		}
		require.Equal(t, want, b.run(t, engine.On(simtest.NewShuffled(rapid.Uint64().Draw(t, "shuffle")), 1e9)))
	})
}

// Every line of every burst is read or written once, no descriptor is done before
// its bytes can have crossed the pins, and both crossings of the path are in it.
func TestOffChipMovesEveryLineOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBench(t)
		b.reach.Window = 64
		o := b.run(t, engine.New(1e9))
		var lines [2]int64
		for _, x := range b.list {
			all := touched(x.Descriptor, x.side)
			for i := 0; i < len(all); { // burst by burst
				j := i
				for j < len(all) && all[j]-all[i] == int64(j-i) && all[j]/int64(b.dma.Burst) == all[i]/int64(b.dma.Burst) {
					j++
				}
				lines[x.side] += all[j-1]/64 - all[i]/64 + 1
				i = j
			}
		}
		assert.Equal(t, lines[0], o.tally.ReadLines)
		assert.Equal(t, lines[1], o.tally.WriteLines)
		for i := range b.list {
			assert.GreaterOrEqual(t, o.done[i], int64(128))
			assert.LessOrEqual(t, o.done[i], o.tally.End+64)
		}
		reads := int64(0)
		for _, n := range o.took {
			reads += n
		}
		assert.Equal(t, lines[0], reads)
	})
}

// A single line from an idle memory: the path, tRCD + CL + burst, the path.
func TestOffChipUnloaded(t *testing.T) {
	b := bench{part: "ddr4-2400", channels: 1, engines: 1, dma: mem.DMAConfig{Burst: 64, Outstanding: 1, Every: 1}, reach: mem.Reach{Latency: 50, Window: 50},
		control: dram.Config{Controller: "dramsim3"}, list: []transfer{{0, mem.Descriptor{Row: 64}, mem.OffChipSource}}}
	o := b.run(t, engine.New(1e9))
	inside := o.done[0] - 100
	assert.InDelta(t, 17+17+4, inside, 3, "tRCD + CL + tBURST, and the controller's own cycles")
	b.list = append(b.list, transfer{0, mem.Descriptor{Row: 64, Src: 64}, mem.OffChipSource})
	again := b.run(t, engine.New(1e9))
	assert.Equal(t, o.done[0], again.done[0])
	assert.Greater(t, again.done[1]-again.done[0], int64(100+17+4-1), "CL + tBURST and the path twice")
	assert.LessOrEqual(t, again.done[1]-again.done[0], o.done[0], "no more than with a closed row")
}

// A burst's lines go to the channels that the mapping names.
func TestOffChipSpreadsBursts(t *testing.T) {
	for mapping, want := range map[string]int64{"rorababgcoch": 8, "rochrababgco": 1} {
		b := bench{part: "hbm2-2000", channels: 8, engines: 1, dma: mem.DMAConfig{Burst: 4096, Outstanding: 1, Every: 1}, reach: mem.Reach{Latency: 8, Window: 8},
			control: dram.Config{Mapping: mapping}, list: []transfer{{0, mem.Descriptor{Row: 512}, mem.OffChipSource}}}
		assert.Equal(t, want, b.run(t, engine.New(1e9)).count.Activates, mapping)
	}
}

// DRAMsim3's policy gives up a drain whose first write waits for a read of its
// line, and begins it again at once because the writes are full: neither moves any
// more. That is said; our own controller goes through.
func TestOffChipDeadlock(t *testing.T) {
	part, err := dram.Preset("ddr3-1600")
	require.NoError(t, err)
	for _, controller := range []string{"dramsim3", "frfcfs"} {
		m, err := mem.NewOffChip(mem.OffChipConfig{Part: part, Control: dram.Config{Controller: controller, Mapping: "rochrabacobg"}, Channels: 1}, 3, func(int, int, int64) {})
		require.NoError(t, err)
		for i, b := range []mem.Burst{{Addr: 4 * 64, Bytes: 40 * 64}, {Addr: 16 * 64, Bytes: 27 * 64, Write: true, Edge: 38}, {Addr: 46 * 64, Bytes: 30 * 64, Write: true, Edge: 71}} {
			b.Slot = i
			require.NoError(t, m.Ask(0, b))
		}
		for err == nil && m.Next() != engine.Never {
			err = m.Run(m.Next() + 1)
		}
		if controller == "dramsim3" {
			require.ErrorContains(t, err, "mem: deadlock at edge")
			assert.ErrorContains(t, err, "channel 0 holds 16 reads and 32 writes, requests before it: true")
			continue
		}
		require.NoError(t, err)
		_, done := m.Left()
		assert.True(t, done)
	}
}

func TestOffChipRefuses(t *testing.T) {
	part, err := dram.Preset("hbm2-2000")
	require.NoError(t, err)
	_, err = mem.NewOffChip(mem.OffChipConfig{Part: part, Channels: 3}, 1, nil)
	assert.ErrorContains(t, err, "channels: 3; write a power of two")
	m, err := mem.NewOffChip(mem.OffChipConfig{Part: part, Channels: 2}, 1, nil)
	require.NoError(t, err)
	assert.EqualValues(t, 2<<30, m.Bytes())
	assert.ErrorContains(t, m.Ask(0, mem.Burst{Addr: 2<<30 - 64, Bytes: 65}), "2 channels of hbm2-2000 hold 2 GiB")
	for _, r := range []mem.Reach{{}, {Latency: 4, Window: 5}, {Latency: 4}} {
		_, err = mem.NewOffChipBox(engine.New(1e9), "Memory", mem.OffChipConfig{Part: part, Channels: 2}, 1, r)
		assert.ErrorContains(t, err, "the window must be from 1 to the latency")
	}
}

// 64 MiB by bursts of 4 KiB, sequential.
func BenchmarkOffChip(b *testing.B) {
	for _, channels := range []int{8, 32} {
		b.Run(fmt.Sprint("hbm2 channels=", channels), func(b *testing.B) {
			s := bench{part: "hbm2-2000", channels: channels, engines: 1, dma: mem.DMAConfig{Burst: 4096, Outstanding: 8 * channels, Every: 1}, reach: mem.Reach{Latency: 64, Window: 64},
				list: []transfer{{0, mem.Descriptor{Row: 64 << 20}, mem.OffChipSource}}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := simtest.CPU()
			for b.Loop() {
				o := s.run(b, engine.New(1e9))
				b.ReportMetric(float64(64<<20)/float64(o.tally.End), "B/cycle")
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.N)*(64<<20)/64/(simtest.CPU()-begun).Seconds()/1e6, "Mlines/cpu-s")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB/run")
		})
	}
}

// A layout's rows and banks are those of the mapping's fields.
func TestLayout(t *testing.T) {
	shape := dram.Shape{Pseudo: 1, Ranks: 2, Groups: 4, Banks: 4, Rows: 1 << 10, RowBytes: 8 << 10, LineBytes: 64, Devices: 8}
	for _, c := range []struct {
		mapping  string
		channels int
		want     mem.Layout
	}{
		{"rorabachcobg", 2, mem.Layout{Stripe: 32 << 10, Row: 32 << 10, Banks: 8}}, // groups go round within a row of each
		{"rochrababgco", 4, mem.Layout{Stripe: 2 * 4 * 4 * 8 << 10, Row: 8 << 10, Banks: 32}},
		{"rorababgcoch", 2, mem.Layout{Stripe: 64, Row: 8 << 10, Banks: 32}},
		{"rorabachcobg", 1, mem.Layout{Stripe: shape.Lines() * 64, Row: 32 << 10, Banks: 8}},
	} {
		assert.Equal(t, c.want, mem.NewLayout(shape, c.mapping, c.channels), c.mapping)
	}
}

// TestRunAhead: a memory that goes through all it has at hand answers as one that is
// run edge by edge.
func TestRunAhead(t *testing.T) {
	for _, name := range []string{"hbm2-2000", "ddr4-2400", "gddr6-14000"} {
		part, err := dram.Preset(name)
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(7, 7))
		var list []mem.Burst
		for at, addr := unit.Edge(0), int64(0); len(list) < 400; at += unit.Edge(rng.IntN(40)) {
			if rng.IntN(6) == 0 {
				addr = rng.Int64N(1 << 26)
			}
			list = append(list, mem.Burst{Slot: len(list), Addr: addr, Bytes: 1 + rng.Int64N(8192), Write: rng.IntN(3) == 0, Edge: at})
			addr += 4096
		}
		step := func(window unit.Edge, ahead bool) (replies []unit.Edge, tally mem.Tally) {
			replies = make([]unit.Edge, len(list))
			m, err := mem.NewOffChip(mem.OffChipConfig{Part: part, Channels: 4}, len(list), func(_, slot int, at unit.Edge) { replies[slot] = at })
			require.NoError(t, err)
			asked, done := 0, false
			for until := window; !done || asked < len(list); until += window {
				for ; asked < len(list) && list[asked].Edge < until; asked++ {
					require.NoError(t, m.Ask(0, list[asked]))
				}
				require.NoError(t, m.Run(until))
				if ahead {
					m.RunAhead(until)
				}
				_, done = m.Left()
			}
			return replies, m.Tally()
		}
		want, tally := step(1, false)
		for _, window := range []unit.Edge{1, 64, 500} {
			got, same := step(window, true)
			require.Equal(t, want, got, name)
			require.Equal(t, tally, same, name)
		}
	}
}
