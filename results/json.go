package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"nnsim/unit"
)

// WriteJSON writes the report with a stable order of keys and numbers as Go prints
// them: equal runs give equal bytes.
func (r *Run) WriteJSON(w io.Writer) error {
	return writeJSON(w, r.filled(), "the report of "+r.title())
}

// filled is the run with empty lists and maps in place of missing ones, which JSON
// would write as null.
func (r *Run) filled() *Run {
	c := *r
	if c.Layers == nil {
		c.Layers = []Layer{}
	}
	if c.Units == nil {
		c.Units = map[string]Unit{}
	}
	if c.EnergyByUnit == nil {
		c.EnergyByUnit = map[string]unit.Joules{}
	}
	if c.Device.Resolved == nil {
		c.Device.Resolved = map[string]string{}
	}
	return &c
}

// Comparison is several reports side by side, as compare --json writes them.
type Comparison struct {
	Runs  []*Run   `json:"runs"`
	Notes []string `json:"notes,omitempty"` // what a reader must know to find it fair
}

// WriteJSON writes all reports as one object.
func (c Comparison) WriteJSON(w io.Writer) error {
	filled := Comparison{Runs: make([]*Run, len(c.Runs)), Notes: c.Notes}
	for i, r := range c.Runs {
		filled.Runs[i] = r.filled()
	}
	return writeJSON(w, filled, "the comparison")
}

func writeJSON(w io.Writer, v any, what string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("results: %s cannot be written as JSON: %w", what, err)
	}
	_, err := w.Write(text.Bytes())
	return err
}

// longest is the largest report that is read, far beyond any that is written.
const longest = 1 << 30

// Read reads the report in a file written by WriteJSON.
func Read(path string) (*Run, error) {
	runs, err := ReadAll(path)
	if err != nil {
		return nil, err
	}
	if len(runs) != 1 {
		return nil, fmt.Errorf("%s: holds %d reports where one is wanted; write one with nnsim run --json", path, len(runs))
	}
	return runs[0], nil
}

// ReadAll reads the report, or all reports of a comparison, in a file.
func ReadAll(path string) ([]*Run, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file; give a report written by nnsim run --json", path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: is not a file; give a report written by nnsim run --json", path)
	case info.Size() > longest:
		return nil, fmt.Errorf("%s: %d bytes is too long for a report; the limit is 1 GiB", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	runs, err := Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return runs, nil
}

// Decode reads one report or a comparison from JSON text. Fields it does not know
// are passed over, as reports may gain fields.
func Decode(text []byte) ([]*Run, error) {
	var head struct {
		Schema *string           `json:"schema"`
		Runs   []json.RawMessage `json:"runs"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("is not a report: %s", whereInJSON(text, err))
	}
	if head.Schema == nil && head.Runs != nil {
		runs := make([]*Run, 0, len(head.Runs))
		for i, raw := range head.Runs {
			r, err := decodeRun(raw)
			if err != nil {
				return nil, fmt.Errorf("runs[%d]: %w", i, err)
			}
			runs = append(runs, r)
		}
		return runs, nil
	}
	r, err := decodeRun(text)
	if err != nil {
		return nil, err
	}
	return []*Run{r}, nil
}

func decodeRun(text []byte) (*Run, error) {
	r := &Run{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("is not a report: %s", whereInJSON(text, err))
	}
	switch {
	case r.Schema == "":
		return nil, fmt.Errorf("is not a report: it has no schema; reports are written by nnsim run --json")
	case r.Schema != Schema:
		return nil, fmt.Errorf("has schema %q; this program reads %q", r.Schema, Schema)
	}
	return r, nil
}

// whereInJSON turns an error of the JSON package into one line with a place.
func whereInJSON(text []byte, err error) string {
	line := func(offset int64) int {
		return 1 + bytes.Count(text[:min(max(offset, 0), int64(len(text)))], []byte("\n"))
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("line %d: %v", line(syntax.Offset), err)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return fmt.Sprintf("line %d: it is of JSON type %s; a report is an object", line(kind.Offset), kind.Value)
	}
	if errors.As(err, &kind) {
		return fmt.Sprintf("line %d: %s is a %s, want %v", line(kind.Offset), kind.Field, kind.Value, kind.Type)
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// columns is the table of layers as CSV; names are those of the JSON form.
var columns = []struct {
	name string
	text func(*Layer) string
}{
	{"name", func(l *Layer) string { return l.Name }},
	{"op", func(l *Layer) string { return l.Op }},
	{"macs", func(l *Layer) string { return whole(l.MACs) }},
	{"cycles", func(l *Layer) string { return whole(l.Cycles) }},
	{"start_cycle", func(l *Layer) string { return whole(l.StartCycle) }},
	{"utilization", func(l *Layer) string { return real(l.Utilization) }},
	{"dram_read_bytes", func(l *Layer) string { return whole(l.DRAMReadBytes) }},
	{"dram_write_bytes", func(l *Layer) string { return whole(l.DRAMWriteBytes) }},
	{"energy_joules", func(l *Layer) string { return real(float64(l.EnergyJoules)) }},
	{"mapping", func(l *Layer) string { return l.Mapping }},
}

func whole(n int64) string  { return strconv.FormatInt(n, 10) }
func real(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// WriteCSV writes one line a layer under a header of the JSON form's names.
func (r *Run) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for i := range r.Layers {
		for j, c := range columns {
			row[j] = c.text(&r.Layers[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
