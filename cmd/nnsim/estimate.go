package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"nnsim/results"
)

// writeEstimates sets what closed forms say of each unit beside what it takes in the
// simulation by itself, for machines whose units have both.
func writeEstimates(w io.Writer, run *results.Run) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows, differ := 0, 0
	fmt.Fprint(table, "\nunit\testimated\tsimulated alone\tdifference\tfpgaConvNet's layer\t\n")
	for _, name := range slices.Sorted(maps.Keys(run.Units)) {
		events := run.Units[name].Events
		said, took := events["estimated_cycles"], events["alone_cycles"]
		if said == 0 {
			continue
		}
		rows++
		if said != took {
			differ++
		}
		layer := ""
		if n := events["fpgaconvnet_cycles"]; n > 0 {
			layer = fmt.Sprint(n)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%+d (%+.1f %%)\t%s\t\n", name, said, took, took-said, 100*float64(took-said)/float64(said), layer)
	}
	if rows == 0 {
		_, err := fmt.Fprintf(w, "\n%s has no closed forms beside its simulation (--estimate is for pipelines on FPGAs)\n", run.Device.Name)
		return err
	}
	if p := run.Units["pipeline"].Events; len(p) > 0 {
		fmt.Fprintf(table, "one frame\t%d\t%d\t\t\t\nfrom frame to frame\t%d\t%d\t\t\t\n", p["estimated_latency_cycles"], p["first_frame_cycles"],
			p["estimated_interval_cycles"], p["interval_cycles"])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d of %d units differ from their estimate, in cycles a frame\n", differ, rows)
	return err
}
