package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"nnsim/experiments"
	"nnsim/results"
)

func versionCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and of its report format",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.json {
				return writeJSON(cmd.OutOrStdout(), map[string]string{"version": experiments.Version, "schema": results.Schema, "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "nnsim %s (reports: %s, %s)\n", experiments.Version, results.Schema, runtime.Version())
			return err
		},
	}
	f.output(cmd)
	return cmd
}
