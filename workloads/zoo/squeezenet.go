package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// squeezenets: version 1.0, the paper's, and 1.1, which pools earlier.
var squeezenets = []model{
	{Info{Name: "squeezenet", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 0.819e9, Params: 1248424, Tolerance: 0.001,
		Source: "Iandola et al., arXiv 1602.07360 (version 1.0); counts: torchvision SqueezeNet1_0_Weights"}, squeeze{96, 7, [3]int{1, 4, 8}}.build},
	{Info{Name: "squeezenet-1.1", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 0.349e9, Params: 1235496, Tolerance: 0.002,
		Source: "Iandola et al., github.com/forresti/SqueezeNet (version 1.1); counts: torchvision SqueezeNet1_1_Weights"}, squeeze{64, 3, [3]int{1, 3, 5}}.build},
}

// squeeze is a version: filters and window of the first convolution, and before which
// fire modules a pool stands, the first being number 1.
type squeeze struct {
	filters, window int
	pools           [3]int
}

func (s squeeze) build(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Relu("conv1.relu", b.Conv("conv1", picture(b, o), s.filters, workloads.Window{R: s.window, Stride: 2, Bias: true}))
	for i, c := range []struct{ squeeze, expand int }{{16, 64}, {16, 64}, {32, 128}, {32, 128}, {48, 192}, {48, 192}, {64, 256}, {64, 256}} {
		for _, at := range s.pools {
			if at == i+1 {
				x = b.MaxPool(fmt.Sprintf("pool%d", i+1), x, workloads.Window{R: 3, Stride: 2, Ceil: true})
			}
		}
		x = fire(b, fmt.Sprintf("fire%d", i+2), x, c.squeeze, c.expand)
	}
	x = b.Relu("conv10.relu", b.Conv("conv10", x, 1000, workloads.Window{R: 1, Bias: true}))
	return []*workloads.Tensor{b.Flatten("flatten", b.GlobalAvgPool("avgpool", x))}
}

// fire squeezes the channels by a 1×1 convolution and expands them by 1×1 and
// 3×3 ones side by side.
func fire(b *workloads.Builder, name string, x *workloads.Tensor, squeeze, expand int) *workloads.Tensor {
	conv := func(part string, x *workloads.Tensor, filters, window int) *workloads.Tensor {
		part = name + "." + part
		return b.Relu(part+".relu", b.Conv(part, x, filters, workloads.Window{R: window, Pad: window / 2, Bias: true}))
	}
	x = conv("squeeze", x, squeeze, 1)
	return b.Concat(name+".concat", 1, conv("expand1x1", x, expand, 1), conv("expand3x3", x, expand, 3))
}
