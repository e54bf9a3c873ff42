package gpu

import (
	"embed"
	"fmt"

	"nnsim/arch/config"
	"nnsim/mem/dram"
	"nnsim/unit"
	"nnsim/workloads"
)

// Config is a GPU as its YAML describes it.
type Config struct {
	Name    string        `key:"name" doc:"what reports call the machine"`
	Kind    string        `key:"kind" oneof:"gpu" doc:"which model simulates it"`
	About   string        `key:"about" doc:"one line: what the machine is"`
	Process int           `key:"process" min:"7" max:"130" doc:"technology node in nm, for prices of events that no table of GPUs gives"`
	Clock   unit.Hertz    `key:"clock" min:"1 Hz" doc:"boost clock of the SMs"`
	DTypes  []string      `key:"dtypes" doc:"data types products are computed in, the native one first"`
	Area    unit.SquareMM `key:"area" optional:"true" doc:"die area"`

	SM     SM     `key:"sm"`
	Tensor Tensor `key:"tensor"`
	L1     L1     `key:"l1"`
	L2     L2     `key:"l2"`
	Memory Memory `key:"memory"`
	Launch Launch `key:"launch"`
	Kernel Kernel `key:"kernel"`
	Power  Power  `key:"power"`

	offChip *offChip // what its channels are known to give; nil: memory.model is not channels
}

// SM is one streaming multiprocessor.
type SM struct {
	Count     int         `key:"count" min:"1" max:"1024" doc:"streaming multiprocessors in use"`
	Warps     int         `key:"warps" min:"4" max:"128" doc:"warps resident on an SM"`
	CTAs      int         `key:"ctas" min:"1" max:"64" doc:"CTAs resident on an SM"`
	Registers int         `key:"registers" min:"1024" max:"1048576" doc:"32-bit registers of an SM"`
	Shared    unit.Bytes  `key:"shared" min:"4096 B" doc:"shared memory of an SM that CTAs can have"`
	Width     unit.Bytes  `key:"width" min:"4 B" doc:"bytes shared memory gives or takes in a cycle"`
	Latency   unit.Cycles `key:"latency" min:"1" doc:"from a read of shared memory to its use"`
	FP32      int         `key:"fp32" min:"4" max:"1024" doc:"FP32 multiply-adds a cycle"`
	Operands  float64     `key:"operands" min:"0" max:"1" optional:"true" doc:"share of these that banks of registers feed with three operands, as in products out of registers; 0: all"`
	DP4A      int         `key:"dp4a" min:"0" max:"4096" doc:"int8 multiply-adds a cycle on the integer pipe; 0: none"`
	Issue     int         `key:"issue" min:"1" max:"16" doc:"warp instructions issued a cycle by all sub-cores"`
	SFU       int         `key:"sfu" min:"1" max:"256" doc:"transcendental functions a cycle"`
	Read      unit.Bytes  `key:"read" min:"1 B" doc:"bytes a cycle from L2 to an SM"`
	Write     unit.Bytes  `key:"write" min:"1 B" doc:"bytes a cycle from an SM to L2"`
	Flight    unit.Bytes  `key:"flight" min:"0 B" doc:"bytes that loads of an SM may have under way; 0: no limit"`
	Path      string      `key:"path" oneof:"registers,async,tma" doc:"how tiles come to shared memory"`
	Cluster   int         `key:"cluster" min:"1" max:"16" doc:"CTAs that share a tile by multicast"`
	Quads     int         `key:"quads" min:"0" max:"256" optional:"true" doc:"clusters of four CTAs that find room at once; 0: SMs come out even"`
	Groups    int         `key:"groups" min:"0" max:"1024" optional:"true" doc:"groups of SMs behind one port of L2; 0: L2 gives all SMs together what its slices have"`
	Port      unit.Bytes  `key:"port" min:"0 B" optional:"true" doc:"bytes a cycle from L2 to such a group"`
}

// Tensor is the tensor cores of one SM: multiply-adds a cycle by type, 0 for types it has not.
type Tensor struct {
	FP16    int         `key:"fp16" min:"0" max:"65536" doc:"of fp16 (and bf16, where dtypes lists it), summed in fp32"`
	TF32    int         `key:"tf32" min:"0" max:"65536" doc:"of tf32"`
	FP8     int         `key:"fp8" min:"0" max:"65536" doc:"of 8-bit floats"`
	Int8    int         `key:"int8" min:"0" max:"65536" doc:"of int8"`
	Reached float64     `key:"reached" min:"0.1" max:"1" doc:"share of these rates that a loop of nothing else reaches"`
	Latency unit.Cycles `key:"latency" min:"1" doc:"from the issue of an operation to its result"`
	Sync    float64     `key:"sync" min:"0.1" max:"1" doc:"share of the rates that instructions of single warps can have"`
}

