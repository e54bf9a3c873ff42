package experiments

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"nnsim/arch"
	"nnsim/experiments/expr"
	"nnsim/unit/spell"
)

// Sweep is many experiments: a space of designs and what is wanted of them.
//
//	about: which shape of array suits CNNs, which transformers?
//	device: tpu-v1                       # or a list
//	workloads: [resnet50, "bert-base,seq=128"]
//	set: {array.dataflow: ws}            # for every design
//	axes:
//	  array.rows: {pow2: [32, 2048]}
//	  array.cols: {of: 65536 / array.rows}
//	  workload.batch: [1, 8]
//	sample: {method: grid}               # grid, random or lhs with points and seed
//	constraints: [array.rows * array.cols <= 65536, area_mm2 < 400]
//	objectives: [seconds min, energy_per_inference_joules min]
//	columns: [dram.read_bytes]           # beside the usual ones
//
// Instead of sample: search: {method: tpe or nsga2, budget: 200, round: 16, seed: 1}.
type Sweep struct {
	Name, About string
	Objectives  []Objective
	Columns     []string // figures of the report that each row shows
	Check       arch.Mode
	Seed        int64 // of weights and inputs
	Mapping     string

	axes        []*axis // device and workload first
	fixed       []setting
	constraints []*expr.Expr
	sample      sampling
	search      *searching // nil: sampled
	works       *works
	known       map[string]map[string]string // device → its configuration before the axes
}

// Objective is a figure of the report and which way it should go.
type Objective struct {
	Metric   string `json:"metric"`
	Maximise bool   `json:"maximise"`
}

// String is the objective as a spec has it.
func (o Objective) String() string {
	if o.Maximise {
		return o.Metric + " max"
	}
	return o.Metric + " min"
}

// setting is a key that has one value in the whole sweep.
type setting struct {
	key, value string
	line       int
}

// sampling says which designs of the space are tried.
type sampling struct {
	method string // grid, random or lhs
	points int
	seed   int64
}

// specKeys are the keys of a sweep's file.
var specKeys = []string{"about", "device", "devices", "workload", "workloads", "set", "axes", "sample", "search", "constraints", "objectives", "columns", "check", "seed", "mapping"}

// ReadSweep reads a sweep from a YAML file and checks all of it that can be
// checked without simulating. Errors are one line.
func ReadSweep(path string) (*Sweep, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("sweep %s: %w; give a YAML file such as those in examples/", path, plainCause(err))
	case !info.Mode().IsRegular() || info.Size() > 1<<20:
		return nil, fmt.Errorf("sweep %s: not a regular file of at most 1 MiB", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sweep %s: %w", path, plainCause(err))
	}
	return ParseSweep(path, text)
}

// ParseSweep is ReadSweep on a text; name is the file the errors speak of.
func ParseSweep(name string, text []byte) (*Sweep, error) {
	f := specFile{name}
	root, err := f.root(text)
	if err != nil {
		return nil, err
	}
	list, err := f.entries(root, "", specKeys)
	if err != nil {
		return nil, err
	}
	s := &Sweep{Name: name, Check: arch.None, sample: sampling{method: "grid"}}
	for _, read := range []func(*Sweep, specFile, entry) error{(*Sweep).readHead, (*Sweep).readSpace, (*Sweep).readAims} {
		for _, e := range list {
			if err := read(s, f, e); err != nil {
				return nil, err
			}
		}
	}
	return s, s.validate(f)
}

// readHead takes what is run.
func (s *Sweep) readHead(f specFile, e entry) (err error) {
	switch e.key {
	case "about":
		s.About, err = f.word(e, e.key)
	case "device", "devices", "workload", "workloads":
		var words []string
		if words, err = f.words(e, e.key); err == nil {
			err = s.addAxis(f, &axis{name: strings.TrimSuffix(e.key, "s"), line: e.line, values: words})
		}
	case "check":
		var w string
		if w, err = f.word(e, e.key); err == nil && !slices.Contains([]string{"none", "sample", "full"}, w) {
			err = f.fault(e.line, e.key, "%s: write none, sample or full", w)
		}
		s.Check = arch.Mode(w)
	case "mapping":
		if s.Mapping, err = f.word(e, e.key); err == nil {
			if _, wrong := parseMapping(s.Mapping); wrong != nil {
				err = f.fault(e.line, "", "%v", wrong)
			}
		}
	case "seed":
		s.Seed, err = f.whole(e, e.key, 0, 1<<53)
	}
	return err
}

