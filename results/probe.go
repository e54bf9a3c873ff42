package results

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// Probe is what a microbenchmark has measured; figures that it does not measure are left out.
type Probe struct {
	LatencyMean   float64             `json:"latency_mean_cycles,omitempty"`        // of a load, from its issue to its use
	LatencyBy     map[string]float64  `json:"latency_cycles,omitempty"`             // mean of those found at each level
	Loads         map[string]int64    `json:"loads,omitempty"`                      // by the level at which they were found
	Bandwidth     unit.BytesPerSecond `json:"bandwidth_bytes_per_second,omitempty"` // as the benchmark counts, without start and end
	Occupancy     float64             `json:"occupancy,omitempty"`                  // resident threads, of those an SM can have
	MACsPerCycle  float64             `json:"macs_per_cycle_per_sm,omitempty"`      // of a matrix pipe
	Interval      float64             `json:"issue_interval_cycles,omitempty"`      // of one instruction to the next on a sub-core
	Wavefronts    int64               `json:"wavefronts,omitempty"`                 // cycles of shared memory an access
	BankConflicts int64               `json:"bank_conflicts,omitempty"`             // of these, more than its width needs
	LinkBytes     int64               `json:"far_bytes,omitempty"`                  // between the partitions of L2
	StoreStalls   int64               `json:"store_stalls,omitempty"`               // stores that waited for memory
}

func (p *Probe) lines(s *screen) {
	if p.LatencyMean > 0 {
		var parts []string
		for _, level := range slices.Sorted(maps.Keys(p.LatencyBy)) {
			parts = append(parts, fmt.Sprintf("%s %.5g", level, p.LatencyBy[level]))
		}
		s.field("latency", "%.5g cycles mean: %s", p.LatencyMean, strings.Join(parts, ", "))
	}
	if len(p.Loads) > 0 {
		s.field("loads", "%s", list(p.Loads))
	}
	if p.Bandwidth > 0 {
		s.field("bandwidth", "%v at %s of the threads an SM can have", p.Bandwidth, percent(p.Occupancy))
	}
	if p.MACsPerCycle > 0 {
		s.field("rate", "%.5g MACs a cycle and SM, an instruction every %.4g cycles on each sub-core", p.MACsPerCycle, p.Interval)
	}
	if p.Wavefronts > 0 {
		s.field("shared memory", "%d wavefronts an access, %d of them bank conflicts", p.Wavefronts, p.BankConflicts)
	}
}
