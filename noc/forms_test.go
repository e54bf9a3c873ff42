package noc

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/unit"
)

// only sends one packet through an empty network.
func only(t *testing.T, c Config, p Packet) Delivery {
	t.Helper()
	n, err := New(c)
	require.NoError(t, err)
	require.NoError(t, n.Send(p, p.Born))
	for n.Next() != Never {
		n.AdvanceTo(n.Next())
	}
	list := n.Take()
	require.Len(t, list, 1)
	return list[0]
}

// TestZeroLoad: T0 = 3R + c(R-1) + 3 + (L-1) for every pair of nodes, R routers and
// links of c cycles, at any edge.
func TestZeroLoad(t *testing.T) {
	for _, c := range []Config{Default(Mesh, 4, 4), Default(Torus, 5, 4), Default(Ring, 8), Default(Crossbar, 9), Default(Star, 5),
		Default(Bus, 6), Default(Tree, 3, 3), Default(FatTree, 2, 4)} {
		n, err := New(c)
		require.NoError(t, err)
		for src := range n.Nodes() {
			for dst := range n.Nodes() {
				flits := 1 + (src+3*dst)%9
				if c.LinkLatency > 1 {
					flits = min(flits, 8) // longer ones wait for credits: 8 flits in 10 cycles
				}
				d := only(t, c, Packet{Src: src, Dst: dst, Flits: flits, Born: unit.Edge(7 * src)})
				r := d.Routers
				want := 3*r + int(c.LinkLatency)*(r-1) + 3 + flits - 1
				require.Equal(t, unit.Edge(want), d.Edge-d.Born, "%s %d→%d", c.Topology, src, dst)
			}
		}
	}
}

// TestCreditLoop: a channel passes B flits in the time of its credit loop. Between
// routers that is 2c+5 cycles for flits that find nothing before them (one less
// than for a head, which asks for a channel first): torus links pass 8 flits in 9
// cycles, in closed form and flit by flit alike.
func TestCreditLoop(t *testing.T) {
	c := Default(Torus, 8, 8)
	for _, flits := range []int{15, 40, 400, 4000} {
		d := only(t, c, Packet{Src: 0, Dst: 3, Flits: flits})
		t0 := 3*4 + 2*3 + 3 + flits - 1
		assert.InDelta(t, t0+(flits-1)/8, d.Edge, 3, "%d flits", flits)
	}
}

// TestDistances: the mean number of links between two nodes drawn at random is
// 2(k²-1)/(3k) on a k×k mesh, k/4 for each dimension of a torus with k even.
func TestDistances(t *testing.T) {
	for _, k := range []int{2, 4, 6, 8} {
		f := float64(k)
		assert.InDelta(t, 2*(f*f-1)/(3*f), meanLinks(t, Default(Mesh, k, k)), 1e-9)
		assert.InDelta(t, f/2, meanLinks(t, Default(Torus, k, k)), 1e-9)
		assert.InDelta(t, f/4, meanLinks(t, Default(Ring, k)), 1e-9)
	}
	assert.InDelta(t, 4.375-1, meanLinks(t, Default(FatTree, 4, 3)), 1e-9) // (4·1+12·3+48·5)/64 routers
}

func meanLinks(t *testing.T, c Config) float64 {
	n, err := New(c)
	require.NoError(t, err)
	sum := 0
	for a := range n.Nodes() {
		for b := range n.Nodes() {
			sum += n.hops(int32(a), int32(b)) - 1
		}
	}
	return float64(sum) / float64(n.Nodes()*n.Nodes())
}

// TestBounds: no network accepts more than the load its most used link can carry,
// and with enough channels each comes within a tenth of it. k is 8.
func TestBounds(t *testing.T) {
	for _, b := range []struct {
		net     string
		pattern string
		bound   float64
		reach   float64
	}{
		{Mesh, "uniform", 4.0 / 8, 0.9}, {Mesh, "bitcomp", 2.0 / 8, 0.9}, {Mesh, "transpose", 1.0 / 7, 0.9},
		{Torus, "uniform", 1, 0.6}, {Torus, "tornado", 1.0 / 3, 0.75},
	} {
		tr := DefaultTraffic()
		tr.Pattern, tr.Rate, tr.Samples = b.pattern, b.bound*b.reach, 10
		m, err := tr.Run(Default(b.net, 8, 8))
		require.NoError(t, err)
		assert.True(t, m.Stable, "%s %s at %.3f", b.net, b.pattern, tr.Rate)
		tr.Rate, tr.Samples = min(1, b.bound*1.4), 10
		if m, err = tr.Run(Default(b.net, 8, 8)); b.bound < 1 {
			require.NoError(t, err)
			assert.False(t, m.Stable, "%s %s at %.3f, past the bound of %.3f", b.net, b.pattern, tr.Rate, b.bound)
		}
	}
}

