package gpu

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
}

// rasterGroup is the rows of a group: as many as make the tiles in flight square in bytes.
func (c *Config) rasterGroup(r *raster) int {
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

// work is CTA i's share: the parts of a split reduction follow one another, then
// the products of a batch.
func (r *raster) work(i int) work {
	tiles := r.rows * r.cols
	part := i % r.t.split
	i /= r.t.split
	b := i / tiles
	row, col := r.tile(i % tiles)
	lo, hi := r.slabs*part/r.t.split, r.slabs*(part+1)/r.t.split
	m := min(r.t.m, r.p.m-row*r.t.m)
	n := min(r.t.n, r.p.n-col*r.t.n)
	share := func(extent, cell int) int64 { // of a step; the last slab's shortness is spread over all
		return (int64(extent)*int64(r.p.k)*int64(cell) + int64(r.slabs) - 1) / int64(r.slabs)
	}
	w := work{steps: hi - lo, store: int64(m*n) * int64(r.p.out), extra: int64(m*n) * int64(r.p.extra)}
	w.loads[0] = operand{first: (b*r.rows+row)*r.slabs + lo, bytes: share(m, r.p.aCell), there: r.p.aThere}
	w.loads[1] = operand{first: (r.p.batch*r.rows+b*r.cols+col)*r.slabs + lo, bytes: share(n, r.p.bCell), there: r.p.bThere}
	if r.t.split > 1 {
		w.store, w.partial, w.extra = int64(m*n)*4, true, 0
	}
	return w
}
