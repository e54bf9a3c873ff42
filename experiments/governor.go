package experiments

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"

	"nnsim/arch/config"
	"nnsim/power"
	"nnsim/power/thermal"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
)

// governor is what watches a run's power and temperature, and slows it where a limit
// binds. Its keys are set like a device's, with "governor." before them.
type governor struct {
	Window     unit.Seconds  `key:"window" doc:"the power of a run in stretches of this length; 0 s: a 32nd of the run"`
	Cap        unit.Watts    `key:"cap" doc:"the clock is lowered while a window would draw more; 0 W: never"`
	Limit      float64       `key:"limit" min:"0" max:"1000" doc:"kelvin of the hottest block above which the clock is lowered; 0: never"`
	Ambient    float64       `key:"ambient" min:"1" max:"500" doc:"kelvin of the air"`
	Convection float64       `key:"convection" min:"0.001" max:"1000" doc:"K/W from sink to air"`
	Area       unit.SquareMM `key:"area" doc:"of the die; 0 mm2: what the machine says"`
	Floorplan  string        `key:"floorplan" doc:"a file of blocks, or none"`
	Leakage    float64       `key:"leakage" min:"0" max:"1" doc:"share of static power that leaks"`
	Reference  float64       `key:"reference" min:"1" max:"500" doc:"kelvin at which static power is given"`
	Start      string        `key:"start" oneof:"warm,cold" doc:"temperature at which the run begins"`

	plan []thermal.Block
	set  map[string]string // the keys that were set, by their full names
}

//go:embed governor.yaml
var governorText []byte

// governorKey is what a governor's keys begin with.
const governorKey = "governor."

// governed splits settings into the device's and the governor's; no governor: nil.
func governed(sets []string) (device []string, g *governor, err error) {
	var own []string
	set := map[string]string{}
	for _, s := range sets {
		rest, ok := strings.CutPrefix(strings.TrimSpace(s), governorKey)
		if !ok {
			device = append(device, s)
			continue
		}
		key, value, _ := strings.Cut(rest, "=")
		own, set[governorKey+strings.TrimSpace(key)] = append(own, rest), strings.TrimSpace(value)
	}
	if len(own) == 0 {
		return device, nil, nil
	}
	g = &governor{set: set}
	if _, err := config.Load("governor.yaml", governorText, own, g); err != nil {
		return nil, nil, err
	}
	if g.Floorplan != "none" {
		g.plan, err = readFloorplan(g.Floorplan)
	}
	return device, g, err
}

