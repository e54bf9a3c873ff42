package noc

// route is a way a packet may take at a router: an output port and the virtual
// channels of its link that it may ask for.
type route struct {
	out int32
	vcs uint64
}

// all is every virtual channel.
func (g *graph) all() uint64 { return channels(0, g.config.VCs) }

// channels is the set of the virtual channels from … to-1.
func channels(from, to int) uint64 { return ^uint64(0) >> (64 - to) &^ (1<<from - 1) }

// ringChannels are the channels for packets that cross the dateline of a ring,
// and for those that do not. Each set uses only part of the ring, since ways are
// minimal, so neither can close a circle. With one channel there is only one set.
func (g *graph) ringChannels(cross bool, of int) uint64 {
	switch {
	case of == 1:
		return channels(0, 1)
	case cross:
		return channels(of-of/2, of)
	}
	return channels(0, of-of/2)
}

// prepare works out what stays the same along a packet's way.
func (g *graph) prepare(p *packet, number int64) {
	p.coin = uint32(mix(uint64(number)<<20 + g.config.Seed + uint64(p.src)))
	if g.grid != nil && p.dsts == nil {
		p.dirs, p.cross = g.grid.turn(p.src, p.dst, p.coin)
	}
}

// routes appends the ways of a packet with one receiver at a router. inVC is the
// channel it came in on, -1 from its node.
func (g *graph) routes(list []route, r int32, p *packet) []route {
	if p.dst < 0 {
		return list
	}
	if g.home[p.dst] == r {
		return append(list, route{g.links[g.eject[p.dst]].fromPort, g.all()})
	}
	if g.grid != nil {
		return g.gridRoutes(list, r, p)
	}
	if out := g.next[int(r)*g.nodes+int(p.dst)]; out >= 0 {
		return append(list, route{int32(out), g.all()})
	}
	ways := len(g.routers[r].out) - g.upMin
	if g.config.Routing == Adaptive {
		for u := range ways {
			list = append(list, route{int32(g.upMin + u), g.all()})
		}
		return list
	}
	pick := mix(uint64(p.coin)<<16+uint64(r)) % uint64(ways)
	return append(list, route{int32(g.upMin) + int32(pick), g.all()})
}

// gridRoutes are the ways on a mesh, torus or ring.
func (g *graph) gridRoutes(list []route, r int32, p *packet) []route {
	d := g.grid.first(r, p.dst)
	if g.config.Routing != Adaptive {
		return append(list, g.ordered(d, p.dirs, p.cross, g.config.VCs))
	}
	dirs, cross := p.dirs, p.cross
	if !p.escaped {
		dirs, cross = g.grid.turn(r, p.dst, p.coin)
	}
	list = append(list, g.ordered(d, dirs, cross, g.escapes()))
	if p.escaped {
		return list
	}
	for e := d; e < len(g.grid.size); e++ {
		if g.grid.at(r, e) != g.grid.at(p.dst, e) {
			list = append(list, route{int32(2*e) + int32(dirs>>e&1), channels(g.escapes(), g.config.VCs)})
		}
	}
	return list
}

// ordered is the way in dimension order, on the first of the virtual channels.
func (g *graph) ordered(d int, dirs, cross uint32, of int) route {
	out := int32(2*d) + int32(dirs>>d&1)
	if g.grid.wrap {
		return route{out, g.ringChannels(cross>>d&1 == 1, of)}
	}
	return route{out, channels(0, of)}
}

// escapes is how many channels adaptive routing keeps for dimension order.
func (g *graph) escapes() int {
	if g.grid.wrap {
		return 2
	}
	return 1
}

// escape notes that a packet has been given an escape channel at a router: from
// there on it keeps to dimension order.
func (g *graph) escape(p *packet, r int32, vc int) {
	if g.config.Routing == Adaptive && g.grid != nil && !p.escaped && vc < g.escapes() && g.home[p.dst] != r {
		p.escaped = true
		p.dirs, p.cross = g.grid.turn(r, p.dst, p.coin)
	}
}

// branches splits the receivers of a multicast by the port their way takes at a router.
func (g *graph) branches(r int32, p *packet) (outs []route, dsts [][]int32) {
	for _, d := range p.dsts {
		one := packet{src: p.src, dst: d, coin: p.coin}
		if g.grid != nil {
			one.dirs, one.cross = g.grid.turn(p.src, d, p.coin)
		}
		way := g.routes(nil, r, &one)[0]
		at := -1
		for i, o := range outs {
			if o == way {
				at = i
			}
		}
		if at < 0 {
			outs, dsts, at = append(outs, way), append(dsts, nil), len(outs)
		}
		dsts[at] = append(dsts[at], d)
	}
	return outs, dsts
}

// hops is the number of routers on the way from one node to another.
func (g *graph) hops(src, dst int32) int {
	at := g.links[g.inject[src]].to
	if g.grid != nil {
		return g.grid.distance(at, g.home[dst]) + 1
	}
	count := 1
	for at != g.home[dst] {
		out := int(g.next[int(at)*g.nodes+int(dst)])
		if out < 0 {
			out = g.upMin // any way up is as long
		}
		at = g.links[g.routers[at].out[out]].to
		count++
	}
	return count
}

// distance is hops, remembered.
func (n *Network) distance(src, dst int32) int {
	i := int(src)*n.nodes + int(dst)
	if i >= len(n.far) {
		return n.hops(src, dst)
	}
	if n.far[i] == 0 {
		n.far[i] = uint16(n.hops(src, dst))
	}
	return int(n.far[i])
}

// plainTable is the output port of each router towards each node where there is only
// one and it does not depend on the packet, or on a torus the port upwards in the
// dimension to go next; nil if the table would be too large or there are choices.
func (g *graph) plainTable() []int16 {
	if g.config.Routing == Adaptive || len(g.routers)*g.nodes > 1<<22 {
		return nil
	}
	if g.grid == nil {
		return g.next
	}
	table := make([]int16, len(g.routers)*g.nodes)
	for r := range g.routers {
		for d := range g.nodes {
			out := 2 * len(g.grid.size)
			if dim := g.grid.first(int32(r), int32(d)); dim >= 0 {
				out = 2 * dim
				if !g.grid.wrap && g.grid.at(int32(r), dim) > g.grid.at(int32(d), dim) {
					out++
				}
			}
			table[r*g.nodes+d] = int16(out)
		}
	}
	return table
}

// layTable writes the plain table in numbers of outputs, -1 where there are choices.
func (n *Network) layTable() {
	for i, out := range n.plainTable() {
		number := int32(out)
		if out >= 0 {
			number += n.routers[i/n.nodes].out0
		}
		n.table = append(n.table, number)
	}
}
