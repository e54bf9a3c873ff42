package gpu_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/gpu"
	"nnsim/results"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// TestStreamKSumsEveryPart: products that fill no tile and no wave, in every precision
// of three machines, have the right values and each multiply-add once, and come out
// the same twice. On few SMs there are whole waves beside what is shared.
func TestStreamKSumsEveryPart(t *testing.T) {
	for _, preset := range []string{"v100-sxm", "a100-sxm", "h100-sxm"} {
		for _, x := range [][2]string{
			{"sm.count=3", "gemm:batch=1,m=77,n=131,k=1501"}, {"sm.count=2", "gemm:batch=1,m=300,n=201,k=333"},
			{"sm.count=20", "gemm:batch=3,m=65,n=130,k=700"}, {"sm.count=9", "gemm:batch=1,m=1,n=50,k=4099"},
		} {
			m, err := device(t, preset).Open("kernel.schedule=streamk", x[0])
			require.NoError(t, err)
			list := precisions(m)
			if testing.Short() {
				list = list[len(list)-1:]
			}
			for _, q := range list {
				first := streamed(t, m, x[1], q)
				assert.Equal(t, first.Cycles, streamed(t, m, x[1], q).Cycles, "%s %s %v", preset, x[1], q)
			}
		}
	}
}

// TestAMatrixTimesAVector has the right values and each multiply-add once, on the FP32 pipe.
func TestAMatrixTimesAVector(t *testing.T) {
	for _, preset := range []string{"k40", "v100-sxm", "a100-sxm", "h100-sxm"} {
		m, err := device(t, preset).Open("kernel.schedule=gemv")
		require.NoError(t, err)
		for _, spec := range []string{"gemm:m=1,n=131,k=5001", "gemm:batch=3,m=1,n=70,k=33", "gemm:m=2,n=70,k=33"} {
			for _, q := range precisions(m) {
				r := streamed(t, m, spec, q)
				tensor := r.Units["tensor"].Events["mac_"+q.Act.String()]
				if q.Act.IsFloat() && q.Act.CellBytes() > 1 && q.Act != workloads.TF32 && spec != "gemm:m=2,n=70,k=33" {
					assert.Zero(t, tensor, "%s %s %v", preset, spec, q)
				} else if preset == "h100-sxm" && q.Act != workloads.FP32 {
					assert.Positive(t, tensor, "%s %s %v", preset, spec, q)
				}
			}
		}
	}
}

// streamed runs a product with every value checked.
func streamed(t *testing.T, m arch.Machine, spec string, q workloads.Precision) *results.Run {
	w := archtest.Workload{Name: spec, Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
		if err != nil {
			return nil, err
		}
		return w.Graph, nil
	}}
	r, err := archtest.Checked(m, w, q, arch.Full)
	require.NoError(t, err, "%s %s %v", m.Name(), spec, q)
	return r
}

// precisions are those of the suite that a machine supports.
func precisions(m arch.Machine) (list []workloads.Precision) {
	for _, name := range []string{"fp32", "tf32", "e4m3", "int8", "fp16", "bf16"} {
		if q, err := workloads.ParsePrecision(name); err == nil && m.Supports(q) == nil {
			list = append(list, q)
		}
	}
	return list
}

// TestContradictingSchedulesAreRefused in one line that names both keys.
func TestContradictingSchedulesAreRefused(t *testing.T) {
	text, _ := gpu.Presets.Text("a100-sxm")
	_, err := gpu.Open("a100-sxm", text, []string{"kernel.schedule=streamk", "kernel.split=4"})
	assert.ErrorContains(t, err, "kernel.split 4 contradicts kernel.schedule streamk")
	_, err = gpu.Open("a100-sxm", text, []string{"kernel.schedule=gemv", "kernel.tile_m=64"})
	assert.ErrorContains(t, err, "kernel.schedule gemv has no tiles")
	_, err = gpu.Open("a100-sxm", text, []string{"kernel.schedule=waves"})
	assert.ErrorContains(t, err, "auto")
}
