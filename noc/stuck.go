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
	for c := range n.nodeLanes {
		l := &n.lanes[c]
		if l.count == 0 {
			continue
		}
		holds := n.linkOf[c/n.vcs]
		for _, o := range n.asked(c) {
			needs := n.graph.routers[l.to].out[o]
			p := &n.packets[n.places[l.first].packet()]
			list = append(list, wait{holds, needs, fmt.Sprintf("router %d: packet %d (%d→%d) holds %s channel %d, waits for %s",
				l.to, p.tag, p.src, p.dst, n.links[holds], c%n.vcs, n.links[needs])})
		}
	}
	return list
}

// asked are the outputs that the head of a lane waits for.
func (n *Network) asked(c int32) (outs []int32) {
	l := &n.lanes[c]
	if l.state == active {
		return []int32{int32(l.out)}
	}
	r := &n.routers[l.to]
	for o := range r.outputs {
		if n.wantWide.has(r.outputs[o].want, r.out0+int32(o), c-r.in0) {
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
