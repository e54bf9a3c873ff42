package gpu

import (
	"math"

	"nnsim/unit"
)

// softmaxSimple is the FP32 pipe's part of a step's softmax.
func (c *Config) softmaxSimple(sfu int64) int64 {
	return sfu * int64(c.SM.SFU) * (softmaxOps - shadowOps) / int64(c.SM.FP32)
}

// Waits at barriers of shared memory between warp groups (notes on Hopper in
// Accel-Sim 2.0 and FlashGPU-Sim): an arrival, and a wait that finds it.
const arriveCost, waitCost = 29, 32

// flashStep is what a tile of keys takes. Where a warp does one thing after another
// (mma.sync), scores, softmax and values follow one another and only another CTA
// fills the gaps. Warp groups of 64 rows (wgmma) take turns, one multiplying while
// others have their softmax: the slower of both decides, and each turn is handed over
// at a barrier.
func (c *Config) flashStep(a *attentionWork, rows, keys int) usage {
	macs, scores := rows*keys*(a.dim+a.dimV), rows*keys
	u := usage{sfu: int64(unit.CeilDiv(scores, c.SM.SFU))}
	simple := int64(unit.CeilDiv(scores*(softmaxOps-shadowOps), c.SM.FP32))
	cell := a.dt.CellBytes()
	switch {
	case c.tensorRate(a.dt) == 0:
		u.math = int64(unit.CeilDiv(macs, c.rate(a.dt))) + simple
		u.chain = u.math + u.sfu
	case c.SM.Path == "tma" && !a.halves(c):
		u.math = c.onTensor(macs, a.dt)
		turns := int64(unit.CeilDiv(rows, 64))
		u.chain = max(u.math, u.sfu+simple) + turns*(arriveCost+waitCost)
	default:
		u.math = c.onTensor(int(math.Ceil(float64(macs)/c.Tensor.Sync)), a.dt)
		u.chain = u.math + u.sfu + simple
	}
	tile := keys * (a.dim + a.dimV) * cell
	tall := 32 // rows of a warp
	if a.halves(c) {
		tall = rowsPer
	}
	u.shared = c.wavefronts(unit.CeilDiv(rows, tall)*tile + tile) // by each warp, and filled
	if c.SM.Path == "tma" && !a.halves(c) {
		u.shared = c.wavefronts(unit.CeilDiv(rows, 64)*tile + rows*a.dim*cell + tile) // by each warp group, with its queries
	}
	return u
}

// flashShares is what the warps of the groups that take turns spend a tile's edges on:
// a group's own products and softmax, the barriers of its turns, and else the pipe that
// the others have: the one that is the slower.
func (c *Config) flashShares(a *attentionWork, rows int, k *kernel) []share {
	u := &k.usage
	groups := int64(unit.CeilDiv(rows, 64))
	var s [reasons]int64
	s[onBarrier] = min(u.chain, groups*(arriveCost+waitCost))
	softmax := u.sfu + c.softmaxSimple(u.sfu)
	s[issuing] = min(u.chain-s[onBarrier], (u.math+softmax)/groups)
	why := onPipe
	if softmax > u.math {
		why = onSFU
	}
	s[why] = u.chain - s[onBarrier] - s[issuing]
	return []share{{"multiply", 0, k.consumers(), s}}
}

// groupSoftmax is the softmax of one warp group's tile with the products before and
// after it: at the beginning and end of a CTA nothing else runs beside it.
func (c *Config) groupSoftmax(a *attentionWork, rows, keys int) int64 {
	u := c.flashStep(a, rows, keys)
	turns := int64(unit.CeilDiv(rows, 64))
	return (u.sfu+c.softmaxSimple(u.sfu)+u.math)/turns + 2*int64(c.Tensor.Latency)
}

// executed is the useful multiply-adds: all of the tiles that are not wholly masked,
// never more than there are.
func (a *attentionWork) executed(tall, bn, tiles int) int64 {
	if !a.causal || a.decodes() {
		return a.macs
	}
	var pairs int64
	pack := a.pack()
	for row := range tiles {
		lo, hi := row*tall, min(a.rows*pack, (row+1)*tall)
		seen := min(a.keys, unit.CeilDiv(a.keys-a.rows+unit.CeilDiv(hi, pack), bn)*bn)
		pairs += int64(hi-lo) * int64(seen)
	}
	return min(a.macs, pairs*int64(a.batch)*int64(a.heads/pack)*int64(a.dim+a.dimV))
}

