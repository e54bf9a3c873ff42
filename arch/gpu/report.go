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
	if n, of := s.found(r); n > 0 {
		list = append(list, fmt.Sprintf("at least %v of %v of inputs and weights were found in L2, as in a loop that repeats one product (l2.inputs, l2.sets; l2.inputs=cold has all read)", n, of))
	}
	if s.gov.lowest < s.gov.boost && r.Seconds > 0 {
		list = append(list, fmt.Sprintf("the power limit of %v, and what tensor cores may draw at once, lowered the clock: mean %v, lowest %v",
			s.c.Power.Limit, unit.Hertz(float64(r.Cycles)/float64(r.Seconds)), unit.Hertz(s.gov.lowest)))
	}
	return list
}

// found is the bytes of the network's inputs and of its products' weights that were never read
// from off chip, at least, and the bytes of all of them.
func (s *simulation) found(r *results.Run) (n, of unit.Bytes) {
	if s.c.L2.Inputs != "there" || s.ideal() {
		return 0, 0
	}
	for _, t := range s.net.Graph.Inputs {
		of += unit.Bytes(t.Bytes())
	}
	for _, l := range s.net.Layers {
		if workloads.ClassOf(l.Head().Op) == workloads.MatrixClass && l.Head().In[1].Role == workloads.Weight {
			of += unit.Bytes(l.Head().In[1].Bytes())
		}
	}
	return of - min(of, unit.Bytes(r.DRAM.ReadBytes)), of
}
