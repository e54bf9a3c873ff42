package results

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"nnsim/unit"
)

// changesShown is the number of layers and of events a diff lists.
const changesShown = 20

// Diff says what changed from one run to another: settings, totals, layers and
// units. What is equal is left out; host figures never count.
func Diff(a, b *Run) string {
	s := &screen{}
	s.line("a: %s", a.title())
	s.line("b: %s", b.title())
	start := s.Len()
	diffSettings(s, a, b)
	diffTotals(s, a, b)
	diffLayers(s, a, b)
	diffUnits(s, a, b)
	if s.Len() == start {
		s.line("no difference")
	}
	return s.String()
}

// section writes a heading before its first row.
type section struct {
	*screen
	heading string
	open    bool
}

func (s *section) begin() {
	if !s.open {
		s.line("")
		s.line("%s", s.heading)
		s.open = true
	}
}

func (s *section) row(name, before, after, by string) {
	s.begin()
	s.line("  %-42s %16s → %-16s %s", cut(name, 42), cut(before, 16), cut(after, 16), by)
}

func diffSettings(s *screen, a, b *Run) {
	out := &section{screen: s, heading: "settings"}
	for _, c := range []struct{ name, before, after string }{
		{"workload", a.Workload.Name, b.Workload.Name}, {"dtype", a.Workload.DType, b.Workload.DType},
		{"batch", fmt.Sprint(a.Batch), fmt.Sprint(b.Batch)}, {"device", a.Device.Name, b.Device.Name},
		{"version", a.Version, b.Version}, {"seed", fmt.Sprint(a.Seed), fmt.Sprint(b.Seed)},
	} {
		if c.before != c.after {
			out.row(c.name, c.before, c.after, "")
		}
	}
	for _, key := range both(a.Device.Resolved, b.Device.Resolved) {
		before, inA := a.Device.Resolved[key]
		after, inB := b.Device.Resolved[key]
		if before != after || inA != inB {
			out.row(key, orNone(before, inA), orNone(after, inB), "")
		}
	}
}

func orNone(s string, there bool) string {
	if !there {
		return "(none)"
	}
	return s
}

