package systolic

import (
	"fmt"

	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// report makes the run report from the books.
func (s *simulation) report() *results.Run {
	b := &s.books
	r := &results.Run{Timing: string(s.geo.Overlap), Batch: s.net.Graph.Inferences(), Units: map[string]results.Unit{}}
	cycles := b.cycles()
	start := int64(0)
	for i, lp := range s.plan.Layers {
		head := lp.Layer.Head()
		l := results.Layer{Name: lp.Layer.Name, Op: head.Op, StartCycle: start, Cycles: cycles[i],
			DRAMReadBytes: b.memory.Count[i][evRead], DRAMWriteBytes: b.memory.Count[i][evWrite], Mapping: lp.String()}
		l.MACs = workloads.MACs(head)
		r.Layers = append(r.Layers, l)
		start += cycles[i]
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(float64(r.Cycles) / float64(s.cfg.Clock))
	r.DRAM = results.DRAM{ReadBytes: b.memory.Total(evRead), WriteBytes: b.memory.Total(evWrite)}
	r.Split(b.traffic)
	if !s.ideal() {
		r.DRAM.PeakBandwidth = s.cfg.Memory.peak()
	}
	if k, ok := s.control.(*mem.Clocked); ok {
		r.DRAM.RowHitRate = k.Counters().HitRate()
		r.DRAM.WaitingBytes = min(k.Waiting(), r.DRAM.WriteBytes)
	}
	r.Rate()
	s.passive(r.Cycles)
	r.Stats = b.all()
	for _, st := range r.Stats {
		r.Units[st.Name] = st.Finish(r.Cycles)
	}
	r.Notes = s.notes()
	r.Host.Events = s.engine.Events()
	return r
}

// passive enters the states of units that only answer: a memory is busy in the
// edges in which its busier port moves data.
func (s *simulation) passive(cycles int64) {
	b, c := &s.books, s.cfg
	port := func(st *results.Stats, width int64) {
		busy := unit.CeilDiv(max(st.Total(evRead), st.Total(evWrite)), width)
		st.Enter(results.Busy, 0)
		st.Enter(results.Idle, min(busy, cycles))
	}
	words := int64(c.Array.Cols) * int64(c.Array.Count)
	port(b.buffer, int64(c.Buffer.Width))
	port(b.fifo, words*4)
	port(b.accumulators, words*4)
	b.memory.Enter(results.Busy, 0)
	b.memory.Enter(results.Idle, min(s.control.BusyFor(), cycles))
}

// notes is what a reader must know to read the figures rightly.
func (s *simulation) notes() (list []string) {
	switch s.geo.Overlap {
	case ScaleSim:
		list = append(list, "cycles are SCALE-Sim's totals: each layer's index of its last cycle, no overlap of folds, no drain of output-stationary tiles, no memory")
	case None:
		list = append(list, "folds do not overlap: each pays fill, stream and drain")
	}
	if n := s.cfg.Array.Count; n > 1 {
		list = append(list, fmt.Sprintf("%d arrays side by side share the moving operand", n))
	}
	return list
}
