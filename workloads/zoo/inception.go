package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// inceptions put branches of windows of several sizes side by side.
var inceptions = []model{
	{Info{Name: "googlenet", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 1.582e9, Params: 6998552, Tolerance: 0.002,
		Source: "Szegedy et al., CVPR 2015, table 1, with windows of 5×5; counts: BVLC caffe bvlc_googlenet without its auxiliary classifiers"}, googlenet{window: 5, bias: true}.build},
	{Info{Name: "inception-v1", Family: "vision", Default: Options{Batch: 1, Image: 224},
		MACs: 1.498e9, Params: 6624904, Tolerance: 0.002,
		Source: "Szegedy et al., CVPR 2015, as trained since: 3×3 for 5×5, batch normalisation; counts: torchvision GoogLeNet_Weights"}, googlenet{window: 3}.build},
	{Info{Name: "inception-v3", Family: "vision", Default: Options{Batch: 1, Image: 299},
		MACs: 5.713e9, Params: 23834568, Tolerance: 0.002,
		Source: "Szegedy et al., CVPR 2016; counts: torchvision Inception_V3_Weights without the auxiliary classifier"}, buildInceptionV3},
	{Info{Name: "inception-v4", Family: "vision", Default: Options{Batch: 1, Image: 299},
		MACs: 12.27e9, Params: 42679816, Tolerance: 0.003,
		Source: "Szegedy et al., AAAI 2017; counts: timm inception_v4"}, buildInceptionV4},
}

// mixer builds branches: convolutions named part by part under a module's name.
type mixer struct {
	b    *workloads.Builder
	name string
	bias bool // with a bias, and without normalisation
	n    int
}

// conv is a convolution of r × s that keeps the size, or of stride 2 without padding.
func (m *mixer) conv(x *workloads.Tensor, filters, r, s, stride int) *workloads.Tensor {
	w := workloads.Window{R: r, S: s, Stride: stride, Tall: (r - 1) / 2, Wide: (s - 1) / 2, Bias: m.bias}
	if stride == 2 {
		w.Tall, w.Wide = 0, 0
	}
	return m.window(x, filters, w)
}

func (m *mixer) window(x *workloads.Tensor, filters int, w workloads.Window) *workloads.Tensor {
	m.n++
	name := fmt.Sprintf("%s.conv%d", m.name, m.n)
	if w.Bias {
		return m.b.Relu(name+".relu", m.b.Conv(name, x, filters, w))
	}
	return convBN(m.b, name, x, filters, w)
}

func (m *mixer) avg(x *workloads.Tensor) *workloads.Tensor {
	return m.b.AvgPool(m.name+".avgpool", x, workloads.Window{R: 3, Pad: 1})
}

func (m *mixer) max(x *workloads.Tensor) *workloads.Tensor {
	return m.b.MaxPool(m.name+".maxpool", x, workloads.Window{R: 3, Stride: 2})
}

func (m *mixer) join(x ...*workloads.Tensor) *workloads.Tensor {
	return m.b.Concat(m.name+".concat", 1, x...)
}

// googlenet is the first of them: the window of the third branch, and what follows a convolution.
type googlenet struct {
	window int
	bias   bool
}

