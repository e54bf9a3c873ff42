package station

import (
	"fmt"
	"iter"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Queue is what all stations share: commands in order, and what is known of those done.
type Queue[W any] struct {
	id       ID
	crew     *Crew[W]
	commands engine.Line[Command[W]]
	taken    int64       // commands taken from the front so far
	done     []unit.Edge // by command: when it was complete, or will be
	blocked  bool        // the head waits for a completion that is not known yet
	by       ID          // of this station
}

// Put appends a command.
func (q *Queue[W]) Put(c Command[W]) { q.commands.Put(c) }

// Tail is the command put last, if it is still there.
func (q *Queue[W]) Tail() *Command[W] { return q.commands.Tail() }

// All are the commands that nobody has taken yet.
func (q *Queue[W]) All() iter.Seq[*Command[W]] { return q.commands.All() }

// Receive is not used: stations look into each other's records.
func (q *Queue[W]) Receive(engine.Message) {}

// Advance hands every command whose fence is known to a station that knows how long its
// commands take: with the edge from which it may start, and the record that decides it.
func (q *Queue[W]) Advance(place func(c *Command[W], at unit.Edge, by ID)) {
	before := len(q.done)
	for c := q.head(); c != nil; c = q.head() {
		at, by, ok := q.ready(c)
		if !ok {
			break
		}
		place(c, at, by)
		q.pop()
	}
	q.announce(before)
}

// head is the next command; the program is continued when the queue is empty.
func (q *Queue[W]) head() *Command[W] {
	for q.commands.Len() == 0 {
		if !q.crew.machine.More() {
			return nil
		}
	}
	return q.commands.Head()
}

// pop takes the head off.
func (q *Queue[W]) pop() {
	q.commands.Pop()
	q.taken++
}

// Known is the edge from which one record no longer holds a command up, where it is known.
func (q *Queue[W]) Known(c *Command[W], r ID) unit.Edge {
	edge, _ := q.after(r, c.After[r])
	return edge
}

// after is when n commands of a record are complete; false: that is not known yet.
func (q *Queue[W]) after(r ID, n int64) (unit.Edge, bool) {
	if n == 0 {
		return 0, true
	}
	known := q.crew.known(r)
	if n > int64(len(known)) {
		return 0, false
	}
	return known[n-1], true
}

// At is when the nth command of a record, counted from one, was complete, or will be.
func (q *Queue[W]) At(r ID, n int64) unit.Edge { return q.crew.known(r)[n-1] }

// ready is the edge from which a command may start and the record that decides it;
// false: a completion it needs is not known yet.
func (q *Queue[W]) ready(c *Command[W]) (edge unit.Edge, by ID, ok bool) {
	q.blocked = false
	for r, n := range c.After {
		at, ok := q.after(ID(r), n)
		if !ok {
			if q.blocked, q.by = true, ID(r); q.by == Taken {
				q.by = Array
			}
			return 0, q.by, false
		}
		if at > edge {
			edge, by = at, ID(r)
		}
	}
	return edge, by, true
}

// Complete notes that the oldest unfinished command ends at an edge, and returns it. Commands
// end in order, so an earlier edge counts from the end of the one before.
func (q *Queue[W]) Complete(c *Command[W], edge unit.Edge) unit.Edge {
	edge = max(edge, q.lastEnd())
	q.done = append(q.done, edge)
	q.crew.machine.Finished(c, edge)
	return edge
}

// EndsIn is the phase in which what a command leaves is there. It ends; but one that takes no
// time, as transfers of an ideal memory do, begins at that edge as well, behind what it waited
// for: a tile that is shifted out of the entry it fills, a store of what it loads.
func EndsIn(begin, end unit.Edge) engine.Phase {
	if begin == end {
		return engine.Begins
	}
	return engine.Ends
}

// lastEnd is when the last complete command was.
func (q *Queue[W]) lastEnd() unit.Edge {
	if n := len(q.done); n > 0 {
		return q.done[n-1]
	}
	return 0
}

// announce has the stations look that wait for what this one has completed.
func (q *Queue[W]) announce(before int) {
	if len(q.done) == before {
		return
	}
	for s, other := range q.crew.Queues {
		if ID(s) != q.id && other.blocked && other.by == q.id {
			q.crew.machine.Look(ID(s))
		}
	}
}

// Left shows what the station waits for.
func (q *Queue[W]) Left() (string, bool) {
	text := fmt.Sprintf("%d commands done", len(q.done))
	if q.commands.Len() == 0 {
		return text, true
	}
	c := q.commands.Head()
	text += fmt.Sprintf(", %d left; next (layer %d)", q.commands.Len(), c.Layer)
	sep := " waits for"
	for r, n := range c.After {
		if have := int64(len(q.crew.known(ID(r)))); n > have {
			text += fmt.Sprintf("%s %s %d of %d", sep, q.crew.names[r], have, n)
			sep = ","
		}
	}
	return text, false
}
