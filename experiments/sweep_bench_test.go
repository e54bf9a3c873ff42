package experiments

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkAgainstScaleSim is the cost of one design on what SCALE-Sim needs 17.2 CPU
// seconds for: AlexNet's five convolutions, its alexnet_part.csv, on 32×32 [scale-sim].
func BenchmarkAgainstScaleSim(b *testing.B) {
	path := filepath.Join(b.TempDir(), "alexnet_part.csv")
	require.NoError(b, os.WriteFile(path, []byte(`Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
Conv1, 227, 227, 11, 11, 3, 96, 4,
Conv2, 31, 31, 5, 5, 96, 256, 1,
Conv3, 15, 15, 3, 3, 256, 384, 1,
Conv4, 15, 15, 3, 3, 384, 384, 1,
Conv5, 15, 15, 3, 3, 384, 256, 1,
`), 0o644))
	e := Experiment{Device: "scalesim", Workload: path, Sets: []string{"array.rows=32", "array.cols=32", "array.dataflow=os"}, Check: "none"}
	for b.Loop() {
		_, err := e.Run(b.Context())
		require.NoError(b, err)
	}
	b.ReportMetric(17.2/(b.Elapsed().Seconds()/float64(b.N)), "times-faster")
}

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
			at, designs := b.TempDir(), 0
			sweep := func() {
				s, err := ParseSweep("spec.yaml", []byte(text))
				require.NoError(b, err)
				store, err := OpenStore(at)
				require.NoError(b, err)
				table, err := s.Run(b.Context(), SweepRun{Store: store, Workers: 2})
				require.NoError(b, err)
				require.Zero(b, table.Count("failed"))
				designs = len(table.Designs)
			}
			if c.stored {
				sweep()
			}
			for b.Loop() {
				if !c.stored {
					at = b.TempDir()
				}
				sweep()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N)/float64(designs), "ms/design")
		})
	}
}
