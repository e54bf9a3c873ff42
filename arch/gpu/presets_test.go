package gpu_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/gpu"
)

// TestEveryPresetComputes runs small products and a convolution on every preset, in every precision it has.
func TestEveryPresetComputes(t *testing.T) {
	assert.Len(t, gpu.Presets.Names(), 13)
	for _, name := range gpu.Presets.Names() {
		t.Run(name, func(t *testing.T) {
			m, err := device(t, name).Open()
			require.NoError(t, err)
			assert.Equal(t, name, m.Name())
			for _, work := range []string{"gemm-wide", "conv-grouped", "softmax"} {
				w, err := archtest.Named(work)
				require.NoError(t, err)
				_, err = archtest.Checked(m, w, m.Native(), arch.Full)
				assert.NoError(t, err, work)
			}
		})
	}
}

// value is a line of a preset that gives one, with its comment.
var value = regexp.MustCompile(`(?m)^ *[a-z0-9_]+: +[^# ][^#\n]*(#.*)?$`)

// said is what a comment says of a value: its source, or that it is none.
var said = regexp.MustCompile(`\[[a-z0-9-]+\]|unverified|choice|heuristic`)

// TestEveryValueSaysWhereItIsFrom: a source, or that it is remembered, chosen or left open.
func TestEveryValueSaysWhereItIsFrom(t *testing.T) {
	named := map[string]bool{"name": true, "kind": true, "about": true, "scope": true} // what the device is called, and what its power covers
	for _, name := range gpu.Presets.Names() {
		text, _ := gpu.Presets.Text(name)
		lines := value.FindAllStringSubmatch(string(text), -1)
		assert.Greater(t, len(lines), 60, name)
		for _, l := range lines {
			key, _, _ := strings.Cut(strings.TrimSpace(l[0]), ":")
			assert.True(t, named[key] || said.MatchString(l[1]), "%s: %s", name, l[0])
		}
	}
}

// TestRefusesKeysTogether: a type without a pipe names the key it asks for, and a part that is
// not simulated must be one that there is.
func TestRefusesKeysTogether(t *testing.T) {
	for set, want := range map[string]string{
		"tensor.fp16=0":            "bf16 has no pipe here; give tensor.fp16 a rate",
		"tensor.fp8=0":             "e4m3 has no pipe here; give tensor.fp8 a rate",
		"dtypes=[fp32, int16]":     "no pipe of a GPU takes int16; leave it out",
		"memory.part=hbm9-9999":    "memory.part: ",
		"kernel.schedule=streamed": "write one of",
	} {
		_, err := device(t, "h100-sxm").Open(set)
		assert.ErrorContains(t, err, want, set)
	}
	_, err := device(t, "k40").Open("memory.part=hbm9-9999")
	assert.ErrorContains(t, err, "hbm9-9999")
}
