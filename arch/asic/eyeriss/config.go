package eyeriss

import (
	"embed"
	"fmt"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/arch/config"
	"nnsim/mapping/rowstationary"
	"nnsim/unit"
)

// Config is a row-stationary machine as its YAML describes it.
type Config struct {
	asic.Common `inline:"true"`

	Array struct {
		Rows int `key:"rows" min:"1" max:"4096" doc:"PEs on top of each other; a window is at most as high"`
		Cols int `key:"cols" min:"1" max:"4096" doc:"PEs side by side"`
	} `key:"array"`

	PE struct {
		Filter   int  `key:"filter" min:"1" max:"1048576" doc:"words of filters a PE holds"`
		Input    int  `key:"input" min:"1" max:"65536" doc:"words of activations a PE holds: a window of each of its channels"`
		Sum      int  `key:"sum" min:"1" max:"65536" doc:"sums a PE holds"`
		Pipeline int  `key:"pipeline" min:"0" max:"64" doc:"edges from operands to a sum"`
		Gating   bool `key:"gating" doc:"multiplications by a zero activation cost no energy"`
	} `key:"pe"`

	Bus struct {
		Filter int `key:"filter" min:"1" max:"4096" doc:"words of filters an edge from the buffer to the array"`
		Input  int `key:"input" min:"1" max:"4096" doc:"words of activations an edge"`
		Sum    int `key:"sum" min:"1" max:"4096" doc:"sums an edge, each way"`
	} `key:"bus"`

	Buffer struct {
		Banks   int        `key:"banks" min:"2" max:"65536" doc:"banks for activations and sums; each holds one of them"`
		Bank    unit.Bytes `key:"bank" min:"8 B" max:"64 MiB" doc:"capacity of a bank"`
		Filters unit.Bytes `key:"filters" min:"8 B" max:"64 MiB" doc:"beside the banks, for the filters of the next pass"`
		Width   int        `key:"width" min:"2" max:"64" doc:"bytes an access moves"`
	} `key:"buffer"`

	Coding  string `key:"coding" oneof:"rlc,none" doc:"how results and activations are stored off chip"`
	Density string `key:"density" oneof:"measured,stated" doc:"where zeros are counted, if all values are carried and none are stated"`
}

// wordBytes is the width of everything: 16-bit fixed point.
const wordBytes = 2

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	if c.Array.Rows*c.Array.Cols > 1<<20 {
		return fmt.Errorf("array: %d × %d PEs are more than 2^20", c.Array.Rows, c.Array.Cols)
	}
	if total := int64(c.Buffer.Banks) * int64(c.Buffer.Bank); total > 1<<30 {
		return fmt.Errorf("buffer: %d banks of %v are more than 1 GiB", c.Buffer.Banks, c.Buffer.Bank)
	}
	return c.Common.Validate()
}

//go:embed presets/*.yaml
var presets embed.FS

// kind is the model, as descriptions name it.
const kind = "row-stationary"

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// Machine is a configured row-stationary machine.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("array.rows=24") applied.
// name is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	var err error
	m.Identity, err = asic.Read(kind, name, text, sets, &m.cfg, asic.Always("int16"))
	return m, err
}

// array is what the mapper must know. The energies are those of the paper's
// analysis, in units of a multiplication [eyeriss-2016].
func (m *Machine) array() *rowstationary.Array {
	c := &m.cfg
	return &rowstationary.Array{Name: c.Name, Rows: c.Array.Rows, Cols: c.Array.Cols, FilterWords: c.PE.Filter, InputWords: c.PE.Input, SumWords: c.PE.Sum,
		Banks: c.Buffer.Banks, BankBytes: int(c.Buffer.Bank), FilterBytes: int(c.Buffer.Filters), FilterBus: c.Bus.Filter, InputBus: c.Bus.Input,
		SumBus: c.Bus.Sum, Pipeline: c.PE.Pipeline, WordBytes: wordBytes, BytesPerEdge: float64(c.Memory.Bandwidth) / float64(c.Clock), EnergyRF: 1, EnergyNoC: 2, EnergyGLB: 6}
}
