// Package station is decoupled access and execute: four stations that carry out the
// commands of a program, each in order, each waiting only for what the next of them needs.
//
//	program ─┬──▶ load  ▸ ▸ ▸ ─▶ off-chip memory to buffers      (DMA)
//	         ├──▶ array ▸ ▸ ─▶ products
//	         ├──▶ post  ▸ ─▶ what is done to sums, and all that is no product
//	         └──▶ store ▸ ▸ ─▶ buffers to off-chip memory        (DMA)
//
// A command's fence says how many commands of each station must be complete before it
// starts. Stations look into each other's records, which hold the edge at which each command
// is complete, also if that edge is yet to come: one that knows how long its commands take
// runs ahead of the clock. Machines bring the program, the array and the post station.
//
// Sources: the manner is J. Smith's, [smith-1982].
//
// Not modelled: commands as words in a memory, and their fetch; queues of limited length.
package station

import (
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/unit"
)

// ID is one of the four stations, or a record that is kept beside theirs.
type ID int

// Load and Store are DMA engines, Array multiplies, Post finishes results.
const (
	Load ID = iota
	Array
	Post
	Store
	Count // of stations
)

// Taken is the record of a point of the array's commands before their end, where a machine
// knows one: what held their stationary operand may be filled again.
const (
	Taken   = Count
	Records = Count + 1
)

// Fence says how many commands must be complete, by record.
type Fence [Records]int64

// Wait adds a condition: n commands of a record.
func (f *Fence) Wait(r ID, n int64) { f[r] = max(f[r], n) }

// Join adds all conditions of another fence.
func (f *Fence) Join(o Fence) {
	for r := range o {
		f[r] = max(f[r], o[r])
	}
}

// Action is what a command does to values: Begin at its first edge, End at its last; nil where
// no values are carried.
type Action struct{ Begin, End func() error }

// Command is one entry in a station's queue.
type Command[W any] struct {
	Layer int
	After Fence
	// Addr and Bytes are a transfer's, off chip; one of no bytes takes Edges.
	Addr, Bytes int64
	// Edges is how long a station works, or a port of the buffer at least.
	Edges unit.Cycles
	// Work is what only the machine's own stations know of.
	Work W
	Action
}

// Machine is what stations need of the machine that they belong to.
type Machine[W any] interface {
	// More continues the program; false: it is at its end.
	More() bool
	// Finished is told of each command that is complete, at which edge.
	Finished(c *Command[W], edge unit.Edge)
	// Act has the values moved at an edge.
	Act(edge unit.Edge, phase engine.Phase, do func() error)
	// Ask hands a transfer to the off-chip memory.
	Ask(r mem.Request)
	// Look has a station look again at what it waits for.
	Look(s ID)
}

// Crew is the stations of one machine.
type Crew[W any] struct {
	Queues [Count]*Queue[W]
	// TakenAt is the record of Taken, which the array keeps.
	TakenAt []unit.Edge

	names   [Records]string
	machine Machine[W]
}

// Join makes the crew of a machine of the queues of its stations. post is what the machine
// calls its post station.
func (w *Crew[W]) Join(m Machine[W], post string, queues [Count]*Queue[W]) {
	w.machine, w.Queues, w.names = m, queues, [Records]string{"load", "array", post, "store", "tiles taken"}
	for i, q := range queues {
		q.id, q.crew = ID(i), w
	}
}

// Name is what the machine calls a station.
func (w *Crew[W]) Name(s ID) string { return w.names[s] }

// known is a record: when each command of it was complete, or will be.
func (w *Crew[W]) known(r ID) []unit.Edge {
	if r == Taken {
		return w.TakenAt
	}
	return w.Queues[r].done
}
