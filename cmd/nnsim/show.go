package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nnsim/arch"
	"nnsim/experiments"
	"nnsim/report"
	"nnsim/workloads"
)

func showCommand() *cobra.Command {
	var f flags
	var device string
	var steps, energy bool
	var write string
	var rank int
	cmd := &cobra.Command{
		Use:   "show DEVICE|WORKLOAD",
		Short: "Print a device as YAML, a workload's layers, or how one is mapped onto the other",
		Example: "  nnsim show tpu-v1 > mine.yaml\n  nnsim show resnet50\n  nnsim show resnet50 --device tpu-v1\n" +
			"  nnsim show \"gemm:m=4,n=4,k=6\" --device tiny-4x4 --steps\n  nnsim show eyeriss --energy",
		Args:              exactly(1, "a device or a workload (`nnsim list devices`, `nnsim list workloads`)"),
		ValidArgsFunction: completeShown,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		out, name := cmd.OutOrStdout(), args[0]
		switch {
		case steps && f.json:
			return fmt.Errorf("show: --steps is a drawing; leave --json out")
		case steps && device == "":
			return fmt.Errorf("show: --steps draws a workload on a device; name it with --device")
		case energy && experiments.IsDevice(name) && device == "":
			return f.showEnergy(out, name)
		case energy:
			return fmt.Errorf("show: --energy lists a device's prices; name a device, such as `nnsim show tpu-v1 --energy`")
		case rank < 0 || rank > 1_000_000:
			return fmt.Errorf("show: --rank is %d; write how many mappings of each layer to simulate, 1 to 1000000", rank)
		case rank > 0 && device == "":
			return fmt.Errorf("show: --rank is of a workload on a device; name the device with --device")
		case rank > 0:
			return f.showRanks(out, name, device, rank)
		case device != "":
			return f.showMapped(out, name, device, write, steps)
		case f.mapping != "default" || write != "":
			return fmt.Errorf("show: --mapping and --write-mapping are of a workload on a device; name the device with --device")
		case experiments.IsDevice(name):
			return f.showDevice(out, name)
		case len(f.sets) > 0:
			return fmt.Errorf("show: --set changes a device, and %q is none; name one with --device", name)
		}
		return f.showWorkload(out, name)
	}
	cmd.Flags().StringVar(&device, "device", "", "show how the workload is mapped onto this device")
	cmd.Flags().BoolVar(&steps, "steps", false, "draw the device edge by edge while it computes")
	cmd.Flags().BoolVar(&energy, "energy", false, "list what each event on the device costs, and where the figure is from")
	cmd.Flags().StringVar(&f.mapping, "mapping", "default", "how the workload is mapped: default, search (such as search,budget=50000) or FILE.yaml")
	cmd.Flags().StringVar(&write, "write-mapping", "", "FILE.yaml to write the mapping to, for --mapping FILE.yaml")
	cmd.Flags().IntVar(&rank, "rank", 0, "simulate so many mappings of each layer, and hold their reckoned costs against that")
	cmd.Flags().Int64Var(&f.seed, "seed", 0, "seed of the weights and inputs that are drawn")
	f.device(cmd)
	f.output(cmd)
	if err := cmd.RegisterFlagCompletionFunc("device", completeDevices); err != nil {
		panic(err)
	}
	return cmd
}

func completeShown(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	devices, _ := completeDevices(cmd, args, word)
	workloads, directive := completeWorkloads(cmd, args, word)
	return append(devices, workloads...), directive
}

// showDevice prints the YAML that describes a device, or its keys as JSON.
func (f *flags) showDevice(w io.Writer, name string) error {
	machine, err := experiments.OpenDevice(name, f.sets)
	if err != nil {
		return err
	}
	if f.json {
		return writeJSON(w, machine.Describe(machine.Native()))
	}
	text, ok := machine.(interface{ Text() []byte })
	if !ok {
		return fmt.Errorf("show: devices of kind %s have no YAML", machine.Kind())
	}
	_, err = w.Write(text.Text())
	return err
}

// showEnergy prints the price list that runs on a device will use.
func (f *flags) showEnergy(w io.Writer, name string) error {
	machine, err := experiments.OpenDevice(name, f.sets)
	if err != nil {
		return err
	}
	prices := machine.Prices(machine.Native())
	if f.json {
		return writeJSON(w, prices.Lines())
	}
	return prices.Text(w)
}

