package rowstationary

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// eyeriss is the array of the chip: 12 × 14 PEs, 25 banks of 4 KiB.
var eyeriss = Array{Name: "eyeriss", Rows: 12, Cols: 14, FilterWords: 224, InputWords: 12, SumWords: 24, Banks: 25, BankBytes: 4096,
	FilterBytes: 8192, FilterBus: 4, InputBus: 1, SumBus: 4, WordBytes: 2, EnergyRF: 1, EnergyNoC: 2, EnergyGLB: 6}

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