func (g googlenet) build(b *workloads.Builder, o Options) []*workloads.Tensor {
	stem := &mixer{b: b, name: "stem", bias: g.bias}
	pool := workloads.Window{R: 3, Stride: 2, Ceil: true}
	x := stem.window(picture(b, o), 64, workloads.Window{R: 7, Stride: 2, Pad: 3, Bias: g.bias})
	x = b.MaxPool("pool1", x, pool)
	x = stem.conv(stem.conv(x, 64, 1, 1, 1), 192, 3, 3, 1)
	x = b.MaxPool("pool2", x, pool)
	for _, c := range []struct {
		name             string
		f                [6]int
		pooled           bool
		poolSize, stride int
	}{
		{"3a", [6]int{64, 96, 128, 16, 32, 32}, false, 0, 0}, {"3b", [6]int{128, 128, 192, 32, 96, 64}, true, 3, 2},
		{"4a", [6]int{192, 96, 208, 16, 48, 64}, false, 0, 0}, {"4b", [6]int{160, 112, 224, 24, 64, 64}, false, 0, 0},
		{"4c", [6]int{128, 128, 256, 24, 64, 64}, false, 0, 0}, {"4d", [6]int{112, 144, 288, 32, 64, 64}, false, 0, 0},
		{"4e", [6]int{256, 160, 320, 32, 128, 128}, true, 3, 2},
		{"5a", [6]int{256, 160, 320, 32, 128, 128}, false, 0, 0}, {"5b", [6]int{384, 192, 384, 48, 128, 128}, false, 0, 0},
	} {
		m := &mixer{b: b, name: "mixed" + c.name, bias: g.bias}
		x = m.join(m.conv(x, c.f[0], 1, 1, 1), m.conv(m.conv(x, c.f[1], 1, 1, 1), c.f[2], 3, 3, 1),
			m.conv(m.conv(x, c.f[3], 1, 1, 1), c.f[4], g.window, g.window, 1),
			m.conv(b.MaxPool(m.name+".pool", x, workloads.Window{R: 3, Pad: 1}), c.f[5], 1, 1, 1))
		if c.pooled {
			x = b.MaxPool(m.name+".pool2", x, workloads.Window{R: c.poolSize, Stride: c.stride, Ceil: true})
		}
	}
	return []*workloads.Tensor{b.Linear("fc", b.Flatten("flatten", b.GlobalAvgPool("avgpool", x)), 1000, 1, true)}
}

func buildInceptionV3(b *workloads.Builder, o Options) []*workloads.Tensor {
	stem := &mixer{b: b, name: "stem"}
	x := stem.conv(picture(b, o), 32, 3, 3, 2)
	x = stem.window(x, 32, workloads.Window{R: 3})
	x = stem.conv(x, 64, 3, 3, 1)
	x = b.MaxPool("pool1", x, workloads.Window{R: 3, Stride: 2})
	x = stem.window(stem.conv(x, 80, 1, 1, 1), 192, workloads.Window{R: 3})
	x = b.MaxPool("pool2", x, workloads.Window{R: 3, Stride: 2})
	for i, pooled := range []int{32, 64, 64} { // 35 × 35
		m := &mixer{b: b, name: fmt.Sprintf("mixed5%c", 'b'+i)}
		x = m.join(m.conv(x, 64, 1, 1, 1), m.conv(m.conv(x, 48, 1, 1, 1), 64, 5, 5, 1),
			m.conv(m.conv(m.conv(x, 64, 1, 1, 1), 96, 3, 3, 1), 96, 3, 3, 1), m.conv(m.avg(x), pooled, 1, 1, 1))
	}
	m := &mixer{b: b, name: "mixed6a"}
	x = m.join(m.conv(x, 384, 3, 3, 2), m.conv(m.conv(m.conv(x, 64, 1, 1, 1), 96, 3, 3, 1), 96, 3, 3, 2), m.max(x))
	for i, c := range []int{128, 160, 160, 192} { // 17 × 17
		m := &mixer{b: b, name: fmt.Sprintf("mixed6%c", 'b'+i)}
		x = m.join(m.conv(x, 192, 1, 1, 1), m.conv(m.conv(m.conv(x, c, 1, 1, 1), c, 1, 7, 1), 192, 7, 1, 1),
			m.conv(m.conv(m.conv(m.conv(m.conv(x, c, 1, 1, 1), c, 7, 1, 1), c, 1, 7, 1), c, 7, 1, 1), 192, 1, 7, 1), m.conv(m.avg(x), 192, 1, 1, 1))
	}
	m = &mixer{b: b, name: "mixed7a"}
	x = m.join(m.conv(m.conv(x, 192, 1, 1, 1), 320, 3, 3, 2), m.conv(m.conv(m.conv(m.conv(x, 192, 1, 1, 1), 192, 1, 7, 1), 192, 7, 1, 1), 192, 3, 3, 2), m.max(x))
	for i := range 2 { // 8 × 8
		m := &mixer{b: b, name: fmt.Sprintf("mixed7%c", 'b'+i)}
		two := m.conv(x, 384, 1, 1, 1)
		three := m.conv(m.conv(x, 448, 1, 1, 1), 384, 3, 3, 1)
		x = m.join(m.conv(x, 320, 1, 1, 1), m.conv(two, 384, 1, 3, 1), m.conv(two, 384, 3, 1, 1),
			m.conv(three, 384, 1, 3, 1), m.conv(three, 384, 3, 1, 1), m.conv(m.avg(x), 192, 1, 1, 1))
	}
	return []*workloads.Tensor{b.Linear("fc", b.Flatten("flatten", b.GlobalAvgPool("avgpool", x)), 1000, 1, true)}
}

