package systolic

import (
	"fmt"
	"strings"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// The units that execute commands.
const (
	loader = iota
	array
	vector
	storer
	units
)

// taken is a stage of the array's commands before their end: the stationary tile
// has been shifted in, so what held it may be filled again.
const (
	taken = units + iota
	stages
)

var unitNames = [units]string{"load", "array", "vector", "store"}

// command is one entry in a unit's queue. It may start when, of every unit, as
// many commands are complete as after says.
type command struct {
	layer int32
	turn  int32 // of the walk
	after [stages]int64

	// DMA: off-chip transfer, or an on-chip one of so many edges where bytes is 0.
	addr, bytes int64
	// array: folds of a stream each; held keeps the stationary tile of the command before.
	folds  int64
	length unit.Cycles
	held   bool
	short  bool  // the layer's last, under SCALE-Sim's convention
	late   bool  // an operand comes from off-chip memory
	room   int64 // drains that must be complete for its results to have room
	// vector: edges of work at full rate; chase is how long before the array's last
	// result its first one was there (-1: nothing to chase).
	edges unit.Cycles
	chase unit.Cycles

	// data moves the command's real bytes; nil where no values are carried.
	data action
}

// action is what a command does to data: begin at its first edge, end at its last.
type action struct{ begin, end func() error }

// record is a unit's completed commands: the edge at which each was complete. It
// only grows; others read as far as they have been told.
type record []unit.Edge

// queue is what all units share: commands in order, and what the next one waits for.
type queue struct {
	id       int
	commands engine.Line[command]
	first    int64 // commands taken from the front so far
	done     record
	blocked  bool // the head waits for a completion of unit by that is not known yet
	by       int
	machine  *simulation
}

// Receive is not used: units look into each other's records.
func (q *queue) Receive(engine.Message) {}

// head is the next command, or nil; it asks for more of the program when the queue is empty.
func (q *queue) head() *command {
	for q.commands.Len() == 0 {
		if !q.machine.more() {
			return nil
		}
	}
	return q.commands.Head()
}

// pop takes the head off.
func (q *queue) pop() {
	q.commands.Pop()
	q.first++
}

// ready is the edge from which unit u no longer holds the command up; false: not known yet.
func (q *queue) ready(c *command, u int) (unit.Edge, bool) {
	n := c.after[u]
	if n == 0 {
		return 0, true
	}
	if u == taken {
		if n > int64(len(q.machine.taken)) {
			return 0, false
		}
		return q.machine.taken[n-1], true
	}
	done := q.machine.queues[u].done
	if n > int64(len(done)) {
		return 0, false
	}
	return done[n-1], true
}

// readyAll is the edge from which the command may start; blocker names the unit that decides it.
func (q *queue) readyAll(c *command) (edge unit.Edge, blocker int, ok bool) {
	q.blocked = false
	for u := range stages {
		e, ok := q.ready(c, u)
		if !ok {
			if q.blocked, q.by = true, u; u == taken {
				q.by = array
			}
			return 0, u, false
		}
		if e > edge {
			edge, blocker = e, u
		}
	}
	return edge, blocker, true
}

// complete notes that the oldest unfinished command ends at an edge. Commands end
// in order, so an earlier edge counts from the end of the one before.
func (q *queue) complete(c *command, edge unit.Edge) unit.Edge {
	if n := len(q.done); n > 0 {
		edge = max(edge, q.done[n-1])
	}
	q.done = append(q.done, edge)
	q.machine.finished(c, edge)
	return edge
}

// announce wakes the units that wait for what this one has completed.
func (q *queue) announce(before int) {
	if len(q.done) == before {
		return
	}
	for u, other := range q.machine.queues {
		if u != q.id && other.blocked && other.by == q.id {
			q.machine.boxes[u].WakeAt(q.machine.engine.Now())
		}
	}
}

// Left shows what the unit waits for.
func (q *queue) Left() (string, bool) {
	if q.commands.Len() == 0 {
		return fmt.Sprintf("%d commands done", len(q.done)), true
	}
	c := q.commands.Head()
	text := fmt.Sprintf("%d commands done, %d left; next (layer %d) waits for", len(q.done), q.commands.Len(), c.layer)
	for u := range stages {
		if n := int(c.after[u]); n > 0 && u == taken {
			text += fmt.Sprintf(" tiles taken %d of %d,", min(len(q.machine.taken), n), n)
		} else if n > 0 {
			text += fmt.Sprintf(" %s %d of %d,", unitNames[u], min(len(q.machine.queues[u].done), n), n)
		}
	}
	return strings.TrimSuffix(text, ","), false
}
