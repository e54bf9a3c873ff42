package report

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"nnsim/unit/spell"
)

// Sweep is a table of designs: a line a design, a column a setting or a figure.
type Sweep struct {
	Name    string
	columns []string
	rows    [][]string
	objects [2]objective
	axes    []int    // columns drawn side by side
	groups  []string // workloads, of which each has a front of its own
	group   []int    // by row: its group
	failed  int      // designs without a figure for an objective
}

// objective is a column that is to be small, or large.
type objective struct {
	column int
	large  bool
}

// longest is the largest table of designs that is read.
const longest = 256 << 20

// usual are the objectives taken where none are named and the table has them.
var usual = [][2]string{
	{"min:seconds", "min:energy_joules"}, {"min:seconds", "min:energy_per_inference_joules"}, {"max:throughput_per_second", "min:energy_per_inference_joules"},
	{"min:seconds", "min:area_mm2"}, {"min:cycles", "min:energy_joules"}, {"min:seconds", "min:average_power_watts"},
}

// ReadSweep reads a CSV of designs under a header. Objectives are two columns, such
// as min:seconds and max:throughput_per_second (min where nothing is said); with
// none, time against energy.
func ReadSweep(path string, objectives []string) (*Sweep, error) {
	records, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	if len(records) < 2 {
		return nil, fmt.Errorf("%s: holds no designs; give a CSV with a header and a line a design", path)
	}
	s := &Sweep{Name: filepath.Base(path), columns: records[0], rows: records[1:]}
	if len(objectives) == 0 {
		if objectives = s.choose(); objectives == nil {
			return nil, fmt.Errorf("%s: has no columns for time and energy (seconds, energy_joules); name two with --objectives", path)
		}
	}
	if len(objectives) != 2 {
		return nil, fmt.Errorf("objectives: %d are named; the picture has two axes: name two, such as min:seconds,min:energy_joules", len(objectives))
	}
	for i, text := range objectives {
		if s.objects[i], err = s.objective(text); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if s.keepNumbers(); len(s.rows) == 0 {
		return nil, fmt.Errorf("%s: no design has numbers for both %s and %s", path, s.label(0), s.label(1))
	}
	s.axes = s.varying()
	s.divide()
	return s, nil
}

// divide groups the designs by their workload, without its options: designs for one
// network do not compete with those for another, those for two batches do.
func (s *Sweep) divide() {
	s.group, s.groups = make([]int, len(s.rows)), []string{""}
	column := slices.Index(s.columns, "workload")
	if column < 0 {
		return
	}
	s.groups = nil
	for i, row := range s.rows {
		name := row[column]
		if !strings.Contains(name, ":") { // of an operator, the options are the workload
			name, _, _ = strings.Cut(name, ",")
		}
		if s.group[i] = slices.Index(s.groups, name); s.group[i] < 0 {
			s.group[i], s.groups = len(s.groups), append(s.groups, name)
		}
	}
}

// readCSV reads a table whole; its lines all have as many cells as the header.
func readCSV(path string) ([][]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file; give a CSV of designs", path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a file; give a CSV of designs", path)
	case info.Size() > longest:
		return nil, fmt.Errorf("%s: %d bytes is too long for a page; the limit is 256 MiB", path, info.Size())
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: is no table of designs: %s", path, oneLine(err.Error()))
	}
	return records, nil
}

// choose finds usual objectives among the columns.
func (s *Sweep) choose() []string {
	for _, pair := range usual {
		_, x := s.objective(pair[0])
		_, y := s.objective(pair[1])
		if x == nil && y == nil {
			return pair[:]
		}
	}
	return nil
}

// objective reads "min:column" or "max:column".
func (s *Sweep) objective(text string) (objective, error) {
	name, large := strings.CutPrefix(text, "max:")
	if !large {
		name = strings.TrimPrefix(name, "min:")
	}
	i := slices.Index(s.columns, name)
	if i < 0 {
		hint := spell.DidYouMean(name, s.columns)
		if hint == "" {
			hint = "; there are " + strings.Join(s.columns[:min(12, len(s.columns))], ", ")
		}
		return objective{}, fmt.Errorf("objective %q: there is no column %q%s", text, name, hint)
	}
	return objective{i, large}, nil
}

// keepNumbers drops designs that lack a figure, as those do that failed.
func (s *Sweep) keepNumbers() {
	before := len(s.rows)
	s.rows = slices.DeleteFunc(s.rows, func(row []string) bool {
		return math.IsNaN(number(row[s.objects[0].column])) || math.IsNaN(number(row[s.objects[1].column]))
	})
	s.failed = before - len(s.rows)
}

// number is the value of a cell; NaN where it is none.
func number(cell string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	if err != nil || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// value is a design's figure for an objective.
func (s *Sweep) value(row, object int) float64 {
	return number(s.rows[row][s.objects[object].column])
}

// label names an objective.
func (s *Sweep) label(object int) string { return s.columns[s.objects[object].column] }

// cost is an objective's figure turned so that less is better.
func (s *Sweep) cost(row, object int) float64 {
	if s.objects[object].large {
		return -s.value(row, object)
	}
	return s.value(row, object)
}

// fronts lists, by group, the designs that no other of the group beats in one
// objective without losing in the other, from the best of the first objective on.
// Of equal designs the first is listed.
func (s *Sweep) fronts() [][]int {
	order := make([]int, len(s.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.cost(a, 0), s.cost(b, 0)), cmp.Compare(s.cost(a, 1), s.cost(b, 1)))
	})
	lists, best := make([][]int, len(s.groups)), make([]float64, len(s.groups))
	for g := range best {
		best[g] = math.Inf(1)
	}
	for _, i := range order {
		if g, c := s.group[i], s.cost(i, 1); c < best[g] {
			best[g], lists[g] = c, append(lists[g], i)
		}
	}
	return lists
}

// front lists the designs of all fronts.
func (s *Sweep) front() []int { return slices.Concat(s.fronts()...) }
