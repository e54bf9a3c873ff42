package nestmodel

// Counts is the traffic of one tensor at one level, in words: of one instance.
type Counts struct {
	Tile                  int64 // words the level keeps of it at a time
	Reads, Fills, Updates int64
}

// LevelCounts is what happens at one level.
type LevelCounts struct {
	Instances int64 // that work
	Tensors   [Tensors]Counts
	Cycles    int64 // what the ports need
	Slowdown  float64
	PicoJ     [Tensors]float64 // all instances together
}

// MaxLevels is the most levels an architecture may have.
const MaxLevels = 12

// Result is the whole count of a nest.
type Result struct {
	MACs    int64
	Steps   int64 // of the multipliers, all at work at once
	Cycles  int64 // the slowest level's
	PicoJ   float64
	Compute float64 // pJ of the multipliers alone
	Levels  [MaxLevels]LevelCounts
}

// Count evaluates a checked nest on an architecture. It allocates nothing.
func Count(n *Nest, a *Architecture, r *Result) {
	*r = Result{MACs: n.Problem.MACs(), Steps: 1}
	for i := range n.Tilings {
		for _, l := range n.Tilings[i].Temporal {
			r.Steps *= int64(l.Steps)
		}
	}
	instances := int64(1)
	for i := len(n.Tilings) - 1; i >= 0; i-- {
		r.Levels[i].Instances = instances
		for _, l := range n.Tilings[i].Spatial {
			instances *= int64(l.Steps)
		}
	}
	project := n.Problem.projections()
	for t := range Tensor(Tensors) {
		n.countTensor(t, &project[t], r)
	}
	r.price(n, a)
}

// countTensor follows one tensor outward from the multiplier: what a level that
// keeps it must be given, the next level that keeps it gives.
func (n *Nest) countTensor(t Tensor, pr *projection, r *Result) {
	asked := r.Steps // of one unit below: each multiplication reads its operand
	for i := range n.Tilings {
		asked *= n.distinct(i, pr)
		if !n.Tilings[i].Keeps[t] {
			continue
		}
		c := &r.Levels[i].Tensors[t]
		extent := n.extent(i)
		sides := pr.box(&extent)
		c.Tile = volume(&sides)
		if t == Outputs {
			c.Updates = asked
			c.Reads = asked - n.share(i, t, pr) // sums begin at zero, which is not read
		} else {
			c.Reads = asked
		}
		if i == len(n.Tilings)-1 {
			break
		}
		asked = n.fetched(i, pr, &sides)
		c.Fills = asked
		if t == Outputs {
			c.Fills -= n.share(i, t, pr)
		}
	}
}

// share is the part of a whole tensor that one instance of a level ever holds.
func (n *Nest) share(level int, t Tensor, pr *projection) int64 {
	parts := int64(1)
	for i := level + 1; i < len(n.Tilings); i++ {
		parts *= n.distinct(i, pr)
	}
	return n.Problem.Size(t) / parts
}

// fetched sums what all tiles of a level bring, for one instance; sides is their
// box. A step of loop i takes the box from where the loops inside i have left it to
// where they begin again: one stride of i forward, one of each of them back (their
// later steps cost what their first does).
func (n *Nest) fetched(level int, pr *projection, sides *[axes]int64) int64 {
	s := sweep{whole: volume(sides), sides: *sides}
	extent := n.extent(level)
	var back [axes]int64
	for i := level + 1; i < len(n.Tilings); i++ {
		for _, l := range n.Tilings[i].Spatial {
			extent[l.Dim] *= int64(l.Steps)
		}
		loops := n.Tilings[i].Temporal
		for j := len(loops) - 1; j >= 0; j-- {
			l := loops[j]
			if l.Steps == 1 {
				continue
			}
			shift := pr.stride(l.Dim, extent[l.Dim])
			var move [axes]int64
			for k := range move {
				move[k] = shift[k] - back[k]
				back[k] += shift[k]
			}
			s.around(&move, int64(l.Steps))
			extent[l.Dim] *= int64(l.Steps)
		}
	}
	return s.whole + s.cost[fresh]
}

