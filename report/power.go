package report

import (
	"fmt"

	"nnsim/results"
	"nnsim/unit"
)

// powerHigh is the height of the picture of power over time.
const powerHigh = 120

// power draws what a run drew in each window, where the report has windows.
func (p *page) power(i int) {
	r := p.runs[i]
	if r.Power == nil || len(r.Power.Windows) == 0 || r.Power.Peak <= 0 {
		return
	}
	windows := r.Power.Windows
	end := ending(windows[len(windows)-1])
	c := newCanvas(fullWide, powerHigh+34, "Power over time")
	across := func(s unit.Seconds) float64 {
		return panelLeft + (fullWide-8-panelLeft)*share(float64(s), float64(end))
	}
	base := float64(powerHigh + 12)
	up := func(w unit.Watts) float64 { return base - powerHigh*share(float64(w), float64(r.Power.Peak)) }
	for _, w := range windows {
		x := across(w.Start)
		c.rect("fill-energy", x, up(w.Watts), across(ending(w))-x, base-up(w.Watts), said(w))
	}
	c.line("axis", panelLeft, base, fullWide-8, base)
	c.text("tick", "end", panelLeft-6, up(r.Power.Peak)+4, r.Power.Peak.String())
	c.text("tick", "end", panelLeft-6, base+4, "0 W")
	c.text("tick", "middle", panelLeft, base+18, "0 s")
	c.text("tick", "end", fullWide-8, base+18, end.String())
	p.figure("Power over time", fmt.Sprintf("%v on average, at most %v in a window of %v at the full clock.", r.Power.Average, r.Power.Peak, r.Power.Window), c.close())
}

// ending is when a window ends.
func ending(w results.PowerWindow) unit.Seconds { return w.Start + w.Seconds }

// said is a window in words.
func said(w results.PowerWindow) string {
	s := fmt.Sprintf("%v to %v: %v", w.Start, ending(w), w.Watts)
	if w.Clock < 1 {
		s += ", clock at " + percent(w.Clock)
	}
	if w.Kelvin > 0 {
		s += fmt.Sprintf(", hottest block %.1f °C", w.Kelvin-273.15)
	}
	return s
}
