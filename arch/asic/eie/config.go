package eie

import (
	"embed"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/arch/config"
	"nnsim/unit"
)

// Config is a sparse engine as its YAML describes it.
type Config struct {
	Name     string        `key:"name" doc:"what reports call the machine"`
	Kind     string        `key:"kind" oneof:"sparse-engine" doc:"which model simulates it"`
	About    string        `key:"about" doc:"one line: what the machine is"`
	Process  int           `key:"process" min:"7" max:"130" doc:"technology node in nm; prices of events are those of this node"`
	Clock    unit.Hertz    `key:"clock" min:"1 Hz" doc:"clock of the PEs"`
	Voltage  unit.Volts    `key:"voltage" min:"1 mV" doc:"supply; energies go with its square"`
	Area     unit.SquareMM `key:"area" optional:"true" doc:"die area"`
	PEs      int           `key:"pes" min:"1" max:"65536" doc:"processing elements; rows of a matrix are dealt out over them"`
	Queue    int           `key:"queue" min:"1" max:"4096" doc:"activations that wait in a PE"`
	Pipeline unit.Cycles   `key:"pipeline" min:"0" max:"64" doc:"edges from an activation's broadcast to its sums"`

	Matrix   unit.Bytes `key:"matrix" min:"64 B" max:"1 GiB" doc:"memory of a PE for entries, one byte each"`
	Pointers unit.Bytes `key:"pointers" min:"64 B" max:"1 GiB" doc:"memory of a PE for the columns' beginnings, two bytes each"`
	Sums     unit.Bytes `key:"sums" min:"64 B" max:"1 GiB" doc:"memory of a PE for activations, two bytes each"`

	Vector asic.Vector `key:"vector"`
	Memory asic.Memory `key:"memory"`
	Power  asic.Power  `key:"power"`
}

// Validate refuses a clock that the supply is too low for.
func (c *Config) Validate() error { return c.Power.Allows(c.Clock, c.Voltage) }

//go:embed presets/*.yaml
var presets embed.FS

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// precision is what the PEs multiply: weights of 4 bits, which stand for 16, and activations of 16.
const precision = "w4a16"

// Machine is a configured sparse engine.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("pes=128") applied. name is
// what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	read, err := config.Load(name, text, sets, &m.cfg)
	m.Identity = arch.Identify(m.cfg.Name, m.cfg.Kind, []string{precision}, read)
	return m, err
}
