package gpu

import (
	"fmt"

	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// report makes the run report from the books.
func (s *simulation) report() *results.Run {
	b := s.books
	r := &results.Run{Batch: s.net.Graph.Inferences(), Units: map[string]results.Unit{}}
	start := int64(0)
	for i, lp := range s.plan.Layers {
		end := max(start, b.ends[i])
		l := results.Layer{Name: lp.Layer.Name, Op: lp.Layer.Head().Op, StartCycle: start, Cycles: end - start,
			DRAMReadBytes: b.dram.Count[i][evRead], DRAMWriteBytes: b.dram.Count[i][evWrite], Mapping: lp.String()}
		for _, n := range lp.Layer.Nodes {
			l.MACs += workloads.MACs(n)
		}
		r.Layers = append(r.Layers, l)
		for _, w := range b.warps[i] {
			w.Layer = l.Name
			r.Warps = append(r.Warps, w)
		}
		start = end
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(s.gov.seconds)
	if s.gov.lowest == s.gov.boost {
		r.Seconds = unit.Seconds(float64(r.Cycles) / s.gov.boost)
	}
	r.DRAM = results.DRAM{ReadBytes: b.dram.Total(evRead), WriteBytes: b.dram.Total(evWrite)}
	r.Split(b.traffic)
	if !s.ideal() {
		r.DRAM.PeakBandwidth = s.c.Memory.Bandwidth
	}
	r.Rate()
	r.Stats = b.all()
	for _, st := range r.Stats {
		if st.Name != "dram" { // memory has a supply of its own
			st.Scale = s.scale
		}
	}
	for _, st := range r.Stats {
		r.Units[st.Name] = st.Finish(r.Cycles)
	}
	r.Notes = s.notes(r)
	r.Host.Events = s.steps
	return r
}

// notes is what a reader must know to read the figures rightly.
func (s *simulation) notes(r *results.Run) []string {
	list := []string{"kernels are nnsim's own, in the manner of CUTLASS; not those of cuBLAS or cuDNN"}
	if waits := s.books.waits(); waits != "" {
		list = append(list, fmt.Sprintf("occupancy %.1f %% of %d warps an SM; where CTAs have a place, they are: %s", 100*s.books.occupancy(), s.c.SM.Warps, waits))
	}
	if warps := warpNote(r.Warps); warps != "" {
		list = append(list, "warps spend their lives on: "+warps)
	}
	if s.gov.lowest < s.gov.boost && r.Seconds > 0 {
		list = append(list, fmt.Sprintf("the power limit of %v, and what tensor cores may draw at once, lowered the clock: mean %v, lowest %v",
			s.c.Power.Limit, unit.Hertz(float64(r.Cycles)/float64(r.Seconds)), unit.Hertz(s.gov.lowest)))
	}
	return list
}
