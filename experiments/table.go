package experiments

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"nnsim/unit/spell"
)

// columns of a validation table, all of them required.
var columns = []string{"device", "set", "workload", "metric", "expected", "tolerance", "unit", "source"}

// tableLimit is the longest validation table that is read.
const tableLimit = 64 << 20

// Row is one line of a validation table: an experiment and what the world says
// of one figure of its report.
type Row struct {
	Line      int    `json:"line"`
	Device    string `json:"device"`
	Set       string `json:"set"`
	Workload  string `json:"workload"`
	Metric    string `json:"metric"`
	Expected  string `json:"expected"`
	Tolerance string `json:"tolerance"`
	Unit      string `json:"unit"`
	Source    string `json:"source"`
}

// Sets is the set column as --set would take it.
func (r Row) Sets() (sets []string) {
	for _, s := range strings.Split(r.Set, ";") {
		if s = strings.TrimSpace(s); s != "" {
			sets = append(sets, s)
		}
	}
	return sets
}

// within tells whether a figure is near enough: "5%" is relative to what is
// expected, a bare number absolute, 0 exact.
func (r Row) within(got, expected float64) bool {
	tolerance, relative, err := parseTolerance(r.Tolerance)
	if err != nil || math.IsNaN(got) {
		return false
	}
	if relative {
		tolerance *= math.Abs(expected)
	}
	return math.Abs(got-expected) <= tolerance
}

// parseTolerance reads a tolerance column; a relative one as a fraction.
func parseTolerance(s string) (value float64, relative bool, err error) {
	number, relative := strings.CutSuffix(strings.TrimSpace(s), "%")
	value, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return 0, false, fmt.Errorf("tolerance: %q: write a share such as 5%%, a number in the metric's unit, or 0 for exact", s)
	}
	if relative {
		value /= 100
	}
	return value, relative, nil
}

// ReadTable reads a validation table from a file.
func ReadTable(path string) ([]Row, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, plainCause(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file; give a CSV of validation rows", path)
	case info.Size() > tableLimit:
		return nil, fmt.Errorf("%s: %d bytes long; a validation table has at most %d", path, info.Size(), tableLimit)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plainCause(err))
	}
	return ParseTable(path, text)
}

// ParseTable reads a validation table. Errors name file, line, column and value.
func ParseTable(name string, text []byte) ([]Row, error) {
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no header line; the first line is %s", name, strings.Join(columns, ","))
	}
	place, err := placeColumns(header)
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w", name, err)
	}
	var rows []Row
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s", name, csvFault(err))
		}
		line, _ := reader.FieldPos(0)
		row, err := readRow(line, record, place)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows below the header", name)
	}
	return rows, nil
}

func csvFault(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("line %d: %v; quote values that hold commas, and give %d columns", parse.Line, parse.Err, len(columns))
	}
	return err.Error()
}

// placeColumns finds where each column stands.
func placeColumns(header []string) (map[string]int, error) {
	place := map[string]int{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, twice := place[name]; twice {
			return nil, fmt.Errorf("column %q is given twice", name)
		}
		known := false
		for _, c := range columns {
			known = known || c == name
		}
		if !known {
			return nil, fmt.Errorf("column %q is not known%s; the columns are %s", name, spell.DidYouMean(name, columns), strings.Join(columns, ","))
		}
		place[name] = i
	}
	for _, c := range columns {
		if _, ok := place[c]; !ok {
			return nil, fmt.Errorf("column %q is missing; the columns are %s", c, strings.Join(columns, ","))
		}
	}
	return place, nil
}

func readRow(line int, record []string, place map[string]int) (Row, error) {
	at := func(column string) string { return strings.Clone(strings.TrimSpace(record[place[column]])) }
	r := Row{line, at("device"), at("set"), at("workload"), at("metric"), at("expected"), at("tolerance"), at("unit"), at("source")}
	for _, c := range []string{"device", "workload", "metric", "expected"} {
		if at(c) == "" {
			return r, fmt.Errorf("%s: missing", c)
		}
	}
	_, _, err := parseTolerance(r.Tolerance)
	return r, err
}

// plainCause is an error of the file system without the path, which the caller names.
func plainCause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
