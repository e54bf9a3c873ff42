package fpga_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// job brings a workload to a machine.
func job(t *testing.T, m arch.Machine, g *workloads.Graph, dtype string) (arch.Job, error) {
	p, err := workloads.ParsePrecision(dtype)
	require.NoError(t, err)
	net, err := workloads.Prepare(g, p, m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	return arch.Job{Net: net, Plan: plan}, err
}

// skip is a connection past two windows: the join waits for what the windows hold back.
func skip(t *testing.T) *workloads.Graph {
	b := workloads.NewBuilder("skip", 1)
	x := b.Input("x", 1, 4, 16, 16)
	y := b.Conv("a", x, 4, workloads.Window{R: 3, Pad: 1})
	y = b.Conv("b", y, 4, workloads.Window{R: 3, Pad: 1})
	g, err := b.Build(b.Add("add", y, x))
	require.NoError(t, err)
	return g
}

func TestShallowSkipDeadlocks(t *testing.T) {
	m := open(t, "pynq-z1", "fifo.depth=4")
	j, err := job(t, m, skip(t), "int8")
	require.NoError(t, err)
	_, err = m.Run(j)
	require.Error(t, err)
	for _, part := range []string{"deadlock", "add.join waits for a token", "waits for room in", "a depth of ", "fifo.depth=0"} {
		assert.Contains(t, err.Error(), part)
	}
	assert.NotContains(t, err.Error(), "\n")

	by := open(t, "pynq-z1", "fifo.depth=4", "fifo.depths=["+freed(err.Error())+"]")
	j, err = job(t, by, skip(t), "int8")
	require.NoError(t, err)
	_, err = by.Run(j)
	assert.NoError(t, err, "the depths named free it")

	sized := open(t, "pynq-z1")
	j, err = job(t, sized, skip(t), "int8")
	require.NoError(t, err)
	_, err = sized.Run(j)
	assert.NoError(t, err, "depths found by simulation do not deadlock")
}

// freed turns the remedy in a deadlock's error into fifo.depths.
func freed(text string) string {
	_, rest, _ := strings.Cut(text, "it needs ")
	rest, _, _ = strings.Cut(rest, ", which")
	return strings.ReplaceAll(strings.ReplaceAll(rest, " and ", ","), " a depth of ", ":")
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ sets, workload, dtype, want string }{
		{"", "gemm:m=1,n=8192,k=8192", "int8", "does not fit pynq-z1: it needs LUT"},
		{"part.bram18=10", "conv:c=64,h=8,w=8,k=64,r=3,s=3", "int8", "TOO MANY"},
		{"fold.layers=[conv:3:4]", "conv:c=4,h=8,w=8,k=8,r=3,s=3", "int8", "simd 3 must divide its 4 channels, or be all of a window (36)"},
		{"fold.layers=[conv:2:3]", "conv:c=4,h=8,w=8,k=8,r=3,s=3", "int8", "pe 3 must divide its 8 outputs"},
		{"fold.layers=[conw:2:2]", "conv:c=4,h=8,w=8,k=8,r=3,s=3", "int8", `no layer "conw"`},
		{"fold.layers=[conv:2]", "conv:c=4,h=8,w=8,k=8,r=3,s=3", "int8", "write name:simd:pe"},
		{"fold.layers=[conv:0:1]", "conv:c=4,h=8,w=8,k=8,r=3,s=3", "int8", "write name:simd:pe"},
		{"fold.layers=[layernorm:1:1]", "layernorm:rows=4,cols=8", "int8", "cannot be folded"},
	} {
		sets := []string{"design=streaming"}
		if c.sets != "" {
			sets = append(sets, c.sets)
		}
		m := open(t, "pynq-z1", sets...)
		w, err := catalog.Open(c.workload, catalog.Defaults{Seed: 1})
		require.NoError(t, err)
		_, err = job(t, m, w.Graph, c.dtype)
		if assert.Error(t, err, "%s %s", c.sets, c.workload) {
			assert.Contains(t, err.Error(), c.want)
			assert.False(t, strings.Contains(err.Error(), "\n"), "one line: %v", err)
		}
	}
	for _, dtype := range []string{"fp32", "bf16", "fp8"} {
		p, err := workloads.ParsePrecision(dtype)
		require.NoError(t, err)
		assert.ErrorContains(t, open(t, "pynq-z1").Supports(p), "multiplies integers of 1 to 16 bits")
	}
}

// TestEveryPrecision: tensors of every pair of widths, compared element by element.
func TestEveryPrecision(t *testing.T) {
	m := open(t, "zcu104", "fold.rate=2000 Hz")
	for _, name := range []string{"conv", "conv-dilated", "depthwise", "gemm", "maxpool", "pooled"} {
		w, err := archtest.Named(name)
		require.NoError(t, err)
		for _, dtype := range []string{"w1a1", "w1a2", "w2a2", "w3a5", "w4a4", "w5a3", "w6a6", "w7a8", "w8a4", "w9a9", "w10a3", "w4a11", "w12a12", "w13a2", "w14a14", "w15a15", "w16a16", "w2a16", "w1a16"} {
			p, err := workloads.ParsePrecision(dtype)
			require.NoError(t, err)
			_, err = archtest.Checked(m, w, p, arch.Full)
			assert.NoError(t, err, "%s in %s", name, dtype)
		}
	}
}

// TestByHand: all foldings of a small convolution give the right tensor, parallel windows too.
func TestByHand(t *testing.T) {
	for _, fold := range []string{"1:1", "2:4", "4:2", "4:8", "36:1", "36:8"} {
		m := open(t, "zcu104", "fold.layers=[conv:"+fold+"]")
		w := archtest.Workload{Name: fold, Build: func() (*workloads.Graph, error) {
			w, err := catalog.Open("conv:n=2,c=4,h=9,w=7,k=8,r=3,s=3,stride=2,pad=1", catalog.Defaults{Seed: 1})
			if err != nil {
				return nil, err
			}
			return w.Graph, nil
		}}
		p, _ := workloads.ParsePrecision("int4")
		run, err := archtest.Checked(m, w, p, arch.Full)
		require.NoError(t, err, fold)
		assert.Contains(t, run.Layers[0].Mapping, "pe")
	}
}

// TestPresets: every board opens, runs a network in few bits, and says where its figures are from.
func TestPresets(t *testing.T) {
	for _, name := range presetNames() {
		m := open(t, name)
		w, err := archtest.Named("pooled")
		require.NoError(t, err)
		p, _ := workloads.ParsePrecision("w1a2")
		run, err := archtest.Checked(m, w, p, arch.Full)
		require.NoError(t, err, name)
		assert.Contains(t, strings.Join(run.Notes, " "), "uncalibrated", name)
	}
}
