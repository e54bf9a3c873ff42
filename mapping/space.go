package mapping

import (
	"fmt"
	"slices"
	"strings"

	"nnsim/mapping/search"
	"nnsim/unit/spell"
	"nnsim/workloads"
)

// Space is every mapping of one layer that its machine can run, as choices along
// axes: tile sizes, loop orders, what is held. Its cost is reckoned, in cycles.
type Space interface {
	search.Space
	// Names and Value are the axes' as in Axes.
	Names() []string
	Value(axis, choice int) string
	// Plan is the layer mapped as a point says.
	Plan(at []int) *LayerPlan
	// Chosen is the point of the layer's present mapping; nil where it is no point of the space.
	Chosen() []int
	// Key tells spaces apart: two of one key have the same points at the same costs.
	Key() string
}

// Rule is what a plan may be made by, other than a machine's usual way: how much of
// the buffer is kept free for tiles, and which layers run back to back.
type Rule struct {
	Placement string // of PlacementNames
	Chains    []Chain
}

// PlacementNames are the rules for what stays on chip: the usual one, more or less of
// the buffer kept free for tiles, or all of it.
var PlacementNames = []string{"default", "eighth", "half", "all"}

// placed is the target with the buffer's share of a placement kept free; false: there is none of this name.
func (t Target) placed(name string) (Target, bool) {
	shares := map[string]int64{"eighth": 8, "half": 2, "all": 1}
	if share := shares[name]; share > 0 {
		t.Reserved = max(1, t.Buffer/share)
		return t, true
	}
	return t, name == "" || name == "default"
}

// Ruled plans a network by a rule.
func Ruled(net *workloads.Network, target Target, r Rule) (*Plan, error) {
	other, ok := target.placed(r.Placement)
	if !ok {
		return nil, fmt.Errorf("%s: placement %s: write one of %s", target.Name, r.Placement, strings.Join(PlacementNames, ", "))
	}
	p, err := Fused(net, other, r.Chains...)
	if err == nil && r.Placement != "default" {
		p.Placement = r.Placement
	}
	return p, err
}

// Placements are the plans of a network under all rules for what stays on chip, the
// usual one first, without repeats.
func Placements(net *workloads.Network, target Target) ([]*Plan, error) {
	usual, err := Systolic(net, target)
	if err != nil {
		return nil, err
	}
	list := []*Plan{usual}
	if !target.KeepOnChip || target.Unlimited {
		return list, nil
	}
	for _, name := range PlacementNames[1:] {
		p, err := Ruled(net, target, Rule{Placement: name})
		if err != nil {
			continue // too little is left for the tiles of some layer
		}
		if !slices.ContainsFunc(list, func(q *Plan) bool { return samePlaces(p, q) }) {
			list = append(list, p)
		}
	}
	return list, nil
}

// samePlaces tells whether two plans keep the same tensors at the same addresses.
func samePlaces(a, b *Plan) bool {
	for t, pl := range a.Places {
		if b.Places[t].OnChip != pl.OnChip {
			return false
		}
	}
	return true
}

// With is the plan with other mappings of some layers; the plan itself stays as it is.
func (p *Plan) With(layers map[int]*LayerPlan) *Plan {
	other := *p
	other.Layers = slices.Clone(p.Layers)
	for i, lp := range layers {
		other.Layers[i] = lp
	}
	return &other
}

// Describe writes a point as a file does, name and value along each axis.
func Describe(s Axes, at []int) [][2]string {
	var list [][2]string
	for axis, name := range s.Names() {
		list = append(list, [2]string{name, s.Value(axis, at[axis])})
	}
	return list
}

// usual are axes of which a file may leave some out, which then have their machine's choice.
type usual interface {
	Usual(axis int) (choice int, ok bool)
}

// Given is the point that named values make: all axes must be given that have no usual
// choice, each with a choice there is.
func Given(s Axes, values map[string]string) ([]int, error) {
	names, sizes := s.Names(), s.Axes()
	for name := range values {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s: no such choice%s; there are %s", name, spell.DidYouMean(name, names), strings.Join(names, ", "))
		}
	}
	at := make([]int, len(names))
	for axis, name := range names {
		text, ok := values[name]
		if u, may := s.(usual); !ok && may {
			if at[axis], ok = u.Usual(axis); ok {
				continue
			}
		}
		if !ok {
			return nil, fmt.Errorf("%s: missing; write %s", name, choices(s, axis, sizes[axis], ""))
		}
		if at[axis] = find(s, axis, sizes[axis], text); at[axis] < 0 {
			return nil, fmt.Errorf("%s: %s: write %s", name, text, choices(s, axis, sizes[axis], text))
		}
	}
	return at, nil
}

func find(s Axes, axis, size int, text string) int {
	for i := range size {
		if s.Value(axis, i) == text {
			return i
		}
	}
	return -1
}

// choices says what an axis takes: all of a few, the ends of many, and near ones to
// a number given.
func choices(s Axes, axis, size int, given string) string {
	var all []string
	for i := range size {
		all = append(all, s.Value(axis, i))
	}
	if size <= 12 {
		return "one of " + strings.Join(all, ", ")
	}
	text := fmt.Sprintf("one of %d choices from %s to %s", size, all[0], all[size-1])
	if n, ok := number(given); ok {
		slices.SortStableFunc(all, func(a, b string) int {
			x, _ := number(a)
			y, _ := number(b)
			return max(x-n, n-x) - max(y-n, n-y)
		})
		text += ", such as " + strings.Join(all[:2], " or ")
	}
	return text
}

func number(text string) (n int, ok bool) {
	_, err := fmt.Sscanf(text, "%d", &n)
	return n, err == nil
}
