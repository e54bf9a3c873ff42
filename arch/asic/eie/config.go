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
	asic.Common `inline:"true"`

	PEs      int         `key:"pes" min:"1" max:"65536" doc:"processing elements; rows of a matrix are dealt out over them"`
	Queue    int         `key:"queue" min:"1" max:"4096" doc:"activations that wait in a PE"`
	Pipeline unit.Cycles `key:"pipeline" min:"0" max:"64" doc:"edges from an activation's broadcast to its sums"`

	Matrix   unit.Bytes `key:"matrix" min:"64 B" max:"1 GiB" doc:"memory of a PE for entries, one byte each"`
	Pointers unit.Bytes `key:"pointers" min:"64 B" max:"1 GiB" doc:"memory of a PE for the columns' beginnings, two bytes each"`
	Sums     unit.Bytes `key:"sums" min:"64 B" max:"1 GiB" doc:"memory of a PE for activations, two bytes each"`
}

//go:embed presets/*.yaml
var presets embed.FS

// kind is the model, as descriptions name it.
const kind = "sparse-engine"

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
	var err error
	m.Identity, err = asic.Read(kind, name, text, sets, &m.cfg, asic.Always(precision))
	return m, err
}
