package main

import (
	"io"

	"github.com/spf13/cobra"

	"nnsim/results"
)

func diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff A.json B.json",
		Short: "Say what changed between two run reports, by layer and unit",
		Args:  exactly(2, "two run reports, as `nnsim run --json` writes them"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := results.Read(args[0])
		if err != nil {
			return err
		}
		b, err := results.Read(args[1])
		if err != nil {
			return err
		}
		_, err = io.WriteString(cmd.OutOrStdout(), results.Diff(a, b))
		return err
	}
	return cmd
}
