package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// squeezenets: version 1.0, the paper's.
var squeezenets = []model{{Info{Name: "squeezenet", Family: "vision", Default: Options{Batch: 1, Image: 224},
	MACs: 0.819e9, Params: 1248424, Tolerance: 0.001,
	Source: "Iandola et al., arXiv 1602.07360 (version 1.0); counts: torchvision SqueezeNet1_0_Weights"}, buildSqueezeNet}}

func buildSqueezeNet(b *workloads.Builder, o Options) []*workloads.Tensor {
	pool := workloads.Window{R: 3, Stride: 2, Ceil: true}
	x := b.Relu("conv1.relu", b.Conv("conv1", picture(b, o), 96, workloads.Window{R: 7, Stride: 2, Bias: true}))
	x = b.MaxPool("pool1", x, pool)
	for i, c := range []struct {
		squeeze, expand int
		pooled          bool
	}{{16, 64, false}, {16, 64, false}, {32, 128, true}, {32, 128, false}, {48, 192, false}, {48, 192, false}, {64, 256, true}, {64, 256, false}} {
		x = fire(b, fmt.Sprintf("fire%d", i+2), x, c.squeeze, c.expand)
		if c.pooled {
			x = b.MaxPool(fmt.Sprintf("pool%d", i+2), x, pool)
		}
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
