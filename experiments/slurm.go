package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ParseShard reads "3/100": the third of a hundred parts. "" is the whole.
func ParseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(text, "/")
	shard, errA := strconv.Atoi(a)
	shards, errB := strconv.Atoi(b)
	if !ok || errA != nil || errB != nil || shard < 1 || shard > shards || shards > mostPoints {
		return 0, 0, fmt.Errorf("shard: %q: write part/parts, such as 3/100, counted from 1", text)
	}
	return shard, shards, nil
}

// Slurm is a sweep as a Slurm job array.
type Slurm struct {
	Program string // the path of nnsim
	Spec    string // the sweep's file
	Store   string // where finished designs are kept; every node must see it
	Tasks   int    // shards; 0 is one for every 50 designs, at most 1000
	Options []string
}

// Source: the option names are those of Slurm's sbatch [slurm].

// Script is the batch script of the array. A task that is killed and queued again
// goes on where it was, since what it finished is in the store.
func (j Slurm) Script(s *Sweep) (string, error) {
	if s.search != nil {
		return "", fmt.Errorf("%s: search: each round depends on the one before, so it has no shards; leave --slurm out", s.Name)
	}
	points, err := s.points()
	if err != nil {
		return "", err
	}
	tasks := j.Tasks
	if tasks == 0 {
		tasks = min((len(points)+49)/50, 1000)
	}
	if tasks < 1 || tasks > len(points) {
		return "", fmt.Errorf("tasks: %d: write a number from 1 to the %d designs", tasks, len(points))
	}
	paths := map[string]string{"program": j.Program, "spec": j.Spec, "store": j.Store}
	for what, p := range paths {
		if paths[what], err = filepath.Abs(p); err == nil && strings.ContainsAny(p, "\n\r\"") {
			err = fmt.Errorf("%s: %q: a path with quotes or line ends cannot be put into a batch script", what, p)
		}
		if err != nil {
			return "", err
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return j.text(paths, here, tasks)
}

func (j Slurm) text(paths map[string]string, here string, tasks int) (string, error) {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, o := range append([]string{"--job-name=nnsim", fmt.Sprintf("--array=1-%d", tasks), "--requeue",
		"--output=\"" + paths["store"] + "-logs/%A_%a.log\""}, j.Options...) {
		if !strings.HasPrefix(o, "-") || strings.ContainsAny(o, "\n\r") {
			return "", fmt.Errorf("slurm-option: %q: write an option of sbatch, such as --partition=long", o)
		}
		fmt.Fprintf(&b, "#SBATCH %s\n", o)
	}
	fmt.Fprintf(&b, "cd %s || exit 2\n", shellQuoted(here))
	fmt.Fprintf(&b, "exec %s sweep %s --store %s --shard \"$SLURM_ARRAY_TASK_ID/%d\" --workers \"${SLURM_CPUS_PER_TASK:-1}\" --quiet\n",
		shellQuoted(paths["program"]), shellQuoted(paths["spec"]), shellQuoted(paths["store"]), tasks)
	return b.String(), nil
}

// shellQuoted is a word that a shell takes as it stands.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
