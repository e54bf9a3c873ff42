package zoo

import (
	"fmt"

	"nnsim/workloads"
)

var tpuCNNs = []model{
	{Info{Name: "tpu-cnn0", Family: "tpu v1", Default: Options{Batch: 8}, Params: 8e6, MACs: 2888e6, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"conv": 16}}, buildCNN0},
	{Info{Name: "tpu-cnn1", Family: "tpu v1", Default: Options{Batch: 32}, Params: 100e6, MACs: 1750 * 100e6 / 32, Tolerance: tpuTolerance,
		Source: jouppi, Layers: map[string]int{"fc": 4, "conv": 72, "pool": 13}}, buildCNN1},
}

// buildCNN0: 2,888 uses of a weight in a batch of 8 are 361 positions, a board of
// 19×19 in every layer, and no MAC of the array is unused, so channels come in
// multiples of 256: thirteen 3×3 layers and three 1×1 ones.
func buildCNN0(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Input("input", o.Batch, 256, 19, 19)
	for i, c := range []struct{ filters, window int }{{256, 3}, {256, 3}, {256, 3}, {256, 3}, {256, 3}, {256, 3}, {256, 3},
		{256, 3}, {256, 3}, {256, 3}, {256, 3}, {256, 3}, {256, 3}, {512, 1}, {256, 1}, {256, 1}} {
		name := fmt.Sprintf("conv%d", i)
		x = b.Relu(name+".relu", b.Conv(name, x, c.filters, workloads.Window{R: c.window, Pad: c.window / 2, Bias: true}))
	}
	return []*workloads.Tensor{x}
}

// buildCNN1 is a picture network of branches (after Szegedy et al., CVPR 2015):
// a stem of three convolutions, six modules of eight at 28×28, three of seven at
// 14×14, a pool in each module and one between stages, then four fully connected
// layers that hold nine tenths of the weights and use each only once an image.
// Branches are 128 wide, half the array: "some layers have shallow feature
// depths", and about half the MACs of the array are unused.
func buildCNN1(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Input("input", o.Batch, 3, 224, 224)
	halve := workloads.Window{R: 3, Stride: 2, Pad: 1}
	x = biased(b, "stem0", x, 64, workloads.Window{R: 7, Stride: 2, Pad: 3})
	x = b.MaxPool("pool0", x, halve)
	x = biased(b, "stem1", x, 64, workloads.Window{R: 1})
	x = biased(b, "stem2", x, 192, workloads.Window{R: 3, Pad: 1})
	x = b.MaxPool("pool1", x, halve)
	x = branches(b, "module0", x, true)
	for i := 1; i < 9; i++ {
		if i == 6 {
			x = b.MaxPool("pool2", x, halve)
		}
		x = branches(b, fmt.Sprintf("module%d", i), x, i < 6)
	}
	x = b.Flatten("flatten", b.MaxPool("pool3", x, halve))
	for i, width := range []int{3072, 3072, 1536, 1000} {
		name := fmt.Sprintf("fc%d", i)
		x = b.Linear(name, x, width, 2, true)
		if i < 3 {
			x = b.Relu(name+".relu", x)
		}
	}
	return []*workloads.Tensor{x}
}

func biased(b *workloads.Builder, name string, x *workloads.Tensor, filters int, w workloads.Window) *workloads.Tensor {
	w.Bias = true
	return b.Relu(name+".relu", b.Conv(name, x, filters, w))
}

// branches is one module: four branches of 128 channels side by side and, where
// mixed is set, a 1×1 convolution over all of them.
func branches(b *workloads.Builder, name string, x *workloads.Tensor, mixed bool) *workloads.Tensor {
	const width = 128
	point, window := workloads.Window{R: 1}, workloads.Window{R: 3, Pad: 1}
	one := biased(b, name+".one", x, width, point)
	three := biased(b, name+".three", biased(b, name+".three_in", x, width, point), width, window)
	five := biased(b, name+".five_a", biased(b, name+".five_in", x, width, point), width, window)
	five = biased(b, name+".five_b", five, width, window)
	pooled := biased(b, name+".pooled", b.MaxPool(name+".pool", x, workloads.Window{R: 3, Pad: 1}), width, point)
	x = b.Concat(name+".concat", 1, one, three, five, pooled)
	if mixed {
		x = biased(b, name+".mix", x, 4*width, point)
	}
	return x
}
