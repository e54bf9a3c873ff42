package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"nnsim/experiments"
	"nnsim/results"
)

func compareCommand() *cobra.Command {
	var f flags
	var devices []string
	cmd := &cobra.Command{
		Use:               "compare WORKLOAD --devices A,B,C",
		Short:             "Run one workload on several devices, side by side",
		Example:           "  nnsim compare mobilenet-v2 --devices tpu-v1,tpu-v2,gemmini-16",
		Args:              exactly(1, "a workload such as resnet50 (`nnsim list workloads`)"),
		ValidArgsFunction: completeWorkloads,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		list, err := f.experiments(devices, args[0])
		if err != nil {
			return err
		}
		list, notes, err := experiments.Fair(list)
		if err != nil {
			return err
		}
		bar := newBar(cmd.ErrOrStderr(), f.quiet, "layers")
		for i := range list {
			list[i].Progress = bar.part(i, len(list))
		}
		runs, err := experiments.Compare(cmd.Context(), list, f.workers)
		bar.done()
		if runs == nil || err != nil && !errors.As(err, new(experiments.Failure)) {
			return err
		}
		if f.json {
			return errors.Join(err, results.Comparison{Runs: runs, Notes: notes}.WriteJSON(cmd.OutOrStdout()))
		}
		_, wrote := io.WriteString(cmd.OutOrStdout(), results.Compare(runs, notes...))
		return errors.Join(err, wrote)
	}
	cmd.Flags().StringSliceVar(&devices, "devices", nil, "presets or YAML files, with commas between them")
	f.device(cmd)
	f.parallel(cmd)
	f.common(cmd, "sample")
	if err := cmd.RegisterFlagCompletionFunc("devices", completeDevices); err != nil {
		panic(err)
	}
	return cmd
}

// experiments is one experiment for each device.
func (f *flags) experiments(devices []string, workload string) (list []experiments.Experiment, err error) {
	if err := f.counted(); err != nil {
		return nil, err
	}
	if len(devices) == 0 {
		return nil, fmt.Errorf("compare: --devices is missing; name some, such as tpu-v1,tpu-v2 (`nnsim list devices`)")
	}
	for i, device := range devices {
		if device = strings.TrimSpace(device); device == "" {
			return nil, fmt.Errorf("compare: --devices: name %d is empty; write names with one comma between them, such as tpu-v1,tpu-v2", i+1)
		}
		e, err := f.experiment(device, workload)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}
