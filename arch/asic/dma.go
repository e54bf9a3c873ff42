package asic

import (
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
)

// dma is a station that moves bytes between off-chip memory and a buffer. Transfers
// go out in order, several may be on their way, and they are complete in order.
type dma struct {
	queue
	write       bool
	outstanding int
	flying      []flight // those before landed have landed
	landed      int
	last        unit.Edge // when the last transfer was issued
	stats       *results.Stats
}

// flight is a transfer on its way; landed is Never until the memory has answered.
type flight struct {
	command        Command
	issued, landed unit.Edge
}

// Events a DMA engine counts.
const (
	dmaBytes = iota
	dmaDescriptors
)

// Step lands what has come, then issues what may go.
func (d *dma) Step(now unit.Edge) unit.Edge {
	before := len(d.done)
	d.land()
	next := d.issue(now)
	d.land()
	d.announce(before)
	return next
}

// land completes, in order, the transfers whose end is known.
func (d *dma) land() {
	for d.landed < len(d.flying) && d.flying[d.landed].landed != engine.Never {
		f := &d.flying[d.landed]
		from := f.issued
		if n := len(d.done); n > 0 {
			from = max(from, d.done[n-1])
		}
		d.stats.Enter(results.Busy, from)
		end := d.complete(&f.command, f.landed)
		d.stats.Enter(results.Idle, end)
		d.sim.act(end, engine.Ends, f.command.End)
		f.command = Command{}
		d.landed++
	}
	switch n := len(d.flying) - d.landed; {
	case n == 0:
		d.flying, d.landed = d.flying[:0], 0
	case d.landed > 2*d.outstanding+n: // what is left moves to the front
		copy(d.flying, d.flying[d.landed:])
		d.flying, d.landed = d.flying[:n], 0
	}
}

// issue sends every command that may start by now and returns when the next may.
func (d *dma) issue(now unit.Edge) unit.Edge {
	for c := d.head(); c != nil; c = d.head() {
		at, _, ok := d.ready(c)
		if !ok {
			return engine.Never // an announcement will wake us
		}
		if n := d.taken - int64(d.outstanding); n >= 0 { // its place among the outstanding
			if n >= int64(len(d.done)) {
				return engine.Never // the memory's answer will wake us
			}
			at = max(at, d.done[n])
		}
		if at = max(at, d.last); at > now {
			return at
		}
		d.send(*c, now)
		d.pop()
	}
	return engine.Never
}

// send starts a transfer at edge now.
func (d *dma) send(c Command, now unit.Edge) {
	d.last = now
	d.stats.Add(c.layer, dmaBytes, c.Bytes)
	d.stats.Add(c.layer, dmaDescriptors, 1)
	d.sim.act(now, engine.Begins, c.Begin)
	f := flight{command: c, issued: now, landed: engine.Never}
	if c.Bytes == 0 {
		f.landed = now
	}
	d.flying = append(d.flying, f)
	if c.Bytes > 0 {
		d.sim.ask(mem.Request{Port: int(d.id), Tag: d.taken, Write: d.write, Addr: c.Addr, Bytes: c.Bytes})
	}
}

// answer is the memory's: the transfer with this tag has moved its last byte at edge.
func (d *dma) answer(tag int64, edge unit.Edge) {
	d.flying[tag-(d.taken-int64(len(d.flying)))].landed = edge
}

// Left counts transfers on their way as work.
func (d *dma) Left() (string, bool) {
	text, done := d.queue.Left()
	return text, done && d.landed == len(d.flying)
}
