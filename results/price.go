package results

import (
	"fmt"
	"maps"
	"slices"

	"nnsim/tech"
	"nnsim/unit"
)

// Price multiplies the run's counted events by their prices and adds what every
// unit draws all the time. It fills the energies of the run, of its units and of
// its layers, the average power, its scope and the area; Seconds, Batch, Stats and
// the layers' cycles must be there. The run keeps the prices. Static energy is shared over the layers by
// their cycles. An event that happened and has no price is an error.
func (r *Run) Price(p Prices) error {
	r.Prices = p
	r.EnergyByUnit = map[string]unit.Joules{}
	for i := range r.Layers {
		r.Layers[i].EnergyJoules = 0
	}
	for _, s := range r.Stats {
		if err := r.priceEvents(s, p.PerEvent[s.Name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Static)) {
		r.priceStatic(name, unit.Joules(float64(p.Static[name].Watts)*float64(r.Seconds)))
	}
	r.EnergyJoules = 0
	for _, name := range slices.Sorted(maps.Keys(r.EnergyByUnit)) {
		r.EnergyJoules += r.EnergyByUnit[name]
	}
	r.EnergyPerInference = r.EnergyJoules / unit.Joules(max(1, r.Batch))
	r.AveragePowerWatts = 0
	if r.Seconds > 0 {
		r.AveragePowerWatts = unit.Watts(float64(r.EnergyJoules) / float64(r.Seconds))
	}
	r.PowerScope, r.AreaMM2 = p.Scope, p.Area
	return nil
}

// priceEvents adds the events of one unit.
func (r *Run) priceEvents(s *Stats, prices map[string]tech.Price) error {
	if len(s.Count) != len(r.Layers) {
		return fmt.Errorf("results: unit %s counted %d layers, the run has %d", s.Name, len(s.Count), len(r.Layers))
	}
	r.EnergyByUnit[s.Name] += 0 // a unit that did nothing is listed too
	for k, kind := range s.Kinds {
		price, known := prices[kind]
		for i, counts := range s.Count {
			if counts[k] == 0 {
				continue
			}
			if !known {
				return fmt.Errorf("results: unit %s counted %d events %q that have no price; give the machine's price list one", s.Name, s.Total(k), kind)
			}
			energy := price.Energy * unit.Joules(counts[k]) * s.scale(i)
			r.EnergyByUnit[s.Name] += energy
			r.Layers[i].EnergyJoules += energy
		}
	}
	return nil
}

// priceStatic adds energy that a unit draws over the whole run.
func (r *Run) priceStatic(name string, energy unit.Joules) {
	r.EnergyByUnit[name] += energy
	total := int64(0)
	for i := range r.Layers {
		total += r.Layers[i].Cycles
	}
	for i := range r.Layers {
		share := 1 / float64(len(r.Layers)) // of a run without cycles, each the same
		if total > 0 {
			share = float64(r.Layers[i].Cycles) / float64(total)
		}
		r.Layers[i].EnergyJoules += energy * unit.Joules(share)
	}
}
