package mapping

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mapping/search"
	"nnsim/workloads"
)

// Every point of a space that has a cost is a plan whose tiles fit, whose slots lie
// apart from all that is on chip, and which its own values name; the mapper's own
// choice is one of them, and costs what it is said to cost.
func TestPointsAreLegal(t *testing.T) {
	points, flows := 0, map[Dataflow]bool{}
	rapid.Check(t, func(t *rapid.T) {
		net, target := drawProduct(t), drawLimited(t)
		plan, err := Systolic(net, target)
		if err != nil {
			return
		}
		for i, lp := range plan.Layers {
			if lp.Space == nil {
				continue
			}
			s := lp.Space()
			require.NotNil(t, s.Chosen(), "%v is no point of its space", lp)
			require.Equal(t, lp.Nest.String(), s.Plan(s.Chosen()).Nest.String())
			at := make([]int, len(s.Axes()))
			for range 20 {
				for axis, n := range s.Axes() {
					at[axis] = rapid.IntRange(0, n-1).Draw(t, "choice")
				}
				other := s.Plan(at)
				require.Equal(t, other == nil, math.IsInf(s.Cost(at), 1))
				if other == nil {
					continue
				}
				points++
				c := plan.cutterOf(other)
				require.True(t, c.accumulates(other.Nest))
				requireCovered(t, other.Nest)
				requireInputRows(t, other.Nest)
				requirePlaces(t, plan.With(map[int]*LayerPlan{i: other}))
				values := map[string]string{}
				for _, pair := range Describe(s, at) {
					values[pair[0]] = pair[1]
				}
				named, err := Given(s, values)
				require.NoError(t, err)
				require.Equal(t, other.Nest.String(), s.Plan(named).Nest.String())
				require.Equal(t, other.Nest.String(), other.Space().Plan(other.Space().Chosen()).Nest.String())
				for fixed := 1; fixed < len(at); fixed++ {
					require.LessOrEqual(t, s.Bound(at, fixed), s.Cost(at), "%v", other)
				}
				flows[other.Nest.Dataflow] = true
				require.LessOrEqual(t, new(pace).time(c, other.Nest), other.Nest.Time, "reckoned anew: %v", other)
				require.Equal(t, target.By(other.Nest.Dataflow).Dataflow, c.target.Dataflow)
				if len(target.Switched) > 0 {
					require.Equal(t, target.By(other.Nest.Dataflow).Dataflow, Dataflow(values["dataflow"]))
					if delete(values, "dataflow"); other.Nest.Dataflow == "" { // left out, it is the machine's
						named, err = Given(s, values)
						require.NoError(t, err)
						require.Equal(t, other.Nest.String(), s.Plan(named).Nest.String())
					}
				}
			}
		}
	})
	assert.Greater(t, points, 50)
	assert.Greater(t, len(flows), 2, "the machine's own dataflow, and others")
}

// Reckoning allocates nothing, however many mappings are reckoned.
func TestReckoningAllocatesNothing(t *testing.T) {
	b := workloads.NewBuilder("g", 1)
	g, err := b.Build(b.Linear("fc", b.Input("x", 300, 500), 700, 1, false))
	require.NoError(t, err)
	both := small
	both.Switched = []Target{small}
	both.Switched[0].Dataflow = OS
	for _, target := range []Target{small, both} {
		plan, err := Systolic(prepared(t, g, int8s), target)
		require.NoError(t, err)
		s := plan.Layers[0].Space()
		least := testing.AllocsPerRun(3, func() { search.Run(s, search.Options{Method: search.Random, Budget: 10, Keep: 4}) })
		most := testing.AllocsPerRun(3, func() { search.Run(s, search.Options{Method: search.Random, Budget: 1000, Keep: 4}) })
		assert.LessOrEqual(t, most, least+8)
	}
}
