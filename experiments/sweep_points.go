package experiments

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"nnsim/experiments/expr"
)

// Point is one design: the value of each axis, in the order of the axes.
type Point []string

// points lists the designs that the sweep tries and that keep the constraints
// which can be decided beforehand. The list depends on the file alone.
func (s *Sweep) points() ([]Point, error) {
	var list []Point
	tried, refused := 0, map[string]int{}
	keep := func(u func(axis int) float64) error {
		tried++
		p, broken, err := s.point(u)
		if err != nil {
			return err
		}
		if broken == "" {
			list = append(list, p)
		} else {
			refused[broken]++
		}
		return nil
	}
	var err error
	switch s.sample.method {
	case "grid":
		err = s.grid(keep)
	case "lhs":
		err = s.latin(keep)
	default:
		err = s.random(keep, func() bool { return len(list) >= s.sample.points })
	}
	if err == nil && len(list) == 0 {
		worst := ""
		for c, n := range refused {
			if n > refused[worst] || n == refused[worst] && c < worst {
				worst = c
			}
		}
		err = errNoPoint(s.Name, tried, worst)
	}
	return list, err
}

// grid walks every combination, the last axis fastest.
func (s *Sweep) grid(keep func(func(int) float64) error) error {
	at := make([]int, len(s.axes))
	for {
		if err := keep(func(i int) float64 { return (float64(at[i]) + 0.5) / float64(len(s.axes[i].values)) }); err != nil {
			return err
		}
		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < len(s.axes[i].values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// random draws designs until enough of them keep the constraints.
func (s *Sweep) random(keep func(func(int) float64) error, enough func() bool) error {
	r := rand.New(rand.NewPCG(uint64(s.sample.seed), 1))
	for n := 0; n < 1000*s.sample.points && !enough(); n++ {
		if err := keep(func(int) float64 { return r.Float64() }); err != nil {
			return err
		}
	}
	return nil
}

// latin cuts each axis into as many strips as there are points and uses each
// strip once. Designs that break a constraint are left out, not replaced.
//
// Source: [mckay-1979].
func (s *Sweep) latin(keep func(func(int) float64) error) error {
	r := rand.New(rand.NewPCG(uint64(s.sample.seed), 2))
	n := s.sample.points
	strips := make([][]float64, len(s.axes))
	for i := range strips {
		for _, strip := range r.Perm(n) {
			strips[i] = append(strips[i], (float64(strip)+r.Float64())/float64(n))
		}
	}
	for k := range n {
		if err := keep(func(i int) float64 { return strips[i][k] }); err != nil {
			return err
		}
	}
	return nil
}

// point makes a design of places on the axes. broken is the constraint it breaks, if any.
func (s *Sweep) point(u func(axis int) float64) (p Point, broken string, err error) {
	p = make(Point, len(s.axes))
	for i, a := range s.axes {
		if a.free() {
			p[i] = a.at(u(i))
			continue
		}
		v, err := a.of.Eval(s.scope(p, nil))
		if err != nil {
			return nil, "", fmt.Errorf("%s:%d: axes.%s.of: %w", s.Name, a.line, a.name, err)
		}
		if p[i], err = derived(v, a.unit); err != nil {
			return nil, "", fmt.Errorf("%s:%d: axes.%s.of: %q: %w", s.Name, a.line, a.name, a.of.Text, err)
		}
	}
	for _, c := range s.constraints {
		if !s.beforehand(c) {
			continue
		}
		holds, err := c.True(s.scope(p, nil))
		if err != nil {
			return nil, "", fmt.Errorf("%s: constraints: %q: %w", s.Name, c.Text, err)
		}
		if !holds {
			return p, c.Text, nil
		}
	}
	return p, "", nil
}

// derived writes the value of an expression as --set takes it.
func derived(v any, unit string) (string, error) {
	f, ok := v.(float64)
	if !ok {
		return fmt.Sprint(v), nil
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("is %v; it must be finite for every point", f)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	return strings.TrimSpace(text + " " + unit), nil
}

// scope answers names in expressions: axes, then keys of the device, then the report.
func (s *Sweep) scope(p Point, report func(string) (any, error)) expr.Scope {
	return func(name string) (any, error) {
		if i := s.axisAt(name); i >= 0 && p[i] != "" {
			return expr.Value(p[i]), nil
		}
		if text, ok := s.known[p[0]][name]; ok {
			return expr.Value(text), nil
		}
		if report == nil || s.isKey(name) {
			return nil, fmt.Errorf("%s is no key of device %s", name, p[0])
		}
		return report(name)
	}
}

// experiment is the row of the table that a design stands for.
func (s *Sweep) experiment(p Point) Experiment {
	e := Experiment{Device: p[0], Workload: p[1], Check: s.Check, Seed: s.Seed, Mapping: s.Mapping, Sets: s.fixedSets()}
	option := func(name, value string) {
		if key, ok := ofWorkload(name); ok {
			e.Workload += "," + key + "=" + value
		}
	}
	for _, set := range s.fixed {
		option(set.key, set.value)
	}
	for i, a := range s.axes[2:] {
		if _, ok := ofWorkload(a.name); ok {
			option(a.name, p[i+2])
		} else {
			e.Sets = append(e.Sets, a.name+"="+p[i+2])
		}
	}
	return e
}
