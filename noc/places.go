package noc

import (
	"fmt"
	"math/bits"

	"nnsim/unit"
)

// store is the buffers of all links and channels, one after another: `depth`
// places each, from a multiple of a power of two on, so that a place alone tells
// where its buffer begins. A place holds a flit, or the edge from which its sender
// knows that it is free. The sender fills the next place as soon as it sends; the
// receiver is told when the flit is there; a credit needs nobody to carry it.
//
//	… free  free  FLIT  FLIT  flit  free  free …
//	              head        on the wire
type store struct {
	places []flit
	depth  int32
	mask   int32 // of a place within its buffer
	wrapAt int32 // what the place after the last has there
}

// mostPlaces bounds what a network may hold.
const mostPlaces = 1 << 27

// layPlaces makes the buffers of so many links.
func layPlaces(links, vcs, depth int) (s store, err error) {
	stride := 1 << bits.Len(uint(depth-1))
	if total := links * vcs * stride; total > mostPlaces {
		return s, fmt.Errorf("noc: %d links of %d virtual channels with router.buffer %d are %d places, must be at most %d; make the buffers smaller", links, vcs, depth, total, mostPlaces)
	}
	return store{places: make([]flit, links*vcs*stride), depth: int32(depth), mask: int32(stride - 1), wrapAt: int32(depth & (stride - 1))}, nil
}

// buffer is the first place of a lane.
func (s *store) buffer(lane int32) int32 { return lane * (s.mask + 1) }

// following is the place after another, going round.
func (s *store) following(place int32) int32 {
	place++
	return place - s.depth&-int32(one(place&s.mask == s.wrapAt))
}

// around is the place so many after another.
func (s *store) around(place int32, by int64) int32 {
	first := place &^ s.mask
	return first + int32((int64(place-first)+by)%int64(s.depth))
}

// pop takes the flit in front out of a lane's buffer and sends its credit back.
func (n *Network) pop(c int32) flit {
	l := &n.lanes[c]
	at, home := &n.places[l.first], n.now+unit.Edge(l.home)
	l.first = n.following(l.first)
	f := *at
	*at = flit(home)
	if f&wantedBit != 0 || n.config.WaitForTail {
		n.creditHome(c, home)
	}
	return f
}
