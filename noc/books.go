package noc

import "fmt"

// onWires counts the flits on their way on each lane, and in all.
func (n *Network) onWires() (held map[int32]int, flits int64) {
	held = map[int32]int{}
	n.toRouter.each(func(c int32) { held[c]++; flits++ })
	n.toNode.each(func(c int32) { held[c]++; flits++ })
	return held, flits
}

// balance checks the books of every buffer and link: the places between what the
// receiver reads next and what the sender writes next hold flits, as many as are in
// the buffer and on the wire; all others hold credits. It is for tests.
func (n *Network) balance() error {
	held, flits := n.onWires()
	for c := range n.lanes {
		count := int(n.lanes[c].count)
		flits += int64(count)
		if err := n.balanceLane(int32(c), held[int32(c)]+count); err != nil {
			return err
		}
	}
	return n.balanceFlits(flits)
}

func (n *Network) balanceLane(c int32, full int) error {
	l := &n.lanes[c]
	first := l.first
	if n.around(first, int64(full)) != l.next || full > int(n.depth) {
		return fmt.Errorf("edge %d: %s channel %d: %d flits, but the sender is at place %d and the receiver at %d", n.now, n.link(c), c%n.vcs, full, l.next, first)
	}
	for i := range n.depth {
		if at := n.places[n.around(first, int64(i))]; (at&fullBit != 0) != (int(i) < full) {
			return fmt.Errorf("edge %d: %s channel %d: place %d after the head is %x with %d flits there", n.now, n.link(c), c%n.vcs, i, at, full)
		}
	}
	return nil
}

// balanceFlits holds the flits found against the counts; forks hold back copies.
func (n *Network) balanceFlits(found int64) error {
	for r := range n.routers {
		for i := range n.routers[r].inputs {
			if f := n.routers[r].forkAt(i); f != nil {
				found += f.owed()
			}
		}
	}
	if found != n.InFlight() {
		return fmt.Errorf("edge %d: %d flits found, the counts say %d", n.now, found, n.InFlight())
	}
	return nil
}

// owed is how many flits a fork will send beyond those still to leave its buffer once.
func (f *fork) owed() int64 {
	owed := int64(0)
	for _, b := range f.branches {
		owed += int64(b.flits - b.sent)
	}
	return owed - int64(f.branches[0].flits-f.popped)
}

// forkAt is the multicast at the head of an input channel, or nil.
func (r *router) forkAt(i int) *fork {
	if r.forks == nil {
		return nil
	}
	return r.forks[i]
}
