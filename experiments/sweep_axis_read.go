package experiments

import (
	"maps"
	"slices"
	"strings"

	"nnsim/experiments/expr"
)

// takes says which further keys each form of an axis has.
var takes = map[string][]string{"range": {"step", "points"}, "log": {"points"}, "pow2": {}, "of": {"unit"}}

// read fills an axis from its form and the keys beside it.
func (a *axis) read(f specFile, kind string, e entry, beside map[string]entry) (err error) {
	where := "axes." + a.name
	for _, key := range slices.Sorted(maps.Keys(beside)) {
		if !slices.Contains(takes[kind], key) {
			return f.fault(beside[key].line, where+"."+key, "does not go with %s; leave one of them out", kind)
		}
	}
	if kind == "of" {
		return a.readOf(f, e, beside)
	}
	bounds, err := f.words(e, where+"."+kind)
	if err != nil {
		return err
	}
	if len(bounds) != 2 {
		return f.fault(e.line, where+"."+kind, "has %d values; write two bounds, such as [1, 64]", len(bounds))
	}
	if kind == "pow2" {
		if a.values, err = powers(bounds[0], bounds[1]); err != nil {
			err = f.fault(e.line, where+".pow2", "%v", err)
		}
		return err
	}
	if a.span, err = newSpan(bounds[0], bounds[1], kind == "log"); err != nil {
		return f.fault(e.line, where+"."+kind, "%v", err)
	}
	return a.divide(f, where, beside)
}

// divide makes values of a span by step or number of points.
func (a *axis) divide(f specFile, where string, beside map[string]entry) error {
	step, stepped := beside["step"]
	points, counted := beside["points"]
	switch {
	case stepped && counted:
		return f.fault(step.line, where, "has both step and points; leave one of them out")
	case stepped:
		w, err := f.word(step, where+".step")
		if err != nil {
			return err
		}
		if a.values, err = a.span.steps(w); err != nil {
			return f.fault(step.line, where, "%v", err)
		}
	case counted:
		n, err := f.whole(points, where+".points", 1, mostValues)
		if err != nil {
			return err
		}
		a.values = a.span.points(int(n))
	case a.span.whole && !a.span.log && a.span.base == "" && a.span.high-a.span.low < 4096: // few whole numbers: all of them
		a.values = a.span.points(int(a.span.high-a.span.low) + 1)
	}
	return nil
}

// readOf reads a value that follows from other axes.
func (a *axis) readOf(f specFile, e entry, beside map[string]entry) error {
	where := "axes." + a.name + ".of"
	w, err := f.word(e, where)
	if err != nil {
		return err
	}
	if a.of, err = expr.Parse(w); err != nil {
		return f.fault(e.line, where, "%q: %v", w, err)
	}
	if u, ok := beside["unit"]; ok {
		if a.unit, err = f.word(u, "axes."+a.name+".unit"); err != nil {
			return err
		}
		if _, _, ok := expr.Quantity("1 " + a.unit); !ok {
			return f.fault(u.line, "axes."+a.name+".unit", "%s: is no unit; write one such as KiB or MHz", strings.TrimSpace(a.unit))
		}
	}
	return nil
}
