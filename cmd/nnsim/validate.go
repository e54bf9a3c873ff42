package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"nnsim/experiments"
)

func validateCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "validate [FILE.csv]...",
		Short: "Compare runs with what the world says, row by row of a table",
		Long: "Compare runs with what the world says. A table is a CSV with the columns\n" +
			"device,set,workload,metric,expected,tolerance,unit,source. With no file, the\ntables that come with the program.",
		Example: "  nnsim validate\n  nnsim validate my-board.csv --json",
	}
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		mode, err := f.mode()
		if err != nil {
			return err
		}
		if err := f.counted(); err != nil {
			return err
		}
		if err := experiments.CheckMapping(f.mapping); err != nil {
			return err
		}
		bar := newBar(cmd.ErrOrStderr(), f.quiet, "experiments")
		v := experiments.Validation{Paths: paths, Check: mode, Seed: f.seed, Mapping: f.mapping, Workers: f.workers, Progress: bar.progress}
		reports, err := v.Run(cmd.Context())
		bar.done()
		if err != nil {
			return err
		}
		if f.json {
			err = writeJSON(cmd.OutOrStdout(), map[string][]experiments.FileReport{"files": reports})
		} else {
			err = experiments.WriteReports(cmd.OutOrStdout(), reports)
		}
		if err != nil {
			return err
		}
		return verdict(reports)
	}
	f.parallel(cmd)
	f.common(cmd, "none")
	return cmd
}

// verdict is a Failure if any row is out of tolerance.
func verdict(reports []experiments.FileReport) error {
	rows, out := 0, 0
	for _, r := range reports {
		rows, out = rows+r.Rows, out+r.Failed
	}
	if out > 0 {
		return experiments.Failure{Reason: fmt.Sprintf("validate: %d of %d rows are out of tolerance", out, rows)}
	}
	return nil
}
