package noc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/unit"
)

// cost sends packets one after another from one node and tells what each costs on average.
func cost(t *testing.T, c Config, flits, packets int) float64 {
	t.Helper()
	n, err := New(c)
	require.NoError(t, err)
	for i := range packets {
		require.NoError(t, n.Send(Packet{Src: 0, Dst: n.Nodes() / 2, Flits: flits, Tag: int64(i)}, 0))
	}
	for n.Next() != Never {
		n.AdvanceTo(n.Next())
	}
	list := n.Take()
	require.NoError(t, n.balance())
	require.Len(t, list, packets)
	require.Equal(t, int64(flits*packets), n.Counts().Ejected)
	require.GreaterOrEqual(t, list[packets-1].Edge, unit.Edge(packets*flits))
	return float64(n.Work()) / float64(packets)
}

// TestLongPacketIsConstant: eight times the flits cost the same events, on every
// topology, also where the credit loop is longer than the buffer.
func TestLongPacketIsConstant(t *testing.T) {
	for _, c := range []Config{Default(Mesh, 8, 8), Default(Torus, 8, 8), Default(Ring, 8), Default(Crossbar, 8), Default(FatTree, 4, 3), Default(Bus, 8)} {
		short, long := cost(t, c, 500, 1), cost(t, c, 4000, 1)
		assert.Equal(t, short, long, c.Topology)
		assert.LessOrEqual(t, long, 4.0, c.Topology)
		if c.LinkLatency == 1 { // with B at least the credit loop
			assert.LessOrEqual(t, cost(t, c, 4000, 8), 4.0, "%s: a stream of long packets", c.Topology)
		}
	}
}

// TestTwinTrains: packets in closed form, alone, behind one another and in each
// other's way, are where the obvious network has them.
func TestTwinTrains(t *testing.T) {
	boarded, followed, dissolved := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		c.BufferFlits = rapid.IntRange(1, 14).Draw(t, "depth")
		g, err := newGraph(c)
		require.NoError(t, err)
		at, nodes := unit.Edge(0), rapid.SliceOfN(rapid.IntRange(0, g.nodes-1), 2, 4).Draw(t, "nodes")
		var list []timed
		for i := range rapid.IntRange(1, 8).Draw(t, "packets") {
			at += unit.Edge(rapid.IntRange(0, 90).Draw(t, "gap")) / 3
			list = append(list, timed{at, Packet{Src: rapid.SampledFrom(nodes).Draw(t, "src"), Dst: rapid.SampledFrom(nodes).Draw(t, "dst"),
				Flits: rapid.IntRange(14, 60).Draw(t, "flits"), Tag: int64(i), Born: at}})
		}
		n, got := byNetwork(t, c, list)
		want := byStepper(t, c, list, n.Now()+1)
		require.Equal(t, lines(want), lines(got))
		boarded += n.express.boarded
		followed += n.express.followed
		dissolved += n.express.dissolved
	})
	t.Logf("%d packets went in closed form, %d behind another, %d of them were dissolved on their way", boarded, followed, dissolved)
	if !testing.Short() {
		assert.Greater(t, followed, 3)
		assert.Greater(t, dissolved, 10)
		assert.Greater(t, boarded, dissolved)
	}
}
