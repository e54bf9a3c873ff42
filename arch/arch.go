// Package arch is the contract between machines and the rest of the house, and
// the laws every run must keep.
//
//	YAML ─▶ Machine ─Plan─▶ mapping.Plan ─Run─▶ results.Run ─Laws─▶ report
//	                                       ▲
//	                              Checker (values in, values out)
//
// A machine is asked three things: what numbers a mapper needs to know about it
// (Target), how a network is cut and placed on it (Plan), and what happens when
// it runs (Run). Everything else is its own business.
//
// Not modelled: several machines in one run, and machines that change their
// configuration while running.
package arch

import (
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// Machine is a device that can be simulated. It holds no state between runs and
// may be used by several goroutines at once.
type Machine interface {
	// Name and Kind identify the device: "tpu-v1", "systolic".
	Name() string
	Kind() string
	// Describe is the device part of a report, for a run in precision p.
	Describe(p workloads.Precision) results.Device
	// Native is the precision a workload runs in when it names none.
	Native() workloads.Precision
	// Supports refuses precisions the machine cannot compute in, with the remedy.
	Supports(p workloads.Precision) error
	// Fuses tells whether next can be computed in the drain of the chain of nodes before it.
	Fuses(chain []*workloads.Node, next *workloads.Node) bool
	// Plan cuts and places a network; refusing what does not fit, naming layer, need and limit.
	Plan(net *workloads.Network) (*mapping.Plan, error)
	// Run simulates a planned network.
	Run(job Job) (*results.Run, error)
	// Prices is the price list used for runs in precision p.
	Prices(p workloads.Precision) results.Prices
}

// Placer is a machine that can keep activations on chip by several rules, and run
// layers back to back.
type Placer interface {
	// Placements are the plans of a network under each rule for what stays on chip, that of Plan first.
	Placements(net *workloads.Network) ([]*mapping.Plan, error)
	// PlanBy is Plan by a rule, with chains of layers; refusing what cannot be chained.
	PlanBy(net *workloads.Network, rule mapping.Rule) (*mapping.Plan, error)
}

// Fixed is a machine that says why it leaves a network no choice of mappings.
type Fixed interface {
	// Fixed is a clause that follows a colon; "" if there is nothing to say.
	Fixed() string
}

// Serial is a machine that may compute layer after layer, which meet at their ends alone: how a
// layer is mapped changes the time of the next one, but of none behind that.
type Serial interface {
	Serial() bool
}

// Job is one run of a planned network.
type Job struct {
	Net  *workloads.Network
	Plan *mapping.Plan
	// Check supplies values and takes results; nil runs without values.
	Check Checker
	// IdealMemory runs with an off-chip memory that never stalls, for compute_seconds.
	IdealMemory bool
	// Progress, where set, is told how many layers are done.
	Progress func(done, total int)
	// Seed of anything random in the machine.
	Seed int64
	// Timeline, where set, is filled with what the units did when, as far as the machine knows.
	Timeline *results.Timeline
	// Live has a page show the machine's units while the run goes on, where events simulate them.
	Live bool
	// Zeros and WZeros are the stated shares of zero activations and weights, for
	// machines whose time or energy depends on them; nil where none is stated.
	Zeros, WZeros *float64
}

// Mode says how much of the arithmetic is carried out and compared.
type Mode string

// Full computes every element, Sample a seeded selection of each layer's output
// tiles from inputs made up for that layer, None nothing.
const (
	Full   Mode = "full"
	Sample Mode = "sample"
	None   Mode = "none"
)

// Checker supplies the values a run starts from and is handed those it ends with.
type Checker interface {
	Mode() Mode
	// Value gives the stored values of a weight or input (in Sample mode also of a layer's activations).
	Value(t *workloads.Tensor) (*workloads.Array, error)
	// Produced hands over a layer's output as the machine left it in memory. In Sample mode
	// only elements whose index is in picked (sorted) are valid.
	Produced(layer int, out *workloads.Array, picked []int) error
}

// Refusal is an error of Run for which the input is to blame, and which no plan could
// have told: values, or stated densities, that the machine has no room for.
type Refusal struct{ Cause error }

func (r Refusal) Error() string { return r.Cause.Error() }
func (r Refusal) Unwrap() error { return r.Cause }
