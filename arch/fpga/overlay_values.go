package fpga

import (
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// engineValues computes a product tile by tile: each tile's operands are copied into
// the buffers, multiplied from there into the accumulators of its output channels
// and pixels, and the accumulators are written out after the last input channels.
func (m *Machine) engineValues(l *layer, n *workloads.Node, in []*workloads.Array) *workloads.Array {
	out := workloads.NewArray(n.Out[0].Type, n.Out[0].Shape)
	if n.In[0].Type.IsFloat() {
		put := func(i int, sum float32) { out.Set(i, float64(sum)) }
		tileSums(m, l, in, func(a *workloads.Array, i int) float32 { return float32(a.At(i)) }, put)
		return out
	}
	scale := reference.AccumulatorScale(n)
	put := func(i int, sum int32) {
		if out.Type == workloads.Int32 {
			out.I32[i] = sum
			return
		}
		out.SetInt(i, int64(out.Type.Quantise(float64(sum)*scale, n.Out[0].Scale)))
	}
	tileSums(m, l, in, func(a *workloads.Array, i int) int32 { return int32(a.Int(i)) }, put)
	return out
}

// places says where a product's elements lie in its tensors.
type places struct {
	workloads.Matrix
	conv bool
}

func (p *places) in(image, c, y, x int) int {
	if p.conv {
		return ((image*p.C*p.Groups+c)*p.H+y)*p.W + x
	}
	return x*p.C + c
}

func (p *places) out(image, k, y, x int) int {
	if p.conv {
		return ((image*p.K*p.Groups+k)*p.OH+y)*p.OW + x
	}
	return x*p.K + k
}

// weight is that of output channel k, of input channel c of its group.
func (p *places) weight(k, c, r, s int) int {
	switch {
	case p.conv:
		return ((k*p.C+c)*p.R+r)*p.S + s
	case p.TransB:
		return k*p.C + c
	}
	return c*p.K + k
}

// tileSums goes through the tiles with the arithmetic of T.
func tileSums[T int32 | float32](m *Machine, l *layer, in []*workloads.Array, get func(*workloads.Array, int) T, put func(int, T)) {
	p := &places{flat(l.Head()), l.Head().Op == "Conv"}
	var sums, operands, weights []T
	m.tiles(l, p.Matrix, 1, func(t *tile) {
		if t.first {
			sums = make([]T, t.ms*t.ys*t.xs)
			for k := range t.ms {
				bias := biasAt(in, get, t.group*p.K+t.m+k)
				for i := range t.ys * t.xs {
					sums[k*t.ys*t.xs+i] = bias
				}
			}
		}
		taps := p.R * p.S
		weights = weights[:0]
		for k := range t.ms {
			for c := range t.ns {
				for tap := range taps {
					weights = append(weights, get(in[1], p.weight(t.group*p.K+t.m+k, t.n+c, tap/p.S, tap%p.S)))
				}
			}
		}
		for i := range t.ys * t.xs {
			y, x := (t.y+i/t.xs)*p.StrideH-p.PadH, (t.x+i%t.xs)*p.StrideW-p.PadW
			operands = operands[:0]
			for c := range t.ns {
				for tap := range taps {
					v, iy, ix := T(0), y+tap/p.S*p.DilH, x+tap%p.S*p.DilW
					if iy >= 0 && iy < p.H && ix >= 0 && ix < p.W {
						v = get(in[0], p.in(t.image, t.group*p.C+t.n+c, iy, ix))
					}
					operands = append(operands, v)
				}
			}
			for k := range t.ms {
				sum, row := sums[k*t.ys*t.xs+i], weights[k*len(operands):]
				for j, v := range operands {
					sum += v * row[j]
				}
				sums[k*t.ys*t.xs+i] = sum
			}
		}
		if t.last {
			for k := range t.ms {
				for i := range t.ys * t.xs {
					put(p.out(t.image, t.group*p.K+t.m+k, t.y+i/t.xs, t.x+i%t.xs), sums[k*t.ys*t.xs+i])
				}
			}
		}
	})
}

func biasAt[T int32 | float32](in []*workloads.Array, get func(*workloads.Array, int) T, k int) T {
	switch {
	case len(in) < 3 || in[2] == nil:
		return 0
	case in[2].Len() == 1:
		return get(in[2], 0)
	}
	return get(in[2], k)
}
