package experiments

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nnsim/arch/config"
	"nnsim/experiments/expr"
	"nnsim/results"
)

// usual are the figures every row of a sweep shows.
var usual = []string{"cycles", "seconds", "utilization", "bound", "throughput_per_second", "energy_per_inference_joules",
	"average_power_watts", "area_mm2", "dram.read_bytes", "dram.write_bytes"}

// validate checks what the keys of the file mean together.
func (s *Sweep) validate(f specFile) error {
	for _, name := range []string{"workload", "device"} { // device ends up first
		i := slices.IndexFunc(s.axes, func(a *axis) bool { return a.name == name })
		if i < 0 {
			return f.fault(0, name, "missing; write %s: and a name (`nnsim list %ss`)", name, name)
		}
		a := s.axes[i]
		if a.values == nil {
			return f.fault(a.line, name, "is a list of names; write %s: [A, B]", name)
		}
		s.axes = slices.Insert(slices.Delete(s.axes, i, i+1), 0, a)
	}
	s.works, s.known = &works{}, map[string]map[string]string{}
	for _, check := range []func(specFile) error{s.checkDevices, s.checkWorkloads, s.checkDerived, s.checkNames, s.checkSample, s.checkSearch} {
		if err := check(f); err != nil {
			return err
		}
	}
	return nil
}

// values are those an axis is checked with: all of a list, the bounds of a span.
func (a *axis) checked() []string {
	if a.values == nil && a.span != nil {
		return []string{a.span.text(a.span.low), a.span.text(a.span.high)}
	}
	return a.values[:min(len(a.values), 64)]
}

// keyOf tells whose key an axis or setting is.
func ofWorkload(name string) (key string, ok bool) { return strings.CutPrefix(name, "workload.") }

// checkDevices opens each device with each value by itself: what is wrong with
// it whatever the other axes say is a mistake in the file.
func (s *Sweep) checkDevices(f specFile) error {
	for _, device := range s.axes[0].values {
		m, err := OpenDevice(device, nil)
		if err != nil {
			return f.fault(s.axes[0].line, "device", "%v", err)
		}
		s.known[device] = m.Describe(m.Native()).Resolved
		for _, set := range s.fixed {
			if err := s.checkSet(f, device, set.key, set.value, set.line); err != nil {
				return err
			}
		}
		if m, err := OpenDevice(device, s.fixedSets()); err == nil {
			s.known[device] = m.Describe(m.Native()).Resolved
		}
		for _, a := range s.axes[1:] {
			values := []string{"1"} // of a derived axis the key alone can be checked
			if a.free() {
				values = a.checked()
			}
			for _, v := range values {
				if err := s.checkSet(f, device, a.name, v, a.line); err != nil && (a.free() || strings.Contains(err.Error(), "no key")) {
					return err
				}
			}
		}
	}
	return nil
}

// checkSet refuses a key or value that no other key could make right.
func (s *Sweep) checkSet(f specFile, device, key, value string, line int) error {
	if _, option := ofWorkload(key); option || key == "workload" || key == "device" {
		return nil
	}
	_, err := OpenDevice(device, []string{key + "=" + value})
	var faults config.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			if fault.File == "--set" {
				return f.fault(line, fault.Key, "%s (of device %s)", fault.Right, device)
			}
		}
	}
	return nil
}

func (s *Sweep) fixedSets() (sets []string) {
	for _, set := range s.fixed {
		if _, option := ofWorkload(set.key); !option {
			sets = append(sets, set.key+"="+set.value)
		}
	}
	return sets
}

// incomplete tells a workload that lacks an option, which an axis may give.
func incomplete(err error) bool {
	return strings.Contains(err.Error(), "missing") || strings.Contains(err.Error(), "leaves extents open")
}

// checkWorkloads opens each workload with each value of its options by itself.
func (s *Sweep) checkWorkloads(f specFile) error {
	fixed := ""
	for _, set := range s.fixed {
		if key, ok := ofWorkload(set.key); ok {
			fixed += "," + key + "=" + set.value
		}
	}
	for _, work := range s.axes[1].values {
		if _, _, err := s.works.get(work+fixed, s.Seed); err != nil && !incomplete(err) {
			return f.fault(s.axes[1].line, "workload", "%v", err)
		}
		for _, a := range s.axes[2:] {
			key, option := ofWorkload(a.name)
			if !option || !a.free() {
				continue
			}
			for _, v := range a.checked() {
				if _, _, err := s.works.get(work+fixed+","+key+"="+v, s.Seed); err != nil && !incomplete(err) {
					return f.fault(a.line, "axes."+a.name, "%v", err)
				}
			}
		}
	}
	return nil
}

