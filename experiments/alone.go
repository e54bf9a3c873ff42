package experiments

import (
	"fmt"
	"math"
	"time"

	"nnsim/arch"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// alone prepares a workload without layers: traffic, or nothing at all.
func (p *Prepared) alone(e Experiment) error {
	what := p.Workload.Spec
	if e.Input != "" || e.Expect != "" {
		return fmt.Errorf("%s has no inputs and no output; leave --input and --expect out", what)
	}
	if p.governor != nil && p.Workload.Stream != nil {
		return fmt.Errorf("governor: %s is traffic alone, whose power is not followed over time; leave %s keys out", what, governorKey)
	}
	if w := p.Workload.Idle; w != nil {
		if clock := p.Machine.Describe(p.Machine.Native()).Clock; float64(w.Seconds)*float64(clock) > 1<<53 {
			return fmt.Errorf("%s: %v at %v are more than 2^53 cycles; idle for less", what, w.Seconds, clock)
		}
		return nil
	}
	if probe := p.Workload.Probe; probe != nil {
		m, ok := p.Machine.(arch.Prober)
		if !ok {
			return fmt.Errorf("%s: %s is of kind %s; this probe is for GPUs such as a100-sxm", what, p.Machine.Name(), p.Machine.Kind())
		}
		return m.TakesProbe(*probe)
	}
	s, ok := p.Machine.(arch.Streamer)
	if !ok {
		return fmt.Errorf("%s: %s is of kind %s, which runs networks and operators; give streams to a memory such as ddr4-2400 or a network such as mesh-8x8",
			what, p.Machine.Name(), p.Machine.Kind())
	}
	return s.Takes(*p.Workload.Stream)
}

// runAlone simulates a workload without layers and holds it against the laws.
func (p *Prepared) runAlone(e Experiment, begun time.Time) (*results.Run, error) {
	run, err := p.traffic()
	if err != nil {
		return nil, Failure{fmt.Sprintf("%s on %s: %v", p.Workload.Name, p.Machine.Name(), err)}
	}
	run.Schema, run.Version, run.Seed = results.Schema, Version, e.Seed
	run.Workload = results.Workload{Name: p.Workload.Spec, Bytes: run.DRAM.ReadBytes + run.DRAM.WriteBytes}
	if c := run.OnChip; c != nil && run.DRAM.PeakBandwidth == 0 { // nothing lies behind it
		run.Workload.Bytes = c.ReadBytes + c.WriteBytes
	}
	run.Check = results.Check{Mode: string(arch.None), Status: "skipped", Detail: "the workload has no values"}
	if p.Workload.Idle != nil {
		if err := watch(run, p.governor); err != nil {
			return nil, fmt.Errorf("%s on %s: %w", p.Workload.Name, p.Machine.Name(), err) // a limit that cannot be kept
		}
	}
	run.Host.WallSeconds = time.Since(begun).Seconds()
	if run.Host.WallSeconds > 0 {
		run.Host.SimulatedCyclesPerSecond = float64(run.Cycles) / run.Host.WallSeconds
	}
	asked := int64(0)
	if s := p.Workload.Stream; s != nil {
		asked = int64(s.Bytes)
	}
	if err := arch.StreamLaws(run, asked); err != nil {
		return run, Failure{fmt.Sprintf("%s on %s: %v", p.Workload.Name, p.Machine.Name(), err)}
	}
	return run, nil
}

// traffic is the run itself.
func (p *Prepared) traffic() (*results.Run, error) {
	if s := p.Workload.Stream; s != nil {
		return p.Machine.(arch.Streamer).RunStream(*s)
	}
	if probe := p.Workload.Probe; probe != nil {
		return p.Machine.(arch.Prober).RunProbe(*probe)
	}
	if m, ok := p.Machine.(arch.Idler); ok {
		return m.RunIdle(p.Workload.Idle.Seconds)
	}
	return idle(p.Machine, p.Workload.Idle)
}

// idle is a machine that is on for so long and does nothing: what it draws then
// is its static power.
func idle(m arch.Machine, w *catalog.Idle) (*results.Run, error) {
	prices, device := m.Prices(m.Native()), m.Describe(m.Native())
	run := &results.Run{Device: device, Bound: "latency", Units: map[string]results.Unit{}}
	run.Cycles = int64(math.Round(float64(w.Seconds) * float64(device.Clock)))
	run.Seconds = unit.Seconds(float64(run.Cycles) / float64(device.Clock))
	run.ComputeSeconds = run.Seconds
	for name := range prices.PerEvent {
		run.Units[name] = results.Unit{Idle: run.Cycles, Events: map[string]int64{}}
	}
	if err := run.Price(prices); err != nil {
		return nil, err
	}
	return run, nil
}
