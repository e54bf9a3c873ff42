package mem

import (
	"math"

	"nnsim/internal/engine"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// Server is an off-chip memory as a machine sees it, in edges of the machine's
// clock: channels of a fixed bandwidth (Controller) or DRAM (Clocked). It answers
// every request once, with the edge at which its last byte has moved.
type Server interface {
	engine.Unit
	// Ask queues a request; it is served at the server's next step.
	Ask(Request)
	// BusyFor is the number of edges in which data moved.
	BusyFor() unit.Edge
}

// Clocked is a DRAM memory behind a path to a machine with another clock. Requests
// and answers each take half the path's latency; since nothing that is asked from
// an edge on can arrive sooner, the memory runs so far ahead in one go.
//
//	machine ── request, ½ path ──▶ OffChip ── answer, ½ path ──▶ machine
//	edges of the machine's clock   cycles of the command clock
type Clocked struct {
	memory  *OffChip
	ratio   float64   // memory cycles in an edge of the machine
	half    unit.Edge // half the path, at least one edge
	waiting []Request
	fail    func(error)
}

// NewClocked makes a memory of DRAM for a machine. path is the way there and back;
// onWay is how many requests there can be at a time.
func NewClocked(c OffChipConfig, clock, command unit.Hertz, path unit.Seconds, onWay int,
	reply func(port int, tag int64, edge unit.Edge), fail func(error)) (*Clocked, error) {
	k := &Clocked{ratio: float64(command) / float64(clock), fail: fail,
		half: max(1, edgeAt(float64(path)*float64(clock)/2))}
	var err error
	k.memory, err = NewOffChip(c, onWay, func(port, slot int, at unit.Edge) {
		reply(port, int64(slot), k.edge(at)+k.half)
	})
	return k, err
}

// cycle is the memory's first cycle at or after an edge, edge the machine's first edge at or after a cycle.
func (k *Clocked) cycle(edge unit.Edge) unit.Edge { return edgeAt(float64(edge) * k.ratio) }
func (k *Clocked) edge(cycle unit.Edge) unit.Edge { return edgeAt(float64(cycle) / k.ratio) }

// Ask queues a request; it is served at the memory's next step.
func (k *Clocked) Ask(r Request) { k.waiting = append(k.waiting, r) }

// Receive is not used: requesters call Ask and wake the memory's box.
func (k *Clocked) Receive(engine.Message) {}

// Step takes what was asked at this edge and runs as far ahead as nothing else can arrive.
func (k *Clocked) Step(now unit.Edge) unit.Edge {
	sortRequests(k.waiting)
	arrives := k.cycle(now + k.half)
	for _, r := range k.waiting {
		if err := k.memory.Ask(r.Port, Burst{Slot: int(r.Tag), Addr: r.Addr, Bytes: r.Bytes, Write: r.Write, Edge: arrives}); err != nil {
			k.fail(err)
			return engine.Never
		}
	}
	k.waiting = k.waiting[:0]
	if err := k.memory.Run(arrives); err != nil {
		k.fail(err)
		return engine.Never
	}
	next := k.memory.Next()
	if next == engine.Never {
		return engine.Never
	}
	next = max(next, arrives+k.soonest()) // what happens before is not for anyone to know
	return max(now+1, unit.Edge(math.Floor(float64(next)/k.ratio)))
}

// soonest is the fewest cycles in which any request on its way can be complete:
// its lines, spread over all channels, at the rate of the data bus.
func (k *Clocked) soonest() unit.Edge {
	m := k.memory
	least := engine.Never
	for _, b := range m.bursts.All() {
		if left := b.left; left > 0 {
			least = min(least, left)
		}
	}
	if least == engine.Never {
		return 0
	}
	s := m.part.Shape
	return unit.CeilDiv(least, int64(len(m.channels)*s.Pseudo)) * int64(m.part.Timing["tBURST"])
}

// Left tells whether every request has been answered.
func (k *Clocked) Left() (string, bool) {
	text, done := k.memory.Left()
	return text, done && len(k.waiting) == 0
}

// BusyFor is the number of edges in which a channel's data bus was busy, on average over the channels.
func (k *Clocked) BusyFor() unit.Edge {
	bus := k.memory.Counters(k.memory.tally.End).Bus
	return k.edge(bus / int64(len(k.memory.channels)))
}

// Waiting is the bytes of writes that were taken in, whole lines, and have not been sent to the banks.
func (k *Clocked) Waiting() int64 {
	return max(0, k.memory.tally.WriteLines-k.Counters().Writes) * k.memory.line
}

// Counters are the commands of all channels so far.
func (k *Clocked) Counters() dram.Counters { return k.memory.Counters(k.memory.tally.End) }
