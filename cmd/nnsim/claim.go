package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"nnsim/experiments"
)

func claimCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "claim FILE.yaml|FOLDER...",
		Short: "Decide statements about machines and networks by simulating them",
		Long: "Decide statements about machines and networks by simulating them. A file names runs and what must be\n" +
			"true of their reports; examples/claims has some that are often heard. The exit status is 1 where the\nsimulation does not say what the file says it would.",
		Example: "  nnsim claim examples/claims\n  nnsim claim examples/claims/int8.yaml --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("claim: give files or folders of claims, such as examples/claims")
			}
			return nil
		},
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.counted(); err != nil {
			return err
		}
		claims, err := readClaims(args)
		if err != nil {
			return err
		}
		bar := newBar(cmd.ErrOrStderr(), f.quiet, "claims")
		var surprises error
		for i, c := range claims {
			bar.progress(i, len(claims))
			if err := c.Decide(cmd.Context(), f.workers); err != nil {
				bar.done()
				return err
			}
			surprises = errors.Join(surprises, c.Surprise())
		}
		bar.done()
		var first experiments.Failure
		if errors.As(surprises, &first) {
			surprises = first
		}
		if f.json {
			return errors.Join(surprises, writeJSON(cmd.OutOrStdout(), map[string]any{"claims": claims}))
		}
		return errors.Join(surprises, experiments.WriteClaims(cmd.OutOrStdout(), claims))
	}
	f.output(cmd)
	f.parallel(cmd)
	return cmd
}

func readClaims(paths []string) (claims []*experiments.Claim, err error) {
	files, err := experiments.ClaimFiles(paths)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		c, err := experiments.ReadClaim(path)
		if err != nil {
			return nil, err
		}
		claims = append(claims, c)
	}
	return claims, nil
}
