package results

import (
	"fmt"
	"slices"
	"strings"

	"nnsim/unit"
)

// Compare sets runs side by side on one screen: what each took, bars relative to the
// best, the roofline each stands under, who wins and why. notes are what the reader
// must know to find the comparison fair.
func Compare(runs []*Run, notes ...string) string {
	s := &screen{}
	if len(runs) == 0 {
		return ""
	}
	node, scaled := scaledEnergies(runs)
	s.line("%s", subject(runs))
	s.line("")
	s.line("%-15s %3s %8s %9s %7s %7s %8s %8s %8s %8s %6s", "device", "nm", "time", "inf/s", "util", "bound", "energy", node, "power", "DRAM MB", "mm²")
	for i, r := range runs {
		s.line("%-15s %3s %8v %9.4g %7s %7s %8v %8s %8v %8s %6s", cut(r.Device.Name, 15), orUnknown(nodeOf(r) > 0, "%d", nodeOf(r)), r.Seconds, r.ThroughputPerSecond,
			percent(r.Utilization), r.Bound, r.EnergyPerInference, orUnknown(scaled[i] != nil, "%v", scaled[i]), r.AveragePowerWatts,
			megabytes(r.DRAM.ReadBytes+r.DRAM.WriteBytes), area(r))
	}
	ranking(s, runs, "throughput (1: the fastest)", func(_ int, r *Run) float64 { return r.ThroughputPerSecond })
	ranking(s, runs, "inferences per joule (1: the thriftiest)", func(_ int, r *Run) float64 { return share(1, r.EnergyPerInference) })
	rooflines(s, runs)
	verdicts(s, runs)
	s.notes(append(slices.Clone(notes), fairness(runs, len(notes) > 0)...))
	s.line("")
	for _, r := range runs {
		s.line("%-20s %s", cut(r.Device.Name, 20), cut(r.Check.sentence(), columnsWide-21))
	}
	return s.String()
}

// notes writes sentences below one another, the first after an empty line.
func (s *screen) notes(list []string) {
	for i, text := range list {
		if i == 0 {
			s.line("")
		}
		for j, line := range wrapped(text, columnsWide-6) {
			s.line("%-5s %s", map[bool]string{true: "note"}[j == 0], line)
		}
	}
}

// subject says what was run: the workload, its batch, and the data type where it is one.
func subject(runs []*Run) string {
	text := subjectOf(runs[0])
	if t := runs[0].Workload.DType; t != "" && one(runs, func(r *Run) string { return r.Workload.DType }) {
		text += ", " + t
	}
	if runs[0].Batch > 0 {
		text += fmt.Sprintf(", batch %d", runs[0].Batch)
	}
	return text
}

// subjectOf is a workload's name without its data type, which may differ where the rest is the same.
func subjectOf(r *Run) string {
	var parts []string
	for _, part := range strings.Split(r.Workload.Name, ",") {
		if !strings.HasPrefix(part, "dtype=") {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ",")
}

// one tells whether all runs agree.
func one(runs []*Run, of func(*Run) string) bool {
	for _, r := range runs {
		if of(r) != of(runs[0]) {
			return false
		}
	}
	return true
}

func orUnknown(known bool, format string, args ...any) string {
	if !known {
		return "?"
	}
	return fmt.Sprintf(format, args...)
}

func area(r *Run) string {
	if r.AreaMM2 == nil {
		return "?"
	}
	return fmt.Sprintf("%.4g", float64(*r.AreaMM2))
}

// ranking draws a merit of each run as a fraction of the best.
func ranking(s *screen, runs []*Run, what string, merit func(int, *Run) float64) {
	best := 0.0
	for i, r := range runs {
		best = max(best, merit(i, r))
	}
	if best == 0 {
		return
	}
	s.line("")
	s.line("%s", what)
	for i, r := range runs {
		f := merit(i, r) / best
		s.line("%-20s %6.3f  %s", cut(r.Device.Name, 20), f, bar(f, 60))
	}
}

// change is the relative change from a to b; nothing where a is 0.
func change[T ~int64 | ~float64](a, b T) string {
	if a == 0 {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", 100*(float64(b)-float64(a))/float64(a))
}

// rooflines tells, of each run, what the machine could do at the intensity at which
// the run uses off-chip memory, and how much of it was reached.
func rooflines(s *screen, runs []*Run) {
	rows := 0
	for _, r := range runs {
		l, ok := rooflineOf(r)
		if !ok {
			continue
		}
		if rows++; rows == 1 {
			s.line("")
			s.line("%-18s %11s %14s %14s %11s %8s", "roofline", "peak MAC/s", "MAC/B off chip", "ridge at MAC/B", "roof MAC/s", "reached")
		}
		s.line("%-18s %11s %14s %14s %11s %8s  %s", cut(r.Device.Name, 18), scientific(l.peak), orUnknown(l.traffic, "%.4g", l.intensity),
			orUnknown(l.bandwidth, "%.4g", l.ridge), scientific(l.roof), percent(l.reached), bar(l.reached, 16))
	}
}

// roofline is what bounds a run's products: peak and roof in MACs a second.
type roofline struct {
	peak, intensity, ridge, roof, reached float64
	traffic, bandwidth                    bool // whether there was any, and whether it has a limit
}

func rooflineOf(r *Run) (l roofline, ok bool) {
	l.peak = r.Device.PeakMACsPerCycle * float64(r.Device.Clock)
	if l.peak == 0 || r.Workload.MACs == 0 || r.Seconds == 0 {
		return l, false
	}
	bytes := float64(r.DRAM.ReadBytes + r.DRAM.WriteBytes)
	l.roof, l.traffic, l.bandwidth = l.peak, bytes > 0, r.DRAM.PeakBandwidth > 0
	if l.traffic {
		l.intensity = float64(r.Workload.MACs) / bytes
	}
	if l.bandwidth {
		l.ridge = l.peak / float64(r.DRAM.PeakBandwidth)
	}
	if l.traffic && l.bandwidth {
		l.roof = min(l.peak, l.intensity*float64(r.DRAM.PeakBandwidth))
	}
	l.reached = float64(r.Workload.MACs) / float64(r.Seconds) / l.roof
	return l, true
}

// scientific writes a rate with a prefix, as unit does.
func scientific(f float64) string { return strings.TrimSuffix(unit.Hertz(f).String(), "Hz") }
