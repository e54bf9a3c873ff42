package archtest

import (
	"fmt"

	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// Workload is one of the suite's. Build makes it anew each time; Twice, where set,
// is the same with twice the batch.
type Workload struct {
	Name  string
	Build func() (*workloads.Graph, error)
	Twice func() (*workloads.Graph, error)
}

// operators are workload strings with one number left open, the batch or what
// stands for it.
var operators = []struct{ name, spec string }{
	{"gemm", "gemm:m=%d,n=11,k=17"},
	{"gemm-wide", "gemm:m=%d,n=70,k=37"},
	{"gemm-tall", "gemm:m=9%d,n=6,k=21"},
	{"gemm-column", "gemm:m=%d3,n=1,k=9"},
	{"matmul-batched", "gemm:batch=%d,m=5,n=7,k=9"},
	{"conv", "conv:n=%d,c=3,h=9,w=11,k=5,r=3,s=3,stride=2,pad=1"},
	{"conv-dilated", "conv:n=%d,c=5,h=10,w=9,k=7,r=3,s=2,pad=2,dil=2"},
	{"conv-grouped", "conv:n=%d,c=6,h=7,w=7,k=9,r=3,s=3,pad=1,groups=3"},
	{"conv-pointwise", "conv:n=%d,c=19,h=6,w=5,k=10,r=1,s=1"},
	{"depthwise", "conv:n=%d,c=7,h=8,w=9,k=7,r=3,s=3,pad=1,groups=7"},
	{"attention", "attention:batch=%d,heads=4,kvheads=2,seq=6,dim=5,causal=true"},
	{"softmax", "softmax:rows=%d,cols=29"},
	{"layernorm", "layernorm:rows=%d,cols=33"},
	{"gelu", "gelu:rows=%d,cols=31"},
	{"add", "add:rows=%d,cols=27"},
	{"maxpool", "maxpool:n=%d,c=3,h=9,w=9,r=3,s=3,stride=2,pad=1"},
}

// networks are built by hand, with all that comes between products.
var networks = []struct {
	name  string
	build func(b *workloads.Builder, batch int) *workloads.Tensor
}{
	{"residual", residual}, {"pooled", pooled}, {"cnn", cnn}, {"encoder", encoder}, {"tied", tied}, {"separable", separable}, {"integers", integers},
}

// Workloads lists the suite's workloads.
func Workloads() (list []Workload) {
	for _, o := range operators {
		open := func(batch int) func() (*workloads.Graph, error) {
			return func() (*workloads.Graph, error) {
				w, err := catalog.Open(fmt.Sprintf(o.spec, batch), catalog.Defaults{Seed: 1})
				if err != nil {
					return nil, err
				}
				return w.Graph, nil
			}
		}
		w := Workload{Name: o.name, Build: open(3), Twice: open(6)}
		if o.name == "gemm-tall" || o.name == "gemm-column" {
			w.Twice = nil // the number is a part of m
		}
		list = append(list, w)
	}
	for _, n := range networks {
		open := func(batch int) func() (*workloads.Graph, error) {
			return func() (*workloads.Graph, error) {
				b := workloads.NewBuilder(n.name, 1)
				return b.Build(n.build(b, batch))
			}
		}
		list = append(list, Workload{Name: n.name, Build: open(2), Twice: open(4)})
	}
	return list
}

// Named is the workload of that name.
func Named(name string) (Workload, error) {
	for _, w := range Workloads() {
		if w.Name == name {
			return w, nil
		}
	}
	return Workload{}, fmt.Errorf("archtest: there is no workload %q", name)
}

// residual is a bottleneck block: each tensor is read again after another was made.
func residual(b *workloads.Builder, batch int) *workloads.Tensor {
	x := b.Input("x", batch, 10, 8, 8)
	y := b.Relu("relu1", b.BatchNorm("norm1", b.Conv("conv1", x, 6, workloads.Window{R: 1}), 1))
	y = b.Relu("relu2", b.BatchNorm("norm2", b.Conv("conv2", y, 6, workloads.Window{R: 3, Pad: 1}), 1))
	y = b.Conv("conv3", y, 10, workloads.Window{R: 1, Bias: true})
	y = b.Relu("relu3", b.Add("add", y, x))
	z := b.Conv("conv4", y, 10, workloads.Window{R: 3, Pad: 1, Bias: true})
	return b.Relu("relu4", b.Add("add2", z, y))
}

// pooled has a pool that fits the drain of a product, and one that does not.
func pooled(b *workloads.Builder, batch int) *workloads.Tensor {
	x := b.Conv("conv1", b.Input("x", batch, 3, 12, 10), 9, workloads.Window{R: 3, Pad: 1, Bias: true})
	x = b.MaxPool("pool1", b.Relu("relu1", x), workloads.Window{R: 2, Stride: 2})
	x = b.Relu("relu2", b.Conv("conv2", x, 7, workloads.Window{R: 3, Pad: 1, Bias: true}))
	return b.AvgPool("pool2", x, workloads.Window{R: 3, Stride: 2, Pad: 1})
}

// cnn is a little network with separable and grouped convolutions, a shuffle and a join.
func cnn(b *workloads.Builder, batch int) *workloads.Tensor {
	x := b.Relu("relu1", b.Conv("stem", b.Input("image", batch, 3, 15, 15), 8, workloads.Window{R: 3, Stride: 2, Pad: 1, Bias: true}))
	x = b.MaxPool("pool", x, workloads.Window{R: 3, Stride: 2, Pad: 1})
	left := b.Relu6("relu2", b.Conv("depthwise", x, 8, workloads.Window{R: 3, Pad: 1, Groups: 8, Bias: true}))
	left = b.Conv("pointwise", left, 6, workloads.Window{R: 1, Bias: true})
	right := b.Conv("grouped", x, 6, workloads.Window{R: 3, Pad: 2, Dil: 2, Groups: 2, Bias: true})
	x = b.Concat("join", 1, left, right)
	h, w := b.Dim(x, 2), b.Dim(x, 3)
	x = b.Transpose("shuffle", b.Reshape("split", x, batch, 2, 6, h, w), 0, 2, 1, 3, 4)
	x = b.Relu("relu3", b.Reshape("merge", x, batch, 12, h, w))
	x = b.GlobalAvgPool("mean", x)
	return b.Softmax("softmax", b.Linear("head", b.Flatten("flat", x), 10, 1, true), -1)
}

// encoder is a block of a transformer.
func encoder(b *workloads.Builder, batch int) *workloads.Tensor {
	const dim, heads = 12, 3
	x := b.Input("x", batch, 7, dim)
	n := b.LayerNorm("norm1", x, 1e-5)
	part := func(name string) *workloads.Tensor { return b.Heads(name, b.Linear(name, n, dim, 1, true), heads) }
	a := b.Attention("attention", part("query"), part("key"), part("value"), nil, nil, true)
	x = b.Add("add1", x, b.Linear("out", b.MergeHeads("merge", a), dim, 1, true))
	n = b.Gelu("gelu", b.Linear("up", b.LayerNorm("norm2", x, 1e-5), 4*dim, 1, true), false)
	return b.Add("add2", x, b.Linear("down", n, dim, 1, true))
}

// tied reads one weight in products of different shapes, as it stands and
// transposed, and broadcasts a matrix over a batch.
func tied(b *workloads.Builder, batch int) *workloads.Tensor {
	w := b.Weight("w", 20, 1, 20, 14)
	x := b.Relu("relu", b.Apply("narrow", "Gemm", workloads.Attrs{}, b.Input("x", 9*batch, 20), w))
	x = b.Apply("widen", "Gemm", workloads.Attrs{"transB": int64(1)}, x, w)
	y := b.Apply("again", "Gemm", workloads.Attrs{}, x, w)
	z := b.Apply("batched", "MatMul", workloads.Attrs{}, b.Reshape("split", y, batch, 9, 14), b.Weight("v", 14, 1, batch, 14, 11))
	z = b.Apply("spread", "MatMul", workloads.Attrs{}, b.Weight("u", 9, 1, 5, 9), z)
	return b.Softmax("softmax", z, 1)
}

// separable has filters that are many times its activations: whoever finds those on
// chip still has to fetch the filters.
func separable(b *workloads.Builder, batch int) *workloads.Tensor {
	x := b.Relu6("relu1", b.Conv("expand", b.Input("x", batch, 6, 2, 2), 96, workloads.Window{R: 1, Bias: true}))
	x = b.Relu6("relu2", b.Conv("depthwise", x, 96, workloads.Window{R: 3, Pad: 1, Groups: 96, Bias: true}))
	return b.Conv("project", x, 6, workloads.Window{R: 1, Bias: true})
}

// integers has inputs that are integers in the model: indices into a table, and numbers
// that come quantised.
func integers(b *workloads.Builder, batch int) *workloads.Tensor {
	input := func(name string, t workloads.DType, shape ...int) *workloads.Tensor {
		x := b.Input(name, shape...)
		x.Type, x.Source = t, workloads.Modulo(name, 1, 9)
		return x
	}
	x := b.Apply("embed", "Gather", nil, b.Weight("table", 1, 1, 9, 12), input("indices", workloads.Int32, batch, 5))
	y := b.Apply("real", "DequantizeLinear", nil, input("quantised", workloads.Int8, batch, 5, 12), b.Scalar("step", 0.125))
	return b.Linear("fc", b.Add("add", x, y), 7, 1, true)
}
