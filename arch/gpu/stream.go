package gpu

import "nnsim/unit"

// streamBytes is what a CTA of a streaming kernel has under way: 256 threads with
// four loads of 16 bytes each.
const streamBytes = 256 * 4 * 16

// streamWarps and streamRegisters are what such a CTA takes of an SM.
const streamWarps, streamRegisters = 8, 32

// streamed writes the kernel of vector work and data movement: each CTA loads its
// share at once, computes, and stores.
func (c *Config) streamed(s *streamWork) *kernel {
	if s.rows != nil {
		return c.rowwise(s)
	}
	n := s.ctas()
	k := &kernel{name: "stream", ctas: n, warps: streamWarps, stages: 1, start: int64(c.Launch.CTA),
		simple: s.simple, special: s.hard, events: fp32Pipe, fit: c.resident(streamWarps, streamRegisters, 0), params: s.params}
	share := func(all int64, i int) int64 { return all*int64(i+1)/int64(n) - all*int64(i)/int64(n) }
	k.math = unit.CeilDiv(unit.CeilDiv(s.simple, int64(n)), int64(c.SM.FP32))
	k.sfu = unit.CeilDiv(unit.CeilDiv(s.hard, int64(n)), int64(c.SM.SFU))
	k.chain = max(k.math, k.sfu)
	k.joules = (float64(s.simple)*float64(c.Power.FMA) + float64(s.hard)*float64(c.Power.Special)) / float64(n)
	k.work = func(i int) work {
		w := work{steps: 1, store: share(s.out, i)}
		w.loads[0] = operand{first: -1, bytes: share(s.in-s.there, i)}
		w.loads[1] = operand{first: -1, bytes: share(s.there, i), there: true}
		return w
	}
	return k
}

// A split product's parts are summed by CTAs of reduceWarps warps, a result a thread [cublas], which has
// reduceLoads parts under way at a time and waits for L2 once for each so many (chosen in view of times on
// A100 [aiconfigurator]; CUTLASS's kernel takes 4). The parts of one row have kernels whose threads share
// a result's parts.
const (
	reduceWarps = 16
	reduceLoads = 8
)

// ofSums is the reads of L2, one after another, before the first instruction of that kernel.
func (l *Launch) ofSums() int { return max(0, l.Cold-l.Spared) }

// reduction is the kernel that sums the parts of a split product.
func (c *Config) reduction(p *product, t tiling) *kernel {
	results, warps, per, loads := p.m*p.n*p.batch, reduceWarps, 32*reduceWarps, min(t.split, reduceLoads)
	if t.vector {
		warps, per, loads = streamWarps, max(1, streamBytes/(4*t.split)), t.split
	}
	k := &kernel{name: "split-reduce", ctas: unit.CeilDiv(results, per), warps: warps, stages: 1, start: int64(c.Launch.CTA),
		simple: int64(results) * int64(t.split), events: fp32Pipe, fit: c.resident(warps, streamRegisters, 0), serial: true, sums: true}
	k.math = int64(unit.CeilDiv(per*loads, c.SM.FP32))
	k.chain = k.math
	k.joules = float64(per*loads) * float64(c.Power.FMA)
	full, rest := t.split/loads, t.split%loads
	k.work = func(i int) work {
		n := int64(min(per, results-i*per))
		w := work{steps: unit.CeilDiv(t.split, loads), store: n * int64(p.out), extra: n * int64(p.extra)}
		w.loads[0] = operand{first: -1, bytes: n * 4 * int64(loads), until: full, there: true}
		w.loads[1] = operand{first: -1, bytes: n * 4 * int64(rest), from: full, there: true}
		return w
	}
	return k
}
