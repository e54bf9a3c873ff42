package mem

import (
	"fmt"
	"math"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Kinds of message a controller takes and gives. N is the requester's tag, which
// the reply repeats; requests carry the address in the upper and the port in the
// lower part of nothing else: see Request.
const (
	Read = iota
	Write
	Done
)

// Request asks for a transfer. Requests of one edge are served in order of port, then tag.
type Request struct {
	Port  int
	Tag   int64
	Write bool
	Addr  int64
	Bytes int64
}

// Controller serves requests on its channels in order of arrival.
type Controller struct {
	timing   Timing
	clock    unit.Hertz
	perCycle float64   // bytes one channel moves in a cycle of the main clock
	free     []float64 // when each channel is next free, in cycles
	waiting  []Request
	reply    func(port int, tag int64, edge unit.Edge)
	busy     unit.Edge // edges up to which the memory has been busy, and for how long
	busyFor  unit.Edge
}

// NewController makes a controller whose edges are those of clock. reply is
// called once for each request with the edge at which its last byte has moved.
func NewController(t Timing, clock unit.Hertz, reply func(port int, tag int64, edge unit.Edge)) *Controller {
	c := &Controller{timing: t, clock: clock, reply: reply, free: make([]float64, max(1, t.Channels))}
	if !t.Ideal {
		c.perCycle = float64(t.Bandwidth) / float64(t.Channels) / float64(clock)
	}
	return c
}

// Ask queues a request; it is served at the controller's next step.
func (c *Controller) Ask(r Request) { c.waiting = append(c.waiting, r) }

// Receive is not used: requesters call Ask and wake the controller's box.
func (c *Controller) Receive(engine.Message) {}

// Left tells whether every request has been served.
func (c *Controller) Left() (string, bool) {
	return fmt.Sprintf("%d requests waiting", len(c.waiting)), len(c.waiting) == 0
}

// Step serves all requests that have come by now.
func (c *Controller) Step(now unit.Edge) unit.Edge {
	sortRequests(c.waiting)
	for _, r := range c.waiting {
		edge := now
		if !c.timing.Ideal && r.Bytes > 0 {
			edge = c.serve(now, r)
		}
		c.reply(r.Port, r.Tag, edge)
	}
	c.waiting = c.waiting[:0]
	return engine.Never
}

// sortRequests orders the few requests of one edge by (port, tag).
func sortRequests(list []Request) {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && less(list[j], list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func less(a, b Request) bool {
	if a.Port != b.Port {
		return a.Port < b.Port
	}
	return a.Tag < b.Tag
}

// serve books the transfer on every channel it touches and returns the edge of its last byte.
func (c *Controller) serve(now unit.Edge, r Request) unit.Edge {
	last := float64(now)
	start := math.Inf(1)
	for ch := range c.free {
		bytes := c.share(r, ch)
		if bytes == 0 {
			continue
		}
		from := max(c.free[ch], float64(now))
		c.free[ch] = c.refreshed(from, float64(bytes)/c.perCycle)
		start, last = min(start, from), max(last, c.free[ch])
	}
	c.account(unit.Edge(start), edgeAt(last))
	return edgeAt(last + float64(c.timing.Latency)*float64(c.clock))
}

// rounding is how far, in cycles, a time may be off for no other reason than that
// floats round: 100 ns are 100.00000000000001 cycles of 1 GHz.
const rounding = 1e-6

// edgeAt is the first edge at or after a time in cycles.
func edgeAt(t float64) unit.Edge { return unit.Edge(math.Ceil(t - rounding)) }

// account adds [from, to) to the time in which any channel was busy.
func (c *Controller) account(from, to unit.Edge) {
	from = max(from, c.busy)
	if to > from {
		c.busyFor += to - from
		c.busy = to
	}
}

// BusyFor is the number of edges in which any channel moved data.
func (c *Controller) BusyFor() unit.Edge { return c.busyFor }

// share is the number of bytes of a request, in whole bursts, that lie on a channel.
func (c *Controller) share(r Request, ch int) int64 {
	burst, stripe, n := int64(c.timing.Burst), int64(c.timing.Interleave), int64(len(c.free))
	from, to := r.Addr/burst*burst, unit.CeilDiv(r.Addr+r.Bytes, burst)*burst
	return onChannel(to, stripe, n, int64(ch)) - onChannel(from, stripe, n, int64(ch))
}

// onChannel counts the bytes of [0, end) on channel ch of n with stripes of the given size.
func onChannel(end, stripe, n, ch int64) int64 {
	round := stripe * n
	return end/round*stripe + min(max(end%round-ch*stripe, 0), stripe)
}

// refreshed is the time at which a transfer of so many cycles ends that starts at
// from on a channel that is deaf for the last RefreshFor of every RefreshGap.
func (c *Controller) refreshed(from, cycles float64) float64 {
	if c.timing.RefreshGap <= 0 {
		return from + cycles
	}
	period := float64(c.timing.RefreshGap) * float64(c.clock)
	open := period - float64(c.timing.RefreshFor)*float64(c.clock)
	whole, at := math.Floor(from/period), math.Mod(from, period)
	work := whole*open + min(at, open) + cycles // listening time used since edge 0
	full := max(0, math.Ceil((work-rounding)/open)-1)
	return full*period + (work - full*open)
}
