package noc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/unit"
)

// talker is a unit that sends packets at its own edges.
type talker struct {
	node  int
	at    []unit.Edge
	flits []int
	to    []int
	shell *Shell
	box   **engine.Box
}

func (k *talker) Receive(engine.Message) {}
func (k *talker) Left() (string, bool)   { return "", len(k.at) == 0 }
func (k *talker) Step(now unit.Edge) unit.Edge {
	for len(k.at) > 0 && k.at[0] == now {
		if err := k.shell.Ask(Packet{Src: k.node, Dst: k.to[0], Flits: k.flits[0], Tag: int64(len(k.at)), Born: now}); err != nil {
			panic(err)
		}
		(*k.box).WakeAt(now)
		k.at, k.flits, k.to = k.at[1:], k.flits[1:], k.to[1:]
	}
	if len(k.at) == 0 {
		return engine.Never
	}
	return k.at[0]
}

// underShell runs sixteen talkers on a mesh in an engine with shuffled ties.
func underShell(t *testing.T, seed uint64) (got []Delivery) {
	t.Helper()
	n, err := New(Default(Mesh, 4, 4))
	require.NoError(t, err)
	e := engine.On(simtest.NewShuffled(seed), 700e6)
	shell := NewShell(n, func(d Delivery) { assert.Equal(t, e.Now(), d.Edge); got = append(got, d) }, e.Fail)
	var box *engine.Box
	rng := rand.New(rand.NewPCG(9, 9))
	for node := range 16 {
		k := &talker{node: node, shell: shell, box: &box}
		at := unit.Edge(0)
		for range 20 {
			at += unit.Edge(rng.IntN(30))
			k.at, k.to, k.flits = append(k.at, at), append(k.to, rng.IntN(16)), append(k.flits, 1+rng.IntN(30))
		}
		e.Add(fmt.Sprintf("Talker[%d]", node), k, false)
	}
	box = e.Add("Network", shell, true)
	require.NoError(t, e.Run())
	require.Len(t, got, 320)
	return got
}

// TestShellUnderShuffledTies: in an engine, deliveries do not depend on who acts
// first at an edge.
func TestShellUnderShuffledTies(t *testing.T) {
	want := underShell(t, 0)
	for seed := range uint64(50) {
		require.Equal(t, want, underShell(t, seed))
	}
}
