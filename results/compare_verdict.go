package results

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nnsim/tech"
	"nnsim/unit"
)

// verdicts says which run is the fastest and which the thriftiest, by how much, and why.
func verdicts(s *screen, runs []*Run) {
	if len(runs) < 2 || runs[0].Batch == 0 {
		return
	}
	s.line("")
	if first, next := bestTwo(runs, func(r *Run) float64 { return r.ThroughputPerSecond }); first.ThroughputPerSecond > 0 {
		s.field("fastest", "%s, %.3g times %s: %s", first.Device.Name, share(first.ThroughputPerSecond, next.ThroughputPerSecond), next.Device.Name, ahead(first, next))
		s.field("", "it is bound by %s", first.why())
	}
	if first, next := bestTwo(runs, func(r *Run) float64 { return share(1, r.EnergyPerInference) }); first.EnergyPerInference > 0 {
		s.field("thriftiest", "%s, %.3g times as many inferences a joule as %s: %s; %s", first.Device.Name, share(next.EnergyPerInference, first.EnergyPerInference),
			next.Device.Name, spending(first), spending(next))
	}
}

// bestTwo are the two runs of the highest merit.
func bestTwo(runs []*Run, merit func(*Run) float64) (first, next *Run) {
	order := slices.Clone(runs)
	slices.SortStableFunc(order, func(a, b *Run) int {
		switch {
		case merit(a) > merit(b):
			return -1
		case merit(a) < merit(b):
			return 1
		}
		return 0
	})
	return order[0], order[1]
}

// ahead splits a ratio of speeds into the ratio of peaks and that of their use.
func ahead(a, b *Run) string {
	peaks := share(a.Device.PeakMACsPerCycle*float64(a.Device.Clock), b.Device.PeakMACsPerCycle*float64(b.Device.Clock))
	if peaks == 0 || b.Utilization == 0 {
		return "there are no products to compare them by"
	}
	return fmt.Sprintf("%.3g times its peak, %.3g times its utilisation", peaks, share(a.Utilization, b.Utilization))
}

// spending names what takes most of a run's energy.
func spending(r *Run) string {
	if len(r.EnergyByUnit) == 0 {
		return r.Device.Name + " has no prices"
	}
	name := descending(r.EnergyByUnit)[0]
	return fmt.Sprintf("%s of what %s spends is %s", percent(share(r.EnergyByUnit[name], r.EnergyJoules)), r.Device.Name, name)
}

// fairness warns where runs are not of the same thing; told says that the data types
// have been spoken of.
func fairness(runs []*Run, told bool) (lines []string) {
	for _, c := range []struct {
		what string
		of   func(*Run) string
	}{
		{"workloads", subjectOf},
		{"data types", func(r *Run) string { return r.Workload.DType }},
		{"batches", func(r *Run) string { return strconv.Itoa(r.Batch) }},
		{"scopes of power", func(r *Run) string { return r.PowerScope }},
		{"timing conventions", func(r *Run) string { return r.Timing }},
	} {
		who := map[string][]string{}
		for _, r := range runs {
			if v := c.of(r); v != "" {
				who[v] = append(who[v], r.Device.Name)
			}
		}
		if len(who) < 2 || told && c.what == "data types" {
			continue
		}
		var parts []string
		for _, v := range slices.Sorted(maps.Keys(who)) {
			parts = append(parts, fmt.Sprintf("%s on %s", v, strings.Join(who[v], ", ")))
		}
		lines = append(lines, fmt.Sprintf("the runs differ in %s: %s", c.what, strings.Join(parts, "; ")))
	}
	if len(runs) > 1 && !one(runs, func(r *Run) string { return strconv.Itoa(nodeOf(r)) }) && common(runs) > 0 {
		_, source, _ := tech.Shrink(common(runs), nodeOf(runs[0]))
		lines = append(lines, fmt.Sprintf("the column \"at %d nm\" is the energy of an inference with all but off-chip memory scaled to that node [%s]", common(runs), source))
	}
	return lines
}

// nodeOf is the technology node a run's device is made in, in nm; 0: not known.
func nodeOf(r *Run) int {
	n, _ := strconv.Atoi(r.Device.Resolved["process"])
	return n
}

// common is the newest node among the runs, to which the others' energies are scaled; 0: none is known.
func common(runs []*Run) (node int) {
	for _, r := range runs {
		if n := nodeOf(r); n > 0 && (node == 0 || n < node) {
			node = n
		}
	}
	return node
}

// offChip is what units that stand for off-chip memory are called; their energy does not shrink with the chip's node.
var offChip = []string{"memory", "dram"}

// scaledEnergies are the energies of an inference at the newest node among the runs,
// nil where a device's own node is not known, and the heading of their column.
func scaledEnergies(runs []*Run) (heading string, list []*unit.Joules) {
	node := common(runs)
	for _, r := range runs {
		factor, _, err := tech.Shrink(node, nodeOf(r))
		if node == 0 || err != nil {
			list = append(list, nil)
			continue
		}
		total := unit.Joules(0)
		for _, name := range slices.Sorted(maps.Keys(r.EnergyByUnit)) {
			if slices.Contains(offChip, name) {
				total += r.EnergyByUnit[name]
			} else {
				total += r.EnergyByUnit[name] * unit.Joules(factor)
			}
		}
		total /= unit.Joules(max(1, r.Batch))
		list = append(list, &total)
	}
	if node == 0 {
		return "scaled", list
	}
	return fmt.Sprintf("at %d nm", node), list
}
