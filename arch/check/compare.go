package check

import (
	"fmt"
	"math"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// compare holds elements of a layer's output against what they should be: all, or
// those at the given indices, whose expected values stand in order.
func (c *Checker) compare(layer int, got *workloads.Array, want span, at []int) {
	l := c.net.Layers[layer]
	t := l.Out()
	exact := c.exact || !t.Type.IsFloat() || moves(l)
	scale := 1.0
	if t.Scale != 0 {
		scale = t.Scale
	}
	count := got.Len()
	if at != nil {
		count = len(at)
	}
	c.report.Elements += int64(count)
	for i := range count {
		j := i
		if at != nil {
			j = at[i]
		}
		g, w, allowed := got.At(j), want.mid.At(i), 0.0
		if !exact {
			allowed = want.allowed(i, t.Type, len(l.Nodes))
		}
		off := distance(g, w)
		c.report.MaxAbsError = max(c.report.MaxAbsError, off*scale)
		c.report.Bound = max(c.report.Bound, min(allowed*scale, math.MaxFloat64))
		if off > allowed && c.report.Status == "pass" {
			c.report.Status = "fail"
			c.report.Detail = fmt.Sprintf("layer %s (%s): tensor %s%v is %v, want %v", l.Name, l.Head().Op, t.Name, position(t.Shape, j), g, w)
			if !exact {
				c.report.Detail += fmt.Sprintf(" ± %.3g", allowed)
			}
		}
	}
}

// distance is |g−w|; equal infinities and two NaN are 0 apart, and other pairs
// with one of them as far as numbers go.
func distance(g, w float64) float64 {
	if g == w || g != g && w != w {
		return 0
	}
	d := math.Abs(g - w)
	if d != d || math.IsInf(d, 0) {
		return math.MaxFloat64 / 2
	}
	return d
}

// moves tells whether a layer only puts elements elsewhere, which is exact in any format.
func moves(l *workloads.Layer) bool {
	for _, n := range l.Nodes {
		class := workloads.ClassOf(n.Op)
		if class != workloads.Move && class != workloads.View || n.In[0] == nil || n.In[0].Type != n.Out[0].Type {
			return false
		}
	}
	return true
}

// position is the index of an element along each axis.
func position(s workloads.Shape, flat int) []int {
	index := make([]int, len(s))
	for i := len(s) - 1; i >= 0; i-- {
		index[i] = flat % s[i]
		flat /= s[i]
	}
	return index
}

// span is an expected output: the value computed, and the values at both ends of
// the error interval of the product it begins with (nil where it is no product).
type span struct{ mid, low, high *workloads.Array }

// perNode is the error each further operator may add in fp32: four units in the last place.
const perNode = 4 * 0x1p-24

// allowed is how far element i may lie from mid.
func (s span) allowed(i int, t workloads.DType, nodes int) float64 {
	mid, spread := s.mid.At(i), 0.0
	if s.low != nil {
		spread = max(distance(s.low.At(i), mid), distance(s.high.At(i), mid))
	}
	unit := 2*reference.Bound(0, t) + float64(nodes)*perNode // both sides are rounded
	return spread + unit*math.Abs(finite(mid)) + 2*reference.Floor(t)
}

func finite(x float64) float64 {
	if x-x != 0 {
		return 0
	}
	return x
}

// evaluate computes a layer from given values, carrying the interval of its
// product through what is fused after it. It returns all the layer's outputs.
func (c *Checker) evaluate(l *workloads.Layer, values func(*workloads.Tensor) (*workloads.Array, error)) (map[*workloads.Tensor]span, error) {
	made := map[*workloads.Tensor]span{}
	for i, n := range l.Nodes {
		in := make([]span, len(n.In))
		for j, t := range n.In {
			if t == nil {
				continue
			}
			s, inner := made[t]
			if !inner {
				a, err := values(t)
				if err != nil {
					return nil, err
				}
				s = span{mid: a}
			}
			in[j] = s
		}
		out, err := follow(n, in)
		if err == nil && i == 0 && workloads.ClassOf(n.Op) == workloads.MatrixClass && n.Out[0].Type.IsFloat() {
			err = widen(n, in, &out[0])
		}
		if err != nil {
			return nil, err
		}
		for j, t := range n.Out {
			if t != nil {
				made[t] = out[j]
			}
		}
	}
	return made, nil
}

// follow computes a node at the middle and, where an input has them, at both ends
// of its inputs' intervals.
func follow(n *workloads.Node, in []span) ([]span, error) {
	wide := false
	for _, s := range in {
		wide = wide || s.low != nil
	}
	out := make([]span, len(n.Out))
	for k, pick := range []func(span) *workloads.Array{
		func(s span) *workloads.Array { return s.mid },
		func(s span) *workloads.Array { return s.low },
		func(s span) *workloads.Array { return s.high },
	} {
		if k > 0 && !wide {
			break
		}
		arrays := make([]*workloads.Array, len(in))
		for i, s := range in {
			if arrays[i] = pick(s); arrays[i] == nil {
				arrays[i] = s.mid
			}
		}
		values, err := reference.EvalFormat(n, arrays)
		if err != nil {
			return nil, err
		}
		for i := range out {
			*[]**workloads.Array{&out[i].mid, &out[i].low, &out[i].high}[k] = values[i]
		}
	}
	return out, nil
}

// widen gives the result of a product its interval: both sides sum k products in
// fp32, so they may differ by twice the bound.
func widen(n *workloads.Node, in []span, out *span) error {
	arrays := make([]*workloads.Array, len(in))
	step := 1.0
	for i, s := range in {
		arrays[i] = s.mid
		if i < 2 && n.In[i].Scale != 0 {
			step *= n.In[i].Scale
		}
	}
	magnitude, err := reference.Magnitudes(n, arrays)
	if err != nil {
		return err
	}
	bound := 2 * step * reference.Bound(terms(n), workloads.FP32)
	out.low, out.high = shifted(out.mid, magnitude, -bound), shifted(out.mid, magnitude, bound)
	return nil
}

// shifted is a + by·m, kept in fp32 whatever the format of a.
func shifted(a, m *workloads.Array, by float64) *workloads.Array {
	out := workloads.NewArray(workloads.FP32, a.Shape)
	for i := range out.F {
		out.F[i] = float32(a.At(i) + by*m.At(i))
	}
	return out
}

// terms is the number of terms in each sum of a product, the bias included.
func terms(n *workloads.Node) int {
	m, _ := workloads.MatrixOf(n)
	if n.Input(2) != nil {
		return m.Red() + 1
	}
	return m.Red()
}
