package hierarchy

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mem/dram"
)

// small is a GPU of four SMs and eight slices, whose latencies are far apart.
func small(t require.TestingT) *Config {
	part, err := dram.Preset("hbm2-2000-pc")
	require.NoError(t, err)
	part.Shape.Pseudo = 1
	return &Config{SMs: 4, L1Size: 4 << 10, L1Latency: 30, Read: 64, Slices: 8, Partitions: 2, Size: 4 << 20, Near: 200, Far: 400,
		Bandwidth: 512, Takes: 512, Link: 128, Part: part, Channels: 8, PerEdge: 1, Controller: 100, CTAStart: 100, WarpStart: 3}
}

// chase measures a buffer that lies in one level, and tells the others' loads.
func chase(t *testing.T, bytes, stride int64) Latencies {
	h, err := New(small(t))
	require.NoError(t, err)
	l, err := h.Chase(Chase{Bytes: bytes, Stride: stride, Loads: 5000})
	require.NoError(t, err)
	return l
}

// TestAChaseFindsWhatFits: tight gates at the sizes of the caches. Every latency is
// the sum of its parts; a line more than fits is missed.
func TestAChaseFindsWhatFits(t *testing.T) {
	l := chase(t, 4<<10, lineBytes)
	assert.Equal(t, [levels]int64{L1: 32}, l.Loads)
	assert.Equal(t, 30.0, l.Mean)

	l = chase(t, 4<<10+lineBytes, lineBytes)
	assert.Positive(t, l.Loads[L2Near], "one line more than L1 holds")

	l = chase(t, 2<<20, lineBytes)
	assert.Equal(t, int64(0), l.Loads[L2Far]+l.Loads[DRAM], "homes and copies fit a partition")
	assert.Equal(t, 200.0, l.Level[L2Near])

	l = chase(t, 4<<20, lineBytes)
	assert.Equal(t, int64(0), l.Loads[L1]+l.Loads[L2Near], "in a ring, what has been pushed out is what comes next")
	assert.Equal(t, 400.0, l.Level[L2Far], "the other partition has the half of which it is the home")
	assert.InDelta(t, l.Loads[DRAM], l.Loads[L2Far], 200)

	l = chase(t, 16<<20, lineBytes)
	assert.Equal(t, int64(0), l.Loads[L1]+l.Loads[L2Near]+l.Loads[L2Far], "more than both hold")
	d := float64(14 + 14 + 2) // RCD, CL, BURST of the part, whose cycle is an edge here
	assert.InDelta(t, 300+100+d, l.Mean, 14+14, "half of the lines are far; a row may have to be closed, and a refresh met")
}

// TestTwoStopsALine: of a ring that stops twice at each line, those lines stay between whose two
// stops neither way 16 others of their set are met.
func TestTwoStopsALine(t *testing.T) {
	for _, lines := range []int{18, 20, 24} { // of a set
		l := chase(t, int64(lines)*(2<<20)/L2Ways, 64)
		assert.InDelta(t, stay(lines-1), float64(l.Loads[L2Near])/5000, 0.02, "%d lines a set", lines)
	}
}

// stay is the share of lines that stay among so many others of their set. Their stops part the ring into
// g and 1-g; both stops of another lie in one part by chances of g² and (1-g)², and are then not met in the other.
func stay(others int) (share float64) {
	const steps = 200
	spared := others - L2Ways + 1 // at least, in each part
	for k := range steps {
		g := (float64(k) + 0.5) / steps
		for i := spared; i <= others; i++ {
			for j := spared; i+j <= others; j++ {
				m := others - i - j
				share += choose(others, i) * choose(others-i, j) * math.Pow(g, float64(2*i+m)) * math.Pow(1-g, float64(2*j+m)) * math.Pow(2, float64(m)) / steps
			}
		}
	}
	return share
}

// choose is the ways to take k of n.
func choose(n, k int) float64 {
	v, _ := new(big.Float).SetInt(new(big.Int).Binomial(int64(n), int64(k))).Float64()
	return v
}

// TestARunBeginsWhereTheOneBeforeBegan: what a run of a round and a quarter has met last is near when the next begins.
func TestARunBeginsWhereTheOneBeforeBegan(t *testing.T) {
	const lines = 3 << 20 / lineBytes
	for walk, near := range map[int64]float64{0: 0, lines: 0, lines * 5 / 4: 0.2} {
		h, err := New(small(t))
		require.NoError(t, err)
		l, err := h.Chase(Chase{Bytes: lines * lineBytes, Stride: lineBytes, Walk: walk, Loads: 1000})
		require.NoError(t, err)
		assert.InDelta(t, near, float64(l.Loads[L2Near])/1000, 0.002, "%d loads", walk)
	}
}

