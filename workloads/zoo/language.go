package zoo

import (
	"fmt"

	"nnsim/workloads"
)

// languageModels take seq tokens after kv cached ones. Their outputs are the
// scores of the token that follows the last, and the keys and values of this
// run's tokens, which is what a server appends to its cache. seq is 128 and, in
// decode, kv is 128 by default: a convention of ours.
var languageModels = []model{
	{Info{Name: "gpt2-small", Family: "language model", Default: Options{Batch: 1, Seq: 128}, Params: 124439808,
		Source: "Radford et al., 2019 (124 M); exact count: the transformers library's gpt2"}, buildGPT2},
	{Info{Name: "llama-7b", Family: "language model", Default: Options{Batch: 1, Seq: 128}, Params: 6738415616,
		Source: "Touvron et al., arXiv 2302.13971, table 2 (6.7 B); exact count: the transformers library's LlamaForCausalLM"}, buildLlama},
}

// cache is what earlier runs left of one layer's keys or values.
func cache(b *workloads.Builder, name string, o Options, heads, dim int) *workloads.Tensor {
	if o.KV == 0 {
		return nil
	}
	return b.Input(name, o.Batch, heads, o.KV, dim)
}

func buildGPT2(b *workloads.Builder, o Options) []*workloads.Tensor {
	const vocabulary, context = 50257, 1024
	if !room(b, "gpt2-small", o, context) {
		return nil
	}
	words := embedding(b, "wte.weight", vocabulary, base.dim)
	place := b.Embed("wpe", embedding(b, "wpe.weight", context, base.dim), positions(b, "position_ids", o.KV, o.Seq))
	x := b.Add("embed", b.Embed("wte", words, b.Tokens("input_ids", vocabulary, o.Batch, o.Seq)), place)
	outputs := make([]*workloads.Tensor, 1, 1+2*base.blocks)
	for i := range base.blocks {
		name := fmt.Sprintf("h%d", i)
		q, k, v := base.fused(b, name+".attn", b.LayerNorm(name+".ln1", x, 1e-5))
		pastK, pastV := cache(b, name+".past_key", o, base.heads, base.dim/base.heads), cache(b, name+".past_value", o, base.heads, base.dim/base.heads)
		y := base.project(b, name+".attn", b.Attention(name+".attn", q, k, v, pastK, pastV, true), true)
		x = b.Add(name+".add1", x, y)
		x = b.Add(name+".add2", x, base.feedForward(b, name+".mlp", b.LayerNorm(name+".ln2", x, 1e-5), true))
		outputs = append(outputs, k, v)
	}
	x = token(b, "last", b.LayerNorm("ln_f", x, 1e-5), o.Seq-1)
	outputs[0] = b.Apply("lm_head", "Gemm", workloads.Attrs{"transB": int64(1)}, x, words) // the embedding's own table
	return outputs
}

// llama7B: 32 blocks of width 4,096, 32 heads, SwiGLU of width 11,008.
var llama7B = stack{blocks: 32, dim: 4096, heads: 32, hidden: 11008}

func buildLlama(b *workloads.Builder, o Options) []*workloads.Tensor {
	const vocabulary, context = 32000, 4096
	s, dim := llama7B, llama7B.dim/llama7B.heads
	if !room(b, "llama-7b", o, context) {
		return nil
	}
	x := b.Embed("embed", embedding(b, "embed.weight", vocabulary, s.dim), b.Tokens("input_ids", vocabulary, o.Batch, o.Seq))
	turn := newRotation(b, o, dim)
	outputs := make([]*workloads.Tensor, 1, 1+2*s.blocks)
	for i := range s.blocks {
		name := fmt.Sprintf("layer%d", i)
		h := b.RMSNorm(name+".norm1", x, 1e-6)
		q := turn.apply(b, name+".q_rope", b.Heads(name+".q", b.Linear(name+".q", h, s.dim, 1, false), s.heads))
		k := turn.apply(b, name+".k_rope", b.Heads(name+".k", b.Linear(name+".k", h, s.dim, 1, false), s.heads))
		v := b.Heads(name+".v", b.Linear(name+".v", h, s.dim, 1, false), s.heads)
		pastK, pastV := cache(b, name+".past_key", o, s.heads, dim), cache(b, name+".past_value", o, s.heads, dim)
		y := s.project(b, name+".attn", b.Attention(name+".attn", q, k, v, pastK, pastV, true), false)
		x = b.Add(name+".add1", x, y)
		x = b.Add(name+".add2", x, s.swiGLU(b, name+".mlp", b.RMSNorm(name+".norm2", x, 1e-6)))
		outputs = append(outputs, k, v)
	}
	x = token(b, "last", b.RMSNorm("norm", x, 1e-6), o.Seq-1)
	outputs[0] = b.Linear("lm_head", x, vocabulary, 1, false)
	return outputs
}

// swiGLU is down(silu(gate(x)) · up(x)) with silu(a) = a·σ(a).
func (s stack) swiGLU(b *workloads.Builder, name string, x *workloads.Tensor) *workloads.Tensor {
	gate, up := b.Linear(name+".gate", x, s.hidden, 2, false), b.Linear(name+".up", x, s.hidden, 1, false)
	gate = b.Mul(name+".silu", gate, b.Sigmoid(name+".sigmoid", gate))
	return b.Linear(name+".down", b.Mul(name+".product", gate, up), s.dim, 1, false)
}

// rotation is the rotary position embedding of the tokens of one run.
type rotation struct{ cos, sin *workloads.Tensor }

func newRotation(b *workloads.Builder, o Options, dim int) rotation {
	cos, sin := workloads.RotaryTables(dim/2, o.KV, o.Seq, 10000)
	return rotation{b.Buffer("rope.cos", cos, o.Batch, o.Seq, dim/2), b.Buffer("rope.sin", sin, o.Batch, o.Seq, dim/2)}
}

func (r rotation) apply(b *workloads.Builder, name string, x *workloads.Tensor) *workloads.Tensor {
	return b.Apply(name, "RotaryEmbedding", nil, x, r.cos, r.sin)
}