// TestBooks: flits are conserved and credits add up at every edge, and Little's law
// holds: packets in the system are arrivals times time spent.
func TestBooks(t *testing.T) {
	for _, c := range []Config{Default(Mesh, 4, 4), Default(Torus, 4, 4), Default(FatTree, 2, 3)} {
		n, err := New(c)
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(3, 3))
		var stay, inside, sent, done float64
		const edges = 4000
		for n.Now() < edges {
			for src := range n.Nodes() {
				if rng.Float64() < 0.1 {
					require.NoError(t, n.Send(Packet{Src: src, Dst: rng.IntN(n.Nodes()), Flits: 1 + rng.IntN(4), Born: n.Now()}, n.Now()))
					sent++
				}
			}
			inside += sent - done
			n.AdvanceTo(n.Now() + 1)
			for _, d := range n.Take() {
				done++
				stay += float64(d.Edge - d.Born)
			}
			require.NoError(t, n.balance())
		}
		for n.Next() != Never { // those still inside at the end
			n.AdvanceTo(n.Next())
			for _, d := range n.Take() {
				stay += float64(min(d.Edge, edges) - d.Born)
			}
		}
		assert.Equal(t, stay, inside, "packet·cycles counted by packets and by cycles")
		k := n.Counts()
		assert.Equal(t, k.Injected, k.Ejected)
		assert.Equal(t, k.BufferWrites, k.BufferReads)
		assert.Equal(t, k.Crossbar, k.LinkFlits+k.Ejected)
		assert.Equal(t, k.NodeFlits, k.Injected+k.Ejected)
	}
}

// TestCountsOfOnePacket: a packet of L flits over R routers is written, read and
// switched R·L times and crosses R-1 links, by flits and in closed form.
func TestCountsOfOnePacket(t *testing.T) {
	c := Default(Mesh, 8, 8)
	c.LinkLength = 1.5
	for _, flits := range []int64{1, 7, 16, 1000} {
		n, err := New(c)
		require.NoError(t, err)
		require.NoError(t, n.Send(Packet{Src: 0, Dst: 19, Flits: int(flits)}, 5))
		for n.Next() != Never {
			n.AdvanceTo(n.Next())
		}
		assert.Equal(t, Counts{Packets: 1, Delivered: 1, Injected: flits, Ejected: flits, BufferWrites: 6 * flits, BufferReads: 6 * flits,
			Crossbar: 6 * flits, Channels: 6, LinkFlits: 5 * flits, LinkMM: 1.5 * 5 * float64(flits), NodeFlits: 2 * flits}, n.Counts())
	}
}

// TestMulticast: a multicast crosses each link of its tree once, and everyone gets it.
func TestMulticast(t *testing.T) {
	n, err := New(Default(Mesh, 4, 4))
	require.NoError(t, err)
	all := make([]int, 16)
	for i := range all {
		all[i] = i
	}
	require.NoError(t, n.Send(Packet{Src: 5, Dsts: all, Flits: 4}, 0))
	for n.Next() != Never {
		n.AdvanceTo(n.Next())
	}
	got := map[int]bool{}
	for _, d := range n.Take() {
		got[d.Dst] = true
	}
	assert.Len(t, got, 16)
	assert.Equal(t, int64(15*4), n.Counts().LinkFlits, "a tree over 16 routers has 15 links")
	assert.Equal(t, int64(16*4), n.Counts().Ejected)
	assert.Equal(t, int64(4), n.Counts().Injected)
}

// TestMulticastTraffic: each packet reaches all its receivers, different ones, and
// takes fewer links than as many packets with one receiver each; with one receiver it is plain traffic.
func TestMulticastTraffic(t *testing.T) {
	run := func(receivers int) Measured {
		tr := DefaultTraffic()
		tr.Rate, tr.Receivers, tr.Packets = 0.01, receivers, 0
		m, err := tr.Run(Default(Mesh, 4, 4))
		require.NoError(t, err)
		require.True(t, m.Stable)
		return m
	}
	one := run(1)
	assert.Equal(t, run(0), one)
	for _, receivers := range []int{4, 16} {
		m := run(receivers)
		assert.InEpsilon(t, float64(receivers)*m.Offered, m.Accepted, 0.02)
		assert.Equal(t, m.Counts.Ejected, m.Counts.Delivered)
		assert.Less(t, float64(m.Counts.LinkFlits)/float64(m.Counts.Packets), float64(receivers)*float64(one.Counts.LinkFlits)/float64(one.Counts.Packets))
	}
	all := run(16)
	assert.InDelta(t, 15, float64(all.Counts.LinkFlits)/float64(all.Counts.Packets), 0.2, "a tree over 16 routers has 15 links")
}

// TestIdleCostsNothing: a network at rest has no next edge and does no work.
func TestIdleCostsNothing(t *testing.T) {
	n, err := New(Default(Mesh, 8, 8))
	require.NoError(t, err)
	n.AdvanceTo(1_000_000_000)
	assert.Equal(t, Never, n.Next())
	assert.Zero(t, n.Work())
	require.NoError(t, n.Send(Packet{Src: 1, Dst: 2, Flits: 1}, n.Now()))
	for n.Next() != Never {
		n.AdvanceTo(n.Next())
	}
	assert.Equal(t, unit.Edge(1_000_000_010), n.Take()[0].Edge)
	assert.Less(t, n.Work(), int64(20))
}
