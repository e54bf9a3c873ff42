// Package results holds what a run took and cost, as plain data: the run report
// (schema nnsim.run/1), its JSON, CSV and text forms, and the multiplication of
// counted events by their prices.
//
//	units ──Stats──▶ ┐
//	tech ──Prices──▶ ├─ Price ─▶ Run ─▶ JSON · CSV · one terminal screen
//	machine ─times─▶ ┘
//
// Not modelled: energy that depends on data toggling, on temperature or on
// voltage; a price is one figure per event.
package results

import (
	"nnsim/tech"
	"nnsim/unit"
)

// Schema names the report format. Fields may be added, never renamed or re-meant.
const Schema = "nnsim.run/1"

// Run is the report of one experiment.
type Run struct {
	Schema   string   `json:"schema"`
	Version  string   `json:"version"`
	Seed     int64    `json:"seed"`
	Workload Workload `json:"workload"`
	Device   Device   `json:"device"`

	Cycles         int64        `json:"cycles"`          // duration in edges of the main clock
	Seconds        unit.Seconds `json:"seconds"`         // cycles / clock
	ComputeSeconds unit.Seconds `json:"compute_seconds"` // the same with off-chip memory that never stalls
	Utilization    float64      `json:"utilization"`     // useful MACs / (cycles × peak of the type)
	Bound          string       `json:"bound"`           // compute, memory or latency

	ThroughputPerSecond float64                `json:"throughput_per_second"` // inferences (batch items) a second
	EnergyPerInference  unit.Joules            `json:"energy_per_inference_joules"`
	AreaMM2             *unit.SquareMM         `json:"area_mm2"`
	DRAM                DRAM                   `json:"dram"`
	OnChip              *OnChip                `json:"on_chip,omitempty"` // of a memory on the chip, run by itself or before DRAM
	Network             *Network               `json:"network,omitempty"` // of an interconnect
	Probe               *Probe                 `json:"probe,omitempty"`   // of a microbenchmark
	EnergyJoules        unit.Joules            `json:"energy_joules"`
	AveragePowerWatts   unit.Watts             `json:"average_power_watts"`
	PowerScope          string                 `json:"power_scope"` // chip, package or board
	EnergyByUnit        map[string]unit.Joules `json:"energy_by_unit"`
	Power               *Power                 `json:"power,omitempty"` // over time; absent where nothing was priced
	Check               Check                  `json:"check"`
	Units               map[string]Unit        `json:"units"`
	Layers              []Layer                `json:"layers"`
	Warps               []WarpTime             `json:"warps,omitempty"`             // of GPUs: what warps spent their lives on
	Timing              string                 `json:"timing_convention,omitempty"` // array.overlap of systolic machines
	Density             string                 `json:"density,omitempty"`           // stated or measured, where zeros change time
	Notes               []string               `json:"notes,omitempty"`             // what a reader must know to read the figures rightly
	Host                Host                   `json:"host"`

	// Batch is the number of inferences in the run, the divisor of the per-inference figures.
	Batch int `json:"batch"`
	// Timeline is what units did when; absent where nothing was recorded. It stands last, being long.
	Timeline *Windows `json:"timeline,omitempty"`
	// Stats are the counters the report was made from, for the laws; not part of the report.
	Stats []*Stats `json:"-"`
	// Prices are what the run was last priced with: where prices follow from what was built for a
	// workload, the machine's own list lacks them. Not part of the report.
	Prices Prices `json:"-"`
}

// Workload names what was computed.
type Workload struct {
	Name   string `json:"name"`
	MACs   int64  `json:"macs"`
	Params int64  `json:"params"`
	Bytes  int64  `json:"bytes"` // weights, inputs and outputs, as stored
	DType  string `json:"dtype"`
}

// Device names the machine. Resolved is its full configuration after --set, key by dotted key.
type Device struct {
	Name             string            `json:"name"`
	Kind             string            `json:"kind"`
	Clock            unit.Hertz        `json:"clock_hz"`
	PeakMACsPerCycle float64           `json:"peak_macs_per_cycle"` // for the data type used
	Resolved         map[string]string `json:"resolved"`
}

// DRAM is the off-chip traffic.
type DRAM struct {
	ReadBytes     int64               `json:"read_bytes"`
	WriteBytes    int64               `json:"write_bytes"`
	Bandwidth     unit.BytesPerSecond `json:"bandwidth_bytes_per_second"` // achieved over the run
	PeakBandwidth unit.BytesPerSecond `json:"peak_bytes_per_second"`      // 0: ideal memory
	RowHitRate    float64             `json:"row_hit_rate"`               // 0 where rows are not modelled
	ByTensor      map[string]Moved    `json:"by_tensor,omitempty"`        // what those bytes are: weights, inputs, outputs, partial_sums

	// What a run of traffic alone adds; left out of other reports.
	WaitingBytes    int64                  `json:"waiting_bytes,omitempty"`        // of those written: taken in, but not sent to the banks when the run ends
	ReadLatencyMean float64                `json:"read_latency_mean_ns,omitempty"` // from the cycle after a read's acceptance to its last data
	ReadLatencyP99  float64                `json:"read_latency_p99_ns,omitempty"`  // from its acceptance; 99 of 100 reads take no longer
	ReadLatencyMax  float64                `json:"read_latency_max_ns,omitempty"`
	CompletionHash  string                 `json:"completion_hash,omitempty"`   // of every read and the cycle it completed in
	Commands        map[string]int64       `json:"commands,omitempty"`          // how often each was issued
	EnergyByCommand map[string]unit.Joules `json:"energy_by_command,omitempty"` // with background, interface and controller
}

