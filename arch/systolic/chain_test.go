package systolic

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/check"
	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
)

// blocks is two residual blocks, the first with a stride and a projection, a layer
// of groups between them, and a pool in the last drain.
func blocks(t *testing.T, batch int) *workloads.Graph {
	b := workloads.NewBuilder("blocks", 3)
	x := b.Input("x", batch, 3, 16, 16)
	a := b.Relu("a.relu", b.Conv("a", x, 6, workloads.Window{R: 3, Pad: 1}))
	c := b.Relu("c.relu", b.Conv("c", a, 8, workloads.Window{R: 3, Stride: 2, Pad: 1}))
	d := b.Relu("d.sum.relu", b.Add("d.sum", b.Conv("d", a, 8, workloads.Window{R: 1, Stride: 2}), c))
	e := b.Relu("e.relu", b.Conv("e", d, 8, workloads.Window{R: 3, Pad: 1, Groups: 4}))
	f := b.MaxPool("f.pool", b.Relu("f.sum.relu", b.Add("f.sum", b.Conv("f", e, 8, workloads.Window{R: 1}), d)), workloads.Window{R: 2, Stride: 2})
	h := b.Conv("h", f, 5, workloads.Window{R: 3, Pad: 1})
	g, err := b.Build(h)
	require.NoError(t, err)
	return g
}

// chained runs the blocks with a chain on a machine and holds the run against all laws
// and all values.
func chained(t *testing.T, m *Machine, batch int, mode arch.Mode, p workloads.Precision, seed uint64, chains ...mapping.Chain) *results.Run {
	net, err := workloads.Prepare(blocks(t, batch), p, m.Fuses)
	require.NoError(t, err)
	plan, err := m.PlanBy(net, mapping.Rule{Chains: chains})
	require.NoError(t, err)
	job := arch.Job{Net: net, Plan: plan}
	c, err := check.New(net, mode, 1, nil)
	require.NoError(t, err)
	if mode != arch.None {
		job.Check = c
	}
	e := engine.New(m.cfg.Clock)
	if seed > 0 {
		e = engine.On(simtest.NewShuffled(seed), m.cfg.Clock)
	}
	run, err := m.runOn(job, e)
	require.NoError(t, err)
	require.NoError(t, arch.Laws(run, net, plan), "%v", chains)
	if mode != arch.None {
		run.Check = c.Result()
		require.Equal(t, "pass", run.Check.Status, "%v: %s", chains, run.Check.Detail)
	}
	return run
}

// However layers are chained, all values are right, in every dataflow and with every way
// of the weights; what stays within a chain moves no byte off chip.
func TestChainsAreRight(t *testing.T) {
	for _, sets := range [][]string{
		{"buffer.keep=false"}, {"buffer.keep=false", "array.dataflow=os"}, {"buffer.keep=false", "array.dataflow=is"},
		{"buffer.keep=false", "weights.fifo=3"}, {"buffer.size=20 KiB", "accumulators.rows=32"}, {"buffer.keep=false", "array.overlap=none"},
	} {
		m := opened(t, "tiny-4x4", sets...)
		for _, c := range []mapping.Chain{{First: 0, Last: 5, Images: 1, Rows: 1}, {First: 0, Last: 5, Images: 1, Rows: 3}, {First: 1, Last: 4, Images: 1, Rows: 2}, {First: 0, Last: 2, Images: 1}, {First: 3, Last: 5, Images: 2}} {
			if m.geometry().Dataflow == mapping.IS {
				c.First, c.Last = min(c.First, 2), min(c.Last, 4) // it pools apart
			}
			for _, p := range []workloads.Precision{{Act: workloads.Int8, Weight: workloads.Int8}, m.Native()} {
				run := chained(t, m, 3, arch.Full, p, 0, c)
				chained(t, m, 3, arch.Sample, p, 0, c)
				requireInside(t, m, run, c, p)
			}
		}
	}
}

// requireInside: layers write nothing that stays within the chain, and read nothing else
// but weights where all their operands do.
func requireInside(t *testing.T, m *Machine, run *results.Run, c mapping.Chain, p workloads.Precision) {
	net, err := workloads.Prepare(blocks(t, 3), p, m.Fuses)
	require.NoError(t, err)
	plan, err := m.PlanBy(net, mapping.Rule{Chains: []mapping.Chain{c}})
	require.NoError(t, err)
	inside := 0
	for i, lp := range plan.Layers {
		if plan.Places[lp.Layer.Out()].Ring > 0 {
			assert.Zero(t, run.Layers[i].DRAMWriteBytes, lp.Layer.Name)
		}
		all := true
		for _, n := range lp.Layer.Nodes {
			for _, in := range n.In {
				if pl := plan.Places[in]; pl != nil && in.Role != workloads.Weight {
					all = all && pl.Ring > 0
				}
			}
		}
		if all {
			inside++
			assert.Zero(t, run.Layers[i].DRAMByTensor["inputs"].ReadBytes, lp.Layer.Name)
		}
	}
	assert.Positive(t, inside)
}

// Under ties in any order a chain's run is the same.
func TestChainsUnderShuffles(t *testing.T) {
	m := opened(t, "tiny-4x4", "buffer.keep=false")
	c := mapping.Chain{First: 0, Last: 5, Images: 1, Rows: 2}
	want := chained(t, m, 2, arch.Full, m.Native(), 0, c)
	for seed := range uint64(10) {
		got := chained(t, m, 2, arch.Full, m.Native(), seed+1, c)
		assert.Equal(t, want.Layers, got.Layers)
	}
}