// readSpace takes the axes and how they are sampled.
func (s *Sweep) readSpace(f specFile, e entry) error {
	switch e.key {
	case "set":
		list, err := f.entries(e.value, e.key, nil)
		for _, item := range list {
			w, err := f.word(item, "set."+item.key)
			if err != nil {
				return err
			}
			s.fixed = append(s.fixed, setting{item.key, w, item.line})
		}
		return err
	case "axes":
		list, err := f.entries(e.value, e.key, nil)
		for _, item := range list {
			a, err := readAxis(f, item)
			if err != nil {
				return err
			}
			if err := s.addAxis(f, a); err != nil {
				return err
			}
		}
		return err
	case "sample":
		return s.readSample(f, e)
	case "search":
		return s.readSearch(f, e)
	}
	return nil
}

func (s *Sweep) addAxis(f specFile, a *axis) error {
	for _, b := range s.axes {
		if a.name == b.name {
			return f.fault(a.line, a.name, "is an axis already in line %d; leave one of them out", b.line)
		}
	}
	s.axes = append(s.axes, a)
	return nil
}

func (s *Sweep) readSample(f specFile, e entry) error {
	list, err := f.entries(e.value, e.key, []string{"method", "points", "seed"})
	for _, item := range list {
		switch item.key {
		case "method":
			methods := []string{"grid", "random", "lhs"}
			if s.sample.method, err = f.word(item, "sample.method"); err == nil && !slices.Contains(methods, s.sample.method) {
				err = f.fault(item.line, "sample.method", "%s: write grid, random or lhs%s", s.sample.method, spell.DidYouMean(s.sample.method, methods))
			}
		case "points":
			var n int64
			n, err = f.whole(item, "sample.points", 1, mostPoints)
			s.sample.points = int(n)
		case "seed":
			s.sample.seed, err = f.whole(item, "sample.seed", 0, 1<<53)
		}
		if err != nil {
			return err
		}
	}
	switch grid := s.sample.method == "grid"; {
	case err != nil:
		return err
	case grid && s.sample.points > 0:
		return f.fault(e.line, "sample.points", "a grid tries every point; leave points out, or write method: random or lhs")
	case !grid && s.sample.points == 0:
		return f.fault(e.line, "sample.points", "missing; say how many points to try, such as points: 100")
	}
	return nil
}

// readAims takes what is wanted.
func (s *Sweep) readAims(f specFile, e entry) error {
	if e.key != "constraints" && e.key != "objectives" && e.key != "columns" {
		return nil
	}
	words, err := f.words(e, e.key)
	if err != nil {
		return err
	}
	for _, w := range words {
		switch e.key {
		case "constraints":
			c, err := expr.Parse(w)
			if err != nil {
				return f.fault(e.line, e.key, "%q: %v", w, err)
			}
			s.constraints = append(s.constraints, c)
		case "objectives":
			metric, way, _ := strings.Cut(w, " ")
			if way = strings.TrimSpace(way); way != "min" && way != "max" {
				return f.fault(e.line, e.key, "%q: write a figure of the report and min or max, such as \"seconds min\"", w)
			}
			s.Objectives = append(s.Objectives, Objective{metric, way == "max"})
		case "columns":
			s.Columns = append(s.Columns, w)
		}
	}
	if len(s.Objectives) > 3 {
		return f.fault(e.line, e.key, "%d objectives; a front of more than three says little, write one to three", len(s.Objectives))
	}
	return nil
}

// readAxis reads one axis in any of its forms.
func readAxis(f specFile, e entry) (*axis, error) {
	where := "axes." + e.key
	a := &axis{name: e.key, line: e.line}
	var err error
	if e.value.Kind != yaml.MappingNode {
		a.values, err = f.words(e, where)
		return a, err
	}
	list, err := f.entries(e.value, where, []string{"range", "log", "pow2", "of", "step", "points", "unit"})
	if err != nil {
		return nil, err
	}
	form := map[string]entry{}
	for _, item := range list {
		form[item.key] = item
	}
	for _, kind := range []string{"range", "log", "pow2", "of"} {
		if item, ok := form[kind]; ok {
			delete(form, kind)
			return a, a.read(f, kind, item, form)
		}
	}
	return nil, f.fault(e.line, where, "has no values; write a list, range, log, pow2 or of")
}
