package experiments_test

import (
	"context"
	"fmt"
	"testing"

	"nnsim/arch"
	"nnsim/experiments"
	"nnsim/results"
)

// run is one experiment, end to end: device and workload opened, planned, simulated.
func run(b *testing.B, e experiments.Experiment) *results.Run {
	b.Helper()
	r, err := e.Run(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// bench repeats an experiment and reports what it simulated.
func bench(b *testing.B, e experiments.Experiment) {
	b.ReportAllocs()
	var r *results.Run
	for b.Loop() {
		r = run(b, e)
	}
	b.ReportMetric(float64(r.Cycles), "cycles")
	b.ReportMetric(float64(r.Host.Events), "events")
}

// BenchmarkGEMM is a 1024³ product on a 128×128 weight-stationary array with off-chip memory.
func BenchmarkGEMM(b *testing.B) {
	bench(b, experiments.Experiment{Device: "tpu-v2", Workload: "gemm:m=1024,n=1024,k=1024", Check: arch.None})
}

// BenchmarkGEMMInt8 is the same in int8 on TPU v1's memory.
func BenchmarkGEMMInt8(b *testing.B) {
	bench(b, experiments.Experiment{Device: "tpu-v1", Sets: []string{"array.rows=128", "array.cols=128"},
		Workload: "gemm:m=1024,n=1024,k=1024", Check: arch.None})
}

// BenchmarkResNet50 is the README's first command without values.
func BenchmarkResNet50(b *testing.B) {
	bench(b, experiments.Experiment{Device: "tpu-v1", Workload: "resnet50", Check: arch.None})
}

// BenchmarkResNet50Checked is the README's first command.
func BenchmarkResNet50Checked(b *testing.B) {
	bench(b, experiments.Experiment{Device: "tpu-v1", Workload: "resnet50", Check: arch.Full})
}

// BenchmarkScaling shows that time grows with tiles, not with the array or the
// cycles: ResNet-50 on arrays of 16 to 1024 rows and batches of 1 to 64.
func BenchmarkScaling(b *testing.B) {
	for _, size := range []int{16, 64, 256, 1024} {
		for _, batch := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("array=%d/batch=%d", size, batch), func(b *testing.B) {
				set := fmt.Sprintf("%d", size)
				bench(b, experiments.Experiment{Device: "tpu-v1", Sets: []string{"array.rows=" + set, "array.cols=" + set},
					Workload: fmt.Sprintf("resnet50,batch=%d", batch), Check: arch.None})
			})
		}
	}
}
