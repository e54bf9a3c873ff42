package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// alexnet is the original with its two groups, as Eyeriss and EIE measured it,
// not torchvision's one-column variant (0.714 GMAC, 61.1 M parameters).
var alexnet = []model{{Info{Name: "alexnet", Family: "vision", Default: Options{Batch: 1, Image: 227},
	MACs: 724e6, Params: 61e6, Tolerance: 0.002,
	Source: "Krizhevsky et al., NeurIPS 2012; counts: Sze et al., Proc. IEEE 105(12), 2017, table II"}, buildAlexNet}}

func buildAlexNet(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := picture(b, o)
	for i, c := range []struct {
		filters, window, stride, pad, groups int
		normed, pooled                       bool
	}{
		{96, 11, 4, 0, 1, true, true},
		{256, 5, 1, 2, 2, true, true},
		{384, 3, 1, 1, 1, false, false},
		{384, 3, 1, 1, 2, false, false},
		{256, 3, 1, 1, 2, false, true},
	} {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.Relu(name+".relu", b.Conv(name, x, c.filters,
			workloads.Window{R: c.window, Stride: c.stride, Pad: c.pad, Groups: c.groups, Bias: true}))
		if c.normed {
			x = b.Apply(name+".lrn", "LRN", workloads.Attrs{"size": int64(5), "alpha": float32(5e-4), "beta": float32(0.75), "bias": float32(2)}, x)
		}
		if c.pooled {
			x = b.MaxPool(name+".pool", x, workloads.Window{R: 3, Stride: 2})
		}
	}
	return classifier(b, b.Flatten("flatten", x), 4096, 4096, 1000)
}

// classifier is the stack of fully connected layers at the end of AlexNet and
// VGG; dropout does nothing in inference and is left out.
func classifier(b *workloads.Builder, x *workloads.Tensor, widths ...int) []*workloads.Tensor {
	for i, width := range widths {
		name := fmt.Sprintf("fc%d", i+6)
		x = b.Linear(name, x, width, 2, true)
		if i < len(widths)-1 {
			x = b.Relu(name+".relu", x)
		}
	}
	return []*workloads.Tensor{x}
}

// vgg is configurations D and E of the paper.
var vgg = []model{
	{Info{Name: "vgg16", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 15.47e9, Params: 138357544, Tolerance: 0.001,
		Source: "Simonyan and Zisserman, ICLR 2015; counts: torchvision VGG16_Weights"}, buildVGG(2, 2, 3, 3, 3)},
	{Info{Name: "vgg19", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 19.632e9, Params: 143667240, Tolerance: 0.001,
		Source: "Simonyan and Zisserman, ICLR 2015; counts: torchvision VGG19_Weights"}, buildVGG(2, 2, 4, 4, 4)},
}

// buildVGG has so many convolutions in each stage.
func buildVGG(stages ...int) func(*workloads.Builder, Options) []*workloads.Tensor {
	return func(b *workloads.Builder, o Options) []*workloads.Tensor {
		x := picture(b, o)
		for stage, count := range stages {
			for i := range count {
				name := fmt.Sprintf("conv%d_%d", stage+1, i+1)
				x = b.Relu(name+".relu", b.Conv(name, x, min(512, 64<<stage), workloads.Window{R: 3, Pad: 1, Bias: true}))
			}
			x = b.MaxPool(fmt.Sprintf("pool%d", stage+1), x, workloads.Window{R: 2, Stride: 2})
		}
		return classifier(b, b.Flatten("flatten", x), 4096, 4096, 1000)
	}
}
