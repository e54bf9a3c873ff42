package arch

import (
	"fmt"

	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// Streamer is a device that takes traffic without a network of layers: a memory,
// or an interconnect.
type Streamer interface {
	// Takes refuses traffic that is not for the device, with the remedy.
	Takes(s catalog.Stream) error
	// RunStream simulates traffic the device takes.
	RunStream(s catalog.Stream) (*results.Run, error)
}

// Prober is a machine that runs microbenchmarks.
type Prober interface {
	// TakesProbe refuses probes that the machine cannot run, with the remedy.
	TakesProbe(p catalog.Probe) error
	// RunProbe simulates a probe that the machine takes.
	RunProbe(p catalog.Probe) (*results.Run, error)
}

// Idler is a machine that has something to do even when it has nothing to do,
// such as to refresh its memory.
type Idler interface {
	RunIdle(d unit.Seconds) (*results.Run, error)
}

// StreamLaws holds a run of traffic, or of nothing at all, against the laws that
// do not speak of layers. moved is the number of bytes that were asked for.
func StreamLaws(run *results.Run, moved int64) error {
	for _, l := range streamLaws {
		if err := l.holds(evidence{run: run, moved: moved}); err != nil {
			return fmt.Errorf("law broken: %s: %w", l.name, err)
		}
	}
	return nil
}

var streamLaws = []law{
	{"every figure is a number in its range", sane},
	{"each unit's states sum to the cycles of the run", statesSum},
	{"no more bytes a second than the peak", withinBandwidth},
	{"no more bytes a second than the on-chip peak, nor hits than accesses", withinOnChip},
	{"every byte that was asked for has moved", allMoved},
	{"the energy of the commands is part of the energy of the run", commandsWithin},
	{"energy of the units = energy of the layers = energy of the run", energySums},
}

func allMoved(e evidence) error {
	found := e.run.DRAM.ReadBytes + e.run.DRAM.WriteBytes
	if c := e.run.OnChip; c != nil { // what stays on the chip has moved too
		found = c.ReadBytes + c.WriteBytes
	}
	if found < e.moved {
		return fmt.Errorf("want at least %d, found %d", e.moved, found)
	}
	return nil
}

func withinOnChip(e evidence) error {
	c := e.run.OnChip
	if c == nil {
		return nil
	}
	if !(c.HitRate >= 0 && c.HitRate <= 1) {
		return fmt.Errorf("on_chip.hit_rate is %g, want 0 to 1", c.HitRate)
	}
	if most, moved := float64(c.PeakBandwidth)*float64(e.run.Seconds), float64(c.ReadBytes+c.WriteBytes); moved > most*(1+slack) {
		return fmt.Errorf("want at most %.0f bytes in %v, found %.0f", most, e.run.Seconds, moved)
	}
	return nil
}

func commandsWithin(e evidence) error {
	sum := 0.0
	for _, joules := range e.run.DRAM.EnergyByCommand {
		sum += float64(joules)
	}
	if total := float64(e.run.EnergyJoules); sum > total*(1+slack) {
		return fmt.Errorf("want at most %g J, found %g J", total, sum)
	}
	return nil
}
