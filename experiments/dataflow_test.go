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

// Where a layer is faster in another dataflow that the array can switch to, the search
// takes it, and a file says so: the run of the file has the same cycles and right values.
// A machine that cannot switch has one choice less.
func TestSearchTakesADataflow(t *testing.T) {
	e := Experiment{Device: "gemmini-16", Workload: "gemm:m=128,k=20,n=48", Check: arch.None, Mapping: "search,simulate=8"}
	both, err := e.Run(t.Context())
	require.NoError(t, err)
	assert.Contains(t, both.Layers[0].Mapping, "dataflow=os")
	p, err := e.Prepare()
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, p.WriteMapping(&text))
	assert.Contains(t, text.String(), "{dataflow: os, rows: ")
	file := filepath.Join(t.TempDir(), "found.yaml")
	require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644))
	e.Mapping, e.Check = file, arch.Full
	given, err := e.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, both.Cycles, given.Cycles)
	assert.Equal(t, "pass", given.Check.Status)

	e.Sets, e.Check = []string{"array.dataflows=[ws]"}, arch.None
	_, err = e.Run(t.Context())
	assert.ErrorContains(t, err, "dataflow: no such choice")
	e.Mapping = "search,simulate=8"
	one, err := e.Run(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, one.Layers[0].Mapping, "dataflow")
	assert.Less(t, both.Cycles, one.Cycles)
}

// A file names a dataflow that the array is built for, or leaves the machine's own.
func TestFilesNameDataflows(t *testing.T) {
	const rest = "rows: 128, cols: 48, channels: 32, outer: rows, hold: yes}\n"
	e := Experiment{Device: "gemmini-16", Workload: "gemm:m=128,k=32,n=48", Check: arch.None}
	cycles := map[string]int64{}
	for name, start := range map[string]string{"os": "{dataflow: os, ", "ws": "{dataflow: ws, ", "": "{"} {
		e.Mapping = filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(e.Mapping, []byte("layers:\n  gemm: "+start+rest), 0o644))
		run, err := e.Run(t.Context())
		require.NoError(t, err)
		cycles[name] = run.Cycles
	}
	assert.Equal(t, cycles["ws"], cycles[""])
	assert.NotEqual(t, cycles["ws"], cycles["os"])
	require.NoError(t, os.WriteFile(e.Mapping, []byte("layers:\n  gemm: {dataflow: is, "+rest), 0o644))
	_, err := e.Run(t.Context())
	assert.ErrorContains(t, err, "m.yaml:2: layers.gemm: dataflow: is: write one of ws, os")
	assert.NotContains(t, err.Error(), "\n")
}
