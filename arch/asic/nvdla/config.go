package nvdla

import (
	"embed"
	"fmt"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/arch/config"
	"nnsim/unit"
)

// Config is a convolution engine as its YAML describes it.
type Config struct {
	asic.Common `inline:"true"`

	DTypes []string      `key:"dtypes" doc:"data types the array multiplies, the native one first"`
	Logic  unit.SquareMM `key:"logic" doc:"area of gates and registers beside the multipliers and the buffers: what its clock costs"`

	Array struct {
		AtomicC  int         `key:"atomic_c" min:"1" max:"4096" doc:"channels multiplied in an edge"`
		AtomicK  int         `key:"atomic_k" min:"1" max:"4096" doc:"filters multiplied in an edge"`
		Packing  bool        `key:"packing" doc:"columns and lines of the window stand beside the few channels of an image (image input)"`
		Window   string      `key:"window" oneof:"split,whole" doc:"split: an edge takes channels of one element of the window; whole: any, without gaps, as in the vendor's estimates"`
		Winograd bool        `key:"winograd" doc:"3×3 filters at stride 1 by Winograd's algorithm, four results by 16 multiplications"`
		Batch    int         `key:"batch" min:"1" max:"4096" doc:"images of fully connected layers that pass together, by filters fetched once; the rows of one image always do"`
		Load     unit.Cycles `key:"load" min:"0" max:"4096" doc:"edges in which the next filters come to the cells; fewer operands than that wait for them"`
		Pipeline unit.Cycles `key:"pipeline" min:"0" max:"4096" doc:"edges from an activation to its sum"`
		Start    unit.Cycles `key:"start" min:"0" max:"1000000" doc:"edges to set a layer up"`
	} `key:"array"`

	Buffer struct {
		Size  unit.Bytes `key:"size" min:"64 B" max:"1 GiB" doc:"convolution buffer"`
		Banks int        `key:"banks" min:"1" max:"4096" doc:"banks it is built of; an access costs the energy of one bank"`
		Width int        `key:"width" min:"1" max:"4096" doc:"bytes an access of a bank moves"`
	} `key:"buffer"`

	Schedule string `key:"schedule" oneof:"streamed,best" doc:"streamed: filters in groups, all activations pass for each; best: the order and the tiles that take least, of the best by estimate and the streamed ones"`

	Sums    unit.Bytes `key:"sums" min:"64 B" max:"1 GiB" doc:"sums that are kept while channels pass in several turns, 4 bytes each"`
	Granule unit.Bytes `key:"granule" min:"64 B" max:"64 MiB" doc:"results that are finished and stored together"`
}

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	if len(c.DTypes) == 0 {
		return fmt.Errorf("dtypes is empty; name at least one data type, such as [int8]")
	}
	for _, name := range c.DTypes {
		if name != "int8" && name != "int16" {
			return fmt.Errorf("dtypes: %s is not multiplied by this model; use int8 or int16", name)
		}
	}
	if c.Array.Winograd && c.Array.AtomicC%tilePart != 0 {
		return fmt.Errorf("array.winograd: tiles of 4×4 need array.atomic_c to be a multiple of 16, not %d; or set it to false", c.Array.AtomicC)
	}
	return c.Common.Validate()
}

//go:embed presets/*.yaml
var presets embed.FS

// kind is the model, as descriptions name it.
const kind = "convolution-engine"

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// Machine is a configured convolution engine.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("array.atomic_c=32") applied.
// name is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	var err error
	m.Identity, err = asic.Read(kind, name, text, sets, &m.cfg, func() []string { return m.cfg.DTypes })
	return m, err
}
