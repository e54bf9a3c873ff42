package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// hls4mlNets is what hls4ml's tutorial on convolutions builds: street numbers, in a
// pipeline of functions.
var hls4mlNets = []model{
	{Info{Name: "svhn", Family: "vision", Default: Options{Batch: 1, Image: 32}, MACs: 840832, Params: 13552, Tolerance: 0.03,
		Source: "Aarrestad et al., MLST 2(4), 2021; layer shapes: fastmachinelearning/hls4ml-tutorial, part 6 (weights alone)"}, buildSVHN},
}

// buildSVHN is three convolutions, each with a pool, and three fully connected layers.
func buildSVHN(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := picture(b, o)
	for i, filters := range []int{16, 16, 24} {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.BatchNorm(name+".norm", b.Conv(name, x, filters, workloads.Window{R: 3}), 1)
		x = b.MaxPool(fmt.Sprintf("pool%d", i+1), b.Relu(fmt.Sprintf("relu%d", i+1), x), workloads.Window{R: 2, Stride: 2})
	}
	x = b.Flatten("flatten", x)
	for i, width := range []int{42, 64} {
		x = b.Relu(fmt.Sprintf("relu%d", i+4), b.Linear(fmt.Sprintf("dense%d", i+1), x, width, 1, true))
	}
	return []*workloads.Tensor{b.Softmax("softmax", b.Linear("dense3", x, 10, 1, true), -1)}
}
