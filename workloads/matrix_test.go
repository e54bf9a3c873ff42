package workloads_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

type shape = workloads.Shape
type attrs = workloads.Attrs

func tensor(name string, s ...int) *workloads.Tensor {
	return &workloads.Tensor{Name: name, Shape: shape(s), Type: workloads.FP32, Role: workloads.Input}
}

// node applies an operator and infers its outputs.
func node(t require.TestingT, op string, attr attrs, in ...*workloads.Tensor) *workloads.Node {
	n := &workloads.Node{Name: "n", Op: op, Attr: attr, In: in, Out: []*workloads.Tensor{{Name: "y"}}}
	require.NoError(t, workloads.Infer(n))
	return n
}

func pair(a, b int) []int64 { return []int64{int64(a), int64(b)} }

// drawConv draws a convolution that has an output.
func drawConv(t *rapid.T) *workloads.Node {
	draw := func(lo, hi int, name string) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	groups, c, k := draw(1, 3, "groups"), draw(1, 3, "c"), draw(1, 3, "k")
	r, s, dh, dw := draw(1, 3, "r"), draw(1, 3, "s"), draw(1, 2, "dilh"), draw(1, 2, "dilw")
	h, w := draw((r-1)*dh+1, 7, "h"), draw((s-1)*dw+1, 7, "w")
	a := attrs{"group": int64(groups), "strides": pair(draw(1, 3, "strideh"), draw(1, 3, "stridew")), "dilations": pair(dh, dw)}
	if mode := rapid.SampledFrom([]string{"", "SAME_UPPER", "SAME_LOWER", "VALID"}).Draw(t, "auto_pad"); mode != "" {
		a["auto_pad"] = mode
	} else {
		a["pads"] = []int64{int64(draw(0, 2, "top")), int64(draw(0, 2, "left")), int64(draw(0, 2, "bottom")), int64(draw(0, 2, "right"))}
	}
	return node(t, "Conv", a, tensor("x", draw(1, 2, "n"), groups*c, h, w), tensor("w", groups*k, c, r, s))
}

// The space of a convolution says which input meets which weight: walking it
// computes what the reference kernel computes, multiplication by multiplication.
func TestConvSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawConv(t)
		m, ok := workloads.MatrixOf(n)
		require.True(t, ok)
		x, w := seeded(n.In[0], 1), seeded(n.In[1], 2)
		want, err := reference.Eval(n, []*workloads.Array{x, w})
		require.NoError(t, err)
		require.Equal(t, m.Images*m.K*m.Groups*m.OH*m.OW, want[0].Len())
		macs, at := int64(0), 0
		for image := range m.Images {
			for filter := range m.Groups * m.K {
				for out := range m.OH * m.OW {
					sum := 0.0
					for c := range m.C {
						for tap := range m.R * m.S {
							macs++
							ih, iw := out/m.OW*m.StrideH-m.PadH+tap/m.S*m.DilH, out%m.OW*m.StrideW-m.PadW+tap%m.S*m.DilW
							if ih < 0 || ih >= m.H || iw < 0 || iw >= m.W {
								continue
							}
							channel := filter/m.K*m.C + c
							sum += x.At(((image*m.C*m.Groups+channel)*m.H+ih)*m.W+iw) * w.At((filter*m.C+c)*m.R*m.S+tap)
						}
					}
					if d := sum - want[0].At(at); d > 1e-4 || d < -1e-4 {
						t.Fatalf("%v: output %d is %v by the space, %v by the kernel", m, at, sum, want[0].At(at))
					}
					at++
				}
			}
		}
		require.Equal(t, macs, m.MACs())
		require.Equal(t, macs, workloads.MACs(n))
		require.EqualValues(t, macs, m.Groups*m.M()*m.N()*m.Red())
	})
}

// seeded gives a tensor whole numbers between -4 and 4, so that sums are exact.
func seeded(t *workloads.Tensor, seed uint64) *workloads.Array {
	a := workloads.NewArray(workloads.FP32, t.Shape)
	workloads.Uniform(t.Name, seed, 4.5).Fill(a.F, 0)
	for i := range a.F {
		a.F[i] = float32(int(a.F[i]))
	}
	return a
}

func TestOneAxisConv(t *testing.T) {
	m, ok := workloads.MatrixOf(node(t, "Conv", attrs{"strides": []int64{2}, "pads": []int64{1, 0}, "dilations": []int64{3}, "group": int64(2)}, tensor("x", 5, 4, 11), tensor("w", 6, 2, 3)))
	require.True(t, ok)
	assert.Equal(t, workloads.Matrix{Batch: 1, Groups: 2, Images: 5, C: 2, K: 3, H: 1, W: 11, R: 1, S: 3, OH: 1, OW: 3, StrideH: 1, StrideW: 2, DilH: 1, DilW: 3, PadW: 1, SharedB: true}, m)
	assert.EqualValues(t, 5*6*3*2*3, m.MACs())
	_, ok = workloads.MatrixOf(node(t, "Conv", nil, tensor("x", 1, 1, 3, 3, 3), tensor("w", 1, 1, 2, 2, 2)))
	assert.False(t, ok, "three spatial axes")
	_, ok = workloads.MatrixOf(node(t, "Relu", nil, tensor("x", 3)))
	assert.False(t, ok)
}

