// Package noc is the interconnect: networks of wormhole routers with virtual
// channels, from a crossbar to a torus, and synthetic traffic to run them by
// themselves.
//
//	node ─▶ router ─▶ router ─▶ … ─▶ router ─▶ node        a flit's way
//	  at each: ask for a channel │ win the switch │ cross it │ wire
//
//	Config ──New──▶ Network: Send(packet, now), Next(), AdvanceTo(t), Take()
//	Shell{Network}: the same as a unit of an engine
//	Traffic.Run(Config) ──▶ Measured: latency, accepted rate, hops, events
//
// The core is plain code and event driven: what is on a wire waits for its edge;
// an output is looked at only while a head asks for a channel that could be given or
// a flit could cross; a credit is a time in the place of a buffer (places.go), not an
// event; a network at rest costs nothing. A long packet that has its
// way to itself travels in closed form (express.go) until another packet wants one
// of its links. stepper.go is the obvious network that all this is held against.
//
// An edge is a handful of flat loops, each from one list to the next:
//
//	arrive ─lanes─▶ ask ─wants─▶ matchLone, matchRivals ─gains─▶ hold ─readies─▶      lane.go, router.go, channels.go
//	─▶ grantSwitches ─bids─▶ moveFlits ─▶ passBids ─lanes a few edges later─▶ arrive  switch.go
//
// Each does what is ordinary without a branch that could not be foreseen, and leaves
// the rest (multicasts, choices, waits for credits) to a function for one at a time.
//
// Sources: the router is the input-queued one of [booksim2], as described by
// [dally-towles-2004] chapters 16 to 19; allocators [mckeown-1999]; deadlock
// [dally-1987] and [duato-1993].
//
// A packet stays flit by flit once another has been in its way, and adaptive and
// multicast packets always are.
//
// Not modelled: speculative allocation, output buffers and shared buffers;
// priorities and classes of traffic; clocks other than one for all routers;
// routes that are not minimal (Valiant, UGAL); faults; wires that take more than
// the same number of cycles each.
package noc
