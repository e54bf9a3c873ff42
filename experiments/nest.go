package experiments

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"nnsim/mapping/nestmodel"
	"nnsim/workloads"
)

// Nest is a mapping in Timeloop's form: counted on an architecture, and beside it
// followed tile by tile.
type Nest struct {
	Name     string           `json:"mapping"`
	Arch     string           `json:"architecture"`
	Problem  string           `json:"problem"`
	MACs     int64            `json:"macs"`
	Cycles   int64            `json:"cycles"` // by throughput alone
	Energy   float64          `json:"energy_joules"`
	Levels   []NestLevel      `json:"levels"`
	Followed nestmodel.Timing `json:"-"`
	Timing   NestTiming       `json:"simulated"`

	nest *nestmodel.Nest
}

// NestLevel is the traffic of one tensor at one level, of one instance.
type NestLevel struct {
	Level     string  `json:"level"`
	Tensor    string  `json:"tensor"`
	Instances int64   `json:"instances"`
	Tile      int64   `json:"tile_words"`
	Reads     int64   `json:"reads"`
	Fills     int64   `json:"fills"`
	Updates   int64   `json:"updates"`
	Energy    float64 `json:"energy_joules"` // of all instances
	Cycles    int64   `json:"cycles"`        // of the level's ports, all tensors together
	Slowdown  float64 `json:"slowdown"`
}

// NestTiming is what the tiles took one after another.
type NestTiming struct {
	Cycles int64            `json:"cycles"`
	Fill   int64            `json:"fill_cycles"`
	Steps  int64            `json:"multiplying_cycles"`
	Stall  map[string]int64 `json:"stall_cycles"` // by level waited for
	Drain  int64            `json:"drain_cycles"`
}

// OpenNest reads a mapping in Timeloop's form, text or YAML, and counts it on an
// architecture by name or of a file. work is
// the convolution, where strides cannot be told from the mapping; "" if they can.
func OpenNest(path, arch, work string) (*Nest, error) {
	a, err := openArchitecture(arch)
	if err != nil {
		return nil, err
	}
	text, err := readSmall("mapping", path)
	if err != nil {
		return nil, err
	}
	read := nestmodel.ReadText
	if isYAML(path) {
		read = nestmodel.ReadYAML
	}
	n, err := read(path, text)
	if err != nil {
		return nil, err
	}
	if work != "" {
		if n.Problem, err = problemOf(work); err != nil {
			return nil, err
		}
	}
	if err := n.Check(a); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return count(path, n, a)
}

// problemOf is the convolution of a workload.
func problemOf(spec string) (p nestmodel.Problem, err error) {
	w, err := OpenWorkload(spec, 0)
	if err != nil {
		return p, err
	}
	if w.Graph == nil || len(w.Graph.Nodes) != 1 {
		return p, fmt.Errorf("workload %s: a nest is of one convolution, such as conv:c=64,h=58,w=58,k=64,r=3,s=3", spec)
	}
	s, ok := workloads.MatrixOf(w.Graph.Nodes[0])
	if !ok || s.Groups > 1 || s.Batch > 1 {
		return p, fmt.Errorf("workload %s: a nest is of one convolution or product without groups", spec)
	}
	p.Bound = [nestmodel.Dims]int{nestmodel.N: s.Images, nestmodel.C: s.C, nestmodel.M: s.K, nestmodel.R: s.R, nestmodel.S: s.S, nestmodel.P: s.OH, nestmodel.Q: s.OW}
	p.StrideH, p.StrideW, p.DilH, p.DilW = s.StrideH, s.StrideW, s.DilH, s.DilW
	return p, nil
}

