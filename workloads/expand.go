package workloads

import (
	"fmt"
	"math"
)

// Expand rewrites every Attention node as the products it consists of, for
// machines without a kernel that fuses them:
//
//	k, v ◀─ Concat with the cache        q ─┐
//	k ─ Transpose ────────────────────── MatMul ─ Mul 1/√dim ─ Add mask ─ Softmax ─ MatMul ─▶
//	                                                                        v ───────┘
//
// Heads that share keys and values become more rows of one product. The two
// products under a purely causal mask carry the attribute causal=1, which lets a
// machine skip what the mask discards; heads that share keys have no such
// attribute, as their rows are not one triangle. Other nodes and all tensors
// between them are shared with g, which stays as it is.
func Expand(g *Graph) (*Graph, error) {
	b := &Builder{graph: &Graph{Name: g.Name, Inputs: g.Inputs, Params: g.Params, Batch: g.Batch}}
	for _, n := range g.Nodes {
		if n.Op != "Attention" {
			b.graph.Nodes = append(b.graph.Nodes, n)
			continue
		}
		if err := expandable(n); err != nil {
			return nil, fmt.Errorf("%s: %w", g.Name, err)
		}
		newExpansion(b, n).run()
	}
	return b.Build(g.Outputs...)
}

// expandable refuses the parts of the operator that no product stands for.
func expandable(n *Node) error {
	switch {
	case n.Input(6) != nil:
		return fmt.Errorf("node %v: nonpad_kv_seqlen cannot be expanded; give a mask instead", n)
	case len(n.Out) > 3 && n.Out[3] != nil:
		return fmt.Errorf("node %v: the output qk_matmul_output cannot be had from an expanded attention", n)
	case len(n.In[0].Shape) != 3 && len(n.In[0].Shape) != 4:
		return fmt.Errorf("node %v: Q has shape %v; 3 or 4 axes are known", n, n.In[0].Shape)
	}
	keys := n.In[1].Shape[len(n.In[1].Shape)-2] // of [batch, keys, …] and [batch, heads, keys, dim] alike
	if past := n.Input(4); past != nil {
		keys += past.Shape[2]
	}
	if mask := n.Input(3); mask != nil {
		if last := mask.Shape[len(mask.Shape)-1]; last != keys && last != 1 {
			return fmt.Errorf("node %v: a mask of %d columns for %d keys cannot be expanded; pad it to all keys", n, last, keys)
		}
	}
	return nil
}

// expansion is one Attention node on its way.
type expansion struct {
	b       *Builder
	n       *Node
	q, k, v *Tensor // [batch, heads, tokens, dim]
	past    int     // cached keys before k's own
	shared  int     // query heads for each head of keys
	flat    bool    // inputs have 3 axes, heads side by side
}

func newExpansion(b *Builder, n *Node) *expansion {
	e := &expansion{b: b, n: n, q: n.In[0], k: n.In[1], v: n.In[2], flat: len(n.In[0].Shape) == 3}
	if e.flat {
		heads := int(n.Attr.Int("q_num_heads", 1))
		kvHeads := int(n.Attr.Int("kv_num_heads", int64(heads)))
		e.q = b.Heads(n.Name+".q", e.q, heads)
		e.k, e.v = b.Heads(n.Name+".k", e.k, kvHeads), b.Heads(n.Name+".v", e.v, kvHeads)
	}
	e.shared = b.Dim(e.q, 1) / b.Dim(e.k, 1)
	if past := n.Input(4); past != nil {
		e.past = b.Dim(past, 2)
	}
	e.k, e.v = e.joined(".keys", e.k, 1), e.joined(".values_joined", e.v, 2)
	return e
}

// joined puts the cache before this run's keys or values, as the node's present
// output where somebody wants it.
func (e *expansion) joined(suffix string, x *Tensor, output int) *Tensor {
	past := e.n.Input(3 + output)
	wanted := output < len(e.n.Out) && e.n.Out[output] != nil
	switch {
	case past != nil:
		x = e.b.Concat(e.n.Name+suffix, 2, past, x)
	case wanted:
		x = e.b.Apply(e.n.Name+suffix, "Identity", nil, x)
	}
	if wanted {
		x = e.b.rename(x, e.n.Out[output])
	}
	return x
}

