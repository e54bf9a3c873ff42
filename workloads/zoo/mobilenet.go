package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// mobilenets separate a convolution into one window for each channel and a 1×1
// product across channels.
var mobilenets = []model{
	{Info{Name: "mobilenet-v1", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 569e6, Params: 4.2e6, Tolerance: 0.01,
		Source: "Howard et al., arXiv 1704.04861, table 8 (1.0 MobileNet-224)"}, buildMobileNetV1},
	{Info{Name: "mobilenet-v2", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 0.301e9, Params: 3504872, Tolerance: 0.003,
		Source: "Sandler et al., CVPR 2018; counts: torchvision MobileNet_V2_Weights"}, buildMobileNetV2},
}

func buildMobileNetV1(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := convBN(b, "conv1", picture(b, o), 32, workloads.Window{R: 3, Stride: 2, Pad: 1})
	for i, c := range []struct{ filters, stride int }{{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2},
		{512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}} {
		name := fmt.Sprintf("conv%d", i+2)
		x = convBN(b, name+".dw", x, b.Dim(x, 1), workloads.Window{R: 3, Stride: c.stride, Pad: 1, Groups: b.Dim(x, 1)})
		x = convBN(b, name+".pw", x, c.filters, workloads.Window{R: 1})
	}
	x = b.Flatten("flatten", b.GlobalAvgPool("avgpool", x))
	return []*workloads.Tensor{b.Linear("fc", x, 1000, 1, true)}
}

func buildMobileNetV2(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := convBN6(b, "conv1", picture(b, o), 32, workloads.Window{R: 3, Stride: 2, Pad: 1})
	for stage, c := range []struct{ expand, filters, repeat, stride int }{{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2},
		{6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}} {
		for i := range c.repeat {
			stride := 1
			if i == 0 {
				stride = c.stride
			}
			x = inverted(b, fmt.Sprintf("block%d.%d", stage+1, i), x, c.expand, c.filters, stride)
		}
	}
	x = convBN6(b, "conv2", x, 1280, workloads.Window{R: 1})
	x = b.Flatten("flatten", b.GlobalAvgPool("avgpool", x))
	return []*workloads.Tensor{b.Linear("fc", x, 1000, 1, true)}
}

// inverted is the inverted residual: narrow, wide in the middle, narrow again
// without an activation.
func inverted(b *workloads.Builder, name string, x *workloads.Tensor, expand, filters, stride int) *workloads.Tensor {
	y, wide := x, b.Dim(x, 1)*expand
	if expand != 1 {
		y = convBN6(b, name+".expand", y, wide, workloads.Window{R: 1})
	}
	y = convBN6(b, name+".dw", y, wide, workloads.Window{R: 3, Stride: stride, Pad: 1, Groups: wide})
	y = b.BatchNorm(name+".project.bn", b.Conv(name+".project", y, filters, workloads.Window{R: 1, Gain: 1}), 1)
	if stride == 1 && b.Dim(x, 1) == filters {
		y = b.Add(name+".add", x, y)
	}
	return y
}

func convBN6(b *workloads.Builder, name string, x *workloads.Tensor, filters int, w workloads.Window) *workloads.Tensor {
	return b.Relu6(name+".relu6", b.BatchNorm(name+".bn", b.Conv(name, x, filters, w), 1))
}
