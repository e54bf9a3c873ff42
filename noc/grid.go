package noc

// grid is the arithmetic of meshes, tori and rings. Router r is node r; its
// coordinates are the digits of r, the first dimension changing fastest. Port 2d
// leads to the next higher router in dimension d, 2d+1 to the next lower, the
// last to the node.
//
//	2d+1 ◀── r ──▶ 2d
type grid struct {
	size  []int
	wrap  bool
	coord []int16 // [router·dims + d]
}

// layGrid lays out a mesh, torus or ring.
func (g *graph) layGrid() {
	c := g.config
	g.grid = &grid{size: c.Size, wrap: c.Topology != Mesh}
	count := 1
	for _, k := range c.Size {
		count *= k
	}
	g.addRouters(count)
	for r := range count {
		rest := r
		for _, k := range c.Size {
			g.grid.coord = append(g.grid.coord, int16(rest%k))
			rest /= k
		}
	}
	g.joinGrid(count)
	for r := range count {
		g.attach(r, r)
	}
}

// joinGrid lays the links so that a router's ports, in and out, come in the order
// higher, lower for each dimension. At the edge of a mesh a port has no link (-1).
func (g *graph) joinGrid(count int) {
	stride, ways := 1, 2*len(g.config.Size)
	for r := range g.routers {
		g.routers[r] = ports{in: blank(ways), out: blank(ways)}
	}
	for d, k := range g.config.Size {
		for r := range count {
			x := r / stride % k
			if x+1 < k {
				g.pair(r, r+stride, d)
			} else if g.grid.wrap && k > 1 {
				g.pair(r, r-(k-1)*stride, d)
			}
		}
		stride *= k
	}
}

func blank(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = -1
	}
	return list
}

// pair lays the two links between a router and its higher neighbour in dimension d.
func (g *graph) pair(low, high, d int) {
	up, down := int32(2*d), int32(2*d+1)
	wire := link{node: -1, latency: int64(g.config.LinkLatency), length: g.config.LinkLength}
	a, b := wire, wire
	a.from, a.fromPort, a.to, a.toPort = int32(low), up, int32(high), down
	b.from, b.fromPort, b.to, b.toPort = int32(high), down, int32(low), up
	id := int32(len(g.links))
	g.links = append(g.links, a, b)
	g.routers[low].out[up], g.routers[high].in[down] = id, id
	g.routers[high].out[down], g.routers[low].in[up] = id+1, id+1
}

// at is a router's coordinate in dimension d.
func (q *grid) at(r int32, d int) int { return int(q.coord[int(r)*len(q.size)+d]) }

// turn decides, for a packet that starts at router from, which way it goes round
// each ring (bit d of dirs: 1 is downwards) and whether it crosses the dateline
// between the last router and the first (bit d of cross). coin breaks the tie of
// two ways of equal length.
func (q *grid) turn(from, to int32, coin uint32) (dirs, cross uint32) {
	for d, k := range q.size {
		x, y := q.at(from, d), q.at(to, d)
		down := x > y
		if q.wrap {
			way := (y - x + k) % k
			down = 2*way > k || 2*way == k && coin>>d&1 == 1
			if x != y && down == (x < y) {
				cross |= 1 << d
			}
		}
		if down {
			dirs |= 1 << d
		}
	}
	return dirs, cross
}

// first is the lowest dimension in which two routers differ, or -1.
func (q *grid) first(a, b int32) int {
	n := len(q.size)
	p, r := q.coord[int(a)*n:int(a)*n+n], q.coord[int(b)*n:int(b)*n+n]
	for d := range p {
		if p[d] != r[d] {
			return d
		}
	}
	return -1
}

// distance is the number of links between two routers.
func (q *grid) distance(a, b int32) int {
	links := 0
	for d, k := range q.size {
		way := q.at(a, d) - q.at(b, d)
		if way < 0 {
			way = -way
		}
		if q.wrap {
			way = min(way, k-way)
		}
		links += way
	}
	return links
}
