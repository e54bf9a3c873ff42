package results

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// Style is a choice of how text is written.
type Style uint8

// Colour marks the title and the verdict with terminal colours; without it the text is plain.
const Colour Style = 1

// Sizes of the screen.
const (
	columnsWide = 100
	layersShown = 10
	unitsShown  = 8
)

// screen collects the lines of a report.
type screen struct {
	bytes.Buffer
	colour bool
}

func (s *screen) line(format string, args ...any) {
	s.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// field writes a labelled sentence, wrapped beside its label.
func (s *screen) field(label, format string, args ...any) {
	for i, text := range wrapped(fmt.Sprintf(format, args...), columnsWide-16) {
		if i > 0 {
			label = ""
		}
		s.line("  %-13s %s", label, text)
	}
}

// paint puts text in a colour (an ANSI number) where colour is wanted.
func (s *screen) paint(code int, text string) string {
	if !s.colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, text)
}

// Text writes the report as one screen of plain text: at most 100 columns, and
// about 45 lines.
func (r *Run) Text(w io.Writer, styles ...Style) error {
	s := &screen{colour: slices.Contains(styles, Colour)}
	s.line("%s", s.paint(1, r.title()))
	s.line("")
	r.totals(s)
	r.energies(s)
	r.costliest(s)
	r.occupancy(s)
	for _, note := range r.Notes {
		s.field("note", "%s", note)
	}
	r.verdict(s)
	_, err := w.Write(s.Bytes())
	return err
}

// totals writes time, utilisation, bound, traffic, energy and power.
func (r *Run) totals(s *screen) {
	if r.Batch == 0 {
		r.trafficTotals(s)
		return
	}
	timing := ""
	if r.Timing != "" {
		timing = ", timing convention " + r.Timing
	}
	s.field("cycles", "%s at %v%s", grouped(r.Cycles), r.Device.Clock, timing)
	s.field("time", "%v, %s", r.Seconds, perSecond(r.ThroughputPerSecond))
	if r.Workload.MACs > 0 {
		s.field("utilisation", "%s of %s MACs a cycle (%s MACs in all)", percent(r.Utilization), peak(r.Device.PeakMACsPerCycle), grouped(r.Workload.MACs))
	}
	s.field("bound by", "%s", r.why())
	s.field("DRAM", "%s", r.DRAM.sentence())
	if what := r.DRAM.tensors(); what != "" {
		s.field("of it", "%s", what)
	}
	s.field("energy", "%v per inference, %v in all", r.EnergyPerInference, r.EnergyJoules)
	r.powerAndArea(s)
}

func (r *Run) powerAndArea(s *screen) {
	scope := ""
	if r.PowerScope != "" {
		scope = " (" + r.PowerScope + ")"
	}
	if r.Power != nil {
		s.field("power", "%s", r.Power.sentence(r.PowerScope))
	} else {
		s.field("power", "%v on average%s", r.AveragePowerWatts, scope)
	}
	if r.AreaMM2 != nil {
		s.field("area", "%v", *r.AreaMM2)
	}
}

func peak(p float64) string {
	if p == float64(int64(p)) {
		return grouped(int64(p))
	}
	return fmt.Sprintf("%.4g", p)
}

func perSecond(t float64) string {
	if t >= 100 {
		return grouped(int64(t+0.5)) + " inferences a second"
	}
	return fmt.Sprintf("%.3g inferences a second", t)
}

// why says in words what bounds the run.
func (r *Run) why() string {
	waiting := share(r.Seconds-r.ComputeSeconds, r.Seconds)
	switch r.Bound {
	case "memory":
		return fmt.Sprintf("memory: with off-chip memory that never stalls it would take %v, %s less", r.ComputeSeconds, percent(waiting))
	case "compute":
		return fmt.Sprintf("compute: waiting for off-chip memory takes %s of the time", percent(waiting))
	case "latency":
		return fmt.Sprintf("latency: neither arithmetic (%s) nor bandwidth (%s) is used up; filling, draining and waiting take the rest",
			percent(r.Utilization), percent(r.DRAM.use()))
	}
	return r.Bound
}

// use is the share of the peak bandwidth achieved; 0 for a memory without peak.
func (d *DRAM) use() float64 { return share(d.Bandwidth, d.PeakBandwidth) }

func (d *DRAM) sentence() string {
	s := fmt.Sprintf("%s MB read, %s MB written", megabytes(d.ReadBytes), megabytes(d.WriteBytes))
	if d.PeakBandwidth == 0 {
		return fmt.Sprintf("%s, %v; ideal memory, without limit", s, d.Bandwidth)
	}
	s += fmt.Sprintf(", %v of %v (%s)", d.Bandwidth, d.PeakBandwidth, percent(d.use()))
	if d.use() > 1 {
		s += fmt.Sprintf(", %s MB of it still to leave the controller", megabytes(d.WaitingBytes))
	}
	if d.RowHitRate > 0 {
		s += fmt.Sprintf(", %s row hits", percent(d.RowHitRate))
	}
	return s
}

