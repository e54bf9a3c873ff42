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

// TestEveryEdgeOfAWarpHasAReason: what warps spend their lives on sums to those lives, for every
// role, and the lives of all sum to the edges of residence.
func TestEveryEdgeOfAWarpHasAReason(t *testing.T) {
	for _, preset := range []string{"v100-sxm", "a100-sxm", "h100-sxm", "k40"} {
		m, err := device(t, preset).Open()
		require.NoError(t, err)
		for _, name := range []string{"gemm:m=500,n=1000,k=800", "gemm:m=4096,n=4096,k=4096", "gemm:m=16,n=512,k=8192", "conv:n=2,c=64,h=28,w=28,k=64,r=3,s=3,pad=1",
			"attention:heads=8,seq=1000,dim=64,causal=true", "attention:batch=4,heads=32,kvheads=8,seq=1,kv=3000,dim=64", "softmax:rows=60000,cols=4096", "layernorm:rows=100,cols=768", "add:rows=4096,cols=512"} {
			w, err := catalog.Open(name, catalog.Defaults{})
			require.NoError(t, err)
			net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
			require.NoError(t, err)
			plan, err := m.Plan(net)
			require.NoError(t, err)
			r, err := m.Run(arch.Job{Net: net, Plan: plan})
			require.NoError(t, err)
			all, lives := int64(0), map[string]float64{} // by kernel: a warp's life
			require.NotEmpty(t, r.Warps)
			for _, w := range r.Warps {
				sum := int64(0)
				for why, edges := range w.Spent {
					assert.Positive(t, edges, why)
					sum += edges
				}
				assert.Equal(t, w.Edges, sum, "%s on %s: %s of %s", name, preset, w.Role, w.Kernel)
				if life, ok := lives[w.Kernel]; ok {
					assert.Equal(t, life, float64(w.Edges)/float64(w.Warps), "%s on %s: all warps of a CTA live as long: %s of %s", name, preset, w.Role, w.Kernel)
				}
				lives[w.Kernel] = float64(w.Edges) / float64(w.Warps)
				all += w.Edges
			}
			assert.Equal(t, r.Units["sm"].Events["warp_edges"], all, "%s on %s", name, preset)
		}
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
