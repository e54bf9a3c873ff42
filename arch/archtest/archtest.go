// Package archtest is the suite that every machine runs: one call from the
// machine's own test, and it is held to what all machines owe.
//
//	               ┌─ right    every tensor, by the CPU kernels, in every precision and variation
//	               ├─ random   operators of random extents, in every variation
//	Run(t, Device) ┼─ steady   the same report twice, under shuffled ties, whatever is checked
//	               └─ related  clocks, bandwidth, ideal memory, batch: what must follow from what
//
// Workloads are small and odd: extents that divide no array, windows that hang
// over edges, groups, residuals, shared weights, and little networks. Where a machine cuts
// work into tiles, variations with small memories make it cut these too.
//
// A machine under test may have a method RunOn, in a file of its tests, that runs a
// job on an engine of the caller's; ties are shuffled only there.
//
// Not modelled: how long a machine should take, which the validation tables and
// the machine's own tests say; and machines that run no networks.
package archtest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"nnsim/arch"
	"nnsim/arch/check"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/workloads"
)

// Device is a machine under test.
type Device struct {
	// Open opens the machine with values set ("memory.channels=2").
	Open func(sets ...string) (arch.Machine, error)
	// Variations are lists of values set under which every workload must be right
	// too: small memories, other dataflows.
	Variations [][]string
}

// engined is a machine that can run on an engine of the caller's.
type engined interface {
	RunOn(job arch.Job, e *engine.Engine) (*results.Run, error)
}

// Run holds a machine to everything in this package.
func Run(t *testing.T, d Device) {
	t.Run("right", func(t *testing.T) { right(t, d) })
	t.Run("random", func(t *testing.T) { random(t, d) })
	t.Run("steady", func(t *testing.T) { steady(t, d) })
	t.Run("related", func(t *testing.T) { related(t, d) })
}

// right runs every workload in every precision, and in the native one under every
// variation, comparing every element.
func right(t *testing.T, d Device) {
	for _, sets := range append([][]string{nil}, d.Variations...) {
		t.Run(strings.Join(append([]string{"as-it-is"}, sets...), " "), func(t *testing.T) {
			t.Parallel()
			m, err := d.Open(sets...)
			if err != nil {
				t.Fatalf("the machine does not open: %v", err)
			}
			precisions := []workloads.Precision{m.Native()}
			if sets == nil {
				precisions = supported(m)
			}
			for _, w := range Workloads() {
				for _, p := range precisions {
					if _, err := Checked(m, w, p, arch.Full); err != nil {
						t.Errorf("%s in %v: %v", w.Name, p, err)
					}
				}
			}
		})
	}
}

// supported lists the precisions of one type that a machine multiplies.
func supported(m arch.Machine) (list []workloads.Precision) {
	for _, name := range []string{"fp32", "tf32", "fp16", "bf16", "e4m3", "e5m2", "int16", "int8"} {
		if p, err := workloads.ParsePrecision(name); err == nil && m.Supports(p) == nil {
			list = append(list, p)
		}
	}
	return list
}

// Checked runs a workload and returns its report; the error says what the check or
// a law found wrong, or why the workload does not run.
func Checked(m arch.Machine, w Workload, p workloads.Precision, mode arch.Mode) (*results.Run, error) {
	job, checker, err := prepare(m, w, p, mode)
	if err != nil {
		return nil, err
	}
	run, err := m.Run(job)
	if err != nil {
		return nil, err
	}
	return run, judge(run, job, checker)
}

// judge holds a run against the laws and the check, as the program does.
func judge(run *results.Run, job arch.Job, checker *check.Checker) error {
	run.Check = checker.Result()
	if err := arch.Laws(run, job.Net, job.Plan); err != nil {
		return err
	}
	if run.Check.Status == "fail" {
		return fmt.Errorf("check failed: %s", run.Check.Detail)
	}
	return nil
}

// prepare brings a workload to the point where a machine can run it. The network
// is built anew, as a checker writes scales into it.
func prepare(m arch.Machine, w Workload, p workloads.Precision, mode arch.Mode) (arch.Job, *check.Checker, error) {
	var job arch.Job
	g, err := w.Build()
	if err != nil {
		return job, nil, err
	}
	if job.Net, err = workloads.Prepare(g, p, m.Fuses); err != nil {
		return job, nil, err
	}
	if job.Plan, err = m.Plan(job.Net); err != nil {
		return job, nil, refusal{err}
	}
	checker, err := check.New(job.Net, mode, job.Seed, nil)
	if err == nil && mode != arch.None {
		job.Check = checker
	}
	return job, checker, err
}

// refusal is a machine's word that a workload does not fit it.
type refusal struct{ error }

// report is a run's JSON without what the host took.
func report(run *results.Run) (string, error) {
	copied := *run
	copied.Host = results.Host{}
	var b bytes.Buffer
	err := copied.WriteJSON(&b)
	return b.String(), err
}

// native is a job in the machine's own precision without values, which must succeed.
func native(t *testing.T, m arch.Machine, w Workload) arch.Job {
	t.Helper()
	job, _, err := prepare(m, w, m.Native(), arch.None)
	if err != nil {
		t.Fatalf("%s: %v", w.Name, err)
	}
	return job
}

// simulate runs a job, which must succeed and keep the laws.
func simulate(t *testing.T, m arch.Machine, w Workload, job arch.Job) *results.Run {
	t.Helper()
	run, err := m.Run(job)
	if err == nil {
		err = arch.Laws(run, job.Net, job.Plan)
	}
	if err != nil {
		t.Fatalf("%s: %v", w.Name, err)
	}
	return run
}
