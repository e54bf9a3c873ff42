package gpu

import "nnsim/unit"

// streamBytes is what a CTA of a streaming kernel has under way: 256 threads with
// four loads of 16 bytes each.
const streamBytes = 256 * 4 * 16

// reduction is the kernel that sums the parts of a split product.
func (c *Config) reduction(p *product, t tiling) *kernel {
	results := p.m * p.n * p.batch
	per := max(1, streamBytes/(4*t.split))
	k := &kernel{name: "split-reduce", ctas: unit.CeilDiv(results, per), warps: 8, stages: 1, start: int64(c.Launch.CTA),
		sharedBy: 1, simple: int64(results) * int64(t.split), events: fp32Pipe}
	k.fit = c.resident(k.warps, 32, 0)
	k.math = int64(unit.CeilDiv(per*t.split, c.SM.FP32))
	k.chain = k.math
	k.work = func(i int) work {
		n := min(per, results-i*per)
		w := work{steps: 1, store: int64(n) * int64(p.out), extra: int64(n) * int64(p.extra)}
		w.loads[0] = operand{first: -1, bytes: int64(n) * 4 * int64(t.split), there: true, narrow: true}
		return w
	}
	return k
}
