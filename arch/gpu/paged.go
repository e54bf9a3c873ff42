package gpu

import (
	"math"

	"nnsim/unit"
	"nnsim/workloads"
)

// Attention as engines that serve language models run it: this step's keys and values
// are written to a cache of pages, and attention reads all of them there.
//
//	append ─▶ prepare ─▶ flash                     ─▶ combine
//	          parts of   tiles of packed heads,       where there
//	          each       keys by pages, the           are parts
//	          sequence   last first
//
// It is FlashAttention 3 as SGLang calls it on Ampere and Hopper, for sequences of any
// length [flash-attention, sglang]: the heads of queries that share keys lie in one tile,
// and since a page of 64 keys is no tile, TMA cannot fetch it; threads compute the address
// of each row (paged_kv.h).

// operates notes which operator a node of attention stands for (kernel.operator).
// There is a cache where keys are more than queries. Where they are as many, and queries
// look back, auto takes bf16, in which engines keep caches, for an engine's, and fp16, in
// which kernels are measured, for the kernel by itself.
func (c *Config) operates(a *attentionWork) {
	prefill := a.causal && a.keys == a.rows && (c.Kernel.Operator == "engine" || a.dt == workloads.BF16)
	a.appends = c.Kernel.Operator != "kernel" && (a.keys > a.rows || prefill)
	a.paged = a.appends && c.SM.Path != "registers" && c.tensorRate(a.dt) > 0 && a.dt.CellBytes() == 2 && max(a.dim, a.dimV) <= longestPaged
}

// longestPaged is the longest heads that there are kernels for.
const longestPaged = 256

// attention is the kernels of a node.
func (c *Config) attention(a *attentionWork) (list []*kernel) {
	if a.appends {
		list = append(list, c.append(a))
	}
	if a.paged {
		list = append(list, c.prepare(a))
	}
	list = append(list, c.flash(a))
	switch {
	case a.most > 1 && a.paged:
		list = append(list, c.joined(a))
	case a.most > 1:
		list = append(list, c.combine(a))
	}
	return list
}

// keeps tells whether L2 holds all of a tensor of keys or values when attention reads it:
// as it has just been written, or as an input of a loop that repeats the same. Each line lies
// in its home, and in the partition of its only reader too where that is another.
func (c *Config) keeps(a *attentionWork, t *workloads.Tensor) bool {
	written := a.appends && a.keys == a.rows
	lines := int64(a.batch*a.heads/a.shared) * int64(a.keys*(a.dim+a.dimV)*a.dt.CellBytes())
	copies := lines * int64(c.L2.Partitions-1) / int64(c.L2.Partitions)
	return (written || c.L2.Inputs == "there" && t.Role == workloads.Input) && lines+copies <= int64(c.L2.Size)
}

// pagedTile is the extents of a tile of paged keys (tile_size.h; on Ampere that of keys in parts is another).
func (c *Config) pagedTile(a *attentionWork) (rows, keys int) {
	dim, parts := max(a.dim, a.dimV), a.most != 1
	switch {
	case c.SM.Path == "tma" && dim <= 64:
		return 192, 128
	case c.SM.Path == "tma" && dim <= 128:
		return 128, 128
	case c.SM.Path == "tma" && dim <= 192:
		return 128, 96
	case c.SM.Path == "tma":
		return 128, 80
	case dim <= 64 && parts:
		return 64, 128
	case dim <= 64:
		return 128, 128
	case dim <= 128 && parts:
		return 128, 112
	}
	return 128, 64
}

// leastBlocks is the blocks of keys of a part below which it counts less (heuristics.h), and mostPrepared
// the sequences whose parts are counted on the device (flash_api.cpp).
const leastBlocks, mostPrepared = 4, 992

// pagedSplits is the parts of keys: the most there may be, which the host reckons as if
// there were one sequence, and those that the device makes, so that all SMs have as many
// blocks and a tenth more (flash_prepare_scheduler.cu).
func (c *Config) pagedSplits(a *attentionWork) (most, splits int) {
	heads, rows, blocks := a.heads/a.shared, unit.CeilDiv(a.rows*a.shared, a.tall), unit.CeilDiv(a.keys, a.wide)
	most = c.splitsAtMost(heads*rows, blocks)
	if a.batch > mostPrepared {
		return most, 1
	}
	each := math.Ceil(1.1 * float64(a.batch*rows*blocks*heads) / float64(c.SM.Count))
	return most, max(1, min(most, unit.CeilDiv(blocks, int(each))))
}

