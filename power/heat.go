package power

import (
	"fmt"
	"math"

	"nnsim/power/thermal"
	"nnsim/unit"
)

// growth is how leakage rises with temperature, by kelvin: it doubles every 19 [hotspot].
const growth = 0.036

// Leakage is the part of static power that depends on temperature: so much at so
// many kelvin.
type Leakage struct {
	Watts unit.Watts
	At    thermal.Kelvin
}

// Now is the leakage at a temperature.
func (l Leakage) Now(t thermal.Kelvin) unit.Watts {
	return l.Watts * unit.Watts(math.Exp(growth*float64(t-l.At)))
}

// Die says where power falls: Block by unit's name, in a floor plan's blocks; what
// is not named, static power among it, falls evenly by area.
type Die struct {
	Network *thermal.Network
	Block   map[string]int
	Leakage Leakage // of the profile's static power, the part that leaks
}

// Leaks is the leakage of the whole die in a state.
func (d *Die) Leaks(s thermal.State) (total unit.Watts) {
	for i, share := range d.shares() {
		total += share * d.Leakage.Now(s.Block(i))
	}
	return total
}

// shares is each block's part of the die's area.
func (d *Die) shares() []unit.Watts {
	all, out := 0.0, make([]unit.Watts, len(d.Network.Blocks))
	for _, b := range d.Network.Blocks {
		all += b.Width * b.Height
	}
	for i, b := range d.Network.Blocks {
		out[i] = unit.Watts(b.Width * b.Height / all)
	}
	return out
}

// powers is each block's share in a state: what switches there, and what is static.
func (d *Die) powers(f *Profile, window int, s thermal.State) ([]unit.Watts, error) {
	blocks := d.Network.Blocks
	out, even := make([]unit.Watts, len(blocks)), f.Static-d.Leakage.Watts
	for u, name := range f.Units {
		i, placed := d.Block[name]
		switch {
		case !placed:
			even += f.Watts[window][u]
		case i < 0 || i >= len(blocks):
			return nil, fmt.Errorf("power: unit %s is placed in block %d; the floor plan has %d", name, i, len(blocks))
		default:
			out[i] += f.Watts[window][u]
		}
	}
	for i, share := range d.shares() {
		out[i] += share * (even + d.Leakage.Now(s.Block(i)))
	}
	return out, nil
}

// settling is how often a settled state is improved upon: each time leakage follows
// the temperature that it led to, and a chip that does not run away is within a
// thousandth of a kelvin after a few.
const settling = 50

// Settle is the state in which the chip is after drawing the profile's average power for long.
func (d *Die) Settle(f *Profile) (thermal.State, error) {
	mean := *f
	mean.Watts = [][]unit.Watts{make([]unit.Watts, len(f.Units))}
	for i, row := range f.Watts {
		for u, w := range row {
			mean.Watts[0][u] += w * unit.Watts(f.length(i)/f.Total)
		}
	}
	s := d.Network.Cold()
	for range settling {
		p, err := d.powers(&mean, 0, s)
		if err != nil {
			return s, err
		}
		if s, err = d.Network.Steady(p); err != nil {
			return s, err
		}
		if hottest := s.Hottest(d.Network); hottest > runaway {
			return s, fmt.Errorf("power: the chip would settle at %.0f K or above: leakage grows faster than the package carries heat away", float64(hottest))
		}
	}
	return s, nil
}

// runaway is a temperature at which leakage has outgrown what the package carries away.
const runaway = 500

// Heat follows the temperatures through a run from a state on: the hottest block at
// the end of each window.
func (d *Die) Heat(f *Profile, from thermal.State) (hottest []thermal.Kelvin, end thermal.State, err error) {
	step := d.Network.Steps(f.Window)
	for i := range f.Watts {
		p, err := d.powers(f, i, from)
		if err != nil {
			return nil, from, err
		}
		if from, err = step.Next(from, p); err != nil {
			return nil, from, err
		}
		hottest = append(hottest, from.Hottest(d.Network))
		if hottest[i] > runaway {
			return hottest, from, fmt.Errorf("power: after window %d the chip is at %.0f K: leakage grows faster than the package carries heat away", i, float64(hottest[i]))
		}
	}
	return hottest, from, nil
}
