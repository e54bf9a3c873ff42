package mem_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/unit"
)

func drawDescriptor(t *rapid.T) mem.Descriptor {
	small := func(name string, least, most int64) int64 { return rapid.Int64Range(least, most).Draw(t, name) }
	d := mem.Descriptor{Src: small("src", 0, 40), Dst: small("dst", 0, 40), Row: small("row", 1, 9), Left: small("left", 0, 2), Right: small("right", 0, 2), Fill: 0xEE}
	read, written := d.Row, d.Left+d.Row+d.Right
	for range small("axes", 0, 3) {
		a := mem.Axis{Count: small("count", 1, 4), Before: small("before", 0, 1), After: small("after", 0, 2)}
		a.SrcStride, a.DstStride = read+small("gap", 0, 5), written+small("hole", 0, 3)
		read, written = (a.Count-1)*a.SrcStride+read, (a.Before+a.Count+a.After-1)*a.DstStride+written
		d.Axes = append([]mem.Axis{a}, d.Axes...)
	}
	return d
}

// touched lists the addresses a descriptor names off chip, byte by byte, in order.
func touched(d mem.Descriptor, side mem.Side) (list []int64) {
	var walk func(axes []mem.Axis, at int64)
	walk = func(axes []mem.Axis, at int64) {
		if len(axes) == 0 {
			n := d.Row
			if side == mem.OffChipDestination {
				n += d.Left + d.Right
			}
			for i := range n {
				list = append(list, at+i)
			}
			return
		}
		n, stride := axes[0].Count, axes[0].SrcStride
		if side == mem.OffChipDestination {
			n, stride = n+axes[0].Before+axes[0].After, axes[0].DstStride
		}
		for i := range n {
			walk(axes[1:], at+i*stride)
		}
	}
	at := d.Src
	if side == mem.OffChipDestination {
		at = d.Dst
	}
	walk(d.Axes, at)
	return list
}

// delay is how long the test's memory takes for burst n: anything, but at least 10.
func delay(n int) int64 { return 10 + int64(n*n*7919%23) }

// asked is a burst with what became of it.
type asked struct {
	mem.Burst
	reply int64
}

// drive runs an engine against a memory that answers burst n delay(n) edges after
// it was asked for, looking so many edges ahead.
func drive(t require.TestingT, c mem.DMAConfig, list []mem.Descriptor, sides []mem.Side, window int64) (bursts []asked, done []int64) {
	done = make([]int64, len(list))
	d, err := mem.NewDMA(c, func(b mem.Burst) { bursts = append(bursts, asked{b, b.Edge + delay(len(bursts))}) }, func(tag, at int64) { done[tag] = at })
	require.NoError(t, err)
	for i, x := range list {
		require.NoError(t, d.Push(x, sides[i], int64(i)))
	}
	answered := 0
	for now := int64(0); ; {
		next := d.Step(now, now+window)
		// Replies of what has been asked for are known once their bursts have gone out.
		for ; answered < len(bursts); answered++ {
			require.NoError(t, d.Reply(bursts[answered].Slot, bursts[answered].reply))
			next = now
		}
		if next == engine.Never {
			break
		}
		now = max(now, next-window+1)
	}
	state, over := d.Left()
	require.True(t, over, state)
	return bursts, done
}

// twin is the obvious engine: it looks at every cycle.
func twin(c mem.DMAConfig, bursts []asked) (issue, free []int64) {
	next, ready := 0, int64(0)
	for now := int64(0); next < len(bursts); now++ {
		busy := 0
		for i := range next {
			if free[i] > now {
				busy++
			}
		}
		if busy == c.Outstanding || now < ready {
			continue
		}
		at := now + delay(next)
		if c.InOrder && next > 0 {
			at = max(at, free[next-1])
		}
		issue, free = append(issue, now), append(free, at)
		ready = now + int64(c.Every)
		next++
	}
	return issue, free
}

// The engine asks for every byte once and in order, in bursts that cross no
// boundary, at the edges the cycle-by-cycle engine does, however far it looks ahead.
func TestDMAIsItsCycles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := mem.DMAConfig{Burst: unit.Bytes(rapid.SampledFrom([]int{1, 4, 16, 64}).Draw(t, "burst")), Outstanding: rapid.IntRange(1, 6).Draw(t, "outstanding"),
			Every: unit.Cycles(rapid.IntRange(1, 4).Draw(t, "every")), InOrder: rapid.Bool().Draw(t, "in order")}
		var list []mem.Descriptor
		var sides []mem.Side
		var bytes, owner []int64
		for i := range rapid.Int64Range(1, 3).Draw(t, "descriptors") {
			list = append(list, drawDescriptor(t))
			sides = append(sides, mem.Side(rapid.IntRange(0, 1).Draw(t, "side")))
			all := touched(list[i], sides[i])
			bytes = append(bytes, all...)
			for range all {
				owner = append(owner, i)
			}
		}
		bursts, done := drive(t, c, list, sides, 1)
		issue, free := twin(c, bursts)
		want := make([]int64, len(list))
		at := 0
		for i, b := range bursts {
			require.Equal(t, issue[i], b.Edge, "burst %d", i)
			require.Equal(t, b.Addr/int64(c.Burst), (b.Addr+b.Bytes-1)/int64(c.Burst), "burst %d crosses a boundary", i)
			require.Equal(t, sides[owner[at]] == mem.OffChipDestination, b.Write)
			want[owner[at]] = max(want[owner[at]], free[i])
			for k := range b.Bytes {
				require.Equal(t, bytes[at], b.Addr+k)
				at++
			}
		}
		require.Equal(t, len(bytes), at)
		require.Equal(t, want, done)
		for _, window := range []int64{3, 10} {
			again, late := drive(t, c, list, sides, window)
			require.Len(t, again, len(bursts))
			for i := range again {
				require.Equal(t, bursts[i].Edge, again[i].Edge, "burst %d, window %d", i, window)
			}
			require.Equal(t, done, late)
		}
	})
}

