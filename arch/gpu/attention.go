package gpu

import (
	"fmt"
	"math"

	"nnsim/unit"
	"nnsim/workloads"
)

// attentionWork is one Attention node as its kernel sees it: heads of queries that
// share heads of keys, in the manner of FlashAttention: a CTA keeps rows of queries
// and passes over tiles of keys and values.
type attentionWork struct {
	batch, heads, shared int // shared: query heads for each head of keys
	rows, keys           int
	dim, dimV            int
	causal               bool // a query sees the keys up to its own place, the last query all
	dt                   workloads.DType
	out                  int
	macs                 int64
	there                [2]bool // keys, values in L2
	split                int     // CTAs that share the keys of a row tile
	most                 int     // of them, as far as the host knows: 1: none share
	tall, wide           int     // a tile's queries and keys
	appends              bool    // keys and values are written to a cache first
	paged                bool    // which lies in pages (paged.go)
}

// attends tells whether a node is attention that the kernel takes: heads on an
// axis of their own, no scores wanted, no cap, and no mask but the causal one.
func attends(n *workloads.Node) bool {
	if n.Op != "Attention" || len(n.In) < 3 || len(n.In[0].Shape) != 4 || len(n.In[1].Shape) != 4 {
		return false
	}
	for _, t := range n.Out[1:] {
		if t != nil {
			return false
		}
	}
	only := n.Input(3) == nil || n.Attr.Int("causal", 0) != 0
	return only && n.Attr.Float("softcap", 0) == 0 && n.Input(6) == nil
}

// attentionOf views a node as the kernel's work.
func attentionOf(n *workloads.Node) *attentionWork {
	q, k, v := n.In[0], n.In[1], n.In[2]
	a := &attentionWork{batch: q.Shape[0], heads: q.Shape[1], shared: q.Shape[1] / k.Shape[1], rows: q.Shape[2], keys: k.Shape[2], dim: q.Shape[3], dimV: v.Shape[3],
		dt: q.Type, out: n.Out[0].Type.CellBytes(), macs: workloads.MACs(n), split: 1}
	if past := n.Input(4); past != nil {
		a.keys += past.Shape[2]
	}
	a.causal = n.Attr.Int("causal", 0) != 0 || n.Attr.Int("is_causal", 0) != 0
	return a
}

// flashTile is the extents of a tile, queries by keys. FlashAttention 2 has 128 by 64
// for heads of 128 (run_mha_fwd_hdim128); FlashAttention 3 has 128 by 128, by 176
// where nothing is masked, and three warp groups of 64 rows by 128 keys for heads to
// 64 (tile_size_fwd_sm90). A decoding CTA takes as many queries as share its keys.
//
// Where heads are so long that a tile has no room, its keys are halved, then its
// queries (cut).
func (c *Config) flashTile(a *attentionWork) (rows, keys int) {
	switch {
	case a.paged:
		return c.pagedTile(a)
	case a.decodes():
		return a.rows * a.shared, splitKeys(a)
	case c.SM.Path != "tma":
		return 128, 64
	case max(a.dim, a.dimV) <= 64:
		return 192, 128
	case a.causal:
		return 128, 128
	}
	return 128, 176
}

// decodes tells whether there are so few queries that a CTA takes all that share keys.
func (a *attentionWork) decodes() bool { return a.rows*a.shared <= 64 }

// pack is the heads of queries that lie in one tile, one query after another.
func (a *attentionWork) pack() int {
	if a.paged || a.decodes() {
		return a.shared
	}
	return 1
}

// softmaxOps is the operations of the FP32 pipe on a score: scaling and subtracting
// of the maximum in one, the maximum, the sum, the narrowing, and a share of the
// rescaling of the results so far.
const softmaxOps = 5

// shadowOps of them, the scaling in the same loop as the exponential, issue while the
// pipe of transcendental functions, which takes a warp's instruction every eight
// edges, is busy with the one before. The sum is a loop of its own.
const shadowOps = 1

// flashGrid is the CTAs of one part of the keys: heads of keys or of queries, each with so
// many row tiles.
func (a *attentionWork) flashGrid() (heads, tiles int) {
	pack := a.pack()
	return a.batch * a.heads / pack, unit.CeilDiv(a.rows*pack, a.tall)
}

