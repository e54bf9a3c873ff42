package fpga

import (
	"embed"
	"fmt"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/unit"
	"nnsim/workloads"
)

// Config is an FPGA design's device as its YAML describes it.
type Config struct {
	Name    string     `key:"name" doc:"what reports call the machine"`
	Kind    string     `key:"kind" oneof:"fpga" doc:"which model simulates it"`
	About   string     `key:"about" doc:"one line: what the machine is"`
	Process int        `key:"process" min:"7" max:"130" doc:"technology node of the part in nm, to set energies beside those of other machines"`
	Clock   unit.Hertz `key:"clock" min:"1 Hz" doc:"clock of the design; stated, not derived"`
	Native  string     `key:"native" doc:"data type, or weight and activation pair, where the workload names none"`

	Design string `key:"design" oneof:"auto,streaming,hls,overlay" doc:"a stage for every layer (hls: a function made from C), one engine for all, or streaming where it fits"`

	Part   Part `key:"part"`
	Limits struct {
		LUT  float64 `key:"lut" min:"0.01" max:"1" doc:"share of the look-up tables a design may take"`
		FF   float64 `key:"ff" optional:"true" min:"0.01" max:"1" doc:"share of the flip-flops; all if left out"`
		BRAM float64 `key:"bram" min:"0.01" max:"1" doc:"share of the block RAMs and UltraRAMs"`
		DSP  float64 `key:"dsp" min:"0.01" max:"1" doc:"share of the DSP slices"`
		Mean float64 `key:"mean" optional:"true" min:"0.01" max:"1" doc:"mean of the shares that block RAMs, UltraRAMs and DSP slices are used to; 1 if left out"`
	} `key:"limits"`
	Fold struct {
		Rate    unit.Hertz `key:"rate" doc:"inferences a second the folding aims at; 0 Hz: as many as fit"`
		Product string     `key:"product" oneof:"auto,lut,dsp" doc:"what multiplies; auto: DSP slices from 4 bits on"`
		Layers  []string   `key:"layers" doc:"layers folded by hand, each as name:simd:pe, such as conv1:3:16; simd = window × channels is a parallel window"`
	} `key:"fold"`
	FIFO struct {
		Depth  int      `key:"depth" min:"0" max:"1048576" doc:"depth of every FIFO; 0: found by simulation"`
		Depths []string `key:"depths" optional:"true" doc:"depths of single FIFOs, each as name:depth, such as conv1.fifo:32"`
	} `key:"fifo"`
	HLS    HLS    `key:"hls" optional:"true"`
	Engine Engine `key:"engine"`
	Host   struct {
		Rate   unit.Hertz  `key:"rate" min:"0 Hz" doc:"simple operations a second of the processor that runs what the fabric does not; 0 Hz: there is none"`
		Energy unit.Joules `key:"energy" doc:"of one such operation"`

		Input unit.Seconds `key:"input" optional:"true" doc:"overlay: to prepare one element of an input (scale, normalise, quantise); nothing if left out"`
	} `key:"host"`
	Memory Memory `key:"memory"`
	AXI    AXI    `key:"axi"`
	Power  Power  `key:"power"`
}

// Part is what there is on the chip.
type Part struct {
	LUT    int    `key:"lut" min:"1" max:"100000000" doc:"6-input look-up tables"`
	FF     int    `key:"ff" min:"1" max:"100000000" doc:"flip-flops"`
	BRAM18 int    `key:"bram18" min:"0" max:"1000000" doc:"block RAMs of 18 Kbit"`
	URAM   int    `key:"uram" min:"0" max:"1000000" doc:"UltraRAMs of 288 Kbit"`
	DSP    int    `key:"dsp" min:"0" max:"1000000" doc:"DSP slices"`
	Slice  string `key:"slice" oneof:"dsp48,dsp58" doc:"their generation"`
}

// Power is what resources draw. There are no public figures for most of it: what
// is not sourced is the user's to set, and reports say so.
type Power struct {
	Static     unit.Watts  `key:"static" doc:"of the configured part and its clocks, all the time"`
	LUT        unit.Joules `key:"lut" doc:"a look-up table with its flip-flops and wires, a cycle at the toggle rate 12.5 %"`
	DSP        unit.Joules `key:"dsp" doc:"a DSP slice, a cycle at the same rate"`
	BRAM       unit.Joules `key:"bram" doc:"a block RAM, a cycle at the same rate"`
	Toggle     float64     `key:"toggle" min:"0" max:"1" doc:"share of the cycles in which a signal changes"`
	Calibrated bool        `key:"calibrated" doc:"whether these figures were measured; if not, reports say uncalibrated"`
	Scope      string      `key:"scope" oneof:"chip,package,board" doc:"what the figures cover"`
}

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	for _, n := range []*float64{&c.Limits.FF, &c.Limits.Mean} {
		if *n == 0 {
			*n = 1
		}
	}
	p, err := workloads.ParsePrecision(c.Native)
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	if len(c.Fold.Layers) > 0 && c.Design != "auto" && c.Design != "streaming" {
		return fmt.Errorf("fold.layers: nothing is folded by hand in design=%s; use design=streaming", c.Design)
	}
	if c.Design == "overlay" && p.Weight == workloads.FP32 {
		return nil
	}
	return offered(c.Name, p)
}

//go:embed presets/*.yaml
var presets embed.FS

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// Machine is a configured FPGA.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("fold.rate=3000 Hz") applied.
// name is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	read, err := config.Load(name, text, sets, &m.cfg)
	m.Identity = arch.Identify(m.cfg.Name, m.cfg.Kind, []string{m.cfg.Native}, read)
	return m, err
}

// Supports takes integers of 1 to 16 bits, bipolar included, for weights and activations.
// An overlay multiplies fp32 too.
func (m *Machine) Supports(p workloads.Precision) error {
	if m.cfg.Design == "overlay" && p.Weight == workloads.FP32 && p.Act == workloads.FP32 {
		return nil
	}
	return offered(m.cfg.Name, p)
}

func offered(name string, p workloads.Precision) error {
	for _, t := range []workloads.DType{p.Weight, p.Act} {
		if !t.IsInt() || t.Bits() > 16 {
			return fmt.Errorf("%s multiplies integers of 1 to 16 bits and bipolar, not %v; choose with dtype= on the workload, such as int8 or w1a2", name, t)
		}
	}
	return nil
}