// showMapped prints how a workload is cut and placed on a device, or draws it.
func (f *flags) showMapped(w io.Writer, workload, device, write string, steps bool) error {
	e := experiments.Experiment{Device: device, Sets: f.sets, Workload: workload, Seed: f.seed, Check: arch.None, Mapping: f.mapping}
	p, err := e.Prepare()
	if err != nil {
		return err
	}
	if p.Plan == nil {
		return fmt.Errorf("show: %s has no layers to map; leave --device out", p.Workload.Spec)
	}
	if write != "" {
		if err := report.WriteFile(write, p.WriteMapping); err != nil {
			return err
		}
	}
	if f.json {
		return writeJSON(w, map[string]string{"workload": p.Workload.Spec, "device": p.Machine.Name(), "plan": p.Plan.String()})
	}
	if !steps {
		text := strings.TrimRight(p.Plan.String(), "\n")
		for _, note := range p.Notes() {
			text += "\n\n" + note
		}
		_, err := fmt.Fprintln(w, text)
		return err
	}
	drawn, ok := p.Machine.(interface {
		Steps(io.Writer, *workloads.Network) error
	})
	if !ok {
		return fmt.Errorf("show: devices of kind %s cannot be drawn step by step", p.Machine.Kind())
	}
	return drawn.Steps(w, p.Net)
}

// showRanks prints how reckoned costs of mappings stand to simulated times.
func (f *flags) showRanks(w io.Writer, workload, device string, rank int) error {
	e := experiments.Experiment{Device: device, Sets: f.sets, Workload: workload, Seed: f.seed, Check: arch.None, Mapping: f.mapping}
	p, err := e.Prepare()
	if err != nil {
		return err
	}
	if p.Plan == nil {
		return fmt.Errorf("show: %s has no layers to map; leave --rank out", p.Workload.Spec)
	}
	ranks, err := p.Rank(rank, e)
	switch {
	case err != nil:
		return err
	case f.json:
		return writeJSON(w, map[string]any{"workload": p.Workload.Spec, "device": p.Machine.Name(), "layers": ranks})
	}
	return experiments.WriteRanks(w, ranks)
}

// shownNode is one line of a workload's table.
type shownNode struct {
	Name    string `json:"name"`
	Op      string `json:"op"`
	Input   string `json:"input"`
	Output  string `json:"output"`
	MACs    int64  `json:"macs"`
	Weights int64  `json:"weights"`
}

// shownGraph is a workload's table and its sums.
type shownGraph struct {
	Workload string      `json:"workload"`
	MACs     int64       `json:"macs"`
	Params   int64       `json:"params"`
	Nodes    []shownNode `json:"nodes"`
}

// showWorkload prints a table of a network's nodes.
func (f *flags) showWorkload(w io.Writer, spec string) error {
	work, err := experiments.OpenWorkload(spec, f.seed)
	if err != nil {
		return err
	}
	shown := shownGraph{Workload: work.Spec, Nodes: []shownNode{}}
	if g := work.Graph; g != nil { // streams and idling have no nodes
		shown.MACs, shown.Params = workloads.GraphMACs(g), g.Params
		for _, n := range g.Nodes {
			shown.Nodes = append(shown.Nodes, shownNode{n.Name, n.Op, shapeOf(n.Input(0)), shapeOf(n.Out[0]), workloads.MACs(n), weightsOf(n)})
		}
	}
	if f.json {
		return writeJSON(w, shown)
	}
	return shown.write(w)
}

func (s shownGraph) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "node\top\tinput\toutput\tMACs\tweights\n")
	for _, n := range s.Nodes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\n", n.Name, n.Op, n.Input, n.Output, n.MACs, n.Weights)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s: %d nodes, %d MACs, %d parameters\n", s.Workload, len(s.Nodes), s.MACs, s.Params)
	return err
}

func shapeOf(t *workloads.Tensor) string {
	if t == nil {
		return "-"
	}
	return t.Shape.String()
}

// weightsOf counts the elements of a node's weights.
func weightsOf(n *workloads.Node) (total int64) {
	for _, t := range n.In {
		if t != nil && t.Role == workloads.Weight && t.Type.IsFloat() {
			total += t.Shape.Elements()
		}
	}
	return total
}
