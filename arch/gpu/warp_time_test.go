package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// twinGroups steps one slab after another of warp groups that share a pipe: each edge
// the pipe goes on with the operation it has or takes the next, of the groups in turn.
func twinGroups(w groupWork, slabs int) (spent [][reasons]int64) {
	spent = make([][reasons]int64, w.groups)
	left := make([]int64, w.groups) // operations of the present slab not yet through
	each := max(w.every, w.reads)
	for range slabs {
		for i := range left {
			left[i] = w.ops
		}
		for turn := 0; turn < w.groups; turn++ { // a group's operations of a slab go back to back
			for ; left[turn] > 0; left[turn]-- {
				for edge := range each {
					for i := range spent {
						switch {
						case edge >= w.every:
							spent[i][onShared]++
						case i == turn:
							spent[i][issuing]++
						default:
							spent[i][onPipe]++
						}
					}
				}
			}
		}
	}
	return spent
}

func TestWarpGroupsAgreeWithTheirPipe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := groupWork{groups: rapid.IntRange(1, 4).Draw(t, "groups"), ops: rapid.Int64Range(1, 8).Draw(t, "ops"),
			every: rapid.Int64Range(1, 130).Draw(t, "every"), reads: rapid.Int64Range(0, 200).Draw(t, "reads")}
		slabs := rapid.IntRange(1, 3).Draw(t, "slabs")
		for _, twin := range twinGroups(w, slabs) {
			one := w.spent()
			for why := range one {
				one[why] *= int64(slabs)
			}
			assert.Equal(t, twin, one)
		}
	})
}

// TestApportionedSharesSum: to the edge, and none is further than one from its exact part.
func TestApportionedSharesSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1000), int(reasons), int(reasons)).Draw(t, "weights")
		total := rapid.Int64Range(0, 1<<40).Draw(t, "total")
		sum, all := int64(0), int64(0)
		for _, w := range weights {
			all += w
		}
		for i, part := range apportion(total, weights) {
			sum += part
			if all > 0 {
				assert.InDelta(t, float64(total)*float64(weights[i])/float64(all), float64(part), 1.01)
			}
		}
		assert.Equal(t, total, sum)
	})
}

// TestReasonsSumToLives: what CTAs are booked to spend their edges on, stretch by stretch, sums to
// their lives, which are taken at their beginnings and ends.
func TestReasonsSumToLives(t *testing.T) {
	for _, preset := range []string{"k40", "t4", "a100-sxm", "h100-sxm"} {
		text, _ := Presets.Text(preset)
		m, err := Open(preset, text, nil)
		require.NoError(t, err)
		for _, name := range []string{"gemm:m=500,n=1000,k=800", "gemm:m=16,n=512,k=8192", "gemm:m=1,n=512,k=4096", "conv:n=2,c=64,h=28,w=28,k=64,r=3,s=3,pad=1",
			"attention:heads=8,seq=1000,dim=64", "attention:batch=4,heads=32,kvheads=8,seq=1,kv=3000,dim=64", "softmax:rows=60000,cols=4096", "layernorm:rows=100,cols=768", "add:rows=4096,cols=512"} {
			w, err := catalog.Open(name, catalog.Defaults{})
			require.NoError(t, err)
			net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
			require.NoError(t, err)
			plan, err := m.Plan(net)
			require.NoError(t, err)
			s := newSimulation(m, &arch.Job{Net: net, Plan: plan}, engine.New(m.cfg.Clock))
			at := int64(1000)
			for _, k := range s.kernels(net.Layers[0], plan.Layers[0].Custom.(*task)) {
				g := newGrid(&m.cfg, k, s.gov, false, at)
				at = g.run(at)
				sum := int64(0)
				for _, edges := range g.tally.stalls {
					sum += edges
				}
				assert.Equal(t, g.tally.busy, sum, "%s of %s on %s", k.name, name, preset)
			}
		}
	}
}
