package experiments

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"nnsim/arch"
	"nnsim/results"
	"nnsim/unit"
)

//go:embed tables/*.csv
var tables embed.FS

// Tables lists the validation tables that come with the program.
func Tables() (names []string) {
	names, _ = fs.Glob(tables, "tables/*.csv")
	return names
}

// table is a named list of rows.
type table struct {
	name string
	rows []Row
}

// Validation runs the rows of tables and compares.
type Validation struct {
	Paths    []string // none: the tables that come with the program
	Check    arch.Mode
	Seed     int64
	Mapping  string // of every row: see Experiment
	Workers  int
	Progress func(done, total int)
}

// Run runs every distinct experiment of all tables once, in parallel, and scores
// each table. An error means that a table could not be read; a row that cannot
// be run is a failed row.
func (v Validation) Run(ctx context.Context) ([]FileReport, error) {
	list, err := v.read()
	if err != nil {
		return nil, err
	}
	runs, err := v.runAll(ctx, list)
	if err != nil {
		return nil, err
	}
	var reports []FileReport
	for _, t := range list {
		outcomes := make([]Outcome, len(t.rows))
		for i, row := range t.rows {
			a := runs[keyOf(row)]
			outcomes[i] = compareRow(row, a)
			if b, ok := boundsOf(row, a.run, a.compulsory); ok {
				outcomes[i].bounds = &b
			}
		}
		reports = append(reports, score(t.name, outcomes))
	}
	return reports, nil
}

func (v Validation) read() (list []table, err error) {
	for _, path := range v.Paths {
		rows, err := ReadTable(path)
		if err != nil {
			return nil, err
		}
		list = append(list, table{path, rows})
	}
	if len(v.Paths) > 0 {
		return list, nil
	}
	for _, name := range Tables() {
		text, err := tables.ReadFile(name)
		if err != nil {
			return nil, err
		}
		rows, err := ParseTable(name, text)
		if err != nil {
			return nil, err
		}
		list = append(list, table{name, rows})
	}
	return list, nil
}

// key says which experiment a row needs; rows with the same key share one run.
type key struct{ device, set, workload string }

func keyOf(r Row) key { return key{r.Device, r.Set, r.Workload} }

// answer is what an experiment gave.
type answer struct {
	run        *results.Run
	compulsory int64 // bytes that must cross the off-chip boundary
	err        error
}

// runAll runs the distinct experiments of the tables, so many at a time.
func (v Validation) runAll(ctx context.Context, list []table) (map[key]*answer, error) {
	answers, order := map[key]*answer{}, []Row(nil)
	for _, t := range list {
		for _, row := range t.rows {
			if answers[keyOf(row)] == nil {
				answers[keyOf(row)] = &answer{}
				order = append(order, row)
			}
		}
	}
	done := make(chan struct{}, len(order))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, v.Workers) + 1) // one of them only counts
	group.Go(func() error {
		for n := 1; n <= len(order); n++ {
			select {
			case <-done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if v.Progress != nil {
				v.Progress(n, len(order))
			}
		}
		return nil
	})
	for _, row := range order {
		a := answers[keyOf(row)]
		group.Go(func() error {
			e := Experiment{Device: row.Device, Sets: row.Sets(), Workload: row.Workload, Check: v.Check, Seed: v.Seed, Mapping: v.Mapping}
			a.run, a.compulsory, a.err = e.weighed(ctx)
			done <- struct{}{}
			return ctx.Err()
		})
	}
	return answers, group.Wait()
}

// compareRow holds one figure of a run against what the world says.
func compareRow(row Row, a *answer) Outcome {
	o := Outcome{Row: row, Error: -1}
	if a.err != nil {
		o.Fault = a.err.Error()
	}
	if a.run == nil || a.err != nil { // a run that broke a check is no evidence
		o.expected, o.numeric = number(row.Expected)
		return o
	}
	value, err := results.Lookup(a.run, row.Metric)
	if err != nil {
		o.Fault = err.Error()
		o.expected, o.numeric = number(row.Expected)
		return o
	}
	return o.hold(value)
}

// hold compares a value of a report with the row's: a string as text, whatever
// it looks like, anything else as a number.
func (o Outcome) hold(value any) Outcome {
	switch v := value.(type) {
	case string:
		o.Got, o.OK = v, v == o.Expected
		if o.OK {
			o.Error = 0
		}
		return o
	case bool:
		return o.hold(strconv.FormatBool(v))
	case float64:
		o.Got = strconv.FormatFloat(v, 'g', -1, 64)
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			o.Got = strconv.FormatInt(int64(v), 10)
		}
	default:
		o.Fault = fmt.Sprintf("%s is no single value; name one figure of the report", o.Metric)
		return o
	}
	got, ok := number(o.Got)
	expected, alsoOK := number(o.Expected)
	if !ok || !alsoOK {
		o.Fault = fmt.Sprintf("%s is the number %s, expected is %q; write a number", o.Metric, o.Got, o.Expected)
		return o
	}
	o.got, o.expected, o.numeric = got, expected, true
	o.OK, o.Error = o.within(got, expected), relative(got, expected)
	if base, factor := o.scale(); !o.OK && factor != 1 {
		o.Fault = fmt.Sprintf("unit %q: %s of a report is in %s; write %g and %s", o.Unit, o.Metric, base, expected*factor, base)
	}
	return o
}

// scale is the unit that the row's metric has in a report, and how many of it the row's own
// unit is; 1 where that is the same, or no unit of the kind.
func (r Row) scale() (base string, factor float64) {
	switch m := r.Metric; {
	case strings.HasSuffix(m, "bytes_per_second"):
		return "B/s", inBase(r.Unit, unit.ParseBytesPerSecond)
	case strings.HasSuffix(m, "seconds"):
		return "s", inBase(r.Unit, unit.ParseSeconds)
	case strings.HasSuffix(m, "_joules"):
		return "J", inBase(r.Unit, unit.ParseJoules)
	case strings.HasSuffix(m, "_watts"):
		return "W", inBase(r.Unit, unit.ParseWatts)
	}
	return "", 1
}

// inBase is a unit in its base unit.
func inBase[T ~float64](of string, parse func(string) (T, error)) float64 {
	if v, err := parse("1 " + strings.TrimSpace(of)); err == nil {
		return float64(v)
	}
	return 1
}

func number(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// relative is the signed error as a fraction; against an expected 0 anything else is 1 off.
func relative(got, expected float64) float64 {
	switch {
	case got == expected:
		return 0
	case expected == 0:
		return math.Copysign(1, got)
	}
	return (got - expected) / math.Abs(expected)
}
