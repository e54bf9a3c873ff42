package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"nnsim/experiments"
	"nnsim/report"
	"nnsim/results"
)

func runCommand() *cobra.Command {
	var f flags
	var device, input, expect, trace string
	var rtol float64
	var csv, estimate, live bool
	cmd := &cobra.Command{
		Use:               "run WORKLOAD --device DEVICE",
		Short:             "Run one workload on one device",
		Example:           "  nnsim run resnet50 --device tpu-v1\n  nnsim run gemm:m=512,n=1024,k=2048 --device tpu-v2 --set memory=ideal --json",
		Args:              exactly(1, "a workload such as resnet50 (`nnsim list workloads`)"),
		ValidArgsFunction: completeWorkloads,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		e, err := f.experiment(device, args[0])
		if err != nil {
			return err
		}
		if f.json && csv {
			return fmt.Errorf("run: --json and --csv both want standard output; give one of them")
		}
		if rtol < 0 || rtol > 1 || rtol != rtol {
			return fmt.Errorf("rtol: %g: write a share from 0 to 1", rtol)
		}
		e.Input, e.Expect, e.RTol = input, expect, rtol
		e.Timeline = results.NewTimeline(report.PageSpans)
		if trace != "" {
			if err := report.CanWrite(trace); err != nil {
				return err
			}
			e.Timeline = results.NewTimeline(report.TraceSpans)
		}
		e.Live = live
		bar := newBar(cmd.ErrOrStderr(), f.quiet, "layers")
		e.Progress = bar.progress
		run, err := e.Run(cmd.Context())
		bar.done()
		if live && run != nil {
			defer stay(cmd)
		}
		if run == nil || err != nil && !errors.As(err, new(experiments.Failure)) {
			return err
		}
		if trace != "" {
			err = errors.Join(err, writeTrace(cmd.ErrOrStderr(), trace, run, e.Timeline, f.quiet))
		}
		switch {
		case f.json:
			return errors.Join(err, run.WriteJSON(cmd.OutOrStdout()))
		case csv:
			return errors.Join(err, run.WriteCSV(cmd.OutOrStdout()))
		}
		err = errors.Join(err, run.Text(cmd.OutOrStdout()))
		if estimate {
			err = errors.Join(err, writeEstimates(cmd.OutOrStdout(), run))
		}
		return err
	}
	cmd.Flags().StringVar(&device, "device", "", "a preset (nnsim list devices names them) or a YAML file")
	cmd.Flags().BoolVar(&csv, "csv", false, "print the layers as CSV on standard output")
	cmd.Flags().BoolVar(&estimate, "estimate", false, "also print what closed forms say of each unit of a pipeline (in --json it is always there)")
	cmd.Flags().StringVar(&input, "input", "", "values of the inputs: ramp, random or FILE.pb (an ONNX tensor)")
	cmd.Flags().StringVar(&expect, "expect", "", "FILE.pb that the output must equal")
	cmd.Flags().Float64Var(&rtol, "rtol", 1e-3, "relative tolerance against --expect")
	cmd.Flags().StringVar(&trace, "trace", "", "FILE to write a trace to, for the Perfetto viewer (ui.perfetto.dev)")
	cmd.Flags().BoolVar(&live, "live", false, "show the units in a browser while the run goes on; says where, and stays until Ctrl-C")
	f.device(cmd)
	f.common(cmd, "full")
	if err := cmd.RegisterFlagCompletionFunc("device", completeDevices); err != nil {
		panic(err)
	}
	complete(cmd, "input", "ramp", "random")
	return cmd
}

// stay keeps the page of a run that is done until the user has seen enough.
func stay(cmd *cobra.Command) {
	fmt.Fprintln(cmd.ErrOrStderr(), "the run is done; the page stays until Ctrl-C, open to whoever reaches this computer")
	<-cmd.Context().Done()
}

// writeTrace writes the trace of a run, and says what a machine without a timeline lacks.
func writeTrace(stderr io.Writer, path string, run *results.Run, line *results.Timeline, quiet bool) error {
	if len(line.Tracks) == 0 {
		if line = nil; !quiet {
			fmt.Fprintf(stderr, "trace: %s records no timeline of its units; the trace holds its layers\n", run.Device.Name)
		}
	}
	return report.WriteFile(path, func(w io.Writer) error { return report.Trace(w, run, line) })
}
