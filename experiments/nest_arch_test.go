package experiments

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An architecture that is written reads as the same.
func TestArchitectureRoundTrip(t *testing.T) {
	for _, name := range []string{"eyeriss-like", "simple-output-stationary", "simple-weight-stationary"} {
		var text bytes.Buffer
		require.NoError(t, WriteArchitecture(&text, name))
		path := filepath.Join(t.TempDir(), "a.yaml")
		require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
		want, err := openArchitecture(name)
		require.NoError(t, err)
		got, err := openArchitecture(path)
		require.NoError(t, err)
		require.Len(t, got.Levels, len(want.Levels))
		assert.InEpsilon(t, want.Compute, got.Compute, 1e-12)
		for i := range want.Levels {
			w, g := want.Levels[i], got.Levels[i]
			if w.Read > 0 {
				assert.InEpsilon(t, w.Read, g.Read, 1e-12)
			}
			if w.Write > 0 {
				assert.InEpsilon(t, w.Write, g.Write, 1e-12)
			}
			g.Read, g.Write = w.Read, w.Write
			assert.Equal(t, w, g)
		}
	}
}

// The example is counted; its figures can be done in the head: every multiplication reads
// its weight from a spad, and each weight comes from DRAM once for each of the seven strips.
func TestNestExample(t *testing.T) {
	n, err := OpenNest("../examples/nest/mapping.yaml", "../examples/nest/architecture.yaml", "")
	require.NoError(t, err)
	assert.EqualValues(t, 903168, n.MACs)
	assert.EqualValues(t, 903168/16, n.Cycles)
	for _, l := range n.Levels {
		switch l.Level + " " + l.Tensor {
		case "DRAM Weights":
			assert.EqualValues(t, 7*16*32*9, l.Reads)
		case "spad Weights":
			assert.EqualValues(t, 903168/16, l.Reads)
		case "DRAM Outputs":
			assert.EqualValues(t, 32*14*14, l.Updates)
		}
	}
	assert.Greater(t, n.Timing.Cycles, n.Cycles)
}

// What an architecture's file gets wrong is said in one line with file, line and remedy.
func TestArchitectureRefuses(t *testing.T) {
	level := "{name: m, size: 4}"
	for _, c := range []struct{ text, want string }{
		{"", "is empty"},
		{"levels: [" + level + "]", "name: missing"},
		{"name: a", "levels: missing"},
		{"name: a\nlevel: []", `did you mean "levels"`},
		{"name: a\nlevels: {}", "write a list of 1 to 12 memories"},
		{"name: a\nlevels: [{name: m, sise: 4}]", `did you mean "size"`},
		{"name: a\nlevels: [{size: 4}]", "levels[0].name: missing"},
		{"name: a\nlevels: [" + level + ", " + level + "]", "m is given twice"},
		{"name: a\nlevels: [{name: m m}]", "one word of letters"},
		{"name: a\nlevels: [{name: m, size: 0}]", "size: 0: write a whole number from 1"},
		{"name: a\nlevels: [{name: m, fanout: many}]", "fanout: many: write a whole number"},
		{"name: a\nlevels: [{name: m, read_bandwidth: -2}]", "read_bandwidth: -2: write words a cycle"},
		{"name: a\nlevels: [{name: m, write_bandwidth: nan}]", "write_bandwidth: nan: write words a cycle"},
		{"name: a\nlevels: [{name: m, read_energy: 3 apples}]", "read_energy: 3 apples: write an energy"},
		{"name: a\ncompute: -1 pJ\nlevels: [" + level + "]", "compute: -1 pJ: write an energy"},
	} {
		path := filepath.Join(t.TempDir(), "a.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		_, err := openArchitecture(path)
		if assert.Error(t, err, c.text) {
			assert.Contains(t, err.Error(), c.want)
			assert.Contains(t, err.Error(), "a.yaml")
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	_, err := openArchitecture("eyeris-like")
	assert.ErrorContains(t, err, `did you mean "eyeriss-like"`)
}
