package gpu

import (
	"fmt"

	"nnsim/workloads"
)

// tiling is how the kernel of a product is cut.
type tiling struct {
	m, n, k int // a CTA's tile, and its slab along the reduction
	stages  int // slabs in shared memory
	warps   int
	split   int  // CTAs that share a reduction
	cluster int  // CTAs that share tiles by multicast
	down    int  // of these, along the rows of tiles: they share B's slabs; 0: as 1
	across  int  // and along the columns: they share A's
	coop    bool // both warp groups are at one tile (hopper.go); else they take turns
	vector  bool // a matrix times a vector (gemv.go)
	dealt   int  // how an engine's kernel deals out tiles (engines.go); 0: in the library's order
	stream  int  // CTAs that share all slabs (streamk.go); 0: a CTA has a tile, or a part of one
}

func (t tiling) String() string {
	s := fmt.Sprintf("tile=%dx%dx%d stages=%d warps=%d", t.m, t.n, t.k, t.stages, t.warps)
	if t.split > 1 {
		s += fmt.Sprintf(" split=%d", t.split)
	}
	if t.vector {
		s += " gemv"
	}
	if t.stream > 0 {
		s += fmt.Sprintf(" streamk=%d", t.stream)
	}
	if t.cluster > 1 {
		s += fmt.Sprintf(" cluster=%dx%d", t.down, t.across)
	}
	return s
}

// shape is a kernel of a library: the tile, the bytes of its slab along the
// reduction, the warps that multiply, and the slabs it keeps in shared memory at most.
type shape struct{ m, n, slab, warps, stages int }

// menus are the shapes that libraries ship, by the way tiles are loaded.
var menus = map[string][]shape{
	// Volta, Turing: CUTLASS 1 and 2, two stages through registers.
	"registers": {{256, 128, 64, 8, 2}, {128, 256, 64, 8, 2}, {128, 128, 64, 4, 2}, {128, 64, 64, 4, 2}, {64, 128, 64, 4, 2}, {64, 64, 64, 4, 2}},
	// Ampere, Ada: cp.async. Tiles, slabs and stages are those in the names of cuBLAS's
	// kernels, such as ampere_bf16_s16816gemm_bf16_256x64_ldg8_f2f_stages_64x3_tn; as
	// cuBLAS stores by column, its 256×64 are 64 rows by 256 columns here.
	"async": {{256, 128, 128, 8, 3}, {128, 256, 128, 8, 3}, {256, 128, 64, 8, 3}, {128, 256, 64, 8, 3}, {128, 128, 64, 4, 5},
		{64, 256, 128, 4, 3}, {128, 64, 128, 4, 4}, {64, 128, 128, 4, 3}, {64, 128, 64, 4, 6}, {64, 64, 128, 4, 5}},
}

// simtMenu is the tiles of kernels on the FP32 pipe: 8×8 results a thread at most; blocks
// of 128×128, 128×64 and 128×32 have 256, 128 and 256 threads [neusight].
var simtMenu = []shape{
	{128, 128, 32, 8, 2}, {128, 64, 32, 4, 2}, {64, 128, 32, 4, 2}, {64, 64, 32, 4, 2}, {128, 32, 32, 8, 2}, {32, 128, 32, 8, 2},
}

// Kernels of convolutions on machines whose loads pass through registers, by the names of
// cuDNN 7's: volta_h884cudnn_256x128_ldg8_relu_exp_small_nhwc_tn, turing_h1688cudnn_256x64_…,
// volta_fp16_s884cudnn_fp16_128x128_ldg8_splitK_…; volta_scudnn_128x64_relu_small_nn and its like
// with 128 and 32 filters [cudnn-kernels]. Their blocks are those of products.
var (
	tensorWindows = []shape{{256, 128, 64, 8, 2}, {256, 64, 64, 8, 2}, {128, 128, 64, 4, 2}}
	simtWindows   = []shape{{128, 128, 32, 8, 2}, {128, 64, 32, 4, 2}, {128, 32, 32, 8, 2}}
)

// windowed are the shapes of a convolution's kernels where they are not those of products.
func (c *Config) windowed(dt workloads.DType) []shape {
	switch {
	case c.SM.Path != "registers":
		return nil
	case c.tensorRate(dt) == 0:
		return simtWindows
	}
	return tensorWindows
}

// parts tells whether a convolution has a kernel with so large a tile that splits its
// reduction. Its parts find room at once, one an SM.
func (c *Config) parts(p *product, t tiling) bool {
	return c.SM.Path == "registers" && c.tensorRate(p.dt) > 0 && t.m == 128 && t.n == 128 && p.tiles(t)*t.split <= c.SM.Count
}

// perThread is the registers a thread has beside its accumulators: fragments of
// both operands twice over, addresses, loop counters.
const perThread = 56

// tileBytes is the shared memory of one stage.
func (t tiling) tileBytes(cell int) int64 { return int64(t.m+t.n) * int64(t.k) * int64(cell) }

// tilings lists what fits an SM for a type, largest tiles first.
func (c *Config) tilings(dt workloads.DType) []tiling { return c.fitting(c.menu(dt), dt) }

// fitting are the tilings of a menu that fit an SM.
func (c *Config) fitting(menu []shape, dt workloads.DType) (list []tiling) {
	cell := dt.CellBytes()
	for _, e := range menu {
		t := tiling{m: e.m, n: e.n, k: max(1, e.slab/cell), stages: e.stages, warps: e.warps, split: 1, cluster: 1}
		if c.fits(t, cell).ctas > 0 {
			list = append(list, t)
		}
	}
	return list
}

// tooLarge refuses a type of which not even the last tile of the menu has room, with
// what does not fit.
func (c *Config) tooLarge(dt workloads.DType) error {
	menu := c.menu(dt)
	if c.grouping(dt) {
		menu = []shape{{64, shortStep, swizzle, 4, 2}}
		if _, ok := c.grouped(64, shortStep, dt.CellBytes()); ok {
			return nil
		}
	} else if len(c.tilings(dt)) > 0 {
		return nil
	}
	e := menu[len(menu)-1]
	for _, x := range menu {
		if x.m*x.n < e.m*e.n {
			e = x
		}
	}
	shared := 2*int64((e.m+e.n)*e.slab) + 1024
	return c.admits(fmt.Sprintf("a tile of %dx%d with two stages", e.m, e.n), e.warps, min(255, e.m*e.n/(32*e.warps)+perThread), shared)
}

// menu is the shapes of a type's kernels, but for those of warp groups, whose tiles
// follow from the product.
func (c *Config) menu(dt workloads.DType) []shape {
	if c.tensorRate(dt) == 0 {
		return simtMenu
	}
	return menus[c.SM.Path]
}

// grouping tells whether warp groups multiply a type.
func (c *Config) grouping(dt workloads.DType) bool { return c.SM.Path == "tma" && c.tensorRate(dt) > 0 }

// fits is the residency of a tiling.
func (c *Config) fits(t tiling, cell int) residency {
	if t.vector {
		return c.resident(t.warps, vectorRegisters, 0)
	}
	if t.down > 0 {
		return c.resident(groupWarps, groupThread, int64(t.stages)*t.tileBytes(cell)+storeRoom)
	}
	warps := t.warps
	if c.SM.Path == "tma" {
		warps += 4 // the producer's warp group
	}
	return c.resident(warps, min(255, t.m*t.n/(32*t.warps)+perThread), int64(t.stages)*t.tileBytes(cell)+1024)
}
