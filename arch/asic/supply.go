package asic

import (
	"fmt"
	"strings"

	"nnsim/tech"
	"nnsim/unit"
)

// point is a clock that a supply allows.
type point struct {
	clock  unit.Hertz
	supply unit.Volts
}

// points reads the pairs of clock and supply.
func (p *Power) points() (list []point, err error) {
	for _, text := range p.Points {
		clock, supply, ok := strings.Cut(text, "@")
		if !ok {
			return nil, fmt.Errorf("points: %q is no clock and supply; write such as 100 MHz @ 820 mV", text)
		}
		var at point
		if at.clock, err = unit.ParseHertz(strings.TrimSpace(clock)); err == nil {
			at.supply, err = unit.ParseVolts(strings.TrimSpace(supply))
		}
		if err != nil {
			return nil, fmt.Errorf("points: %w", err)
		}
		if n := len(list); n > 0 && (at.clock <= list[n-1].clock || at.supply <= list[n-1].supply) {
			return nil, fmt.Errorf("points: %q does not rise above the one before; list them in ascending order", text)
		}
		list = append(list, at)
	}
	return list, nil
}

// published are the points as prices list them.
func (p *Power) published() (list []tech.Point) {
	points, _ := p.points()
	for _, at := range points {
		list = append(list, tech.Point{Clock: at.clock, Supply: at.supply, Source: "device"})
	}
	return list
}

// Allows refuses a clock that the supply is too low for, and supplies outside the
// machine's range. Between two points the clock rises evenly with the supply.
func (p *Power) Allows(clock unit.Hertz, supply unit.Volts) error {
	list, err := p.points()
	if err != nil || len(list) == 0 {
		return err
	}
	low, high := list[0], list[len(list)-1]
	if supply < low.supply || supply > high.supply {
		return fmt.Errorf("voltage %v: the machine works from %v to %v (power.points)", supply, low.supply, high.supply)
	}
	most := low.clock
	for i, at := range list[1:] {
		if supply >= list[i].supply {
			share := (supply - list[i].supply) / (at.supply - list[i].supply)
			most = list[i].clock + (at.clock-list[i].clock)*unit.Hertz(min(share, 1))
		}
	}
	if clock > most*(1+1e-9) {
		return fmt.Errorf("clock %v: at %v the highest is %v; raise voltage or lower clock (power.points)", clock, supply, most)
	}
	return nil
}

// scales is what a supply and a clock make of energies that are switched, of what
// the clock draws, and of leakage: C·V², C·V²·f, and V times a current that stays.
func (p *Power) scales(clock unit.Hertz, supply unit.Volts) (switched, clocked, leaked float64) {
	v := float64(supply / p.Nominal)
	return v * v, v * v * float64(clock/p.At), v
}
