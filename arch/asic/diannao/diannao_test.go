package diannao

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/asic"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

func open(sets ...string) (arch.Machine, error) {
	text, _ := Presets.Text("diannao")
	m, err := Open("diannao", text, sets)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// TestConformance: the machine owes what all machines owe, also with buffers so small
// that a window is all they hold, and with sizes that divide nothing.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: open, Variations: [][]string{
		{"memory=ideal"},
		{"nbin=128 B", "sb=512 B", "nbout=64 B"},
		{"nfu.neurons=3", "nfu.synapses=5", "nbin=300 B", "sb=900 B"},
		{"memory.outstanding=1", "vector.lanes=1", "vector.buffer=256 B"},
	}})
}

// TestEdges: the NFU against a loop over places, window and channels.
func TestEdges(t *testing.T) {
	for channels := 1; channels <= 12; channels++ {
		for ti := 1; ti <= 5; ti++ {
			c := &Config{}
			c.NFU.Synapses = ti
			edges := 0
			for range 3 * 2 * 3 { // places and window
				for ch := 0; ch < channels; ch += ti {
					edges++
				}
			}
			assert.EqualValues(t, edges, c.edges(&workloads.Matrix{R: 2, S: 3}, &asic.Tile{C1: channels}, 3), "%d channels by %d", channels, ti)
		}
	}
}

// TestFullRate: where channels and filters fill the NFU and memory never stalls, a
// layer takes its multiplications by 256 and little more.
func TestFullRate(t *testing.T) {
	m, err := open("memory=ideal")
	require.NoError(t, err)
	w := archtest.Workload{Name: "conv", Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open("conv:n=1,c=64,h=16,w=16,k=32,r=3,s=3,pad=1", catalog.Defaults{Seed: 1})
		if err != nil {
			return nil, err
		}
		return w.Graph, nil
	}}
	run, err := archtest.Checked(m, w, m.Native(), arch.Sample)
	require.NoError(t, err)
	assert.InEpsilon(t, float64(16*16*32*64*9)/256, float64(run.Cycles), 0.05)
}

// TestRefused: what does not fit is named with its remedy.
func TestRefused(t *testing.T) {
	m, err := open("nbin=16 B")
	require.NoError(t, err)
	w, err := archtest.Named("conv")
	require.NoError(t, err)
	_, err = archtest.Checked(m, w, m.Native(), arch.None)
	assert.ErrorContains(t, err, "(nbin, sb)")
	_, err = open("nfu.neurons=4096", "nfu.synapses=4096")
	assert.ErrorContains(t, err, "more than 2^20")
}
