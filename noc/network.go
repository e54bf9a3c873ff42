package noc

import (
	"math"
	"slices"

	"nnsim/unit"
)

// Never is later than any edge of a run.
const Never unit.Edge = math.MaxInt64

// Network is the timed core: a network of wormhole routers, advanced from edge to
// edge. Send puts packets in, AdvanceTo moves time, Take hands out what has arrived.
//
// At every edge three things happen, in this order: flits and credits that were
// on wires arrive; nodes inject, at most one flit each; routers allocate channels
// and switches. AdvanceTo(t) stops after the arrivals of edge t, so a packet sent
// at t may still enter at t.
type Network struct {
	*graph
	now     unit.Edge // edge whose arrivals have happened and whose rest has not
	routers []router
	sources []source
	packets []packet
	free    []int32 // slots of packets
	back    []port  // of each node: where credits go
	store           // all buffers
	walked
	layout
	express  express
	toRouter wheel[notice]  // flits on their way to a router,
	toNode   wheel[landing] // to a node,
	toOutput wheel[notice]  // credits that a router's output waits for,
	toSource wheel[notice]  // or a node,
	routed   wheel[notice]  // heads whose route is being worked out
	out      []Delivery
	counts   Counts
	number   int64 // packets sent so far
	toNodes  int64 // flits put onto links to nodes
	extra    int64 // receivers of multicasts beyond the first
	work     int64
	ways     []route // scratch
}

// walked is what is looked at at every edge, side by side for all routers.
type walked struct {
	wants               []uint64 // outputs where an allocation may succeed
	readies             []uint64 // outputs with any ready input
	sending             []uint64 // nodes with something to do
	inputs              []input
	outputs             []output
	cross               []crossbarIn
	wantWide, readyWide wide     // see sets.go
	best                []int32  // of each input, between grants and hold, see grantChannels
	touched             []notice // those inputs
	bids                []bid
	heads               []notice // inputs where a head has come to the front
}

// layout is what the configuration says, worked out once.
type layout struct {
	vcs    int32
	every  uint64   // channel
	wrap   bool     // the ways go round
	plain  bool     // the table alone tells the way of a packet, but for trains and multicasts
	table  []int16  // see plainTable
	masks  []uint64 // see maskOf
	ofRing [2]uint8 // masks of packets that do not and do cross a dateline
	seats  []seat
	seatOf []int32 // of each input channel of a router
	first  []int32 // of each crossbar input, its first seat
}

// Counts is what happened, for energy and for the books.
type Counts struct {
	Packets      int64   // sent
	Delivered    int64   // at all their receivers
	Injected     int64   // flits that left a node
	Ejected      int64   // flits that arrived at one
	Replicated   int64   // flits that forks of multicasts added
	BufferWrites int64   // flits written into router buffers
	BufferReads  int64   // and read out of them
	Crossbar     int64   // flits through a crossbar
	Channels     int64   // virtual channels allocated
	LinkFlits    int64   // flits over links between routers
	LinkMM       float64 // flits times millimetres of link
	NodeFlits    int64   // flits over links from and to nodes
}

// New lays a network out. It refuses one that is not valid or whose routes can deadlock.
func New(c Config) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g, err := newGraph(c)
	if err != nil {
		return nil, err
	}
	if !c.Unchecked {
		if err := g.checkRoutes(); err != nil {
			return nil, err
		}
	}
	n := &Network{graph: g}
	if n.store, err = layPlaces(len(g.links), c.VCs, c.BufferFlits); err != nil {
		return nil, err
	}
	n.lay()
	n.express.of = make([][]*train, len(g.links))
	return n, nil
}

// lay makes the moving parts.
func (n *Network) lay() {
	g, most := n.graph, 0
	for r := range g.routers {
		most = max(most, len(g.routers[r].in))
	}
	n.table, n.every, n.vcs = g.plainTable(), g.all(), int32(g.config.VCs)
	n.wrap = g.grid != nil && g.grid.wrap
	n.plain = n.grid != nil && !n.wrap && n.table != nil
	n.masks = []uint64{n.every}
	n.ofRing = [2]uint8{n.maskOf(g.ringChannels(false, g.config.VCs)), n.maskOf(g.ringChannels(true, g.config.VCs))}
	n.seats, n.seatOf, n.first = newSeats(most, g.config.VCs, g.config.InputSpeedup)
	n.layRouters()
	n.layWide(most * g.config.VCs)
	for node := range g.nodes {
		n.sources = append(n.sources, n.newSource(node))
		n.back = append(n.back, g.backOf(g.eject[node]))
	}
	n.best = slices.Repeat([]int32{unmet}, len(n.inputs))
	size := wheelSize(g)
	n.toRouter.size(size)
	n.toNode.size(size)
	n.toOutput.size(size)
	n.toSource.size(size)
	n.routed.size(size)
	n.wants, n.readies = make([]uint64, len(n.outputs)/64+1), make([]uint64, len(n.outputs)/64+1)
	n.sending = make([]uint64, g.nodes/64+1)
}

// Nodes is the number of nodes.
func (n *Network) Nodes() int { return n.nodes }

// Now is the edge up to which the network has been advanced.
func (n *Network) Now() unit.Edge { return n.now }

// Counts is what has happened so far. Packets that travel in closed form are
// counted when they are through.
func (n *Network) Counts() Counts {
	c := n.counts
	c.LinkFlits = c.Crossbar - n.toNodes
	c.LinkMM = float64(c.LinkFlits) * n.config.LinkLength
	c.NodeFlits = c.Injected + n.toNodes
	return c
}

// Work is how many events and router steps the simulation took, to compare with edges.
func (n *Network) Work() int64 {
	return n.work + n.toRouter.work + n.toNode.work + n.toOutput.work + n.toSource.work + n.routed.work
}

// Send queues a packet at its node, at an edge not before Now; the network is
// advanced to it. The node sends its packets in order.
func (n *Network) Send(p Packet, now unit.Edge) error {
	if err := n.checkPacket(p); err != nil {
		return err
	}
	n.AdvanceTo(now)
	n.send(p)
	return nil
}

// send queues a packet that has been checked.
func (n *Network) send(p Packet) {
	q := packet{tag: p.Tag, born: p.Born, src: int32(p.Src), dst: int32(p.Dst), flits: int32(p.Flits)}
	if len(p.Dsts) == 1 {
		q.dst = int32(p.Dsts[0])
	} else if len(p.Dsts) > 1 {
		q.dst = -1
		for _, d := range p.Dsts {
			q.dsts = append(q.dsts, int32(d))
		}
		n.extra += int64(len(p.Dsts) - 1)
	}
	if !n.plain || q.flits >= trainFlits || q.dsts != nil {
		n.prepare(&q, n.number)
	}
	n.number++
	n.counts.Packets++
	s := &n.sources[p.Src]
	s.queue = append(s.queue, n.slot(q))
	set(n.sending, p.Src)
}

// slot finds a place for a packet.
func (n *Network) slot(p packet) int32 {
	if k := len(n.free); k > 0 {
		id := n.free[k-1]
		n.free = n.free[:k-1]
		n.packets[id] = p
		return id
	}
	n.packets = append(n.packets, p)
	return int32(len(n.packets) - 1)
}

// Take hands out the deliveries since the last call, in order of edge and then
// of receiver. The slice is reused by the next call to AdvanceTo.
func (n *Network) Take() []Delivery {
	list := n.out
	n.out = n.out[:0]
	return list
}

func set(mask []uint64, i int)   { mask[i>>6] |= 1 << (i & 63) }
func unset(mask []uint64, i int) { mask[i>>6] &^= 1 << (i & 63) }
