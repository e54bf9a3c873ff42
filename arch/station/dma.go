package station

import (
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
)

// DMA moves data between off-chip memory and buffers: one engine loads, one stores.
// Transfers go out in order, several may be on their way, and they are complete in order.
type DMA[W any] struct {
	Queue[W]
	// Write tells the engine that stores.
	Write bool
	// Outstanding is the transfers that may be on their way at a time.
	Outstanding int
	// Stats are those of NewStats.
	Stats *results.Stats

	flying []flight[W] // those before landed have landed
	landed int
	last   unit.Edge // when the last transfer was issued
}

// flight is a transfer on its way; landed is Never until the memory has answered.
type flight[W any] struct {
	command        Command[W]
	issued, landed unit.Edge
}

// Events that a DMA engine counts.
const (
	moveBytes       = iota // off chip
	moveDescriptors        // commands executed
)

// NewStats makes the counters of a DMA engine.
func NewStats(name string, layers int) *results.Stats {
	return results.NewStats(name, layers, "bytes", "descriptors")
}

// Step lands what has come, then sends what may go.
func (d *DMA[W]) Step(now unit.Edge) unit.Edge {
	before, next := len(d.done), engine.Never
	d.land()
	for again := true; again; { // what takes no time may be what the next waits for
		have := len(d.done)
		next = d.issue(now)
		d.land()
		again = len(d.done) > have
	}
	d.announce(before)
	return next
}

// land completes, in order, the transfers whose end is known.
func (d *DMA[W]) land() {
	for d.landed < len(d.flying) && d.flying[d.landed].landed != engine.Never {
		f := &d.flying[d.landed]
		d.Stats.Serve(f.command.Layer, f.command.Bytes)
		d.Stats.Enter(results.Busy, max(f.issued, d.lastEnd()))
		end := d.Complete(&f.command, f.landed)
		d.Stats.Enter(results.Idle, end)
		d.crew.machine.Act(end, EndsIn(f.issued, end), f.command.End)
		f.command = Command[W]{}
		d.landed++
	}
	switch n := len(d.flying) - d.landed; {
	case n == 0:
		d.flying, d.landed = d.flying[:0], 0
	case d.landed > 2*d.Outstanding+n: // what is left moves to the front
		copy(d.flying, d.flying[d.landed:])
		d.flying, d.landed = d.flying[:n], 0
	}
}

// issue sends every command that may start by now and returns when the next may.
func (d *DMA[W]) issue(now unit.Edge) unit.Edge {
	for c := d.head(); c != nil; c = d.head() {
		at, _, ok := d.ready(c)
		if !ok {
			return engine.Never // an announcement will wake us
		}
		if free, ok := d.place(); ok {
			at = max(at, free, d.last)
		} else {
			return engine.Never // the memory's answer will wake us
		}
		if at > now {
			return at
		}
		d.send(*c, now)
		d.pop()
	}
	return engine.Never
}

// place is when a transfer finds a place among the outstanding; false: that is not known yet.
func (d *DMA[W]) place() (unit.Edge, bool) {
	if len(d.flying)-d.landed >= d.Outstanding {
		oldest := d.flying[d.landed].landed
		return oldest, oldest != engine.Never
	}
	if n := d.taken - int64(d.Outstanding); n >= 0 {
		return d.done[n], true
	}
	return 0, true
}

// send starts a transfer at edge now.
func (d *DMA[W]) send(c Command[W], now unit.Edge) {
	d.last = now
	d.Stats.Add(c.Layer, moveBytes, c.Bytes)
	d.Stats.Add(c.Layer, moveDescriptors, 1)
	d.crew.machine.Act(now, engine.Begins, c.Begin)
	f := flight[W]{command: c, issued: now, landed: engine.Never}
	if c.Bytes == 0 {
		f.landed = now + unit.Edge(c.Edges)
	}
	d.flying = append(d.flying, f)
	if c.Bytes > 0 {
		d.crew.machine.Ask(mem.Request{Port: int(d.id), Tag: d.taken, Write: d.Write, Addr: c.Addr, Bytes: c.Bytes})
	}
}

// Answer is the memory's: the transfer with this tag has moved its last byte at edge.
func (d *DMA[W]) Answer(tag int64, edge unit.Edge) {
	f := &d.flying[tag-(d.taken-int64(len(d.flying)))]
	f.landed = max(edge, f.issued+unit.Edge(f.command.Edges))
}

// Left counts transfers on their way as work.
func (d *DMA[W]) Left() (string, bool) {
	text, done := d.Queue.Left()
	return text, done && d.landed == len(d.flying)
}
