package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// resnets are v1.5: a bottleneck's stride is in its 3×3 convolution.
var resnets = []model{
	{Info{Name: "resnet18", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 1.814e9, Params: 11689512, Tolerance: 0.001,
		Source: "He et al., CVPR 2016; counts: torchvision ResNet18_Weights"},
		residual{blocks: [4]int{2, 2, 2, 2}}.build},
	{Info{Name: "resnet50", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 4.089e9, Params: 25557032, Tolerance: 0.001,
		Source: "He et al., CVPR 2016; counts: torchvision ResNet50_Weights"},
		residual{blocks: [4]int{3, 4, 6, 3}, bottleneck: true, groups: 1, width: 64}.build},
	{Info{Name: "resnet101", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 7.801e9, Params: 44549160, Tolerance: 0.001,
		Source: "He et al., CVPR 2016; counts: torchvision ResNet101_Weights"},
		residual{blocks: [4]int{3, 4, 23, 3}, bottleneck: true, groups: 1, width: 64}.build},
	{Info{Name: "resnet152", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 11.514e9, Params: 60192808, Tolerance: 0.001,
		Source: "He et al., CVPR 2016; counts: torchvision ResNet152_Weights"},
		residual{blocks: [4]int{3, 8, 36, 3}, bottleneck: true, groups: 1, width: 64}.build},
	{Info{Name: "resnext50", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 4.23e9, Params: 25028904, Tolerance: 0.002,
		Source: "Xie et al., CVPR 2017 (32×4d); counts: torchvision ResNeXt50_32X4D_Weights"},
		residual{blocks: [4]int{3, 4, 6, 3}, bottleneck: true, groups: 32, width: 128}.build},
}

// residual is the family: blocks in each stage, and for bottlenecks the groups
// and width of the 3×3 convolution in the first stage.
type residual struct {
	blocks        [4]int
	bottleneck    bool
	groups, width int
}

// branchScale keeps the sum of many branches near the size of one, as training does.
const branchScale = 0.3

func (r residual) build(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := convBN(b, "conv1", picture(b, o), 64, workloads.Window{R: 7, Stride: 2, Pad: 3})
	x = b.MaxPool("maxpool", x, workloads.Window{R: 3, Stride: 2, Pad: 1})
	for stage, count := range r.blocks {
		for i := range count {
			stride := 1
			if i == 0 && stage > 0 {
				stride = 2
			}
			x = r.block(b, fmt.Sprintf("layer%d.%d", stage+1, i), x, stage, stride)
		}
	}
	x = b.Flatten("flatten", b.GlobalAvgPool("avgpool", x))
	return []*workloads.Tensor{b.Linear("fc", x, 1000, 1, true)}
}

// block adds a branch of convolutions to its input, which a 1×1 convolution
// brings to the same shape where it differs.
func (r residual) block(b *workloads.Builder, name string, x *workloads.Tensor, stage, stride int) *workloads.Tensor {
	y, out := x, 64<<stage
	if r.bottleneck {
		width := r.width << stage
		out *= 4
		y = convBN(b, name+".conv1", y, width, workloads.Window{R: 1})
		y = convBN(b, name+".conv2", y, width, workloads.Window{R: 3, Stride: stride, Pad: 1, Groups: r.groups})
		y = b.Conv(name+".conv3", y, out, workloads.Window{R: 1})
	} else {
		y = convBN(b, name+".conv1", y, out, workloads.Window{R: 3, Stride: stride, Pad: 1})
		y = b.Conv(name+".conv2", y, out, workloads.Window{R: 3, Pad: 1})
	}
	y = b.BatchNorm(name+".bn", y, branchScale)
	if stride != 1 || b.Dim(x, 1) != out {
		x = b.Conv(name+".downsample", x, out, workloads.Window{R: 1, Stride: stride, Gain: 1})
		x = b.BatchNorm(name+".downsample.bn", x, 1)
	}
	return b.Relu(name+".relu", b.Add(name+".add", y, x))
}
