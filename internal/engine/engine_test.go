package engine_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/unit"
)

// actor is a unit made of functions.
type actor struct {
	step    func(now unit.Edge) unit.Edge
	receive func(m engine.Message)
	state   string
	open    bool // work is left
}

func (a *actor) Step(now unit.Edge) unit.Edge {
	if a.step == nil {
		return engine.Never
	}
	return a.step(now)
}

func (a *actor) Receive(m engine.Message) {
	if a.receive != nil {
		a.receive(m)
	}
}

func (a *actor) Left() (string, bool) { return a.state, !a.open }

// script steps at the given edges, in order, whatever wakes it besides.
func script(log *[]unit.Edge, edges ...unit.Edge) *actor {
	return &actor{step: func(now unit.Edge) unit.Edge {
		*log = append(*log, now)
		for _, e := range edges {
			if e > now {
				return e
			}
		}
		return engine.Never
	}}
}

// Units are woken at exactly the edges they ask for, at any clock and however late:
// no edge is lost, doubled or moved by float time.
func TestEdgesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := unit.Hertz(rapid.SampledFrom([]float64{1, 3, 1e6, 33.333333e6, 100e6, 700e6, 940e6, 1.05e9, 1.41e9, 2.6e9, math.Pi * 1e9}).Draw(t, "clock"))
		at, edges := unit.Edge(0), []unit.Edge{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			at += rapid.SampledFrom([]unit.Edge{1, 1, 2, 17, 1000, 999_999_937, 1 << 40}).Draw(t, "gap")
			edges = append(edges, at)
		}
		var log []unit.Edge
		e := engine.New(clock)
		e.Add("Unit", script(&log, edges...), rapid.Bool().Draw(t, "last"))
		require.NoError(t, e.Run())
		require.Equal(t, append([]unit.Edge{0}, edges...), log)
		require.Equal(t, at, e.Now())
		require.EqualValues(t, len(edges)+1, e.Events())
	})
}

// Two units on one engine meet at the same edges, so equal edges are equal times.
func TestNeighbouringEdgesStayApart(t *testing.T) {
	for _, clock := range []unit.Hertz{700e6, 940e6, 1.41e9, 33.333333e6} {
		for _, from := range []unit.Edge{1, 1 << 20, 1 << 40, 1 << 50} {
			var order []string
			e := engine.New(clock)
			for _, name := range []string{"B", "A"} {
				first := from
				if name == "B" {
					first++
				}
				e.Add(name, &actor{step: func(now unit.Edge) unit.Edge {
					switch now {
					case 0:
						return first
					case first:
						order = append(order, fmt.Sprint(name, now))
					}
					return engine.Never
				}}, false)
			}
			require.NoError(t, e.Run())
			assert.Equal(t, []string{fmt.Sprint("A", from), fmt.Sprint("B", from+1)}, order, "%v", clock)
		}
	}
}

// However often and for whatever edges a unit is woken, it steps once an edge.
func TestWakeUpsCoalesce(t *testing.T) {
	var log []unit.Edge
	var box *engine.Box
	e := engine.New(1e9)
	box = e.Add("Sleeper", &actor{step: func(now unit.Edge) unit.Edge {
		log = append(log, now)
		if now == 0 {
			box.WakeAt(30)
			box.WakeAt(20)
			box.WakeAt(10) // the earliest counts
			return 10
		}
		if now == 10 {
			return 20
		}
		return engine.Never
	}}, false)
	e.Add("Waker", &actor{step: func(now unit.Edge) unit.Edge {
		if now == 0 {
			return 10
		}
		box.WakeAt(20)
		box.WakeAt(20)
		return engine.Never
	}}, false)
	require.NoError(t, e.Run())
	assert.Equal(t, []unit.Edge{0, 10, 20}, log)
}

// Messages sent at an edge arrive at it, all of them before one step, in the order sent.
func TestMessagesArriveAtTheirEdge(t *testing.T) {
	var got []engine.Message
	steps := map[unit.Edge]int{}
	e := engine.New(700e6)
	receiver := e.Add("Receiver", &actor{receive: func(m engine.Message) { got = append(got, m) },
		step: func(now unit.Edge) unit.Edge { steps[now]++; return engine.Never }}, true)
	e.Add("Sender", &actor{step: func(now unit.Edge) unit.Edge {
		for i := range 3 {
			receiver.Send(engine.Message{Edge: now + 5, Kind: i, N: 10 * now, Size: 64})
		}
		if now < 4 {
			return now + 2
		}
		return engine.Never
	}}, false)
	require.NoError(t, e.Run())
	assert.Equal(t, map[unit.Edge]int{0: 1, 2: 1, 4: 1}, steps)
	require.Len(t, got, 9)
	for i, m := range got {
		now := unit.Edge(i / 3 * 2)
		assert.Equal(t, engine.Message{Edge: now + 5, Kind: i % 3, N: 10 * now, Size: 64}, m)
	}
}

