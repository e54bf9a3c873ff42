package experiments

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/results"
)

// tried are the workloads of each kind of device in TestShelf: some of several
// layers, some of one, and nothing at all; what a device refuses another must take.
var tried = map[string][]string{
	"memory":        {"stream:pattern=random,requests=2000", "stream:pattern=seq,requests=2000", "idle:seconds=1e-4"},
	"sram":          {"stream:pattern=random,requests=2000", "stream:pattern=seq,bytes=64KiB,stride=8", "idle:seconds=1e-6"},
	"network":       {"stream:pattern=uniform,rate=0.05", "idle:seconds=1e-6"},
	"sparse-engine": {"gemm:m=3,n=256,k=512,zeros=0.5,wzeros=0.9", "gemm:m=1,n=64,k=100", "idle:seconds=1e-3"},
	"":              {"conv:c=16,h=12,w=12,k=24,r=3,s=3,pad=1,zeros=0.4", "gemm:m=4,n=64,k=128", "softmax:rows=8,cols=64", "attention:heads=2,seq=16,dim=16", "idle:seconds=1e-3"},
}

// TestShelf: on every preset that comes with the program, energy is additive: what the
// units took, what the layers took, and what is reported of the whole are one to 1e-9, and
// so are events times prices with what is drawn all the time.
func TestShelf(t *testing.T) {
	for _, preset := range Presets() {
		t.Run(preset.Name, func(t *testing.T) {
			t.Parallel()
			list := tried[preset.Kind]
			if list == nil {
				list = tried[""]
			}
			ran := 0
			for _, spec := range list {
				if run, ok := attempt(t, preset.Name, spec); ok {
					ran++
					additive(t, run, spec)
				}
			}
			assert.GreaterOrEqual(t, ran, 2, "of %v", list)
		})
	}
}

// attempt runs a workload on a preset; false: the device refuses it.
func attempt(t *testing.T, device, spec string) (*results.Run, bool) {
	e := Experiment{Device: device, Workload: spec, Seed: 1, Check: arch.None}
	if _, err := e.Prepare(); err != nil {
		return nil, false
	}
	run, err := e.Run(context.Background())
	require.NoError(t, err, "%s on %s", spec, device)
	return run, true
}

// additive holds a run's energies against each other.
func additive(t *testing.T, run *results.Run, spec string) {
	total, units, layers := float64(run.EnergyJoules), 0.0, 0.0
	for name, joules := range run.EnergyByUnit {
		assert.False(t, joules < 0 || math.IsNaN(float64(joules)) || math.IsInf(float64(joules), 0), "%s: %s takes %v", spec, name, joules)
		units += float64(joules)
	}
	assert.InDelta(t, total, units, 1e-9*total, "%s: units", spec)
	for i := range run.Layers {
		layers += float64(run.Layers[i].EnergyJoules)
	}
	if len(run.Layers) > 0 {
		assert.InDelta(t, total, layers, 1e-9*total, "%s: layers", spec)
	}
	if run.Seconds > 0 {
		assert.InDelta(t, total, float64(run.AveragePowerWatts)*float64(run.Seconds), 1e-9*total, "%s: power", spec)
	}
}
