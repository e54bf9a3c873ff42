package noc

import (
	"math"

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
	now       unit.Edge // edge whose arrivals have happened and whose rest has not
	routers   []router
	sources   []source
	packets   []packet
	free      []int32           // slots of packets
	toRouter  wheel[flitWire]   // flits on their way to a router,
	toNode    wheel[flitWire]   // to a node,
	toOutput  wheel[creditWire] // credits to a router's output,
	toSource  wheel[creditWire] // to a node,
	routed    wheel[creditWire] // heads whose route is being worked out
	table     []int16           // see plainTable
	back      []port            // of each node: where credits go
	inPort    []int32           // of each input channel, its port
	crossIn   []int32           // and its crossbar input
	afterPick []int32           // and where that one\'s pointer goes after serving it
	crossBase []int32           // of each crossbar input, the first channel of its port
	running   []uint64          // routers with something to do
	sending   []uint64          // nodes with something to do
	express   express
	out       []Delivery
	ways      []route // scratch
	best      []int32 // scratch: what each input would accept, -1 between uses
	touched   []int32
	matched   []match
	counts    Counts
	vcs       int32
	every     uint64
	wrap      bool
	vcsOfRing [2]uint64 // channels of packets that do not and do cross a dateline
	number    int64     // packets sent so far
	toNodes   int64     // flits put onto links to nodes
	extra     int64     // receivers of multicasts beyond the first
	work      int64
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
	n.lay()
	n.express.of = make([][]*train, len(g.links))
	return n, nil
}

// lay makes the moving parts.
func (n *Network) lay() {
	g, most := n.graph, 0
	for r := range g.routers {
		n.routers = append(n.routers, newRouter(g, int32(r)))
		most = max(most, int(n.routers[r].ins))
	}
	for i := range most * g.config.VCs {
		v, s := g.config.VCs, g.config.InputSpeedup
		n.inPort, n.crossIn = append(n.inPort, int32(i/v)), append(n.crossIn, int32(i/v*s+i%v%s))
		n.afterPick = append(n.afterPick, int32((i%v+s)%v))
	}
	for e := range most * g.config.InputSpeedup {
		n.crossBase = append(n.crossBase, int32(e/g.config.InputSpeedup*g.config.VCs))
	}
	for node := range g.nodes {
		n.sources = append(n.sources, newSource(g, node))
		n.back = append(n.back, g.backOf(g.eject[node]))
	}
	n.best = blank(most * max(g.config.VCs, g.config.InputSpeedup))
	size := wheelSize(g)
	n.toRouter.size(size)
	n.toNode.size(size)
	n.toOutput.size(size)
	n.toSource.size(size)
	n.routed.size(size)
	n.table, n.every, n.vcs = g.plainTable(), g.all(), int32(g.config.VCs)
	n.wrap = g.grid != nil && g.grid.wrap
	n.vcsOfRing = [2]uint64{g.ringChannels(false, g.config.VCs), g.ringChannels(true, g.config.VCs)}
	n.running = make([]uint64, len(g.routers)/64+1)
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
	n.prepare(&q, n.number)
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
