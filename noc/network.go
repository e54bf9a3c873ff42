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
	store           // all buffers
	walked
	layout
	express  express
	toRouter wheel[int32] // lanes with a flit on its way to a router,
	toNode   wheel[int32] // or to a node,
	toSender wheel[int32] // with a credit that its sender waits for,
	routed   wheel[int32] // with a head whose route is being worked out
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
	lanes               []lane
	outputs             []output
	cross               []crossbarIn
	wantWide, readyWide wide    // see sets.go
	best                []int32 // of each lane, between grants and hold, see matchAny
	touched             []int32 // those lanes
	bids                []bid
	lone, rivals        []int32 // outputs that one head asks for, and several
	gains               []gain
	granted             [64]uint64 // to each input channel of the router at hand
	mixed               bool       // heads may ask for several outputs
	sent                []int32    // of the present edge: lanes with a new flit,
	landed              []int32    // and those of them to nodes
	heads               []int32    // lanes where a head has come to the front
	odd                 []int32    // what a loop leaves to be done one by one
}

// layout is what the configuration says, worked out once.
type layout struct {
	vcs    int32
	every  uint64   // channel
	wrap   bool     // the ways go round
	plain  bool     // the table alone tells the way of a packet, but for trains and multicasts
	table  []int32  // output of each router towards each node, see plainTable
	far    []uint16 // routers on the way from each node to each, once known; empty if there are too many
	masks  []uint64 // see maskOf
	ofRing [2]uint8 // masks of packets that do not and do cross a dateline
	seats  []seat
	seatOf []int32  // of each input channel of a router
	first  []int32  // of each crossbar input, its first seat
	near   [64]seat // the seats again, if there are no more

	lane0     []int32   // of each link, its first lane
	linkOf    []int32   // of each vcs lanes, their link
	nodeLanes int32     // from here on lanes lead to nodes
	linkDelay unit.Edge // of a flit from a router to the next,
	nodeDelay unit.Edge // and to a node
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
	if n.store, err = layPlaces(g.receivers(), c.VCs, c.BufferFlits); err != nil {
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
	n.every, n.vcs = g.all(), int32(g.config.VCs)
	n.wrap = g.grid != nil && g.grid.wrap
	n.masks = []uint64{n.every}
	n.ofRing = [2]uint8{n.maskOf(g.ringChannels(false, g.config.VCs)), n.maskOf(g.ringChannels(true, g.config.VCs))}
	n.seats, n.seatOf, n.first = newSeats(most, g.config.VCs, g.config.InputSpeedup)
	copy(n.near[:], n.seats)
	n.linkDelay = unit.Edge(g.config.SwitchDelay) + unit.Edge(g.config.LinkLatency) + 1
	n.nodeDelay = unit.Edge(g.config.SwitchDelay) + unit.Edge(g.config.NodeLatency) + 1
	n.layLanes()
	n.layRouters()
	n.layTable()
	if g.nodes <= 1024 {
		n.far = make([]uint16, g.nodes*g.nodes)
	}
	n.mixed = g.config.Routing == Adaptive
	n.plain = n.grid != nil && !n.wrap && n.table != nil
	n.layWide(most * g.config.VCs)
	n.lone, n.rivals = make([]int32, 0, len(n.outputs)+1), make([]int32, 0, len(n.outputs)+1)
	n.sent, n.landed = make([]int32, len(n.outputs)+1), make([]int32, len(n.outputs)+1)
	n.bids, n.gains, n.heads = make([]bid, len(n.outputs)), make([]gain, 0, len(n.lanes)), make([]int32, 0, len(n.lanes)+1)
	for node := range g.nodes {
		n.sources = append(n.sources, n.newSource(node))
	}
	n.best = slices.Repeat([]int32{unmet}, len(n.lanes))
	size := wheelSize(g)
	n.toRouter.size(size)
	n.toNode.size(size)
	n.toSender.size(size)
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
	return n.work + n.toRouter.work + n.toNode.work + n.toSender.work + n.routed.work
}

// Send queues a packet at its node, at an edge not before Now; the network is
// advanced to it. The node sends its packets in order.
func (n *Network) Send(p Packet, now unit.Edge) error {
	if err := n.checkPacket(p); err != nil {
		return err
	}
	n.AdvanceTo(now)
	n.send(&p)
	return nil
}

// send queues a packet that has been checked.
func (n *Network) send(p *Packet) {
	id := n.slot()
	q := &n.packets[id]
	q.tag, q.born, q.src, q.dst, q.flits = p.Tag, p.Born, int32(p.Src), int32(p.Dst), int32(p.Flits)
	q.escaped, q.dsts = false, nil
	if len(p.Dsts) > 0 {
		n.addReceivers(q, p.Dsts)
	}
	if !n.plain || q.flits >= trainFlits || q.dsts != nil {
		n.prepare(q, n.number)
	}
	n.number++
	n.counts.Packets++
	s := &n.sources[p.Src]
	s.queue = append(s.queue, id)
	set(n.sending, p.Src)
}

// addReceivers makes a packet a multicast if it has more than one receiver.
func (n *Network) addReceivers(q *packet, dsts []int) {
	q.dst = int32(dsts[0])
	if len(dsts) == 1 {
		return
	}
	q.dst = -1
	for _, d := range dsts {
		q.dsts = append(q.dsts, int32(d))
	}
	n.extra += int64(len(dsts) - 1)
}

// slot finds a place for a packet.
func (n *Network) slot() int32 {
	if k := len(n.free); k > 0 {
		id := n.free[k-1]
		n.free = n.free[:k-1]
		return id
	}
	n.packets = append(n.packets, packet{})
	return int32(len(n.packets) - 1)
}

// Take hands out the deliveries since the last call, in order of edge and then
// of receiver. The slice is reused by the next call to AdvanceTo.
func (n *Network) Take() []Delivery {
	list := n.out
	n.out = n.out[:0]
	return list
}
