package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const slurmSpec = `device: tpu-v1
workload: mobilenet-v2
axes:
  array.rows: {pow2: [64, 256]}
  array.cols: {pow2: [64, 256]}
  buffer.size: {pow2: [4 MiB, 16 MiB]}
objectives: [seconds min]
`

// TestSlurm submits a job array to a real Slurm, kills tasks in mid-run, runs
// what is missing, and finds the table of a sweep that was never split.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("submits jobs to Slurm; run without -short")
	}
	if err := exec.Command("sinfo", "--noheader").Run(); err != nil {
		t.Skip("there is no running Slurm on this machine (sinfo: " + err.Error() + "); the batch script was not run")
	}
	dir := t.TempDir()
	nnsim := filepath.Join(dir, "nnsim")
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	build, err := exec.Command("go", "build", "-o", nnsim, ".").CombinedOutput()
	require.NoError(t, err, string(build))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "spec.yaml"), []byte(slurmSpec), 0o644))
	out, err := run(nnsim, "sweep", "spec.yaml", "--store", "whole", "-o", "whole.csv", "--quiet")
	require.NoError(t, err, out)

	for attempt := 0; ; attempt++ {
		require.Less(t, attempt, 4, "the array never finishes")
		out, err = run(nnsim, "sweep", "spec.yaml", "--store", "split", "--slurm", "--tasks", "6", "--slurm-option=--time=5")
		require.NoError(t, err, out)
		job := regexp.MustCompile(`Submitted batch job (\d+)`).FindStringSubmatch(out)
		require.NotNil(t, job, out)
		if attempt == 0 { // while tasks run: kill some of them for good
			waitFor(t, func() bool { list, _ := filepath.Glob(filepath.Join(dir, "split", "*.json")); return len(list) > 3 })
			out, err = run("scancel", "--signal=KILL", job[1]+"_1", job[1]+"_2", job[1]+"_5")
			t.Log("killed: ", out, err)
			out, _ = run("scancel", job[1]+"_5", job[1]+"_6")
			t.Log("cancelled: ", out)
		}
		waitFor(t, func() bool {
			left, err := run("squeue", "--noheader", "--jobs="+job[1])
			return err != nil || strings.TrimSpace(left) == ""
		})
		out, err = run(nnsim, "sweep", "spec.yaml", "--store", "split", "--status", "-o", "split.csv")
		t.Log(out)
		if err == nil { // on a machine of many cores all may be done before the kill
			break
		}
	}
	want, err := os.ReadFile(filepath.Join(dir, "whole.csv"))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(dir, "split.csv"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// waitFor polls until something holds, for a minute at most.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(100 * time.Millisecond) {
		require.True(t, time.Now().Before(end), "nothing happens for a minute")
	}
}
