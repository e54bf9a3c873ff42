package gpu

import (
	"cmp"
	"math"

	"nnsim/unit"
	"nnsim/workloads"
)

// product is a matrix product as its kernel sees it: C[b][m,n] = Σ A[b][m,k]·B[b][k,n].
type product struct {
	m, n, k, batch int
	dt             workloads.DType
	aCell, bCell   int
	out            int     // bytes of a result
	extra          int     // bytes the epilogue reads for a result
	aThere, bThere bool    // operands that lie in L2
	macs           int64   // useful ones
	quantised      bool    // A is brought to 8 bits by a kernel before
	params         bool    // B is a weight
	sets           int     // weights in turn with which it is repeated; 0: it is not, or no weights are found
	window         *window // of a convolution; nil for a product
}

// finds tells whether a run finds a product's inputs in L2.
func (c *Config) finds(p *product) bool {
	a, b := int64(p.m*p.aCell)*int64(p.k), int64(p.n*p.bCell)*int64(p.k)
	return c.L2.Inputs == "there" && p.window == nil && int64(p.batch)*(a+b+int64(p.m*p.n)*int64(p.out)) <= int64(c.L2.Size)/int64(c.L2.Partitions)
}

// repeats is the sets of weights with which a run of this product is repeated; 0: it is part of a network.
func (c *Config) repeats(p *product, layers int) int {
	if c.L2.Inputs != "there" || layers > 1 || !p.params || p.window != nil {
		return 0
	}
	return c.L2.Sets
}

// repeated is the epochs' worth of bytes that L2 has been given between two uses of a set of weights:
// all sets, the input, the result.
func (r *raster) repeated() int {
	p := r.p
	if p.sets == 0 {
		return 0
	}
	a, b, out := float64(p.m*p.aCell)*float64(p.k), float64(p.n*p.bCell)*float64(p.k), float64(p.m*p.n*p.out)
	return max(1, int(math.Round(float64(p.batch)*(a+float64(p.sets)*b+out)/epochBytes(int64(r.c.L2.Size)))))
}

// scaleReads is the reads from L2, one after another, by which a kernel of 8-bit floats
// learns the scales of its operands and result: the smallest take 0.5 us longer than in
// 16 bits [nnsim-lab].
const scaleReads = 2

// perInstruction is the bytes along the reduction of one matrix instruction.
const perInstruction = 32

// rowsPer and colsPer are the extents of one matrix instruction's result.
const rowsPer, colsPer = 16, 8

// rasterOf is the order of a product's tiles.
func (c *Config) rasterOf(p *product, t tiling) *raster {
	r := &raster{c: c, p: p, t: t, rows: unit.CeilDiv(p.m, t.m), cols: unit.CeilDiv(p.n, t.n)}
	r.slabs, r.alike = c.slabs(p, t)
	r.group, r.before = c.rasterGroup(r), r.repeated()
	if r.together = r.bundled(); r.together < 2 {
		r.together = 0
	}
	return r
}

// gemm writes the kernel of a product with a tiling.
func (c *Config) gemm(p *product, t tiling) *kernel {
	r := c.rasterOf(p, t)
	if t.vector {
		return c.gemv(r)
	}
	rows, cols := r.covered()
	k := &kernel{name: "gemm", ctas: rows * cols * p.batch * t.split, work: r.work,
		slabs: p.batch * (r.rows + r.cols) * r.slabs, warps: t.warps, fit: c.fits(t, p.aCell),
		stages: t.stages, start: int64(c.Launch.CTA), macs: p.macs, events: tensorPipe, barriers: c.SM.Path == "async"}
	if t.down > 0 {
		k.cluster = t.cluster
		k.persistent, k.ahead, k.inTurn, k.places = true, t.stream == 0, !t.coop && t.stream == 0, c.places(t.cluster)
		k.deal(c, t.dealt)
	}
	switch {
	case c.tensorRate(p.dt) == 0:
		k.usage, k.events = c.simtSlab(p, t), fp32Pipe
	case c.SM.Path == "tma":
		k.usage, k.warps, k.producers = c.groupSlab(p, t), t.warps+4, 4
	default:
		k.usage = c.warpSlab(p, t)
	}
	k.traffic = tiles(int64(t.k*p.aCell), int64(p.k*p.aCell))
	k.split = func() []share { return c.slabShares(p, t, &k.usage) }
	k.joules = float64(t.m*t.n*t.k)*c.macJoules(p.dt) + float64(k.shared*int64(c.SM.Width))*float64(c.Power.Shared)
	k.conflicts = c.conflicts(t, p, &k.usage) * int64(r.rows*r.cols*p.batch) * int64(r.slabs)
	k.finish = c.epilogue(p, t)
	if t.down > 0 {
		k.finish.chain += t.heldUp()
		if p.aCell == 1 {
			k.finish.chain += scaleReads * int64(c.L2.Far)
		}
	}
	r.bundle(k)
	if t.stream > 0 {
		r.streamed(k)
	}
	return k
}

// macJoules is the energy of a multiply-add of a type.
func (c *Config) macJoules(dt workloads.DType) float64 {
	if c.tensorRate(dt) == 0 {
		return float64(c.Power.FMA) * float64(dt.Bits()) / 32
	}
	wide := cmp.Or(c.Power.Wide, 1)
	return float64(c.Power.MAC) * (1 - wide + wide*float64(dt.Bits())/16)
}

// warpGrid is how warps divide a tile: the division whose warps read least.
func (t tiling) warpGrid() (down, across int) {
	best := 0
	for d := 1; d <= t.warps; d *= 2 {
		a := t.warps / d
		if t.m/d < rowsPer || t.n/a < colsPer {
			continue
		}
		if reads := t.m/d + t.n/a; best == 0 || reads < best {
			best, down, across = reads, d, a
		}
	}
	if best == 0 {
		return 1, t.warps
	}
	return down, across
}

