package archtest

import (
	"testing"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/results"
)

// shuffles is the number of orders of ties that a run is repeated under.
const shuffles = 50

// steady: what a run reports depends on nothing but the machine and the workload.
func steady(t *testing.T, d Device) {
	m := opened(t, d)
	for _, w := range Workloads() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			first := repeated(t, m, w)
			underModes(t, m, w, first)
			recorded(t, m, w, first)
			if e, ok := m.(engined); ok && !testing.Short() {
				underShuffles(t, m, e, w, first)
			}
		})
	}
}

func opened(t *testing.T, d Device, sets ...string) arch.Machine {
	t.Helper()
	m, err := d.Open(sets...)
	if err != nil {
		t.Fatalf("the machine does not open: %v", err)
	}
	return m
}

// repeated runs a workload twice from the start; the reports must be equal byte for byte.
func repeated(t *testing.T, m arch.Machine, w Workload) string {
	var first string
	for i := range 2 {
		text, err := report(simulate(t, m, w, native(t, m, w)))
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && text != first {
			t.Errorf("%s run twice gives two reports:\n%s\n%s", w.Name, first, text)
		}
		first = text
	}
	return first
}

// recorded: keeping a timeline changes nothing, and of each unit it says the same as the report.
func recorded(t *testing.T, m arch.Machine, w Workload, want string) {
	job := native(t, m, w)
	job.Timeline = results.NewTimeline(timelineSpans)
	run := simulate(t, m, w, job)
	if text, err := report(run); err != nil || text != want {
		t.Errorf("%s: the report changes when a timeline is kept (%v):\n%s\n%s", w.Name, err, want, text)
	}
	line := job.Timeline.Windows(run.Cycles)
	if line == nil {
		t.Errorf("%s: no unit is on the timeline", w.Name)
		return
	}
	for name, of := range line.Units {
		u, ok := run.Units[name]
		if !ok {
			t.Errorf("%s: the timeline has a unit %s, which the report has not", w.Name, name)
		}
		for field, total := range map[string]int64{"busy": u.Busy, "wait_input": u.WaitInput, "wait_output": u.WaitOutput, "wait_memory": u.WaitMemory} {
			for _, cycles := range of[field] {
				total -= cycles
			}
			if total != 0 {
				t.Errorf("%s: the timeline lacks %d cycles of %s in %s", w.Name, total, name, field)
			}
		}
	}
}

// timelineSpans is how many stretches of time a timeline under test holds.
const timelineSpans = 1000

// underModes: how much is checked changes no cycle, no event and no byte. Sample
// mode compares no more than full mode, and something.
func underModes(t *testing.T, m arch.Machine, w Workload, want string) {
	compared := map[arch.Mode]int64{}
	for _, mode := range []arch.Mode{arch.Full, arch.Sample} {
		run, err := Checked(m, w, m.Native(), mode)
		if err != nil {
			t.Fatalf("%s, %s: %v", w.Name, mode, err)
		}
		compared[mode] = run.Check.Elements
		run.Check = results.Check{}
		if text, err := report(run); err != nil || text != want {
			t.Errorf("%s: the report changes with --check %s (%v):\n%s\n%s", w.Name, mode, err, want, text)
		}
	}
	if s, f := compared[arch.Sample], compared[arch.Full]; s <= 0 || s > f {
		t.Errorf("%s: sample mode compared %d elements, full mode %d", w.Name, s, f)
	}
}

// underShuffles repeats a run with events of one time in random orders, now and
// then with all values.
func underShuffles(t *testing.T, m arch.Machine, e engined, w Workload, want string) {
	clock := m.Describe(m.Native()).Clock
	for seed := range uint64(shuffles) {
		mode := arch.None
		if seed%25 == 0 {
			mode = arch.Full
		}
		job, checker, err := prepare(m, w, m.Native(), mode)
		if err != nil {
			t.Fatalf("%s: %v", w.Name, err)
		}
		run, err := e.RunOn(job, engine.On(simtest.NewShuffled(seed), clock))
		if err == nil {
			err = judge(run, job, checker)
		}
		if err != nil {
			t.Fatalf("%s, ties shuffled with seed %d: %v", w.Name, seed, err)
		}
		run.Check = results.Check{}
		if text, err := report(run); err != nil || text != want {
			t.Fatalf("%s: the report changes with the order of ties, seed %d (%v):\n%s\n%s", w.Name, seed, err, want, text)
		}
	}
}
