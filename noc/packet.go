package noc

import (
	"fmt"

	"nnsim/unit"
)

// Packet is what a node sends: so many flits to one node, or to several.
type Packet struct {
	Src   int
	Dst   int
	Dsts  []int // multicast: all receivers; Dst is then not looked at
	Flits int
	Tag   int64     // the sender's own; repeated in the delivery
	Born  unit.Edge // when it came to be; latency counts from here
}

// Delivery is a packet that has arrived, tail and all, at one of its receivers.
type Delivery struct {
	Tag      int64
	Src, Dst int
	Flits    int
	Born     unit.Edge // as given
	Entered  unit.Edge // when its head left the node
	Edge     unit.Edge // when its tail arrived
	Routers  int       // on its way
}

// packet is a packet on its way. A fork of a multicast has a packet for each branch.
type packet struct {
	tag           int64
	born, entered unit.Edge
	src, dst      int32
	flits         int32
	dirs, cross   uint32
	coin          uint32
	escaped       bool    // adaptive: on the escape channels for good
	dsts          []int32 // multicast, two or more
}

// flit is one flit in a buffer or on a wire: the packet it is of and that one's
// receiver, and whether it is the last. It is also what a place in a buffer holds:
// either a flit, or, as a plain number, the edge from which the credit for the place
// is home at its sender.
type flit uint64

const (
	tailBit   flit = 1 << iota
	wantedBit      // the sender waits for the credit of the place this one is in
	idAt      = iota
	dstAt     = idAt + 32
	many      = 1<<20 - 1 // stands for the receivers of a multicast
	fullBit   = flit(1) << 63
)

func (f flit) packet() int32 { return int32(uint32(f >> idAt)) }
func (f flit) dst() int32    { return int32(f>>dstAt) & many }
func (f flit) tail() bool    { return f&tailBit != 0 }

// edgeOf is the edge in a free place.
func edgeOf(f flit) unit.Edge { return unit.Edge(f) }

// homeBy tells whether a place in a buffer is free and its sender knows by an edge.
func (f flit) homeBy(edge unit.Edge) bool { return f <= flit(edge) }

// flitOf is flit i of the packet in slot id.
func flitOf(id int32, p *packet, i int32) flit {
	f := fullBit | flit(uint32(id))<<idAt | flit(p.dst&many)<<dstAt
	if i == p.flits-1 {
		f |= tailBit
	}
	return f
}

// checkPacket refuses packets that make no sense on this network.
func (g *graph) checkPacket(p Packet) error {
	if p.Src < 0 || p.Src >= g.nodes {
		return fmt.Errorf("noc: packet %d comes from node %d; the %s has nodes 0 to %d", p.Tag, p.Src, g.config.Topology, g.nodes-1)
	}
	if p.Flits < 1 || p.Flits > 1<<30 {
		return fmt.Errorf("noc: packet %d has %d flits, must be 1 to 2^30", p.Tag, p.Flits)
	}
	if len(p.Dsts) == 0 {
		return g.checkNode(p.Tag, p.Dst)
	}
	seen := map[int]bool{}
	for _, d := range p.Dsts {
		if err := g.checkNode(p.Tag, d); err != nil {
			return err
		}
		if seen[d] {
			return fmt.Errorf("noc: multicast packet %d names node %d twice", p.Tag, d)
		}
		seen[d] = true
	}
	if len(p.Dsts) > 1 && p.Flits > g.config.BufferFlits {
		return fmt.Errorf("noc: multicast packet %d has %d flits; a router must hold it whole to replicate it without deadlock: at most router.buffer, %d", p.Tag, p.Flits, g.config.BufferFlits)
	}
	if len(p.Dsts) > 1 && g.config.Routing == Adaptive {
		return fmt.Errorf("noc: packet %d is multicast, which follows one tree; set routing=%s", p.Tag, DimensionOrder)
	}
	return nil
}

func (g *graph) checkNode(tag int64, d int) error {
	if d < 0 || d >= g.nodes {
		return fmt.Errorf("noc: packet %d goes to node %d; the %s has nodes 0 to %d", tag, d, g.config.Topology, g.nodes-1)
	}
	return nil
}

// mix is a hash that spreads choices evenly (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
