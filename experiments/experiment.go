package experiments

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"nnsim/arch"
	"nnsim/arch/check"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
	"nnsim/workloads/reference"
)

// Version is the program's.
const Version = "0.1.0"

// Experiment is one row of the table: a workload on a device.
type Experiment struct {
	Device   string   // a preset or a path to YAML
	Sets     []string // "array.rows=128"
	Workload string   // a zoo name, a path or an inline operator, with options
	Check    arch.Mode
	Seed     int64
	Mapping  string  // "default", "search" with options, or a file
	Input    string  // "", "ramp", "random" or a tensor file: what the inputs hold
	Expect   string  // "" or a tensor file: what the output must be
	RTol     float64 // relative tolerance against Expect

	Progress func(done, total int) // told how many layers are done
	Live     bool                  // have a page show the units while they run, on machines that events simulate
	Timeline *results.Timeline     // filled, where set, by the machine
}

// Failure says that a run broke a law, a check or a tolerance. The report that
// comes with it is complete.
type Failure struct{ Reason string }

func (f Failure) Error() string { return f.Reason }

// Prepared is an experiment with its device and workload opened and planned:
// everything that bad input can spoil.
type Prepared struct {
	Machine  arch.Machine
	Workload *catalog.Workload
	Net      *workloads.Network // nil for a workload without layers: traffic, or nothing at all
	Plan     *mapping.Plan      // the same

	expect   *workloads.Array
	joined   map[string]int // by layer: operators that join its drain, where they are fewer than could
	notes    []string       // of how the plan came about
	governor *governor      // nil: nothing limits power
}

// Prepare opens and plans an experiment.
func (e Experiment) Prepare() (*Prepared, error) {
	if _, err := parseMapping(e.Mapping); err != nil {
		return nil, err
	}
	machine, err := OpenDevice(e.Device, e.Sets)
	if err != nil {
		return nil, err
	}
	work, err := OpenWorkload(e.Workload, e.Seed)
	if err != nil {
		return nil, err
	}
	return e.prepare(machine, work)
}

// prepare plans an opened workload on an opened device.
func (e Experiment) prepare(machine arch.Machine, work *catalog.Workload) (_ *Prepared, err error) {
	p := &Prepared{Machine: machine, Workload: work}
	if _, p.governor, err = governed(e.Sets); err != nil {
		return nil, err
	}
	if work.Graph == nil {
		return p, p.alone(e)
	}
	if err := p.feed(e); err != nil {
		return nil, err
	}
	if e.Live && !watched(machine.Kind()) {
		return nil, fmt.Errorf("live: %s is of kind %s, which is simulated without events, so there is nothing to watch; leave --live out", machine.Name(), machine.Kind())
	}
	precision := machine.Native()
	if work.Precision != nil {
		precision = *work.Precision
	}
	if err := machine.Supports(precision); err != nil {
		return nil, err
	}
	if p.Net, err = workloads.Prepare(work.Graph, precision, machine.Fuses); err != nil {
		return nil, err
	}
	if p.Plan, err = machine.Plan(p.Net); err != nil {
		return nil, err
	}
	return p, p.remap(e)
}

// Run prepares and runs the experiment. With a Failure the report is returned too.
func (e Experiment) Run(ctx context.Context) (*results.Run, error) {
	run, _, err := e.weighed(ctx)
	return run, err
}

// weighed is Run that also tells the bytes the workload must move off chip.
func (e Experiment) weighed(ctx context.Context) (run *results.Run, compulsory int64, err error) {
	begun := time.Now()
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	p, err := e.Prepare()
	if err != nil {
		return nil, 0, err
	}
	if p.Plan != nil {
		compulsory = p.Plan.CompulsoryRead + p.Plan.CompulsoryWrite
	}
	run, err = p.run(e, begun)
	return run, compulsory, err
}

// run simulates a prepared experiment and judges it.
func (p *Prepared) run(e Experiment, begun time.Time) (*results.Run, error) {
	if p.Net == nil {
		return p.runAlone(e, begun)
	}
	if e.Progress != nil { // the checker may reckon for seconds before the first layer is done
		e.Progress(0, len(p.Net.Layers))
	}
	checker, err := p.checker(e)
	if err != nil {
		return nil, err
	}
	run, ideal, err := p.simulate(e, checker)
	if errors.As(err, new(arch.Refusal)) || errors.As(err, new(reference.Uncomputable)) {
		return nil, fmt.Errorf("%s on %s: %w", p.Workload.Name, p.Machine.Name(), err)
	}
	if err != nil {
		return nil, Failure{fmt.Sprintf("%s on %s: %v", p.Workload.Name, p.Machine.Name(), err)}
	}
	p.describe(run, e)
	if e.Timeline != nil {
		run.Timeline = e.Timeline.Windows(run.Cycles)
	}
	run.ComputeSeconds, run.Bound = ideal, bound(run, ideal)
	if err = watch(run, p.governor); err != nil {
		return nil, fmt.Errorf("%s on %s: %w", p.Workload.Name, p.Machine.Name(), err) // a limit that cannot be kept
	}
	err = p.judge(run, e, checker)
	run.Host.WallSeconds = time.Since(begun).Seconds()
	if run.Host.WallSeconds > 0 {
		run.Host.SimulatedCyclesPerSecond = float64(run.Cycles) / run.Host.WallSeconds
	}
	return run, err
}

