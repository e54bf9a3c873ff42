package gpu

import (
	"fmt"
	"maps"
	"slices"

	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// Power without simulation: a profiler's counters times the prices of a device whose
// prices are known counter by counter (power.counted).
//
//	power = constant + idle SMs + active SMs + duty of the pipelines + Σ (instructions, accesses) · price / time

// takesCounters refuses counters that make no sense, and devices without prices.
func (m *Machine) takesCounters(n map[string]float64) error {
	switch c := &m.cfg; {
	case c.Power.Counted.Constant == 0:
		return fmt.Errorf("counters: %s has no prices of counters (power.counted); use v100-sxm", c.Name)
	case n["idle"] > float64(c.SM.Count):
		return fmt.Errorf("counters: idle=%g of the %d SMs of %s (sm.count)", n["idle"], c.SM.Count, c.Name)
	}
	return nil
}

// countersProbe prices counters.
func (m *Machine) countersProbe(p catalog.Probe) (*results.Run, error) {
	c, n := &m.cfg.Power.Counted, p.Counted
	active, duty, issue := c.Active, c.Duty, c.Issue
	if n["tensor"] > 0 {
		active, duty, issue = c.Matrix, c.MMA, c.MMAIssue
	}
	cycles := int64(n["cycles"])
	seconds := unit.Seconds(float64(cycles) / float64(m.cfg.Clock))
	by := map[string]unit.Joules{"fp32": 0, "launch": 0, "sfu": 0, "tensor": 0}
	watts := func(name string, w unit.Watts) { by[name] += unit.Joules(float64(w) * float64(seconds)) }
	watts("static", c.Constant)
	watts("static", unit.Watts(n["idle"])*c.Idle+unit.Watts(float64(m.cfg.SM.Count)-n["idle"])*active)
	watts("sm", unit.Watts(n["duty"])*duty)
	if n["inst"] == 0 {
		watts("sm", unit.Watts(n["duty"])*issue)
	}
	for _, e := range []struct {
		unit, counter string
		price         unit.Joules
	}{{"sm", "inst", c.Inst}, {"l1", "l1rh", c.L1RH}, {"l1", "l1rm", c.L1RM}, {"l1", "l1wh", c.L1WH}, {"l1", "l1wm", c.L1WM}, {"l1", "const", c.Const}, {"smem", "shared", c.Shared},
		{"l2", "l2rh", c.L2RH}, {"l2", "l2rm", c.L2RM}, {"l2", "l2w", c.L2W}, {"dram", "dramr", c.DRAMR}, {"dram", "dramw", c.DRAMW}} {
		by[e.unit] += unit.Joules(n[e.counter]) * e.price
	}
	r, err := m.alone(newBooks(1, m.Native().Act.String()), &results.Probe{}, cycles, m.Native())
	if err != nil {
		return nil, err
	}
	r.EnergyByUnit, r.EnergyJoules = by, 0
	for _, name := range slices.Sorted(maps.Keys(by)) {
		r.EnergyJoules += by[name]
	}
	r.EnergyPerInference, r.AveragePowerWatts = r.EnergyJoules, unit.Watts(float64(r.EnergyJoules)/float64(seconds))
	r.Layers[0].EnergyJoules = r.EnergyJoules
	r.Notes = []string{"counters of a profiler, priced; nothing was simulated"}
	return r, nil
}
