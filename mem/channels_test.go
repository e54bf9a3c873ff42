package mem

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// answer is one reply of a controller.
type answer struct {
	port int
	tag  int64
	edge unit.Edge
}

// bench is a controller whose replies are written down.
type bench struct {
	*Controller
	answers []answer
}

func newBench(t Timing, clock unit.Hertz) *bench {
	b := &bench{}
	b.Controller = NewController(t, clock, func(port int, tag int64, edge unit.Edge) {
		b.answers = append(b.answers, answer{port, tag, edge})
	})
	return b
}

// at serves requests that have come by an edge and returns the edges at which they are done.
func (b *bench) at(now unit.Edge, list ...Request) (edges []unit.Edge) {
	b.answers = nil
	for _, r := range list {
		b.Ask(r)
	}
	b.Step(now)
	for _, a := range b.answers {
		edges = append(edges, a.edge)
	}
	return edges
}

// plain moves 8 bytes an edge and channel at 1 GHz.
var plain = Timing{Channels: 1, Bandwidth: 8e9, Latency: 100e-9, Burst: 64, Interleave: 256}

func read(addr, bytes int64) Request { return Request{Addr: addr, Bytes: bytes} }

func TestARequestAlone(t *testing.T) {
	two := plain
	two.Channels, two.Bandwidth = 2, 16e9
	odd := plain
	odd.Bandwidth = 7e9 // 64 bytes take 9.14 edges
	for _, c := range []struct {
		name   string
		timing Timing
		clock  unit.Hertz
		now    unit.Edge
		r      Request
		want   unit.Edge
	}{
		{"latency and one burst", plain, 1e9, 0, read(0, 64), 108},
		{"at its own edge", plain, 1e9, 1000, read(0, 64), 1108},
		{"a byte is a burst", plain, 1e9, 0, read(0, 1), 108},
		{"a byte more is another burst", plain, 1e9, 0, read(0, 65), 116},
		{"across a boundary of bursts", plain, 1e9, 0, read(60, 8), 116},
		{"inside one burst", plain, 1e9, 0, read(60, 4), 108},
		{"1 KiB", plain, 1e9, 0, read(4096, 1024), 228},
		{"1 KiB over two channels", two, 1e9, 0, read(4096, 1024), 164},
		{"one stripe stays on its channel", two, 1e9, 0, read(256, 256), 132},
		{"the longer share counts", two, 1e9, 0, read(0, 256+64), 132},
		{"a part of an edge is an edge", odd, 1e9, 0, read(0, 64), 110},
		{"seven bursts at 7 bytes an edge end on an edge", odd, 1e9, 0, read(0, 7*64), 164},
		{"half the clock, half the edges", plain, 5e8, 0, read(0, 64), 54},
		{"nothing takes no time", plain, 1e9, 7, read(30, 0), 7},
	} {
		b := newBench(c.timing, c.clock)
		assert.Equal(t, []unit.Edge{c.want}, b.at(c.now, c.r), c.name)
	}
}

// Latencies written in ns are whole cycles of clocks that divide them, whatever floats make of it.
func TestLatencyIsExact(t *testing.T) {
	for ns := 1; ns <= 400; ns++ {
		for _, mhz := range []int{100, 200, 500, 700, 940, 1000, 1050, 2000} {
			timing := plain
			timing.Latency, timing.Bandwidth = unit.Seconds(float64(ns)/1e9), unit.BytesPerSecond(float64(mhz)*64e6)
			exact := unit.CeilDiv(ns*mhz, 1000) + 1
			require.EqualValues(t, exact, newBench(timing, unit.Hertz(float64(mhz)*1e6)).at(0, read(0, 64))[0], "%d ns at %d MHz", ns, mhz)
			timing.Latency = unit.Seconds(float64(ns) * 1e-9) // rounded once more
			require.EqualValues(t, exact, newBench(timing, unit.Hertz(float64(mhz)*1e6)).at(0, read(0, 64))[0], "%d ns at %d MHz", ns, mhz)
		}
	}
}

func TestRequestsQueueOnTheirChannel(t *testing.T) {
	two := plain
	two.Channels, two.Bandwidth = 2, 16e9
	b := newBench(two, 1e9)
	// Channel 0: 8 edges, then 8 more. Channel 1 is free all the while.
	assert.Equal(t, []unit.Edge{108, 116, 108}, b.at(0, Request{Tag: 1, Bytes: 64}, Request{Tag: 2, Addr: 64, Bytes: 64}, Request{Tag: 3, Addr: 256, Bytes: 64}))
	// Free again at 16: blocked an edge before, ready at it.
	assert.Equal(t, []unit.Edge{124}, b.at(15, read(0, 64)), "waits one edge for the channel")
	assert.Equal(t, []unit.Edge{132}, b.at(24, read(0, 64)), "the channel is just free")
	assert.Equal(t, []unit.Edge{141}, b.at(33, read(0, 64)), "an edge later nothing is made up for")
	assert.EqualValues(t, 40, b.BusyFor(), "busy in [0, 32) and [33, 41)")
}

func TestIdealAnswersAtOnce(t *testing.T) {
	b := newBench(Timing{Ideal: true}, 1e9)
	assert.Equal(t, []unit.Edge{5, 5}, b.at(5, read(0, 1<<40), read(0, 1)))
	assert.Zero(t, b.BusyFor())
}

