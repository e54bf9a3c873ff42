package asic

import (
	"fmt"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Station is one of the four that execute commands, each in order.
type Station int

// Load and Store are DMA engines, Array multiplies, Post finishes results.
const (
	Load Station = iota
	Array
	Post
	Store
	stations
)

var stationNames = [stations]string{"load", "array", "post", "store"}

// Fence says how many commands of each station must be complete.
type Fence [stations]int64

// Wait adds a condition: n commands of a station.
func (f *Fence) Wait(s Station, n int64) { f[s] = max(f[s], n) }

// Join adds all conditions of another fence.
func (f *Fence) Join(o Fence) {
	for s := range o {
		f[s] = max(f[s], o[s])
	}
}

// Command is one entry in a station's queue.
type Command struct {
	After Fence
	// Addr and Bytes are a transfer's, off chip.
	Addr, Bytes int64
	// Edges is how long the array or the post station works.
	Edges unit.Cycles
	// Begin and End move the command's values at its first and its last edge.
	Begin, End func() error

	layer int
}

// queue is what all stations share: commands in order, and what is known of the others.
type queue struct {
	id       Station
	sim      *Simulation
	commands engine.Line[Command]
	taken    int64       // commands taken from the front so far
	done     []unit.Edge // when each command was complete, or will be
	blocked  bool        // the head waits for a completion that is not known yet
	by       Station     // of this station
}

// head is the next command; the program is continued when the queue is empty.
func (q *queue) head() *Command {
	for q.commands.Len() == 0 {
		if !q.sim.more() {
			return nil
		}
	}
	return q.commands.Head()
}

// pop takes the head.
func (q *queue) pop() {
	q.commands.Pop()
	q.taken++
}

// ready is the edge from which a command may start and the station that decides
// it; false: a completion it needs is not known yet.
func (q *queue) ready(c *Command) (edge unit.Edge, by Station, ok bool) {
	q.blocked = false
	for s, n := range c.After {
		if n == 0 {
			continue
		}
		other := q.sim.queues[s]
		if n > int64(len(other.done)) {
			q.blocked, q.by = true, Station(s)
			return 0, q.by, false
		}
		if at := other.done[n-1]; at > edge {
			edge, by = at, Station(s)
		}
	}
	return edge, by, true
}

// complete notes the end of the oldest unfinished command; commands end in order.
func (q *queue) complete(c *Command, edge unit.Edge) unit.Edge {
	if n := len(q.done); n > 0 {
		edge = max(edge, q.done[n-1])
	}
	q.done = append(q.done, edge)
	q.sim.finished(c, edge)
	return edge
}

// announce has the stations look that wait for what this one has completed.
func (q *queue) announce(before int) {
	if len(q.done) == before {
		return
	}
	for s, other := range q.sim.queues {
		if other.blocked && other.by == q.id {
			q.sim.due[s] = true
		}
	}
}

// Left shows what the station waits for.
func (q *queue) Left() (string, bool) {
	text := fmt.Sprintf("%d commands done, %d left", len(q.done), q.commands.Len())
	if q.commands.Len() == 0 {
		return text, true
	}
	for s, n := range q.commands.Head().After {
		if have := int64(len(q.sim.queues[s].done)); n > have {
			text += fmt.Sprintf(", waits for %s %d of %d", stationNames[s], have, n)
		}
	}
	return text, false
}