// A copy puts every byte where the picture says, and fills the rest of the box.
func TestDescriptorCopies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDescriptor(t)
		from, to := make(mem.SRAM, 4<<10), make(mem.SRAM, 8<<10)
		for i := range from {
			from[i] = byte(i*31%191 + 1)
		}
		require.NoError(t, d.Copy(to, from))
		source, holes := touched(d, mem.OffChipSource), 0
		for _, addr := range touched(d, mem.OffChipDestination) {
			if to[addr] == 0xEE {
				holes++
				continue
			}
			require.Equal(t, from[source[0]], to[addr])
			source = source[1:]
		}
		read, written := d.Bytes()
		assert.Empty(t, source)
		assert.EqualValues(t, written-read, holes)
	})
}

// Figures one can do in the head.
func TestDMATightGates(t *testing.T) {
	four := []mem.Descriptor{{Row: 256}}
	load := []mem.Side{mem.OffChipSource}
	for _, c := range []struct {
		what  string
		cfg   mem.DMAConfig
		edges []int64
	}{ // burst n takes 10, 17, 15, 20 edges
		{"one at a time", mem.DMAConfig{Burst: 64, Outstanding: 1, Every: 1}, []int64{0, 10, 27, 42}},
		{"as fast as it can", mem.DMAConfig{Burst: 64, Outstanding: 4, Every: 1}, []int64{0, 1, 2, 3}},
		{"every third edge", mem.DMAConfig{Burst: 64, Outstanding: 4, Every: 3}, []int64{0, 3, 6, 9}},
		{"two, in any order", mem.DMAConfig{Burst: 64, Outstanding: 2, Every: 1}, []int64{0, 1, 10, 18}},
		{"two, in order", mem.DMAConfig{Burst: 64, Outstanding: 2, Every: 1, InOrder: true}, []int64{0, 1, 10, 18}},
	} {
		bursts, done := drive(t, c.cfg, four, load, 1)
		var got []int64
		last := int64(0)
		for _, b := range bursts {
			got, last = append(got, b.Edge), max(last, b.reply)
		}
		assert.Equal(t, c.edges, got, c.what)
		assert.Equal(t, last, done[0], c.what)
	}
}

func TestDMARefuses(t *testing.T) {
	for want, c := range map[string]mem.DMAConfig{"burst: 48 B": {Burst: 48, Outstanding: 1, Every: 1}, "outstanding: 0": {Burst: 64, Every: 1}, "every: 0": {Burst: 64, Outstanding: 1}} {
		_, err := mem.NewDMA(c, nil, nil)
		assert.ErrorContains(t, err, want)
	}
	d, err := mem.NewDMA(mem.DMAConfig{Burst: 64, Outstanding: 1, Every: 1}, func(mem.Burst) {}, nil)
	require.NoError(t, err)
	for want, x := range map[string]mem.Descriptor{
		"a row of 0 bytes":     {},
		"nothing is below 0":   {Src: -1, Row: 1},
		"axis 0 has 0 entries": {Row: 1, Axes: []mem.Axis{{}}},
		"7 axes":               {Row: 1, Axes: make7()},
		"at most 2^40":         {Row: 1 << 30, Axes: []mem.Axis{{Count: 1 << 20, SrcStride: 1}}},
	} {
		assert.ErrorContains(t, d.Push(x, mem.OffChipSource, 0), want)
	}
	assert.ErrorContains(t, d.Reply(0, 5), "not on its way")
	require.NoError(t, d.Push(mem.Descriptor{Row: 100}, mem.OffChipSource, 0))
	d.Step(0, 1)
	state, over := d.Left()
	assert.False(t, over)
	assert.Equal(t, "1 descriptors to go, 1 of 1 bursts on their way", state)
}

func make7() (axes []mem.Axis) {
	for range 7 {
		axes = append(axes, mem.Axis{Count: 2, SrcStride: 9})
	}
	return axes
}

// A long queue of descriptors takes no memory for those that are done.
func TestDMATakesNoMemory(t *testing.T) {
	var d *mem.DMA
	var err error
	n := int64(0)
	d, err = mem.NewDMA(mem.DMAConfig{Burst: 64, Outstanding: 4, Every: 1}, func(b mem.Burst) { _ = d.Reply(b.Slot, b.Edge+20) }, func(int64, int64) { n++ })
	require.NoError(t, err)
	now := int64(0)
	one := func() {
		_ = d.Push(mem.Descriptor{Row: 256}, mem.OffChipSource, 0)
		for next := now; next != engine.Never; next = d.Step(now, now+1) {
			now = next
		}
	}
	for range 3000 {
		one()
	}
	assert.Zero(t, testing.AllocsPerRun(2000, one))
	assert.Greater(t, n, int64(5000))
}