// splitsAtMost is the fewest parts that fill waves within 95 % of as well as any number
// (num_splits_heuristic of heuristics.h).
func (c *Config) splitsAtMost(ctas, blocks int) int {
	if 5*ctas >= 4*c.SM.Count || blocks <= leastBlocks || blocks <= 2*leastBlocks && ctas >= 32 {
		return 1
	}
	full := func(splits int) float64 {
		waves := float64(ctas*splits) / float64(c.SM.Count)
		share := waves / math.Ceil(waves)
		if blocks/splits < leastBlocks {
			share *= 0.85
		}
		return share
	}
	most, best := min(mostSplits, c.SM.Count, blocks), 0.0
	for splits := 1; splits <= most; splits++ {
		best = max(best, full(splits))
	}
	splits := 1
	for full(splits) < 0.95*best {
		splits++
	}
	return splits
}

// prepare is the kernel that counts each sequence's parts: a lane a sequence, 31 lanes a warp.
func (c *Config) prepare(a *attentionWork) *kernel {
	warps := min(32, unit.CeilDiv(a.batch, 31))
	k := &kernel{name: "prepare", ctas: unit.CeilDiv(a.batch, mostPrepared), warps: warps, stages: 1, start: int64(c.Launch.CTA), events: fp32Pipe,
		fit: c.resident(warps, streamRegisters, 0)}
	k.chain = c.blockReduce()
	k.work = func(int) work {
		bytes := 8 * int64(min(a.batch, mostPrepared)) // a length and a number of parts
		w := work{steps: 1, store: bytes, partial: true}
		w.loads[0] = operand{first: -1, bytes: bytes, there: true}
		return w
	}
	return k
}

// lookups is the reads from L2, one after another, before a CTA can ask for its first
// keys: which tile it has, how long its sequence is, and where the page lies.
const lookups = 3

// reads is what so many of them take.
func (c *Config) reads(n int64) int64 { return n * int64(c.L2.Latency+c.L2.Far) / 2 }

// joinStages is the parts under way in the kernel that joins them, joinRows the rows of
// queries of its CTA of 256 threads (flash_fwd_combine_kernel.h, values of 128).
const joinStages, joinRows = 4, 8

// joined is the kernel that joins parts of paged keys: weights first, then part after part
// while the next are on their way. Sequences that are whole have nothing to be joined.
func (c *Config) joined(a *attentionWork) *kernel {
	rows, cells := a.heads*a.rows, joinRows*a.dimV
	tiles := unit.CeilDiv(rows, joinRows)
	k := &kernel{name: "combine", ctas: a.batch * tiles, warps: 8, stages: joinStages, start: int64(c.Launch.CTA) + c.reads(1), events: fp32Pipe, early: c.SM.Path == "tma",
		fit: c.resident(8, streamRegisters, 0)}
	k.math = int64(unit.CeilDiv(cells, c.SM.FP32))
	k.chain = k.math + int64(c.SM.Latency) + opLatency
	k.joules = float64(cells) * float64(c.Power.FMA)
	if a.split > 1 {
		k.finish.chain = 2 * c.blockReduce() // of weights: their maximum and their sum
		k.simple = int64(a.batch*rows) * int64(a.dimV) * int64(a.split)
	}
	k.work = func(i int) work {
		if a.split == 1 {
			return work{}
		}
		n := min(joinRows, rows-i%tiles*joinRows)
		w := work{steps: a.split, store: int64(n*a.dimV) * int64(a.out)}
		w.loads[0] = operand{first: -1, bytes: int64(n) * 4 * int64(a.split), until: 1, there: true}
		w.loads[1] = operand{first: -1, bytes: int64(n*a.dimV) * 4, there: true}
		return w
	}
	return k
}