// cut chooses the tile, and how many CTAs share the keys of a row tile.
func (c *Config) cut(a *attentionWork) error {
	a.tall, a.wide = c.flashTile(a)
	for c.flashFit(a).ctas < 1 {
		switch {
		case a.wide > 16:
			a.wide = (a.wide/2 + 15) / 16 * 16
		case a.tall > 64 && (a.paged || !a.decodes()):
			a.tall = 64
		default:
			warps, registers, shared := c.flashNeeds(a)
			return c.admits(fmt.Sprintf("attention over heads of %d, %d queries by %d keys,", max(a.dim, a.dimV), a.tall, a.wide), warps, registers, shared)
		}
	}
	switch {
	case !a.paged:
		a.split = c.shares(a)
		a.most = a.split
	case a.most == 0:
		if a.most, a.split = c.pagedSplits(a); a.most == 1 { // which has a tile of its own
			return c.cut(a)
		}
	}
	return nil
}

// shares is how many CTAs share the keys of a row tile: enough to give every SM one, each
// with two tiles of keys at least.
func (c *Config) shares(a *attentionWork) int {
	heads, tiles := a.flashGrid()
	if a.decodes() {
		return splitsOf(heads*tiles, 2*c.SM.Count, unit.CeilDiv(a.keys, splitBlock))
	}
	return max(1, min(c.SM.Count/(heads*tiles), unit.CeilDiv(a.keys, 2*a.wide)))
}

// splitBlock is the keys of a block of which a CTA has one at least, and mostSplits the
// CTAs at most that share keys (flash_api.cpp, heads to 128).
const splitBlock, mostSplits = 128, 128

// splitsOf is FlashAttention's rule (num_splits_heuristic): the fewest parts whose last
// wave is within 85 % of as full as that of any number; none where the places are
// taken four fifths without. Numbers that leave no CTA fewer blocks are not looked at.
func splitsOf(ctas, places, blocks int) int {
	if 5*ctas >= 4*places {
		return 1
	}
	full := func(splits int) float64 {
		waves := float64(ctas*splits) / float64(places)
		return waves / math.Ceil(waves)
	}
	eligible := func(splits int) bool {
		return splits == 1 || unit.CeilDiv(blocks, splits) != unit.CeilDiv(blocks, splits-1)
	}
	most, best := min(mostSplits, places, blocks), 0.0
	for splits := 1; splits <= most; splits++ {
		if eligible(splits) {
			best = max(best, full(splits))
		}
	}
	for splits := 1; splits <= most; splits++ {
		if eligible(splits) && full(splits) >= 0.85*best {
			return splits
		}
	}
	return 1
}

// flashRows is the rows of a CTA: those that exist of a tile, and as the instructions pad them.
func (c *Config) flashRows(a *attentionWork) (rows, padded int) {
	rows = a.tall
	if !a.decodes() || a.paged {
		rows = min(a.rows*a.pack(), a.tall)
	}
	switch {
	case a.paged:
		return rows, a.tall
	case c.SM.Path == "tma", a.decodes():
		return rows, unit.CeilDiv(rows, 64) * 64
	}
	return rows, unit.CeilDiv(rows, rowsPer) * rowsPer
}

// producerRegisters is what a thread of the producer's warp group keeps (FlashAttention 3 with three consumers: 160 each, and 32).
const producerRegisters = 32

// flashNeeds is what a CTA takes of an SM: queries stay in shared memory, keys and
// values are there twice, or one of them once where they take turns; results and
// scores are in registers, over more warps where four (a warp group for 64 rows) do
// not hold them.
func (c *Config) flashNeeds(a *attentionWork) (warps, registers int, shared int64) {
	_, padded := c.flashRows(a)
	multiply, produce := 4, 0
	if c.SM.Path == "tma" && !a.halves(c) {
		multiply, produce = padded/16, 4
	}
	needed := func() int { return padded*(a.dimV+a.wide)/(32*multiply) + perThread }
	for needed() > mostRegisters && multiply < 16 {
		multiply *= 2
	}
	room := padded*a.dim + 2*a.wide*(a.dim+a.dimV)
	switch {
	case a.halves(c) && a.paged: // queries lie where values will
		room = a.wide*a.dim + max(a.wide*a.dimV, padded*a.dim)
	case a.halves(c):
		room -= a.wide * (a.dim + a.dimV)
	}
	registers = needed()
	if registers <= mostRegisters { // the producer gives its own away (setmaxnreg)
		registers = unit.CeilDiv(registers*multiply+producerRegisters*produce, multiply+produce)
	}
	return multiply + produce, registers, int64(room) * int64(a.dt.CellBytes())
}

