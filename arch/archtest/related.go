package archtest

import (
	"strconv"
	"strings"
	"testing"

	"nnsim/arch"
	"nnsim/unit"
	"nnsim/workloads"
)

// related: from one run follows something about another.
func related(t *testing.T, d Device) {
	m := opened(t, d)
	resolved := m.Describe(m.Native()).Resolved
	same := opened(t, d, scaled(resolved, 1, 1)...) // the values as they read, so that rounding in print is on both sides
	slow := opened(t, d, scaled(resolved, 0.5, 0.5)...)
	wide := opened(t, d, scaled(resolved, 1, 2)...)
	for _, w := range Workloads() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			halfClock(t, same, slow, w)
			moreBandwidth(t, same, wide, w)
			idealMemory(t, m, w)
			twiceTheBatch(t, m, w)
		})
	}
}

// scaled lists every value of a machine that has a second in it: frequencies times
// clock, durations divided by it, bandwidths times bandwidth.
func scaled(resolved map[string]string, clock, bandwidth float64) (sets []string) {
	write := func(key string, v float64, unit string) {
		sets = append(sets, key+"="+strconv.FormatFloat(v, 'g', -1, 64)+" "+unit)
	}
	for key, text := range resolved {
		if !strings.Contains(text, " ") {
			continue
		}
		if v, err := unit.ParseHertz(text); err == nil {
			write(key, float64(v)*clock, "Hz")
		}
		if v, err := unit.ParseBytesPerSecond(text); err == nil {
			write(key, float64(v)*bandwidth, "B/s")
		}
		if v, err := unit.ParseSeconds(text); err == nil {
			write(key, float64(v)/clock, "s")
		}
	}
	return sets
}

// halfClock: with everything half as fast a run takes the same cycles, layer by
// layer and unit by unit, and twice the seconds.
func halfClock(t *testing.T, m, slow arch.Machine, w Workload) {
	a, b := simulate(t, m, w, native(t, m, w)), simulate(t, slow, w, native(t, slow, w))
	if a.Cycles != b.Cycles || b.Seconds != 2*a.Seconds {
		t.Errorf("%s: halving every clock gives %d cycles in %v, want %d in %v", w.Name, b.Cycles, b.Seconds, a.Cycles, 2*a.Seconds)
	}
	for i := range a.Layers {
		if a.Layers[i].Cycles != b.Layers[i].Cycles {
			t.Errorf("%s: halving every clock changes layer %s from %d to %d cycles", w.Name, a.Layers[i].Name, a.Layers[i].Cycles, b.Layers[i].Cycles)
		}
	}
	for name, u := range a.Units {
		if v := b.Units[name]; u.Busy != v.Busy || u.WaitMemory != v.WaitMemory || u.WaitInput != v.WaitInput || u.WaitOutput != v.WaitOutput {
			t.Errorf("%s: halving every clock changes the states of %s from %+v to %+v", w.Name, name, u, v)
		}
	}
}

// moreBandwidth: under one plan, twice the bandwidth never costs cycles and moves the same bytes.
func moreBandwidth(t *testing.T, m, wide arch.Machine, w Workload) {
	job := native(t, m, w)
	a, b := simulate(t, m, w, job), simulate(t, wide, w, job)
	if b.Cycles > a.Cycles {
		t.Errorf("%s: twice the bandwidth costs %d cycles, not %d", w.Name, b.Cycles, a.Cycles)
	}
	if a.DRAM.ReadBytes != b.DRAM.ReadBytes || a.DRAM.WriteBytes != b.DRAM.WriteBytes {
		t.Errorf("%s: twice the bandwidth moves %d + %d bytes, not %d + %d", w.Name, b.DRAM.ReadBytes, b.DRAM.WriteBytes, a.DRAM.ReadBytes, a.DRAM.WriteBytes)
	}
}

// idealMemory: a memory that never stalls is never slower, and no arithmetic goes away.
func idealMemory(t *testing.T, m arch.Machine, w Workload) {
	job := native(t, m, w)
	a := simulate(t, m, w, job)
	job.IdealMemory = true
	b := simulate(t, m, w, job)
	if b.Cycles > a.Cycles {
		t.Errorf("%s: an ideal memory costs %d cycles, not %d", w.Name, b.Cycles, a.Cycles)
	}
	var macs int64
	for _, l := range b.Layers {
		macs += l.MACs
	}
	if want := workloads.GraphMACs(job.Net.Graph); macs != want {
		t.Errorf("%s: the layers say %d MACs, the workload has %d", w.Name, macs, want)
	}
}

// twiceTheBatch: two images take at least the cycles, the bytes written and twice the MACs of one.
func twiceTheBatch(t *testing.T, m arch.Machine, w Workload) {
	if w.Twice == nil {
		return
	}
	double := Workload{Name: w.Name + " twice", Build: w.Twice}
	a, b := simulate(t, m, w, native(t, m, w)), simulate(t, m, double, native(t, m, double))
	if b.Cycles < a.Cycles || b.DRAM.WriteBytes < a.DRAM.WriteBytes {
		t.Errorf("%s: twice the batch takes %d cycles and writes %d bytes, once %d and %d", w.Name, b.Cycles, b.DRAM.WriteBytes, a.Cycles, a.DRAM.WriteBytes)
	}
	for i := range a.Layers {
		if b.Layers[i].MACs != 2*a.Layers[i].MACs {
			t.Errorf("%s: layer %s has %d MACs at twice the batch, %d at once", w.Name, a.Layers[i].Name, b.Layers[i].MACs, a.Layers[i].MACs)
		}
	}
}
