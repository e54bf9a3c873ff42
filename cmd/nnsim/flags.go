package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"nnsim/arch"
	"nnsim/experiments"
	"nnsim/unit/spell"
	"nnsim/workloads/catalog"
)

// flags are those that the commands share.
type flags struct {
	sets    []string
	json    bool
	check   string
	mapping string
	seed    int64
	quiet   bool
	workers int
}

// common gives a command that runs something the flags of the contract.
func (f *flags) common(cmd *cobra.Command, check arch.Mode) {
	cmd.Flags().StringVar(&f.check, "check", string(check), "how much of the arithmetic to compare with the CPU: full, sample or none")
	cmd.Flags().StringVar(&f.mapping, "mapping", "default", "how the network is cut into tiles: default, search (such as search,budget=50000) or FILE.yaml")
	cmd.Flags().Int64Var(&f.seed, "seed", 0, "seed of weights, inputs and samples")
	f.output(cmd)
	complete(cmd, "check", "full", "sample", "none")
	complete(cmd, "mapping", "default", "search")
}

// output gives a command --json and --quiet.
func (f *flags) output(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress on standard error")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON on standard output, and nothing else")
}

// device gives a command --set.
func (f *flags) device(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.sets, "set", nil, "change a value of the device, such as array.rows=128; repeatable")
}

// parallel gives a command --workers.
func (f *flags) parallel(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "experiments run at a time")
}

// mode reads --check.
func (f *flags) mode() (arch.Mode, error) {
	modes := []string{string(arch.Full), string(arch.Sample), string(arch.None)}
	for _, m := range modes {
		if m == f.check {
			return arch.Mode(m), nil
		}
	}
	return "", fmt.Errorf("check: %q: write full, sample or none%s", f.check, spell.DidYouMean(f.check, modes))
}

// experiment is the row of the table that the flags and a workload make.
func (f *flags) experiment(device, workload string) (experiments.Experiment, error) {
	mode, err := f.mode()
	return experiments.Experiment{Device: device, Sets: f.sets, Workload: workload, Check: mode, Seed: f.seed, Mapping: f.mapping}, err
}

// counted refuses a number of workers that cannot be.
func (f *flags) counted() error {
	if f.workers < 1 || f.workers > 4096 {
		return fmt.Errorf("workers: %d: write a number from 1 to 4096", f.workers)
	}
	return nil
}

// writeJSON prints a value, indented.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// complete lets the shell complete a flag from a list of words.
func complete(cmd *cobra.Command, flag string, words ...string) {
	// The error is that of a flag that is not there, which the first run of any test shows.
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// completeDevices completes presets, and files beside them.
func completeDevices(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range experiments.Presets() {
		names = append(names, p.Name+"\t"+p.About)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// completeWorkloads completes the zoo and the operators, and files beside them.
func completeWorkloads(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range catalog.Entries() {
		names = append(names, e.Name+"\t"+e.About)
	}
	return names, cobra.ShellCompDirectiveDefault
}
