package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Limits of what a page draws of a sweep.
const (
	designsDrawn = 4000 // dots and strands, beside the front
	frontListed  = 200  // lines of the table
	axesDrawn    = 10   // columns side by side
)

// sweep draws the designs: a scatter with the Pareto front, parallel coordinates
// that can be brushed, and the front as a table.
func (p *page) sweep(s *Sweep) {
	front := s.front()
	drawn := s.drawn(front)
	fmt.Fprintf(p, "<section id=\"designs\">\n<h2>Designs of %s</h2>\n", html.EscapeString(s.Name))
	reading := fmt.Sprintf("%d designs, %d of them on the Pareto front (large): no other is better in one of the two and no worse in the other.", len(s.rows), len(front))
	if len(s.groups) > 1 {
		reading += " Each workload has a front of its own."
	}
	if s.failed > 0 {
		reading += fmt.Sprintf(" %d more have no figures, as failed ones have none.", s.failed)
	}
	if len(drawn) < len(s.rows) {
		reading += fmt.Sprintf(" Drawn: the front and every so manieth other, %d in all.", len(drawn))
	}
	p.figure(s.label(1)+" against "+s.label(0), reading, s.key()+s.scatter(drawn, front))
	if axes := s.axes; len(axes) > 1 {
		p.figure("Parallel coordinates", "A line is a design; drag along an axis to keep those that pass there, click it to let go.",
			`<div id="strands">`+"\n"+s.strands(axes, drawn, front)+`<p class="legend" id="kept"></p></div>`+"\n")
		fmt.Fprintf(p, "<script>\n%s</script>\n", brush)
	}
	p.frontTable(s, front)
	p.WriteString("</section>\n")
}

// drawn picks the front and an even choice of the others, in the order of the table.
func (s *Sweep) drawn(front []int) (list []int) {
	on := setOf(front)
	stride := (len(s.rows) + designsDrawn - 1) / designsDrawn
	for i := range s.rows {
		if on[i] || i%stride == 0 {
			list = append(list, i)
		}
	}
	return list
}

// setOf is a list as a set.
func setOf(list []int) map[int]bool {
	set := make(map[int]bool, len(list))
	for _, i := range list {
		set[i] = true
	}
	return set
}

// scatter draws one objective against the other.
func (s *Sweep) scatter(drawn, front []int) string {
	const high, left, bottom = 400, 70, 46
	c, on := newCanvas(fullWide, high, s.label(1)+" against "+s.label(0)), setOf(front)
	xs, ys := make([]float64, len(s.rows)), make([]float64, len(s.rows))
	for i := range s.rows {
		xs[i], ys[i] = s.value(i, 0), s.value(i, 1)
	}
	x, y := around(xs, left, fullWide-12), around(ys, high-bottom, 12)
	c.axes(x, y, s.label(0), s.label(1))
	for _, one := range s.fronts() {
		var steps [][2]float64
		for n, i := range one {
			if n > 0 { // a corner: what lies beyond it is beaten
				steps = append(steps, [2]float64{x.at(xs[i]), y.at(ys[one[n-1]])})
			}
			steps = append(steps, [2]float64{x.at(xs[i]), y.at(ys[i])})
		}
		c.path("front", steps, "")
	}
	for _, best := range []bool{false, true} {
		for _, i := range drawn {
			if on[i] == best {
				class, radius := s.dot(i, best)
				c.with("data-design", strconv.Itoa(i)).circle(class, x.at(xs[i]), y.at(ys[i]), radius, s.describe(i))
			}
		}
	}
	return c.close()
}

// dot is how a design is drawn: in the colour of its group where there are several.
func (s *Sweep) dot(row int, best bool) (class string, radius float64) {
	class, radius = "design", 3
	if best {
		class, radius = "best", 5
	}
	if len(s.groups) > 1 {
		class = fmt.Sprintf("%s dot%d", class, s.group[row]%hues)
	}
	return class, radius
}

// key is the legend of the groups.
func (s *Sweep) key() string {
	if len(s.groups) < 2 {
		return ""
	}
	var entries [][2]string
	for g, name := range s.groups {
		entries = append(entries, [2]string{fmt.Sprintf("bg%d", g%hues), name})
	}
	return legend(entries)
}

// describe names a design by what varies among the designs.
func (s *Sweep) describe(row int) string {
	var parts []string
	for _, k := range s.axes {
		parts = append(parts, s.columns[k]+" "+s.rows[row][k])
	}
	return strings.Join(parts, ", ")
}

// frontTable lists the designs on the front.
func (p *page) frontTable(s *Sweep, front []int) {
	fmt.Fprintf(p, "<h3>The Pareto front</h3>\n<div class=\"wide\"><table class=\"layers\">\n<thead><tr>")
	columns := s.axes
	for _, k := range columns {
		fmt.Fprintf(p, "<th>%s</th>", html.EscapeString(s.columns[k]))
	}
	p.WriteString("</tr></thead>\n<tbody>\n")
	for _, i := range front[:min(frontListed, len(front))] {
		p.WriteString("<tr>")
		for _, k := range columns {
			fmt.Fprintf(p, "<td>%s</td>", html.EscapeString(tidy(s.rows[i][k])))
		}
		p.WriteString("</tr>\n")
	}
	p.WriteString("</tbody></table></div>\n")
	if len(front) > frontListed {
		fmt.Fprintf(p, "<p class=\"note\">The first %d of %d.</p>\n", frontListed, len(front))
	}
}

// tidy shortens a figure to five digits; words and whole numbers stay.
func tidy(cell string) string {
	if v := number(cell); !math.IsNaN(v) && v != math.Trunc(v) {
		return fmt.Sprintf("%.5g", v)
	}
	return cut(cell, 60)
}
