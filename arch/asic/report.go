package asic

import (
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// report makes the run report from the books.
func (s *Simulation) report() *results.Run {
	b := &s.books
	r := &results.Run{Batch: s.net.Graph.Inferences(), Units: map[string]results.Unit{}, Density: s.Density.Word}
	start := int64(0)
	for i, lp := range s.plan.Layers {
		end := max(start, b.layers[i].end)
		l := results.Layer{Name: lp.Layer.Name, Op: lp.Layer.Head().Op, StartCycle: start, Cycles: end - start, MACs: workloads.MACs(lp.Layer.Head()),
			DRAMReadBytes: b.memory.Count[i][EvRead], DRAMWriteBytes: b.memory.Count[i][EvWrite], Mapping: lp.String()}
		r.Layers = append(r.Layers, l)
		if s.chassis.Elapsed != nil {
			s.chassis.Elapsed(b.units, i, l.Cycles)
		}
		start = end
	}
	r.Cycles = start
	r.Seconds = unit.Seconds(float64(r.Cycles) / float64(s.chassis.Clock))
	r.DRAM = results.DRAM{ReadBytes: b.memory.Total(EvRead), WriteBytes: b.memory.Total(EvWrite)}
	r.Split(b.traffic)
	if !s.ideal() {
		r.DRAM.PeakBandwidth = s.chassis.Memory.Bandwidth
	}
	r.Rate()
	b.memory.Enter(results.Busy, 0)
	b.memory.Enter(results.Idle, min(s.control.BusyFor(), r.Cycles))
	r.Stats = b.all()
	for _, st := range r.Stats {
		r.Units[st.Name] = st.Finish(r.Cycles)
	}
	r.Host.Events = s.engine.Events()
	return r
}

// Finish fills what a machine's report needs besides: the device, utilisation, and
// energies. skips tells that multiplications by zero take the machine no time; they
// are then no work it could have been busy with.
func Finish(r *results.Run, device results.Device, prices results.Prices, skips bool) (*results.Run, error) {
	r.Device = device
	work := func(layer int) float64 {
		useful := r.Layers[layer].MACs
		for _, s := range r.Stats {
			for k, kind := range s.Kinds {
				if skips && kind == "mac_skipped" {
					useful -= s.Count[layer][k]
				}
			}
		}
		return float64(useful)
	}
	all := 0.0
	for i := range r.Layers {
		l := &r.Layers[i]
		all += work(i)
		if l.Cycles > 0 {
			l.Utilization = work(i) / (float64(l.Cycles) * device.PeakMACsPerCycle)
		}
	}
	if r.Cycles > 0 {
		r.Utilization = all / (float64(r.Cycles) * device.PeakMACsPerCycle)
	}
	return r, r.Price(prices)
}
