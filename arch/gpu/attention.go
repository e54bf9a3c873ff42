package gpu

import (
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

// flashRows and flashKeys are the extents of a tile: 128 queries by 64 keys with
// cp.async and before, by 128 keys with TMA, as FlashAttention 2 and 3 have them
// for heads of 64 and 128.
const flashRows = 128

func (c *Config) flashKeys() int {
	if c.SM.Path == "tma" {
		return 128
	}
	return 64
}

// softmaxOps is the operations of the FP32 pipe on a score: scaling and subtracting
// of the maximum in one, the maximum, the sum, the narrowing, and a share of the
// rescaling of the results so far.
const softmaxOps = 5

// tallRows is the rows of a CTA: all query heads that share keys are packed into
// one where there are few queries, as in decoding.
func (a *attentionWork) tallRows() (packed bool, tiles int) {
	if a.shared > 1 && a.rows*a.shared <= flashRows {
		return true, 1
	}
	return false, unit.CeilDiv(a.rows, flashRows)
}

// divide chooses how many CTAs share the keys of a row tile: enough to give every
// SM one, each with two tiles of keys at least.
func (c *Config) divide(a *attentionWork) {
	packed, tiles := a.tallRows()
	n := a.batch * a.heads * tiles
	if packed {
		n /= a.shared
	}
	a.split = max(1, min(c.SM.Count/n, unit.CeilDiv(a.keys, 2*c.flashKeys())))
}

// flash writes the kernel.
func (c *Config) flash(a *attentionWork) *kernel {
	packed, tiles := a.tallRows()
	heads, rows := a.batch*a.heads, min(a.rows, flashRows)
	if packed {
		heads, rows = heads/a.shared, a.rows*a.shared
	}
	bn, cell := c.flashKeys(), a.dt.CellBytes()
	steps := unit.CeilDiv(a.keys, bn)
	k := &kernel{name: "flash", ctas: heads * tiles * a.split, warps: 4, stages: 2, start: int64(c.Launch.CTA), sharedBy: 1, events: tensorPipe}
	padded := unit.CeilDiv(rows, rowsPer) * rowsPer
	if c.SM.Path == "tma" {
		k.warps, padded = 8, unit.CeilDiv(rows, 64)*64
	}
	tile := int64(bn*(a.dim+a.dimV)) * int64(cell)
	k.fit = c.resident(k.warps, min(255, padded*(a.dimV+bn)/(32*k.warps)+perThread), int64(padded*a.dim*cell)+2*tile)
	k.usage = c.flashStep(a, padded, bn)
	if c.tensorRate(a.dt) == 0 {
		k.events = fp32Pipe
	}
	k.joules = float64(padded*bn*(a.dim+a.dimV))*c.macJoules(a.dt) + float64(padded*bn)*(softmaxOps*float64(c.Power.FMA)+float64(c.Power.Special))
	k.finish = usage{chain: int64(c.Tensor.Latency) + c.wavefronts(padded*a.dimV*4) + barrierCost, shared: c.wavefronts(padded * a.dimV * 4)}
	perHead := steps
	keyHeads := a.batch * a.heads / a.shared
	k.slabs = 2 * keyHeads * perHead
	k.work = func(i int) work {
		part := i % a.split
		i /= a.split
		head, row := i/tiles, tiles-1-i%tiles // the longest rows first
		last := steps
		if a.causal && !packed {
			last = unit.CeilDiv(min(a.keys, a.keys-a.rows+min(a.rows, (row+1)*flashRows)), bn)
		}
		lo, hi := last*part/a.split, last*(part+1)/a.split
		kv := head
		if !packed {
			kv = head / a.shared
		}
		n := min(rows, max(1, a.rows*a.heads*a.batch/heads-row*flashRows))
		w := work{steps: hi - lo, store: int64(n*a.dimV) * int64(a.out), first: int64(n*a.dim) * int64(cell)}
		w.loads[0] = operand{first: kv*perHead + lo, bytes: int64(bn*a.dim) * int64(cell), there: a.there[0]}
		w.loads[1] = operand{first: (keyHeads+kv)*perHead + lo, bytes: int64(bn*a.dimV) * int64(cell), there: a.there[1]}
		if a.split > 1 {
			w.store, w.partial = int64(n*(a.dimV+2))*4, true
		}
		return w
	}
	k.macs = a.executed(bn, tiles, packed)
	k.skipped, k.special = a.macs-k.macs, k.macs/int64(a.dim+a.dimV)
	k.simple = k.special * softmaxOps
	return k
}

// flashStep is what a tile of keys takes. Where a warp does one thing after another
// (mma.sync), scores, softmax and values follow one another and only another CTA
// fills the gaps; of two warp groups that take turns (wgmma) one multiplies while the
// other has its softmax, and each turn pays for handing over.
func (c *Config) flashStep(a *attentionWork, rows, keys int) usage {
	macs, scores := rows*keys*(a.dim+a.dimV), rows*keys
	u := usage{sfu: int64(unit.CeilDiv(scores, c.SM.SFU))}
	simple := int64(unit.CeilDiv(scores*softmaxOps, c.SM.FP32))
	cell := a.dt.CellBytes()
	switch {
	case c.tensorRate(a.dt) == 0:
		u.math = int64(unit.CeilDiv(macs, c.rate(a.dt))) + simple
		u.chain = u.math + u.sfu
	case c.SM.Path == "tma":
		u.math = c.onTensor(macs, a.dt)
		u.chain = max(u.math, u.sfu+simple) + 2*(int64(c.Tensor.Latency)+barrierCost+int64(c.SM.Latency))
	default:
		u.math = c.onTensor(macs, a.dt)
		u.chain = u.math + u.sfu + simple
	}
	u.shared = c.wavefronts(unit.CeilDiv(rows, 32)*keys*(a.dim+a.dimV)*cell + keys*(a.dim+a.dimV)*cell)
	return u
}

// executed is the useful multiply-adds: all of the tiles that are not wholly masked,
// never more than there are.
func (a *attentionWork) executed(bn, tiles int, packed bool) int64 {
	if !a.causal || packed {
		return a.macs
	}
	var pairs int64
	for row := range tiles {
		lo, hi := row*flashRows, min(a.rows, (row+1)*flashRows)
		seen := min(a.keys, unit.CeilDiv(a.keys-a.rows+hi, bn)*bn)
		pairs += int64(hi-lo) * int64(seen)
	}
	return min(a.macs, pairs*int64(a.batch)*int64(a.heads)*int64(a.dim+a.dimV))
}

// combine is the kernel that joins the parts of split keys.
func (c *Config) combine(a *attentionWork) *kernel {
	s := streamWork{in: int64(a.batch*a.heads*a.rows*(a.dimV+2)) * 4 * int64(a.split), out: int64(a.batch*a.heads*a.rows*a.dimV) * int64(a.out)}
	s.there, s.simple = s.in, s.in/4
	return c.streamed(&s)
}
