package onnx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// references is the folder of the ONNX project's models and tests, which lies
// beside the repository; a test that needs it is skipped where it is absent.
func references(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "references", "onnx")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the ONNX project's models are not here (%s); skipping", dir)
	}
	return dir
}

// evaluate runs the nodes of a graph one by one through the reference kernels.
func evaluate(t *testing.T, nodes []*workloads.Node, values map[*workloads.Tensor]*workloads.Array) {
	t.Helper()
	for _, n := range nodes {
		in := make([]*workloads.Array, len(n.In))
		for i, x := range n.In {
			switch {
			case x == nil:
			case values[x] != nil:
				in[i] = values[x]
			case x.Const != nil:
				in[i] = x.Const
			case x.Source != nil:
				values[x] = written(x)
				in[i] = values[x]
			}
		}
		out, err := reference.Eval(n, in)
		require.NoError(t, err)
		for i, x := range n.Out {
			if x != nil {
				values[x] = out[i]
			}
		}
	}
}
