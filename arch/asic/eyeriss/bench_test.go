package eyeriss

import (
	"testing"

	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// BenchmarkAlexNet is AlexNet with zeros stated, timing alone.
func BenchmarkAlexNet(b *testing.B) {
	text, _ := Presets.Text("eyeriss")
	m, err := Open("eyeriss", text, nil)
	require.NoError(b, err)
	w, err := catalog.Open("alexnet,zeros=0.6", catalog.Defaults{Seed: 1})
	require.NoError(b, err)
	for b.Loop() {
		net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
		require.NoError(b, err)
		plan, err := m.Plan(net)
		require.NoError(b, err)
		run, err := m.Run(arch.Job{Net: net, Plan: plan, Seed: 1, Zeros: w.Zeros})
		require.NoError(b, err)
		b.ReportMetric(float64(run.Host.Events), "events")
	}
}
