package noc

import "fmt"

// channelOf names a link and a channel of it.
type channelOf struct{ link, vc int32 }

// onWires counts the flits on their way over each link and channel, and in all.
func (n *Network) onWires() (held map[channelOf]int, flits int64) {
	held = map[channelOf]int{}
	n.toRouter.each(func(w notice) { held[channelOf{n.graph.routers[w.to].in[w.at/n.vcs], w.at % n.vcs}]++; flits++ })
	n.toNode.each(func(landing) { flits++ })
	return held, flits
}

// balance checks the books of every buffer and link: the places between what the
// receiver reads next and what the sender writes next hold flits, as many as are in
// the buffer and on the wire; all others hold credits. It is for tests.
func (n *Network) balance() error {
	held, flits := n.onWires()
	for r := range n.routers {
		for i := range n.routers[r].buffers {
			if c := int(n.routers[r].buffers[i].count); c > 0 {
				held[channelOf{n.graph.routers[r].in[int32(i)/n.vcs], int32(i) % n.vcs}] += c
				flits += int64(c)
			}
		}
	}
	for id := range n.links {
		for vc := range n.vcs {
			if err := n.balanceBuffer(channelOf{int32(id), vc}, held); err != nil {
				return err
			}
		}
	}
	return n.balanceFlits(flits)
}

func (n *Network) balanceBuffer(c channelOf, held map[channelOf]int) error {
	l := &n.links[c.link]
	to, full := n.sender(l, c.vc), held[c]
	first := *to // of a node: it reads at once
	if l.to >= 0 {
		first = n.routers[l.to].buffers[l.toPort*n.vcs+c.vc].first
	}
	if n.around(first, int64(full)) != *to || full > int(n.depth) {
		return fmt.Errorf("edge %d: %s channel %d: %d flits, but the sender is at place %d and the receiver at %d", n.now, l, c.vc, full, *to, first)
	}
	for i := range n.depth {
		if at := n.places[n.around(first, int64(i))]; (at&fullBit != 0) != (int(i) < full) {
			return fmt.Errorf("edge %d: %s channel %d: place %d after the head is %x with %d flits there", n.now, l, c.vc, i, at, full)
		}
	}
	return nil
}

// balanceFlits holds the flits found against the counts; forks hold back copies.
func (n *Network) balanceFlits(found int64) error {
	for r := range n.routers {
		for i := range n.routers[r].buffers {
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
