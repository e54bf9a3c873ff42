package gpu

import "nnsim/unit"

// raster is the order in which the CTAs of a product take its tiles: groups of
// rows, and in a group column by column, so that the CTAs in flight share what
// they read.
//
//	group 0   0 3 6 …      group = 3 rows of tiles
//	          1 4 7
//	          2 5 8
//	group 1   …
type raster struct {
	p                 *product
	t                 tiling
	rows, cols, slabs int
	group             int // rows of tiles in a group
	together          int // slabs that a CTA takes as one step; 0 and 1: one
	alike             int // slabs of A in a row that are one: taps of a window
	c                 *Config
	before            int // epochs' worth of bytes since a run before touched B; 0: none did
}

// rasterGroup is the rows of a group: as many as make the tiles in flight square in bytes.
func (c *Config) rasterGroup(r *raster) int {
	if r.t.dealt > 0 {
		return r.dealtGroup()
	}
	flying := c.SM.Count * max(1, c.fits(r.t, r.p.aCell).ctas)
	g := 1
	for g < r.rows && 2*g*2*g*r.t.m <= flying*r.t.n {
		g *= 2
	}
	return g
}

// tile is the row and column of tiles that CTA i of one product has.
func (r *raster) tile(i int) (row, col int) {
	per := r.group * r.cols
	first := i / per * r.group
	height := min(r.group, r.rows-first)
	i %= per
	return first + i%height, i / height
}

// covered is the rows and columns of tiles that whole clusters cover.
func (r *raster) covered() (rows, cols int) {
	down, across := max(1, r.t.down), max(1, r.t.across)
	return unit.CeilDiv(r.rows, down) * down, unit.CeilDiv(r.cols, across) * across
}

// clustered is the row and column of tiles that CTA i has where clusters stand in the
// raster's order, and tiles of a cluster column by column.
func (r *raster) clustered(i int) (row, col int) {
	if r.t.cluster == 1 || r.t.down == 0 {
		return r.tile(i)
	}
	rows, cols := r.covered()
	coarse := raster{rows: rows / r.t.down, cols: cols / r.t.across, group: max(1, r.group/r.t.down)}
	row, col = coarse.tile(i / r.t.cluster)
	i %= r.t.cluster
	return row*r.t.down + i%r.t.down, col*r.t.across + i/r.t.down
}

// work is CTA i's share: all tiles of one part of a split reduction, which read the
// same slabs, then the next part, then the next product of a batch.
func (r *raster) work(i int) work {
	rows, cols := r.covered()
	tiles := rows * cols
	part := i / tiles % r.t.split
	b := i / tiles / r.t.split
	slabs := r.steps()
	row, col := r.clustered(i % tiles)
	if r.t.dealt == 0 && (row >= r.rows || col >= r.cols) {
		return work{} // a cluster reaches over the edge
	}
	w := r.part(b, row, col, slabs*part/r.t.split, slabs*(part+1)/r.t.split)
	if by := r.t.across; by > 1 {
		w.loads[0].shared = by
	}
	if by := r.t.down; by > 1 {
		w.loads[1].shared = by
	}
	if r.t.split > 1 {
		w.store, w.partial, w.extra = w.results*4, true, 0
	}
	return w
}

// steps is the steps of a tile's whole reduction.
func (r *raster) steps() int { return unit.CeilDiv(r.slabs, max(1, r.together)) }

// piece is steps [lo, hi) of a tile, counted over all products of a batch.
func (r *raster) piece(tile, lo, hi int) work {
	tiles := r.rows * r.cols
	row, col := r.tile(tile % tiles)
	return r.part(tile/tiles, row, col, lo, hi)
}

// part is steps [lo, hi) of the tile at a row and column of one product of a batch.
func (r *raster) part(b, row, col, lo, hi int) work {
	slabs := r.steps()
	m := max(0, min(r.t.m, r.p.m-row*r.t.m))
	n := max(0, min(r.t.n, r.p.n-col*r.t.n))
	share := func(extent, cell int) int64 { // of a step; the last slab's shortness is spread over all
		return (int64(extent)*int64(r.p.k)*int64(cell) + int64(slabs) - 1) / int64(slabs)
	}
	w := work{steps: hi - lo, results: int64(m * n), store: int64(m*n) * int64(r.p.out), extra: int64(m*n) * int64(r.p.extra)}
	w.loads[0] = operand{first: (b*r.rows+row)*slabs + lo, bytes: share(m, r.p.aCell), there: r.p.aThere}
	if r.p.window != nil {
		a := &w.loads[0]
		a.alike = max(1, r.alike/max(1, r.together))
		a.bytes, a.whole = r.c.pixelLoads(r.p, r.t, m, slabs, a.alike)
	}
	w.loads[1] = operand{first: (r.p.batch*r.rows+b*r.cols+col)*slabs + lo, bytes: share(n, r.p.bCell), there: r.p.bThere, before: r.before, params: r.p.params}
	return w
}

// leastSteps is the steps that bundling leaves a CTA.
const leastSteps = 4

// manySteps is the number of steps of a kernel from which slabs are bundled.
const manySteps = 1 << 19

// bundled is the slabs that a CTA takes as one step.
func (r *raster) bundled() int {
	return min(r.rows*r.cols*r.p.batch*r.slabs/manySteps, r.slabs/r.t.split/leastSteps)
}

// bundle has CTAs take several slabs as one step where there are very many, all
// alike: a steady main loop is then advanced in fewer events. The stages of a
// bundle count as one, of which two are kept.
func (r *raster) bundle(k *kernel) {
	together := r.bundled()
	if together < 2 {
		return
	}
	n := int64(together)
	k.chain, k.math, k.shared, k.joules = k.chain*n, k.math*n, k.shared*n, k.joules*float64(n)
	k.stages = max(2, k.stages/together+1)
}
