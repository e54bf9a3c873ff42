package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"nnsim/experiments"
)

// sweepFlags are those of the sweep alone.
type sweepFlags struct {
	flags
	store  string
	output []string
	shard  string
	status bool
	merge  []string

	slurm, script bool
	tasks         int
	options       []string
}

func sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep SPEC.yaml",
		Short: "Run many designs, keep every report, show the Pareto front",
		Long: "Run many designs, keep every report, show the Pareto front. A spec names devices, workloads, axes,\n" +
			"constraints and objectives; examples/ has some. Finished designs are kept in the store and never\nsimulated twice, so a sweep that is stopped goes on where it was.",
		Example: "  nnsim sweep examples/array-shape.yaml\n  nnsim sweep spec.yaml -o designs.csv --store results",
		Args:    exactly(1, "a sweep's file such as examples/array-shape.yaml"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) }
	cmd.Flags().StringVar(&f.store, "store", "nnsim-store", "directory where finished designs are kept")
	cmd.Flags().StringArrayVarP(&f.output, "output", "o", nil, "write the whole table to FILE.csv or FILE.parquet, or - for CSV on standard output; repeatable")
	cmd.Flags().StringVar(&f.shard, "shard", "", "run a part of the designs only, such as 3/100, into the store")
	cmd.Flags().BoolVar(&f.status, "status", false, "simulate nothing; say what is done, failed and missing")
	cmd.Flags().StringSliceVar(&f.merge, "merge", nil, "bring the designs of these stores into --store, and simulate nothing")
	cmd.Flags().BoolVar(&f.slurm, "slurm", false, "submit a Slurm job array, each task a shard")
	cmd.Flags().BoolVar(&f.script, "slurm-script", false, "print the batch script that --slurm would submit")
	cmd.Flags().IntVar(&f.tasks, "tasks", 0, "tasks of the job array (default: one for every 50 designs, at most 1000)")
	cmd.Flags().StringArrayVar(&f.options, "slurm-option", nil, "an option for sbatch, such as --partition=long; repeatable")
	f.flags.output(cmd)
	f.parallel(cmd)
	return cmd
}

func (f *sweepFlags) run(cmd *cobra.Command, path string) error {
	if err := f.checked(); err != nil {
		return err
	}
	spec, err := experiments.ReadSweep(path)
	if err != nil {
		return err
	}
	if f.slurm || f.script {
		return f.submit(cmd, spec, path)
	}
	how := experiments.SweepRun{Workers: f.workers, Look: f.status || len(f.merge) > 0}
	if how.Shard, how.Shards, err = experiments.ParseShard(f.shard); err != nil {
		return err
	}
	if how.Store, err = experiments.OpenStore(f.store); err != nil {
		return err
	}
	for _, from := range f.merge {
		n, err := how.Store.Merge(from)
		if err != nil {
			return err
		}
		if !f.quiet {
			fmt.Fprintf(cmd.ErrOrStderr(), "%d designs from %s\n", n, from)
		}
	}
	p := &ticker{to: cmd.ErrOrStderr(), quiet: f.quiet || how.Look}
	how.Progress = p.tell
	table, err := spec.Run(cmd.Context(), how)
	p.done()
	if err != nil {
		return err
	}
	if err := f.write(cmd.OutOrStdout(), table); err != nil {
		return err
	}
	return unfinished(table)
}

// unfinished is a Failure if any design failed or is missing.
func unfinished(t *experiments.Table) error {
	failed, missing := t.Count("failed"), t.Count("missing")
	if failed > 0 {
		return experiments.Failure{Reason: fmt.Sprintf("sweep: %d of %d designs failed; column error of the table says why", failed, len(t.Designs))}
	}
	if missing > 0 {
		return experiments.Failure{Reason: fmt.Sprintf("sweep: %d of %d designs are missing; run the sweep without --status or --merge", missing, len(t.Designs))}
	}
	return nil
}

