package zoo

import "nnsim/workloads"

// stack is what encoder and decoder blocks have in common: model width, heads
// (and those of keys and values), width of the feed-forward layer.
type stack struct {
	blocks, dim, heads, hidden int
}

// fused makes queries, keys and values by one product and splits its result, as
// ViT and GPT-2 do.
func (s stack) fused(b *workloads.Builder, name string, x *workloads.Tensor) (q, k, v *workloads.Tensor) {
	qkv := b.Linear(name+".qkv", x, 3*s.dim, 1, true)
	part := b.ApplyN(name+".split", "Split", 3, workloads.Attrs{"axis": int64(-1)}, qkv, b.Ints(name+".split.sizes", s.dim, s.dim, s.dim))
	return b.Heads(name+".q", part[0], s.heads), b.Heads(name+".k", part[1], s.heads), b.Heads(name+".v", part[2], s.heads)
}

// project joins the heads and multiplies by the output matrix.
func (s stack) project(b *workloads.Builder, name string, x *workloads.Tensor, bias bool) *workloads.Tensor {
	return b.Linear(name+".proj", b.MergeHeads(name+".merge", x), s.dim, 1, bias)
}

// feedForward is the two-layer perceptron with a GELU between.
func (s stack) feedForward(b *workloads.Builder, name string, x *workloads.Tensor, fast bool) *workloads.Tensor {
	x = b.Gelu(name+".gelu", b.Linear(name+".fc1", x, s.hidden, 2, true), fast)
	return b.Linear(name+".fc2", x, s.dim, 1, true)
}

// token picks one position of [batch, tokens, dim].
func token(b *workloads.Builder, name string, x *workloads.Tensor, at int) *workloads.Tensor {
	return b.Apply(name, "Gather", workloads.Attrs{"axis": int64(1)}, x, b.Index(name+".index", at))
}

// positions is the constant list from, from+1, …
func positions(b *workloads.Builder, name string, from, count int) *workloads.Tensor {
	list := make([]int, count)
	for i := range list {
		list[i] = from + i
	}
	return b.Ints(name, list...)
}

// room refuses more positions than a model has embeddings for.
func room(b *workloads.Builder, name string, o Options, most int) bool {
	if o.Seq+o.KV > most {
		b.Fail("zoo: %s has %d positions, seq=%d and kv=%d need %d", name, most, o.Seq, o.KV, o.Seq+o.KV)
		return false
	}
	return true
}

// embedding is a table of rows of the given width; its elements have variance ¼.
func embedding(b *workloads.Builder, name string, rows, width int) *workloads.Tensor {
	return b.Weight(name, 1, 0.25, rows, width)
}