func TestGemmSpace(t *testing.T) {
	for transA := range 2 {
		for transB := range 2 {
			a, b := []int{3, 5}, []int{5, 7}
			if transA == 1 {
				a = []int{5, 3}
			}
			if transB == 1 {
				b = []int{7, 5}
			}
			m, ok := workloads.MatrixOf(node(t, "Gemm", attrs{"transA": int64(transA), "transB": int64(transB)}, tensor("a", a...), tensor("b", b...)))
			require.True(t, ok)
			assert.Equal(t, []int{3, 7, 5, 1, 1}, []int{m.M(), m.N(), m.Red(), m.Batch, m.Groups})
			assert.Equal(t, []bool{transA == 1, transB == 1, true}, []bool{m.TransA, m.TransB, m.SharedB})
			assert.EqualValues(t, 105, m.MACs())
			assert.Equal(t, "M=3 N=7 K=5", m.String())
		}
	}
}

// A product of batches, one operand broadcast against the other: walking the space
// with BatchIndex computes what the reference kernel computes.
func TestMatMulSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lead := rapid.SliceOfN(rapid.IntRange(1, 3), 0, 3).Draw(t, "lead")
		operand := func(name string, rows, cols int, vector []int) *workloads.Tensor {
			if rapid.IntRange(0, 5).Draw(t, name+" is a vector") == 0 {
				return tensor(name, vector...)
			}
			own := append([]int{}, lead[rapid.IntRange(0, len(lead)).Draw(t, name+" begins"):]...)
			for i := range own {
				if rapid.IntRange(0, 3).Draw(t, name+" broadcasts") == 0 {
					own[i] = 1
				}
			}
			return tensor(name, append(own, rows, cols)...)
		}
		rows, red, cols := rapid.IntRange(1, 4).Draw(t, "m"), rapid.IntRange(1, 4).Draw(t, "k"), rapid.IntRange(1, 4).Draw(t, "n")
		n := node(t, "MatMul", attrs{}, operand("a", rows, red, []int{red}), operand("b", red, cols, []int{red}))
		m, ok := workloads.MatrixOf(n)
		require.True(t, ok)
		a, b := seeded(n.In[0], 1), seeded(n.In[1], 2)
		want, err := reference.Eval(n, []*workloads.Array{a, b})
		require.NoError(t, err)
		require.Equal(t, m.Batch*m.M()*m.N(), want[0].Len())
		require.EqualValues(t, want[0].Len()*red, m.MACs())
		for batch := range m.Batch {
			ia, ib := 0, 0
			if !m.SharedB {
				ia, ib = workloads.BatchIndex(n, batch)
			}
			for i := range m.M() * m.N() {
				sum := 0.0
				for k := range m.Red() {
					sum += a.At((ia*m.M()+i/m.N())*m.Red()+k) * b.At((ib*m.Red()+k)*m.N()+i%m.N())
				}
				if got := want[0].At(batch*m.M()*m.N() + i); got != sum {
					t.Fatalf("%v by %v, batch %d, element %d: %v by the space, %v by the kernel", n.In[0].Shape, n.In[1].Shape, batch, i, sum, got)
				}
			}
		}
	})
}

func TestAttentionMACs(t *testing.T) {
	heads := node(t, "Attention", attrs{}, tensor("q", 2, 6, 4, 8), tensor("k", 2, 3, 5, 8), tensor("v", 2, 3, 5, 10))
	assert.EqualValues(t, 2*6*4*5*(8+10), workloads.MACs(heads))
	flat := node(t, "Attention", attrs{"q_num_heads": int64(6), "kv_num_heads": int64(3)}, tensor("q", 2, 4, 48), tensor("k", 2, 5, 24), tensor("v", 2, 5, 30))
	assert.EqualValues(t, 2*6*4*5*(8+10), workloads.MACs(flat), "heads side by side cost the same")
	past := node(t, "Attention", attrs{}, tensor("q", 1, 2, 1, 8), tensor("k", 1, 2, 1, 8), tensor("v", 1, 2, 1, 8), nil, tensor("pk", 1, 2, 7, 8), tensor("pv", 1, 2, 7, 8))
	assert.EqualValues(t, 2*8*16, workloads.MACs(past))
	for _, n := range []*workloads.Node{heads, flat} { // written out, it is the same work
		g := &workloads.Graph{Name: "g", Nodes: []*workloads.Node{n}, Inputs: n.In, Outputs: n.Out}
		e, err := workloads.Expand(g)
		require.NoError(t, err)
		assert.Equal(t, workloads.GraphMACs(g), workloads.GraphMACs(e))
	}
}

func TestMatrixReads(t *testing.T) {
	conv, _ := workloads.MatrixOf(node(t, "Conv", attrs{"group": int64(2)}, tensor("x", 1, 4, 5, 5), tensor("w", 6, 2, 3, 3)))
	assert.Equal(t, "1×4×5×5 → 6×3×3, 3×3, 2 groups", conv.String())
	batched, _ := workloads.MatrixOf(node(t, "MatMul", attrs{}, tensor("a", 4, 2, 3), tensor("b", 4, 3, 5)))
	assert.Equal(t, "4 × (M=2 N=5 K=3)", batched.String())
}