// count counts and follows a nest.
func count(name string, n *nestmodel.Nest, a *nestmodel.Architecture) (*Nest, error) {
	var r nestmodel.Result
	nestmodel.Count(n, a, &r)
	t, err := nestmodel.Simulate(n, a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	const pJ = 1e-12
	out := &Nest{Name: name, Arch: a.Name, Problem: n.Problem.String(), MACs: r.MACs, Cycles: r.Cycles, Energy: r.PicoJ * pJ, Followed: t, nest: n,
		Timing: NestTiming{Cycles: t.Cycles, Fill: t.Fill, Steps: t.Steps, Stall: map[string]int64{}, Drain: t.Drain}}
	for i := len(n.Tilings) - 1; i >= 0; i-- {
		l := &r.Levels[i]
		if t.Stall[i] > 0 {
			out.Timing.Stall[n.Tilings[i].Level] = t.Stall[i]
		}
		for k, c := range l.Tensors {
			if n.Tilings[i].Keeps[k] {
				out.Levels = append(out.Levels, NestLevel{n.Tilings[i].Level, nestmodel.Tensor(k).String(), l.Instances, c.Tile, c.Reads, c.Fills, c.Updates,
					l.PicoJ[k] * pJ, l.Cycles, l.Slowdown})
			}
		}
	}
	return out, nil
}

// Text prints the nest, its traffic and its times.
func (n *Nest) Text(w io.Writer) error {
	fmt.Fprintf(w, "%s on %s: %s, %d MACs\n\n%s", n.Name, n.Arch, n.Problem, n.MACs, n.nest)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "level\ttensor\tinstances\treads\tfills\tupdates\tnJ\t")
	for _, l := range n.Levels {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%.2f\t\n", l.Level, l.Tensor, l.Instances, l.Reads, l.Fills, l.Updates, l.Energy*1e9)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var stalls []string
	for _, l := range n.Levels {
		if c := n.Timing.Stall[l.Level]; c > 0 && !strings.Contains(strings.Join(stalls, " "), l.Level) {
			stalls = append(stalls, fmt.Sprintf("%d for %s", c, l.Level))
		}
	}
	waits := "none"
	if len(stalls) > 0 {
		waits = strings.Join(stalls, ", ")
	}
	s := n.Timing
	_, err := fmt.Fprintf(w, "\ncounted    %d cycles by throughput alone, %.2f µJ\nsimulated  %d cycles: fill %d, multiplying %d, drain %d; waiting: %s\n",
		n.Cycles, n.Energy*1e6, s.Cycles, s.Fill, s.Steps, s.Drain, waits)
	return err
}

// NestCase is one case of a folder of Timeloop's runs, held against our counts.
type NestCase struct {
	Name      string   `json:"case"`
	Cycles    int64    `json:"cycles"`
	Simulated int64    `json:"simulated_cycles"`
	Energy    float64  `json:"energy_joules"`
	Figures   int      `json:"figures"` // compared
	Wrong     []string `json:"wrong"`   // those that differ
}

// NestCases holds every case of a folder against its tables: summary.csv, levels.csv
// and cases/NAME/timeloop-model.map.txt, as Timeloop's runs leave them.
func NestCases(dir string) (list []NestCase, err error) {
	summary, err := namedRows(filepath.Join(dir, "summary.csv"))
	if err != nil {
		return nil, err
	}
	levels, err := namedRows(filepath.Join(dir, "levels.csv"))
	if err != nil {
		return nil, err
	}
	byCase := map[string][]map[string]string{}
	for _, row := range levels {
		byCase[row["case"]] = append(byCase[row["case"]], row)
	}
	for _, row := range summary {
		c := NestCase{Name: row["case"], Wrong: []string{}}
		path := filepath.Join(dir, "cases", c.Name, "timeloop-model.map.txt")
		if n, err := OpenNest(path, row["arch"], ""); err != nil {
			c.Wrong = append(c.Wrong, err.Error())
		} else {
			c.Cycles, c.Simulated, c.Energy = n.Cycles, n.Timing.Cycles, n.Energy
			c.compare(n, row, byCase[c.Name])
		}
		list = append(list, c)
	}
	return list, nil
}

// compare holds a count against the rows of its case. Counts must be equal, energies
// to the last digit that is printed.
func (c *NestCase) compare(n *Nest, sum map[string]string, rows []map[string]string) {
	figure := func(what, text string, got, digit float64) {
		want, err := strconv.ParseFloat(text, 64)
		if c.Figures++; err != nil || math.Abs(want-got) > digit*(1+1e-9) {
			c.Wrong = append(c.Wrong, fmt.Sprintf("%s: %s expected, %.2f counted", what, text, got))
		}
	}
	const half = 0.005 // of the second decimal
	figure("cycles", sum["cycles"], float64(n.Cycles), 0)
	figure("energy_uJ", sum["energy_uJ"], n.Energy*1e6, half)
	for _, row := range rows {
		for _, l := range n.Levels {
			if l.Level != row["level"] {
				continue
			}
			if row["dataspace"] == "_cycles" {
				figure(l.Level+" cycles", row["cycles"], float64(l.Cycles), 0)
				break // once for all tensors
			}
			if where := l.Level + " " + l.Tensor; l.Tensor == row["dataspace"] && row["instances"] != "" {
				figure(where+" reads", row["reads"], float64(l.Reads), 0)
				figure(where+" fills", row["fills"], float64(l.Fills), 0)
				figure(where+" updates", row["updates"], float64(l.Updates), 0)
				figure(where+" energy_pJ", row["energy_pJ"], l.Energy*1e12, half)
			}
		}
	}
}

// namedRows reads a CSV file as rows of named columns.
func namedRows(path string) (rows []map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cases %s: %w", path, plainCause(err))
	}
	defer f.Close() //nolint:errcheck // read only
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cases %s: %w", path, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("cases %s: empty; its first line names the columns", path)
	}
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, v := range r {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows, nil
}
