package noc

import (
	"fmt"
	"strings"
)

// checkRoutes refuses a network whose routes can deadlock. It draws the graph of
// channel dependencies [dally-1987]: the channel classes (a link and a set of its
// virtual channels) that a packet can hold while it waits for another. A circle in
// it is a possible deadlock. With adaptive routing it is enough that the escape
// channels alone have no circle [duato-1993], since a packet that has entered
// them stays on them and every packet may enter them at any router.
func (g *graph) checkRoutes() error {
	w := &walker{g: g, ids: map[class]int{}, been: map[[2]int]bool{}}
	w.all()
	if ring := w.circle(); ring != nil {
		return fmt.Errorf("noc: %s: routes can deadlock: %s wait for each other in a ring; %s",
			g.config.Topology, w.name(ring), g.remedy())
	}
	return nil
}

func (g *graph) remedy() string {
	if g.grid != nil && g.grid.wrap {
		return "give router.channels 2 or more, so that packets that cross the dateline have their own"
	}
	return "route along a tree, or take out the edges that close rings"
}

// class is a link and a set of its virtual channels.
type class struct {
	link int32
	vcs  uint64
}

// walker collects dependencies.
type walker struct {
	g     *graph
	ids   map[class]int
	nodes []class
	after [][]int         // dependencies of each class
	been  map[[2]int]bool // off grids: class and receiver already followed
}

// all walks every pair of nodes. On a grid the pairs of one line in each dimension
// will do: in dimension order a packet turns to higher dimensions only, so a circle
// would have to lie within a line, and all lines of a dimension are alike.
func (w *walker) all() {
	if w.g.grid == nil {
		for from := range w.g.nodes {
			for to := range w.g.nodes {
				w.walk(int32(from), int32(to), 0)
			}
		}
		return
	}
	stride := 1
	for _, k := range w.g.grid.size {
		for x := range k {
			for y := range k {
				w.walk(int32(x*stride), int32(y*stride), 0)
				w.walk(int32(x*stride), int32(y*stride), ^uint32(0))
			}
		}
		stride *= k
	}
}

// id numbers a class, in order of first meeting.
func (w *walker) id(c class) int {
	if id, ok := w.ids[c]; ok {
		return id
	}
	w.ids[c] = len(w.nodes)
	w.nodes, w.after = append(w.nodes, c), append(w.after, nil)
	return len(w.nodes) - 1
}

// walk follows a packet's way in dimension order and notes each dependency. A fat
// tree's ways upwards are all followed, one by one.
func (w *walker) walk(from, to int32, coin uint32) {
	p := packet{src: from, dst: to, coin: coin}
	if w.g.grid != nil {
		p.dirs, p.cross = w.g.grid.turn(from, to, coin)
		p.escaped = true
	}
	w.follow(w.g.links[w.g.inject[from]].to, -1, &p)
}

func (w *walker) follow(r int32, held int, p *packet) {
	for _, way := range w.ways(r, p) {
		l := w.g.routers[r].out[way.out]
		id := w.id(class{l, way.vcs})
		seen := false
		if held >= 0 {
			for _, a := range w.after[held] {
				seen = seen || a == id
			}
			if !seen {
				w.after[held] = append(w.after[held], id)
			}
		}
		key := [2]int{id, int(p.dst)}
		if w.g.grid == nil && w.been[key] {
			continue
		}
		w.been[key] = true
		if next := w.g.links[l].to; next >= 0 {
			w.follow(next, id, p)
		}
	}
}

// ways are all routes a packet could ever be given at a router.
func (w *walker) ways(r int32, p *packet) []route {
	g := w.g
	if g.grid == nil && g.home[p.dst] != r && g.next[int(r)*g.nodes+int(p.dst)] < 0 {
		var list []route
		for u := g.upMin; u < len(g.routers[r].out); u++ {
			list = append(list, route{int32(u), g.all()})
		}
		return list
	}
	return g.routes(nil, r, p)
}

// circle is a ring of classes each of which waits for the next, or nil.
func (w *walker) circle() []int {
	const (
		fresh = iota
		open
		done
	)
	state, path := make([]byte, len(w.nodes)), []int(nil)
	var visit func(int) []int
	visit = func(c int) []int {
		state[c], path = open, append(path, c)
		for _, a := range w.after[c] {
			if state[a] == open {
				for i, p := range path {
					if p == a {
						return path[i:]
					}
				}
			}
			if state[a] == fresh {
				if ring := visit(a); ring != nil {
					return ring
				}
			}
		}
		state[c], path = done, path[:len(path)-1]
		return nil
	}
	for c := range w.nodes {
		if state[c] == fresh {
			if ring := visit(c); ring != nil {
				return ring
			}
		}
	}
	return nil
}

// name writes a ring of channels, shortened in the middle if it is long.
func (w *walker) name(ring []int) string {
	var names []string
	for i, c := range ring {
		if len(ring) > 10 && i == 5 {
			names = append(names, fmt.Sprintf("… %d more …", len(ring)-8))
		}
		if len(ring) > 10 && i >= 5 && i < len(ring)-3 {
			continue
		}
		names = append(names, w.g.links[w.nodes[c].link].String())
	}
	return strings.Join(names, ", ")
}
