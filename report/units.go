package report

import (
	"fmt"
	"maps"
	"slices"

	"nnsim/results"
	"nnsim/unit"
)

// unitsShown is how many units a picture holds; of a machine with more, those that
// were busiest, or took the most energy.
const unitsShown = 40

// states are how a unit spends its time, in the order they are drawn.
var states = []struct {
	name, field string
	of          func(results.Unit) int64
}{
	{"busy", "busy", func(u results.Unit) int64 { return u.Busy }},
	{"waits for input", "wait_input", func(u results.Unit) int64 { return u.WaitInput }},
	{"waits for room", "wait_output", func(u results.Unit) int64 { return u.WaitOutput }},
	{"waits for memory", "wait_memory", func(u results.Unit) int64 { return u.WaitMemory }},
	{"idle", "idle", func(u results.Unit) int64 { return u.Idle }},
}

// states draws how each unit spent the run.
func (p *page) states(i int) {
	r := p.runs[i]
	if len(r.Units) == 0 || r.Cycles == 0 {
		return
	}
	shown := busiest(r.Units)
	c := newCanvas(fullWide, rowHigh*float64(len(shown))+24, "How each unit spent the run")
	var entries [][2]string
	for _, s := range states {
		entries = append(entries, [2]string{"bg-" + s.field, s.name})
	}
	for n, name := range shown {
		c.spent(r, name, rowHigh*float64(n)+2)
	}
	foot := rowHigh*float64(len(shown)) + 18
	for _, f := range []float64{0, 0.25, 0.5, 0.75, 1} {
		c.text("tick", "middle", labelWide+(fullWide-labelWide-24)*f, foot, fmt.Sprintf("%g %%", 100*f))
	}
	reading := "Share of the run's cycles in each state; the states of a unit sum to the run."
	if left := len(r.Units) - len(shown); left > 0 {
		reading += fmt.Sprintf(" The %d busiest of %d units; the others are in the JSON report.", len(shown), len(r.Units))
	}
	p.figure("What the units did", reading, legend(entries)+c.close())
}

// busiest lists the units by name, or the busiest of them where there are many.
func busiest(units map[string]results.Unit) []string {
	if len(units) <= unitsShown {
		return slices.Sorted(maps.Keys(units))
	}
	busy := map[string]int64{}
	for name, u := range units {
		busy[name] = u.Busy
	}
	shown := descending(busy)[:unitsShown]
	slices.Sort(shown)
	return shown
}

// spent draws one unit's bar.
func (c *canvas) spent(r *results.Run, name string, y float64) {
	u := r.Units[name]
	c.text("label", "end", labelWide-8, y+15, cut(name, 26))
	x := float64(labelWide)
	for _, s := range states {
		part := share(float64(s.of(u)), float64(r.Cycles))
		if part <= 0 {
			continue
		}
		w := (fullWide - labelWide - 24) * part
		c.rect("st-"+s.field, x, y+2, w, rowHigh-6, fmt.Sprintf("%s %s: %s, %s cycles", name, s.name, percent(part), grouped(s.of(u))))
		if w > 46 {
			c.text("inside st-text-"+s.field, "middle", x+w/2, y+14.5, percent(part))
		}
		x += w
	}
}

// energy draws what each unit took of the run's energy.
func (p *page) energy(i int) {
	r := p.runs[i]
	if len(r.EnergyByUnit) == 0 || r.EnergyJoules <= 0 {
		return
	}
	shown := slices.DeleteFunc(descending(r.EnergyByUnit), func(name string) bool { return r.EnergyByUnit[name] <= 0 })
	reading := fmt.Sprintf("Of %v in all, with what each unit draws whatever it does.", r.EnergyJoules)
	if len(shown) > unitsShown {
		reading += fmt.Sprintf(" The %d largest of %d units.", unitsShown, len(r.EnergyByUnit))
		shown = shown[:unitsShown]
	}
	values := make([]float64, len(shown))
	for k, name := range shown {
		values[k] = float64(r.EnergyByUnit[name])
	}
	text := func(v float64) string {
		return unit.Joules(v).String() + " " + fmt.Sprintf("%.0f %%", 100*share(v, float64(r.EnergyJoules)))
	}
	p.figure("Energy by unit", reading, bars("Energy by unit", shown, values, text, func(int) string { return "fill-energy" }, fullWide))
}
