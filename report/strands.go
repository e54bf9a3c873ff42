package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"nnsim/unit"
)

// varying lists the columns worth an axis: the objectives, and those of numbers or
// of a few words that are not the same for all designs. The objectives come last.
func (s *Sweep) varying() (list []int) {
	for k := range s.columns {
		if slices.Contains(books, s.columns[k]) || k == s.objects[0].column || k == s.objects[1].column || len(list) >= axesDrawn-2 {
			continue
		}
		if _, words := s.axisOf(k, 0, 1); s.changes(k) && len(words) <= wordsDrawn {
			list = append(list, k)
		}
	}
	list = append(list, s.objects[0].column)
	if s.objects[1].column != s.objects[0].column {
		list = append(list, s.objects[1].column)
	}
	return list
}

// books are the columns of a sweep that say nothing of a design.
var books = []string{"point", "key", "status", "front", "error"}

// changes tells whether a column holds more than one value.
func (s *Sweep) changes(k int) bool {
	return slices.ContainsFunc(s.rows, func(row []string) bool { return row[k] != s.rows[0][k] })
}

// axisOf makes the axis of a column; words lists its values where they are no numbers.
func (s *Sweep) axisOf(k int, from, to float64) (a axis, words []string) {
	values, plain, measured := make([]float64, len(s.rows)), true, true
	for i, row := range s.rows {
		values[i] = quantity(row[k])
		plain = plain && !math.IsNaN(number(row[k]))
		measured = measured && !math.IsNaN(values[i])
	}
	if !plain {
		words = s.words(k)
	}
	if plain || measured && len(words) > wordsDrawn {
		return around(values, from, to), nil
	}
	return axis{low: 0, high: 1, from: from, to: to}, words
}

// wordsDrawn is how many different words an axis holds.
const wordsDrawn = 24

// quantity is the value of a cell that may have a unit, in base units; NaN where it is none.
func quantity(cell string) float64 {
	if v := number(cell); !math.IsNaN(v) {
		return v
	}
	if v, err := unit.ParseBytes(cell); err == nil {
		return float64(v)
	}
	if v, err := unit.ParseHertz(cell); err == nil {
		return float64(v)
	}
	if v, err := unit.ParseBytesPerSecond(cell); err == nil {
		return float64(v)
	}
	return math.NaN()
}

// words lists the different values of a column: quantities by size, then words by name.
func (s *Sweep) words(k int) (list []string) {
	seen := map[string]bool{}
	for _, row := range s.rows {
		if !seen[row[k]] {
			seen[row[k]] = true
			list = append(list, row[k])
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		x, y := quantity(a), quantity(b)
		if math.IsNaN(x) || math.IsNaN(y) || x == y {
			return strings.Compare(a, b)
		}
		return cmp.Compare(x, y)
	})
	return list
}

// strand is one upright axis of the parallel coordinates.
type strand struct {
	axis
	words []string
	x     float64
}

// place is where a cell lies on the axis.
func (a strand) place(cell string) float64 {
	if a.words == nil {
		return a.at(quantity(cell))
	}
	n := slices.Index(a.words, cell)
	return a.at((float64(n) + 0.5) / float64(len(a.words)))
}

// strands draws a line a design through an axis a column.
func (s *Sweep) strands(columns, drawn, front []int) string {
	const high, top, bottom = 380, 40, 16
	c := newCanvas(fullWide, high, "Parallel coordinates of the designs")
	axes, on := make([]strand, len(columns)), setOf(front)
	for n, k := range columns {
		a, words := s.axisOf(k, high-bottom, top)
		axes[n] = strand{a, words, 70 + (fullWide-140)*float64(n)/float64(max(1, len(columns)-1))}
	}
	for _, best := range []bool{false, true} {
		for _, i := range drawn {
			if on[i] == best {
				c.strand(s, i, columns, axes, best)
			}
		}
	}
	for n, a := range axes {
		c.upAxis(a, n, s.columns[columns[n]], top, high-bottom)
	}
	return c.close()
}

// strand draws one design's line.
func (c *canvas) strand(s *Sweep, i int, columns []int, axes []strand, best bool) {
	class := "strand"
	if best {
		class += " good"
	}
	points, places := make([][2]float64, len(axes)), make([]string, len(axes))
	for n, a := range axes {
		y := a.place(s.rows[i][columns[n]])
		points[n], places[n] = [2]float64{a.x, y}, px(y)
	}
	c.with("data-design", strconv.Itoa(i)).with("data-at", strings.Join(places, ",")).path(class, points, "")
}

// upAxis draws an axis with its ticks and the handle that brushes it.
func (c *canvas) upAxis(a strand, n int, name string, top, base float64) {
	c.line("axis", a.x, top, a.x, base)
	c.text("tick", "middle", a.x, float64(top)-8-float64(n%2)*13, cut(name, 20))
	if a.words == nil {
		for _, v := range a.ticks() {
			c.text("tick", "start", a.x+4, a.at(v)+4, short(v))
		}
	}
	for _, w := range a.words {
		c.text("tick", "start", a.x+4, a.place(w)+4, cut(w, 14))
	}
	c.with("data-axis", strconv.Itoa(n)).rect("band", a.x-8, 0, 16, 0, "")
	c.with("data-axis", strconv.Itoa(n)).rect("handle", a.x-16, top, 32, base-top, name)
}
