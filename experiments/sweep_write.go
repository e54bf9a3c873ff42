package experiments

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Header names the columns of the table: the place in the list of points, the
// axes, the figures, and what became of the design.
func (t *Table) Header() []string {
	head := []string{"point"}
	for _, a := range t.Sweep.axes {
		head = append(head, a.name)
	}
	head = append(head, "status", "front")
	head = append(head, t.Sweep.Columns...)
	return append(head, "key", "error")
}

// WriteCSV writes the table: the same bytes whatever the number of workers, of
// shards, and of times it was interrupted.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Header()); err != nil {
		return err
	}
	for _, d := range t.Designs {
		if err := out.Write(t.row(d)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (t *Table) row(d Design) []string {
	row := append([]string{strconv.Itoa(d.Index)}, d.Point...)
	row = append(row, d.Status, strconv.FormatBool(d.Front))
	for i := range t.Sweep.Columns {
		row = append(row, d.text(i))
	}
	return append(row, d.Key, strings.Join(strings.Fields(d.Error), " "))
}

// text is a figure as the table has it; empty where there is none.
func (d Design) text(column int) string {
	if d.Values == nil {
		return ""
	}
	switch v := d.Values[column].(type) {
	case nil:
		return ""
	case float64:
		if v == float64(int64(v)) && v < 1<<53 && v > -1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// describe is the best design in a few words, for the line of progress.
func (s *Sweep) describe(d *Design) string {
	if d == nil || len(s.Objectives) == 0 {
		return ""
	}
	value := d.merits[0]
	if s.Objectives[0].Maximise {
		value = -value
	}
	return fmt.Sprintf("%s %.4g: %s", s.Objectives[0].Metric, value, s.name(d.Point))
}

// name is what tells a point from the others: the axes with more than one value.
func (s *Sweep) name(p Point) string {
	var words []string
	for i, a := range s.axes {
		if len(a.values) == 1 {
			continue
		}
		if i < 2 {
			words = append(words, p[i])
		} else {
			words = append(words, a.name+"="+p[i])
		}
	}
	return strings.Join(words, " ")
}

// MarshalJSON writes the table as {sweep, about, objectives, rows}, each row with
// the names of the CSV's columns.
func (t *Table) MarshalJSON() ([]byte, error) {
	rows := make([]map[string]any, 0, len(t.Designs))
	for _, d := range t.Designs {
		row := map[string]any{"point": d.Index, "status": d.Status, "front": d.Front, "key": d.Key, "error": d.Error}
		for i, a := range t.Sweep.axes {
			row[a.name] = d.Point[i]
		}
		for i, name := range t.Sweep.Columns {
			row[name] = nil
			if d.Values != nil {
				row[name] = d.Values[i]
			}
		}
		rows = append(rows, row)
	}
	objectives := append([]Objective{}, t.Sweep.Objectives...)
	return json.Marshal(map[string]any{"sweep": t.Sweep.Name, "about": t.Sweep.About, "objectives": objectives, "rows": rows})
}

// Counts is what became of the designs, in one line.
func (t *Table) Counts() string {
	return fmt.Sprintf("%d designs: %d ok, %d excluded by constraints, %d failed, %d missing; %d simulated now",
		len(t.Designs), t.Count("ok"), t.Count("excluded"), t.Count("failed"), t.Count("missing"), t.Simulated)
}

// shownFront is how many designs of the front the screen lists.
const shownFront = 30

// WriteScreen prints what was asked and the designs worth choosing from, the
// best in the first objective first.
func (t *Table) WriteScreen(w io.Writer) error {
	s := t.Sweep
	var chosen []Design
	for _, d := range t.Designs {
		if d.Front {
			chosen = append(chosen, d)
		}
	}
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if s.About != "" {
		fmt.Fprintln(out, s.About)
	}
	fmt.Fprintln(out, t.Counts())
	if len(chosen) > 0 {
		t.writeFront(out, chosen)
	}
	return out.Flush()
}

func (t *Table) writeFront(out io.Writer, chosen []Design) {
	s := t.Sweep
	sort.SliceStable(chosen, func(i, j int) bool {
		if a, b := chosen[i].Point[1], chosen[j].Point[1]; a != b {
			return slices.Index(s.axes[1].values, a) < slices.Index(s.axes[1].values, b)
		}
		return chosen[i].merits[0] < chosen[j].merits[0]
	})
	fmt.Fprintf(out, "\nof each workload, no other design is better in every way than these %d:\n\n", len(chosen))
	var head []string
	for i, a := range s.axes {
		if len(a.values) != 1 || i < 2 {
			head = append(head, a.name)
		}
	}
	for _, o := range s.Objectives {
		head = append(head, o.String())
	}
	fmt.Fprintln(out, strings.Join(head, "\t"))
	for _, d := range chosen[:min(shownFront, len(chosen))] {
		var row []string
		for i, a := range s.axes {
			if len(a.values) != 1 || i < 2 {
				row = append(row, d.Point[i])
			}
		}
		for i, o := range s.Objectives {
			v := d.merits[i]
			if o.Maximise {
				v = -v
			}
			row = append(row, strconv.FormatFloat(v, 'g', 5, 64))
		}
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	if n := len(chosen) - shownFront; n > 0 {
		fmt.Fprintf(out, "… and %d more (-o FILE.csv has them all)\n", n)
	}
}
