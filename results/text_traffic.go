package results

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// trafficTotals writes the figures of a run without layers: traffic, or nothing at all.
func (r *Run) trafficTotals(s *screen) {
	s.field("cycles", "%s at %v", grouped(r.Cycles), r.Device.Clock)
	s.field("time", "%v", r.Seconds)
	if d := &r.DRAM; d.PeakBandwidth > 0 {
		s.field("DRAM", "%s", d.sentence())
		if d.ReadLatencyMax > 0 {
			s.field("read latency", "%.4g ns mean, %.4g ns for 99 of 100, %.4g ns at most", d.ReadLatencyMean, d.ReadLatencyP99, d.ReadLatencyMax)
		}
		if len(d.Commands) > 0 {
			s.field("commands", "%s", list(d.Commands))
		}
		if d.CompletionHash != "" {
			s.field("reads' hash", "%s", d.CompletionHash)
		}
	}
	if c := r.OnChip; c != nil {
		hits := ""
		if r.DRAM.PeakBandwidth > 0 { // a cache before it
			hits = fmt.Sprintf(", %s hits", percent(c.HitRate))
		}
		s.field("on chip", "%v read, %v written at %v of %v%s", unit.Bytes(c.ReadBytes), unit.Bytes(c.WriteBytes), c.Bandwidth, c.PeakBandwidth, hits)
		s.field("its latency", "%.4g ns mean, %.4g ns for 99 of 100, %.4g ns at most", c.LatencyMean, c.LatencyP99, c.LatencyMax)
	}
	if n := r.Network; n != nil {
		n.lines(s)
	}
	if p := r.Probe; p != nil {
		p.lines(s)
	}
	s.field("energy", "%v", r.EnergyJoules)
	r.powerAndArea(s)
}

// list writes counts by name, "12 ACT, 400 RD".
func list(counts map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %s", grouped(counts[name]), name))
	}
	return strings.Join(parts, ", ")
}

func (n *Network) lines(s *screen) {
	s.field("accepted", "%.4g of %.4g flits a node and cycle, %s packets measured", n.Accepted, n.Offered, grouped(n.Packets))
	if !n.Stable {
		s.field("latency", "none: the load is past saturation")
		return
	}
	s.field("latency", "%.5g cycles mean (%.5g in the network), %.5g for 99 of 100, %.5g to %.5g", n.PacketLatencyMean, n.NetworkLatencyMean,
		n.PacketLatencyP99, n.PacketLatencyMin, n.PacketLatencyMax)
	s.field("way", "%.4g routers on average", n.Routers)
}