// checker makes the checker the mode asks for; nil for none.
func (p *Prepared) checker(e Experiment) (*check.Checker, error) {
	if e.Check == arch.None || e.Check == "" {
		return nil, nil
	}
	c, err := check.New(p.Net, e.Check, e.Seed, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Workload.Name, err)
	}
	return c, nil
}

// simulate runs the network, and beside it once more with a memory that never stalls.
func (p *Prepared) simulate(e Experiment, checker *check.Checker) (run *results.Run, ideal unit.Seconds, err error) {
	var group errgroup.Group
	group.Go(func() (err error) {
		job := arch.Job{Net: p.Net, Plan: p.Plan, Seed: e.Seed, Progress: e.Progress, Timeline: e.Timeline, Live: e.Live, Zeros: p.Workload.Zeros, WZeros: p.Workload.WZeros}
		if checker != nil { // a nil *Checker is not a nil Checker
			job.Check = checker
		}
		run, err = p.Machine.Run(job)
		return err
	})
	if p.Machine.Describe(p.Net.Precision).Resolved["memory"] == "ideal" {
		if err = group.Wait(); err == nil {
			ideal = run.Seconds
		}
		return run, ideal, err
	}
	group.Go(func() error {
		r, err := p.Machine.Run(arch.Job{Net: p.Net, Plan: p.Plan, Seed: e.Seed, IdealMemory: true, Zeros: p.Workload.Zeros, WZeros: p.Workload.WZeros})
		if err == nil {
			ideal = r.Seconds
		}
		return err
	})
	err = group.Wait()
	return run, ideal, err
}

// bound says what the greatest part of a run's time goes into: waiting for
// off-chip memory, arithmetic at the array's peak, or neither of them.
func bound(run *results.Run, ideal unit.Seconds) string {
	arithmetic := unit.Seconds(run.Utilization) * run.Seconds
	waiting, rest := run.Seconds-ideal, ideal-arithmetic
	switch {
	case waiting > arithmetic && waiting > rest:
		return "memory"
	case arithmetic >= rest:
		return "compute"
	}
	return "latency"
}

// describe fills the part of a report that does not depend on the machine.
func (p *Prepared) describe(run *results.Run, e Experiment) {
	run.Schema, run.Version, run.Seed = results.Schema, Version, e.Seed
	g := p.Net.Graph
	run.Notes = append(run.Notes, p.notes...)
	if left := p.Net.Left; len(left) > 0 {
		run.Notes = append(run.Notes, fmt.Sprintf("not computed, since it is not the first result of its operator: %s", strings.Join(left, ", ")))
	}
	run.Workload = results.Workload{Name: p.Workload.Spec, MACs: workloads.GraphMACs(g), Params: g.Params, DType: p.Net.Precision.String()}
	for _, list := range [][]*workloads.Tensor{g.Weights(), g.Inputs, g.Outputs} {
		for _, t := range list {
			run.Workload.Bytes += t.Bytes()
		}
	}
}

// judge holds the run against the laws, the check and the expected output.
func (p *Prepared) judge(run *results.Run, e Experiment, checker *check.Checker) error {
	who := fmt.Sprintf("%s on %s", p.Workload.Name, p.Machine.Name())
	run.Check = results.Check{Mode: string(arch.None), Status: "skipped"}
	if checker != nil {
		run.Check = checker.Result()
	}
	if err := arch.Laws(run, p.Net, p.Plan); err != nil {
		return Failure{fmt.Sprintf("%s: %v", who, err)}
	}
	if run.Check.Status == "fail" {
		return Failure{fmt.Sprintf("%s: check failed: %s", who, run.Check.Detail)}
	}
	if p.expect != nil {
		if err := p.against(checker, e.RTol); err != nil {
			run.Check.Status, run.Check.Detail = "fail", err.Error()
			return Failure{fmt.Sprintf("%s: %s: %v", who, e.Expect, err)}
		}
		run.Check.Detail = strings.TrimPrefix(run.Check.Detail+"; ", "; ") + fmt.Sprintf("the output equals %s within %g", filepath.Base(e.Expect), e.RTol)
	}
	return nil
}
