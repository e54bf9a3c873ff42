package systolic

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"nnsim/mapping"
	"nnsim/unit"
)

// A cell is cellWidth columns wide; queueAbove values are shown waiting above it.
const (
	cellWidth  = 10
	queueAbove = 3
)

// queueLeft is how many values are shown waiting in front of a row.
func (d *drawing) queueLeft() int {
	if d.g.Cols == drawnSide {
		return 4
	}
	return 8
}

// margin is what stands left of the array.
func (d *drawing) margin() string { return strings.Repeat(" ", 2*d.queueLeft()+1) }

// frame draws the array after the edge just stepped.
func (d *drawing) frame() {
	d.line("")
	for i, line := range wrap(append(d.events(), d.waits()...)) {
		if i == 0 {
			d.line("edge %-3d %s", d.s.edge, line)
		} else {
			d.line("         %s", line)
		}
	}
	d.above()
	for i := range d.g.Rows {
		d.row(i)
	}
	d.below()
}

// above draws what waits over the columns and enters at this edge.
func (d *drawing) above() {
	for ahead := queueAbove - 1; ahead >= 0; ahead-- {
		text := d.margin() + " "
		for j := range d.g.Cols {
			text += middle(digit(d.coming.feed.top(d.now()+unit.Edge(ahead), j))) + " "
		}
		d.line("%s", text)
	}
	d.border("┌┬┐", func(j int) bool { return d.coming.feed.top(d.now(), j).live })
}

// now is the edge just stepped.
func (d *drawing) now() unit.Edge { return d.s.edge - 1 }

// row draws one row of cells with what waits at its left.
func (d *drawing) row(i int) {
	if i > 0 {
		d.border("├┼┤", func(int) bool { return false })
	}
	cells := d.s.grid.cells[i*d.g.Cols : (i+1)*d.g.Cols]
	lines, moving := stationaryCell, 1
	if d.g.Dataflow == mapping.OS {
		lines, moving = outputCell, 0
	}
	for l, show := range lines {
		text, wall := d.margin(), "│"
		if l == moving {
			text = " "
			for ahead := d.queueLeft() - 1; ahead >= 0; ahead-- {
				text += fmt.Sprintf("%1s ", digit(d.coming.feed.left(d.now()+unit.Edge(ahead), i)))
			}
			if d.coming.feed.left(d.now(), i).live {
				wall = "▶"
			}
		}
		for j := range cells {
			text += wall + show(&cells[j])
			wall = "│"
		}
		d.line("%s│", text)
	}
}

// The lines of a cell, each cellWidth wide.
var (
	stationaryCell = []func(*cell) string{
		func(c *cell) string {
			return fmt.Sprintf(" %-3s%5s ", shifting(c.stay, "%d"), shifting(c.next, "(%d)"))
		},
		func(c *cell) string { return fmt.Sprintf("%2s %7s", rightward(c.across), valued("Σ", 6, c.sum)) },
	}
	outputCell = []func(*cell) string{
		func(c *cell) string {
			return fmt.Sprintf("%2s  %2s    ", rightward(c.across), valued("↓", 1, c.down))
		},
		func(c *cell) string { return fmt.Sprintf("%8s  ", valued("Σ", 7, c.sum)) },
		func(c *cell) string { return fmt.Sprintf("%8s  ", valued("⇓", 7, c.drain)) },
	}
)

// shifting shows a stationary value: on its way, or in place in the given form.
func shifting(w word, form string) string {
	switch {
	case !w.live:
		return ""
	case w.hops > 0:
		return fmt.Sprintf("%d↓", w.value)
	}
	return fmt.Sprintf(form, w.value)
}

// rightward shows a moving value.
func rightward(w word) string {
	if w.first {
		return valued("⇒", 1, w)
	}
	return valued("→", 1, w)
}

// valued shows a word after a sign.
func valued(sign string, width int, w word) string {
	if !w.live {
		return ""
	}
	return fmt.Sprintf("%s%*d", sign, width, w.value)
}

// digit shows an operand outside the array.
func digit(w word) string {
	if !w.live {
		return ""
	}
	return strconv.FormatInt(w.value, 10)
}

// border draws a line between rows, with arrows where something passes.
func (d *drawing) border(corners string, passes func(j int) bool) {
	c := []rune(corners)
	text := d.margin() + string(c[0])
	for j := range d.g.Cols {
		sign := "─"
		if passes(j) {
			sign = "▼"
		}
		text += strings.Repeat("─", 4) + sign + strings.Repeat("─", cellWidth-5)
		if j < d.g.Cols-1 {
			text += string(c[1])
		}
	}
	d.line("%s%c", text, c[2])
}

// below draws what leaves at this edge, and which element of C it adds to.
func (d *drawing) below() {
	out := d.s.out
	d.border("└┴┘", func(j int) bool { return out[j].live })
	values, elements, leaves := d.margin()+" ", d.margin()+" ", false
	for _, w := range out {
		value, element := "", ""
		if w.live {
			value, element, leaves = strconv.FormatInt(w.value, 10), "padding", true
		}
		if w.to >= 0 {
			element = fmt.Sprintf("C[%d,%d]", w.to/d.p.N, w.to%d.p.N)
		}
		values, elements = values+middle(value)+" ", elements+middle(element)+" "
	}
	if leaves {
		d.line("%s", values)
		d.line("%s", elements)
	}
}

// events says what happens at this edge.
func (d *drawing) events() []string {
	now, name := d.now(), names[d.g.Dataflow]
	var load, stream, drain []string
	for i := range d.s.feed.passes {
		p := &d.s.feed.passes[i]
		if q := now - p.Load; p.Load >= 0 && q < unit.Edge(d.g.Rows) {
			load = append(load, fmt.Sprintf("loading tile %d (row %d)", i+1, unit.Edge(d.g.Rows)-q))
		}
		length := unit.Edge(p.To - p.From)
		switch t := now - p.Start; {
		case p.Start < 0:
		case t < length:
			stream = append(stream, fmt.Sprintf("streaming %s %d of %d %s tile %d", name.step, t+1, length, name.past, i+1))
		case p.End < 0 || p.End > now:
			drain = append(drain, strconv.Itoa(i+1))
		}
	}
	list := append(load, stream...)
	if len(drain) > 0 {
		list = append(list, "draining tile "+strings.Join(drain, ", "))
	}
	return append(list, fmt.Sprintf("%d of %d results out", d.s.Counts.Writes, d.coming.Counts.Writes))
}

// wrap puts remarks on as many lines as they need.
func wrap(remarks []string) (lines []string) {
	for _, r := range remarks {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last]+r) < 88 {
			lines[last] += " · " + r
		} else {
			lines = append(lines, r)
		}
	}
	return lines
}

// waits says why the next tile or stream did not begin, where its port is free.
func (d *drawing) waits() (list []string) {
	if why := d.s.loadWaits; why != "" && !strings.Contains(why, "ports") {
		list = append(list, fmt.Sprintf("tile %d waits to load: %s", d.s.loads+1, why))
	}
	if why := d.s.streamWaits; why != "" && !strings.Contains(why, "ports") && !strings.Contains(why, "begun") {
		list = append(list, fmt.Sprintf("stream %d waits: %s", d.s.starts+1, why))
	}
	return list
}

// middle centres text over a cell, its middle under the arrows of the borders.
func middle(text string) string {
	n := utf8.RuneCountInString(text)
	left := max(0, (cellWidth-n)/2)
	return strings.Repeat(" ", left) + text + strings.Repeat(" ", max(0, cellWidth-left-n))
}
