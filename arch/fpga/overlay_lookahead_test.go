package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// overlaid is a workload's design on a preset's engine.
func overlaid(t *testing.T, spec, preset string, sets ...string) (*Machine, *workloads.Network, *design) {
	t.Helper()
	text, ok := Presets.Text(preset)
	require.True(t, ok, preset)
	m, err := Open(preset, text, sets)
	require.NoError(t, err)
	w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
	require.NoError(t, err)
	net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
	require.NoError(t, err)
	d, err := m.newOverlay(net)
	require.NoError(t, err)
	return m, net, d
}

// programOf compiles a workload for a preset.
func programOf(t *testing.T, spec, preset string) *program {
	t.Helper()
	m, net, d := overlaid(t, spec, preset, "design=overlay")
	return m.compile(net, d)
}

// TestLookahead: of several groups of images, what frees each step's buffers is what a list of
// all steps says, and no more is held than the layers that queues are in and those before.
func TestLookahead(t *testing.T) {
	for spec, preset := range map[string]string{"resnet18,batch=3": "kv260-dpu", "alexnet,batch=4": "zcu102-chaidnn", "squeezenet-1.1,batch=2": "zc706", "resnet18,batch=2": "alveo-u50-array"} {
		p := programOf(t, spec, preset)
		ahead := lookahead{p: p, steps: p.groups * p.steps}
		require.Greater(t, p.groups, 1, spec)
		held, start := 0, 0
		w, a, s := -1, -1, []int{}
		for i := range ahead.steps {
			at := ahead.at(i)
			if i%p.steps == 0 {
				start, w, a, s = i, -1, -1, nil
			}
			before := func(last int) int { // the step before the last that used the buffer, if of this group
				if last <= start {
					return -1
				}
				return last - 1
			}
			room := -1
			if len(s) > 1 {
				room = s[len(s)-2]
			}
			require.Equal(t, [4]int{i / p.steps, before(w), before(a), room}, [4]int{at.group, at.freesW, at.freesA, at.room}, "%s: step %d", spec, i)
			if room >= 0 {
				require.NotPanics(t, func() { ahead.at(room) }, spec)
			}
			if at.weights > 0 {
				w = i
			}
			if at.acts > 0 {
				a = i
			}
			if at.store > 0 {
				s = append(s, i)
			}
			if i > 0 {
				ahead.forget(i - 1)
				require.NotPanics(t, func() { ahead.at(max(start, i-2)) }, spec)
			}
			held = max(held, len(ahead.spans))
		}
		assert.Less(t, held, 8, "%s: layers held at a time", spec)
	}
}

// TestMatrixFillsATile: a tile of a matrix has as many rows as one of an image has pixels, so
// that 169 rows pass for each load of weights.
func TestMatrixFillsATile(t *testing.T) {
	const rows, k, n = 338, 64, 48
	p := programOf(t, "gemm:m=338,k=64,n=48", "aup-zu3")
	total := p.layers[0].total
	assert.EqualValues(t, 2*k*n, total.weights)
	assert.EqualValues(t, 3*rows*k, total.acts, "for each sixteen of 48 columns")
	assert.EqualValues(t, rows*n, total.store)
	assert.EqualValues(t, rows*k*n, total.macs)
}
