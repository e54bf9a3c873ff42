package noc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/unit"
)

// anyConfig draws a small network of any kind.
func anyConfig(t *rapid.T) Config {
	nets := []Config{Default(Mesh, 3, 3), Default(Mesh, 5), Default(Mesh, 2, 2, 2), Default(Torus, 4, 4), Default(Torus, 3, 5),
		Default(Ring, 8), Default(Ring, 5), Default(Crossbar, 6), Default(Crossbar, 12), Default(Star, 5), Default(Bus, 4), Default(Tree, 2, 3),
		Default(FatTree, 2, 3), Default(FatTree, 4, 2), Default(Graph, 4)}
	c := rapid.SampledFrom(nets).Draw(t, "network")
	c.Edges = [][2]int{{0, 1}, {1, 2}, {1, 3}}
	least := 1
	if c.Topology == Torus || c.Topology == Ring {
		least = 2
	}
	if slices.Contains([]string{Mesh, Torus, Ring, FatTree}, c.Topology) && rapid.Bool().Draw(t, "adaptive") {
		c.Routing, least = Adaptive, least+1
	}
	c.VCs = rapid.IntRange(least, 9).Draw(t, "VCs")
	c.BufferFlits = rapid.IntRange(1, 9).Draw(t, "buffer")
	c.InputSpeedup = rapid.IntRange(1, 3).Draw(t, "speedup")
	c.LinkLatency = unit.Cycles(rapid.IntRange(0, 3).Draw(t, "link"))
	c.NodeLatency = unit.Cycles(rapid.IntRange(0, 2).Draw(t, "node"))
	c.RoutingDelay = unit.Cycles(rapid.IntRange(0, 2).Draw(t, "routing"))
	c.SwitchDelay = unit.Cycles(rapid.IntRange(0, 2).Draw(t, "switch"))
	c.CreditDelay = unit.Cycles(rapid.IntRange(0, 3).Draw(t, "credit"))
	c.WaitForTail = rapid.Bool().Draw(t, "wait")
	c.Seed = rapid.Uint64().Draw(t, "seed")
	return c
}

// timed is a packet and the edge it is sent at.
type timed struct {
	at unit.Edge
	p  Packet
}

// anyTraffic draws packets: short and long, to one node or several, close together or far apart.
func anyTraffic(t *rapid.T, c Config, nodes int) (list []timed) {
	at := unit.Edge(0)
	for i := range rapid.IntRange(1, 60).Draw(t, "packets") {
		at += unit.Edge(rapid.SampledFrom([]int{0, 0, 0, 1, 2, 5, 60}).Draw(t, "gap"))
		p := Packet{Src: rapid.IntRange(0, nodes-1).Draw(t, "src"), Dst: rapid.IntRange(0, nodes-1).Draw(t, "dst"),
			Flits: rapid.SampledFrom([]int{1, 1, 2, 3, 8, 17, 40, 90}).Draw(t, "flits"), Tag: int64(i), Born: at}
		if c.Routing != Adaptive && rapid.IntRange(0, 5).Draw(t, "multicast") == 0 {
			p.Dsts = rapid.SliceOfNDistinct(rapid.IntRange(0, nodes-1), 1, nodes, rapid.ID[int]).Draw(t, "dsts")
			p.Flits = min(p.Flits, c.BufferFlits)
		}
		list = append(list, timed{at, p})
	}
	return list
}

// byStepper runs packets on the obvious network.
func byStepper(t require.TestingT, c Config, list []timed, until unit.Edge) (out []Delivery) {
	s, err := NewStepper(c)
	require.NoError(t, err)
	for s.Now() <= until {
		for len(list) > 0 && list[0].at == s.Now() {
			require.NoError(t, s.Send(list[0].p))
			list = list[1:]
		}
		s.Step()
		got := s.Take()
		slices.SortFunc(got, func(a, b Delivery) int { return a.Dst - b.Dst })
		out = append(out, got...)
	}
	return out
}

// byNetwork runs packets on the event-driven network, checking the books at every stop.
func byNetwork(t require.TestingT, c Config, list []timed) (n *Network, out []Delivery) {
	n, err := New(c)
	require.NoError(t, err)
	for len(list) > 0 || n.Next() != Never {
		next := n.Next()
		if len(list) > 0 {
			next = min(next, list[0].at)
		}
		n.AdvanceTo(next)
		require.NoError(t, n.balance())
		for len(list) > 0 && list[0].at == n.Now() {
			require.NoError(t, n.Send(list[0].p, n.Now()))
			list = list[1:]
		}
		out = append(out, n.Take()...)
	}
	return n, out
}

// TestTwin: the event-driven network and the obvious one deliver the same packets at the same edges.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		g, err := newGraph(c)
		require.NoError(t, err)
		list := anyTraffic(t, c, g.nodes)
		n, got := byNetwork(t, c, list)
		require.NoError(t, n.Stuck())
		require.Equal(t, n.due(), n.Counts().Delivered)
		want := byStepper(t, c, list, n.Now()+1)
		require.Equal(t, lines(want), lines(got))
	})
}

func lines(list []Delivery) (text []string) {
	for _, d := range list {
		text = append(text, fmt.Sprintf("edge %d: packet %d %d→%d entered %d, %d routers", d.Edge, d.Tag, d.Src, d.Dst, d.Entered, d.Routers))
	}
	return text
}

// TestTwinWide: a router with more ports and channels than fit into a word.
func TestTwinWide(t *testing.T) {
	c := Default(Crossbar, 70)
	c.VCs, c.BufferFlits = 2, 3
	rng := rand.New(rand.NewPCG(5, 5))
	var list []timed
	for i := range 600 {
		at := unit.Edge(i / 12)
		p := Packet{Src: rng.IntN(70), Dst: rng.IntN(70) / (1 + i%3), Flits: 1 + rng.IntN(20), Tag: int64(i), Born: at}
		if i%20 == 0 {
			p.Dsts, p.Flits = []int{1, 64, 65, 69}, 3
		}
		list = append(list, timed{at, p})
	}
	n, got := byNetwork(t, c, list)
	require.Equal(t, lines(byStepper(t, c, list, n.Now()+1)), lines(got))
}
