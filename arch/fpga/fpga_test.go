package fpga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/fpga"
)

func open(t testing.TB, preset string, sets ...string) *fpga.Machine {
	text, ok := fpga.Presets.Text(preset)
	require.True(t, ok, "there is no preset %s", preset)
	m, err := fpga.Open(preset, text, sets)
	require.NoError(t, err)
	return m
}

func TestSuite(t *testing.T) {
	archtest.Run(t, archtest.Device{
		Open: func(sets ...string) (arch.Machine, error) {
			text, _ := fpga.Presets.Text("pynq-z1")
			return fpga.Open("pynq-z1", text, sets)
		},
		Variations: [][]string{{"fold.rate=100 Hz"}, {"memory=ideal"}, {"fold.product=lut"}},
	})
}

// TestFunctionsSuite: layers as functions made from C.
func TestFunctionsSuite(t *testing.T) {
	archtest.Run(t, archtest.Device{
		Open: func(sets ...string) (arch.Machine, error) {
			text, _ := fpga.Presets.Text("alveo-u250")
			return fpga.Open("alveo-u250", text, append([]string{"design=hls"}, sets...))
		},
		Variations: [][]string{{"hls.io=parallel"}, {"hls.tool=vivado", "hls.reuse=4"}, {"hls.strategy=resource", "hls.reuse=8", "memory=ideal"}},
	})
}

func presetNames() []string { return fpga.Presets.Names() }

func TestOverlaySuite(t *testing.T) {
	archtest.Run(t, archtest.Device{
		Open: func(sets ...string) (arch.Machine, error) {
			text, _ := fpga.Presets.Text("vc707")
			return fpga.Open("vc707", text, append([]string{"design=overlay"}, sets...))
		},
		Variations: [][]string{{"engine.rows=3", "engine.cols=2", "engine.tileh=4", "engine.tilew=5"}, {"engine.over=pixels", "engine.rows=7"}, {"memory=ideal"},
			{"native=fp32", "engine.rows=4", "engine.cols=3"},
			{"engine.over=blocks", "engine.rows=4", "engine.cols=3", "engine.ins=2", "engine.tileh=0", "engine.tilew=0", "engine.input=4 KiB", "engine.weights=4 KiB", "engine.output=1 KiB",
				"engine.cores=2", "axi.ports=2", "axi.shared=3", "engine.adds=true", "engine.fold=true", "engine.depthwise=8", "engine.start=30", "engine.early=true"}},
	})
	archtest.Run(t, archtest.Device{
		Open: func(sets ...string) (arch.Machine, error) {
			text, _ := fpga.Presets.Text("zcu102-dpu")
			return fpga.Open("zcu102-dpu", text, append([]string{"host.input=0 s", "engine.rows=2", "engine.cols=2", "engine.ins=3"}, sets...))
		},
		Variations: [][]string{{"engine.images=2", "engine.dense=host", "axi.shared=3", "memory.queue=4"}},
	})
}
