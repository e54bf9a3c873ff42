package report

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"nnsim/results"
	"nnsim/unit"
)

// panel is one strip of the picture of layers: a bar a layer, in parts.
type panel struct {
	name  string
	parts []part
	text  func(float64) string
	one   bool // a fraction: the scale ends at 1
}

// part is one colour of a panel's bars.
type part struct {
	class, name string
	of          func(*results.Layer) float64
}

// panels are the strips of a run, from top to bottom. Its off-chip bytes are told apart
// by what they are, or, in a report that does not say so, by their direction.
func panels(r *results.Run) []panel {
	moved := byDirection
	if len(r.DRAM.ByTensor) > 0 {
		moved = byTensor()
	}
	return []panel{timePanel, usePanel, moved, energyPanel}
}

// The strips.
var (
	timePanel = panel{"cycles", []part{{"fill-time", "cycles", func(l *results.Layer) float64 { return float64(l.Cycles) }}},
		func(v float64) string { return grouped(int64(v)) }, false}
	usePanel    = panel{"utilisation", []part{{"fill-use", "utilisation", func(l *results.Layer) float64 { return l.Utilization }}}, percent, true}
	byDirection = panel{"off-chip bytes", []part{
		{"fill-read", "read off chip", func(l *results.Layer) float64 { return float64(l.DRAMReadBytes) }},
		{"fill-write", "written off chip", func(l *results.Layer) float64 { return float64(l.DRAMWriteBytes) }},
	}, func(v float64) string { return bytesOf(int64(v)) }, false}
	energyPanel = panel{"energy", []part{{"fill-energy", "energy", func(l *results.Layer) float64 { return float64(l.EnergyJoules) }}},
		func(v float64) string { return unit.Joules(v).String() }, false}
)

// byTensor is the strip of off-chip bytes by what they are.
func byTensor() panel {
	q := panel{name: "off-chip bytes", text: byDirection.text}
	for _, t := range tensors {
		q.parts = append(q.parts, part{"fill-" + t.class, t.name, func(l *results.Layer) float64 {
			m := l.DRAMByTensor[t.field]
			return float64(m.ReadBytes + m.WriteBytes)
		}})
	}
	return q
}

// legend is what the colours of a strip of several parts mean.
func (q panel) legend() (entries [][2]string) {
	for _, x := range q.parts {
		entries = append(entries, [2]string{strings.Replace(x.class, "fill", "bg", 1), x.name})
	}
	return entries
}

// Sizes of the picture of layers.
const (
	panelHigh = 96
	panelGap  = 24
	panelLeft = 76
	barWide   = 56 // at most
)

// namesHigh is the room that the longest name of a layer takes, read upwards.
func namesHigh(r *results.Run) float64 {
	most := 0
	for i := range r.Layers {
		most = max(most, utf8.RuneCountInString(cut(r.Layers[i].Name, longestName)))
	}
	return 20 + 6.6*float64(most)
}

// longestName is how much of a layer's name stands under its bars.
const longestName = 22

// layers draws time, utilisation, traffic and energy of every layer, one above the other.
func (p *page) layers(i int) {
	r := p.runs[i]
	if len(r.Layers) == 0 {
		return
	}
	list := panels(r)
	strips := float64(len(list) * (panelHigh + panelGap))
	high := strips + namesHigh(r)
	c := newCanvas(fullWide, high, "Cycles, utilisation, off-chip bytes and energy of each layer")
	for k, q := range list {
		c.panel(q, r, float64(k)*(panelHigh+panelGap)+panelGap)
	}
	c.layerNames(r, strips+8)
	p.figure("Layers", "In the order they run. A layer owns the time from the end of the one before it to its own end.",
		legend(list[2].legend())+c.close())
}

// slot is the place of a layer's bars: left edge and width.
func slot(i, n int) (x, w float64) {
	each := float64(fullWide-panelLeft-8) / float64(n)
	return panelLeft + each*float64(i), each
}