// rename makes the last node write out instead of the tensor it made.
func (b *Builder) rename(made, out *Tensor) *Tensor {
	if b.err != nil {
		return out
	}
	if !made.Shape.Equal(out.Shape) {
		b.Fail("%s: %s is %v, its expansion %v", b.graph.Name, out.Name, out.Shape, made.Shape)
	}
	b.graph.Nodes[len(b.graph.Nodes)-1].Out[0] = out
	return out
}

func (e *expansion) run() {
	b, name := e.b, e.n.Name
	batch, heads, rows, cols := b.Dim(e.q, 0), b.Dim(e.q, 1), b.Dim(e.q, 2), b.Dim(e.k, 2)
	hint := e.hint(rows, cols)
	q := e.q
	if e.shared > 1 {
		q = b.Reshape(name+".group", q, batch, heads/e.shared, e.shared*rows, b.Dim(q, 3))
	}
	s := b.Apply(name+".scores", "MatMul", hint, q, b.Transpose(name+".keys_t", e.k, 0, 1, 3, 2))
	if e.shared > 1 {
		s = b.Reshape(name+".ungroup", s, batch, heads, rows, cols)
	}
	p := b.Softmax(name+".softmax", e.adjusted(s, rows, cols), -1)
	if e.shared > 1 {
		p = b.Reshape(name+".regroup", p, batch, heads/e.shared, e.shared*rows, cols)
	}
	y := b.Apply(name+".values", "MatMul", hint, p, e.v)
	if e.shared > 1 {
		y = b.Reshape(name+".heads", y, batch, heads, rows, b.Dim(e.v, 3))
	}
	if e.flat {
		y = b.MergeHeads(name+".merge", y)
	}
	b.rename(y, e.n.Out[0])
}

// hint is the attribute of products of which a causal mask discards the corner
// above the diagonal that ends at the last query and the last key.
func (e *expansion) hint(rows, cols int) Attrs {
	onlyCausal := e.n.Attr.Int("causal", 0) != 0 || e.n.Attr.Int("is_causal", 0) != 0 && e.n.Input(3) == nil && cols-rows == e.past
	if !onlyCausal || e.shared > 1 {
		return Attrs{}
	}
	return Attrs{"causal": int64(1)}
}

// inType gives a constant a type.
func inType(t *Tensor, to DType) *Tensor {
	t.Type = to
	return t
}

// adjusted scales the scores, caps them and masks them.
func (e *expansion) adjusted(s *Tensor, rows, cols int) *Tensor {
	b, n := e.b, e.n
	scale := n.Attr.Float("scale", 0)
	if scale == 0 {
		scale = float32(1 / math.Sqrt(float64(b.Dim(e.q, 3))))
	}
	constant := func(suffix string, v float32) *Tensor { // in the scores' type
		return inType(b.Scalar(n.Name+suffix, v), s.Type)
	}
	s = b.Mul(n.Name+".scale", s, constant(".scale.factor", scale))
	if limit := n.Attr.Float("softcap", 0); limit != 0 {
		s = b.Tanh(n.Name+".cap.tanh", b.Mul(n.Name+".cap.in", s, constant(".cap.inverse", 1/limit)))
		s = b.Mul(n.Name+".cap", s, constant(".cap.limit", limit))
	}
	if mask := n.Input(3); mask != nil && mask.Type == Bool {
		s = b.Apply(n.Name+".mask_where", "Where", nil, mask, s, constant(".masked", masked))
	} else if mask != nil {
		s = b.Add(n.Name+".mask_add", s, mask)
	}
	if n.Attr.Int("is_causal", 0) != 0 {
		s = b.Add(n.Name+".causal_add", s, inType(b.Buffer(n.Name+".causal_mask", CausalMask(cols, e.past), rows, cols), s.Type))
	}
	return s
}
