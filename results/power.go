package results

import (
	"fmt"

	"nnsim/unit"
)

// Power is what a run drew over time. What a governor adds is left out of other reports.
type Power struct {
	Average unit.Watts   `json:"average_watts"`
	Peak    unit.Watts   `json:"peak_watts"`     // of a window
	Window  unit.Seconds `json:"window_seconds"` // at the full clock; a slower one takes longer

	LowestClock float64       `json:"lowest_clock_share,omitempty"` // of the nominal clock
	Slowed      unit.Seconds  `json:"slowed_seconds,omitempty"`     // time at less than the full clock
	Start       float64       `json:"start_kelvin,omitempty"`       // of the hottest block
	Hottest     float64       `json:"hottest_kelvin,omitempty"`     // at the end of any window
	Windows     []PowerWindow `json:"windows,omitempty"`
}

// PowerWindow is one stretch of a run.
type PowerWindow struct {
	Start   unit.Seconds          `json:"start_seconds"`
	Seconds unit.Seconds          `json:"seconds"`
	Watts   unit.Watts            `json:"watts"`
	Clock   float64               `json:"clock_share"`      // of the nominal clock
	Kelvin  float64               `json:"kelvin,omitempty"` // the hottest block at its end
	Units   map[string]unit.Watts `json:"units"`            // what switches in it
}

// sentence says what a run drew, and what limits on it made of it.
func (p *Power) sentence(scope string) string {
	s := fmt.Sprintf("%v on average", p.Average)
	if scope != "" {
		s += " (" + scope + ")"
	}
	s += fmt.Sprintf(", at most %v over %v", p.Peak, p.Window)
	if p.Slowed > 0 {
		s += fmt.Sprintf(", clock down to %s", percent(p.LowestClock))
	}
	if p.Hottest > 0 {
		s += fmt.Sprintf(", hottest %.1f °C", p.Hottest-273.15)
	}
	return s
}
