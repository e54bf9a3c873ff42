package noc

import (
	"fmt"
	"strings"
)

// Stuck returns nil unless packets are on their way and nothing can ever happen
// again. The error then draws who waits for whom:
//
//	router 0: packet 7 (to node 3) holds router 3→router 0, waits for router 0→router 1
//
// starting from the packets of a ring, if there is one.
func (n *Network) Stuck() error {
	if n.Next() != Never || n.counts.Delivered >= n.due() {
		return nil
	}
	waits := n.waits()
	ring := findRing(waits)
	var b strings.Builder
	fmt.Fprintf(&b, "noc: %s: deadlock at edge %d: %d flits are in the network and none can move", n.config.Topology, n.now, n.InFlight())
	if len(ring) == 0 {
		ring = waits
	}
	for i, w := range ring {
		if i == 16 {
			fmt.Fprintf(&b, "\n  … and %d more", len(ring)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s", w.text)
	}
	return fmt.Errorf("%s", b.String())
}

// due is how many deliveries the packets sent so far will make.
func (n *Network) due() int64 { return n.counts.Packets + n.extra }

// InFlight is the number of flits that have left a node and not arrived at one,
// with those that forks of multicasts have yet to add.
func (n *Network) InFlight() int64 {
	return n.counts.Injected + n.counts.Replicated - n.counts.Ejected
}

// wait is a packet at a router that holds one link and needs another.
type wait struct {
	holds, needs int32
	text         string
}

// waits lists what is at the head of every buffer and cannot go on.
func (n *Network) waits() (list []wait) {
	v := n.config.VCs
	for r := range n.routers {
		at := &n.routers[r]
		for i := range at.buffers {
			b := &at.buffers[i]
			if b.count == 0 {
				continue
			}
			holds := n.graph.routers[r].in[i/v]
			for _, o := range at.asked(i) {
				needs := n.graph.routers[r].out[o]
				p := &n.packets[at.front(int32(i)).packet()]
				list = append(list, wait{holds, needs, fmt.Sprintf("router %d: packet %d (%d→%d) holds %s channel %d, waits for %s",
					r, p.tag, p.src, p.dst, n.links[holds], i%v, n.links[needs])})
			}
		}
	}
	return list
}

// asked are the outputs that the head of an input channel waits for.
func (r *router) asked(i int) (outs []int32) {
	b := &r.buffers[i]
	if b.state == active {
		return []int32{b.out}
	}
	for o := range r.outs {
		if r.want[o*r.words+i>>6]>>(i&63)&1 == 1 {
			outs = append(outs, int32(o))
		}
	}
	return outs
}

// findRing follows waits from link to link until one comes again.
func findRing(list []wait) []wait {
	by := map[int32]int{}
	for i := len(list) - 1; i >= 0; i-- {
		by[list[i].holds] = i
	}
	for start := range list {
		seen := map[int]int{}
		var path []wait
		for i, ok := start, true; ok; i, ok = by[list[i].needs], has(by, list[i].needs) {
			if at, again := seen[i]; again {
				return path[at:]
			}
			seen[i] = len(path)
			path = append(path, list[i])
			if !has(by, list[i].needs) {
				break
			}
		}
	}
	return nil
}

func has(m map[int32]int, k int32) bool { _, ok := m[k]; return ok }

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