// append is the kernel that writes this step's keys and values to the cache of those
// before, turned by their places.
func (c *Config) append(a *attentionWork) *kernel {
	cells := int64(a.batch * a.heads / a.shared * a.rows * (a.dim + a.dimV))
	s := streamWork{in: cells * int64(a.dt.CellBytes()), out: cells * int64(a.dt.CellBytes()), simple: cells * 2}
	if s.in <= int64(c.L2.Size)/int64(c.L2.Partitions) { // the product before has left them there
		s.there = s.in
	}
	k := c.streamed(&s)
	k.name = "append"
	return k
}

// combineRows is the rows of queries of a CTA that joins parts (flash_fwd_splitkv_combine_kernel, heads to 128).
const combineRows = 4

// combine is the kernel that joins the parts of split keys: a CTA of four warps has a
// few rows; it reads the weights of all parts, and then adds part after part, each of
// which it waits for.
func (c *Config) combine(a *attentionWork) *kernel {
	rows := a.batch * a.heads * a.rows
	k := &kernel{name: "combine", ctas: unit.CeilDiv(rows, combineRows), warps: 4, stages: 1, start: int64(c.Launch.CTA), serial: true, events: fp32Pipe,
		simple: int64(rows) * int64(a.dimV) * int64(a.split), fit: c.resident(4, streamRegisters, 0)}
	cells := combineRows * a.dimV
	k.math = int64(unit.CeilDiv(cells, c.SM.FP32))
	k.chain = k.math + 2*opLatency
	k.joules = float64(cells) * float64(c.Power.FMA)
	k.finish.chain = c.blockReduce()
	k.work = func(i int) work {
		n := min(combineRows, rows-i*combineRows)
		w := work{steps: a.split + 1, store: int64(n*a.dimV) * int64(a.out)}
		w.loads[0] = operand{first: -1, bytes: int64(n) * 4 * int64(a.split), until: 1, there: true}
		w.loads[1] = operand{first: -1, bytes: int64(n*a.dimV) * 4, from: 1, there: true}
		return w
	}
	return k
}

// splitKeys is the keys of a tile where few queries share out parts of them (run_mha_fwd_splitkv_dispatch).
func splitKeys(a *attentionWork) int {
	switch dim := max(a.dim, a.dimV); {
	case dim <= 64:
		return 256
	case dim <= 128:
		return 128
	}
	return 64
}

// issues is what the next keys cost the warps that multiply, which load them too: a thread's
// loads leave one after another; and where keys lie in pages, their place is looked up in L1
// and handed to the threads of a row first (paged_kv.h).
func (c *Config) issues(a *attentionWork) int64 {
	leave := c.wavefronts(a.wide * a.dim * a.dt.CellBytes())
	if a.paged {
		leave += int64(c.L1.Latency + c.SM.Latency)
	}
	return leave
}

// byHalves makes the kernel one that has a tile of keys and one of values, both once:
// values come while scores are computed, and the next keys from then on. Each is waited for
// at a barrier, and rows' maxima are found by two shuffles and what they change by an exponential.
//
//	keys     load 0 │        load 1  │
//	values          │ load 0 │       │ load 1
//	pipes           │ q·k 0  │ softmax, p·v 0  │ q·k 1
func (c *Config) byHalves(k *kernel, a *attentionWork, steps int) {
	k.stages = 2
	scores, results := k.usage, k.usage
	scores.math, scores.joules, scores.sfu = k.math*int64(a.dim)/int64(a.dim+a.dimV), k.joules/2, 0
	results.math, results.joules = k.math-scores.math, k.joules/2
	scores.chain = barrierCost + scores.math + int64(c.Tensor.Latency)
	maxima := 2*int64(c.SM.Latency) + hardLatency
	results.chain = barrierCost + c.issues(a) + maxima + k.sfu + c.softmaxSimple(k.sfu) + results.math + int64(c.Tensor.Latency)
	scores.shared, results.shared = k.shared/2, k.shared/2
	for range steps {
		k.parts = append(k.parts, scores, results)
	}
	whole := k.work
	k.work = func(i int) work {
		w := whole(i)
		w.steps *= 2
		for j := range w.loads {
			w.loads[j].alike, w.loads[j].turn = 2, j+1
		}
		return w
	}
}
