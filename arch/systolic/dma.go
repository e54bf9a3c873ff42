package systolic

import (
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
)

// dma moves data between off-chip memory and the buffer: one engine loads, one
// stores. Requests go out in order, several may be on their way, and they are
// complete in order.
type dma struct {
	queue
	write       bool
	outstanding int
	flying      []flight
	lastIssue   unit.Edge
	stats       *results.Stats
}

// flight is a transfer on its way.
type flight struct {
	command command
	issued  unit.Edge
	landed  unit.Edge // Never until the memory has answered
}

// Events a DMA engine counts.
const (
	dmaBytes    = iota // off-chip bytes moved
	dmaCommands        // descriptors executed
)

// Step lands what has come, then sends what may go.
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
	for len(d.flying) > 0 && d.flying[0].landed != engine.Never {
		f := &d.flying[0]
		d.stats.Serve(int(f.command.layer), f.command.bytes)
		d.stats.Enter(results.Busy, max(f.issued, d.lastEnd()))
		end := d.complete(&f.command, f.landed)
		d.machine.act(end, landing(f.issued, end), f.command.data.end)
		d.stats.Enter(results.Idle, end)
		d.flying = d.flying[1:]
	}
}

// landing is the phase in which what a transfer brings is there. It ends; but one that takes
// no time, as those of an ideal memory do, begins at that edge as well, behind what it waited
// for: a tile that is shifted out of the entry it fills, a store of what it loads.
func landing(issued, end unit.Edge) engine.Phase {
	if issued == end {
		return engine.Begins
	}
	return engine.Ends
}

func (d *dma) lastEnd() unit.Edge {
	if n := len(d.done); n > 0 {
		return d.done[n-1]
	}
	return 0
}

// issue sends every command that may start by now and returns when the next may.
func (d *dma) issue(now unit.Edge) unit.Edge {
	for {
		c := d.head()
		if c == nil {
			return engine.Never
		}
		at, _, ok := d.readyAll(c)
		if !ok {
			return engine.Never // an announcement will wake us
		}
		if int64(len(d.flying)) >= int64(d.outstanding) {
			if d.flying[0].landed == engine.Never {
				return engine.Never // the memory's answer will wake us
			}
			at = max(at, d.flying[0].landed)
		} else if n := d.first - int64(d.outstanding); n >= 0 {
			at = max(at, d.done[n]) // its place among the outstanding becomes free
		}
		at = max(at, d.lastIssue)
		if at > now {
			return at
		}
		d.send(*c, now)
		d.pop()
	}
}

// send starts a transfer at edge now.
func (d *dma) send(c command, now unit.Edge) {
	d.lastIssue = now
	d.stats.Add(int(c.layer), dmaCommands, 1)
	d.stats.Add(int(c.layer), dmaBytes, c.bytes)
	f := flight{command: c, issued: now, landed: engine.Never}
	d.machine.act(now, engine.Begins, c.data.begin)
	if c.bytes == 0 {
		f.landed = now + unit.Edge(c.edges)
	}
	d.flying = append(d.flying, f)
	if c.bytes > 0 {
		d.machine.ask(mem.Request{Port: d.id, Tag: d.first, Write: d.write, Addr: c.addr, Bytes: c.bytes})
	}
}

// answer is the memory's: the transfer with this tag has moved its last byte at edge.
func (d *dma) answer(tag int64, edge unit.Edge) {
	f := &d.flying[tag-(d.first-int64(len(d.flying)))]
	f.landed = max(edge, f.issued+unit.Edge(f.command.edges))
}

// Left counts transfers on their way as work.
func (d *dma) Left() (string, bool) {
	text, done := d.queue.Left()
	return text, done && len(d.flying) == 0
}
