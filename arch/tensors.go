package arch

import (
	"nnsim/results"
	"nnsim/workloads"
)

// Read says what the bytes of a tensor are that a layer reads from off chip.
func Read(t *workloads.Tensor) results.Tensor {
	if t.Role == workloads.Weight {
		return results.Weights
	}
	return results.Inputs
}
