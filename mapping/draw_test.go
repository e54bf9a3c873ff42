package mapping

import (
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
)

// drawTarget draws a machine small enough that tiles are many and refusals happen.
func drawTarget(t *rapid.T) Target {
	sides := []int{1, 2, 3, 4, 8, 16}
	target := Target{Name: "drawn", Rows: rapid.SampledFrom(sides).Draw(t, "rows"), Cols: rapid.SampledFrom(sides).Draw(t, "cols"), Arrays: rapid.IntRange(1, 2).Draw(t, "arrays"),
		Dataflow: rapid.SampledFrom([]Dataflow{OS, WS, IS}).Draw(t, "dataflow"), Buffer: rapid.Int64Range(512, 32<<10).Draw(t, "buffer"),
		AccRows: rapid.IntRange(2, 64).Draw(t, "accrows"), KeepOnChip: rapid.Bool().Draw(t, "keep"), Unlimited: rapid.IntRange(0, 9).Draw(t, "unlimited") == 0,
		BytesPerCycle: rapid.SampledFrom([]float64{0, 0.5, 4, 64}).Draw(t, "bandwidth"), PortBytes: 16, Lanes: rapid.IntRange(1, 16).Draw(t, "lanes"), Memory: drawMemory(t)}
	if target.Dataflow == WS {
		target.FIFO = rapid.IntRange(0, 4).Draw(t, "fifo")
	}
	for _, flow := range []Dataflow{OS, WS, IS} {
		if flow != target.Dataflow && rapid.Bool().Draw(t, "switches") {
			other := target
			other.Dataflow, other.FIFO, other.Switched = flow, 0, nil
			if flow == WS {
				other.FIFO = rapid.IntRange(0, 4).Draw(t, "fifo")
			}
			target.Switched = append(target.Switched, other)
		}
	}
	return target
}

// drawLimited draws one whose memories limit its tiles.
func drawLimited(t *rapid.T) Target {
	target := drawTarget(t)
	target.Unlimited = false
	for i := range target.Switched {
		target.Switched[i].Unlimited = false
	}
	return target
}

// drawProduct draws a network of one product and what is fused into its drain.
func drawProduct(t *rapid.T) *workloads.Network {
	draw := func(lo, hi int, name string) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	b := workloads.NewBuilder("drawn", 1)
	var y *workloads.Tensor
	if rapid.Bool().Draw(t, "conv") {
		groups := rapid.SampledFrom([]int{1, 1, 2, 4}).Draw(t, "groups")
		w := workloads.Window{R: draw(1, 3, "r"), S: draw(1, 3, "s"), Stride: draw(1, 2, "stride"), Pad: draw(0, 2, "pad"), Dil: draw(1, 2, "dilation"), Groups: groups}
		x := b.Input("x", draw(1, 3, "n"), groups*draw(1, 5, "c"), draw(5, 12, "h"), draw(5, 12, "w"))
		y = b.Conv("conv", x, groups*draw(1, 6, "k"), w)
	} else {
		lead := rapid.SampledFrom([][]int{{}, {3}, {2, 2}}).Draw(t, "batch")
		m, k, n := draw(1, 30, "m"), draw(1, 40, "k"), draw(1, 30, "n")
		x := b.Input("x", append(append([]int{}, lead...), m, k)...)
		w := b.Param("w", nil, k, n)
		if rapid.Bool().Draw(t, "two activations") {
			w = b.Input("w", append(append([]int{}, lead...), k, n)...)
		}
		y = b.Apply("product", "MatMul", workloads.Attrs{}, x, w)
	}
	if rapid.Bool().Draw(t, "sum") && len(y.Shape) > 0 {
		y = b.Add("sum", y, b.Input("other", y.Shape...))
	}
	g, err := b.Build(b.Relu("relu", y))
	require.NoError(t, err)
	return prepared(t, g, int8s)
}
