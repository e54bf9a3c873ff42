package noc

// layFatTree lays out a k-ary n-tree: n levels of k^(n-1) routers. A router is a
// level and n-1 digits; level l and level l+1 are joined where all digits but
// digit l agree. Level 0 is the top, and k nodes hang below each router of level
// n-1. Ports 0 … k-1 lead down, the rest up, so every router but the topmost has
// as many links upwards as downwards.
//
//	level 0   ● ●        any of the k ways up will do: each top router
//	          │╳│        reaches every node by exactly one way down
//	level 1   ● ●
//	         ╱╲ ╱╲
func (g *graph) layFatTree() {
	k, levels := g.config.Size[0], g.config.Size[1]
	wide := 1
	for range levels - 1 {
		wide *= k
	}
	g.addRouters(levels * wide)
	g.upMin = k
	for r := range g.routers {
		up := k
		if r < wide {
			up = 0
		}
		g.routers[r] = ports{in: blank(k + up), out: blank(k + up)}
	}
	stride := wide
	for l := range levels - 1 {
		stride /= k // of digit l; digit 0 is the most significant
		for w := range wide {
			digit := w / stride % k
			for b := range k {
				g.rung(l*wide+w, b, (l+1)*wide+w+(b-digit)*stride, k+digit)
			}
		}
	}
	g.hangNodes(k, levels, wide)
	g.fatNext(k, levels, wide)
}

// rung lays the two links between an upper router's port b and a lower router's port u.
func (g *graph) rung(upper, b, lower, u int) {
	wire := link{node: -1, latency: int64(g.config.LinkLatency), length: g.config.LinkLength}
	down, up := wire, wire
	down.from, down.fromPort, down.to, down.toPort = int32(upper), int32(b), int32(lower), int32(u)
	up.from, up.fromPort, up.to, up.toPort = int32(lower), int32(u), int32(upper), int32(b)
	id := int32(len(g.links))
	g.links = append(g.links, down, up)
	g.routers[upper].out[b], g.routers[lower].in[u] = id, id
	g.routers[lower].out[u], g.routers[upper].in[b] = id+1, id+1
}

// hangNodes puts k nodes below each router of the last level, on ports 0 … k-1.
func (g *graph) hangNodes(k, levels, wide int) {
	for w := range wide {
		r := int32((levels-1)*wide + w)
		for b := range int32(k) {
			wire := link{node: int32(g.nodes), latency: int64(g.config.NodeLatency)}
			up, down := wire, wire
			up.from, up.fromPort, up.to, up.toPort = -1, -1, r, b
			down.from, down.fromPort, down.to, down.toPort = r, b, -1, -1
			id := int32(len(g.links))
			g.links = append(g.links, up, down)
			g.routers[r].in[b], g.routers[r].out[b] = id, id+1
			g.inject, g.eject, g.home = append(g.inject, id), append(g.eject, id+1), append(g.home, r)
			g.nodes++
		}
	}
}

// fatNext fills next: the way down where the node lies below, -1 for any way up.
// A node's digits are its router's and then its port.
func (g *graph) fatNext(k, levels, wide int) {
	g.next = make([]int16, len(g.routers)*g.nodes)
	for r := range g.routers {
		l, w := r/wide, r%wide
		for d := range g.nodes {
			below := wide // k^(levels-1-l): routers of the last level below this one
			for range l {
				below /= k
			}
			port := int16(-1)
			if d/k/below == w/below {
				port = int16(d / below % k)
			}
			g.next[r*g.nodes+d] = port
		}
	}
}
