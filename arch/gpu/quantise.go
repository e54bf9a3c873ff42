package gpu

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// Products of 8-bit floats: inputs that come from outside the network are values of
// 16 bits. Libraries that serve models bring them to 8 bits in kernels of their own before
// the product [vllm, sglang, tensorrt-llm]:
//
//	rows    a scale a row           row of 16 bits ─ |max| ─ reduce ─ again: scale, convert ─▶ row of 8 bits
//	static  a scale known before    row of 16 bits ─ scale, convert ─▶ row of 8 bits
//	tensor  a scale for all         clear ─▶ |max| of all ─▶ scale, convert ─▶ scale to 32 bits
//	none    as where the layer before writes 8 bits
//
// rows and static are one kernel with a CTA of 256 threads a row, tensor four nodes of a graph:
// what TensorRT-LLM runs where a checkpoint has no scale of its inputs.
// What it does to values is not modelled: the operands are given in 8 bits.

// Operations on an element, in lanes of the FP32 pipe, as compiled: its
// magnitude and a maximum; a product, two clamps, a conversion and moves of bytes, most of them
// at half rate; the same with a division by IEEE's rule, which starts from a reciprocal [nvrtc].
const (
	magnitudeOps = 4
	convertOps   = 11
	divideOps    = 21
)

// quantiseThreads is the threads of a row's CTA, quantiseLoad the bytes each has under
// way: 16 values. Where there are many rows each is a warp's, tokensPerCTA in a CTA
// (SGLang, sgl_per_token_quant_fp8) [sglang]. divideRegisters is what a thread of vLLM's kernel
// with a scale a row takes, quantiseRegisters what it takes in the others (35, and 26 to 32) [nvrtc].
const (
	quantiseThreads   = 256
	quantiseLoad      = 32
	tokensPerCTA      = quantiseThreads / 32
	divideRegisters   = 40
	quantiseRegisters = 32
)

// wide is the bytes of a value before it is brought to 8 bits.
const wide = 2

// quantised tells whether a product's rows are brought to 8 bits first.
func (c *Config) quantised(head *workloads.Node) bool {
	t := head.In[0]
	return c.Kernel.Quantise != "none" && t.Role == workloads.Input && (t.Type == workloads.E4M3 || t.Type == workloads.E5M2)
}

// quantising are the kernels that bring a product's input to 8 bits.
func (c *Config) quantising(p *product) []*kernel {
	if c.Kernel.Quantise == "tensor" {
		return c.quantiseAll(p)
	}
	return []*kernel{c.quantise(p)}
}

// quantise writes the kernel that brings a product's rows to 8 bits.
func (c *Config) quantise(p *product) *kernel {
	w := &rowWork{rows: int64(p.m) * int64(p.batch), length: int64(p.k), threads: quantiseThreads, vectors: true, load: quantiseLoad, registers: quantiseRegisters}
	switch {
	case c.Kernel.Quantise == "static":
		w.passes = []rowPass{{ops: convertOps}}
	case c.Kernel.Engine == "sglang":
		w.passes = []rowPass{{ops: magnitudeOps}, {ops: convertOps}}
		if w.rows >= int64(2*c.SM.Count*tokensPerCTA) {
			w.abreast = tokensPerCTA
		}
	default:
		w.passes, w.registers = []rowPass{{ops: magnitudeOps}, {ops: divideOps, hard: 1}}, divideRegisters
	}
	elements, s := w.rows*w.length, &streamWork{rows: w}
	s.in, s.out = elements*wide, elements
	if p.aThere {
		s.there = s.in
	}
	for _, pass := range w.passes {
		s.simple, s.hard = s.simple+elements*pass.ops, s.hard+elements*pass.hard
	}
	k := c.rowwise(s)
	k.name = "quantise"
	return k
}

// A scale for all values, as TensorRT-LLM finds it: grids of sweepCTAs go over the values, a thread
// one at a time, with four under way where the greatest magnitude is sought. Each CTA then reads the
// scale, of 16 bits, and exchanges it atomically [tensorrt-llm]. Instructions a value and registers
// are as compiled [nvrtc].
const (
	sweepCTAs                          = 1024
	maximumThreads, maximumUnder       = 1024, 4
	maximumOps, maximumRegisters       = 8, 24
	scalingOps, scalingRegisters       = 20, 16
	scaleBytes, atomicTrips      int64 = 2, 2
)

// quantiseAll are the nodes that bring a product's input to 8 bits with a scale for all of it.
func (c *Config) quantiseAll(p *product) []*kernel {
	maximum := c.sweep("maximum", p, maximumThreads, maximumUnder, maximumOps, maximumRegisters)
	maximum.finish.chain = c.blockReduce() + atomicTrips*int64(c.L2.Far)
	scaling := c.sweep("quantise", p, quantiseThreads, 1, scalingOps, scalingRegisters)
	each := scaling.work
	scaling.work = func(i int) work {
		w := each(i)
		w.store = w.loads[0].bytes * int64(w.steps) / wide
		return w
	}
	return []*kernel{c.node("clear", 0), maximum, scaling, c.node("widen", scaleBytes)}
}

// sweep writes a kernel that goes over a product's input of 16 bits once, each thread so many values at a time.
func (c *Config) sweep(name string, p *product, threads, under, ops, registers int) *kernel {
	values, warps := int64(p.m)*int64(p.batch)*int64(p.k), threads/32
	busy := min(sweepCTAs, unit.CeilDiv(values, int64(threads))) // CTAs that have any
	steps := unit.CeilDiv(values, busy*int64(threads*under))
	each := unit.CeilDiv(values, busy*steps) // of a CTA's step
	k := &kernel{name: name, ctas: sweepCTAs, warps: warps, stages: 1, start: int64(c.Launch.CTA), serial: true, alike: busy == sweepCTAs,
		simple: values * int64(ops), events: fp32Pipe, fit: c.resident(warps, registers, 0)}
	k.math = unit.CeilDiv(each*int64(ops), int64(c.SM.FP32))
	k.chain = k.math + int64(ops)*opLatency
	k.joules = float64(each) * float64(ops) * float64(c.Power.FMA)
	k.work = func(i int) work {
		w := work{steps: 1}
		if int64(i) < busy {
			w.steps = int(steps)
			w.loads[0] = operand{first: -1, bytes: each * wide, there: p.aThere}
		}
		return w
	}
	return k
}
