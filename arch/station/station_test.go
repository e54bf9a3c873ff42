package station_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/unit"
)

// machine is a load and a store engine beside two stations that take as long as a command
// says, with a memory that answers a number of edges after it is asked.
type machine struct {
	station.Crew[struct{}]
	engine  *engine.Engine
	boxes   [station.Count]*engine.Box
	memory  *engine.Box
	latency unit.Edge
	asked   []reply
	moves   [station.Count]*station.DMA[struct{}]
	ends    [station.Count][]unit.Edge
	program int64 // loads still to come once the queues are empty
}

// reply is an answer of the memory to come.
type reply struct {
	station.ID
	tag  int64
	edge unit.Edge
}

// worker is a station whose commands take their Edges.
type worker struct {
	station.Queue[struct{}]
	free unit.Edge
}

func (w *worker) Step(unit.Edge) unit.Edge {
	w.Advance(func(c *station.Command[struct{}], at unit.Edge, _ station.ID) {
		w.free = w.Complete(c, max(w.free, at)+unit.Edge(c.Edges))
	})
	return engine.Never
}

// More writes a load at a time.
func (m *machine) More() bool {
	if m.program == 0 {
		return false
	}
	m.program--
	m.put(station.Load, 64, 0, station.Fence{})
	return true
}
func (m *machine) Finished(c *station.Command[struct{}], edge unit.Edge) {
	m.ends[c.Layer] = append(m.ends[c.Layer], edge) // each station's commands are a layer here
}
func (m *machine) Act(_ unit.Edge, _ engine.Phase, do func() error) {}
func (m *machine) Look(s station.ID)                                { m.boxes[s].WakeAt(m.engine.Now()) }
func (m *machine) Ask(r mem.Request) {
	m.asked = append(m.asked, reply{station.ID(r.Port), r.Tag, m.engine.Now() + m.latency})
	m.memory.WakeAt(m.engine.Now())
}

// Step has the memory answer all it has been asked, for an edge to come.
func (m *machine) Step(unit.Edge) unit.Edge {
	for _, r := range m.asked {
		m.moves[r.ID].Answer(r.tag, r.edge)
		m.Look(r.ID)
	}
	m.asked = nil
	return engine.Never
}
func (m *machine) Receive(engine.Message) {}
func (m *machine) Left() (string, bool)   { return "", true }

func newMachine(outstanding int) *machine {
	m := &machine{engine: engine.New(1e9), latency: 10}
	load := &station.DMA[struct{}]{Outstanding: outstanding, Stats: station.NewStats("load", 4)}
	store := &station.DMA[struct{}]{Outstanding: outstanding, Stats: station.NewStats("store", 4), Write: true}
	array, post := &worker{}, &worker{}
	m.Join(m, "post", [station.Count]*station.Queue[struct{}]{&load.Queue, &array.Queue, &post.Queue, &store.Queue})
	m.moves = [station.Count]*station.DMA[struct{}]{station.Load: load, station.Store: store}
	for i, u := range []engine.Unit{load, array, post, store} {
		m.boxes[i] = m.engine.Add([]string{"Load", "Array", "Post", "Store"}[i], u, false)
	}
	m.memory = m.engine.Add("Memory", m, true)
	return m
}

// put gives a command to a station.
func (m *machine) put(s station.ID, bytes int64, edges unit.Cycles, after station.Fence) {
	m.Queues[s].Put(station.Command[struct{}]{Layer: int(s), Bytes: bytes, Edges: edges, After: after})
}

// TestCommandsWaitForTheirFences: loads overlap as far as outstanding allows, the array waits
// for its load and the store for the array, each to the edge.
func TestCommandsWaitForTheirFences(t *testing.T) {
	for _, c := range []struct {
		outstanding  int
		loads, store []unit.Edge
	}{
		{1, []unit.Edge{10, 20, 30}, []unit.Edge{25, 35, 45}},
		{2, []unit.Edge{10, 10, 20}, []unit.Edge{25, 30, 35}},
		{3, []unit.Edge{10, 10, 10}, []unit.Edge{25, 30, 35}},
	} {
		m := newMachine(c.outstanding)
		for i := range int64(3) {
			m.put(station.Load, 64, 0, station.Fence{})
			m.put(station.Array, 0, 5, station.Fence{station.Load: i + 1})
			m.put(station.Store, 64, 0, station.Fence{station.Array: i + 1})
		}
		require.NoError(t, m.engine.Run())
		assert.Equal(t, c.loads, m.ends[station.Load], "%d outstanding", c.outstanding)
		assert.Equal(t, c.store, m.ends[station.Store], "%d outstanding", c.outstanding)
	}
}

// TestWhatTakesNoTimeFreesTheNext: a transfer that is there at once is what the next command of
// its own engine, and those of others, wait for.
func TestWhatTakesNoTimeFreesTheNext(t *testing.T) {
	m := newMachine(1)
	m.put(station.Load, 0, 0, station.Fence{})
	m.put(station.Load, 0, 3, station.Fence{station.Load: 1})
	m.put(station.Load, 0, 0, station.Fence{station.Load: 2, station.Post: 1})
	m.put(station.Post, 0, 7, station.Fence{station.Load: 1})
	require.NoError(t, m.engine.Run())
	assert.Equal(t, []unit.Edge{0, 3, 7}, m.ends[station.Load])
	assert.Equal(t, engine.Begins, station.EndsIn(4, 4), "behind what it waited for")
	assert.Equal(t, engine.Ends, station.EndsIn(4, 5))
}

// TestTakenFreesBeforeTheEnd: what waits for the array to have taken its tile goes before the
// array's command is through.
func TestTakenFreesBeforeTheEnd(t *testing.T) {
	m := newMachine(4)
	m.put(station.Array, 0, 50, station.Fence{})
	m.put(station.Load, 64, 0, station.Fence{station.Taken: 1})
	m.TakenAt = []unit.Edge{8}
	require.NoError(t, m.engine.Run())
	assert.Equal(t, []unit.Edge{18}, m.ends[station.Load])
	assert.Equal(t, []unit.Edge{50}, m.ends[station.Array])
}

// TestTheProgramGoesOn: an empty queue has more of the program written, until its end.
func TestTheProgramGoesOn(t *testing.T) {
	m := newMachine(2)
	m.program = 5
	require.NoError(t, m.engine.Run())
	assert.Equal(t, []unit.Edge{10, 10, 20, 20, 30}, m.ends[station.Load])
}

// TestDeadlockSaysWhatIsWaitedFor: fences that never open end the run with what each station
// waits for, and with nothing that it has.
func TestDeadlockSaysWhatIsWaitedFor(t *testing.T) {
	m := newMachine(1)
	m.put(station.Load, 64, 0, station.Fence{})
	m.put(station.Post, 0, 1, station.Fence{station.Load: 1, station.Array: 2, station.Taken: 3})
	err := m.engine.Run()
	require.Error(t, err)
	assert.Contains(t, err.Error(), "Post: 0 commands done, 1 left; next (layer 2) waits for array 0 of 2, tiles taken 0 of 3")
	assert.NotContains(t, err.Error(), "load 1 of 1")
}

// TestFencesJoin: a fence holds the most that any of its conditions asks for.
func TestFencesJoin(t *testing.T) {
	f := station.Fence{station.Load: 3}
	f.Wait(station.Load, 2)
	f.Wait(station.Store, 4)
	f.Join(station.Fence{station.Load: 5, station.Store: 1})
	assert.Equal(t, station.Fence{station.Load: 5, station.Store: 4}, f)
}
