package report

import (
	"fmt"
	"math"
	"strings"

	"nnsim/results"
	"nnsim/unit"
)

// Sizes of the picture of what units did when.
const (
	whenHigh  = 20.0 // of a unit's strip
	whenGap   = 6.0
	whenLayer = 15.0 // of the strip of layers
)

// when draws what each unit did in each window of the run, under a strip of the layers.
func (p *page) when(i int) {
	r := p.runs[i]
	if r.Timeline == nil || r.Timeline.Cycles <= 0 || r.Cycles <= 0 || len(r.Timeline.Units) == 0 {
		return
	}
	shown := onTimeline(r)
	c := newCanvas(fullWide, whenLayer+(whenHigh+whenGap)*float64(len(shown))+40, "What each unit did when")
	c.layerStrip(r)
	for n, name := range shown {
		c.windows(r, name, whenLayer+8+(whenHigh+whenGap)*float64(n))
	}
	c.timeAxis(r, whenLayer+8+(whenHigh+whenGap)*float64(len(shown)))
	var entries [][2]string
	for _, s := range states[:len(states)-1] {
		entries = append(entries, [2]string{"bg-" + s.field, s.name})
	}
	reading := fmt.Sprintf("The run in %d windows of equal length: how much of each a unit spent at work and waiting; where a strip is empty it was idle. On top the layers.", unit.CeilDiv(r.Cycles, r.Timeline.Cycles))
	if left := len(r.Timeline.Units) - len(shown); left > 0 {
		reading += fmt.Sprintf(" The %d busiest of %d units.", len(shown), len(r.Timeline.Units))
	}
	p.figure("What the units did when", reading, legend(entries)+c.close())
}

// onTimeline lists the units of a run's timeline, or the busiest of them where there are many.
func onTimeline(r *results.Run) []string {
	kept := map[string]results.Unit{}
	for name := range r.Timeline.Units {
		kept[name] = r.Units[name]
	}
	return busiest(kept)
}

// at is where an edge lies on the time axis.
func at(r *results.Run, edge int64) float64 {
	return labelWide + (fullWide-labelWide-24)*min(1, share(float64(edge), float64(r.Cycles)))
}

// layerStrip draws the layers as a strip, in two shades by turns.
func (c *canvas) layerStrip(r *results.Run) {
	c.text("label", "end", labelWide-8, 12, "layers")
	for i := range r.Layers {
		l := &r.Layers[i]
		if l.Cycles <= 0 {
			continue
		}
		x, w := at(r, l.StartCycle), at(r, l.StartCycle+l.Cycles)-at(r, l.StartCycle)
		c.rect([]string{"strip", "strip other"}[i%2], x, 0, w, whenLayer, fmt.Sprintf("%s: cycles %s to %s", l.Name, grouped(l.StartCycle), grouped(l.StartCycle+l.Cycles)))
		if fit := int(w / 7); fit >= 4 {
			c.text("tick", "middle", x+w/2, 11.5, cut(l.Name, fit))
		}
	}
}

// windows draws one unit's strip: its states of each window, one on the other.
func (c *canvas) windows(r *results.Run, name string, y float64) {
	c.text("label", "end", labelWide-8, y+14, cut(name, 26))
	base, of := y+whenHigh, r.Timeline.Units[name]
	under := map[int]float64{} // by window, the height drawn so far
	for _, s := range states[:len(states)-1] {
		shape := stacked(r, of[s.field], under, base)
		if shape == "" {
			continue
		}
		fmt.Fprintf(c, `<path class="st-%s" d="%s"`, s.field, shape)
		c.hinted("path", fmt.Sprintf("%s %s: %s cycles in all", name, s.name, grouped(s.of(r.Units[name]))))
	}
	c.line("grid", labelWide, base, fullWide-24, base)
}

// stacked is the outline of one state over the windows; neighbours of one height are drawn as one box.
func stacked(r *results.Run, cycles []int64, under map[int]float64, base float64) string {
	var b strings.Builder
	length := r.Timeline.Cycles
	for i := 0; i < len(cycles); {
		from := int64(i) * length
		high := tall(r, cycles, i)
		last := i + 1
		for last < len(cycles) && tall(r, cycles, last) == high && under[last] == under[i] {
			last++
		}
		if high > 0 && from < r.Cycles {
			x, to := at(r, from), at(r, min(r.Cycles, int64(last)*length))
			fmt.Fprintf(&b, "M%s %sH%sV%sH%sZ", px(x), px(base-under[i]), px(to), px(base-under[i]-high), px(x))
		}
		for ; i < last; i++ {
			under[i] += high
		}
	}
	return b.String()
}

// tall is the height of a state in a window, to a tenth of a pixel.
func tall(r *results.Run, cycles []int64, i int) float64 {
	left := r.Cycles - int64(i)*r.Timeline.Cycles
	if left <= 0 || cycles[i] <= 0 {
		return 0
	}
	return math.Round(10*whenHigh*min(1, share(float64(cycles[i]), float64(min(r.Timeline.Cycles, left))))) / 10
}

// timeAxis writes cycles and time under the strips.
func (c *canvas) timeAxis(r *results.Run, y float64) {
	for _, f := range []float64{0, 0.25, 0.5, 0.75, 1} {
		x := labelWide + (fullWide-labelWide-24)*f
		c.line("grid", x, whenLayer+4, x, y)
		c.text("tick", "middle", x, y+13, grouped(int64(f*float64(r.Cycles))))
		c.text("tick", "middle", x, y+26, (r.Seconds * unit.Seconds(f)).String())
	}
}
