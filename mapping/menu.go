package mapping

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Grid is the axes of a space whose choices are lists.
type Grid struct {
	names []string
	words [][]string
}

// Add adds an axis.
func (g *Grid) Add(name string, words ...string) {
	g.names, g.words = append(g.names, name), append(g.words, words)
}

// AddNumbers adds an axis of numbers.
func (g *Grid) AddNumbers(name string, list []int) {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	g.Add(name, words...)
}

// Axes is the number of choices along each axis.
func (g *Grid) Axes() []int {
	sizes := make([]int, len(g.words))
	for i, w := range g.words {
		sizes[i] = len(w)
	}
	return sizes
}

// Names is the name of each axis.
func (g *Grid) Names() []string { return g.names }

// Value is a choice as a file writes it.
func (g *Grid) Value(axis, choice int) string { return g.words[axis][choice] }

// Find is the point of named values, one an axis; nil where it is none.
func (g *Grid) Find(values ...string) []int {
	at := make([]int, len(g.words))
	for axis, words := range g.words {
		if at[axis] = slices.Index(words, values[axis]); at[axis] < 0 {
			return nil
		}
	}
	return at
}

// Choice is one of a Menu: a value along each axis, and what it costs in cycles.
type Choice struct {
	Values []string
	Cost   float64
}

// Menu is the space of a machine that chooses among a list: its points are the
// entries, and every other combination of their values is illegal.
type Menu struct {
	Grid
	choices []Choice
	index   map[int]int // of choices by point
	least   float64
	taken   int
	key     string
	plan    func(choice int) *LayerPlan
}

var _ Space = (*Menu)(nil)

// NewMenu lays a list out. Menus of one key are alike.
func NewMenu(names []string, choices []Choice, key string) *Menu {
	m := &Menu{choices: choices, index: map[int]int{}, least: math.Inf(1), taken: -1, key: key}
	for axis, name := range names {
		var words []string
		for _, c := range choices {
			if !slices.Contains(words, c.Values[axis]) {
				words = append(words, c.Values[axis])
			}
		}
		slices.SortStableFunc(words, byNumber)
		m.Add(name, words...)
	}
	for i, c := range choices {
		if at := m.number(m.Find(c.Values...)); m.index[at] == 0 {
			m.index[at] = i + 1
		}
		m.least = min(m.least, c.Cost)
	}
	return m
}

// Taking is the menu of a layer that has one of its choices (-1: none of them), and
// that plan maps by another.
func (m *Menu) Taking(choice int, plan func(choice int) *LayerPlan) *Menu {
	other := *m
	other.taken, other.plan = choice, plan
	return &other
}

// byNumber sorts words that begin with numbers by them.
func byNumber(a, b string) int {
	x, okA := number(a)
	y, okB := number(b)
	if !okA || !okB || x == y {
		return strings.Compare(a, b)
	}
	return x - y
}

// number counts the points of the grid.
func (m *Menu) number(at []int) (n int) {
	for axis, i := range at {
		n = n*len(m.words[axis]) + i
	}
	return n
}

// Cost is what the choice at a point costs; +Inf where there is none.
func (m *Menu) Cost(at []int) float64 {
	if i := m.index[m.number(at)]; i > 0 {
		return m.choices[i-1].Cost
	}
	return math.Inf(1)
}

// Bound is the cost of the cheapest choice.
func (m *Menu) Bound([]int, int) float64 { return m.least }

// Plan is the layer by the choice at a point; nil where there is none.
func (m *Menu) Plan(at []int) *LayerPlan {
	if i := m.index[m.number(at)]; i > 0 {
		return m.plan(i - 1)
	}
	return nil
}

// Chosen is the point of the choice that the layer has.
func (m *Menu) Chosen() []int {
	if m.taken < 0 {
		return nil
	}
	return m.Find(m.choices[m.taken].Values...)
}

// Key is what the menu was made from.
func (m *Menu) Key() string { return m.key }
