package diannao

import (
	"embed"
	"fmt"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/arch/config"
	"nnsim/unit"
)

// Config is a tree of multipliers as its YAML describes it.
type Config struct {
	asic.Common `inline:"true"`

	NFU struct {
		Neurons  int         `key:"neurons" min:"1" max:"4096" doc:"filters whose sums are formed side by side: Tn"`
		Synapses int         `key:"synapses" min:"1" max:"4096" doc:"channels that each of them takes on an edge: Ti"`
		Pipeline unit.Cycles `key:"pipeline" min:"0" max:"64" doc:"edges from an input to its sum"`
	} `key:"nfu"`

	NBin  unit.Bytes `key:"nbin" min:"4 B" max:"64 MiB" doc:"buffer of inputs, in two halves"`
	SB    unit.Bytes `key:"sb" min:"4 B" max:"64 MiB" doc:"buffer of weights, in two halves"`
	NBout unit.Bytes `key:"nbout" min:"4 B" max:"64 MiB" doc:"buffer of sums, in two halves"`
}

// wordBytes is the width of everything: 16-bit fixed point.
const wordBytes = 2

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	if c.NFU.Neurons*c.NFU.Synapses > 1<<20 {
		return fmt.Errorf("nfu: %d × %d multipliers are more than 2^20", c.NFU.Neurons, c.NFU.Synapses)
	}
	return c.Common.Validate()
}

//go:embed presets/*.yaml
var presets embed.FS

// kind is the model, as descriptions name it.
const kind = "multiplier-tree"

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// Machine is a configured tree of multipliers.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("nfu.neurons=32") applied. name
// is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	var err error
	m.Identity, err = asic.Read(kind, name, text, sets, &m.cfg, asic.Always("int16"))
	return m, err
}
