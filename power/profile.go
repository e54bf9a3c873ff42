package power

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"nnsim/results"
	"nnsim/unit"
)

// Profile is a run's power in windows of equal length; the last may be shorter.
type Profile struct {
	Window unit.Seconds
	Total  unit.Seconds
	Units  []string       // what switches, by name
	Watts  [][]unit.Watts // [window][unit]
	Static unit.Watts     // drawn all the time, leakage among it
}

// most bounds the windows of a profile.
const most = 1 << 20

// Follow spreads a run's energies over windows. The run's counters must be there, and
// it must be priced. Of a run without layers, energy that no price of
// the list explains is drawn evenly over it.
func Follow(r *results.Run, window unit.Seconds) (*Profile, error) {
	if !(window > 0) || float64(r.Seconds)/float64(window) > most {
		return nil, fmt.Errorf("power: windows of %v for a run of %v; give 1 to %d windows", window, r.Seconds, most)
	}
	f := &Profile{Window: window, Total: r.Seconds}
	for _, name := range slices.Sorted(maps.Keys(r.Prices.Static)) {
		f.Static += r.Prices.Static[name].Watts
	}
	f.Watts = make([][]unit.Watts, int(math.Ceil(float64(r.Seconds)/float64(window)-1e-9)))
	for i := range f.Watts {
		f.Watts[i] = make([]unit.Watts, len(r.Stats))
	}
	for u, s := range r.Stats {
		f.Units = append(f.Units, s.Name)
		for layer := range s.Count {
			if energy := s.Energy(layer, r.Prices.PerEvent[s.Name]); energy > 0 {
				from, to := works(r, s, layer)
				edge := float64(r.Seconds) / float64(r.Cycles)
				f.spread(u, energy, float64(from)*edge, float64(to)*edge)
			}
		}
	}
	if rest := r.EnergyJoules - f.Energy(); len(r.Layers) == 0 && rest > r.EnergyJoules*exact { // a memory prices its own commands
		f.Static += unit.Watts(float64(rest) / float64(f.Total))
	}
	return f, nil
}

// works is the edges between which a unit's events of a layer fall.
func works(r *results.Run, s *results.Stats, layer int) (from, to int64) {
	from, to = s.Works[0], s.Works[1]
	if to == 0 {
		from, to = r.Layers[layer].StartCycle, r.Layers[layer].StartCycle+r.Layers[layer].Cycles
	}
	if from < to {
		return from, to
	}
	from = min(from, r.Cycles-1) // what ends with the layer before it works in one edge
	return from, from + 1
}

// exact is the share of an energy that sums of floating-point figures may be off.
const exact = 1e-9

// spread gives energy evenly to the windows between two times.
func (f *Profile) spread(u int, energy unit.Joules, from, to float64) {
	for i := int(from / float64(f.Window)); i < len(f.Watts); i++ {
		start := float64(i) * float64(f.Window)
		share := min(to, start+float64(f.Window)) - max(from, start)
		if share <= 0 {
			if start >= to {
				return
			}
			continue
		}
		f.Watts[i][u] += unit.Watts(float64(energy) * share / (to - from) / float64(f.length(i)))
	}
}

// length is a window's.
func (f *Profile) length(i int) unit.Seconds {
	return min(f.Window, f.Total-unit.Seconds(i)*f.Window)
}

// Dynamic is what switches in a window, all units together.
func (f *Profile) Dynamic(i int) (total unit.Watts) {
	for _, w := range f.Watts[i] {
		total += w
	}
	return total
}

// Peak is the greatest power of a window, Average that of the run.
func (f *Profile) Peak() (peak unit.Watts) {
	for i := range f.Watts {
		peak = max(peak, f.Dynamic(i)+f.Static)
	}
	return peak
}

// Energy is what the whole run took.
func (f *Profile) Energy() unit.Joules {
	total := unit.Joules(float64(f.Static) * float64(f.Total))
	for i := range f.Watts {
		total += unit.Joules(float64(f.Dynamic(i)) * float64(f.length(i)))
	}
	return total
}

// Average is the mean power of the run.
func (f *Profile) Average() unit.Watts { return unit.Watts(float64(f.Energy()) / float64(f.Total)) }