// L1 is the first-level cache of an SM.
type L1 struct {
	Size    unit.Bytes  `key:"size" min:"4096 B" doc:"capacity for a kernel without shared memory"`
	Latency unit.Cycles `key:"latency" min:"1" doc:"of a hit"`
}

// L2 is the cache all SMs share.
type L2 struct {
	Size       unit.Bytes  `key:"size" min:"1024 B" doc:"capacity of all partitions"`
	Partitions int         `key:"partitions" min:"1" max:"8" doc:"parts; a line has its home in one of them, and the other keeps a copy of what its SMs read"`
	Latency    unit.Cycles `key:"latency" min:"1" doc:"of a hit in the near partition"`
	Far        unit.Cycles `key:"far" min:"1" doc:"of a hit in the far partition"`
	Bandwidth  unit.Bytes  `key:"bandwidth" min:"1 B" doc:"bytes a cycle from all slices together"`
	Write      unit.Bytes  `key:"write" min:"0 B" optional:"true" doc:"bytes a cycle that all slices together take from SMs, each of sm.groups its share; 0: as many as they give"`
	Slices     int         `key:"slices" min:"1" max:"1024" doc:"slices, each the home of its share of the lines"`
	Inputs     string      `key:"inputs" oneof:"cold,there" optional:"true" doc:"what a run finds in L2: nothing; or the network's inputs, where a layer's operands and result fit it, as after a layer before and in loops that repeat one with new weights"`
	Sets       int         `key:"sets" min:"0" max:"64" optional:"true" doc:"with inputs there: sets of weights, in turn, with which a product that is a run by itself is repeated, so that it finds what L2 keeps from one use of a set to the next; 0: no weights are found"`
	Link       unit.Bytes  `key:"link" min:"1 B" doc:"bytes a cycle that all slices together send to the other partition, beside what SMs get"`
}

// Memory is the off-chip memory's section. "memory: ideal" never stalls.
type Memory struct {
	config.OrIdeal

	Standard   string              `key:"standard" oneof:"gddr5,gddr6,gddr6x,hbm2,hbm2e,hbm3,hbm3e" doc:"standard"`
	Bandwidth  unit.BytesPerSecond `key:"bandwidth" min:"1 B/s" doc:"at the pins"`
	Model      string              `key:"model" optional:"true" oneof:"channels,rate" doc:"what kernels meet: channels of the part, simulated by pattern and mix of their traffic; or memory.efficiency and memory.latency (rate, also if left out)"`
	Efficiency float64             `key:"efficiency" min:"0.1" max:"1" doc:"model rate: share of the bandwidth that a copy kernel gets: refresh, turn-around, rows"`
	Latency    unit.Seconds        `key:"latency" doc:"model rate: what a miss in L2 takes beyond a hit in its far partition"`
	Queue      unit.Seconds        `key:"queue" doc:"what it takes longer when the memory is busy all the time; in proportion when it is not"`
	Part       string              `key:"part" doc:"the part whose commands and timings are met, at the clock that the bandwidth asks for"`
	Cycle      unit.Seconds        `key:"cycle" optional:"true" min:"10 ps" doc:"clock period at which the part's times, which are in cycles, hold; left out: the part's own"`
	Channels   int                 `key:"channels" min:"1" max:"1024" doc:"pseudo-channels of that part"`
	Controller unit.Seconds        `key:"controller" doc:"pipeline between a slice of L2 and its channel, there and back"`
}

// Launch is what starting a kernel takes.
type Launch struct {
	Gap    unit.Seconds `key:"gap" doc:"from the end of one kernel to the first CTA of the next"`
	Call   unit.Seconds `key:"call" optional:"true" doc:"what the host takes for a call of a framework's operator before it launches the kernel, while kernels before it run; 0: kernels of a graph, which wait for no host"`
	Cold   int          `key:"cold" min:"0" max:"64" doc:"reads of L2 one after another before the first instruction of the main loop: parameters, code"`
	Spared int          `key:"spared" min:"0" max:"64" optional:"true" doc:"of these reads, those that the kernel which adds the parts of a split product does without, being short"`
	CTA    unit.Cycles  `key:"cta" min:"0" doc:"from a CTA's dispatch to its first load, once the code is there"`
	Rate   unit.Hertz   `key:"rate" min:"0 Hz" optional:"true" doc:"CTAs dispatched a second, one after another, over all SMs; 0: all that find room at once"`
	Warp   unit.Cycles  `key:"warp" min:"0" max:"100" doc:"from the start of one warp to the next on an SM"`
}