// Requests of one edge are served by port and tag, whatever the order in which they came.
func TestOrderWithinAnEdge(t *testing.T) {
	var list []Request
	for port := range 3 {
		for tag := range 4 {
			list = append(list, Request{Port: port, Tag: int64(tag), Addr: int64(64 * (7*port + 3*tag)), Bytes: 64 * int64(1+port)})
		}
	}
	var want []answer
	for seed := range uint64(20) {
		b := newBench(plain, 1e9)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		b.at(3, list...)
		if seed == 0 {
			want = b.answers
			for i := 1; i < len(want); i++ {
				a, c := want[i-1], want[i]
				require.True(t, a.port < c.port || a.port == c.port && a.tag < c.tag)
			}
		}
		require.Equal(t, want, b.answers)
	}
	require.Len(t, want, len(list))
}

func TestLeftTellsWhatWaits(t *testing.T) {
	b := newBench(plain, 1e9)
	b.Ask(read(0, 64))
	b.Ask(read(64, 64))
	state, done := b.Left()
	assert.Equal(t, "2 requests waiting", state)
	assert.False(t, done)
	assert.Equal(t, engine.Never, b.Step(0))
	_, done = b.Left()
	assert.True(t, done)
}

// Shares are what walking over the bursts of a request finds on each channel.
func TestShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst := rapid.SampledFrom([]int64{1, 32, 48, 64}).Draw(t, "burst")
		stripe := burst * rapid.Int64Range(1, 8).Draw(t, "stripe")
		channels := rapid.IntRange(1, 9).Draw(t, "channels")
		r := read(rapid.Int64Range(0, 5000).Draw(t, "addr"), rapid.Int64Range(1, 5000).Draw(t, "bytes"))
		c := NewController(Timing{Channels: channels, Bandwidth: 1, Burst: unit.Bytes(burst), Interleave: unit.Bytes(stripe)}, 1, nil)
		want := make([]int64, channels)
		for at := r.Addr / burst * burst; at < r.Addr+r.Bytes; at += burst {
			want[at/stripe%int64(channels)] += burst
		}
		for ch := range want {
			require.Equal(t, want[ch], c.share(r, ch), "channel %d", ch)
		}
	})
}

// refreshStep walks a transfer tick by tick; a cycle has so many ticks, and so has a period.
func refreshStep(from, ticks, period, deaf int64) int64 {
	at := from
	for ticks > 0 {
		if at%period < period-deaf {
			ticks--
		}
		at++
	}
	return at
}

// The closed form of refresh ends where a walk over every tick ends.
func TestRefresh(t *testing.T) {
	const perCycle = 4 // ticks of a quarter of a cycle
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.Int64Range(2, 60).Draw(t, "period")
		deaf := rapid.Int64Range(0, period-1).Draw(t, "deaf")
		from, ticks := rapid.Int64Range(0, 500).Draw(t, "from"), rapid.Int64Range(1, 300).Draw(t, "ticks")
		clock := rapid.SampledFrom([]float64{1, 7e8, 1e9, 940e6}).Draw(t, "clock")
		c := NewController(Timing{Channels: 1, Bandwidth: 1, Burst: 1, Interleave: 1,
			RefreshGap: unit.Seconds(float64(period) / perCycle / clock), RefreshFor: unit.Seconds(float64(deaf) / perCycle / clock)}, unit.Hertz(clock), nil)
		got := c.refreshed(float64(from)/perCycle, float64(ticks)/perCycle)
		want := float64(refreshStep(from, ticks, period, deaf)) / perCycle
		if math.Abs(got-want) > rounding {
			t.Fatalf("from %d, %d ticks, deaf %d of %d: %.9f, stepped %.9f", from, ticks, deaf, period, got, want)
		}
	})
}

func TestRefreshByHand(t *testing.T) {
	timing := plain
	timing.RefreshGap, timing.RefreshFor = 1000e-9, 100e-9
	for _, c := range []struct {
		name  string
		now   unit.Edge
		bytes int64
		want  unit.Edge
	}{
		{"ends just before the refresh", 892, 64, 1000},
		{"one edge later waits for its end", 893, 64, 1101},
		{"asked during the refresh", 950, 64, 1108},
		{"asked as it ends", 1000, 64, 1108},
		{"through two refreshes", 0, 2000 * 8, 2300},
	} {
		assert.Equal(t, []unit.Edge{c.want}, newBench(timing, 1e9).at(c.now, read(0, c.bytes)), c.name)
	}
}

// A request is never done earlier because something else was asked before it, and
// all channels together never move more than their bandwidth.
func TestQueuesKeepTheBandwidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timing := Timing{Channels: rapid.IntRange(1, 4).Draw(t, "channels"), Bandwidth: 16e9, Burst: 64, Interleave: 256}
		if rapid.Bool().Draw(t, "refresh") {
			timing.RefreshGap, timing.RefreshFor = 500e-9, 70e-9
		}
		b, now, moved, done := newBench(timing, 1e9), unit.Edge(0), int64(0), unit.Edge(0)
		for range rapid.IntRange(1, 20).Draw(t, "requests") {
			now += rapid.Int64Range(0, 40).Draw(t, "gap")
			r := read(64*rapid.Int64Range(0, 1000).Draw(t, "burst"), 64*rapid.Int64Range(1, 30).Draw(t, "bursts"))
			alone := newBench(timing, 1e9).at(now, r)[0]
			got := b.at(now, r)[0]
			if got < alone {
				t.Fatalf("done at %d, alone it is at %d", got, alone)
			}
			moved, done = moved+r.Bytes, max(done, got)
			if float64(moved) > 16*float64(done) || b.BusyFor() > done {
				t.Fatalf("%d bytes by edge %d, busy for %d", moved, done, b.BusyFor())
			}
		}
	})
}
