package asic

import (
	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/results"
	"nnsim/unit"
)

// Common is what the descriptions of all machines on the chassis have; it is embedded
// in each, tagged inline:"true".
type Common struct {
	Name    string        `key:"name" doc:"what reports call the machine"`
	Kind    string        `key:"kind" doc:"which model simulates it"`
	About   string        `key:"about" doc:"one line: what the machine is"`
	Process int           `key:"process" min:"5" max:"130" doc:"technology node in nm; prices of events are those of this node"`
	Clock   unit.Hertz    `key:"clock" min:"1 Hz" doc:"clock of the array and its buffers"`
	Voltage unit.Volts    `key:"voltage" min:"1 mV" doc:"supply; energies go with its square"`
	Area    unit.SquareMM `key:"area" optional:"true" doc:"area of the die, or of the engine where it is a part of one"`

	Vector Vector `key:"vector"`
	Memory Memory `key:"memory"`
	Power  Power  `key:"power"`
}

// Validate refuses a clock that the supply is too low for.
func (c *Common) Validate() error { return c.Power.Allows(c.Clock, c.Voltage) }

// common finds it in a machine's configuration.
func (c *Common) common() *Common { return c }

// description is a configuration with Common in it.
type description interface{ common() *Common }

// Read reads a machine of a kind from YAML text into its configuration, each of sets
// applied, and tells what it is called. precisions are asked for when that has been
// read. name is what errors call the text.
func Read(kind, name string, text []byte, sets []string, into description, precisions func() []string) (arch.Identity, error) {
	read, err := config.Load(name, text, sets, into)
	c := into.common()
	if err == nil && c.Kind != kind {
		err = config.Faults{{File: name, Key: "kind", Value: c.Kind, Right: "write " + kind + ", the model that was asked for"}}
	}
	if err != nil {
		return arch.Identity{}, err
	}
	return arch.Identify(c.Name, c.Kind, precisions(), read), nil
}

// Always is the precision of a machine that has one.
func Always(precision string) func() []string { return func() []string { return []string{precision} } }

// Describe is the device part of a report.
func Describe(cfg description, peak float64) results.Device {
	c := cfg.common()
	return results.Device{Name: c.Name, Kind: c.Kind, Clock: c.Clock, PeakMACsPerCycle: peak, Resolved: config.Resolved(cfg)}
}
