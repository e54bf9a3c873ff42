package gpu

import "slices"

// Kernels of serving engines for products of 8-bit floats on Hopper. They are CUTLASS's
// with a tile and cluster by rows and columns: no tuning, no split of the reduction.
//
//	vLLM   to rows, columns  tile     slab  cluster    SGLang  to rows  tile     cluster
//	       16       1,280    16×64    256   2×1, once          1        64×64    1×8, once
//	       16                16×64    256   1×1, once          64       64×64    1×4
//	       64       1,280    16×64    256   4×1, once          256      64×64    1×1
//	       64                64×64    256   1×1, once          1,024    128×128  1×1
//	       128               64×128   128   2×1                more     128×128  2×1
//	       more              128×128  128   2×1; 256×128 from 8,192 rows and a reduction of 6,144 on
//
// Those marked so have one group of warps that multiplies, and a CTA a tile, each of which
// fills its stages anew. Of the others tiles are dealt to CTAs beforehand, along the shorter
// side of the grid of tiles and from one end of it to the other (CUTLASS's persistent scheduler
// without swizzle), and groups of warps take turns in multiplying and in writing [cutlass, vllm, sglang].

// engineKernel is the kernel of products of up to so many rows and columns, and of so many
// rows and so long a reduction at least.
type engineKernel struct {
	rows, cols, m, n, slab, down, across int
	deal                                 int
	least, deep                          int
}

// dealt are how the tiles of a product come to CTAs: by the library's order (0), or
// dealt beforehand.
const (
	dealtToAll = 1 + iota // CTAs stay, and have one tile after another
	dealtOnce             // a CTA a tile
)

// engineKernels are those of each engine, the narrowest first.
var engineKernels = map[string][]engineKernel{
	"vllm": { // scaled_mm_sm90_fp8_dispatch.cuh; up to 64 rows the operands are exchanged
		{16, 1280, 16, 64, 256, 2, 1, dealtOnce, 0, 0}, {16, most, 16, 64, 256, 1, 1, dealtOnce, 0, 0},
		{64, 1280, 16, 64, 256, 4, 1, dealtOnce, 0, 0}, {64, most, 64, 64, 256, 1, 1, dealtOnce, 0, 0},
		{128, most, 64, 128, 128, 2, 1, dealtToAll, 0, 0}, {most, most, 256, 128, 128, 2, 1, dealtToAll, 8192, 6144},
		{most, most, 128, 128, 128, 2, 1, dealtToAll, 0, 0}},
	"sglang": { // fp8_gemm_kernel.cu
		{1, most, 64, 64, 128, 1, 8, dealtOnce, 0, 0}, {64, most, 64, 64, 128, 1, 4, dealtToAll, 0, 0}, {256, most, 64, 64, 128, 1, 1, dealtToAll, 0, 0},
		{1024, most, 128, 128, 128, 1, 1, dealtToAll, 0, 0}, {most, most, 128, 128, 128, 2, 1, dealtToAll, 0, 0}},
}

// engineTiling is the engine's kernel for a product; false: the library's is asked for,
// or the engine's does not fit the machine.
func (c *Config) engineTiling(p *product) (t tiling, ok bool) {
	k := &c.Kernel
	list := engineKernels[k.Engine]
	if list == nil || !p.quantised || p.window != nil || !c.grouping(p.dt) || k.TileM+k.TileN+k.TileK+k.Stages+k.Split > 0 || k.Schedule != "tiles" && k.Schedule != "library" {
		return t, false
	}
	e := list[slices.IndexFunc(list, func(e engineKernel) bool { return p.m <= e.rows && p.n <= e.cols && p.m >= e.least && p.k >= e.deep })]
	if t, ok = c.grouped(e.m, e.n, p.aCell); !ok {
		return t, false
	}
	t.k, t.dealt, t.down, t.across, t.cluster = e.slab/p.aCell, e.deal, e.down, e.across, e.down*e.across
	t.stages = min(maxStages, int((int64(c.SM.Shared)-storeRoom)/t.tileBytes(p.aCell)))
	return t, t.stages >= 2 && t.cluster <= min(c.SM.Cluster, c.SM.Count)
}

// dealtGroup is the rows of tiles of a raster's group in the order in which an engine's
// kernel has them: all of them if the grid is wider than high, else those of a cluster.
func (r *raster) dealtGroup() int {
	if rows, cols := r.covered(); cols/r.t.across > rows/r.t.down {
		return rows
	}
	return r.t.down
}

// deal has the kernel's CTAs take the tiles that are theirs beforehand: as many CTAs as
// find room, the next of each so many tiles further on, also those beyond the edge that
// fill up a cluster; they multiply zeros.
func (k *kernel) deal(c *Config, how int) {
	tiles := k.ctas
	switch how {
	case dealtOnce:
		k.persistent, k.ahead, k.inTurn = false, false, false
	case dealtToAll:
		k.places = min(k.places, cutlassPlaces(c.SM.Count, k.cluster))
		k.ctas, k.ordered = min(tiles, k.places), true
		k.more = func(i int) bool { return i+k.ctas < tiles }
	}
}

// wholeGPC is the SMs of a GPC of which none is missing.
const wholeGPC = 18

// cutlassPlaces is the CTAs in clusters of a size that CUTLASS takes to find room on so many SMs: as
// if all GPCs but the last were whole. Of 132 it fills 116 in clusters of four, where 120 find room [cutlass].
func cutlassPlaces(sms, cluster int) int {
	fill := func(n int) int { return n - n%cluster }
	if sms < wholeGPC {
		return fill(sms)
	}
	return sms/wholeGPC*fill(wholeGPC) + fill(sms%wholeGPC)
}
