package fpga

import "nnsim/workloads"

// newLayer finds what a layer becomes and how it may be folded.
func newLayer(l *workloads.Layer, p workloads.Precision) *layer {
	d := &layer{Layer: l, kind: host, simd: 1, pe: 1, images: 1, wBits: p.Weight.Bits(), aBits: p.Act.Bits()}
	n := l.Head()
	for _, sort := range []func(*workloads.Node) bool{d.isView, d.isProduct, d.isPool, d.isGlobal, d.isElement, d.isConcat, d.isSoftmax, d.isLabel, d.isUpsample} {
		if sort(n) {
			break
		}
	}
	d.simds, d.pes = d.widths()
	d.options = d.foldings()
	return d
}

func (l *layer) isView(n *workloads.Node) bool {
	if workloads.ClassOf(n.Op) != workloads.View {
		return false
	}
	l.kind = view
	return true
}

// constant tells a weight.
func constant(t *workloads.Tensor) bool { return t != nil && t.Role == workloads.Weight }

// isProduct takes matrices that are part of the model, and convolutions of all
// channels or of each by itself; other groups are left to the host.
func (l *layer) isProduct(n *workloads.Node) bool {
	if workloads.ClassOf(n.Op) != workloads.MatrixClass || !productInFabric(n) {
		return false
	}
	s, _ := workloads.MatrixOf(n)
	l.space, l.kind = s, dense
	l.inside, l.outside, l.pixels = s.C*s.Groups, s.K*s.Groups, int64(s.M())
	if s.Groups > 1 {
		l.kind = depthwise
	}
	if n.Op == "Conv" {
		l.images = int64(s.Images)
	}
	l.pad()
	return true
}

// productInFabric tells whether a matrix–vector or vector–vector unit computes a node.
func productInFabric(n *workloads.Node) bool {
	s, ok := workloads.MatrixOf(n)
	switch {
	case !ok || constant(n.Input(0)) || !constant(n.Input(1)) || n.Input(2) != nil && !constant(n.Input(2)):
		return false
	case s.Batch > 1 || s.TransA || s.Causal || len(n.Out) != 1:
		return false
	case n.Op == "Conv" && (s.StrideH > s.H || s.StrideW > s.W):
		return false
	}
	return s.Groups == 1 || s.C == 1 && s.K == 1
}

// pad is the extents of the image once it is padded: what the last window reaches,
// or the image where that leaves a rest.
func (l *layer) pad() {
	s := &l.space
	reach := func(in, out, stride, k, dil, before int) int {
		return max((out-1)*stride+(k-1)*dil+1, in+before)
	}
	l.padded = [2]int{reach(s.H, s.OH, s.StrideH, s.R, s.DilH, s.PadH), reach(s.W, s.OW, s.StrideW, s.S, s.DilW, s.PadW)}
	// an image that is longer than the padded extent by less than a stride needs no other row
	for i, extent := range []struct{ out, stride, k, dil int }{{s.OH, s.StrideH, s.R, s.DilH}, {s.OW, s.StrideW, s.S, s.DilW}} {
		for (l.padded[i]-(extent.k-1)*extent.dil-1)/extent.stride+1 > extent.out {
			l.kind = host // a window beyond the image that is not wanted: no generator gives this
			return
		}
	}
}

// isPool takes pools over images.
func (l *layer) isPool(n *workloads.Node) bool {
	if n.Op != "MaxPool" && n.Op != "AveragePool" || len(n.Out) != 1 || len(n.In[0].Shape) != 4 {
		return false
	}
	in, out := n.In[0].Shape, n.Out[0].Shape
	k, st := n.Attr.Ints("kernel_shape", nil), n.Attr.Ints("strides", []int64{1, 1})
	dil, pads := n.Attr.Ints("dilations", []int64{1, 1}), n.Attr.Ints("pads", []int64{0, 0, 0, 0})
	if len(k) != 2 || len(st) != 2 || len(dil) != 2 || len(pads) != 4 || n.Attr.Text("auto_pad", "NOTSET") != "NOTSET" {
		return false
	}
	s := workloads.Matrix{Batch: 1, Groups: in[1], Images: in[0], C: 1, K: 1, H: in[2], W: in[3], R: int(k[0]), S: int(k[1]), OH: out[2], OW: out[3],
		StrideH: int(st[0]), StrideW: int(st[1]), DilH: int(dil[0]), DilW: int(dil[1]), PadH: int(pads[0]), PadW: int(pads[1])}
	if s.StrideH > s.H || s.StrideW > s.W {
		return false
	}
	l.kind, l.space, l.inside, l.outside = pool, s, in[1], in[1]
	l.pixels, l.images = int64(s.M()), int64(in[0])
	l.pad()
	return true
}

