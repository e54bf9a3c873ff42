package nvdla

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/asic"
	"nnsim/workloads"
)

// device opens a preset with values set.
func device(preset string) func(sets ...string) (arch.Machine, error) {
	return func(sets ...string) (arch.Machine, error) {
		text, _ := Presets.Text(preset)
		m, err := Open(preset, text, sets)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// TestConformance: the small engine owes everything, also with memories so small
// that channels pass in turns and nothing is double.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: device("nvdla-small"), Variations: [][]string{
		{"dtypes=int16"},
		{"memory=ideal"},
		{"buffer.size=1 KiB", "granule=64 B"},
		{"buffer.size=800 B", "sums=4 KiB"},
		{"array.atomic_c=3", "array.atomic_k=5", "array.packing=false"},
		{"memory.outstanding=1", "vector.lanes=1", "vector.buffer=256 B"},
	}})
}

// TestConformanceOfPresets: the largest engine too.
func TestConformanceOfPresets(t *testing.T) {
	if testing.Short() {
		t.Skip("one preset is enough for a short run")
	}
	archtest.Run(t, archtest.Device{Open: device("nvdla-large")})
}

// TestEdges: the array against loops over atoms, one edge at a time.
func TestEdges(t *testing.T) {
	for _, packing := range []bool{false, true} {
		c := &Config{}
		c.Array.AtomicC, c.Array.AtomicK, c.Array.Packing = 8, 4, packing
		for channels := 1; channels <= 20; channels++ {
			for filters := 1; filters <= 9; filters++ {
				for _, s := range []int{1, 2, 3, 5} {
					space := workloads.Matrix{R: 2, S: s, OW: 3}
					tile := asic.Tile{I1: 2, Y1: 2, K1: filters, C1: channels}
					assert.Equal(t, counted(c, &space, &tile), int64(c.edges(&space, &tile)), "%d channels, %d filters, width %d, packing %v", channels, filters, s, packing)
				}
			}
		}
	}
}

// counted steps through a tile: each edge one atom of filters meets as many
// operands of the window as stand side by side.
func counted(c *Config, s *workloads.Matrix, t *asic.Tile) (edges int64) {
	for range t.Images() * t.Rows() * s.OW * s.R {
		for k := 0; k < t.Filters(); k += c.Array.AtomicK {
			for col := 0; col < s.S; {
				if c.Array.Packing && 2*t.Channels() <= c.Array.AtomicC {
					edges++
					for lanes := 0; lanes+t.Channels() <= c.Array.AtomicC; lanes += t.Channels() {
						col++
					}
					continue
				}
				for ch := 0; ch < t.Channels(); ch += c.Array.AtomicC {
					edges++
				}
				col++
			}
		}
	}
	return edges
}

// TestRefused: what does not fit is named with its remedy.
func TestRefused(t *testing.T) {
	m, err := device("nvdla-small")("buffer.size=64 B")
	require.NoError(t, err)
	w, err := archtest.Named("conv")
	require.NoError(t, err)
	_, err = archtest.Checked(m, w, m.Native(), arch.None)
	assert.ErrorContains(t, err, "do not fit a convolution buffer of 64 B (buffer.size)")
	text, _ := Presets.Text("nvdla-small")
	_, err = Open("x", text, []string{"dtypes=fp16"})
	assert.ErrorContains(t, err, "use int8 or int16")
}