// OnChip is what a stream got from a memory on the chip: a cache, or a scratchpad.
type OnChip struct {
	ReadBytes     int64               `json:"read_bytes"` // asked for by the stream, wherever they came from
	WriteBytes    int64               `json:"write_bytes"`
	Bandwidth     unit.BytesPerSecond `json:"bandwidth_bytes_per_second"` // over the run
	PeakBandwidth unit.BytesPerSecond `json:"peak_bytes_per_second"`      // of all slices, or of all banks' ports
	HitRate       float64             `json:"hit_rate"`                   // of accesses of a cache, those that found their sector; a scratchpad's is 1
	LatencyMean   float64             `json:"latency_mean_ns"`            // of a request, from its first access to the last of its data
	LatencyP99    float64             `json:"latency_p99_ns"`
	LatencyMax    float64             `json:"latency_max_ns"`
}

// Network is what a run of traffic on an interconnect measured. Latencies are in
// cycles, from the packet's coming to be to its tail's arrival; rates in flits a
// node and cycle.
type Network struct {
	PacketLatencyMean  float64          `json:"packet_latency_mean_cycles"`
	PacketLatencyP99   float64          `json:"packet_latency_p99_cycles"`
	PacketLatencyMax   float64          `json:"packet_latency_max_cycles"`
	PacketLatencyMin   float64          `json:"packet_latency_min_cycles"`
	NetworkLatencyMean float64          `json:"network_latency_mean_cycles"` // from when the head left its node
	Offered            float64          `json:"offered_flits_per_node_cycle"`
	Accepted           float64          `json:"accepted_flits_per_node_cycle"`
	Routers            float64          `json:"routers_mean"` // on a packet's way
	Packets            int64            `json:"packets"`      // measured
	Stable             bool             `json:"stable"`       // false: past saturation, where latency has no mean
	Events             map[string]int64 `json:"events"`       // what happened to flits, over the whole run
}

// Check says how the numbers were verified. Bound is the largest error allowed
// anywhere (0: exact); status is pass, fail or skipped.
type Check struct {
	Mode        string  `json:"mode"`
	Status      string  `json:"status"`
	Elements    int64   `json:"elements"`
	MaxAbsError float64 `json:"max_abs_error"`
	Bound       float64 `json:"bound"`
	// Detail says against what, and where the first mismatch was.
	Detail string `json:"detail,omitempty"`
}

// Unit is one hardware unit: how its cycles were spent, which sum to the run,
// and what it did.
type Unit struct {
	Busy       int64            `json:"busy"`
	WaitInput  int64            `json:"wait_input"`
	WaitOutput int64            `json:"wait_output"`
	WaitMemory int64            `json:"wait_memory"`
	Idle       int64            `json:"idle"`
	Events     map[string]int64 `json:"events"`
}

// Layer is one layer's share. Cycles of all layers sum to the run: a layer owns
// the time from the end of the one before it to its own end. Its utilization is
// over that time, or over the array's time for it where part of that fell into the
// draining of the layer before.
type Layer struct {
	Name           string      `json:"name"`
	Op             string      `json:"op"`
	MACs           int64       `json:"macs"`
	Cycles         int64       `json:"cycles"`
	StartCycle     int64       `json:"start_cycle"`
	Utilization    float64     `json:"utilization"`
	DRAMReadBytes  int64       `json:"dram_read_bytes"`
	DRAMWriteBytes int64       `json:"dram_write_bytes"`
	EnergyJoules   unit.Joules `json:"energy_joules"`
	Mapping        string      `json:"mapping"`

	DRAMByTensor map[string]Moved `json:"dram_by_tensor,omitempty"`
}

// WarpTime is what the warps of one role, of all CTAs of a layer's kernel, spent their
// lives on: Spent sums to Edges, which is edges of residence times warps.
type WarpTime struct {
	Layer  string           `json:"layer"`
	Kernel string           `json:"kernel"`
	Role   string           `json:"role"`  // multiply, work, producer, or parked: beside the producer, with nothing to do
	First  int              `json:"first"` // the first of them in its CTA
	Warps  int              `json:"warps"` // so many of each CTA
	Edges  int64            `json:"edges"`
	Spent  map[string]int64 `json:"spent"` // by reason, as unit sm's events name them; through: nothing left to do until the CTA ends
}

// Host is what the simulation itself took; the only part of a report that may
// differ between two runs of the same experiment.
type Host struct {
	WallSeconds              float64 `json:"wall_seconds"`
	Events                   int64   `json:"events"`
	SimulatedCyclesPerSecond float64 `json:"simulated_cycles_per_second"`
}

// Prices says what each event of each unit costs, and what each unit draws
// whatever it does.
type Prices struct {
	PerEvent map[string]map[string]tech.Price // unit → event → joules an event
	Static   map[string]tech.Power            // unit → watts, all the time
	Area     *unit.SquareMM                   // nil where it is not known
	Scope    string                           // chip, package or board
	Points   []tech.Point                     // clocks and the supplies they are published to need
}
