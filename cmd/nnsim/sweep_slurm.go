package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"nnsim/experiments"
)

// submit hands the sweep to Slurm, or prints what it would hand over.
func (f *sweepFlags) submit(cmd *cobra.Command, spec *experiments.Sweep, path string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("slurm: the program's own path is not known: %w", err)
	}
	script, err := experiments.Slurm{Program: program, Spec: path, Store: f.store, Tasks: f.tasks, Options: f.options}.Script(spec)
	if err != nil {
		return err
	}
	if f.script {
		_, err := io.WriteString(cmd.OutOrStdout(), script)
		return err
	}
	sbatch, err := exec.LookPath("sbatch")
	if err != nil {
		return fmt.Errorf("slurm: there is no sbatch on this machine; log in where jobs are submitted, or use --slurm-script and --shard i/n")
	}
	if _, err := experiments.OpenStore(f.store); err != nil { // a store that cannot be made fails here, not in a hundred tasks
		return err
	}
	if err := os.MkdirAll(f.store+"-logs", 0o755); err != nil {
		return fmt.Errorf("slurm: %w", err)
	}
	run := exec.CommandContext(cmd.Context(), sbatch)
	run.Stdin = strings.NewReader(script)
	said, err := run.CombinedOutput()
	if err != nil {
		return fmt.Errorf("slurm: sbatch refused the job: %s", strings.TrimSpace(string(said)))
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s\nwhen it is done: nnsim sweep %s --store %s --status -o designs.csv\n", strings.TrimSpace(string(said)), path, f.store)
	return nil
}
