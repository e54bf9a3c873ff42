package zoo

import (
	"fmt"

	"nnsim/workloads"
)

var encoders = []model{
	{Info{Name: "bert-base", Family: "encoder", Default: Options{Batch: 1, Seq: 128}, Params: 109482240,
		Source: "Devlin et al., NAACL 2019 (110 M); exact count: the transformers library's bert-base-uncased"}, buildBERT},
	{Info{Name: "vit-b16", Family: "vision", Default: Options{Batch: 1, Image: 224}, MACs: 17.564e9, Params: 86567656, Tolerance: 0.002,
		Source: "Dosovitskiy et al., ICLR 2021; counts: torchvision ViT_B_16_Weights"}, buildViT},
}

// base is the size that BERT-base, ViT-B and GPT-2 small share.
var base = stack{blocks: 12, dim: 768, heads: 12, hidden: 3072}

func buildBERT(b *workloads.Builder, o Options) []*workloads.Tensor {
	if !room(b, "bert-base", o, 512) {
		return nil
	}
	x := b.Embed("embeddings.word", embedding(b, "embeddings.word.weight", 30522, base.dim), b.Tokens("input_ids", 30522, o.Batch, o.Seq))
	kind := b.Embed("embeddings.type", embedding(b, "embeddings.type.weight", 2, base.dim), b.Tokens("token_type_ids", 2, o.Batch, o.Seq))
	place := b.Embed("embeddings.position", embedding(b, "embeddings.position.weight", 512, base.dim), positions(b, "position_ids", 0, o.Seq))
	x = b.Add("embeddings.add_position", b.Add("embeddings.add_type", x, kind), place)
	x = b.LayerNorm("embeddings.norm", x, 1e-12)
	for i := range base.blocks {
		name := fmt.Sprintf("layer%d", i)
		y := base.separate(b, name+".attn", x)
		x = b.LayerNorm(name+".norm1", b.Add(name+".add1", x, y), 1e-12)
		y = base.feedForward(b, name+".mlp", x, false)
		x = b.LayerNorm(name+".norm2", b.Add(name+".add2", x, y), 1e-12)
	}
	pooled := b.Tanh("pooler.tanh", b.Linear("pooler", token(b, "pooler.first", x, 0), base.dim, 1, true))
	return []*workloads.Tensor{x, pooled}
}

// separate is self-attention with a product each for queries, keys and values.
func (s stack) separate(b *workloads.Builder, name string, x *workloads.Tensor) *workloads.Tensor {
	head := func(part string) *workloads.Tensor {
		return b.Heads(name+"."+part, b.Linear(name+"."+part, x, s.dim, 1, true), s.heads)
	}
	q, k, v := head("query"), head("key"), head("value")
	return s.project(b, name, b.Attention(name, q, k, v, nil, nil, false), true)
}

const patch = 16

func buildViT(b *workloads.Builder, o Options) []*workloads.Tensor {
	if o.Image%patch != 0 {
		b.Fail("zoo: vit-b16: image=%d is no multiple of the patch, %d", o.Image, patch)
		return nil
	}
	tokens := (o.Image / patch) * (o.Image / patch)
	x := b.Conv("patch", picture(b, o), base.dim, workloads.Window{R: patch, Stride: patch, Bias: true, Gain: 1})
	x = b.Transpose("patch.tokens", b.Reshape("patch.flat", x, o.Batch, base.dim, tokens), 0, 2, 1)
	class := b.Apply("class.expand", "Expand", nil, b.Weight("class_token", 1, 0.25, 1, 1, base.dim), b.Ints("class.shape", o.Batch, 1, base.dim))
	x = b.Concat("tokens", 1, class, x)
	x = b.Add("position", x, b.Weight("position.weight", 1, 0.25, 1, tokens+1, base.dim))
	for i := range base.blocks {
		name := fmt.Sprintf("layer%d", i)
		q, k, v := base.fused(b, name+".attn", b.LayerNorm(name+".norm1", x, 1e-6))
		y := base.project(b, name+".attn", b.Attention(name+".attn", q, k, v, nil, nil, false), true)
		x = b.Add(name+".add1", x, y)
		x = b.Add(name+".add2", x, base.feedForward(b, name+".mlp", b.LayerNorm(name+".norm2", x, 1e-6), false))
	}
	x = token(b, "class", b.LayerNorm("norm", x, 1e-6), 0)
	return []*workloads.Tensor{b.Linear("head", x, 1000, 1, true)}
}
