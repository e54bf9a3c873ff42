package results

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"nnsim/unit"
)

// PriceLine is one line of a price list: what an event of a unit costs, or what a
// unit draws all the time, and where the figure is from.
type PriceLine struct {
	Unit   string      `json:"unit"`
	Event  string      `json:"event,omitempty"` // "" for what is drawn all the time
	Joules unit.Joules `json:"joules,omitempty"`
	Watts  unit.Watts  `json:"watts,omitempty"`
	Source string      `json:"source"`

	// A line of unit "point" is a clock at a supply, or at the supply's ratio to another's.
	Hertz    unit.Hertz `json:"hertz,omitempty"`
	Volts    unit.Volts `json:"volts,omitempty"`
	Relative float64    `json:"relative_volts,omitempty"`
}

// Lines lists the prices, unit by unit and event by event, then what is drawn all the time,
// then clocks and the supplies they are published to need.
func (p Prices) Lines() (list []PriceLine) {
	for _, u := range slices.Sorted(maps.Keys(p.PerEvent)) {
		for _, event := range slices.Sorted(maps.Keys(p.PerEvent[u])) {
			price := p.PerEvent[u][event]
			list = append(list, PriceLine{Unit: u, Event: event, Joules: price.Energy, Source: price.Source})
		}
	}
	for _, u := range slices.Sorted(maps.Keys(p.Static)) {
		list = append(list, PriceLine{Unit: u, Watts: p.Static[u].Watts, Source: p.Static[u].Source})
	}
	for _, at := range p.Points {
		list = append(list, PriceLine{Unit: "point", Hertz: at.Clock, Volts: at.Supply, Relative: at.Relative, Source: at.Source})
	}
	return list
}

// Text writes the price list as a table.
func (p Prices) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "unit\tevent\tprice\tsource\n")
	for _, l := range p.Lines() {
		switch {
		case l.Volts > 0:
			fmt.Fprintf(t, "%s\t%v\t%v\t%s\n", l.Unit, l.Hertz, l.Volts, l.Source)
			continue
		case l.Relative > 0:
			fmt.Fprintf(t, "%s\t%v\t%.3f × its volts at ratio 1\t%s\n", l.Unit, l.Hertz, l.Relative, l.Source)
			continue
		}
		if l.Event == "" {
			fmt.Fprintf(t, "%s\tall the time\t%v\t%s\n", l.Unit, l.Watts, l.Source)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\n", l.Unit, l.Event, l.Joules, l.Source)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nPrices are of the %s; keys are headings of docs/sources.md, \"scaled from\" marks figures derived by its rules.\n", p.Scope)
	return err
}
