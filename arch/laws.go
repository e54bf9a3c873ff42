package arch

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// evidence is what the laws are held against.
type evidence struct {
	run  *results.Run
	net  *workloads.Network
	plan *mapping.Plan

	moved int64 // bytes asked for, of a run of traffic
}

// law is a fact every run must keep, whatever the machine.
type law struct {
	name  string
	holds func(evidence) error
}

var laws = []law{
	{"every figure is a number in its range", sane},
	{"all work is done: MACs executed + skipped = MACs of the workload", allWorkDone},
	{"each unit's states sum to the cycles of the run", statesSum},
	{"layers follow one another and sum to the cycles of the run", layersChain},
	{"no more MACs a cycle than the peak", withinPeak},
	{"no more bytes a second than the peak", withinBandwidth},
	{"off-chip bytes are at least the compulsory ones", compulsoryMoved},
	{"what the off-chip bytes are sums to how many they are", tensorsSum},
	{"energy of the units = energy of the layers = energy of the run", energySums},
}

// Laws holds a finished run against the laws of physics and of book-keeping. The
// error names the first law that is broken, what it expects and what was found.
// Work is counted from the events named mac_<type> and mac_skipped of any unit.
func Laws(run *results.Run, net *workloads.Network, plan *mapping.Plan) error {
	for _, l := range laws {
		if err := l.holds(evidence{run: run, net: net, plan: plan}); err != nil {
			return fmt.Errorf("law broken: %s: %w", l.name, err)
		}
	}
	return nil
}

// slack is the relative error that sums of floating-point figures may have.
const slack = 1e-9

func sane(e evidence) error {
	r := e.run
	for _, q := range []struct {
		name  string
		value float64
		most  float64
	}{
		{"cycles", float64(r.Cycles), math.MaxInt64}, {"seconds", float64(r.Seconds), math.MaxFloat64},
		{"compute_seconds", float64(r.ComputeSeconds), math.MaxFloat64}, {"utilization", r.Utilization, 1 + slack},
		{"throughput_per_second", r.ThroughputPerSecond, math.MaxFloat64},
		{"dram.read_bytes", float64(r.DRAM.ReadBytes), math.MaxInt64}, {"dram.write_bytes", float64(r.DRAM.WriteBytes), math.MaxInt64},
		{"dram.row_hit_rate", r.DRAM.RowHitRate, 1}, {"energy_joules", float64(r.EnergyJoules), math.MaxFloat64},
		{"average_power_watts", float64(r.AveragePowerWatts), math.MaxFloat64},
	} {
		if !(q.value >= 0 && q.value <= q.most) { // also true of NaN
			return fmt.Errorf("%s is %g, want 0 to %.4g", q.name, q.value, q.most)
		}
	}
	return nil
}

// macs counts the work of a layer in the books: executed, and skipped as zero.
func (e evidence) macs(layer int) (executed, skipped int64) {
	for _, s := range e.run.Stats {
		if layer >= len(s.Count) {
			continue
		}
		for k, kind := range s.Kinds {
			switch {
			case kind == "mac_skipped":
				skipped += s.Count[layer][k]
			case strings.HasPrefix(kind, "mac_"):
				executed += s.Count[layer][k]
			}
		}
	}
	return executed, skipped
}

func allWorkDone(e evidence) error {
	if len(e.run.Layers) != len(e.net.Layers) {
		return fmt.Errorf("want %d layers, found %d", len(e.net.Layers), len(e.run.Layers))
	}
	for i, l := range e.net.Layers {
		want := int64(0)
		for _, n := range l.Nodes {
			want += workloads.MACs(n)
		}
		executed, skipped := e.macs(i)
		if executed+skipped != want {
			return fmt.Errorf("layer %s: want %d, found %d executed + %d skipped", l.Name, want, executed, skipped)
		}
		if e.run.Layers[i].MACs != want {
			return fmt.Errorf("layer %s: want %d, the report says %d", l.Name, want, e.run.Layers[i].MACs)
		}
	}
	return nil
}