// Kernel overrides the choice of the kernel of a product; 0 leaves it to the heuristic.
type Kernel struct {
	TileM    int    `key:"tile_m" min:"0" max:"512" doc:"rows of a CTA's tile"`
	TileN    int    `key:"tile_n" min:"0" max:"512" doc:"columns of a CTA's tile"`
	TileK    int    `key:"tile_k" min:"0" max:"512" doc:"reduction of one slab"`
	Stages   int    `key:"stages" min:"0" max:"16" doc:"slabs in shared memory"`
	Operator string `key:"operator" oneof:"auto,engine,kernel" doc:"what attention is: an engine's operator, which writes keys and values to a cache of pages and reads them there; the kernel by itself; or the engine's where a cache is in use (auto)"`
	Layout   string `key:"layout" oneof:"swizzled,padded,naive" doc:"how tiles of matrix instructions lie in the banks of shared memory"`
	Split    int    `key:"split" min:"0" max:"512" doc:"CTAs that share the reduction of a tile"`
	Schedule string `key:"schedule" oneof:"auto,library,tiles,streamk,gemv" doc:"what the CTAs of a product share out: tiles, or parts of them (split); slabs (streamk; convolutions keep to tiles); columns, where it has one row (gemv); tiles, or columns where it has one row and few of them (library); or what is fastest"`
	Engine   string `key:"engine" oneof:"vllm,sglang,none" optional:"true" doc:"serving engine whose kernel multiplies 8-bit floats that kernel.quantise has made, on Hopper, where tile, stages, split and schedule do not say otherwise; none, also if left out: the library's"`
	Quantise string `key:"quantise" oneof:"rows,static,tensor,none" doc:"what brings inputs of 16 bits to 8-bit floats: a kernel with a scale a row, which sweeps each twice; one with a scale known beforehand, which sweeps once (static); four nodes with a scale for all, as TensorRT-LLM has them before the library's product (tensor); or nothing"`
}

// Power is what the machine draws.
type Power struct {
	Static  unit.Watts   `key:"static" doc:"clocks running and nothing to do"`
	Limit   unit.Watts   `key:"limit" min:"1 W" doc:"the governor keeps power at or below it"`
	Tensor  unit.Hertz   `key:"tensor" min:"0 Hz" optional:"true" doc:"clock that the board goes down to at once when tensor cores run, whatever they draw; 0: none"`
	Lag     unit.Seconds `key:"lag" min:"1e-9 s" doc:"time constant of the governor"`
	History string       `key:"history" oneof:"rested,loaded" doc:"what a run finds: clocks at boost, or where the same work over and over has brought them"`
	At      unit.Hertz   `key:"at" min:"1 Hz" doc:"clock at whose voltage the energies of this section hold"`
	Slope   float64      `key:"slope" min:"0" max:"1" doc:"relative change of voltage by relative change of clock"`
	MAC     unit.Joules  `key:"mac" doc:"one multiply-add of the tensor cores in 16 bits, with operands and clock tree"`
	Wide    float64      `key:"wide" min:"0" max:"1" optional:"true" doc:"share of it that goes with the operands' width in other types; the rest is the same in all; 0: all of it goes with the width"`
	FMA     unit.Joules  `key:"fma" doc:"one FP32 multiply-add, with operands and clock tree"`
	L2Byte  unit.Joules  `key:"l2_byte" doc:"a byte from L2 to an SM or back"`
	DRAM    unit.Joules  `key:"dram_byte" doc:"a byte to or from off-chip memory, with its controller"`
	Shared  unit.Joules  `key:"shared_byte" doc:"a byte to or from shared memory"`
	Special unit.Joules  `key:"special" doc:"one transcendental function"`
	Scope   string       `key:"scope" oneof:"chip,package,board" doc:"what the figures cover"`

	Counted Counted `key:"counted" optional:"true"`
}

