package noc

import "fmt"

// onWires counts what is on its way over each link and channel, flits and credits
// together, and the flits alone.
func (n *Network) onWires() (held map[[2]int64]int, flits int64) {
	held = map[[2]int64]int{}
	v := int32(n.config.VCs)
	away := func(link, vc int32) { held[[2]int64{int64(link), int64(vc)}]++ }
	n.toRouter.each(func(w flitWire) { away(n.graph.routers[w.to].in[w.at/v], w.at%v); flits++ })
	n.toNode.each(func(w flitWire) { away(n.graph.eject[w.to], w.at); flits++ })
	n.toOutput.each(func(w creditWire) { away(n.graph.routers[w.to].out[w.at/v], w.at%v) })
	n.toSource.each(func(w creditWire) { away(n.graph.inject[w.to], w.at) })
	return held, flits
}

// balance checks the books of every buffer and link: credits, flits in buffers and
// on wires add up to what the buffers hold. It is for tests.
func (n *Network) balance() error {
	held, flits := n.onWires()
	v := n.config.VCs
	for r := range n.routers {
		for i := range n.routers[r].buffers {
			if c := int(n.routers[r].buffers[i].count); c > 0 {
				held[[2]int64{int64(n.graph.routers[r].in[i/v]), int64(i % v)}] += c
				flits += int64(c)
			}
		}
	}
	for id := range n.links {
		if err := n.balanceLink(int32(id), held); err != nil {
			return err
		}
	}
	return n.balanceFlits(flits)
}

func (n *Network) balanceLink(id int32, held map[[2]int64]int) error {
	l := &n.links[id]
	for vc := range n.config.VCs {
		var credits int16
		if l.from < 0 {
			credits = n.sources[l.node].credits[vc]
		} else {
			credits = n.routers[l.from].channels[int(l.fromPort)*n.config.VCs+vc].credits
		}
		if away := held[[2]int64{int64(id), int64(vc)}]; int(credits)+away != n.config.BufferFlits {
			return fmt.Errorf("edge %d: %s channel %d: %d credits at home and %d away, must add up to %d", n.now, l, vc, credits, away, n.config.BufferFlits)
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
