package systolic

import (
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
)

// device opens a preset with values set.
func device(preset string, always ...string) func(sets ...string) (arch.Machine, error) {
	return func(sets ...string) (arch.Machine, error) {
		text, ok := PresetText(preset)
		if !ok {
			panic("no preset " + preset)
		}
		m, err := Open(preset, text, append(append([]string{}, always...), sets...))
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// TestConformance: the little array owes everything, in every dataflow and
// convention, with memories so small that all is cut and spilled.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: device("tiny-4x4"), Variations: [][]string{
		{"array.dataflow=os"},
		{"array.dataflow=is"},
		{"array.overlap=none"},
		{"array.dataflow=os", "array.overlap=none"},
		{"array.dataflow=is", "array.overlap=none"},
		{"memory=ideal"},
		{"memory=ideal", "array.overlap=scalesim"},
		{"memory=ideal", "array.overlap=scalesim", "array.dataflow=os"},
		{"buffer.keep=false"},
		{"buffer.size=2 KiB", "accumulators.rows=32"},
		{"buffer.size=2 KiB", "accumulators.rows=32", "array.dataflow=os"},
		{"buffer.size=2 KiB", "accumulators.rows=32", "array.dataflow=is"},
		{"buffer.size=4 KiB", "accumulators.rows=64", "vector.lanes=1", "dma.outstanding=1"},
		{"weights.fifo=1"},
		{"weights.fifo=3", "buffer.size=4 KiB", "accumulators.rows=32"},
		{"array.rows=1", "array.cols=1"},
		{"array.rows=3", "array.cols=5", "array.count=2"},
		{"array.rows=64", "array.cols=32"},
		{"memory.channels=3", "memory.latency=1 us"},
	}})
}

// TestConformanceOfPresets: the machines people ask for.
func TestConformanceOfPresets(t *testing.T) {
	for _, preset := range Presets() {
		t.Run(preset, func(t *testing.T) {
			if testing.Short() && preset != "gemmini-16" {
				t.Skip("one preset is enough for a short run")
			}
			archtest.Run(t, archtest.Device{Open: device(preset)})
		})
	}
}

var _ = require.New
