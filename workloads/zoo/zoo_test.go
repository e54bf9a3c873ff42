package zoo

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// TestPublishedCounts holds every network against its publication, at the
// tolerance its row of the zoo states.
func TestPublishedCounts(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			info, ok := Describe(name)
			require.True(t, ok)
			g, err := Build(name, Options{Batch: 1})
			require.NoError(t, err)
			require.NoError(t, g.Validate())
			macs := workloads.GraphMACs(g)
			t.Logf("%-14s %9.4f GMAC %12d params, %d nodes", name, float64(macs)/1e9, g.Params, len(g.Nodes))
			if info.MACs > 0 {
				assert.InEpsilon(t, info.MACs, macs, info.Tolerance, "MACs")
			}
			if info.Params > 0 {
				assert.InEpsilon(t, info.Params, g.Params, max(info.Tolerance, 1e-12), "parameters")
			}
			assert.NotEmpty(t, info.Source)
		})
	}
}
