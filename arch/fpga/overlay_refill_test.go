package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// tilesOf plans one layer on a preset and lists its tiles.
func tilesOf(t *testing.T, spec string, sets ...string) (*Machine, *layer, refill, []tile) {
	t.Helper()
	m, _, d := overlaid(t, spec, "zcu102-chaidnn", sets...)
	l := d.layers[0]
	s := flat(l.Head())
	var list []tile
	m.tiles(l, s, m.cfg.Engine.Images, func(one *tile) { list = append(list, *one) })
	return m, l, m.refillFor(l, &s, m.cfg.Engine.Images), list
}

// TestWeightsAreLoadedForEachBlock: 512 planes of 3×3 are 1,152 words, four passes of 288; a
// buffer of 2,048 words holds 7 blocks of kernels of a pass, of which 4 divide the 16; so the
// weights come in 4 × 4 loads, for each of the 6 blocks of 16 pixels, the first of each pass after
// the products before it.
func TestWeightsAreLoadedForEachBlock(t *testing.T) {
	_, l, c, list := tilesOf(t, "conv:n=2,c=512,h=9,w=9,k=256,r=3,s=3,pad=1")
	assert.Equal(t, refill{rows: 9, blocks: 6, passes: 4, loads: 4, kernels: 4, in: 288}, c)
	require.Len(t, list, 6*4*4)
	bytes, macs, alone, compute := int64(0), int64(0), 0, int64(0)
	for i := range list {
		one := &list[i]
		bytes, macs, compute = bytes+one.weights, macs+one.macs, compute+one.compute
		if one.alone {
			alone++
		}
	}
	assert.EqualValues(t, 6*512*256*9, bytes)
	assert.Equal(t, l.macs(), macs)
	assert.Equal(t, 6*4, alone)
	assert.EqualValues(t, 96*(4*(288+37)+50)+24*20+288*2, compute, "products, swaps, blocks, the first windows")
}

// TestWeightsThatFitAreLoadedOnce: 64 kernels of 64 planes fit one load.
func TestWeightsThatFitAreLoadedOnce(t *testing.T) {
	_, l, c, list := tilesOf(t, "conv:n=2,c=64,h=56,w=56,k=64,r=1,s=1")
	assert.True(t, c.once)
	bytes, macs := int64(0), int64(0)
	for i := range list {
		bytes, macs = bytes+list[i].weights, macs+list[i].macs
	}
	assert.EqualValues(t, 64*64, bytes)
	assert.Equal(t, l.macs(), macs)
}

// TestReachRefuses: windows that have no room, and engines without them.
func TestReachRefuses(t *testing.T) {
	text, _ := Presets.Text("zcu102-chaidnn")
	_, err := Open("zcu102-chaidnn", text, []string{"engine.over=channels", "engine.tileh=1", "engine.tilew=1"})
	assert.ErrorContains(t, err, "reach is 511; it belongs to over=blocks")
	m, err := Open("zcu102-chaidnn", text, []string{"engine.reach=8"})
	require.NoError(t, err)
	w, err := catalog.Open("conv:n=2,c=8,h=9,w=9,k=16,r=3,s=3", catalog.Defaults{Seed: 1})
	require.NoError(t, err)
	net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
	require.NoError(t, err)
	_, err = m.Plan(net)
	assert.ErrorContains(t, err, "engine.reach of at least 9")
}