// tensors says what the bytes were, as shares, largest first.
func (d *DRAM) tensors() string {
	var parts []string
	for _, name := range slices.SortedFunc(maps.Keys(d.ByTensor), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.ByTensor[b].bytes(), d.ByTensor[a].bytes()), cmp.Compare(a, b))
	}) {
		parts = append(parts, fmt.Sprintf("%s %s", strings.ReplaceAll(name, "_", " "), percent(share(d.ByTensor[name].bytes(), d.ReadBytes+d.WriteBytes))))
	}
	return strings.Join(parts, ", ")
}

// energies draws the energy of each unit as a bar.
func (r *Run) energies(s *screen) {
	if len(r.EnergyByUnit) == 0 {
		return
	}
	s.line("")
	s.line("  energy by unit")
	names := descending(r.EnergyByUnit)
	most := r.EnergyByUnit[names[0]]
	row := func(name string, e unit.Joules) {
		s.line("    %-18s %10v %8s  %s", cut(name, 18), e, percent(share(e, r.EnergyJoules)), bar(share(e, most), 40))
	}
	for i, name := range names {
		if i == unitsShown-1 && len(names) > unitsShown {
			rest := unit.Joules(0)
			for _, other := range names[i:] {
				rest += r.EnergyByUnit[other]
			}
			row(fmt.Sprintf("%d others", len(names)-i), rest)
			return
		}
		row(name, r.EnergyByUnit[name])
	}
}

// costliest lists the layers that take the most cycles.
func (r *Run) costliest(s *screen) {
	if len(r.Layers) == 0 {
		return
	}
	order := make([]*Layer, len(r.Layers))
	for i := range r.Layers {
		order[i] = &r.Layers[i]
	}
	slices.SortStableFunc(order, func(a, b *Layer) int {
		switch {
		case a.Cycles > b.Cycles:
			return -1
		case a.Cycles < b.Cycles:
			return 1
		}
		return 0
	})
	order = order[:min(layersShown, len(order))]
	shown := int64(0)
	for _, l := range order {
		shown += l.Cycles
	}
	s.line("")
	s.line("  costliest %d of %d layers, %s of the cycles", len(order), len(r.Layers), percent(share(shown, r.Cycles)))
	s.line("    %-28s %-12s %14s %7s %7s %10s %10s", "layer", "op", "cycles", "share", "util", "DRAM MB", "energy")
	for _, l := range order {
		s.line("    %-28s %-12s %14s %7s %7s %10s %10v", cut(l.Name, 28), cut(l.Op, 12), grouped(l.Cycles), percent(share(l.Cycles, r.Cycles)),
			percent(l.Utilization), megabytes(l.DRAMReadBytes+l.DRAMWriteBytes), l.EnergyJoules)
	}
}

// occupancy lists how each unit spent its cycles.
func (r *Run) occupancy(s *screen) {
	if len(r.Units) == 0 {
		return
	}
	s.line("")
	s.line("  %-24s %9s %12s %12s %12s %9s", "units, % of cycles", "busy", "wait input", "wait output", "wait memory", "idle")
	names := slices.Sorted(maps.Keys(r.Units))
	for i, name := range names {
		if i == unitsShown-1 && len(names) > unitsShown {
			s.line("    %d more in the JSON report", len(names)-i)
			return
		}
		u := r.Units[name]
		of := func(n int64) string { return fmt.Sprintf("%.1f", 100*share(n, r.Cycles)) }
		s.line("    %-22s %9s %12s %12s %12s %9s", cut(name, 22), of(u.Busy), of(u.WaitInput), of(u.WaitOutput), of(u.WaitMemory), of(u.Idle))
	}
}

// verdict writes the line that says whether the numbers were verified.
func (r *Run) verdict(s *screen) {
	s.line("")
	text, colour := r.Check.sentence(), 33
	switch r.Check.Status {
	case "pass":
		colour = 32
	case "fail":
		colour = 31
	}
	for _, line := range wrapped(text, columnsWide-2) {
		s.line("  %s", s.paint(colour, line))
	}
}

func (c *Check) sentence() string {
	how := "exact"
	if c.Bound > 0 {
		how = fmt.Sprintf("max error %.2g (bound %.2g)", c.MaxAbsError, c.Bound)
	}
	switch c.Status {
	case "pass":
		sampled := ""
		if c.Mode == "sample" {
			sampled = " sampled"
		}
		return strings.TrimSuffix(fmt.Sprintf("checked: %s%s elements against the CPU kernels, %s; %s", grouped(c.Elements), sampled, how, c.Detail), "; ")
	case "fail":
		return "CHECK FAILED: " + c.Detail
	}
	if c.Detail != "" {
		return "not checked: " + c.Detail
	}
	return "not checked (--check none)"
}
