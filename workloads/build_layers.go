package workloads

import "math"

// Window says how a convolution or pool walks over its input. Zero values mean:
// S like R, stride 1, dilation 1, one group.
type Window struct {
	R, S   int // height and width
	Stride int
	Pad    int    // on every side
	Tall   int    // more rows above and below
	Wide   int    // more columns left and right
	PadEnd [2]int // more rows below and columns right
	Dil    int
	Groups int
	Ceil   bool // pools: a last window may hang over the edge
	Bias   bool
	Gain   float64 // of seeded weights; 0 means 2, for a ReLU after it
}

func (w Window) filled() Window {
	for _, p := range []struct {
		at  *int
		def int
	}{{&w.R, 1}, {&w.S, max(1, w.R)}, {&w.Stride, 1}, {&w.Dil, 1}, {&w.Groups, 1}} {
		if *p.at == 0 {
			*p.at = p.def
		}
	}
	if w.Gain == 0 {
		w.Gain = 2
	}
	return w
}

func (w Window) attrs() Attrs {
	pair := func(a, b int) []int64 { return []int64{int64(a), int64(b)} }
	above, left := w.Pad+w.Tall, w.Pad+w.Wide
	return Attrs{"kernel_shape": pair(w.R, w.S), "strides": pair(w.Stride, w.Stride), "dilations": pair(w.Dil, w.Dil),
		"pads": []int64{int64(above), int64(left), int64(above + w.PadEnd[0]), int64(left + w.PadEnd[1])}}
}

// Conv appends a convolution of x [n, c, h, w] with seeded filters.
func (b *Builder) Conv(name string, x *Tensor, filters int, w Window) *Tensor {
	w = w.filled()
	attr, channels := w.attrs(), b.Dim(x, 1)
	attr["group"] = int64(w.Groups)
	if channels%w.Groups != 0 || filters%w.Groups != 0 {
		b.Fail("%s: %s: groups=%d does not divide %d channels and %d filters", b.graph.Name, name, w.Groups, channels, filters)
		return x
	}
	fan := channels / w.Groups * w.R * w.S
	in := []*Tensor{x, b.Weight(name+".weight", fan, w.Gain, filters, channels/w.Groups, w.R, w.S)}
	if w.Bias {
		in = append(in, b.bias(name, fan, filters))
	}
	return b.Apply(name, "Conv", attr, in...)
}

// Resize appends a change of the height and width of x [n, c, h, w]: nearest, linear or cubic.
func (b *Builder) Resize(name string, x *Tensor, scale float64, mode string) *Tensor {
	scales := NewArray(FP32, Shape{4})
	for i := range scales.F {
		scales.F[i] = 1
	}
	scales.F[2], scales.F[3] = float32(scale), float32(scale)
	return b.Apply(name, "Resize", Attrs{"mode": mode}, x, nil, &Tensor{Name: name + ".scales", Shape: scales.Shape, Type: FP32, Role: Weight, Const: scales})
}

// bias is a small seeded bias for a product over fanIn terms.
func (b *Builder) bias(name string, fanIn, n int) *Tensor {
	return b.Param(name+".bias", Uniform(name+".bias", b.seed, float32(0.3/math.Sqrt(float64(fanIn)))), n)
}

// BatchNorm appends an inference-time batch normalisation whose learned scale
// lies around the given one. Its running statistics are no parameters.
func (b *Builder) BatchNorm(name string, x *Tensor, scale float32) *Tensor {
	c := b.Dim(x, 1)
	return b.Apply(name, "BatchNormalization", Attrs{"epsilon": float32(1e-5)}, x,
		b.Param(name+".weight", Around(name+".weight", b.seed, scale, scale/10), c),
		b.Param(name+".bias", Uniform(name+".bias", b.seed, 0.1), c),
		b.Buffer(name+".running_mean", Uniform(name+".running_mean", b.seed, 0.1), c),
		b.Buffer(name+".running_var", Around(name+".running_var", b.seed, 1, 0.1), c))
}

// Linear appends a fully connected layer over the last axis of x: Gemm for a
// matrix, MatMul (and Add of the bias) for more axes.
func (b *Builder) Linear(name string, x *Tensor, out int, gain float64, bias bool) *Tensor {
	k := b.Dim(x, -1)
	w := b.Weight(name+".weight", k, gain, k, out)
	if len(x.Shape) == 2 {
		in := []*Tensor{x, w}
		if bias {
			in = append(in, b.bias(name, k, out))
		}
		return b.Apply(name, "Gemm", Attrs{}, in...)
	}
	y := b.Apply(name, "MatMul", Attrs{}, x, w)
	if bias {
		y = b.Apply(name+".add", "Add", nil, y, b.bias(name, k, out))
	}
	return y
}

// Relu appends max(x, 0).
func (b *Builder) Relu(name string, x *Tensor) *Tensor { return b.Apply(name, "Relu", nil, x) }

// Relu6 appends min(max(x, 0), 6).
func (b *Builder) Relu6(name string, x *Tensor) *Tensor {
	return b.Apply(name, "Clip", nil, x, b.Scalar(name+".min", 0), b.Scalar(name+".max", 6))
}

// Add appends x + y.
func (b *Builder) Add(name string, x, y *Tensor) *Tensor { return b.Apply(name, "Add", nil, x, y) }

// Mul appends x · y, element by element.
func (b *Builder) Mul(name string, x, y *Tensor) *Tensor { return b.Apply(name, "Mul", nil, x, y) }

// Sigmoid appends 1/(1+exp(-x)).
func (b *Builder) Sigmoid(name string, x *Tensor) *Tensor { return b.Apply(name, "Sigmoid", nil, x) }