// checked refuses flags that cannot be before anything is done.
func (f *sweepFlags) checked() error {
	if f.shard != "" && (len(f.output) > 0 || f.json) {
		return fmt.Errorf("shard: %s: a part of the designs makes no table; leave -o and --json out, and write the table with --status when all shards are done", f.shard)
	}
	if (f.slurm || f.script) && (f.shard != "" || f.status || len(f.merge) > 0 || len(f.output) > 0 || f.json) {
		return fmt.Errorf("slurm: submits and ends; leave --shard, --status, --merge, -o and --json out")
	}
	if !f.slurm && !f.script && (f.tasks != 0 || len(f.options) > 0) {
		return fmt.Errorf("tasks: --tasks and --slurm-option go with --slurm or --slurm-script")
	}
	for _, o := range f.output {
		if ext := filepath.Ext(o); o != "-" && ext != ".csv" && ext != ".parquet" {
			return fmt.Errorf("output: %s: write a name that ends in .csv or .parquet, or -", o)
		}
		if err := writable(o); err != nil {
			return err
		}
		if o == "-" && f.json {
			return fmt.Errorf("output: - and --json both want standard output; leave one of them out")
		}
	}
	return f.counted()
}

// write puts the table where it is wanted, and the screen on standard output.
func (f *sweepFlags) write(stdout io.Writer, table *experiments.Table) error {
	screen := true
	for _, o := range f.output {
		if o == "-" {
			screen = false
			if err := table.WriteCSV(stdout); err != nil {
				return err
			}
			continue
		}
		write := table.WriteCSV
		if filepath.Ext(o) == ".parquet" {
			write = table.WriteParquet
		}
		if err := replace(o, write); err != nil {
			return err
		}
	}
	switch {
	case f.shard != "":
		_, err := fmt.Fprintf(stdout, "shard %s: %s\n", f.shard, table.Counts())
		return err
	case f.json:
		return writeJSON(stdout, table)
	case screen:
		return table.WriteScreen(stdout)
	}
	return nil
}

// writable refuses a file that cannot be written, before hours of work rather than after.
func writable(path string) error {
	if path == "-" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("output: %s: is a directory; name a file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-")
	if err != nil {
		return fmt.Errorf("output: %s: %w; name a file in a directory that exists and may be written to", path, errors.Unwrap(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// replace writes a file as a whole, or leaves what was there.
func replace(path string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-")
	if err != nil {
		return fmt.Errorf("output: %s: %w", path, err)
	}
	_, err = f.Write(text.Bytes())
	for _, step := range []func() error{func() error { return f.Chmod(0o644) }, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("output: %s: %w", path, err)
	}
	return nil
}

// ticker prints how far a sweep is: over one line of a terminal, or a line every
// ten seconds elsewhere.
type ticker struct {
	mu    sync.Mutex
	to    io.Writer
	quiet bool
	last  time.Time
	drawn bool
}

func (t *ticker) tell(p experiments.SweepProgress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	file, ok := t.to.(*os.File)
	live := ok && term.IsTerminal(int(file.Fd()))
	every := 10 * time.Second
	if live {
		every = 200 * time.Millisecond
	}
	if t.last.IsZero() {
		t.last = time.Now()
	}
	if t.quiet || time.Since(t.last) < every {
		return
	}
	t.last = time.Now()
	line := progressLine(p)
	if live {
		t.drawn = true
		fmt.Fprintf(t.to, "\r\x1b[K%.*s", 110, line)
		return
	}
	fmt.Fprintln(t.to, line)
}

func progressLine(p experiments.SweepProgress) string {
	line := fmt.Sprintf("%d/%d designs", p.Done, p.Total)
	if rate := float64(p.Simulated) / p.Elapsed.Seconds(); rate > 0 {
		left := time.Duration(float64(p.Total-p.Done) / (float64(p.Done) / float64(p.Elapsed)))
		line += fmt.Sprintf(", %.3g simulated a second, %v left", rate, left.Round(time.Second))
	}
	if p.Best != "" {
		line += ", best " + p.Best
	}
	return line
}

// done takes the line off the terminal.
func (t *ticker) done() {
	if t.drawn {
		fmt.Fprint(t.to, "\r\x1b[K")
	}
}
