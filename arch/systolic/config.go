package systolic

import (
	"embed"
	"fmt"
	"slices"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// Config is a systolic machine as its YAML describes it.
type Config struct {
	Name    string        `key:"name" doc:"what reports call the machine"`
	Kind    string        `key:"kind" oneof:"systolic" doc:"which model simulates it"`
	About   string        `key:"about" doc:"one line: what the machine is"`
	Process int           `key:"process" min:"1" max:"1000" doc:"technology node in nm; prices of events are those of this node"`
	Clock   unit.Hertz    `key:"clock" min:"1 Hz" doc:"main clock"`
	DTypes  []string      `key:"dtypes" doc:"data types the array multiplies, the native one first"`
	Area    unit.SquareMM `key:"area" optional:"true" doc:"die area"`

	Array struct {
		Rows      int      `key:"rows" min:"1" max:"65536" doc:"cells along the reduction (os: along output rows)"`
		Cols      int      `key:"cols" min:"1" max:"65536" doc:"cells along the output columns"`
		Count     int      `key:"count" min:"1" max:"1024" doc:"arrays side by side that share the moving operand"`
		Dataflow  string   `key:"dataflow" oneof:"os,ws,is" doc:"operand that stays: output, weight or input"`
		Dataflows []string `key:"dataflows" optional:"true" oneof:"os,ws,is" doc:"dataflows the array can switch to from layer to layer; left out: dataflow alone"`
		Overlap   string   `key:"overlap" oneof:"full,none,scalesim" doc:"how folds follow one another"`
	} `key:"array"`

	Buffer struct {
		Size       unit.Bytes `key:"size" min:"1 B" doc:"unified buffer for activations (and weights where there is no FIFO)"`
		Banks      int        `key:"banks" min:"1" max:"65536" doc:"banks it is built of; an access costs the energy of one bank"`
		Width      unit.Bytes `key:"width" min:"1 B" doc:"bytes a port moves in a cycle; one port reads, one writes"`
		KeepOnChip bool       `key:"keep" doc:"activations may stay in it between layers"`
	} `key:"buffer"`

	Accumulators struct {
		Rows int `key:"rows" min:"2" max:"16777216" doc:"rows of one 32-bit word a column, in two banks"`
	} `key:"accumulators"`

	Weights struct {
		FIFO int `key:"fifo" min:"0" max:"1024" doc:"stationary tiles in the weight FIFO; 0: weights pass through the buffer"`
	} `key:"weights"`

	Vector struct {
		Lanes   int         `key:"lanes" min:"1" max:"1048576" doc:"elements a cycle for simple operations"`
		Hard    int         `key:"hard" min:"1" max:"1024" doc:"cycles a lane takes for a transcendental operation, reciprocal or root"`
		Latency unit.Cycles `key:"latency" min:"0" doc:"edges from a row's entry to its exit"`
	} `key:"vector"`

	DMA struct {
		Outstanding int `key:"outstanding" min:"1" max:"1024" doc:"loads on their way at a time"`
	} `key:"dma"`

	Memory Memory `key:"memory"`
	Power  Power  `key:"power"`
}

// Power is what the machine draws whatever it does.
type Power struct {
	Static unit.Watts `key:"static" doc:"leakage, clock tree and standing currents, all the time"`
	Scope  string     `key:"scope" oneof:"chip,package,board" doc:"what the figure covers"`
}

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	if len(c.DTypes) == 0 {
		return fmt.Errorf("dtypes is empty; name at least one data type, such as [int8]")
	}
	for _, name := range c.DTypes {
		t, err := workloads.ParseDType(name)
		if err != nil {
			return fmt.Errorf("dtypes: %w", err)
		}
		if t.Bits()%8 != 0 {
			return fmt.Errorf("dtypes: %s does not fill bytes, which this buffer addresses; use int8, int16 or wider", name)
		}
	}
	if c.Array.Rows*c.Array.Cols > 1<<26 {
		return fmt.Errorf("array: %d × %d cells are more than 2^26", c.Array.Rows, c.Array.Cols)
	}
	for i, flow := range c.Array.Dataflows {
		if slices.Contains(c.Array.Dataflows[:i], flow) {
			return fmt.Errorf("array.dataflows names %s twice; leave one out", flow)
		}
	}
	if c.Array.Overlap == string(ScaleSim) && !c.Memory.Ideal() {
		return fmt.Errorf("array.overlap=scalesim reports that tool's totals, which know no memory; set memory=ideal")
	}
	return nil
}

//go:embed presets/*.yaml
var presets embed.FS

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}

// Machine is a configured systolic machine.
type Machine struct {
	arch.Identity
	cfg Config
}

var _ arch.Machine = (*Machine)(nil)

// Open reads a machine from YAML text, each of sets ("array.rows=128") applied.
// name is what errors call the text.
func Open(name string, text []byte, sets []string) (*Machine, error) {
	m := &Machine{}
	read, err := config.Load(name, text, sets, &m.cfg)
	m.Identity = arch.Identify(m.cfg.Name, m.cfg.Kind, m.cfg.DTypes, read)
	return m, err
}

// geometry is what folds depend on.
func (m *Machine) geometry() Geometry {
	a := &m.cfg.Array
	return Geometry{Rows: a.Rows, Cols: a.Cols, Dataflow: mapping.Dataflow(a.Dataflow), Overlap: Overlap(a.Overlap)}
}

// target is what the mapper must know, of every dataflow that a layer may have.
func (m *Machine) target() mapping.Target {
	g := m.geometry()
	t := m.targetBy(g)
	for _, flow := range m.cfg.Array.Dataflows {
		if other := mapping.Dataflow(flow); other != g.Dataflow {
			t.Switched = append(t.Switched, m.targetBy(g.by(other)))
		}
	}
	return t
}

// targetBy is what the mapper must know of one dataflow.
func (m *Machine) targetBy(g Geometry) mapping.Target {
	c := &m.cfg
	t := mapping.Target{Name: c.Name, Rows: c.Array.Rows, Cols: c.Array.Cols, Arrays: c.Array.Count, Dataflow: g.Dataflow,
		Buffer: int64(c.Buffer.Size), FIFO: c.Weights.FIFO, AccRows: c.Accumulators.Rows, KeepOnChip: c.Buffer.KeepOnChip,
		Unlimited: g.Overlap == ScaleSim, BytesPerCycle: float64(c.Memory.peak()) / float64(c.Clock), PortBytes: float64(c.Buffer.Width),
		Latency: float64(c.Memory.typical()) * float64(c.Clock), Lanes: c.Vector.Lanes, VectorLatency: float64(c.Vector.Latency),
		Turnaround: float64(c.Memory.turnaround()) * float64(c.Clock), Outstanding: c.DMA.Outstanding, Memory: c.Memory.shape(c.Clock)}
	if g.Dataflow != mapping.WS {
		t.FIFO = 0 // the FIFO feeds stationary weights; other dataflows stream both operands from the buffer
	}
	if g.Overlap != Full {
		t.FoldOverhead = int64(g.load() + g.tail())
	}
	return t
}
