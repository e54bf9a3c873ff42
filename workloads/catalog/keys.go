package catalog

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nnsim/unit"
	"nnsim/unit/spell"
	"nnsim/workloads"
)

// key is one row of a table of keys.
type key struct {
	name   string
	kind   kind
	needed bool
	def    string // canonical text of the default; empty: none
	family bool   // every name that begins so is a key: dim.height, dim.width
}

// kind reads the text of a value and returns its canonical spelling.
type kind struct {
	want string // what would be right, for the error line
	read func(text string) (canonical string, number float64, ok bool)
}

// maxCount bounds every extent.
const maxCount = math.MaxInt32

func integer(text string, least int64) (string, float64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return strconv.FormatInt(n, 10), float64(n), err == nil && n >= least && n <= maxCount
}

func real(text string, least, most float64) (string, float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return strconv.FormatFloat(f, 'g', -1, 64), f, err == nil && f >= least && f <= most
}

// The kinds of values.
var (
	count    = kind{"a whole number from 1 to 2147483647", func(s string) (string, float64, bool) { return integer(s, 1) }}
	whole    = kind{"a whole number from 0 to 2147483647", func(s string) (string, float64, bool) { return integer(s, 0) }}
	fraction = kind{"a number from 0 to 1", func(s string) (string, float64, bool) { return real(s, 0, 1) }}
	spacing  = kind{"a number from 0 to 1e9", func(s string) (string, float64, bool) { return real(s, 0, 1e9) }}
	seed     = kind{"a whole number from 0 to 2^64-1", func(s string) (string, float64, bool) {
		n, err := strconv.ParseUint(s, 10, 64)
		return strconv.FormatUint(n, 10), 0, err == nil
	}}
	factor = kind{"a number from 0.001 to 1000", func(s string) (string, float64, bool) { return real(s, 1e-3, 1e3) }}
	yesNo  = kind{"true or false", func(s string) (string, float64, bool) {
		return s, map[string]float64{"true": 1}[s], s == "true" || s == "false"
	}}
	anyText = kind{"a name", func(s string) (string, float64, bool) { return s, 0, s != "" }}
	bytes   = kind{"a capacity such as 64MiB", func(s string) (string, float64, bool) {
		b, err := unit.ParseBytes(s)
		return strconv.FormatInt(int64(b), 10) + "B", float64(b), err == nil && b > 0 && b <= 1<<50
	}}
	duration = kind{"seconds such as 0.5, or a duration such as 20ms", readDuration}
	format   = kind{"a data type: fp32, tf32, fp16, bf16, fp8, e4m3, e5m2, int16, int8 to int1, bipolar, or a pair such as w1a2", func(s string) (string, float64, bool) {
		p, err := workloads.ParsePrecision(s)
		return p.String(), 0, err == nil
	}}
)

func readDuration(s string) (string, float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		var t unit.Seconds
		t, err = unit.ParseSeconds(s)
		f = float64(t)
	}
	return strconv.FormatFloat(f, 'g', -1, 64), f, err == nil && f > 0 && f <= 1e9
}

// oneOf is a kind with a list of words.
func oneOf(words ...string) kind {
	return kind{"one of " + strings.Join(words, ", "), func(s string) (string, float64, bool) {
		for i, w := range words {
			if s == w {
				return s, float64(i), true
			}
		}
		return "", 0, false
	}}
}

// common are the keys of every workload that is a graph.
var common = []key{{name: "dtype", kind: format}, {name: "zeros", kind: fraction}, {name: "wzeros", kind: fraction}, {name: "seed", kind: seed}}

// values are the options of one workload, checked against its table.
type values struct {
	keys   []key
	text   map[string]string // canonical; only what was given
	number map[string]float64
}

// read checks options against a table of keys.
func read(keys []key, options []string) (values, error) {
	v := values{keys: keys, text: map[string]string{}, number: map[string]float64{}}
	for _, o := range options {
		o = strings.TrimSpace(o)
		name, text, ok := strings.Cut(o, "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		switch {
		case o == "" && len(options) == 1:
			continue
		case !ok:
			return v, fmt.Errorf("option %q is not key=value", o)
		}
		k, err := v.find(name)
		if err != nil {
			return v, err
		}
		if _, again := v.text[k.name]; again {
			return v, fmt.Errorf("%s= is given twice; leave one out", k.name)
		}
		canonical, number, ok := k.kind.read(text)
		if !ok {
			return v, fmt.Errorf("%s=%s: must be %s", k.name, shown(text), k.kind.want)
		}
		v.text[k.name], v.number[k.name] = canonical, number
	}
	return v, v.complete()
}

// shown is a value as an error line can hold it.
func shown(text string) string {
	if q := strconv.Quote(text); text == "" || len(q) != len(text)+2 || len(text) > 60 {
		return quoted(text)
	}
	return text
}

func (v values) find(name string) (key, error) {
	var names []string
	for _, k := range v.keys {
		if k.name == name && !k.family {
			return k, nil
		}
		if k.family && len(name) > len(k.name) && strings.HasPrefix(name, k.name) {
			return key{name: name, kind: k.kind}, nil
		}
		if k.family {
			continue
		}
		names = append(names, k.name)
	}
	return key{}, fmt.Errorf("there is no key %q%s", name, spell.DidYouMean(name, names))
}

// complete lists the keys that are missing and fills in defaults.
func (v values) complete() error {
	var missing []string
	for _, k := range v.keys {
		if _, given := v.text[k.name]; given {
			continue
		}
		if k.needed {
			missing = append(missing, k.name+"=")
		}
		if k.def != "" {
			_, v.number[k.name], _ = k.kind.read(k.def)
		}
	}
	if missing != nil {
		return fmt.Errorf("missing %s", strings.Join(missing, ", "))
	}
	return nil
}

// int is a whole number, given or by default; 0 where neither.
func (v values) int(name string) int { return int(v.number[name]) }

// word is a text, given or by default.
func (v values) word(name string) string {
	if t, ok := v.text[name]; ok {
		return t
	}
	for _, k := range v.keys {
		if k.name == name {
			return k.def
		}
	}
	return ""
}

// canonical is the given options in the table's order, without those that say
// what holds anyway.
func (v values) canonical() string {
	var parts []string
	for _, k := range v.keys {
		if k.family {
			for _, name := range v.members(k.name) {
				parts = append(parts, name+"="+v.text[name])
			}
		} else if t, ok := v.text[k.name]; ok && t != k.def {
			parts = append(parts, k.name+"="+t)
		}
	}
	return strings.Join(parts, ",")
}

// members lists the given keys of a family, in order.
func (v values) members(family string) (names []string) {
	for name := range v.text {
		if strings.HasPrefix(name, family) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// common copies the options that every graph has into the workload.
func (v values) common(w *Workload) {
	if t, ok := v.text["dtype"]; ok {
		p, _ := workloads.ParsePrecision(t)
		w.Precision = &p
	}
	for name, at := range map[string]**float64{"zeros": &w.Zeros, "wzeros": &w.WZeros} {
		if f, ok := v.number[name]; ok {
			*at = &f
		}
	}
	if t, ok := v.text["seed"]; ok {
		w.Seed, _ = strconv.ParseUint(t, 10, 64)
	}
	if t := v.word("input"); t != "" {
		w.Input = t
	}
}
