package workloads_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

func values(t *workloads.Tensor) *workloads.Array {
	if t.Const != nil {
		return t.Const
	}
	a := workloads.NewArray(workloads.FP32, t.Shape)
	t.Fill(a.F, 0)
	return a
}

// evaluate runs a graph node by node through the CPU kernels.
func evaluate(t *testing.T, g *workloads.Graph) map[*workloads.Tensor]*workloads.Array {
	at := map[*workloads.Tensor]*workloads.Array{}
	for _, in := range g.Inputs {
		at[in] = values(in)
	}
	for _, n := range g.Nodes {
		in := make([]*workloads.Array, len(n.In))
		for i, x := range n.In {
			switch {
			case x == nil:
			case x.Role == workloads.Weight:
				in[i] = values(x)
			default:
				in[i] = at[x]
			}
		}
		out, err := reference.Eval(n, in)
		require.NoError(t, err)
		for i, x := range n.Out {
			if x != nil {
				at[x] = out[i]
			}
		}
	}
	return at
}

// attend is attention written down from its definition: for each query the
// weights of the keys it may see, and their values' mean.
func attend(q, k, v *workloads.Array, lookBack bool) []float64 {
	batch, heads, rows, dim := q.Shape[0], q.Shape[1], q.Shape[2], q.Shape[3]
	kvHeads, cols, width := k.Shape[1], k.Shape[2], v.Shape[3]
	y := make([]float64, batch*heads*rows*width)
	for bh := range batch * heads {
		own := bh/heads*kvHeads + bh%heads/(heads/kvHeads)
		for i := range rows {
			sum, weight := 0.0, make([]float64, cols)
			for j := range cols {
				if lookBack && j > i+cols-rows {
					continue
				}
				s := 0.0
				for d := range dim {
					s += q.At((bh*rows+i)*dim+d) * k.At((own*cols+j)*dim+d)
				}
				weight[j] = math.Exp(s / math.Sqrt(float64(dim)))
				sum += weight[j]
			}
			for j := range cols {
				for d := range width {
					y[(bh*rows+i)*width+d] += weight[j] / sum * v.At((own*cols+j)*width+d)
				}
			}
		}
	}
	return y
}

// joined puts cached keys before new ones, head by head.
func joined(past, x *workloads.Array) *workloads.Array {
	s := x.Shape.Clone()
	s[2] += past.Shape[2]
	a, at := workloads.NewArray(workloads.FP32, s), 0
	for head := range s[0] * s[1] {
		for _, part := range []*workloads.Array{past, x} {
			n := part.Shape[2] * part.Shape[3]
			at += copy(a.F[at:], part.F[head*n:(head+1)*n])
		}
	}
	return a
}

func TestExpandedAttention(t *testing.T) {
	for name, c := range map[string]struct {
		batch, heads, kvHeads, rows, keys, past int
		lookBack                                bool
		hint                                    int64 // causal attribute of the products
	}{
		"plain":                 {2, 3, 3, 5, 5, 0, false, 0},
		"causal":                {2, 3, 3, 5, 5, 0, true, 1},
		"cross":                 {1, 2, 2, 3, 7, 0, false, 0},
		"last queries":          {1, 2, 2, 3, 7, 0, true, 1},
		"shared heads":          {2, 6, 2, 4, 4, 0, false, 0},
		"shared, causal":        {2, 6, 2, 4, 4, 0, true, 0},
		"decode":                {2, 4, 4, 1, 1, 9, true, 0},
		"decode, shared":        {2, 4, 2, 1, 1, 9, true, 0},
		"prompt after a prompt": {1, 2, 2, 3, 3, 4, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := workloads.NewBuilder("attention", 11)
			q := b.Input("q", c.batch, c.heads, c.rows, 8)
			k, v := b.Input("k", c.batch, c.kvHeads, c.keys, 8), b.Input("v", c.batch, c.kvHeads, c.keys, 6)
			var pastK, pastV *workloads.Tensor
			wantK, wantV := values(k), values(v)
			if c.past > 0 {
				pastK, pastV = b.Input("pk", c.batch, c.kvHeads, c.past, 8), b.Input("pv", c.batch, c.kvHeads, c.past, 6)
				wantK, wantV = joined(values(pastK), wantK), joined(values(pastV), wantV)
			}
			y := b.Attention("attn", q, k, v, pastK, pastV, c.lookBack)
			g, err := b.Build(y)
			require.NoError(t, err)
			e, err := workloads.Expand(g)
			require.NoError(t, err)
			require.NoError(t, e.Validate())
			assert.Same(t, y, e.Outputs[0])
			assert.Equal(t, workloads.GraphMACs(g), workloads.GraphMACs(e))

			want := attend(values(q), wantK, wantV, c.lookBack)
			compare := func(g *workloads.Graph) {
				got := evaluate(t, g)[y]
				require.Equal(t, y.Shape, got.Shape)
				for i := range want {
					require.InDelta(t, want[i], got.At(i), 1e-5)
				}
			}
			compare(e)
			if reference.Supports("Attention") {
				compare(g)
			}
			for _, n := range e.Nodes {
				assert.NotEqual(t, "Attention", n.Op)
				if n.Op == "MatMul" {
					assert.Equal(t, c.hint, n.Attr.Int("causal", 0), n.Name)
				}
			}
		})
	}
}

