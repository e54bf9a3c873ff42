package systolic

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/check"
	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// inDataflow is a layer's plan in a dataflow, at the point that a machine of that dataflow
// alone takes if it is one, else at the first legal one.
func inDataflow(t *testing.T, lp *mapping.LayerPlan, flow mapping.Dataflow, as *mapping.LayerPlan) *mapping.LayerPlan {
	space := lp.Space()
	values := map[string]string{}
	if as != nil {
		for _, pair := range mapping.Describe(as.Space(), as.Space().Chosen()) {
			values[pair[0]] = pair[1]
		}
		values["dataflow"] = string(flow)
		at, err := mapping.Given(space, values)
		require.NoError(t, err)
		return space.Plan(at)
	}
	at, sizes := make([]int, len(space.Axes())), space.Axes()
	for {
		if other := space.Plan(at); other != nil && space.Value(0, at[0]) == string(flow) {
			return other
		}
		axis := len(at) - 1
		for ; axis >= 0; axis-- {
			if at[axis]++; at[axis] < sizes[axis] {
				break
			}
			at[axis] = 0
		}
		require.GreaterOrEqual(t, axis, 0, "%s has no nest in %s", lp.Layer.Name, flow)
	}
}

// mixed runs the blocks with the dataflows in turn, layer by layer.
func mixed(t *testing.T, m *Machine, mode arch.Mode, p workloads.Precision, seed uint64, first int, chains ...mapping.Chain) *results.Run {
	net, err := workloads.Prepare(blocks(t, 2), p, m.Fuses)
	require.NoError(t, err)
	plan, err := m.PlanBy(net, mapping.Rule{Chains: chains})
	require.NoError(t, err)
	layers := map[int]*mapping.LayerPlan{}
	for i, lp := range plan.Layers {
		if lp.Nest != nil {
			layers[i] = inDataflow(t, lp, dataflows[(first+i)%len(dataflows)], nil)
		}
	}
	require.Greater(t, len(layers), 4)
	plan = plan.With(layers)
	c, err := check.New(net, mode, 1, nil)
	require.NoError(t, err)
	e := engine.New(m.cfg.Clock)
	if seed > 0 {
		e = engine.On(simtest.NewShuffled(seed), m.cfg.Clock)
	}
	run, err := m.runOn(arch.Job{Net: net, Plan: plan, Check: c}, e)
	require.NoError(t, err)
	require.NoError(t, arch.Laws(run, net, plan))
	run.Check = c.Result()
	require.Equal(t, "pass", run.Check.Status, run.Check.Detail)
	return run
}

// Whatever dataflows the layers of a network have, in chains and out of them, with every
// way of the weights, all values are right and all laws hold, under ties in any order.
func TestLayersOfManyDataflows(t *testing.T) {
	for _, sets := range [][]string{
		{"array.dataflow=ws"}, {"weights.fifo=0", "buffer.keep=false"}, {"weights.fifo=3", "array.dataflow=os", "buffer.keep=false"},
		{"array.overlap=none"}, {"buffer.size=8 KiB", "accumulators.rows=64", "array.count=2"}, {"memory=ideal", "array.dataflow=is"},
	} {
		m := opened(t, "tiny-4x4", append(sets, "array.dataflows=[ws, os, is]")...)
		for first := range dataflows {
			want := mixed(t, m, arch.Full, m.Native(), 0, first)
			mixed(t, m, arch.Sample, m.Native(), 0, first)
			for seed := range uint64(1 - min(first, 1)) {
				assert.Equal(t, want.Layers, mixed(t, m, arch.Full, m.Native(), seed+1, first).Layers, "%v", sets)
			}
			if m.cfg.Buffer.KeepOnChip || m.geometry().Dataflow == mapping.IS {
				continue
			}
			mixed(t, m, arch.Full, m.Native(), 0, first, mapping.Chain{First: 0, Last: 5, Images: 1, Rows: 2})
			mixed(t, m, arch.Sample, m.Native(), 0, first, mapping.Chain{First: 1, Last: 4, Images: 1, Rows: 1})
		}
	}
}

// A layer in a dataflow that its machine switches to runs as on a machine of that dataflow:
// the same cycles, bytes and energy.
func TestDataflowOfALayerIsThatOfAMachine(t *testing.T) {
	for _, usual := range dataflows {
		for _, flow := range dataflows {
			for _, sets := range [][]string{{"weights.fifo=0"}, {"weights.fifo=2"}, {"array.overlap=none"}} {
				for _, spec := range []string{"gemm:m=40,n=24,k=32", "conv:c=8,h=12,w=12,k=9,r=3,s=3,pad=1", "conv:c=8,h=9,w=9,k=8,r=1,s=1,groups=8"} {
					alone := opened(t, "tiny-4x4", append(sets, "array.dataflow="+string(flow))...)
					both := opened(t, "tiny-4x4", append(sets, "array.dataflow="+string(usual), fmt.Sprintf("array.dataflows=[%s]", flow))...)
					job := planned(t, alone, spec)
					want, err := alone.Run(job)
					require.NoError(t, err)
					if flow != usual {
						as := job.Plan.Layers[0]
						job = planned(t, both, spec)
						job.Plan = job.Plan.With(map[int]*mapping.LayerPlan{0: inDataflow(t, job.Plan.Layers[0], flow, as)})
						assert.Contains(t, job.Plan.Layers[0].String(), " dataflow="+string(flow))
						assert.Contains(t, job.Plan.String(), "array, dataflow "+string(flow))
					}
					got, err := both.Run(job)
					require.NoError(t, err)
					got.Layers[0].Mapping = want.Layers[0].Mapping
					assert.Equal(t, want.Layers, got.Layers, "%s in %s of %s", spec, flow, usual)
					assert.Equal(t, want.Units, got.Units, "%s in %s of %s", spec, flow, usual)
				}
			}
		}
	}
}

// A fold in another dataflow enters when the last result before it is out, not an edge
// sooner; its stationary tile is shifted in from then on.
func TestSwitchingEmptiesTheArray(t *testing.T) {
	s := series{Geometry: Geometry{Rows: 4, Cols: 3, Dataflow: mapping.WS, Overlap: Full}}
	assert.Equal(t, unit.Edge(4), s.next(0, 0, 10, false))
	s.turn(mapping.WS)
	assert.Equal(t, unit.Edge(14), s.next(0, 0, 10, false), "the same dataflow goes on")
	require.Equal(t, unit.Edge(14+10+4+3-2), s.end)
	s.turn(mapping.OS)
	assert.Equal(t, unit.Edge(29), s.next(0, 0, 10, false), "from the end of the last fold")
	require.Equal(t, unit.Edge(29+10+4+3-2+4), s.end)
	s.turn(mapping.WS)
	assert.Equal(t, unit.Edge(48+4), s.next(0, 0, 10, true), "nothing is held")
	s.turn(mapping.IS)
	assert.Equal(t, unit.Edge(100), s.next(0, 100, 10, false), "its operand comes later still")
}

// Dataflows that are none, or named twice, are refused by name.
func TestDataflowsRefuse(t *testing.T) {
	text, _ := Presets.Text("tiny-4x4")
	for set, says := range map[string]string{
		"array.dataflows=[ws, rs]": "write one of os, ws, is",
		"array.dataflows=[ws, ws]": "array.dataflows names ws twice; leave one out",
	} {
		_, err := Open("tiny-4x4", text, []string{set})
		assert.ErrorContains(t, err, says)
	}
}
