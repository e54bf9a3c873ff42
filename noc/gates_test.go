package noc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/unit"
)

// arrivals runs packets and tells when each arrived, by tag.
func arrivalsOf(t *testing.T, c Config, list ...timed) map[int64]unit.Edge {
	t.Helper()
	_, got := byNetwork(t, c, list)
	at := map[int64]unit.Edge{}
	for _, d := range got {
		at[d.Tag] = d.Edge
	}
	return at
}

// TestTightGates: what is held back by something goes at the very edge it ends.
func TestTightGates(t *testing.T) {
	c := Default(Crossbar, 4)
	two := func(b Packet, at unit.Edge) map[int64]unit.Edge {
		b.Tag = 1
		return arrivalsOf(t, c, timed{0, Packet{Src: 0, Dst: 3, Flits: 4}}, timed{at, b})
	}
	// Alone: 6 cycles and 3 for the other flits.
	assert.Equal(t, unit.Edge(9), two(Packet{Src: 1, Dst: 2, Flits: 1}, 0)[0])
	// A node sends one flit an edge: the second packet of node 0 enters at edge 4.
	assert.Equal(t, unit.Edge(10), two(Packet{Src: 0, Dst: 2, Flits: 1}, 0)[1])
	// Two want output 3: on channels of their own they take turns, flit by flit.
	got := two(Packet{Src: 1, Dst: 3, Flits: 4}, 0)
	assert.ElementsMatch(t, []unit.Edge{12, 13}, []unit.Edge{got[0], got[1]})
	// With one channel the output is held until the first tail has left at edge 6; the
	// other asks at 7, crosses at 8 and its four flits arrive by 14.
	c.VCs = 1
	assert.Equal(t, unit.Edge(14), two(Packet{Src: 1, Dst: 3, Flits: 4}, 0)[1])
	// It may ask at edge 7 if it arrives at edge 7, that is, if it is sent at 5; at 6 it is an edge later.
	assert.Equal(t, unit.Edge(14), two(Packet{Src: 1, Dst: 3, Flits: 4}, 5)[1])
	assert.Equal(t, unit.Edge(15), two(Packet{Src: 1, Dst: 3, Flits: 4}, 6)[1])
}

// TestOneCreditLoop: with a buffer of one flit the next goes when the credit is home:
// 5 edges to the router (2 there, 1 to its switch, 2 back), 7 for an ejecting router.
func TestOneCreditLoop(t *testing.T) {
	c := Default(Crossbar, 2)
	c.VCs, c.BufferFlits = 1, 1
	at := arrivalsOf(t, c, timed{0, Packet{Src: 0, Dst: 1, Flits: 3}})
	assert.Equal(t, unit.Edge(6+2*7), at[0])
	c.CreditDelay = 0 // 5 and 5
	at = arrivalsOf(t, c, timed{0, Packet{Src: 0, Dst: 1, Flits: 3}})
	assert.Equal(t, unit.Edge(6+2*5), at[0])
}

func TestRefused(t *testing.T) {
	with := func(f func(*Config)) Config { c := Default(Mesh, 4, 4); f(&c); return c }
	for _, r := range []struct {
		c    Config
		says string
	}{
		{with(func(c *Config) { c.BufferFlits = 0 }), "zero credits"},
		{with(func(c *Config) { c.FlitBytes = 0 }), "zero width"},
		{with(func(c *Config) { c.VCs = 0 }), "router.channels is 0"},
		{with(func(c *Config) { c.VCs = 65 }), "must be 1 to 64"},
		{with(func(c *Config) { c.Size = []int{4, 0} }), "Size[1] is 0"},
		{with(func(c *Config) { c.Size = nil }), "has 0 sizes"},
		{with(func(c *Config) { c.Size = []int{5000} }), "Size[0] is 5000"},
		{with(func(c *Config) { c.Topology = "moebius" }), `"moebius" is not known`},
		{with(func(c *Config) { c.Routing = "xy" }), `"xy" is not known`},
		{with(func(c *Config) { c.Routing, c.VCs = Adaptive, 1 }), "needs 2 virtual channels"},
		{with(func(c *Config) { c.LinkLatency = -1 }), "link.latency is -1"},
		{with(func(c *Config) { c.InputSpeedup = 0 }), "router.speedup is 0"},
		{Config{Topology: Tree, Size: []int{1, 3}}, "arity of at least 2"},
		{with(func(c *Config) { c.Topology, c.Size, c.Edges = Graph, []int{4}, [][2]int{{0, 1}, {2, 3}} }), "node 2 cannot be reached from node 0"},
		{with(func(c *Config) { c.Topology, c.Size, c.Edges = Graph, []int{4}, [][2]int{{0, 7}} }), "graph.Edges[0] is [0 7]"},
	} {
		_, err := New(r.c)
		if assert.Error(t, err, r.says) {
			assert.Contains(t, err.Error(), r.says)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

// loop is a ring without channels for its dateline.
func loop() Config {
	c := Default(Ring, 6)
	c.VCs, c.BufferFlits = 1, 4
	return c
}

func TestDeadlockRefused(t *testing.T) {
	_, err := New(loop())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "router 0→router 1, router 1→router 2, router 2→router 3, router 3→router 4, router 4→router 5, router 5→router 0 wait for each other")
	assert.Contains(t, err.Error(), "router.channels 2 or more")
	square := Default(Graph, 5) // shortest ways round a ring of five close a circle
	square.Edges = [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}}
	_, err = New(square)
	assert.ErrorContains(t, err, "can deadlock")
	small := Default(Ring, 3) // ways of one link close none
	small.VCs = 1
	_, err = New(small)
	assert.NoError(t, err)
}

// TestDeadlockDrawn: on such a ring every node sends two links on, more than the
// buffers hold, and all block: the run ends and shows the ring.
func TestDeadlockDrawn(t *testing.T) {
	c := loop()
	c.Unchecked = true
	n, err := New(c)
	require.NoError(t, err)
	for src := range 6 {
		require.NoError(t, n.Send(Packet{Src: src, Dst: (src + 2) % 6, Flits: 12, Tag: int64(src)}, 0))
	}
	require.NoError(t, n.Stuck())
	for n.Next() != Never {
		n.AdvanceTo(n.Next())
	}
	err = n.Stuck()
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 7)
	assert.Contains(t, lines[0], "deadlock at edge")
	assert.Contains(t, err.Error(), "router 0: packet 5 (5→1) holds router 5→router 0 channel 0, waits for router 0→router 1")
	tr := DefaultTraffic()
	tr.Rate, tr.Flits, tr.Limit = 1, 8, 1e9
	_, err = tr.Run(c)
	assert.ErrorContains(t, err, "deadlock at edge")
}