// A model in half precision is written out in it, with the constants of its scores.
func TestExpandedHalfAttention(t *testing.T) {
	b := workloads.NewBuilder("attention", 11)
	input := func(name string, shape ...int) *workloads.Tensor {
		x := b.Input(name, shape...)
		x.Type = workloads.FP16
		return x
	}
	mask := b.Input("mask", 3, 5)
	mask.Type, mask.Source = workloads.Bool, workloads.Modulo("mask", 1, 2)
	attr := workloads.Attrs{"is_causal": int64(1), "softcap": float32(2)}
	g, err := b.Build(b.Apply("attn", "Attention", attr, input("q", 1, 4, 3, 8), input("k", 1, 2, 5, 8), input("v", 1, 2, 5, 6), mask))
	require.NoError(t, err)
	e, err := workloads.Expand(g)
	require.NoError(t, err)
	require.NoError(t, e.Validate())
	for _, n := range e.Nodes {
		require.NoError(t, workloads.Infer(n))
		assert.Equal(t, workloads.FP16, n.Out[0].Type, n.Name)
	}
}

// Heads that lie side by side, as imported models have them, and the joined
// cache as an output.
func TestExpandedFlatHeads(t *testing.T) {
	b := workloads.NewBuilder("flat", 3)
	q, k, v := b.Input("q", 2, 4, 12), b.Input("k", 2, 4, 12), b.Input("v", 2, 4, 12)
	pk, pv := b.Input("pk", 2, 3, 5, 4), b.Input("pv", 2, 3, 5, 4)
	out := b.ApplyN("attn", "Attention", 3, workloads.Attrs{"q_num_heads": int64(3), "kv_num_heads": int64(3)}, q, k, v, nil, pk, pv)
	g, err := b.Build(out...)
	require.NoError(t, err)
	e, err := workloads.Expand(g)
	require.NoError(t, err)

	split := func(x *workloads.Tensor) *workloads.Array { // [2, 4, 3·4] to [2, 3, 4, 4]
		a, in := workloads.NewArray(workloads.FP32, workloads.Shape{2, 3, 4, 4}), values(x)
		for i := range in.F {
			n, token, head, d := i/48, i/12%4, i/4%3, i%4
			a.F[((n*3+head)*4+token)*4+d] = in.F[i]
		}
		return a
	}
	keys, vals := joined(values(pk), split(k)), joined(values(pv), split(v))
	got := evaluate(t, e)
	assert.Equal(t, keys.F, got[out[1]].F)
	assert.Equal(t, vals.F, got[out[2]].F)
	want := attend(split(q), keys, vals, false)
	for i, x := range got[out[0]].F {
		n, token, head, d := i/48, i/12%4, i/4%3, i%4
		require.InDelta(t, want[((n*3+head)*4+token)*4+d], x, 1e-5)
	}
}

func TestExpandRefuses(t *testing.T) {
	b := workloads.NewBuilder("net", 3)
	q, k, v := b.Input("q", 1, 1, 4, 2), b.Input("k", 1, 1, 6, 2), b.Input("v", 1, 1, 6, 2)
	g, err := b.Build(b.Apply("attn", "Attention", nil, q, k, v, b.Input("mask", 4, 5)))
	require.NoError(t, err)
	_, err = workloads.Expand(g)
	assert.EqualError(t, err, "net: node attn (Attention): a mask of 5 columns for 6 keys cannot be expanded; pad it to all keys")
}
