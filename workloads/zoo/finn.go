package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// finn is the two networks that streaming accelerators of few bits are shown with.
// They are meant for weights and activations of one or two bits (dtype=w1a1, w1a2, w2a2).
// Normalisation is folded into the convolutions; behind fully connected layers the
// bias stands for it. The choice of the label is left to the host.
var finn = []model{
	{Info{Name: "tfc", Family: "vision", Default: Options{Batch: 1, Image: 28}, MACs: 59008, Params: 59008, Tolerance: 0.01,
		Source: "Umuroglu et al., FINN, FPGA 2017; layer shapes: Xilinx/finn-examples, bnn-pynq (weights alone)"}, buildTFC},
	{Info{Name: "cnv", Family: "vision", Default: Options{Batch: 1, Image: 32}, MACs: 59461376, Params: 1542848, Tolerance: 0.005,
		Source: "Umuroglu et al., FINN, FPGA 2017; layer shapes: Xilinx/finn-examples, bnn-pynq (weights alone)"}, buildCNV},
}

// buildTFC is three layers of 64 behind a grey picture.
func buildTFC(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := b.Flatten("flatten", b.Input("input", o.Batch, 1, o.Image, o.Image))
	return []*workloads.Tensor{binaryHead(b, x, 64, 64, 64, 10)}
}

// buildCNV is three pairs of convolutions without padding, the first two followed by a pool.
func buildCNV(b *workloads.Builder, o Options) []*workloads.Tensor {
	x := picture(b, o)
	for i, filters := range []int{64, 64, 128, 128, 256, 256} {
		name := fmt.Sprintf("conv%d", i+1)
		x = b.BatchNorm(name+".norm", b.Conv(name, x, filters, workloads.Window{R: 3}), 1)
		x = bounded(b, name+".act", x)
		if i == 1 || i == 3 {
			x = b.MaxPool(fmt.Sprintf("pool%d", i/2+1), x, workloads.Window{R: 2, Stride: 2})
		}
	}
	return []*workloads.Tensor{binaryHead(b, b.Flatten("flatten", x), 512, 512, 10)}
}

// binaryHead is fully connected layers, all but the last with a bounded activation.
func binaryHead(b *workloads.Builder, x *workloads.Tensor, widths ...int) *workloads.Tensor {
	for i, width := range widths {
		name := fmt.Sprintf("fc%d", i+1)
		x = b.Linear(name, x, width, 1, true)
		if i < len(widths)-1 {
			x = bounded(b, name+".act", x)
		}
	}
	return x
}

// bounded clips to -1 … 1, of which one bit keeps the sign.
func bounded(b *workloads.Builder, name string, x *workloads.Tensor) *workloads.Tensor {
	return b.Apply(name, "Clip", nil, x, b.Scalar(name+".low", -1), b.Scalar(name+".high", 1))
}