func statesSum(e evidence) error {
	for _, name := range slices.Sorted(maps.Keys(e.run.Units)) {
		u := e.run.Units[name]
		if least := min(u.Busy, u.WaitInput, u.WaitOutput, u.WaitMemory, u.Idle); least < 0 {
			return fmt.Errorf("unit %s: found a state of %d cycles", name, least)
		}
		if sum := u.Busy + u.WaitInput + u.WaitOutput + u.WaitMemory + u.Idle; sum != e.run.Cycles {
			return fmt.Errorf("unit %s: want %d, found %d", name, e.run.Cycles, sum)
		}
	}
	return nil
}

func layersChain(e evidence) error {
	at := int64(0)
	for i := range e.run.Layers {
		l := &e.run.Layers[i]
		if l.StartCycle != at || l.Cycles < 0 {
			return fmt.Errorf("layer %s: want start_cycle %d, found %d (and %d cycles)", l.Name, at, l.StartCycle, l.Cycles)
		}
		at += l.Cycles
	}
	if len(e.run.Layers) > 0 && at != e.run.Cycles {
		return fmt.Errorf("want %d, found %d", e.run.Cycles, at)
	}
	return nil
}

func withinPeak(e evidence) error {
	peak, done := e.run.Device.PeakMACsPerCycle, int64(0)
	for i := range e.run.Layers {
		executed, _ := e.macs(i)
		done += executed
	}
	if most := peak * float64(e.run.Cycles); float64(done) > most*(1+slack) {
		return fmt.Errorf("want at most %.0f in %d cycles (%g a cycle), found %d", most, e.run.Cycles, peak, done)
	}
	return nil
}

func withinBandwidth(e evidence) error {
	d := &e.run.DRAM
	if d.PeakBandwidth == 0 { // ideal
		return nil
	}
	most := float64(d.PeakBandwidth) * float64(e.run.Seconds)
	if moved := d.ReadBytes + d.WriteBytes - d.WaitingBytes; float64(moved) > most*(1+slack) {
		return fmt.Errorf("want at most %.0f bytes in %v, found %d", most, e.run.Seconds, moved)
	}
	return nil
}

func compulsoryMoved(e evidence) error {
	d := &e.run.DRAM
	switch {
	case d.PeakBandwidth == 0: // ideal
	case d.ReadBytes < e.plan.CompulsoryRead:
		return fmt.Errorf("want at least %d read, found %d", e.plan.CompulsoryRead, d.ReadBytes)
	case d.WriteBytes < e.plan.CompulsoryWrite:
		return fmt.Errorf("want at least %d written, found %d", e.plan.CompulsoryWrite, d.WriteBytes)
	}
	return nil
}

func tensorsSum(e evidence) error {
	if len(e.run.Layers) == 0 { // traffic of no network
		return nil
	}
	sum := func(where string, of map[string]results.Moved, read, written int64) error {
		for _, m := range of {
			read, written = read-m.ReadBytes, written-m.WriteBytes
		}
		if read != 0 || written != 0 {
			return fmt.Errorf("%s: %d bytes read and %d written are neither weights, inputs, outputs nor partial sums", where, read, written)
		}
		return nil
	}
	for i := range e.run.Layers {
		l := &e.run.Layers[i]
		if err := sum("layer "+l.Name, l.DRAMByTensor, l.DRAMReadBytes, l.DRAMWriteBytes); err != nil {
			return err
		}
	}
	return sum("run", e.run.DRAM.ByTensor, e.run.DRAM.ReadBytes, e.run.DRAM.WriteBytes)
}

func energySums(e evidence) error {
	total, units, layers := float64(e.run.EnergyJoules), 0.0, 0.0
	for _, joules := range e.run.EnergyByUnit {
		units += float64(joules)
	}
	for i := range e.run.Layers {
		layers += float64(e.run.Layers[i].EnergyJoules)
	}
	if len(e.run.Layers) == 0 {
		layers = total
	}
	if math.Abs(units-total) > slack*total || math.Abs(layers-total) > slack*total {
		return fmt.Errorf("want %g J, found %g J in units and %g J in layers", total, units, layers)
	}
	return nil
}
