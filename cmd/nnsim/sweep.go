package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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
	cmd.Flags().StringArrayVarP(&f.output, "output", "o", nil, "write the whole table to FILE.csv, or - for CSV on standard output; repeatable")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
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
	store, err := experiments.OpenStore(f.store)
	if err != nil {
		return err
	}
	p := &ticker{to: cmd.ErrOrStderr(), quiet: f.quiet}
	how := experiments.SweepRun{Store: store, Workers: f.workers, Progress: p.tell}
	table, err := spec.Run(cmd.Context(), how)
	p.done()
	if err != nil {
		return err
	}
	if err := f.write(cmd.OutOrStdout(), table); err != nil {
		return err
	}
	if n := table.Failed(); n > 0 {
		return experiments.Failure{Reason: fmt.Sprintf("sweep: %d of %d designs failed; column error of the table says why", n, len(table.Designs))}
	}
	return nil
}

// checked refuses flags that cannot be before anything is done.
func (f *sweepFlags) checked() error {
	for _, o := range f.output {
		if o != "-" && !strings.HasSuffix(o, ".csv") {
			return fmt.Errorf("output: %s: write a name that ends in .csv, or -", o)
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
		if err := replace(o, table.WriteCSV); err != nil {
			return err
		}
	}
	switch {
	case f.json:
		return writeJSON(stdout, table)
	case screen:
		return table.WriteScreen(stdout)
	}
	return nil
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