// readFloorplan reads blocks, one a line; # begins a comment.
func readFloorplan(path string) (plan []thermal.Block, err error) {
	text, err := readSmall("floor plan", path)
	if err != nil {
		return nil, fmt.Errorf("governor.floorplan: %w", err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		b, ok := thermal.Block{Name: f[0]}, len(f) == 5
		for j, to := range []*float64{&b.Width, &b.Height, &b.X, &b.Y} {
			if ok {
				*to, err = strconv.ParseFloat(f[j+1], 64)
				ok = err == nil && !math.IsInf(*to, 0) && !math.IsNaN(*to)
			}
		}
		if !ok {
			return nil, fmt.Errorf("%s:%d: %q: write a block as its name, width, height, left and bottom edge in m", path, i+1, strings.TrimSpace(line))
		}
		plan = append(plan, b)
	}
	if _, err := thermal.New(plan, thermal.HotSpot); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan, nil
}

// heats tells whether temperatures are followed.
func (g *governor) heats() bool { return g.Limit > 0 || g.Leakage > 0 || g.Area > 0 || len(g.plan) > 0 }

// shares is how many windows a run has where none is given.
const shares = 32

// watch fills the power section of a report; a governor whose limits bind makes the
// run longer, and its static energy with it.
func watch(run *results.Run, g *governor) error {
	if run.Seconds <= 0 {
		return nil
	}
	window := run.Seconds / shares
	if g != nil && g.Window > 0 {
		window = g.Window
	}
	profile, err := power.Follow(run, window)
	if err != nil {
		return err
	}
	run.Power = &results.Power{Average: run.AveragePowerWatts, Peak: profile.Peak(), Window: window}
	if g == nil {
		return nil
	}
	run.Device.Resolved = maps.Clone(run.Device.Resolved)
	maps.Copy(run.Device.Resolved, g.set)
	die, start, err := g.die(run, profile)
	if err != nil {
		return err
	}
	done, err := power.Govern(profile, power.Limits{Power: g.Cap, Temperature: thermal.Kelvin(g.Limit)}, die, start)
	if err != nil {
		return err
	}
	if err := stretch(run, g, done); err != nil {
		return err
	}
	describePower(run.Power, profile, done)
	run.Power.Average = run.AveragePowerWatts
	if die != nil {
		run.Power.Start = float64(start.Hottest(die.Network))
	}
	return nil
}

// die is what is warmed, and how warm it is when the run begins; nil where no
// temperatures are followed.
func (g *governor) die(run *results.Run, f *power.Profile) (*power.Die, thermal.State, error) {
	if !g.heats() {
		return nil, thermal.State{}, nil
	}
	plan := g.plan
	if plan == nil {
		area := g.Area
		if area == 0 && run.AreaMM2 != nil {
			area = *run.AreaMM2
		}
		if area == 0 {
			return nil, thermal.State{}, fmt.Errorf("governor.area: the area of %s is not known; set it, such as governor.area=100mm2, or give a governor.floorplan", run.Device.Name)
		}
		side := math.Sqrt(float64(area)) * 1e-3
		plan = []thermal.Block{{Name: "die", Width: side, Height: side}}
	}
	pack := thermal.HotSpot
	pack.Ambient, pack.Convection = thermal.Kelvin(g.Ambient), g.Convection
	network, err := thermal.New(plan, pack)
	if err != nil {
		return nil, thermal.State{}, fmt.Errorf("governor.floorplan: %w", err)
	}
	d := &power.Die{Network: network, Block: map[string]int{}, Leakage: power.Leakage{Watts: f.Static * unit.Watts(g.Leakage), At: thermal.Kelvin(g.Reference)}}
	for i, b := range plan {
		d.Block[b.Name] = i
	}
	if g.Start == "cold" {
		return d, network.Cold(), nil
	}
	start, err := d.Settle(f)
	return d, start, err
}

// stretch gives a run the time that its limits leave it, and prices it anew: what
// leaks is a unit of its own.
func stretch(run *results.Run, g *governor, done *power.Governed) error {
	if done.Slowed > 0 {
		run.Seconds = done.Total
		run.Rate()
		run.Notes = append(run.Notes, fmt.Sprintf("the governor lowered the clock for %v of %v (governor.cap, governor.limit)", done.Slowed, done.Total))
	}
	prices, static := run.Prices, map[string]tech.Power{}
	for name, p := range prices.Static {
		p.Watts *= unit.Watts(1 - g.Leakage)
		static[name] = p
	}
	if g.Leakage > 0 {
		static["leakage"] = tech.Power{Watts: unit.Watts(float64(done.Leaked) / float64(done.Total)), Source: "hotspot"}
	}
	prices.Static = static
	return run.Price(prices)
}

// describePower lists the windows.
func describePower(p *results.Power, f *power.Profile, done *power.Governed) {
	p.Peak, p.Slowed, p.LowestClock, p.Hottest = 0, done.Slowed, 1, float64(done.Hottest)
	at := unit.Seconds(0)
	for i, watts := range done.Watts {
		w := results.PowerWindow{Start: at, Seconds: done.Length[i], Watts: watts, Clock: done.Share[i], Units: map[string]unit.Watts{}}
		for u, name := range f.Units {
			w.Units[name] = f.Watts[i][u] * unit.Watts(done.Share[i])
		}
		if len(done.Kelvin) > 0 {
			w.Kelvin = float64(done.Kelvin[i])
		}
		p.Windows = append(p.Windows, w)
		p.Peak, p.LowestClock = max(p.Peak, watts), min(p.LowestClock, done.Share[i])
		at += done.Length[i]
	}
}
