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
	r := &results.Run{Batch: batch(s.net.Graph), Units: map[string]results.Unit{}}
	start := int64(0)
	for i, lp := range s.plan.Layers {
		end := max(start, b.ends[i])
		l := results.Layer{Name: lp.Layer.Name, Op: lp.Layer.Head().Op, StartCycle: start, Cycles: end - start,
			DRAMReadBytes: b.dram.Count[i][evRead], DRAMWriteBytes: b.dram.Count[i][evWrite], Mapping: lp.String()}
		for _, n := range lp.Layer.Nodes {
			l.MACs += workloads.MACs(n)
		}
		r.Layers = append(r.Layers, l)
		start = end
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(s.gov.seconds)
	if s.gov.lowest == s.gov.boost {
		r.Seconds = unit.Seconds(float64(r.Cycles) / s.gov.boost)
	}
	r.DRAM = results.DRAM{ReadBytes: b.dram.Total(evRead), WriteBytes: b.dram.Total(evWrite)}
	if !s.ideal() {
		r.DRAM.PeakBandwidth = s.c.Memory.Bandwidth
	}
	if r.Seconds > 0 {
		r.DRAM.Bandwidth = unit.BytesPerSecond(float64(r.DRAM.ReadBytes+r.DRAM.WriteBytes) / float64(r.Seconds))
		r.ThroughputPerSecond = float64(r.Batch) / float64(r.Seconds)
	}
	r.Stats = b.all()
	for _, st := range r.Stats {
		r.Units[st.Name] = b.finish(st, r.Cycles)
	}
	r.Notes = s.notes(r)
	r.Host.Events = s.steps
	return r
}

// batch is the number of inferences in a run.
func batch(g *workloads.Graph) int {
	switch {
	case g.Batch > 0:
		return g.Batch
	case len(g.Inputs) == 0 || len(g.Inputs[0].Shape) == 0:
		return 1
	}
	return g.Inputs[0].Shape[0]
}

// notes is what a reader must know to read the figures rightly.
func (s *simulation) notes(r *results.Run) []string {
	list := []string{"kernels are nnsim's own, in the manner of CUTLASS; not those of cuBLAS or cuDNN"}
	if s.gov.lowest < s.gov.boost && r.Seconds > 0 {
		list = append(list, fmt.Sprintf("the power limit of %v lowered the clock: mean %v, lowest %v",
			s.c.Power.Limit, unit.Hertz(float64(r.Cycles)/float64(r.Seconds)), unit.Hertz(s.gov.lowest)))
	}
	return list
}
