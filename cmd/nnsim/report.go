package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nnsim/report"
	"nnsim/results"
)

// mostRuns is how many runs one page holds.
const mostRuns = 64

func reportCommand() *cobra.Command {
	var out string
	var objectives []string
	cmd := &cobra.Command{
		Use:     "report RUN.json... [SWEEP.csv] -o FILE.html",
		Short:   "Draw runs, side by side, as one page for a browser",
		Example: "  nnsim run resnet50 --device tpu-v1 --json > tpu.json\n  nnsim report tpu.json -o report.html",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("report: a run report is missing; give one that `nnsim run --json` or `nnsim compare --json` wrote")
		}
		if out == "" {
			return fmt.Errorf("report: -o is missing; say where to write the page, such as -o report.html")
		}
		runs, sweep, err := readAll(args, objectives)
		if err != nil {
			return err
		}
		return report.WriteFile(out, func(w io.Writer) error { return report.Page(w, runs, sweep) })
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the page to write")
	cmd.Flags().StringSliceVar(&objectives, "objectives", nil, "two columns of SWEEP.csv to draw, such as min:seconds,max:utilization")
	return cmd
}

// readAll reads run reports, and the one table of designs that may be among them.
func readAll(paths, objectives []string) (runs []*results.Run, sweep *report.Sweep, err error) {
	for _, path := range paths {
		if strings.EqualFold(filepath.Ext(path), ".csv") {
			if sweep != nil {
				return nil, nil, fmt.Errorf("%s: is the second table of designs; a page holds one", path)
			}
			if sweep, err = report.ReadSweep(path, objectives); err != nil {
				return nil, nil, err
			}
			continue
		}
		more, err := results.ReadAll(path)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, more...)
	}
	switch {
	case len(runs) > mostRuns:
		return nil, nil, fmt.Errorf("report: %d runs are too many for a page; give at most %d", len(runs), mostRuns)
	case len(runs) == 0 && sweep == nil:
		return nil, nil, fmt.Errorf("report: the files hold no run; give one that `nnsim run --json` wrote")
	case len(objectives) > 0 && sweep == nil:
		return nil, nil, fmt.Errorf("objectives: there is no table of designs; give a CSV of a sweep, or leave --objectives out")
	}
	return runs, sweep, nil
}
