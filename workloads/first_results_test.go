package workloads_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// TestOnlyFirstResults: a result that no machine computes is no output of a network, and
// cannot be read; both results of a Split are outputs.
func TestOnlyFirstResults(t *testing.T) {
	p, err := workloads.ParsePrecision("bf16")
	require.NoError(t, err)
	none := func([]*workloads.Node, *workloads.Node) bool { return false }
	for _, c := range []struct {
		op           string
		outputs      []int
		left, refuse string
	}{
		{"Dropout", []int{0, 1}, "mask", ""},
		{"Dropout", []int{1, 0}, "mask", ""},
		{"Dropout", []int{1}, "", "output mask is not the first result of its operator"},
		{"Split", []int{0, 1}, "", ""},
	} {
		b := workloads.NewBuilder("two", 1)
		x := b.Input("x", 4, 6)
		attr := workloads.Attrs{}
		if c.op == "Split" {
			attr = workloads.Attrs{"axis": int64(1), "num_outputs": int64(2)}
		}
		two := b.ApplyN("two", c.op, 2, attr, x)
		two[1].Name = "mask"
		var outputs []*workloads.Tensor
		for _, i := range c.outputs {
			outputs = append(outputs, two[i])
		}
		g, err := b.Build(outputs...)
		require.NoError(t, err)
		net, err := workloads.Prepare(g, p, none)
		if c.refuse != "" {
			assert.ErrorContains(t, err, c.refuse)
			continue
		}
		require.NoError(t, err)
		if c.left == "" {
			assert.Empty(t, net.Left)
			assert.Len(t, net.Graph.Outputs, len(c.outputs))
			continue
		}
		assert.Equal(t, []string{c.left}, net.Left)
		assert.Len(t, net.Graph.Outputs, len(c.outputs)-1)
		assert.Len(t, g.Outputs, len(c.outputs), "the graph itself is left untouched")
	}

	b := workloads.NewBuilder("read", 1)
	two := b.ApplyN("two", "Dropout", 2, nil, b.Input("x", 4, 6))
	g, err := b.Build(two[0], b.Apply("not", "Not", nil, two[1]))
	require.NoError(t, err)
	_, err = workloads.Prepare(g, p, none)
	assert.ErrorContains(t, err, "which is not the first result of its operator; machines compute no other")
}
