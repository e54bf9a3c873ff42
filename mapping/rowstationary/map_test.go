package rowstationary

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// eyeriss is the array of the chip: 12 × 14 PEs, 25 banks of 4 KiB.
var eyeriss = Array{Name: "eyeriss", Rows: 12, Cols: 14, FilterWords: 224, InputWords: 12, SumWords: 24, Banks: 25, BankBytes: 4096,
	FilterBytes: 8192, FilterBus: 4, InputBus: 1, SumBus: 4, Pipeline: 3, WordBytes: 2, EnergyRF: 1, EnergyNoC: 2, EnergyGLB: 6}

// layer is a convolution of four images.
func layer(c, h, k, r, stride, pad, groups int) workloads.Matrix {
	e := (h+2*pad-r)/stride + 1
	return workloads.Matrix{Batch: 1, Groups: groups, Images: 4, C: c, H: h, W: h, K: k, R: r, S: r, OH: e, OW: e,
		StrideH: stride, StrideW: stride, DilH: 1, DilW: 1, PadH: pad, PadW: pad}
}

// TestTableIII: the rule finds what the paper's table III says of AlexNet.
func TestTableIII(t *testing.T) {
	for _, row := range []struct {
		space workloads.Matrix
		want  string
	}{
		{layer(3, 227, 96, 11, 4, 0, 1), "m=96 n=1 e=7 p=16 q=1 r=1 t=2 PEs=154"},
		{layer(48, 27, 128, 5, 1, 2, 2), "m=64 n=1 e=27 p=16 q=2 r=1 t=1 PEs=135"},
		{layer(256, 13, 384, 3, 1, 1, 1), "m=64 n=4 e=13 p=16 q=4 r=1 t=4 PEs=156"},
		{layer(192, 13, 192, 3, 1, 1, 2), "m=64 n=4 e=13 p=16 q=3 r=2 t=2 PEs=156"},
		{layer(192, 13, 128, 3, 1, 1, 2), "m=64 n=4 e=13 p=16 q=3 r=2 t=2 PEs=156"},
	} {
		begun := time.Now()
		m, err := eyeriss.Map(row.space)
		require.NoError(t, err)
		w := m.Words()
		t.Logf("%v %v DRAM %.3g buffer %.3g in %v", m, time.Since(begun), 2*float64(w.DRAM), 2*float64(w.Buffer()), w)
		assert.Equal(t, row.want, m.String())
	}
}

// TestVGG16: the mappings behind the chip's utilisation of VGG-16, batch 3: one
// channel a pass in the first layers, whose sums then fill the bus.
func TestVGG16(t *testing.T) {
	for _, row := range []struct {
		space workloads.Matrix
		want  string
	}{
		{layer(3, 224, 64, 3, 1, 1, 1), "m=16 n=1 e=13 p=4 q=1 r=1 t=4 PEs=156"},
		{layer(64, 224, 64, 3, 1, 1, 1), "m=16 n=1 e=13 p=4 q=1 r=1 t=4 PEs=156"},
		{layer(128, 112, 128, 3, 1, 1, 1), "m=32 n=1 e=13 p=8 q=1 r=1 t=4 PEs=156"},
		{layer(256, 56, 256, 3, 1, 1, 1), "m=64 n=1 e=13 p=16 q=2 r=1 t=4 PEs=156"},
		{layer(512, 28, 512, 3, 1, 1, 1), "m=32 n=1 e=28 p=16 q=4 r=1 t=2 PEs=168"},
		{layer(512, 14, 512, 3, 1, 1, 1), "m=64 n=3 e=14 p=16 q=4 r=2 t=2 PEs=168"},
	} {
		row.space.Images = 3
		m, err := eyeriss.Map(row.space)
		require.NoError(t, err)
		t.Logf("%v %.4g ms", m, float64(eyeriss.Edges(m))/2e5)
		assert.Equal(t, row.want, m.String())
	}
}

// TestEnergyByPart: the ISCA paper's analysis of AlexNet, batch 16, in multiplications:
// words off chip (200 each) within 6 %, and its three parts in the paper's order.
func TestEnergyByPart(t *testing.T) {
	for _, row := range []struct {
		space         workloads.Matrix
		alu, dram, rf float64 // 1e9 multiplications [eyeriss-2016, fig. 10]
	}{
		{layer(3, 227, 96, 11, 4, 0, 1), 1.69, 2.46, 6.75},
		{layer(48, 27, 128, 5, 1, 2, 2), 3.58, 2.27, 14.33},
		{layer(256, 13, 384, 3, 1, 1, 1), 2.39, 2.02, 9.57},
		{layer(192, 13, 192, 3, 1, 1, 2), 1.79, 1.57, 7.18},
		{layer(192, 13, 128, 3, 1, 1, 2), 1.2, 1.05, 4.78},
	} {
		row.space.Images = 16
		m, err := eyeriss.Map(row.space)
		require.NoError(t, err)
		w := m.Words()
		alu, dram, rf := float64(row.space.MACs())/1e9, 200*float64(w.DRAM)/1e9, float64(w.RF)*eyeriss.EnergyRF/1e9
		t.Logf("%v: %.2f %.2f %.2f", m, alu, dram, rf)
		assert.InEpsilon(t, row.alu, alu, 0.01)
		assert.InEpsilon(t, row.rf, rf, 0.01)
		assert.InEpsilon(t, row.dram, dram, 0.06)
		assert.Equal(t, row.alu < row.dram, alu < dram)
		assert.Equal(t, row.dram < row.rf, dram < rf)
	}
}

// TestLegal: whatever is mapped fits the banks, the PEs and their registers, and
// every parameter divides what it cuts; what does not fit is refused in words.
func TestLegal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 400 {
		a := eyeriss
		a.Rows, a.Cols, a.Banks = 1+rng.IntN(12), 1+rng.IntN(14), 2+rng.IntN(24)
		a.BankBytes = 512 << rng.IntN(4)
		r, s := 1+rng.IntN(5), 1+rng.IntN(5)
		space := workloads.Matrix{Batch: 1, Groups: 1 + rng.IntN(2), Images: 1 + rng.IntN(4), C: 1 + rng.IntN(48), K: 1 + rng.IntN(96), R: r, S: s,
			OH: 1 + rng.IntN(30), OW: 1 + rng.IntN(30), StrideH: 1 + rng.IntN(2), StrideW: 1 + rng.IntN(2), DilH: 1, DilW: 1}
		space.H, space.W = (space.OH-1)*space.StrideH+r, (space.OW-1)*space.StrideW+s
		m, err := a.Map(space)
		if err != nil {
			refused++
			assert.Regexp(t, `\((array|pe|buffer)\.`, err.Error())
			continue
		}
		assert.LessOrEqual(t, a.InputBanks(m)+a.SumBanks(m), a.Banks, "%v", m)
		assert.LessOrEqual(t, m.PEs, a.Rows*a.Cols, "%v", m)
		assert.LessOrEqual(t, m.R*m.T, a.Sets(r, m.E), "%v", m)
		assert.LessOrEqual(t, m.P*m.Q*s, a.FilterWords)
		assert.LessOrEqual(t, m.Q*s, a.InputWords)
		assert.LessOrEqual(t, m.P, a.SumWords)
		assert.Zero(t, space.K%m.M+m.M%m.Filters()+space.C%m.Channels()+space.Images%m.N, "%v in %v", m, space)
	}
	assert.Less(t, refused, 250)
}
