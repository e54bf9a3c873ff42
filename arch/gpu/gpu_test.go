package gpu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/gpu"
)

// device opens a preset as the suite wants it.
func device(t *testing.T, preset string, variations ...[]string) archtest.Device {
	text, ok := gpu.Presets.Text(preset)
	require.True(t, ok)
	return archtest.Device{Variations: variations, Open: func(sets ...string) (arch.Machine, error) {
		m, err := gpu.Open(preset, text, sets)
		if err != nil {
			return nil, err
		}
		return m, nil
	}}
}

func TestSuiteA100(t *testing.T) {
	archtest.Run(t, device(t, "a100-sxm", []string{"sm.count=2", "kernel.tile_m=64", "kernel.tile_n=64", "kernel.stages=2"}, []string{"memory=ideal"}, []string{"kernel.schedule=streamk"}))
}

func TestSuiteH100(t *testing.T) {
	archtest.Run(t, device(t, "h100-sxm", []string{"sm.cluster=1", "l2.size=1 MiB"}))
}