// Tanh appends the hyperbolic tangent.
func (b *Builder) Tanh(name string, x *Tensor) *Tensor { return b.Apply(name, "Tanh", nil, x) }

// Softmax appends a softmax over one axis.
func (b *Builder) Softmax(name string, x *Tensor, axis int) *Tensor {
	return b.Apply(name, "Softmax", Attrs{"axis": int64(axis)}, x)
}

// MaxPool appends a maximum over windows.
func (b *Builder) MaxPool(name string, x *Tensor, w Window) *Tensor {
	return b.pool("MaxPool", name, x, w)
}

// AvgPool appends a mean over windows; padding does not count.
func (b *Builder) AvgPool(name string, x *Tensor, w Window) *Tensor {
	return b.pool("AveragePool", name, x, w)
}

func (b *Builder) pool(op, name string, x *Tensor, w Window) *Tensor {
	w = w.filled()
	attr := w.attrs()
	if op == "AveragePool" && w.Dil == 1 {
		delete(attr, "dilations")
	}
	if w.Ceil {
		attr["ceil_mode"] = int64(1)
	}
	return b.Apply(name, op, attr, x)
}

// GlobalAvgPool appends the mean over all positions.
func (b *Builder) GlobalAvgPool(name string, x *Tensor) *Tensor {
	return b.Apply(name, "GlobalAveragePool", nil, x)
}

// Flatten appends a view as a matrix of one row an image.
func (b *Builder) Flatten(name string, x *Tensor) *Tensor {
	return b.Apply(name, "Flatten", Attrs{"axis": int64(1)}, x)
}

// Concat joins tensors along an axis.
func (b *Builder) Concat(name string, axis int, x ...*Tensor) *Tensor {
	return b.Apply(name, "Concat", Attrs{"axis": int64(axis)}, x...)
}

// Reshape appends a view under another shape.
func (b *Builder) Reshape(name string, x *Tensor, shape ...int) *Tensor {
	return b.Apply(name, "Reshape", nil, x, b.Ints(name+".shape", shape...))
}

// Transpose appends a permutation of axes.
func (b *Builder) Transpose(name string, x *Tensor, perm ...int64) *Tensor {
	return b.Apply(name, "Transpose", Attrs{"perm": perm}, x)
}

// LayerNorm appends a layer normalisation over the last axis.
func (b *Builder) LayerNorm(name string, x *Tensor, epsilon float32) *Tensor {
	d := b.Dim(x, -1)
	return b.Apply(name, "LayerNormalization", Attrs{"axis": int64(-1), "epsilon": epsilon}, x,
		b.Param(name+".weight", Around(name+".weight", b.seed, 1, 0.1), d),
		b.Param(name+".bias", Uniform(name+".bias", b.seed, 0.1), d))
}

// RMSNorm appends a root-mean-square normalisation over the last axis.
func (b *Builder) RMSNorm(name string, x *Tensor, epsilon float32) *Tensor {
	return b.Apply(name, "RMSNormalization", Attrs{"axis": int64(-1), "epsilon": epsilon}, x,
		b.Param(name+".weight", Around(name+".weight", b.seed, 1, 0.1), b.Dim(x, -1)))
}

// Gelu appends x·Φ(x); fast takes the tanh approximation.
func (b *Builder) Gelu(name string, x *Tensor, fast bool) *Tensor {
	how := "none"
	if fast {
		how = "tanh"
	}
	return b.Apply(name, "Gelu", Attrs{"approximate": how}, x)
}

// Embed appends a look-up of rows of table by whole-number indices.
func (b *Builder) Embed(name string, table, index *Tensor) *Tensor {
	return b.Apply(name, "Gather", Attrs{"axis": int64(0)}, table, index)
}

// Heads turns [batch, tokens, heads·dim] into [batch, heads, tokens, dim].
func (b *Builder) Heads(name string, x *Tensor, heads int) *Tensor {
	x = b.Reshape(name+".split", x, b.Dim(x, 0), b.Dim(x, 1), heads, b.Dim(x, 2)/heads)
	return b.Transpose(name+".heads", x, 0, 2, 1, 3)
}

// MergeHeads is the inverse of Heads.
func (b *Builder) MergeHeads(name string, x *Tensor) *Tensor {
	x = b.Transpose(name+".tokens", x, 0, 2, 1, 3)
	return b.Reshape(name+".merge", x, b.Dim(x, 0), b.Dim(x, 1), b.Dim(x, 2)*b.Dim(x, 3))
}

// Attention appends softmax(q·kᵀ/√dim)·v over q [batch, heads, tokens, dim] and
// k, v [batch, kvheads, keys, dim], after the cached keys and values where given.
// Under causal the queries are the last of the sequence and look at no later
// key: ONNX's is_causal where queries and keys are as many; otherwise, as its
// meaning there is disputed between versions, an explicit mask, with the
// attribute causal=1 telling machines that nothing else is in the mask.
func (b *Builder) Attention(name string, q, k, v, pastK, pastV *Tensor, lookBack bool) *Tensor {
	attr, in := Attrs{}, []*Tensor{q, k, v}
	rows, cols := b.Dim(q, 2), b.Dim(k, 2)
	if pastK != nil {
		cols += b.Dim(pastK, 2)
		in = append(in, nil, pastK, pastV)
	}
	switch {
	case !lookBack || rows == 1: // a single last query sees every key
	case rows == cols:
		attr["is_causal"] = int64(1)
	default:
		attr["causal"] = int64(1)
		mask := b.Buffer(name+".mask", CausalMask(cols, cols-rows), rows, cols)
		if pastK == nil {
			in = append(in, mask)
		} else {
			in[3] = mask
		}
	}
	return b.Apply(name, "Attention", attr, in...)
}
