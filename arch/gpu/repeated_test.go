package gpu

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWeightsInTurn: a product repeated with six sets of weights finds them in L2 where they and what
// else it touches fit, as many as do where they nearly do, and none with more sets, none asked for or
// inputs that are cold.
func TestWeightsInTurn(t *testing.T) {
	const small, medium, large = "gemm:m=7,n=3584,k=256,dtype=bf16", "gemm:m=64,n=8192,k=512,dtype=bf16", "gemm:m=64,n=8192,k=2048,dtype=bf16"
	read := func(work string, sets ...string) int64 { return operator(t, "h100-sxm", work, sets...).DRAM.ReadBytes }
	const weights = 3584 * 256 * 2
	assert.Less(t, read(small), int64(weights/100))
	assert.InEpsilon(t, weights, read(small, "l2.sets=64"), 0.001)
	assert.Equal(t, int64(weights), read(small, "l2.sets=0"))
	assert.Equal(t, int64(weights+7*256*2), read(small, "l2.inputs=cold"))
	some := read(medium)
	const footprint = 64*512*2 + 6*8192*512*2 + 64*8192*2
	assert.InDelta(t, unkept(footprint, 50<<20), float64(some)/(8192*512*2), 0.05)
	assert.Equal(t, int64((8192+64)*2048*2), read(large), "nor is there room for the input")
}

// TestReportsSayWhatWasFound in L2 where a run did not read all that it was given.
func TestReportsSayWhatWasFound(t *testing.T) {
	const work = "gemm:m=7,n=3584,k=256,dtype=bf16"
	assert.Contains(t, strings.Join(operator(t, "h100-sxm", work).Notes, "\n"), "of 1.75 MiB of inputs and weights were found in L2")
	assert.NotContains(t, strings.Join(operator(t, "h100-sxm", work, "l2.inputs=cold").Notes, "\n"), "found in L2")
}

// TestNetworksFindNoWeights: those of several layers are not repeated with others.
func TestNetworksFindNoWeights(t *testing.T) {
	found, cold := operator(t, "h100-sxm", "tpu-mlp1,batch=8"), operator(t, "h100-sxm", "tpu-mlp1,batch=8", "l2.sets=0")
	assert.Equal(t, cold.DRAM.ReadBytes, found.DRAM.ReadBytes)
	assert.Equal(t, cold.Cycles, found.Cycles)
}

// TestCTAsAreDispatchedInTurn: each a step after the one before, and again when their places come free.
func TestCTAsAreDispatchedInTurn(t *testing.T) {
	ends := func(rate string) int64 {
		c := opened(t, "h100-sxm", "launch.rate="+rate)
		k := c.counter()
		k.ctas = 3 * c.SM.Count * k.fit.ctas
		return newGrid(c, k, newGovernor(c), true, 0).run(0)
	}
	all := int64(3 * 132 * opened(t, "h100-sxm").counter().fit.ctas)
	assert.Greater(t, ends("19.8 MHz"), 100*all)
	assert.Less(t, ends("19.8 MHz"), 100*all+3000)
	assert.Less(t, ends("0 Hz"), all)
}

// TestWarpsStartInTurn: the first load of a tile waits for the last of its CTA's warps.
func TestWarpsStartInTurn(t *testing.T) {
	c := opened(t, "h100-sxm")
	ends := func(warps, slabs int) int64 {
		k := c.counter()
		k.warps, k.slabs = warps, slabs
		return newGrid(c, k, newGovernor(c), true, 0).run(0)
	}
	assert.Equal(t, 11*int64(c.Launch.Warp), ends(12, 1)-ends(1, 1))
	assert.Equal(t, ends(1, 0), ends(12, 0), "values that warps load for themselves")
}
