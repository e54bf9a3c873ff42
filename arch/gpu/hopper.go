package gpu

import "nnsim/unit"

// Tiles of kernels on Hopper: a producer warp group and two that multiply, one CTA an
// SM, stages that fill shared memory, as many CTAs as clusters find room for, each
// with one tile after another.
//
//	one side    64, 128 … 512: instructions take it in 64 rows each, rows or columns
//	the other   any multiple of 8, so that a product's extent comes out nearly even
//	≤ 176 sums a thread    the groups take turns: one stores its tile while the other
//	                       multiplies the next
//	more                   both have halves of one tile, and store it before the next
//
// This is what the names of cuBLAS's kernels for Hopper say, and what they take of an
// SM: nvjet_sm90_tst_256x152_64x4_2x1_v_bz_coopA is 256 columns by 152 rows (cuBLAS
// stores by column), slabs of 64, four stages, clusters of two columns, and both
// groups at one tile [nnsim-lab].

// longSides are the extents that instructions take in 64 rows each, with the least and
// greatest extents of the other side that there are kernels for [nnsim-lab].
var longSides = []struct{ long, least, most int }{
	{64, 8, 256}, {128, 8, 256}, {192, 8, 208}, {256, 8, 160}, {320, 128, 128}, {512, 8, 56},
}

const (
	shortStep    = 8             // granularity of the other side
	longestShort = 256           // columns of an instruction
	alone        = 176 * 128     // sums that one warp group can have
	both         = 2 * 160 * 128 // and two
	groupWarps   = 12            // producer and both groups
	groupThread  = 168           // registers a thread, of 65,536 by 384 threads
	storeRoom    = 16 << 10      // shared memory by which results leave
	turns        = 2             // warp groups that multiply

	issueInterval = 32 // edges from one load of TMA to the next, of a slab of both operands
)

// grouped is a tile of m by n for warp groups; false: there is no such kernel.
func (c *Config) grouped(m, n, cell int) (t tiling, ok bool) {
	t = tiling{m: m, n: n, k: max(1, swizzle/cell), warps: 4, split: 1, cluster: 1, down: 1, across: 1}
	if m*n > alone {
		t.warps, t.coop = 8, true
	}
	room := int64(c.SM.Shared) - storeRoom
	t.stages = int(min(maxStages, room/t.tileBytes(cell)))
	short := min(m, n)
	if long := max(m, n); long%64 != 0 && short%64 == 0 {
		short = long
	}
	return t, t.stages >= 2 && m*n <= both && short <= longestShort && c.fits(t, cell).ctas > 0
}

// swizzle is the bytes along the reduction of a slab: the widest swizzle.
const swizzle = 128

// groupTilings are the tiles a product may have: of those that cut it into as many
// parts along an extent only the smallest.
func (c *Config) groupTilings(p *product) (list []tiling) {
	add := func(m, n int) {
		if t, ok := c.grouped(m, n, p.aCell); ok {
			list = append(list, t)
		}
	}
	if k := &c.Kernel; k.TileM > 0 && k.TileN > 0 {
		if k.TileM%64 == 0 && k.TileN%shortStep == 0 || k.TileN%64 == 0 && k.TileM%shortStep == 0 {
			add(k.TileM, k.TileN)
		}
		return list
	}
	for _, side := range longSides {
		long := side.long
		for short := side.most; short >= side.least; short -= shortStep {
			if fitting(p.n, long) && even(p.m, short) {
				add(short, long)
			}
			if fitting(p.m, long) && even(p.n, short) && long != short {
				add(long, short)
			}
		}
	}
	return list
}

// fitting tells whether a side is not longer than the extent it covers, rounded up.
func fitting(extent, side int) bool { return side == 64 || side < extent+64 }

// even tells whether no shorter side of the granularity cuts an extent into as few parts.
func even(extent, side int) bool {
	parts := unit.CeilDiv(extent, side)
	return side == shortStep || unit.CeilDiv(extent, side-shortStep) > parts
}

// clusters are the shapes of clusters, rows by columns of tiles.
var clusters = [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {1, 4}, {4, 2}, {2, 4}}

// places is the SMs that CTAs in clusters of a size find room on: a cluster lies
// within one group of processors, and those do not come out even.
func (c *Config) places(cluster int) int {
	switch {
	case cluster >= 4 && c.SM.Quads > 0:
		return max(1, c.SM.Quads*4/cluster) * cluster
	case cluster > c.SM.Count:
		return c.SM.Count
	}
	return c.SM.Count / cluster * cluster
}

// clustered gives a tiling the shape of cluster with which least comes from L2, of
// those that cost no round of CTAs.
func (c *Config) clustered(p *product, t tiling) tiling {
	rows, cols := unit.CeilDiv(p.m, t.m), unit.CeilDiv(p.n, t.n)
	rounds, best := unit.CeilDiv(rows*cols*p.batch*t.split, c.SM.Count), float64(t.m+t.n)
	for _, s := range clusters {
		size := s[0] * s[1]
		ctas := unit.CeilDiv(rows, s[0]) * unit.CeilDiv(cols, s[1]) * size * p.batch * t.split // with those that have no tile
		if size > min(c.SM.Cluster, rows*cols, c.SM.Count) || unit.CeilDiv(ctas, c.places(size)) > rounds {
			continue
		}
		if bytes := float64(t.m)/float64(s[1]) + float64(t.n)/float64(s[0]); bytes < best {
			best, t.down, t.across, t.cluster = bytes, s[0], s[1], size
		}
	}
	return t
}

// counter is what a dynamic order of tiles needs: kernels whose CTAs have more than
// two rounds of them take the next from a counter in memory, which is cleared before
// by a node of its own [nnsim-lab].
func (c *Config) counter() *kernel { return c.node("counter", 0) }

// node is a node of a graph that does next to nothing: a CTA that reads so many bytes and writes a word.
func (c *Config) node(name string, reads int64) *kernel {
	k := &kernel{name: name, ctas: 1, warps: 1, stages: 1, start: int64(c.Launch.CTA), events: fp32Pipe, fit: c.resident(1, streamRegisters, 0)}
	k.work = func(int) work {
		w := work{steps: 1, store: 4, partial: true}
		w.loads[0] = operand{first: -1, bytes: reads, there: true}
		return w
	}
	return k
}

// counted tells whether a kernel takes its tiles from a counter.
func (k *kernel) counted() bool { return k.ahead && k.ctas > turns*k.places }

// A group of warps writes its tile by parts of 64 rows and 32 columns, through two
// buffers: the third part waits until TMA has read the first (CUTLASS, EpilogueTileAuto
// and StagesD) [cutlass]. bufferHeld is the edges for which a part holds its buffer:
// inferred, 2.2 us a tile of 128 by 128 where it has few slabs [aiconfigurator].
const (
	partSums   = 64 * 32
	buffers    = 2
	bufferHeld = 700
)

// heldUp is the edges for which a tile's parts wait for a buffer, groups of warps writing
// their shares side by side.
func (t tiling) heldUp() int64 {
	parts := int64(t.m * t.n / (partSums * t.warps / 4))
	return max(0, parts-buffers) * bufferHeld / buffers
}