// pattern is what an address generator has seen of a tile's moves.
type pattern uint8

const (
	fresh    pattern = iota // nothing since it was last set up anew
	regular                 // the move of the innermost loop
	other                   // another move
	patterns = 3
)

// sweep is what the loops so far, from the innermost on, fetch after their first
// tile, and the pattern they leave behind, by the pattern found before them. A part
// of a tile stays only while the tile goes on moving as it last did: address
// generators are taken to know no richer pattern, and begin anew with a whole tile.
type sweep struct {
	whole int64
	sides [axes]int64
	inner [axes]int64 // the innermost loop's move
	begun bool
	cost  [patterns]int64
	after [patterns]pattern
}

// around puts one more loop around: a step of it moves the box, and then the loops
// inside run again.
func (s *sweep) around(move *[axes]int64, steps int64) {
	slice := s.outside(move)
	if !s.begun {
		s.begun, s.inner = true, *move
		s.cost = [patterns]int64{fresh: (steps - 1) * slice, regular: (steps - 1) * slice, other: (steps - 1) * s.whole}
		s.after = [patterns]pattern{fresh: regular, regular: regular, other: fresh}
		return
	}
	way := other
	if *move == s.inner {
		way = regular
	}
	before := *s
	for p, found := range before.after {
		fetch, now := slice, way
		if found == regular && way == other {
			fetch, now = s.whole, fresh
		}
		s.cost[p] = before.cost[p] + (steps-1)*(fetch+before.cost[now])
		s.after[p] = before.after[now]
	}
}

// stride is how far a box moves along each coordinate when an index moves by step.
func (pr *projection) stride(d Dim, step int64) (shift [axes]int64) {
	for i := range pr {
		for _, t := range pr[i] {
			if t.dim == d {
				shift[i] += int64(t.coef) * step
			}
		}
	}
	return shift
}

// outside is the words of a box that lie outside itself before a move.
func (s *sweep) outside(move *[axes]int64) int64 {
	both := int64(1)
	for k, m := range move {
		if m < 0 {
			m = -m
		}
		both *= max(0, s.sides[k]-m)
	}
	return s.whole - both
}

// distinct is how many different tiles the units under a level work on at a time;
// units with the same tile are served by one read.
func (n *Nest) distinct(level int, pr *projection) int64 {
	loops := n.Tilings[level].Spatial
	if len(loops) == 0 {
		return 1
	}
	extent := [Dims]int64{1, 1, 1, 1, 1, 1, 1}
	if level > 0 {
		extent = n.extent(level - 1)
	}
	count := int64(1)
	for i := range pr {
		count *= alongAxis(loops, pr[i], extent)
	}
	return count
}

// alongAxis counts the different positions that spatial loops make along one coordinate.
func alongAxis(loops []Loop, axis [2]term, extent [Dims]int64) int64 {
	var steps, jump [2]int64
	for i, t := range axis {
		steps[i], jump[i] = 1, int64(t.coef)*extent[t.dim]
		if t.coef == 0 {
			continue
		}
		for _, l := range loops {
			if l.Dim == t.dim {
				steps[i] *= int64(l.Steps)
			}
		}
	}
	if steps[0] == 1 || steps[1] == 1 {
		return steps[0] * steps[1]
	}
	// a·jump0 + b·jump1: positions repeat where b·jump1 is met by a further a.
	count := int64(0)
	for a := range steps[0] {
		for b := range steps[1] {
			if !met(a, b, &steps, &jump) {
				count++
			}
		}
	}
	return count
}

// met tells whether position (a, b) is also one with a smaller a.
func met(a, b int64, steps, jump *[2]int64) bool {
	for before := range a {
		gap := (a - before) * jump[0]
		if gap%jump[1] == 0 && b+gap/jump[1] < steps[1] {
			return true
		}
	}
	return false
}
