package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// TestOverlayRefuses: what an overlay cannot be, and what does not fit it, is said in
// one line that names the key.
func TestOverlayRefuses(t *testing.T) {
	text, _ := Presets.Text("zcu102-dpu")
	for set, want := range map[string]string{
		"engine.tileh=-1":        "engine.tileh",
		"engine.over=channels":   "needs both",
		"engine.over=sideways":   "engine.over",
		"engine.depthwise=20":    "a multiple of that",
		"engine.input=0 B":       "input: missing",
		"engine.cores=0":         "engine.cores",
		"engine.pump=9":          "engine.pump",
		"axi.ports=0":            "axi.ports",
		"memory.channels=0":      "memory.channels",
		"memory.bandwidht=1GB/s": "did you mean",
		"power.toggle=2":         "power.toggle",
	} {
		_, err := Open("zcu102-dpu", text, []string{set})
		assert.ErrorContains(t, err, want, set)
	}
	for set, want := range map[string]string{
		"engine.rows=64":       "TOO MANY",
		"engine.cores=9":       "TOO MANY",
		"engine.weights=128 B": "no tile fits",
		"engine.input=16 B":    "no tile fits",
		"engine.output=8 B":    "no tile fits",
	} {
		m, err := Open("zcu102-dpu", text, []string{set})
		require.NoError(t, err)
		w, err := catalog.Open("conv:c=64,h=14,w=14,k=64,r=3,s=3,pad=1", catalog.Defaults{Seed: 1})
		require.NoError(t, err)
		net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
		require.NoError(t, err)
		_, err = m.Plan(net)
		assert.ErrorContains(t, err, want, set)
	}
}

// TestStreamRefuses: traffic that ports cannot move.
func TestStreamRefuses(t *testing.T) {
	text, _ := Presets.Text("alveo-u200")
	for spec, want := range map[string]string{
		"stream:pattern=seq,requests=10":                     "for a memory alone",
		"stream:pattern=mix21,bytes=1MiB":                    "for a memory alone",
		"stream:pattern=uniform,rate=0.1":                    "for networks",
		"stream:pattern=seq,bytes=1MiB,burst=96B":            "power of two",
		"stream:pattern=seq,bytes=1MiB,burst=8KiB":           "does not cross 4096 bytes",
		"stream:pattern=seq,bytes=64B":                       "less than a burst",
		"stream:pattern=seq,bytes=64TiB":                     "each channel holds",
		"stream:pattern=seq,bytes=1MiB,burst=32B,mode=write": "power of two",
	} {
		m, err := Open("alveo-u200", text, nil)
		require.NoError(t, err)
		w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
		require.NoError(t, err, spec)
		assert.ErrorContains(t, m.Takes(*w.Stream), want, spec)
	}
}
