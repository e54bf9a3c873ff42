package systolic

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
)

// TestTheTimelineIsTheReports: what a timeline records of each unit sums to the
// states of the report, its transfers to the bytes moved off chip, its layers lie
// where the report has them, and recording changes no figure.
func TestTheTimelineIsTheReports(t *testing.T) {
	for _, c := range []struct {
		workload, preset string
		most             int
		sets             []string
	}{
		{"gemm:m=24,n=8,k=8", "tiny-4x4", 1000, nil},
		{"gemm:m=24,n=8,k=8", "tiny-4x4", 1000, []string{"array.overlap=none"}},
		{"resnet18", "tpu-v1", 1 << 20, nil},
		{"resnet18", "tpu-v1", 200, nil},
	} {
		t.Run(c.workload+" on "+c.preset, func(t *testing.T) {
			m := opened(t, c.preset, c.sets...)
			job := planned(t, m, c.workload)
			plain, err := m.Run(job)
			require.NoError(t, err)
			job.Timeline = results.NewTimeline(c.most)
			r, err := m.Run(job)
			require.NoError(t, err)
			plain.Host, r.Host, plain.Stats, r.Stats = results.Host{}, results.Host{}, nil, nil
			assert.Equal(t, plain, r, "recording changes nothing")

			var names []string
			moved := map[string]int64{}
			for _, track := range job.Timeline.Tracks {
				names = append(names, track.Unit)
				var sum [results.WaitMemory + 1]int64
				last := int64(0)
				for _, s := range track.Spans {
					require.LessOrEqual(t, last, s.From)
					require.LessOrEqual(t, s.To, r.Cycles)
					l := r.Layers[s.Layer]
					if _, whole := s.State(); whole && s.Cycles[results.Busy] > 0 {
						assert.LessOrEqual(t, s.To, l.StartCycle+l.Cycles, "%s works for %s after its end", track.Unit, l.Name)
					}
					for state, n := range s.Cycles {
						sum[state] += n
					}
					last = s.To
					moved[track.Unit] += s.Bytes
				}
				u := r.Units[track.Unit]
				assert.Equal(t, [...]int64{0, u.Busy, u.WaitInput, u.WaitOutput, u.WaitMemory}, sum, track.Unit)
			}
			assert.Equal(t, []string{"load", "array", "vector", "store"}, names)
			assert.Equal(t, r.DRAM.ReadBytes, moved["load"])
			assert.Equal(t, r.DRAM.WriteBytes, moved["store"])
		})
	}
}