// TestASweepIsBoundByItsNarrowest: memory, the link, ports.
func TestASweepIsBoundByItsNarrowest(t *testing.T) {
	run := func(x Sweep, change func(*Config)) (Rates, Tally) {
		c := small(t)
		change(c)
		h, err := New(c)
		require.NoError(t, err)
		r, err := h.Sweep(x)
		require.NoError(t, err)
		return r, h.Tally()
	}
	read := Sweep{Pattern: "read", Bytes: 2 << 20, Threads: 1024, CTAs: 6}
	r, tally := run(read, func(*Config) {})
	assert.InDelta(t, 8*16, r.Bandwidth, 13, "eight channels of 16 bytes a cycle")
	assert.Equal(t, int64(2<<20/lineBytes), tally.Loads[DRAM])
	assert.InDelta(t, 1<<20, tally.Linked, 1<<15, "half of the lines are at home beyond the link")

	slow, _ := run(read, func(c *Config) { c.Link = 16 })
	assert.InDelta(t, 32, slow.Bandwidth, 2, "half of the bytes at 16 an edge")

	pieces := Sweep{Pattern: "pieces", Bytes: 1 << 20, Threads: 1024, CTAs: 2}
	r, tally = run(pieces, func(*Config) {})
	assert.InDelta(t, 4*64, r.Bandwidth, 4, "as wide as the ports of four SMs")
	assert.Equal(t, int64(0), tally.Linked, "copies of all pieces are near")
	r, _ = run(pieces, func(c *Config) { c.Group, c.Port = 2, 24 })
	assert.InDelta(t, 2*24, r.Bandwidth, 1, "two ports of two SMs each")

	few, _ := run(Sweep{Pattern: "read", Bytes: 1 << 18, Threads: 32, CTAs: 1}, func(*Config) {})
	assert.InDelta(t, 4*256.0/(100+300+100+30), few.Bandwidth, 0.2, "one warp an SM: Little's law")

	few, _ = run(Sweep{Pattern: "scale", Bytes: 1 << 18, Threads: 32, CTAs: 1}, func(*Config) {})
	assert.InDelta(t, 4*512.0/(100+300+100+30+30), few.Bandwidth, 0.08, "and its store's way through L1")

	r, _ = run(Sweep{Pattern: "init", Bytes: 2 << 20, Threads: 1024, CTAs: 2}, func(*Config) {})
	assert.InDelta(t, 8*16, r.Bandwidth, 13, "stores wait for what they push out")

	narrow := func(c *Config) { c.Takes = 64 }
	r, _ = run(Sweep{Pattern: "init", Bytes: 1 << 20, Threads: 1024, CTAs: 2}, narrow)
	assert.InDelta(t, 64, r.Bandwidth, 2, "and for L2 to take them")
	first := func(change func(*Config)) int64 { // one warp of 256 bytes on each of four SMs
		r, _ := run(Sweep{Pattern: "init", Bytes: 1 << 10, Threads: 32, CTAs: 1}, change)
		return r.Edges
	}
	assert.Equal(t, int64(100+30+4*256/64), first(narrow), "one port takes from all four")
	assert.Equal(t, int64(100+30+2*256/32), first(func(c *Config) { narrow(c); c.Group, c.Port = 2, 64 }), "each of two from two, half as fast")
}

// TestWritesGoTogether: channels are far from busy, and still a kernel that writes too is slower
// than one that reads, since writes go many at a time and reads wait for them.
func TestWritesGoTogether(t *testing.T) {
	took := func(pattern string) float64 {
		h, err := New(small(t))
		require.NoError(t, err)
		r, err := h.Sweep(Sweep{Pattern: pattern, Bytes: 2 << 20, Threads: 128, CTAs: 2})
		require.NoError(t, err)
		read, written, _ := h.OffChip()
		assert.Less(t, float64(read+written)/float64(r.Edges), 0.25*8*16, pattern)
		return float64(r.Edges)
	}
	assert.Greater(t, took("scale"), 1.04*took("read"))
}

// obvious counts an access bank by bank.
func obvious(addresses []int64) int {
	most := 0
	for bank := int64(0); bank < Banks; bank++ {
		words := map[int64]bool{}
		for _, a := range addresses {
			if a/4%Banks == bank {
				words[a/4] = true
			}
		}
		most = max(most, len(words))
	}
	return most
}

func TestBankConflicts(t *testing.T) {
	strided := func(stride int64) []int64 {
		lanes := make([]int64, 32)
		for i := range lanes {
			lanes[i] = int64(i) * stride
		}
		return lanes
	}
	for _, x := range []struct {
		stride, bytes int64
		cycles        int
		conflicts     int
	}{{4, 4, 1, 0}, {8, 4, 2, 1}, {128, 4, 32, 31}, {132, 4, 1, 0}, {0, 4, 1, 0}, {16, 16, 4, 0}, {128, 16, 32, 28}, {144, 16, 4, 0}, {8, 8, 2, 0}} {
		assert.Equal(t, x.cycles, Wavefronts(strided(x.stride), x.bytes), "%+v", x)
		assert.Equal(t, x.conflicts, Conflicts(strided(x.stride), x.bytes), "%+v", x)
	}
	rapid.Check(t, func(t *rapid.T) {
		lanes := rapid.SliceOfN(rapid.Map(rapid.Int64Range(0, 500), func(w int64) int64 { return 4 * w }), 32, 32).Draw(t, "lanes")
		assert.Equal(t, obvious(lanes), Wavefronts(lanes, 4))
	})
}
