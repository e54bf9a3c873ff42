package results

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"nnsim/unit/spell"
)

// Lookup finds a value of the report by its dotted path in the JSON form: a
// float64, string, bool, or nil for null. Elements of lists are named by their
// name or their index from 0, and names may contain dots themselves:
//
//	dram.bandwidth_bytes_per_second    units.array.events.mac_int8
//	layers.layer1.0.conv2.cycles       layers.3.cycles
func Lookup(r *Run, path string) (any, error) {
	v, err := Values(r)
	if err != nil {
		return nil, err
	}
	return v.Lookup(path)
}

// Tree is a report as its JSON form has it, for looking up several values.
type Tree struct{ root any }

// Values makes the tree of a report.
func Values(r *Run) (Tree, error) {
	var t Tree
	text, err := json.Marshal(r.filled())
	if err != nil {
		return t, fmt.Errorf("results: the report of %s cannot be searched: %w", r.title(), err)
	}
	return t, json.Unmarshal(text, &t.root)
}

// Lookup is the function of that name on a tree made before.
func (t Tree) Lookup(path string) (any, error) {
	if len(path) > longestPath {
		return nil, fmt.Errorf("metric of %d characters is too long; a path has at most %d", len(path), longestPath)
	}
	at, rest := t.root, strings.Split(path, ".")
	for len(rest) > 0 {
		next, used, ok := step(at, rest)
		if !ok {
			return nil, missing(at, path, rest)
		}
		at, rest = next, rest[used:]
	}
	switch at.(type) {
	case map[string]any, []any:
		return nil, fmt.Errorf("metric %q is a group, not a value; add one of %s", path, strings.Join(few(names(at)), ", "))
	}
	return at, nil
}

// longestPath bounds the work a path can ask for.
const longestPath = 1000

// step takes the longest run of segments that names something in at.
func step(at any, rest []string) (next any, used int, ok bool) {
	for n := len(rest); n > 0; n-- {
		name := strings.Join(rest[:n], ".")
		switch v := at.(type) {
		case map[string]any:
			if next, ok = v[name]; ok {
				return next, n, true
			}
		case []any:
			for _, e := range v {
				if m, isMap := e.(map[string]any); isMap && m["name"] == name {
					return e, n, true
				}
			}
		}
	}
	if list, isList := at.([]any); isList {
		if i, err := strconv.Atoi(rest[0]); err == nil && i >= 0 && i < len(list) {
			return list[i], 1, true
		}
	}
	return nil, 0, false
}

// names lists what can follow at in a path.
func names(at any) (list []string) {
	switch v := at.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(v))
	case []any:
		for i, e := range v {
			name := strconv.Itoa(i)
			if m, ok := e.(map[string]any); ok {
				if s, ok := m["name"].(string); ok {
					name = s
				}
			}
			list = append(list, name)
		}
	}
	return list
}

// missing says where a path leaves the report and what was meant.
func missing(at any, path string, rest []string) error {
	known := names(at)
	if len(known) == 0 {
		return fmt.Errorf("metric %q: %q is a value and has no parts", path, strings.TrimSuffix(strings.TrimSuffix(path, strings.Join(rest, ".")), "."))
	}
	meant := spell.DidYouMean(rest[0], known)
	if whole := strings.Join(rest[:max(1, len(rest)-1)], "."); meant == "" {
		meant = spell.DidYouMean(whole, known)
	}
	if meant == "" {
		meant = "; there is " + strings.Join(few(known), ", ")
	}
	return fmt.Errorf("metric %q: the report has no %q there%s", path, rest[0], meant)
}

// few shortens a list of names for an error line.
func few(list []string) []string {
	const most = 12
	if len(list) > most {
		return append(slices.Clone(list[:most]), "…")
	}
	return list
}
