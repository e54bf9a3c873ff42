package fpga_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestDepthsLoseNoThroughput: where padding, window and product take about as long, a FIFO that is
// full when a token leaves must not keep the next one waiting. A frame follows each 33 × 33 words
// of the padded image and a cycle, as in roomy FIFOs.
func TestDepthsLoseNoThroughput(t *testing.T) {
	r := timed(t, "conv:n=6,c=3,h=32,w=32,k=32,r=3,s=3,stride=2,pad=1", "int8", "alveo-u250", "design=streaming", "fold.layers=[conv:27:8]")
	for _, s := range r.Stats {
		if s.Name == "pipeline" {
			assert.EqualValues(t, 33*33+1, s.Finish(r.Cycles).Events["interval_cycles"])
		}
	}
}
