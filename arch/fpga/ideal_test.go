package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// TestIdealMemoryFollows: a run with an ideal memory that takes frames over from one with
// the real memory has the cycles of a simulation of its own; and a memory as fast as its
// ports has those it has with its latency in the stages.
func TestIdealMemoryFollows(t *testing.T) {
	text, _ := Presets.Text("zcu104")
	ways := map[bool]int{}
	for _, name := range []string{"cnv,batch=4", "tfc,batch=3", "conv:n=3,c=4,h=9,w=7,k=8,r=3,s=3,stride=2,pad=1", "softmax:rows=4,cols=8",
		"conv:n=2,c=1,h=8,w=200,k=4,r=3,s=3,pad=1"} {
		m, err := Open("zcu104", text, nil)
		require.NoError(t, err)
		w, err := catalog.Open(name, catalog.Defaults{Seed: 1})
		require.NoError(t, err)
		p, _ := workloads.ParsePrecision("w1a2")
		net, err := workloads.Prepare(w.Graph, p, m.Fuses)
		require.NoError(t, err)
		plan, err := m.Plan(net)
		require.NoError(t, err)
		d, err := designOf(plan)
		require.NoError(t, err)
		c, err := m.build(net, d, true, m.depthOf(d))
		require.NoError(t, err)
		alone, err := c.run(d.frames)
		require.NoError(t, err)
		got, err := m.Run(arch.Job{Net: net, Plan: plan, IdealMemory: true})
		require.NoError(t, err)
		assert.Equal(t, alone.Cycles(), got.Cycles, name)
		ways[d.run.timed.hidden()]++
		full, err := m.Run(arch.Job{Net: net, Plan: plan})
		require.NoError(t, err)
		assert.Greater(t, full.Cycles, got.Cycles, name)
		c, err = m.wire(net, d, false, true, m.depthOf(d))
		require.NoError(t, err)
		through, err := c.run(d.frames)
		require.NoError(t, err)
		assert.Equal(t, through.Cycles(), full.Cycles, name)
	}
	assert.Len(t, ways, 2, "some networks wait for their input, others do not")
}
