package workloads

import (
	"math"
	"sync"
)

// Fill writes the real values of elements [from, from+len(dst)) of a weight or
// input, wherever they come from. A tensor with neither constant nor source is all zeros.
func (t *Tensor) Fill(dst []float32, from int64) {
	switch {
	case t.Const != nil:
		for i := range dst {
			dst[i] = float32(t.Const.At(int(from) + i))
		}
	case t.Source != nil:
		t.Source.Fill(dst, from)
	default:
		clear(dst)
	}
}

// scaled is a source multiplied by one factor for every per elements.
type scaled struct {
	of  *Tensor
	by  func(block int64) float32
	per int64
}

func (s *scaled) Fill(dst []float32, from int64) {
	s.of.Fill(dst, from)
	for i := 0; i < len(dst); {
		block := (from + int64(i)) / s.per
		end := min(len(dst), int((block+1)*s.per-from))
		f := s.by(block)
		for ; i < end; i++ {
			dst[i] *= f
		}
	}
}

// norm is a batch normalisation about to be folded: its per-channel scale and
// shift, computed when first asked for.
type norm struct {
	gamma, beta, mean, variance, bias *Tensor
	epsilon                           float32

	once         sync.Once
	scales, adds []float32
}

func (n *norm) prepare() {
	n.once.Do(func() {
		channels := int(n.gamma.Shape.Elements())
		read := func(t *Tensor) []float32 {
			v := make([]float32, channels)
			if t != nil {
				t.Fill(v, 0)
			}
			return v
		}
		gamma, beta, mean, variance, bias := read(n.gamma), read(n.beta), read(n.mean), read(n.variance), read(n.bias)
		n.scales, n.adds = make([]float32, channels), make([]float32, channels)
		for c := range channels {
			n.scales[c] = float32(float64(gamma[c]) / math.Sqrt(float64(variance[c])+float64(n.epsilon)))
			n.adds[c] = (bias[c]-mean[c])*n.scales[c] + beta[c]
		}
	})
}

func (n *norm) scale(channel int64) float32 { n.prepare(); return n.scales[channel] }

// normBias is the bias that a folded normalisation leaves.
type normBias struct{ *norm }

func (n normBias) Fill(dst []float32, from int64) {
	n.prepare()
	copy(dst, n.adds[from:])
}