func (l *layer) isGlobal(n *workloads.Node) bool {
	if n.Op != "GlobalAveragePool" && n.Op != "GlobalMaxPool" || len(n.In[0].Shape) != 4 {
		return false
	}
	in := n.In[0].Shape
	l.kind, l.inside, l.outside = global, in[1], in[1]
	l.space = workloads.Matrix{H: in[2], W: in[3]}
	l.images, l.pixels = int64(in[0]), int64(in[0])
	return true
}

// isElement takes operators of one value at a time: of one stream, as a table or
// comparators, or of two streams of one shape.
func (l *layer) isElement(n *workloads.Node) bool {
	if !workloads.Elementwise(n.Op) || len(n.Out) != 1 || !n.Out[0].Type.IsInt() {
		return false
	}
	streams := 0
	for _, t := range n.In {
		if t != nil && !constant(t) {
			streams++
			if !t.Shape.Equal(n.Out[0].Shape) || !t.Type.IsInt() {
				return false
			}
		}
	}
	if streams < 1 || streams > 2 {
		return false
	}
	if l.kind = element; streams == 2 {
		l.kind = join
	}
	l.inside = channels(n.Out[0].Shape)
	l.outside, l.pixels = l.inside, n.Out[0].Shape.Elements()/int64(l.inside)
	return true
}

// channels is the extent of the axis that a stream goes along first.
func channels(s workloads.Shape) int {
	switch {
	case len(s) >= 3 && len(s) != 3:
		return s[1]
	case len(s) == 0:
		return 1
	}
	return s[len(s)-1]
}

func (l *layer) isConcat(n *workloads.Node) bool {
	shape := n.Out[0].Shape
	axis := int(n.Attr.Int("axis", 0))
	if axis < 0 {
		axis += len(shape)
	}
	if n.Op != "Concat" || len(shape) < 2 || shape[axis] != channels(shape) || axis != 1 && axis != len(shape)-1 || len(shape) == 4 && axis != 1 {
		return false
	}
	for _, t := range n.In {
		if t == nil || constant(t) {
			return false
		}
		l.parts = append(l.parts, t.Shape[axis])
	}
	l.kind, l.outside = concat, shape[axis]
	l.inside, l.pixels = l.outside, shape.Elements()/int64(l.outside)
	return true
}

// isSoftmax takes rows of a matrix.
func (l *layer) isSoftmax(n *workloads.Node) bool {
	in := n.In[0].Shape
	axis := int(n.Attr.Int("axis", -1))
	if n.Op != "Softmax" || len(in) != 2 || axis != 1 && axis != -1 || !n.In[0].Type.IsInt() || !n.Out[0].Type.IsInt() {
		return false
	}
	l.kind, l.inside, l.outside, l.pixels = softmax, in[1], in[1], int64(in[0])
	return true
}

// isLabel takes the index of the greatest over the axis that a stream goes along.
func (l *layer) isLabel(n *workloads.Node) bool {
	in := n.In[0].Shape
	if n.Op != "ArgMax" || len(in) < 2 || !n.In[0].Type.IsInt() {
		return false
	}
	axis := int(n.Attr.Int("axis", 0))
	if axis < 0 {
		axis += len(in)
	}
	if axis != len(in)-1 && axis != 1 || len(in) > 2 && axis != 1 || in[axis] != channels(in) {
		return false
	}
	l.kind, l.inside, l.outside, l.pixels = label, in[axis], 1, n.Out[0].Shape.Elements()
	return true
}

// isUpsample takes images whose pixels are repeated a whole number of times.
func (l *layer) isUpsample(n *workloads.Node) bool {
	down, across, ok := workloads.Upsampled(n)
	if !ok || !n.Out[0].Type.IsInt() {
		return false
	}
	in := n.In[0].Shape
	l.kind, l.inside, l.outside = upsample, in[1], in[1]
	l.space = workloads.Matrix{H: in[2], W: in[3], OH: in[2] * down, OW: in[3] * across}
	l.images, l.pixels = int64(in[0]), int64(in[0])*int64(l.space.OH*l.space.OW)
	return true
}
