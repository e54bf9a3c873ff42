package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"nnsim/experiments"
	"nnsim/mapping/nestmodel"
)

func nestCommand() *cobra.Command {
	var f flags
	var arch, work, cases string
	cmd := &cobra.Command{
		Use:   "nest MAPPING",
		Short: "Count a mapping in Timeloop's form, and follow its tiles",
		Long: "Count a mapping in Timeloop's form (timeloop-model.map.txt or timeloop-mapper.map.yaml): reads, fills and\n" +
			"updates of every level and tensor, cycles by throughput, energy; beside it the tiles are followed one after\n" +
			"another, which shows fill, drain and stalls. With --cases, a folder of that tool's runs is held against ours.\n" +
			"The architecture is one by name or a file; without a mapping it is printed as such a file, to start one's own.",
		Example: "  nnsim nest timeloop-model.map.txt --arch eyeriss-like\n  nnsim nest examples/nest/mapping.yaml --arch examples/nest/architecture.yaml\n" +
			"  nnsim nest --arch eyeriss-like > mine.yaml\n  nnsim nest --cases runs/",
		Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		out := cmd.OutOrStdout()
		switch {
		case cases != "" && len(args) == 0:
			return f.nestCases(out, cases)
		case len(args) == 0 && cases == "" && arch != "":
			if f.json || work != "" {
				return fmt.Errorf("nest: without a mapping --arch prints the architecture as YAML; leave --json and --workload out")
			}
			return experiments.WriteArchitecture(out, arch)
		case len(args) != 1 || cases != "":
			return fmt.Errorf("nest: name one mapping, such as timeloop-model.map.txt, or a folder of runs with --cases")
		case arch == "":
			return fmt.Errorf("nest: name the architecture with --arch: %s, or a file FILE.yaml", nestmodel.Names())
		}
		n, err := experiments.OpenNest(args[0], arch, work)
		if err != nil {
			return err
		}
		if f.json {
			return writeJSON(out, n)
		}
		return n.Text(out)
	}
	cmd.Flags().StringVar(&arch, "arch", "", "the architecture mapped onto: "+nestmodel.Names()+", or FILE.yaml")
	cmd.Flags().StringVar(&work, "workload", "", "the convolution, where its strides cannot be told from the mapping")
	cmd.Flags().StringVar(&cases, "cases", "", "a folder with summary.csv, levels.csv and cases/, to compare with")
	f.output(cmd)
	return cmd
}

// nestCases prints what equals and what does not.
func (f *flags) nestCases(w io.Writer, dir string) error {
	list, err := experiments.NestCases(dir)
	if err != nil {
		return err
	}
	wrong, figures := 0, 0
	for _, c := range list {
		figures += c.Figures
		if len(c.Wrong) > 0 {
			wrong++
		}
	}
	var verdict error
	if wrong > 0 {
		verdict = experiments.Failure{Reason: fmt.Sprintf("nest: %d of %d cases differ", wrong, len(list))}
	}
	if f.json {
		return errors.Join(verdict, writeJSON(w, map[string][]experiments.NestCase{"cases": list}))
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "case\tcycles\tsimulated\tµJ\tequal")
	for _, c := range list {
		equal := fmt.Sprintf("%d figures", c.Figures)
		if n := len(c.Wrong); n > 0 {
			equal = fmt.Sprintf("%d of %d differ: %s", n, c.Figures, c.Wrong[0])
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%s\n", c.Name, c.Cycles, c.Simulated, c.Energy*1e6, equal)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%d cases, %d figures: %d cases equal\n", len(list), figures, len(list)-wrong)
	return errors.Join(verdict, err)
}
