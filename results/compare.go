package results

import (
	"fmt"
	"strings"
)

// Compare sets runs side by side, one line each, with bars relative to the best.
func Compare(runs []*Run) string {
	s := &screen{}
	if len(runs) > 0 && len(differences(runs)) == 0 {
		s.line("%s, %s, batch %d", runs[0].Workload.Name, runs[0].Workload.DType, runs[0].Batch)
		s.line("")
	}
	s.line("%-18s %10s %11s %7s %8s %11s %9s %10s %8s", "device", "time", "inf/s", "util", "bound", "energy/inf", "power", "DRAM MB", "mm²")
	for _, r := range runs {
		area := "?"
		if r.AreaMM2 != nil {
			area = fmt.Sprintf("%.4g", float64(*r.AreaMM2))
		}
		s.line("%-18s %10v %11.4g %7s %8s %11v %9v %10s %8s", cut(r.Device.Name, 18), r.Seconds, r.ThroughputPerSecond, percent(r.Utilization),
			r.Bound, r.EnergyPerInference, r.AveragePowerWatts, megabytes(r.DRAM.ReadBytes+r.DRAM.WriteBytes), area)
	}
	ranking(s, runs, "throughput (1: the fastest)", func(r *Run) float64 { return r.ThroughputPerSecond })
	ranking(s, runs, "inferences per joule (1: the thriftiest)", func(r *Run) float64 {
		return share(1, r.EnergyPerInference)
	})
	for _, line := range differences(runs) {
		s.line("%s", line)
	}
	s.line("")
	for _, r := range runs {
		s.line("%-20s %s", cut(r.Device.Name, 20), cut(r.Check.sentence(), columnsWide-21))
	}
	return s.String()
}

// ranking draws a merit of each run as a fraction of the best.
func ranking(s *screen, runs []*Run, what string, merit func(*Run) float64) {
	best := 0.0
	for _, r := range runs {
		best = max(best, merit(r))
	}
	if best == 0 {
		return
	}
	s.line("")
	s.line("%s", what)
	for _, r := range runs {
		f := merit(r) / best
		s.line("%-20s %6.3f  %s", cut(r.Device.Name, 20), f, bar(f, 60))
	}
}

// differences warns where runs are not of the same thing.
func differences(runs []*Run) (lines []string) {
	for _, c := range []struct {
		what string
		of   func(*Run) string
	}{
		{"workloads", func(r *Run) string { return r.Workload.Name }},
		{"data types", func(r *Run) string { return r.Workload.DType }},
		{"batches", func(r *Run) string { return fmt.Sprint(r.Batch) }},
		{"scopes of power", func(r *Run) string { return r.PowerScope }},
		{"timing conventions", func(r *Run) string { return r.Timing }},
	} {
		var seen []string
		for _, r := range runs {
			v := c.of(r)
			if v != "" && !strings.Contains("|"+strings.Join(seen, "|")+"|", "|"+v+"|") {
				seen = append(seen, v)
			}
		}
		if len(seen) > 1 {
			lines = append(lines, "", cut(fmt.Sprintf("note: the runs differ in %s: %s", c.what, strings.Join(seen, ", ")), columnsWide))
		}
	}
	return lines
}

// change is the relative change from a to b; nothing where a is 0.
func change[T ~int64 | ~float64](a, b T) string {
	if a == 0 {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", 100*(float64(b)-float64(a))/float64(a))
}