// flashFit is its residency.
func (c *Config) flashFit(a *attentionWork) residency {
	warps, registers, shared := c.flashNeeds(a)
	fit := c.resident(warps, registers, shared)
	switch {
	case registers > mostRegisters:
		return residency{0, "registers"}
	case a.halves(c) && a.paged:
		fit.ctas = min(fit.ctas, 1)
	}
	return fit
}

// halves tells whether keys and values are there once each, and neither TMA brings them
// nor groups of warps take turns with them: where parts of keys are shared out
// (flash_fwd_splitkv_kernel, of FlashAttention 2 on Hopper too), except for paged keys on Hopper.
func (a *attentionWork) halves(c *Config) bool {
	if a.paged {
		return a.most != 1 && c.SM.Path != "tma" // 0: not known yet
	}
	return a.decodes()
}

// flash writes the kernel.
func (c *Config) flash(a *attentionWork) *kernel {
	heads, tiles := a.flashGrid()
	rows, padded := c.flashRows(a)
	tall, bn := a.tall, a.wide
	steps := unit.CeilDiv(a.keys, bn)
	k := &kernel{name: "flash", ctas: heads * tiles * a.split, stages: 2, start: int64(c.Launch.CTA), events: tensorPipe, fit: c.flashFit(a)}
	k.warps, _, _ = c.flashNeeds(a)
	k.usage = c.flashStep(a, padded, bn)
	grouped := c.SM.Path == "tma" && !a.halves(c)
	if grouped && c.tensorRate(a.dt) > 0 {
		k.producers = 4
		k.split = func() []share { return c.flashShares(a, padded, k) }
	}
	if c.tensorRate(a.dt) == 0 {
		k.events = fp32Pipe
	}
	k.joules = float64(padded*bn*(a.dim+a.dimV))*c.macJoules(a.dt) + float64(padded*bn)*(softmaxOps*float64(c.Power.FMA)+float64(c.Power.Special))
	k.finish = usage{chain: int64(c.Tensor.Latency) + c.wavefronts(padded*a.dimV*4) + barrierCost, shared: c.wavefronts(padded * a.dimV * 4)}
	if grouped {
		k.finish.chain += c.groupSoftmax(a, padded, bn)
		k.persistent = true
	}
	k.work = c.flashWork(a, heads, tiles, rows, steps)
	k.slabs = 2 * a.batch * a.heads / a.shared * steps
	if a.halves(c) {
		c.byHalves(k, a, steps)
	}
	if a.paged {
		k.start += c.reads(lookups)
		k.early, k.apart = grouped, grouped
	}
	k.macs = a.executed(tall, bn, tiles)
	k.skipped, k.special = a.macs-k.macs, k.macs/int64(a.dim+a.dimV)
	k.simple = k.special * softmaxOps
	return k
}

// flashWork is each CTA's share: its queries, and a run of tiles of keys and values.
func (c *Config) flashWork(a *attentionWork, heads, tiles, rows, steps int) func(int) work {
	tall, bn, pack := a.tall, a.wide, a.pack()
	cell := int64(a.dt.CellBytes())
	keyHeads := a.batch * a.heads / a.shared
	each := func(dim int) int64 { return int64(a.keys*dim) * cell / int64(steps) } // the last tile may not be full
	return func(i int) work {
		part := i % a.split
		i /= a.split
		head, row := i/tiles, tiles-1-i%tiles // the longest rows first
		if a.paged {
			row = i % tiles // they come as their queries do
		}
		last := steps
		if a.causal && !a.decodes() {
			last = unit.CeilDiv(a.keys-a.rows+unit.CeilDiv(min(a.rows*pack, (row+1)*tall), pack), bn)
		}
		lo, hi := last*part/a.split, last*(part+1)/a.split
		kv := head / (heads / keyHeads)
		n := min(rows, max(1, a.rows*pack-row*tall))
		w := work{steps: hi - lo, store: int64(n*a.dimV) * int64(a.out), first: int64(n*a.dim) * cell}
		w.loads[0] = operand{first: kv*steps + hi - 1, down: true, bytes: each(a.dim), there: a.there[0]}
		w.loads[1] = operand{first: (keyHeads+kv)*steps + hi - 1, down: true, bytes: each(a.dimV), there: a.there[1]}
		if a.split > 1 {
			w.store, w.partial = int64(n*(a.dimV+2))*4, true
		}
		return w
	}
}
