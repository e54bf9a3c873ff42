package gpu_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/gpu"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

var update = flag.Bool("update", false, "rewrite the drawings in testdata")

// TestDrawings compares what one CTA does on four machines with drawings that people have read.
func TestDrawings(t *testing.T) {
	for _, x := range []struct{ preset, work string }{
		{"v100-sxm", "gemm:m=512,n=512,k=512"}, {"a100-sxm", "gemm:m=512,n=512,k=1024"}, {"h100-sxm", "gemm:m=2048,n=2048,k=512"}, {"k40", "gemm:m=128,n=128,k=64"},
	} {
		text, _ := gpu.Presets.Text(x.preset)
		m, err := gpu.Open(x.preset, text, nil)
		require.NoError(t, err)
		w, err := catalog.Open(x.work, catalog.Defaults{})
		require.NoError(t, err)
		net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
		require.NoError(t, err)
		var drawn bytes.Buffer
		require.NoError(t, m.Steps(&drawn, net))
		path := filepath.Join("testdata", x.preset+".txt")
		if *update {
			require.NoError(t, os.WriteFile(path, drawn.Bytes(), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), drawn.String(), "run with -update and read what has moved")
	}
}

// TestEveryEdgeOfAPlaceHasAReason: what CTAs wait for sums to the places there are, times their kernels' length.
func TestEveryEdgeOfAPlaceHasAReason(t *testing.T) {
	for _, preset := range []string{"v100-sxm", "a100-sxm", "h100-sxm"} {
		m, err := device(t, preset).Open()
		require.NoError(t, err)
		for _, name := range []string{"gemm-wide", "conv-grouped", "softmax"} {
			work, err := archtest.Named(name)
			require.NoError(t, err)
			r, err := archtest.Checked(m, work, m.Native(), arch.None)
			require.NoError(t, err)
			events := r.Units["sm"].Events
			sum := int64(0)
			for reason, edges := range events {
				assert.GreaterOrEqual(t, edges, int64(0), reason)
				if strings.HasPrefix(reason, "stall_") || reason == "issuing" || reason == "no_cta" {
					sum += edges
				}
			}
			assert.Equal(t, events["place_edges"], sum, "%s on %s", name, preset)
			assert.LessOrEqual(t, events["warp_edges"], events["warp_edges_limit"])
		}
	}
}
