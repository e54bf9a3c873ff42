package experiments

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
)

// written is what a file of a prepared experiment's mapping says.
func written(t *testing.T, p *Prepared) string {
	var text bytes.Buffer
	require.NoError(t, p.WriteMapping(&text))
	path := filepath.Join(t.TempDir(), "found.yaml")
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
	return path
}

// Where activations go off chip between layers, a search runs layers back to back: fewer
// cycles than by searching tiles alone, fewer off-chip bytes of activations; what it found
// is written to a file, runs as it ran, and computes the right values.
func TestSearchChains(t *testing.T) {
	for _, c := range []struct {
		device, workload string
		sets             []string
		share            float64 // of the default's cycles, at most
	}{
		{"gemmini-16", "mobilenet-v2:image=96", []string{"buffer.size=64 KiB"}, 0.97},
		{"tpu-v1", "resnet50:image=128,batch=4", []string{"buffer.size=1 MiB"}, 0.9},
	} {
		e := Experiment{Device: c.device, Sets: c.sets, Workload: c.workload, Check: arch.None}
		usual, err := e.Run(t.Context())
		require.NoError(t, err)
		e.Mapping = "search,budget=200,simulate=4"
		found, err := e.Run(t.Context())
		require.NoError(t, err)
		t.Logf("%s on %s: %d cycles became %d, %d bytes %d", c.workload, c.device, usual.Cycles, found.Cycles,
			usual.DRAM.ReadBytes+usual.DRAM.WriteBytes, found.DRAM.ReadBytes+found.DRAM.WriteBytes)
		assert.Less(t, float64(found.Cycles), c.share*float64(usual.Cycles))
		for _, kind := range []string{"inputs", "outputs"} {
			was, is := usual.DRAM.ByTensor[kind], found.DRAM.ByTensor[kind]
			assert.Less(t, is.ReadBytes+is.WriteBytes, was.ReadBytes+was.WriteBytes, kind)
		}
		p, err := e.Prepare()
		require.NoError(t, err)
		require.NotEmpty(t, p.Plan.Chains)
		assert.Contains(t, p.Plan.String(), "chain of layers")
		e.Mapping, e.Check = written(t, p), arch.Full
		given, err := e.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, found.Cycles, given.Cycles)
		assert.Equal(t, "pass", given.Check.Status)
	}
}

// The reckoned times of chains, of other layers and other bands, rank them as the simulation does.
func TestTheReckoningRanksChains(t *testing.T) {
	e := Experiment{Device: "gemmini-16", Workload: "mobilenet-v1:image=96", Check: arch.None}
	p, err := e.Prepare()
	require.NoError(t, err)
	r, err := (&searcher{p: p, e: e, clock: p.Machine.Describe(p.Net.Precision).Clock}).rankChains(16)
	require.NoError(t, err)
	require.Equal(t, 16, r.Mappings)
	t.Logf("ρ %.3f over %d of %.0f, median error %.3f", r.Spearman, r.Mappings, r.Size, r.Error)
	assert.GreaterOrEqual(t, r.Spearman, 0.95)
	assert.LessOrEqual(t, r.Error, 0.1)
}

// What a file says wrongly of fusions is refused in one line with file, line and remedy.
func TestFusionsRefuse(t *testing.T) {
	for _, c := range []struct{ device, text, want string }{
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv2}}", "write {to: LAYER, rows: N} or {to: LAYER, images: N}"},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv2, rows: 4, images: 1}}", "write {to: LAYER, rows: N} or"},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv2, row: 4}}", `did you mean "rows"`},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv2, rows: 0}}", "rows: 0: write a whole number from 1"},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv2, rows: 56}}", "rows is 56; write 1 to 55"},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.convv2, rows: 4}}", `has no layer layer1.0.convv2; did you mean "layer1.0.conv2"`},
		{"gemmini-16", "chains: {maxpool: {to: layer1.0.conv2, rows: 4}}", "maxpool is no convolution"},
		{"gemmini-16", "chains: {layer1.0.conv1: {to: layer1.0.conv3, images: 1}}", "do not fit the buffer of 256 KiB (buffer.size); make its bands smaller"},
		{"eyeriss", "chains: {layer1.0.conv1: {to: layer1.0.conv2, rows: 4}}", "eyeriss runs no layers back to back"},
		{"eyeriss", "drains: {conv1: 2}", "drains.conv1: 2: write a whole number from 0 to 1"},
		{"gemmini-16", "drains: {maxpool: 0}", "has no layer of this name with operators in its drain"},
		{"gemmini-16", "drains: {conv1: 0}\nlayers: {conv2: {}}", "m.yaml:2: layers.conv2"},
	} {
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		_, err := Experiment{Device: c.device, Workload: "resnet50", Mapping: path}.Prepare()
		if assert.Error(t, err, c.text) {
			assert.Contains(t, err.Error(), c.want)
			assert.Contains(t, err.Error(), "m.yaml:")
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

// Operators that do not join a drain run alone, with the same values; what they read and
// write moves off chip where activations do.
func TestDrainsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.yaml")
	require.NoError(t, os.WriteFile(path, []byte("drains: {conv1: 0, conv2: 0}\n"), 0o644))
	for _, device := range []string{"gemmini-16", "tpu-v1", "eyeriss", "nvdla-small"} {
		e := Experiment{Device: device, Workload: "cnv", Check: arch.Full}
		joined, err := e.Run(t.Context())
		require.NoError(t, err)
		e.Mapping = path
		apart, err := e.Run(t.Context())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, len(apart.Layers), len(joined.Layers)+2, device)
		assert.Equal(t, "pass", apart.Check.Status)
		assert.Contains(t, apart.Notes[len(apart.Notes)-1], "fewer operators in the drains of 2 layers")
		assert.Greater(t, apart.Cycles, joined.Cycles, device)
	}
}
