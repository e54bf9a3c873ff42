package gpu

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// A product with one row has a kernel without tiles: a matrix times a vector. A
// column's reduction is that of a warp, or of a CTA's four; each lane has a few vectors
// of the matrix under way at a time, multiplies them by the row's on the FP32 pipe, and
// lanes sum by shuffles.
//
//	columns        c     c+1   c+2   c+3              c
//	warp           0     1     2     3                0 1 2 3 0 1 2 3 …
//	along k        │     │     │     │                │
//	               Σ     Σ     Σ     Σ  lanes         Σ  lanes, then warps
//
// The row is brought to shared memory first, by its first step; then the matrix is read.
//
// Libraries have it for one row only (cuBLAS, gemv2T_kernel_val with 128 threads and
// four vectors a thread); two rows and more go to the tensor cores.

// What a CTA of it has: warps, vectors a lane has under way, registers a thread.
const (
	vectorWarps     = 4
	vectorUnroll    = 4
	vectorRegisters = 64
)

// What times of cuBLAS on Ampere say of one row (kernel.schedule=library): it has this kernel up to
// vectorColumns columns, and tiles beyond; where columns leave SMs without a CTA and the reduction
// is longer than vectorWhole, a warp takes one round of loads of it, or of at most vectorParts
// parts as many as are left, and a second kernel adds the parts [aiconfigurator].
const (
	vectorColumns = 512
	vectorWhole   = 256
	vectorParts   = 32
)

// fewColumns is the library's kernel for one row and few columns, where it is that.
func (c *Config) fewColumns(p *product) (t tiling, ok bool) {
	list := c.vectorCandidates(p)
	if c.Kernel.Schedule != "library" || len(list) == 0 || p.n > vectorColumns {
		return t, false
	}
	if t = list[0].tiling; p.k > vectorWhole && p.tiles(t) < c.SM.Count {
		t.k = 32 * vector / p.bCell
		t.split = min(vectorParts, unit.CeilDiv(p.k, t.k))
	}
	return t, true
}

// vectorCandidates are the ways to do a product as one of a matrix and a vector.
func (c *Config) vectorCandidates(p *product) (list []candidate) {
	o := &c.Kernel
	if p.m != 1 || p.window != nil || o.TileM+o.TileN+o.TileK+o.Stages+o.Split > 0 {
		return nil
	}
	switch p.dt {
	case workloads.FP32, workloads.FP16, workloads.BF16:
	default:
		return nil
	}
	for _, columns := range []int{vectorWarps, 1} {
		lanes := 32 * vectorWarps / columns
		t := tiling{m: 1, n: columns, k: lanes * vectorUnroll * vector / p.bCell, stages: 1, warps: vectorWarps, split: 1, cluster: 1, vector: true}
		list = append(list, candidate{tiling: t, steps: p.tiles(t) * unit.CeilDiv(p.k, t.k)})
	}
	return list
}

// gemv writes the kernel of a matrix times a vector.
func (c *Config) gemv(r *raster) *kernel {
	p, t := r.p, r.t
	k := &kernel{name: "gemv", ctas: r.cols * p.batch * t.split, work: r.rowFirst, slabs: p.batch * (r.rows + r.cols) * r.slabs, warps: t.warps, fit: c.fits(t, p.aCell),
		stages: 1, start: int64(c.Launch.CTA), macs: p.macs, events: fp32Pipe, serial: true}
	k.usage = c.vectorStep(p, t)
	k.finish.chain = 5 * int64(c.SM.Latency)
	if t.n == 1 {
		k.finish.chain = c.blockReduce()
	}
	r.bundle(k)
	return k
}

// rowFirst is CTA i's share: what it reads of the row, whole, and then the matrix step by step.
func (r *raster) rowFirst(i int) work {
	w := r.work(i)
	row, matrix := &w.loads[0], &w.loads[1]
	row.bytes, row.until = row.bytes*int64(w.steps), 1
	matrix.first, matrix.from = matrix.first-1, 1
	w.steps++
	return w
}

// vectorStep is a step of it: values of less than 32 bits are unpacked, those of the
// matrix and those of the row, each by one operation.
func (c *Config) vectorStep(p *product, t tiling) usage {
	ops := 1
	if p.bCell < 4 {
		ops += 2
	}
	elements := min(t.k, p.k) * t.n
	math := unit.CeilDiv(int64(elements*ops+32*t.warps*roundOps), int64(c.SM.FP32))
	return usage{math: math, chain: math + vectorUnroll*opLatency, joules: float64(elements) * c.macJoules(p.dt)}
}
