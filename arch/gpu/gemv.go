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
// Libraries have it for one row only (cuBLAS, gemv2T_kernel_val with 128 threads and
// four vectors a thread); two rows and more go to the tensor cores.

// What a CTA of it has: warps, vectors a lane has under way, registers a thread.
const (
	vectorWarps     = 4
	vectorUnroll    = 4
	vectorRegisters = 64
)

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
	k := &kernel{name: "gemv", ctas: r.cols * p.batch, work: r.work, slabs: p.batch * (r.rows + r.cols) * r.slabs, warps: t.warps, fit: c.fits(t, p.aCell),
		stages: 1, start: int64(c.Launch.CTA), macs: p.macs, events: fp32Pipe, serial: true}
	k.usage = c.vectorStep(p, t)
	k.finish.chain = 5 * int64(c.SM.Latency)
	if t.n == 1 {
		k.finish.chain = c.blockReduce()
	}
	r.bundle(k)
	return k
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