// A unit that acts last steps after all others of an edge, those that were woken at
// that edge by a message included; what it sends then is still received at that edge.
func TestLastActsAfterAllOthers(t *testing.T) {
	for seed := range uint64(20) {
		var log []string
		e := engine.On(simtest.NewShuffled(seed), 1e9)
		note := func(name string, now unit.Edge) { log = append(log, fmt.Sprint(name, now)) }
		var relay *engine.Box
		memory := e.Add("Memory", &actor{receive: func(engine.Message) { log = append(log, "asked") }, step: func(now unit.Edge) unit.Edge {
			note("memory", now)
			return engine.Never
		}}, true)
		relay = e.Add("Relay", &actor{receive: func(engine.Message) { memory.Send(engine.Message{}) }, step: func(now unit.Edge) unit.Edge {
			note("relay", now)
			return engine.Never
		}}, false)
		e.Add("Source", &actor{step: func(now unit.Edge) unit.Edge {
			if now == 0 {
				return 7
			}
			note("source", now)
			memory.Send(engine.Message{})
			relay.Send(engine.Message{})
			return engine.Never
		}}, false)
		require.NoError(t, e.Run())
		assert.Equal(t, []string{"relay0", "memory0", "source7", "relay7", "asked", "asked", "memory7"}, log, "seed %d", seed)
	}
}

func TestWorkLeftIsAnError(t *testing.T) {
	e := engine.New(1e9)
	var log []unit.Edge
	e.Add("Array", &actor{state: "3 folds to go, waits for weights", open: true, step: func(now unit.Edge) unit.Edge {
		if now < 12 {
			return 12
		}
		return engine.Never
	}}, false)
	idle := script(&log)
	idle.state = "idle"
	e.Add("DMA", idle, false)
	assert.EqualError(t, e.Run(), "deadlock at edge 12: nothing is left to happen, but work is; Array: 3 folds to go, waits for weights; DMA: idle")
}

func TestFailStopsTheRun(t *testing.T) {
	for _, build := range []func() *engine.Engine{
		func() *engine.Engine { return engine.New(1e9) },
		func() *engine.Engine { return engine.On(simtest.NewShuffled(1), 1e9) },
	} {
		e, last := build(), unit.Edge(0)
		first := errors.New("a tile is missing")
		e.Add("Endless", &actor{open: true, step: func(now unit.Edge) unit.Edge { // would never stop by itself
			last = now
			if now == 5 {
				e.Fail(first)
				e.Fail(errors.New("a later one"))
			}
			return now + 1
		}}, false)
		assert.False(t, e.Failed())
		assert.Equal(t, first, e.Run(), "the first error counts, before what is left over")
		assert.True(t, e.Failed())
		assert.EqualValues(t, 5, last)
	}
}

func TestAskingForThePastIsAnError(t *testing.T) {
	e := engine.New(1e9)
	e.Add("Confused", &actor{step: func(now unit.Edge) unit.Edge {
		if now == 0 {
			return 10
		}
		return 9
	}}, false)
	assert.EqualError(t, e.Run(), "engine: Confused asked at edge 10 to be woken at edge 9, which is past")
}

func TestAnEndlessQueueIsAnError(t *testing.T) {
	e := engine.New(1e9)
	box := e.Add("Deaf", &actor{}, true)
	e.Add("Talker", &actor{step: func(unit.Edge) unit.Edge {
		for range 1<<20 + 1 {
			box.Send(engine.Message{})
		}
		return engine.Never
	}}, false)
	assert.ErrorContains(t, e.Run(), "Deaf has 1048576 messages waiting")
}

// ring passes tokens around units that hold each for a while; it returns when which
// unit had which token.
func ring(e *engine.Engine, units, tokens int) (map[string]unit.Edge, error) {
	seen := map[string]unit.Edge{}
	boxes := make([]*engine.Box, units)
	for i := range units {
		var held []engine.Message
		boxes[i] = e.Add(fmt.Sprintf("Unit%d", i), &actor{
			receive: func(m engine.Message) { held = append(held, m) },
			step: func(now unit.Edge) unit.Edge {
				if now == 0 && i == 0 {
					for n := range tokens {
						held = append(held, engine.Message{Edge: unit.Edge(n), N: int64(n)})
					}
				}
				next, kept := engine.Never, held[:0]
				for _, m := range held {
					if m.Edge > now {
						kept, next = append(kept, m), min(next, m.Edge)
						continue
					}
					seen[fmt.Sprintf("%d at %d, hop %d", m.N, i, m.Kind)] = now
					if m.Kind < 3*units {
						boxes[(i+1)%units].Send(engine.Message{Edge: now + 1 + m.N%3 + int64(i), Kind: m.Kind + 1, N: m.N})
					}
				}
				held = kept
				return next
			}}, i == units-1)
	}
	err := e.Run()
	return seen, err
}

// Nothing depends on the order of events of one edge.
func TestTiesDoNotMatter(t *testing.T) {
	want, err := ring(engine.New(940e6), 5, 7)
	require.NoError(t, err)
	require.Len(t, want, 7*16)
	for seed := range uint64(50) {
		got, err := ring(engine.On(simtest.NewShuffled(seed), 940e6), 5, 7)
		require.NoError(t, err)
		require.Equal(t, want, got, "seed %d", seed)
	}
}