// panel draws one strip; its lower edge lies panelHigh below y.
func (c *canvas) panel(q panel, r *results.Run, y float64) {
	most := 0.0
	for i := range r.Layers {
		most = max(most, q.total(&r.Layers[i]))
	}
	if q.one {
		most = max(1, most)
	}
	base := y + panelHigh
	c.text("panel", "start", panelLeft, y-6, q.name)
	for _, f := range []float64{0.5, 1} {
		c.line("grid", panelLeft, base-f*panelHigh, fullWide-8, base-f*panelHigh)
		if most > 0 {
			c.text("tick", "end", panelLeft-6, base-f*panelHigh+4, q.tick(f*most))
		}
	}
	for i := range r.Layers {
		x, w := slot(i, len(r.Layers))
		at := base
		for _, s := range q.parts {
			v := s.of(&r.Layers[i])
			h := panelHigh * share(v, most)
			at -= h
			if h > 0 {
				wide := min(w*0.84, barWide)
				c.rect(s.class, x+(w-wide)/2, at, wide, h, fmt.Sprintf("%s: %s %s", r.Layers[i].Name, s.name, q.text(v)))
			}
		}
	}
	c.line("axis", panelLeft, base, fullWide-8, base)
}

func (q panel) total(l *results.Layer) (sum float64) {
	for _, s := range q.parts {
		sum += s.of(l)
	}
	return sum
}

func (q panel) tick(v float64) string {
	if q.one {
		return fmt.Sprintf("%.3g %%", 100*v)
	}
	return short(v)
}

// layerNames writes the names under the bars, as many as can be read.
func (c *canvas) layerNames(r *results.Run, y float64) {
	_, each := slot(0, len(r.Layers))
	every := 1
	for float64(every)*each < 11 {
		every++
	}
	for i := 0; i < len(r.Layers); i += every {
		x, w := slot(i, len(r.Layers))
		c.upright("tick", "end", x+w/2+3.5, y, cut(r.Layers[i].Name, longestName))
	}
}

// columns are the columns of figures in the table of layers; names are those of the report.
var columns = []struct {
	head, field string
	value       func(*results.Layer) float64
	text        func(*results.Layer) string
}{
	{"start", "start_cycle", func(l *results.Layer) float64 { return float64(l.StartCycle) }, func(l *results.Layer) string { return grouped(l.StartCycle) }},
	{"cycles", "cycles", func(l *results.Layer) float64 { return float64(l.Cycles) }, func(l *results.Layer) string { return grouped(l.Cycles) }},
	{"MACs", "macs", func(l *results.Layer) float64 { return float64(l.MACs) }, func(l *results.Layer) string { return grouped(l.MACs) }},
	{"util.", "utilization", func(l *results.Layer) float64 { return l.Utilization }, func(l *results.Layer) string { return percent(l.Utilization) }},
	{"read", "dram_read_bytes", func(l *results.Layer) float64 { return float64(l.DRAMReadBytes) }, func(l *results.Layer) string { return bytesOf(l.DRAMReadBytes) }},
	{"written", "dram_write_bytes", func(l *results.Layer) float64 { return float64(l.DRAMWriteBytes) }, func(l *results.Layer) string { return bytesOf(l.DRAMWriteBytes) }},
	{"energy", "energy_joules", func(l *results.Layer) float64 { return float64(l.EnergyJoules) }, func(l *results.Layer) string { return l.EnergyJoules.String() }},
}

// layerTable lists every layer with its figures and its mapping.
func (p *page) layerTable(i int) {
	r := p.runs[i]
	if len(r.Layers) == 0 {
		return
	}
	fmt.Fprintf(p, "<details%s>\n<summary>Layers in figures (%d)</summary>\n<div class=\"wide\"><table class=\"layers\">\n<thead><tr><th>layer</th><th class=\"word\">op</th>", opened(len(p.runs)), len(r.Layers))
	for _, c := range columns {
		fmt.Fprintf(p, "<th>%s</th>", c.head)
	}
	p.WriteString("<th class=\"word\">mapping</th></tr></thead>\n<tbody>\n")
	for n := range r.Layers {
		l := &r.Layers[n]
		fmt.Fprintf(p, "<tr><th>%s</th><td class=\"word\">%s</td>", html.EscapeString(l.Name), html.EscapeString(l.Op))
		for _, c := range columns {
			fmt.Fprintf(p, "<td data-run=\"%d\"%s</td>", i, cell(fmt.Sprintf("layers.%d.%s", n, c.field), exact(c.value(l)), c.text(l)))
		}
		fmt.Fprintf(p, "<td class=\"word\">%s</td></tr>\n", html.EscapeString(l.Mapping))
	}
	p.WriteString("</tbody></table></div>\n</details>\n")
}

// opened opens the table where there is but one run.
func opened(runs int) string {
	if runs == 1 {
		return " open"
	}
	return ""
}