func TestPacketsRefused(t *testing.T) {
	n, err := New(Default(Mesh, 4, 4))
	require.NoError(t, err)
	for says, p := range map[string]Packet{
		"comes from node 16":    {Src: 16, Flits: 1},
		"goes to node -1":       {Dst: -1, Flits: 1},
		"has 0 flits":           {},
		"names node 3 twice":    {Flits: 1, Dsts: []int{3, 3}},
		"at most router.buffer": {Flits: 9, Dsts: []int{1, 2}},
		"goes to node 99; the":  {Flits: 1, Dsts: []int{1, 99}},
	} {
		assert.ErrorContains(t, n.Send(p, 0), says)
	}
}

func TestTrafficRefused(t *testing.T) {
	with := func(f func(*Traffic)) Traffic { tr := DefaultTraffic(); f(&tr); return tr }
	for says, tr := range map[string]Traffic{
		"rate is 0":           with(func(t *Traffic) { t.Rate = 0 }),
		"rate is 1.5":         with(func(t *Traffic) { t.Rate = 1.5 }),
		"flits is 0":          with(func(t *Traffic) { t.Flits = 0 }),
		`pattern "north" is`:  with(func(t *Traffic) { t.Pattern = "north" }),
		"samples is 3":        with(func(t *Traffic) { t.Samples = 3 }),
		"period is 0":         with(func(t *Traffic) { t.Period = 0 }),
		"limit is 0":          with(func(t *Traffic) { t.Limit = 0 }),
		"hot nodes []":        with(func(t *Traffic) { t.Pattern = "hotspot" }),
		"needs a power of fo": with(func(t *Traffic) { t.Pattern = "transpose" }),
	} {
		_, err := tr.Run(Default(Mesh, 4, 2))
		assert.ErrorContains(t, err, says)
	}
}

func TestPatterns(t *testing.T) {
	n, err := New(Default(Mesh, 8, 8))
	require.NoError(t, err)
	for name, want := range map[string][3]int{ // receivers of nodes 0, 1 and 26 = (2,3)
		"bitcomp": {63, 62, 37}, "bitrev": {0, 32, 22}, "shuffle": {0, 2, 52}, "transpose": {0, 8, 19}, "tornado": {27, 28, 53}, "neighbor": {9, 10, 35},
	} {
		to, err := newPattern(name, shape{64, n.digits(), nil, 1})
		require.NoError(t, err)
		assert.Equal(t, want, [3]int{to(0, nil), to(1, nil), to(26, nil)}, name)
	}
}

// TestSameSeedSameRun: results follow from the seed alone.
func TestSameSeedSameRun(t *testing.T) {
	for _, c := range []Config{Default(Torus, 4, 4), Default(FatTree, 2, 4)} {
		tr := DefaultTraffic()
		tr.Rate, tr.Flits = 0.3, 3
		a, err := tr.Run(c)
		require.NoError(t, err)
		b, err := tr.Run(c)
		require.NoError(t, err)
		assert.Equal(t, a, b)
		tr.Seed = 2
		b, err = tr.Run(c)
		require.NoError(t, err)
		assert.NotEqual(t, a.MeanLatency, b.MeanLatency)
		assert.InEpsilon(t, a.MeanLatency, b.MeanLatency, 0.02)
	}
}

// TestPresets: every preset is a network that works, and a wrong name is told.
func TestPresets(t *testing.T) {
	for _, p := range presets {
		c, err := Preset(p.name)
		require.NoError(t, err)
		_, err = New(c)
		assert.NoError(t, err, p.name)
	}
	_, err := Preset("mesh-9x9")
	assert.ErrorContains(t, err, "there are mesh-8x8, torus-8x8, ring-8")
}

// TestStarvedTraffic: a node whose packets never get a turn ends a run past
// saturation instead of keeping it going.
func TestStarvedTraffic(t *testing.T) {
	c := Default(Mesh, 4, 4)
	c.VCs, c.InputSpeedup, c.SwitchDelay, c.CreditDelay = 16, 3, 0, 0
	tr := DefaultTraffic()
	tr.Pattern, tr.Rate, tr.Period, tr.Samples = "transpose", 0.4, 200, 5
	m, err := tr.Run(c)
	require.NoError(t, err)
	assert.False(t, m.Stable)
	assert.Less(t, m.Cycles, int64(100_000))
}
