package traffic

import (
	"embed"
	"fmt"
	"strings"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

//go:embed presets/*.yaml
var presets embed.FS

// Presets are the memories and networks that come with the program.
var Presets = config.Shelf{Files: presets}

// presetsOf lists the presets of a kind, in order of name.
func presetsOf(kind string) (names []string) {
	for _, name := range Presets.Names() {
		text, _ := Presets.Text(name)
		if word, _ := config.Word(name, text, "kind"); word == kind {
			names = append(names, name)
		}
	}
	return names
}

// layerless is what devices that take traffic alone have in common: a machine
// that refuses networks of layers.
type layerless struct {
	arch.Identity
	resolved map[string]string
	clock    unit.Hertz
}

// Describe is the device part of a report.
func (d *layerless) Describe(workloads.Precision) results.Device {
	return results.Device{Name: d.Name(), Kind: d.Kind(), Clock: d.clock, Resolved: d.resolved}
}

// Supports refuses every precision: the device computes nothing.
func (d *layerless) Supports(workloads.Precision) error {
	example := map[string]string{memoryKind: "stream:pattern=seq,requests=60000", sramKind: "stream:pattern=seq,bytes=1MiB",
		networkKind: "stream:pattern=uniform,rate=0.1"}[d.Kind()]
	return fmt.Errorf("%s is a %s, which runs no layers; give it traffic such as %s, or run the workload on a machine such as tpu-v1", d.Name(), strings.ReplaceAll(d.Kind(), sramKind, "scratchpad"), example)
}

// Fuses is false: there are no layers.
func (d *layerless) Fuses([]*workloads.Node, *workloads.Node) bool { return false }

// Plan and Run refuse networks of layers.
func (d *layerless) Plan(*workloads.Network) (*mapping.Plan, error) {
	return nil, d.Supports(workloads.Precision{})
}
func (d *layerless) Run(arch.Job) (*results.Run, error) {
	return nil, d.Supports(workloads.Precision{})
}

// priced fills in a run's energies from the counts of its units.
func priced(run *results.Run, prices results.Prices) error {
	run.Layers = []results.Layer{{Cycles: run.Cycles}} // events are counted by layer: here there is one, which is no one's business
	err := run.Price(prices)
	run.Layers = nil
	return err
}
