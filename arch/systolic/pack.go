package systolic

import (
	"nnsim/mapping"
	"nnsim/unit"
)

import "nnsim/workloads"

// packTiles puts a weight's cells of w bytes from ONNX's order into the order in
// which the nest loads them, as a compiler for such a machine does once: matrix by
// matrix (a group's, or a batch's), column tile by column tile, and in each tile reduction row by row.
func packTiles(raw []byte, head *workloads.Node, n *mapping.Nest, w int) []byte {
	s := &n.Space
	packed := make([]byte, len(raw))
	red, cols := s.Red(), s.K
	stepK, stepN := 1, red // filters first: a convolution's weights, or a transposed B
	if head.Op != "Conv" && !s.TransB {
		stepK, stepN = cols, 1
	}
	at := 0
	for m := range len(raw) / (red * cols * w) {
		matrix := m * red * cols
		for tile := range unit.CeilDiv(cols, n.Cols) {
			c0, c1 := tile*n.Cols, min((tile+1)*n.Cols, cols)
			for k := range red {
				for c := c0; c < c1; c++ {
					from := (matrix + k*stepK + c*stepN) * w
					copy(packed[at:at+w], raw[from:from+w])
					at += w
				}
			}
		}
	}
	return packed
}