// wavefronts is the cycles shared memory's port takes for so many bytes.
func (c *Config) wavefronts(bytes int) int64 {
	return int64(unit.CeilDiv(bytes, int(c.SM.Width)))
}

// warpWork is a slab of mma.sync, warp by warp.
func (c *Config) warpWork(p *product, t tiling) slabWork {
	down, across := t.warpGrid()
	rate := c.tensorRate(p.dt)
	opMACs := rowsPer * colsPer * perInstruction / p.aCell
	return slabWork{warps: t.warps, groups: max(1, t.k*p.aCell/perInstruction), delay: int64(c.SM.Latency),
		reads: c.conflicting(t, p, c.wavefronts((t.m/down+t.n/across)*perInstruction)),
		ops:   int64(max(1, t.m/down*(t.n/across)/(rowsPer*colsPer))), every: int64(unit.CeilDiv(opMACs*subCores, rate))}
}

// warpSlab is a slab of mma.sync: each warp reads its fragments from shared memory.
func (c *Config) warpSlab(p *product, t tiling) usage {
	w := c.warpWork(p, t)
	fills := c.wavefronts(int(t.tileBytes(p.aCell)))
	return usage{chain: max(w.steady(), c.onTensor(t.m*t.n*t.k, p.dt)), math: c.onTensor(t.m*t.n*t.k, p.dt), shared: int64(w.warps*w.groups)*w.reads + fills}
}

// groupInterval is the edges from one wgmma of a warp group to the next that adds to the
// same sums, at least: 158 TFLOPS of 64×8×16 out of shared memory on 114 SMs at 1,755 MHz
// [luo-2024]. groupTurn is those of a slab beside its instructions, the wait for its barrier
// among them: a slab of four of 64×8 takes 143 [nnsim-lab].
const groupInterval, groupTurn = 21, 59

// groupSlab is a slab of wgmma: warp groups of 64 rows (or, with the operands
// exchanged, 64 columns) multiply out of shared memory, back to back, so that
// nothing but the pipe and the port's time counts. What TMA writes takes no turn of the
// reads': with it 256×128 would take 288 of 256 edges, and takes 265 [nnsim-lab].
func (c *Config) groupSlab(p *product, t tiling) usage {
	rows, cols := t.m, t.n
	if rows%64 != 0 || cols%64 == 0 && cols > rows {
		rows, cols = cols, rows
	}
	groups := unit.CeilDiv(rows, 64)
	reads := groups * (64 + cols) * t.k * p.aCell
	u := usage{math: c.onTensor(groups*64*max(cols, 8)*t.k, p.dt)}
	u.shared = c.conflicting(t, p, c.wavefronts(reads))
	u.chain = max(u.math, u.shared, groupTurn+groupInterval*int64(unit.CeilDiv(t.k*p.aCell, perInstruction)))
	return u
}

// simtWork is a slab on the FP32 pipe: one step of the reduction after another,
// each thread multiplying a column of A's fragment by a row of B's. Beside its
// multiply-adds a warp issues its reads of shared memory, four values each, and
// one instruction of the loop.
func (c *Config) simtWork(p *product, t tiling) slabWork {
	results := t.m * t.n / (32 * t.warps)
	side := 1
	for side*side < results {
		side *= 2
	}
	reads := unit.CeilDiv(side+results/side, 4)
	pipe := unit.CeilDiv(results*32*subCores, c.rate(p.dt))
	if share := c.SM.Operands; share > 0 {
		pipe = int(math.Ceil(float64(results*32*subCores) / (float64(c.rate(p.dt)) * share)))
	}
	extra := 0
	if p.window != nil {
		extra = unit.CeilDiv(offsetOps*t.m, 32*t.warps)
	}
	issue := unit.CeilDiv((results+reads+extra+1)*subCores, c.SM.Issue)
	return slabWork{warps: t.warps, groups: t.k, reads: int64(reads), ops: int64(max(pipe, issue)), every: 1, delay: int64(c.SM.Latency)}
}

// simtSlab is its use of the SM.
func (c *Config) simtSlab(p *product, t tiling) usage {
	w := c.simtWork(p, t)
	busy := int64(unit.CeilDiv(t.warps, subCores)*t.k) * w.ops
	return usage{chain: max(w.steady(), busy), math: busy, shared: int64(t.warps*t.k)*w.reads + c.wavefronts(int(t.tileBytes(p.aCell)))}
}

// rowsPerPass is the rows of a warp's accumulators that one pass of the epilogue takes.
const rowsPerPass = 8

// epilogue is the way of a tile's sums from registers to the port: pass by pass
// through shared memory, so that rows leave whole. Under TMA the results go through
// it once, already narrowed, and are stored behind the CTA's back.
func (c *Config) epilogue(p *product, t tiling) usage {
	down, _ := t.warpGrid()
	passes := int64(max(1, t.m/down/rowsPerPass))
	each := 2 * (barrierCost + int64(c.SM.Latency))
	through := 2 * c.wavefronts(t.m*t.n*4)
	if c.SM.Path == "tma" {
		passes, each, through = int64(max(1, t.n/32)), barrierCost+int64(c.SM.Latency), c.wavefronts(t.m*t.n*p.out)
	}
	return usage{chain: int64(c.Tensor.Latency) + passes*each + through, shared: through}
}

// onTensor is the edges the tensor cores of an SM take for so many multiply-adds.
func (c *Config) onTensor(macs int, dt workloads.DType) int64 {
	return int64(math.Ceil(float64(macs) / (float64(c.tensorRate(dt)) * c.Tensor.Reached)))
}