// checkDerived sees that derived axes ask only for what comes before them.
func (s *Sweep) checkDerived(f specFile) error {
	for i, a := range s.axes {
		if a.free() {
			continue
		}
		for _, name := range a.of.Names {
			j := slices.IndexFunc(s.axes, func(b *axis) bool { return b.name == name })
			if j >= i {
				return f.fault(a.line, "axes."+a.name+".of", "asks for %s, which is not above it; put %s first", name, name)
			}
			if j < 0 && !s.isKey(name) {
				return f.fault(a.line, "axes."+a.name+".of", "%s is no axis and no key of the device", name)
			}
		}
	}
	return nil
}

// isKey tells a key of one of the devices.
func (s *Sweep) isKey(name string) bool {
	for _, known := range s.known {
		if _, ok := known[name]; ok {
			return true
		}
	}
	return false
}

// axisAt is where an axis stands, or -1.
func (s *Sweep) axisAt(name string) int {
	return slices.IndexFunc(s.axes, func(a *axis) bool { return a.name == name })
}

// beforehand tells a constraint that can be decided before anything is simulated.
func (s *Sweep) beforehand(c *expr.Expr) bool {
	for _, name := range c.Names {
		if s.axisAt(name) < 0 && !s.isKey(name) {
			return false
		}
	}
	return true
}

// open are the parts of a report whose names depend on the machine.
var open = []string{"units.", "energy_by_unit.", "layers.", "device.resolved.", "network.", "dram.", "power."}

// checkNames sees that every figure asked for exists, and settles the columns.
func (s *Sweep) checkNames(f specFile) error {
	want := slices.Clone(usual)
	for _, o := range s.Objectives {
		if s.axisAt(o.Metric) < 0 && !s.isKey(o.Metric) {
			want = append(want, o.Metric)
		}
	}
	for _, c := range s.constraints {
		for _, name := range c.Names {
			if s.axisAt(name) < 0 && !s.isKey(name) {
				want = append(want, name)
			}
		}
	}
	want = append(want, s.Columns...)
	blank, err := results.Values(&results.Run{})
	if err != nil {
		return err
	}
	s.Columns = nil
	for _, name := range want {
		if slices.Contains(s.Columns, name) {
			continue
		}
		isOpen := slices.ContainsFunc(open, func(p string) bool { return strings.HasPrefix(name, p) })
		if _, err := blank.Lookup(name); err != nil && !isOpen {
			return f.fault(0, "", "%v (it is no key of the devices either)", err)
		}
		if strings.HasPrefix(name, "host.") {
			return f.fault(0, "", "metric %q belongs to the host and differs from run to run; leave it out", name)
		}
		s.Columns = append(s.Columns, name)
	}
	return nil
}

// checkSample sees that the way of sampling fits the axes, and that the grid can be counted.
func (s *Sweep) checkSample(f specFile) error {
	if s.sample.method != "grid" || s.search != nil {
		return nil
	}
	size := 1.0
	for _, a := range s.axes {
		if !a.free() {
			continue
		}
		if a.values == nil {
			return f.fault(a.line, "axes."+a.name, "has no end of values; give a step or points for a grid, or write sample: {method: random, points: 100}")
		}
		size *= float64(len(a.values))
	}
	if size > mostPoints {
		return f.fault(0, "axes", "the grid has %.3g points, at most %d are tried; write fewer values, or sample: {method: random, points: 1000}", size, mostPoints)
	}
	return nil
}

// mostPoints bounds the size of a sweep.
const mostPoints = 1_000_000

// errNoPoint says that constraints leave nothing.
func errNoPoint(name string, tried int, c string) error {
	return fmt.Errorf("%s: constraints: none of %d points keeps %q; change it or the axes", name, tried, c)
}
