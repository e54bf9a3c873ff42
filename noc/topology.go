package noc

import "fmt"

// link is a one-way wire. Its ends are a router's port, or a node (router -1).
type link struct {
	from, fromPort int32
	to, toPort     int32
	node           int32 // of a link from or to a node; else -1
	latency        int64
	length         float64
}

// String names a link as people see it in a message.
func (l link) String() string {
	switch {
	case l.from < 0:
		return fmt.Sprintf("node %d→router %d", l.node, l.to)
	case l.to < 0:
		return fmt.Sprintf("router %d→node %d", l.from, l.node)
	}
	return fmt.Sprintf("router %d→router %d", l.from, l.to)
}

// ports are the links at a router, in order of port.
type ports struct{ in, out []int32 }

// graph is a topology laid out: routers, links, and the way from each router to each node.
type graph struct {
	config  Config
	nodes   int
	routers []ports
	links   []link
	inject  []int32 // link from each node
	eject   []int32 // link to each node
	home    []int32 // router of each node's eject link
	// next is the output port at a router towards a node, [router·nodes + node];
	// for grids it is worked out from the coordinates, for a fat tree -1 means any way up.
	next  []int16
	grid  *grid
	upMin int // fat tree: first of the ports upwards
}

// newGraph lays a topology out. The configuration must be valid.
func newGraph(c Config) (*graph, error) {
	g := &graph{config: c}
	switch c.Topology {
	case Mesh, Torus, Ring:
		g.layGrid()
	case Crossbar:
		g.layCrossbar()
	case Star:
		g.layStar()
	case Bus:
		g.layBus()
	case Tree:
		g.layTree()
	case FatTree:
		g.layFatTree()
	case Graph:
		return g, g.layGraph()
	}
	return g, nil
}

// addRouters makes n routers without ports.
func (g *graph) addRouters(n int) { g.routers = make([]ports, n) }

// connect lays a link from one router to another on their next free ports.
func (g *graph) connect(from, to int) {
	id := int32(len(g.links))
	a, b := &g.routers[from], &g.routers[to]
	g.links = append(g.links, link{from: int32(from), fromPort: int32(len(a.out)), to: int32(to), toPort: int32(len(b.in)),
		node: -1, latency: int64(g.config.LinkLatency), length: g.config.LinkLength})
	a.out, b.in = append(a.out, id), append(b.in, id)
}

// attach gives the next node its way in at one router and its way out at another.
func (g *graph) attach(in, out int) {
	a, b := &g.routers[in], &g.routers[out]
	wire := link{node: int32(g.nodes), latency: int64(g.config.NodeLatency)}
	up, down := wire, wire
	up.from, up.fromPort, up.to, up.toPort = -1, -1, int32(in), int32(len(a.in))
	down.from, down.fromPort, down.to, down.toPort = int32(out), int32(len(b.out)), -1, -1
	id := int32(len(g.links))
	g.links = append(g.links, up, down)
	a.in, b.out = append(a.in, id), append(b.out, id+1)
	g.inject, g.eject, g.home = append(g.inject, id), append(g.eject, id+1), append(g.home, int32(out))
	g.nodes++
}

// layCrossbar is one router with all nodes.
func (g *graph) layCrossbar() {
	g.addRouters(1)
	for range g.config.Size[0] {
		g.attach(0, 0)
	}
	g.shortest()
}

// layStar is a router for each node, and a hub that is the last router.
func (g *graph) layStar() {
	n := g.config.Size[0]
	g.addRouters(n + 1)
	for i := range n {
		g.connect(i, n)
		g.connect(n, i)
		g.attach(i, i)
	}
	g.shortest()
}

// layBus is a router that all nodes send to, a single link, and a router that all listen to.
func (g *graph) layBus() {
	g.addRouters(2)
	g.connect(0, 1)
	for range g.config.Size[0] {
		g.attach(0, 1)
	}
	g.shortest()
}

// layTree is levels of routers, the root first; the nodes hang below the last.
func (g *graph) layTree() {
	k, levels := g.config.Size[0], g.config.Size[1]
	count, wide := 0, 1
	for range levels {
		count += wide
		wide *= k
	}
	g.addRouters(count)
	for r := 1; r < count; r++ {
		g.connect((r-1)/k, r)
		g.connect(r, (r-1)/k)
	}
	leaves := wide / k
	for i := range wide {
		g.attach(count-leaves+i/k, count-leaves+i/k)
	}
	g.shortest()
}

// layGraph is the user's own routers and links.
func (g *graph) layGraph() error {
	n := g.config.Size[0]
	g.addRouters(n)
	for i, e := range g.config.Edges {
		if e[0] < 0 || e[0] >= n || e[1] < 0 || e[1] >= n || e[0] == e[1] {
			return fmt.Errorf("noc: graph.Edges[%d] is %v, must join two of the routers 0 to %d", i, e, n-1)
		}
		g.connect(e[0], e[1])
		g.connect(e[1], e[0])
	}
	for i := range n {
		g.attach(i, i)
	}
	g.shortest()
	for r := range n {
		for d := range n {
			if g.next[r*n+d] < 0 {
				return fmt.Errorf("noc: graph: node %d cannot be reached from node %d; add an edge between their parts", d, r)
			}
		}
	}
	return nil
}

// shortest fills next by breadth-first search from each node's router; among
// equal ways the lowest port is taken.
func (g *graph) shortest() {
	n := len(g.routers)
	g.next = make([]int16, n*g.nodes)
	for d := range g.nodes {
		for r := range n {
			g.next[r*g.nodes+d] = -1
		}
		g.next[int(g.home[d])*g.nodes+d] = int16(g.links[g.eject[d]].fromPort)
		g.spread(d)
	}
}

// spread walks backwards from a node's router.
func (g *graph) spread(d int) {
	queue := []int32{g.home[d]}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, id := range g.routers[r].in {
			l := g.links[id]
			if l.from >= 0 && g.next[int(l.from)*g.nodes+d] < 0 {
				g.next[int(l.from)*g.nodes+d] = int16(l.fromPort)
				queue = append(queue, l.from)
			}
		}
	}
}
