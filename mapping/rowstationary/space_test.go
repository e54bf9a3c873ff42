package rowstationary

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/mapping"
	"nnsim/mapping/search"
	"nnsim/workloads"
)

// Every point with a cost fits the banks, the PEs and their registers, no bound of a
// prefix lies above it, and its own values name it; Map's choice is one of them, and a
// search finds nothing that is reckoned to take longer.
func TestPointsAreLegal(t *testing.T) {
	a, rng := eyeriss, rand.New(rand.NewPCG(3, 4))
	a.BytesPerEdge = 2.4
	for _, of := range []workloads.Matrix{layer(3, 227, 96, 11, 4, 0, 1), layer(48, 27, 128, 5, 1, 2, 2), layer(256, 13, 384, 3, 1, 1, 1), layer(64, 56, 256, 1, 1, 0, 1)} {
		chosen, err := a.Map(of)
		require.NoError(t, err)
		s := a.Space(&mapping.LayerPlan{}, chosen)
		require.NotNil(t, s.Chosen())
		require.Equal(t, chosen.String(), s.Plan(s.Chosen()).Custom.String())
		axes, legal := s.Axes(), 0
		at := make([]int, len(axes))
		for range 20_000 {
			for i, n := range axes {
				at[i] = rng.IntN(n)
			}
			cost := s.Cost(at)
			if math.IsInf(cost, 1) {
				require.Nil(t, s.Plan(at))
				continue
			}
			legal++
			m := s.Plan(at).Custom.(*Mapping)
			require.LessOrEqual(t, a.SumBanks(m)+a.InputBanks(m), a.Banks)
			require.LessOrEqual(t, m.R*m.T, a.Sets(of.R, m.E))
			require.LessOrEqual(t, m.PEs, a.Rows*a.Cols)
			require.LessOrEqual(t, m.P*m.Q*of.S, a.FilterWords)
			require.LessOrEqual(t, m.P, a.SumWords)
			require.Zero(t, of.C%m.Channels()+m.M%m.Filters()+of.K%m.M+of.Images%m.N)
			for fixed := 1; fixed < len(axes); fixed++ {
				require.LessOrEqual(t, s.Bound(at, fixed), cost, "%v fixed to %d", m, fixed)
			}
			values := map[string]string{}
			for _, pair := range mapping.Describe(s, at) {
				values[pair[0]] = pair[1]
			}
			named, err := mapping.Given(s, values)
			require.NoError(t, err)
			require.Equal(t, at, named)
		}
		assert.Positive(t, legal)
		found := search.Run(s, search.Options{Budget: 20_000, Start: s.Chosen()})
		assert.LessOrEqual(t, found.Best[0].Cost, s.Cost(s.Chosen()))
	}
}
