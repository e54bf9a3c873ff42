package fpga_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOverlayWhereStreamingDoesNotFit: by itself the machine falls back on one
// engine and says so; asked for streaming it refuses.
func TestOverlayWhereStreamingDoesNotFit(t *testing.T) {
	r := timed(t, "gemm:m=4,n=2048,k=4096", "int8", "pynq-z1")
	assert.Contains(t, strings.Join(r.Notes, " "), "overlay: one engine, layer by layer, as a stage for every layer does not fit")
	assert.Contains(t, r.Units, "engine")
	small := timed(t, "gemm:m=4,n=64,k=64", "int8", "pynq-z1")
	assert.Contains(t, strings.Join(small.Notes, " "), "streaming: all layers run at once")
}
