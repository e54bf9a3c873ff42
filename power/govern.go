package power

import (
	"fmt"

	"nnsim/power/thermal"
	"nnsim/unit"
)

// Limits are what a governor keeps to: power in any window, and the temperature of
// the hottest block. 0: none.
type Limits struct {
	Power       unit.Watts
	Temperature thermal.Kelvin
}

// Governed is a run under limits. Share is the clock in each window of the
// original run, relative to its own; Total is how long the work then takes.
type Governed struct {
	Share   []float64
	Length  []unit.Seconds   // of each window
	Watts   []unit.Watts     // in each, static power and all
	Kelvin  []thermal.Kelvin // the hottest block at the end of each; empty without a die
	Total   unit.Seconds
	Hottest thermal.Kelvin
	Slowed  unit.Seconds // of Total, the time at less than the full clock
	Leaked  unit.Joules  // by the part of static power that follows temperature
}

// gentlest is the least clock a governor chooses, and gear how much it lowers the
// clock at a time when the chip is too warm.
const (
	gentlest = 1.0 / 16
	gear     = 0.9
)

// Govern slows a run where a limit binds. A window holds a fixed amount of work: at
// a share s of the clock it takes 1/s as long and switches s times the power, while
// static power stays. The supply stays as it is. die may be nil where no
// temperature is limited.
func Govern(f *Profile, l Limits, die *Die, from thermal.State) (*Governed, error) {
	if l.Temperature > 0 && die == nil {
		return nil, fmt.Errorf("power: a limit of %.0f K needs a floor plan to follow temperatures on", float64(l.Temperature))
	}
	g := &Governed{}
	warm := 1.0 // the share that temperature allows
	for i := range f.Watts {
		share, static, leaks := 1.0, f.Static, unit.Watts(0)
		if die != nil {
			leaks = die.Leaks(from)
			static += leaks - die.Leakage.Watts
		}
		if dynamic := f.Dynamic(i); l.Power > 0 && dynamic+static > l.Power {
			if share = float64((l.Power - static) / dynamic); !(share >= gentlest) {
				return nil, fmt.Errorf("power: a cap of %v leaves too little beside %v of static power; give at least %v", l.Power, static, static+dynamic*gentlest)
			}
		}
		if die != nil {
			share = min(share, warm)
			hottest, err := g.follow(f, i, share, die, &from)
			if err != nil {
				return nil, err
			}
			switch {
			case l.Temperature > 0 && hottest > l.Temperature:
				warm = max(gentlest, min(warm, share)*gear)
			case warm < 1:
				warm = min(1, warm/gear)
			}
		}
		length := f.length(i) / unit.Seconds(share)
		g.Share, g.Length = append(g.Share, share), append(g.Length, length)
		g.Watts = append(g.Watts, f.Dynamic(i)*unit.Watts(share)+static)
		g.Leaked += unit.Joules(float64(leaks) * float64(length))
		g.Total += length
		if share < 1 {
			g.Slowed += length
		}
	}
	return g, nil
}

// follow steps the temperatures through one window at a share of the clock.
func (g *Governed) follow(f *Profile, i int, share float64, die *Die, from *thermal.State) (thermal.Kelvin, error) {
	slow := *f
	slow.Watts = [][]unit.Watts{make([]unit.Watts, len(f.Units))}
	slow.Window = f.length(i) / unit.Seconds(share)
	slow.Total = slow.Window
	for u, w := range f.Watts[i] {
		slow.Watts[0][u] = w * unit.Watts(share)
	}
	hottest, end, err := die.Heat(&slow, *from)
	if err != nil {
		return 0, err
	}
	*from = end
	g.Kelvin, g.Hottest = append(g.Kelvin, hottest[0]), max(g.Hottest, hottest[0])
	return hottest[0], nil
}
