package experiments

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFair: machines compared compute in one data type; the one that cannot says so,
// and a data type that the user names is left alone.
func TestFair(t *testing.T) {
	on := func(workload string, devices ...string) (list []Experiment) {
		for _, d := range devices {
			list = append(list, Experiment{Device: d, Workload: workload})
		}
		return list
	}
	fair, notes, err := Fair(on("gemm:m=8,n=8,k=8", "a100-sxm", "tpu-v1", "alveo-u250", "eyeriss"))
	require.NoError(t, err)
	for i, want := range []string{"int8", "int8", "int8", "int16"} {
		assert.Equal(t, "gemm:m=8,n=8,k=8,dtype="+want, fair[i].Workload)
	}
	assert.Equal(t, []string{"eyeriss runs in int16: eyeriss multiplies int16, not int8"}, notes)

	fair, notes, err = Fair(on("gemm:m=8,n=8,k=8", "tpu-v2", "a100-sxm"))
	require.NoError(t, err)
	assert.Equal(t, "gemm:m=8,n=8,k=8,dtype=bf16", fair[0].Workload, "both are at home in it")
	assert.Empty(t, notes)

	said := on("gemm:m=8,n=8,k=8,dtype=int8", "tpu-v1", "a100-sxm")
	fair, _, err = Fair(said)
	require.NoError(t, err)
	assert.Equal(t, said, fair)
	stream := on("stream:pattern=seq,requests=10", "ddr4-2400", "hbm2-2000")
	fair, _, err = Fair(stream)
	require.NoError(t, err)
	assert.Equal(t, stream, fair, "traffic has no data type")

	_, _, err = Fair(on("gemm:m=8,n=8,k=8", "tpu-v0"))
	assert.ErrorContains(t, err, "tpu-v0")
}