// both lists the keys of two maps, sorted.
func both[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func diffTotals(s *screen, a, b *Run) {
	out := &section{screen: s, heading: "totals"}
	differ(out, "cycles", a.Cycles, b.Cycles, grouped)
	differ(out, "time", a.Seconds, b.Seconds, unit.Seconds.String)
	differ(out, "compute time", a.ComputeSeconds, b.ComputeSeconds, unit.Seconds.String)
	differ(out, "utilisation", a.Utilization, b.Utilization, percent)
	if a.Bound != b.Bound {
		out.row("bound", a.Bound, b.Bound, "")
	}
	differ(out, "DRAM read bytes", a.DRAM.ReadBytes, b.DRAM.ReadBytes, grouped)
	differ(out, "DRAM write bytes", a.DRAM.WriteBytes, b.DRAM.WriteBytes, grouped)
	differ(out, "DRAM row hits", a.DRAM.RowHitRate, b.DRAM.RowHitRate, percent)
	differ(out, "energy", a.EnergyJoules, b.EnergyJoules, unit.Joules.String)
	differ(out, "average power", a.AveragePowerWatts, b.AveragePowerWatts, unit.Watts.String)
	for _, name := range both(a.EnergyByUnit, b.EnergyByUnit) {
		differ(out, "energy of "+name, a.EnergyByUnit[name], b.EnergyByUnit[name], unit.Joules.String)
	}
	if a.Check.Status != b.Check.Status || a.Check.Mode != b.Check.Mode {
		out.row("check", a.Check.Mode+" "+a.Check.Status, b.Check.Mode+" "+b.Check.Status, "")
	}
}

func differ[T ~int64 | ~float64](out *section, name string, a, b T, text func(T) string) {
	if a != b {
		out.row(name, text(a), text(b), change(a, b))
	}
}

// pair is a layer before and after; the side that lacks it is nil.
type pair struct {
	name          string
	before, after *Layer
}

// matched pairs the layers of two runs by name, and those of one name in order.
func matched(a, b []Layer) (all []*pair) {
	byName := map[string][]*pair{}
	for i := range a {
		p := &pair{name: a[i].Name, before: &a[i]}
		byName[p.name] = append(byName[p.name], p)
		all = append(all, p)
	}
	for i := range b {
		name := b[i].Name
		if same := byName[name]; len(same) > 0 {
			same[0].after, byName[name] = &b[i], same[1:]
			continue
		}
		all = append(all, &pair{name: name, after: &b[i]})
	}
	return all
}

// shift is by how many cycles the layer changed.
func (p *pair) shift() int64 {
	var n int64
	if p.before != nil {
		n -= p.before.Cycles
	}
	if p.after != nil {
		n += p.after.Cycles
	}
	return max(n, -n)
}

// diffLayers lists the layers that changed, the largest changes of cycles first.
func diffLayers(s *screen, a, b *Run) {
	changed := matched(a.Layers, b.Layers)
	changed = slices.DeleteFunc(changed, func(p *pair) bool {
		if p.before == nil || p.after == nil {
			return false
		}
		x, y := *p.before, *p.after
		x.StartCycle, y.StartCycle = 0, 0 // a later start is the change of the layers before
		return reflect.DeepEqual(x, y)
	})
	slices.SortStableFunc(changed, func(p, q *pair) int { return cmp.Compare(q.shift(), p.shift()) })
	out := &section{screen: s, heading: fmt.Sprintf("layers: %d changed", len(changed))}
	for _, p := range changed[:min(changesShown, len(changed))] {
		switch {
		case p.before == nil:
			out.row(p.name, "(none)", grouped(p.after.Cycles), "cycles, only in b")
		case p.after == nil:
			out.row(p.name, grouped(p.before.Cycles), "(none)", "cycles, only in a")
		default:
			diffLayer(out, p.before, p.after)
		}
	}
}

// diffLayer lists what changed of a layer that both runs have.
func diffLayer(out *section, a, b *Layer) {
	if a.Cycles != b.Cycles {
		out.row(a.Name, grouped(a.Cycles), grouped(b.Cycles), "cycles "+change(a.Cycles, b.Cycles))
	}
	if a.MACs != b.MACs {
		out.row("  "+a.Name, grouped(a.MACs), grouped(b.MACs), "MACs "+change(a.MACs, b.MACs))
	}
	if x, y := a.DRAMReadBytes+a.DRAMWriteBytes, b.DRAMReadBytes+b.DRAMWriteBytes; x != y {
		out.row("  "+a.Name, grouped(x), grouped(y), "DRAM bytes "+change(x, y))
	}
	for _, name := range TensorNames {
		before, after := a.DRAMByTensor[name], b.DRAMByTensor[name]
		if x, y := before.ReadBytes+before.WriteBytes, after.ReadBytes+after.WriteBytes; x != y {
			out.row("    "+name, grouped(x), grouped(y), "bytes "+change(x, y))
		}
	}
	if a.EnergyJoules != b.EnergyJoules {
		out.row("  "+a.Name, a.EnergyJoules.String(), b.EnergyJoules.String(), "energy "+change(a.EnergyJoules, b.EnergyJoules))
	}
	if a.Mapping != b.Mapping {
		out.begin()
		out.line("  %s", a.Name)
		out.line("    mapping a: %s", a.Mapping)
		out.line("    mapping b: %s", b.Mapping)
	}
}

func diffUnits(s *screen, a, b *Run) {
	out := &section{screen: s, heading: "units"}
	for _, name := range both(a.Units, b.Units) {
		x, y := a.Units[name], b.Units[name]
		for _, c := range []struct {
			state         string
			before, after int64
		}{{"busy", x.Busy, y.Busy}, {"wait_input", x.WaitInput, y.WaitInput}, {"wait_output", x.WaitOutput, y.WaitOutput},
			{"wait_memory", x.WaitMemory, y.WaitMemory}, {"idle", x.Idle, y.Idle}} {
			differ(out, name+"."+c.state, c.before, c.after, grouped)
		}
		for _, event := range both(x.Events, y.Events) {
			differ(out, name+".events."+event, x.Events[event], y.Events[event], grouped)
		}
	}
}
