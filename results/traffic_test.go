package results

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestSplit: layers and run list what was moved by name, and nothing that was not.
func TestSplit(t *testing.T) {
	moved := NewTraffic(2)
	moved.Read(0, Weights, 40)
	moved.Read(0, Inputs, 8)
	moved.Write(1, PartialSums, 3)
	moved.Read(1, PartialSums, 3)
	r := &Run{Layers: make([]Layer, 2)}
	r.Split(moved)
	assert.Equal(t, map[string]Moved{"weights": {ReadBytes: 40}, "inputs": {ReadBytes: 8}}, r.Layers[0].DRAMByTensor)
	assert.Equal(t, map[string]Moved{"partial_sums": {3, 3}}, r.Layers[1].DRAMByTensor)
	assert.Equal(t, map[string]Moved{"weights": {ReadBytes: 40}, "inputs": {ReadBytes: 8}, "partial_sums": {3, 3}}, r.DRAM.ByTensor)

	none := &Run{Layers: make([]Layer, 1)}
	none.Split(NewTraffic(1))
	assert.Nil(t, none.DRAM.ByTensor)
}