// Counted is the prices of what profilers count, for workload counters.
type Counted struct {
	Constant unit.Watts  `key:"constant" doc:"drawn whatever runs: fans, board, memory's interface"`
	Idle     unit.Watts  `key:"idle" doc:"an SM without work"`
	Active   unit.Watts  `key:"active" doc:"leakage and clocks of an SM with work"`
	Matrix   unit.Watts  `key:"matrix" doc:"the same where its matrix pipes run"`
	Duty     unit.Watts  `key:"duty" doc:"all SMs' pipelines always busy: operands, arithmetic"`
	MMA      unit.Watts  `key:"mma" doc:"the same with matrix instructions"`
	Inst     unit.Joules `key:"inst" optional:"true" doc:"an instruction of a warp: buffer, scheduler"`
	Issue    unit.Watts  `key:"issue" optional:"true" doc:"what the instructions of pipelines always busy take, where their number is not known"`
	MMAIssue unit.Watts  `key:"mma_issue" optional:"true" doc:"the same with matrix instructions, of which there are few"`
	L1RH     unit.Joules `key:"l1rh" doc:"an access of L1: a read that hits"`
	L1RM     unit.Joules `key:"l1rm" doc:"a read that misses"`
	L1WH     unit.Joules `key:"l1wh" doc:"a write that hits"`
	L1WM     unit.Joules `key:"l1wm" doc:"a write that misses"`
	Const    unit.Joules `key:"const" doc:"a warp's access of the constant cache"`
	Shared   unit.Joules `key:"shared" doc:"a warp's access of shared memory"`
	L2RH     unit.Joules `key:"l2rh" doc:"a sector of L2: a read that hits"`
	L2RM     unit.Joules `key:"l2rm" doc:"a read that misses"`
	L2W      unit.Joules `key:"l2w" doc:"a write"`
	DRAMR    unit.Joules `key:"dramr" doc:"a sector read from memory, with its controller"`
	DRAMW    unit.Joules `key:"dramw" doc:"a sector written"`
}

// Validate refuses what single keys cannot tell.
func (c *Config) Validate() error {
	if len(c.DTypes) == 0 {
		return fmt.Errorf("dtypes is empty; name at least one data type, such as [fp32]")
	}
	for _, name := range c.DTypes {
		t, err := workloads.ParseDType(name)
		if err != nil {
			return fmt.Errorf("dtypes: %w", err)
		}
		if c.rate(t) == 0 {
			if _, key := c.Tensor.pipe(t); key != "" {
				return fmt.Errorf("dtypes: %s has no pipe here; give %s a rate or leave it out", name, key)
			}
			return fmt.Errorf("dtypes: no pipe of a GPU takes %s; leave it out", name)
		}
	}
	if _, err := dram.Preset(c.Memory.Part); c.Memory.Part != "" && err != nil {
		return fmt.Errorf("memory.part: %w", err)
	}
	switch {
	case c.SM.Warps%4 != 0:
		return fmt.Errorf("sm.warps %d must be a multiple of the four sub-cores", c.SM.Warps)
	case c.L2.Far < c.L2.Latency:
		return fmt.Errorf("l2.far %d must not be below l2.latency %d", c.L2.Far, c.L2.Latency)
	case c.SM.Groups > 0 && c.SM.Port == 0:
		return fmt.Errorf("sm.port is 0 B with sm.groups %d; give it a rate, or leave both out", c.SM.Groups)
	case c.Kernel.Schedule == "streamk" && c.Kernel.Split > 0:
		return fmt.Errorf("kernel.split %d contradicts kernel.schedule streamk, which cuts reductions itself; leave one of them out", c.Kernel.Split)
	case c.Kernel.Schedule == "gemv" && c.Kernel.TileM+c.Kernel.TileN+c.Kernel.TileK+c.Kernel.Stages+c.Kernel.Split > 0:
		return fmt.Errorf("kernel.schedule gemv has no tiles, stages and parts; leave kernel.tile_m, tile_n, tile_k, stages and split at 0, or choose tiles")
	case c.Power.Limit <= c.Power.Static:
		return fmt.Errorf("power.limit %v must be above power.static %v", c.Power.Limit, c.Power.Static)
	}
	return nil
}

// pipe is the tensor cores' rate for a type, 0 where they do not take it, and its key.
func (t *Tensor) pipe(of workloads.DType) (rate int, key string) {
	switch of {
	case workloads.FP16, workloads.BF16:
		return t.FP16, "tensor.fp16"
	case workloads.TF32:
		return t.TF32, "tensor.tf32"
	case workloads.E4M3, workloads.E5M2:
		return t.FP8, "tensor.fp8"
	case workloads.Int8:
		return t.Int8, "tensor.int8"
	}
	return 0, ""
}

// tensorRate is the multiply-adds a cycle and SM of the tensor cores for a type; 0 where they do not take it.
func (c *Config) tensorRate(t workloads.DType) int {
	rate, _ := c.Tensor.pipe(t)
	return rate
}

// rate is the multiply-adds a cycle and SM for a type, on whatever pipe takes it.
func (c *Config) rate(t workloads.DType) int {
	if r := c.tensorRate(t); r > 0 {
		return r
	}
	switch t {
	case workloads.FP32, workloads.FP16:
		return c.SM.FP32
	case workloads.Int8:
		return c.SM.DP4A
	}
	return 0
}

//go:embed presets/*.yaml
var presets embed.FS

// Presets are the machines that come with the program.
var Presets = config.Shelf{Files: presets}
