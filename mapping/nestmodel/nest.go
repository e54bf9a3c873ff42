package nestmodel

import (
	"fmt"

	"nnsim/unit/spell"
)

// Loop is one loop of a nest: so many steps along a dimension.
type Loop struct {
	Dim   Dim
	Steps int
	Axis  byte // 'X' or 'Y' of a spatial loop, for printing; 0: temporal
}

// Tiling is what a mapping says of one level: the tensors it keeps, the loops that
// run over it, and the spatial ones below those, all outermost first.
type Tiling struct {
	Level    string
	Keeps    [Tensors]bool
	Temporal []Loop
	Spatial  []Loop
}

// Nest is a mapping: the levels from the innermost (nearest to the multiplier) to
// the outermost, and the problem they cut.
type Nest struct {
	Problem Problem
	Tilings []Tiling
}

// bounds multiplies the steps along each dimension.
func (n *Nest) bounds() (b [Dims]int) {
	for d := range b {
		b[d] = 1
	}
	for _, t := range n.Tilings {
		for _, loops := range [2][]Loop{t.Temporal, t.Spatial} {
			for _, l := range loops {
				b[l.Dim] *= l.Steps
			}
		}
	}
	return b
}

// Check holds a nest against its problem and the architecture it is for: every
// factor divides, all levels are there and keep what they hold.
func (n *Nest) Check(a *Architecture) error {
	got := n.bounds()
	for d := range Dim(Dims) {
		if got[d] != n.Problem.Bound[d] {
			return fmt.Errorf("the factors of %v multiply to %d, the problem has %v=%d", d, got[d], d, n.Problem.Bound[d])
		}
	}
	if len(n.Tilings) != len(a.Levels) {
		return fmt.Errorf("%d levels are mapped, %s has %d", len(n.Tilings), a.Name, len(a.Levels))
	}
	var names []string
	for _, l := range a.Levels {
		names = append(names, l.Name)
	}
	for i := range n.Tilings {
		if err := n.checkLevel(i, a, names); err != nil {
			return err
		}
	}
	return nil
}

func (n *Nest) checkLevel(i int, a *Architecture, names []string) error {
	t, l := &n.Tilings[i], &a.Levels[i]
	if t.Level != l.Name {
		return fmt.Errorf("level %s stands where %s has %s%s", t.Level, a.Name, l.Name, spell.DidYouMean(t.Level, names))
	}
	if i == len(n.Tilings)-1 && t.Keeps != [Tensors]bool{true, true, true} {
		return fmt.Errorf("level %s is the outermost and must keep all tensors", t.Level)
	}
	fanout := 1
	for _, s := range t.Spatial {
		fanout *= s.Steps
	}
	if fanout > l.Fanout {
		return fmt.Errorf("level %s: the spatial loops use %d units, %s has %d below it", t.Level, fanout, a.Name, l.Fanout)
	}
	if held := n.held(i); l.Words > 0 && held > int64(l.Words) {
		return fmt.Errorf("level %s: the tiles take %d words, it holds %d", t.Level, held, l.Words)
	}
	return nil
}

// held is the words of all tiles a level keeps.
func (n *Nest) held(level int) (words int64) {
	extent, project := n.extent(level), n.Problem.projections()
	for t := range Tensor(Tensors) {
		if n.Tilings[level].Keeps[t] {
			sides := project[t].box(&extent)
			words += volume(&sides)
		}
	}
	return words
}

// extent is how many indices of each dimension lie inside the tile of a level.
func (n *Nest) extent(level int) (e [Dims]int64) {
	for d := range e {
		e[d] = 1
	}
	for i := range level + 1 {
		for _, l := range n.Tilings[i].Temporal {
			e[l.Dim] *= int64(l.Steps)
		}
		for _, l := range n.Tilings[i].Spatial {
			e[l.Dim] *= int64(l.Steps)
		}
	}
	return e
}
