package gpu

import "nnsim/workloads"

// Products of 8-bit floats: inputs that come from outside the network are values of
// 16 bits. Libraries that serve models bring each row to 8 bits in a kernel of its
// own before the product (vLLM's dynamic_per_token_scaled_fp8_quant, TensorRT-LLM's
// and SGLang's alike): a CTA of 256 threads sweeps its row for the greatest
// magnitude, then again to scale and convert it.
//
//	row of 16 bits ─ pass 1: |max| ─ reduce ─ pass 2: scale, clamp, convert ─▶ row of 8 bits
//
// kernel.quantise=none leaves the kernel out, as where the layer before writes 8 bits.
// What it does to values is not modelled: the operands are given in 8 bits.

// Operations on an element: a magnitude and a maximum that minds NaN; a product, two
// clamps, half a conversion of two.
const (
	magnitudeOps = 1 + maxOps
	convertOps   = 4
)

// quantiseThreads is the threads of a row's CTA, quantiseLoad the bytes each has under
// way: 16 values. Where there are many rows each is a warp's, tokensPerCTA in a CTA
// (SGLang, sgl_per_token_quant_fp8) [sglang].
const (
	quantiseThreads = 256
	quantiseLoad    = 32
	tokensPerCTA    = quantiseThreads / 32
)

// wide is the bytes of a value before it is brought to 8 bits.
const wide = 2

// quantised tells whether a product's rows are brought to 8 bits first.
func (c *Config) quantised(head *workloads.Node) bool {
	t := head.In[0]
	return c.Kernel.Quantise != "none" && t.Role == workloads.Input && (t.Type == workloads.E4M3 || t.Type == workloads.E5M2)
}

// quantise writes the kernel that brings a product's rows to 8 bits.
func (c *Config) quantise(p *product) *kernel {
	w := &rowWork{rows: int64(p.m) * int64(p.batch), length: int64(p.k), threads: quantiseThreads, vectors: true, load: quantiseLoad, passes: []rowPass{{ops: magnitudeOps}, {ops: convertOps}}}
	if c.Kernel.Quantise == "static" {
		w.passes = w.passes[1:]
	}
	if c.Kernel.Engine == "sglang" && w.rows >= int64(2*c.SM.Count*tokensPerCTA) {
		w.abreast = tokensPerCTA
	}
	elements := w.rows * w.length
	k := c.rowwise(&streamWork{in: elements * wide, out: elements, simple: elements * (magnitudeOps + convertOps), rows: w})
	k.name = "quantise"
	return k
}
