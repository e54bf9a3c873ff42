package experiments

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkSweep is the cost of one design of a sweep of systolic arrays on
// resnet50, timing alone, simulated and out of the store.
func BenchmarkSweep(b *testing.B) {
	text := `device: tpu-v1
workload: resnet50
axes:
  array.rows: {pow2: [128, 512]}
  array.cols: {pow2: [128, 512]}
  buffer.size: [16 MiB, 24 MiB]
objectives: [seconds min]
`
	for _, c := range []struct {
		name   string
		stored bool
	}{{"simulated", false}, {"stored", true}} {
		b.Run(c.name, func(b *testing.B) {
			dir, designs := b.TempDir(), 0
			for i := 0; b.Loop(); i++ {
				at := filepath.Join(dir, "store")
				if !c.stored {
					at = b.TempDir()
				}
				s, err := ParseSweep("spec.yaml", []byte(text))
				require.NoError(b, err)
				store, err := OpenStore(at)
				require.NoError(b, err)
				table, err := s.Run(b.Context(), SweepRun{Store: store, Workers: 2})
				require.NoError(b, err)
				require.Zero(b, table.Count("failed"))
				designs = len(table.Designs)
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N)/float64(designs), "ms/design")
		})
	}
}