func buildInceptionV4(b *workloads.Builder, o Options) []*workloads.Tensor {
	stem := &mixer{b: b, name: "stem"}
	x := stem.conv(picture(b, o), 32, 3, 3, 2)
	x = stem.window(x, 32, workloads.Window{R: 3})
	x = stem.conv(x, 64, 3, 3, 1)
	x = b.Concat("mixed3a", 1, b.MaxPool("pool3a", x, workloads.Window{R: 3, Stride: 2}), stem.conv(x, 96, 3, 3, 2))
	left := stem.window(stem.conv(x, 64, 1, 1, 1), 96, workloads.Window{R: 3})
	right := stem.conv(stem.conv(stem.conv(x, 64, 1, 1, 1), 64, 1, 7, 1), 64, 7, 1, 1)
	x = b.Concat("mixed4a", 1, left, stem.window(right, 96, workloads.Window{R: 3}))
	x = b.Concat("mixed5a", 1, stem.conv(x, 192, 3, 3, 2), b.MaxPool("pool5a", x, workloads.Window{R: 3, Stride: 2}))
	for i := range 4 { // 35 × 35
		m := &mixer{b: b, name: fmt.Sprintf("inceptionA%d", i+1)}
		x = m.join(m.conv(x, 96, 1, 1, 1), m.conv(m.conv(x, 64, 1, 1, 1), 96, 3, 3, 1),
			m.conv(m.conv(m.conv(x, 64, 1, 1, 1), 96, 3, 3, 1), 96, 3, 3, 1), m.conv(m.avg(x), 96, 1, 1, 1))
	}
	m := &mixer{b: b, name: "reductionA"}
	x = m.join(m.conv(x, 384, 3, 3, 2), m.conv(m.conv(m.conv(x, 192, 1, 1, 1), 224, 3, 3, 1), 256, 3, 3, 2), m.max(x))
	for i := range 7 { // 17 × 17
		m := &mixer{b: b, name: fmt.Sprintf("inceptionB%d", i+1)}
		x = m.join(m.conv(x, 384, 1, 1, 1), m.conv(m.conv(m.conv(x, 192, 1, 1, 1), 224, 1, 7, 1), 256, 7, 1, 1),
			m.conv(m.conv(m.conv(m.conv(m.conv(x, 192, 1, 1, 1), 192, 7, 1, 1), 224, 1, 7, 1), 224, 7, 1, 1), 256, 1, 7, 1), m.conv(m.avg(x), 128, 1, 1, 1))
	}
	m = &mixer{b: b, name: "reductionB"}
	x = m.join(m.conv(m.conv(x, 192, 1, 1, 1), 192, 3, 3, 2), m.conv(m.conv(m.conv(m.conv(x, 256, 1, 1, 1), 256, 1, 7, 1), 320, 7, 1, 1), 320, 3, 3, 2), m.max(x))
	for i := range 3 { // 8 × 8
		m := &mixer{b: b, name: fmt.Sprintf("inceptionC%d", i+1)}
		two := m.conv(x, 384, 1, 1, 1)
		three := m.conv(m.conv(m.conv(x, 384, 1, 1, 1), 448, 3, 1, 1), 512, 1, 3, 1)
		x = m.join(m.conv(x, 256, 1, 1, 1), m.conv(two, 256, 1, 3, 1), m.conv(two, 256, 3, 1, 1),
			m.conv(three, 256, 1, 3, 1), m.conv(three, 256, 3, 1, 1), m.conv(m.avg(x), 256, 1, 1, 1))
	}
	return []*workloads.Tensor{b.Linear("fc", b.Flatten("flatten", b.GlobalAvgPool("avgpool", x)), 1000, 1, true)}
}
