package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nnsim/experiments"
	"nnsim/workloads/catalog"
)

func listCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:       "list devices|workloads",
		Short:     "List the devices or the workloads that come with the program",
		Args:      exactly(1, "what to list: devices or workloads"),
		ValidArgs: []string{"devices", "workloads"},
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		entries, ok := listed(args[0])
		if !ok {
			return fmt.Errorf("list: there are no %q%s", args[0], hint(args[0], cmd.ValidArgs))
		}
		if f.json {
			return writeJSON(cmd.OutOrStdout(), map[string][]entry{args[0]: entries})
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
		for _, e := range entries {
			fmt.Fprintf(w, "%s\t%s\n", e.Name, e.About)
		}
		return w.Flush()
	}
	f.output(cmd)
	return cmd
}

// entry is one line of a list.
type entry struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Form  string `json:"form,omitempty"` // how a workload's options are written
}

func listed(what string) (list []entry, ok bool) {
	switch what {
	case "devices":
		for _, p := range experiments.Presets() {
			list = append(list, entry{p.Name, p.About, ""})
		}
		return list, true
	case "workloads":
		for _, e := range catalog.Entries() {
			list = append(list, entry{e.Name, e.About, e.Form})
		}
		return list, true
	}
	return nil, false
}
