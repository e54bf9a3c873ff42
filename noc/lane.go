package noc

import (
	"nnsim/unit"
)

// lane is one virtual channel of a link: what its sender and its receiver know of
// it, side by side. A flit's way is from lane to lane.
//
//	sender: an output of a router, or a node     receiver: a router, or a node
//	owner, grant, next ──── places (places.go) ────▶ first, count, state, accept
//
// Lanes are numbered by receiver: those into router 0, port by port, then those
// into router 1 and so on, and at the end those into nodes. An input channel of a
// router is known by the lane into it, an output channel by the lane out of it.
type lane struct {
	first  int32  // place that the receiver reads next,
	next   int32  // that the sender writes next
	owner  int32  // sender: the lane whose packet holds this one, or -1
	grant  int32  // sender: round-robin pointer over input channels
	accept int32  // receiver: round-robin pointer over output channels
	count  uint16 // of flits at the receiver
	home   uint16 // how long a credit takes back
	to     uint16 // router or node that receives
	out    uint16 // the output that the packet in front asks for or holds
	vc     uint8  // active: of that output's link, the channel it holds
	state  uint8  // of the packet in front
	may    uint8  // asking: the channels it may have, see masks
}

const (
	idle     = iota
	routing  // its route is being worked out
	asking   // for a channel of one output
	choosing // adaptive: of several
	active   // holds a channel
	forking  // multicast
)

// layLanes numbers and makes the lanes of all links.
func (n *Network) layLanes() {
	g := n.graph
	n.lane0 = make([]int32, len(g.links))
	for _, p := range g.routers {
		n.linkOf = append(n.linkOf, p.in...)
	}
	n.nodeLanes = int32(len(n.linkOf)) * n.vcs
	n.linkOf = append(n.linkOf, g.eject...)
	for j, id := range n.linkOf {
		made := lane{owner: -1}
		if id >= 0 { // a port at the rim of a mesh has no link
			n.lane0[id] = int32(j) * n.vcs
			made.home, made.to = g.receiver(&g.links[id])
		}
		for range n.vcs {
			made.first = n.buffer(int32(len(n.lanes)))
			made.next = made.first
			n.lanes = append(n.lanes, made)
		}
	}
}

// receivers is the number of links' ends, with those that a mesh's rim leaves out.
func (g *graph) receivers() int {
	count := g.nodes
	for _, p := range g.routers {
		count += len(p.in)
	}
	return count
}

// receiver tells after how long a credit is home from the end of a link, and which
// router or node that is.
func (g *graph) receiver(l *link) (home, to uint16) {
	if l.to < 0 {
		return uint16(g.creditDelay(l)), uint16(l.node)
	}
	return uint16(g.creditDelay(l)), uint16(l.to)
}

// link is the link that a lane is of.
func (n *Network) link(c int32) *link { return &n.links[n.linkOf[c/n.vcs]] }

// arrive notes that flits have come in on lanes into routers, and has the routers
// look at those that are in front.
func (n *Network) arrive(list []int32) {
	lanes, fresh, odd := n.lanes, 0, n.odd[:0]
	heads := n.heads[:len(list)+1]
	for _, c := range list {
		l := &lanes[c]
		l.count++
		heads[fresh] = c
		fresh += one(l.state == idle)
		if l.state == forking || l.state == active && l.count == 1 {
			odd = append(odd, c)
		}
	}
	for _, c := range odd {
		if lanes[c].state == forking {
			n.forkReady(c)
		} else {
			n.readyIf(c, n.now)
		}
	}
	n.odd = odd
	n.route(heads[:fresh], n.now)
}

// readyIf has the flit in front of a lane that holds another compete for the
// switch if there is a credit for it by an edge; else the credit is waited for.
func (n *Network) readyIf(c int32, edge unit.Edge) {
	l := &n.lanes[c]
	r := &n.routers[l.to]
	number := r.out0 + int32(l.out)
	out := &n.outputs[number]
	if far := out.lane0 + int32(l.vc); !n.places[n.lanes[far].next].homeBy(edge) {
		n.waitCredit(far)
		return
	}
	n.setReady(out, number, n.seatOf[c-r.in0])
}

// waitCredit has the sender on a lane told when the next credit for it is home.
func (n *Network) waitCredit(c int32) {
	at := &n.places[n.lanes[c].next]
	if *at&fullBit != 0 {
		*at |= wantedBit
		return
	}
	n.creditHome(c, edgeOf(*at))
}

// creditHome has a sender told of a credit when it is home.
func (n *Network) creditHome(c int32, home unit.Edge) { n.toSender.put(home, c) }

// credit is told that a credit for a lane is home.
func (n *Network) credit(c int32) {
	far := n.link(c)
	if far.from < 0 {
		n.sourceCredit(far.node, c)
		return
	}
	i := n.lanes[c].owner
	switch {
	case i < 0:
		if n.config.WaitForTail && n.allHome(n.lanes[c].next) {
			n.vacate(n.routers[far.from].out0+far.fromPort, 1<<(c%n.vcs))
		}
	case n.lanes[i].state == forking:
		n.forkReady(i)
	case n.lanes[i].count > 0:
		n.readyIf(i, n.now)
	}
}

// allHome tells whether all credits for the buffer with a place that is next to be
// written are home: they come home in order.
func (n *Network) allHome(next int32) bool {
	return n.places[n.around(next, int64(n.depth)-1)].homeBy(n.now)
}
