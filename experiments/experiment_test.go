package experiments

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/results"
)

// small is an experiment that takes a millisecond.
func small(check arch.Mode) Experiment {
	return Experiment{Device: "tiny-4x4", Workload: "gemm:m=9,n=10,k=11", Check: check}
}

// report is a run's JSON without what the host took.
func report(t *testing.T, run *results.Run) string {
	t.Helper()
	copied := *run
	copied.Host = results.Host{}
	var b bytes.Buffer
	require.NoError(t, copied.WriteJSON(&b))
	return b.String()
}

func TestTheSameReportTwice(t *testing.T) {
	var first string
	for range 3 {
		run, err := small(arch.Full).Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "pass", run.Check.Status)
		assert.EqualValues(t, 90, run.Check.Elements)
		assert.EqualValues(t, 990, run.Workload.MACs)
		assert.Contains(t, []string{"compute", "memory", "latency"}, run.Bound)
		if first == "" {
			first = report(t, run)
		}
		assert.Equal(t, first, report(t, run))
	}
}

// TestTimingDoesNotDependOnTheCheck: cycles, counters and energy are those of
// the network, whatever is compared.
func TestTimingDoesNotDependOnTheCheck(t *testing.T) {
	reports := map[string]bool{}
	for _, mode := range []arch.Mode{arch.Full, arch.Sample, arch.None} {
		run, err := small(mode).Run(t.Context())
		require.NoError(t, err, mode)
		assert.Equal(t, string(mode), run.Check.Mode)
		run.Check = results.Check{}
		reports[report(t, run)] = true
	}
	assert.Len(t, reports, 1)
}

func TestIdealMemoryIsNeverSlower(t *testing.T) {
	run, err := small(arch.None).Run(t.Context())
	require.NoError(t, err)
	assert.LessOrEqual(t, run.ComputeSeconds, run.Seconds)
	assert.Positive(t, run.ComputeSeconds)

	e := small(arch.None)
	e.Sets = []string{"memory=ideal"}
	ideal, err := e.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, ideal.Seconds, ideal.ComputeSeconds)
	assert.NotEqual(t, "memory", ideal.Bound)
}

func TestRunRefuses(t *testing.T) {
	for want, change := range map[string]func(*Experiment){
		`device: missing`:                        func(e *Experiment) { e.Device = "" },
		`device "tiny4x4" is not known; did you`: func(e *Experiment) { e.Device = "tiny4x4" },
		`workload: missing`:                      func(e *Experiment) { e.Workload = "" },
		`mapping: "best": write default`:         func(e *Experiment) { e.Mapping = "best" },
		`tensor none.pb: no such file`:           func(e *Experiment) { e.Input = "none.pb" },
		`expect: none.pb: needs the whole`:       func(e *Experiment) { e.Expect = "none.pb" },
		`--set: clock=1`:                         func(e *Experiment) { e.Sets = []string{"clock=1"} },
	} {
		e := small(arch.None)
		change(&e)
		run, err := e.Run(t.Context())
		assert.Nil(t, run)
		if assert.Error(t, err) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "%v", err)
			assert.NotErrorAs(t, err, new(Failure))
		}
	}
}

// TestExpect holds the output against a file: the right one passes, a wrong one is a Failure.
func TestExpect(t *testing.T) {
	e := Experiment{Device: "tiny-4x4", Workload: "gemm:m=2,n=2,k=2", Check: arch.Full, RTol: 1e-3}
	e.Expect = filepath.Join(t.TempDir(), "wrong.pb")
	// TensorProto: dims 2, 2; data_type 1 (float); raw_data: four times 12345.
	wrong := append([]byte{0x08, 2, 0x08, 2, 0x10, 1, 0x4a, 16}, bytes.Repeat([]byte{0x00, 0xe4, 0x40, 0x46}, 4)...)
	require.NoError(t, os.WriteFile(e.Expect, wrong, 0o644))
	run, err := e.Run(t.Context())
	require.ErrorAs(t, err, new(Failure))
	require.NotNil(t, run, "the report is complete")
	assert.Equal(t, "fail", run.Check.Status)

	e.Expect = filepath.Join(t.TempDir(), "short.pb")
	require.NoError(t, os.WriteFile(e.Expect, append([]byte{0x08, 1, 0x10, 1, 0x4a, 4}, 0, 0, 0, 0), 0o644))
	_, err = e.Run(t.Context())
	assert.ErrorContains(t, err, "shape [1]")
}

// TestValidationSharesRuns: rows of one experiment run once, rows that cannot
// be run are failed rows, and the order of the file is kept.
func TestValidationSharesRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	require.NoError(t, os.WriteFile(path, []byte(header+
		"tiny-4x4,,\"gemm:m=8,n=8,k=8\",workload.macs,512,0,,x\n"+
		"tiny-4x4,,\"gemm:m=8,n=8,k=8\",device.name,tiny-4x4,0,,x\n"+
		"tiny-4x4,array.rows=8,\"gemm:m=8,n=8,k=8\",workload.macs,512,0,,x\n"+
		"tpu-v99,,\"gemm:m=8,n=8,k=8\",cycles,512,0,,x\n"+
		"tiny-4x4,,\"gemm:m=8,n=8,k=8\",workload.mcas,512,0,,x\n"), 0o644))
	distinct := 0
	v := Validation{Paths: []string{path, path}, Check: arch.None, Workers: 3, Progress: func(_, total int) { distinct = total }}
	reports, err := v.Run(context.Background())
	require.NoError(t, err)
	assert.Equal(t, 3, distinct)
	require.Len(t, reports, 2)
	r := reports[0]
	assert.Equal(t, path, r.Name)
	assert.Equal(t, 5, r.Rows)
	assert.Equal(t, 2, r.Failed)
	assert.InDelta(t, 0.4, r.MAPE, 1e-12)
	assert.Contains(t, r.Outcomes[3].Fault, "tpu-v99")
	assert.Contains(t, r.Outcomes[4].Fault, "workload.mcas")
	var screen bytes.Buffer
	require.NoError(t, WriteReports(&screen, reports))
	assert.Equal(t, 2, strings.Count(screen.String(), "5 rows:"))
}

// TestTablesOfTheProject runs the tables that are committed with it.
func TestTablesOfTheProject(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every committed validation row; run without -short")
	}
	require.NotEmpty(t, Tables())
	reports, err := Validation{Check: arch.None, Workers: 2}.Run(t.Context())
	require.NoError(t, err)
	for _, r := range reports {
		for _, o := range r.Outcomes {
			assert.True(t, o.OK, "%s:%d: %s %s %s: %s is %s, expected %s ± %s %s", r.Name, o.Line, o.Device, o.Set, o.Workload, o.Metric, o.Got, o.Expected, o.Tolerance, o.Fault)
		}
	}
}

func TestCompareKeepsTheOrder(t *testing.T) {
	a, b := small(arch.Sample), small(arch.Sample)
	b.Sets = []string{"array.rows=8"}
	runs, err := Compare(t.Context(), []Experiment{a, b, a}, 3)
	require.NoError(t, err)
	require.Len(t, runs, 3)
	assert.Equal(t, "8", runs[1].Device.Resolved["array.rows"])
	assert.Equal(t, report(t, runs[0]), report(t, runs[2]))
	b.Sets = []string{"array.rows=0"}
	_, err = Compare(t.Context(), []Experiment{a, b}, 2)
	assert.ErrorContains(t, err, "array.rows=0")
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := small(arch.None).Run(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = Validation{Workers: 2}.Run(ctx)
	assert.ErrorIs(t, err, context.Canceled)
}
