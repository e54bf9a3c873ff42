package gpu

import (
	"fmt"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"nnsim/unit"
	"nnsim/workloads"
)

// The data side of a product: each CTA's tile, slab by slab. A slab's rows of A and
// columns of B are copied from where the plan has put their tensors into a stage of
// shared memory and multiplied out of it, so that a wrong tile, slab or stage gives
// a wrong tensor. Values stand in the stages as numbers of 32 bits, which every
// format here has exactly.

// ctaTile is one CTA's tile and stages while it computes.
type ctaTile struct {
	t        *task
	a, b     []float32 // the operands as they lie in memory
	shape    [2]int    // rows and columns that exist of the tile
	m0, n0   int
	batch    int
	stagesA  [][]float32 // [stage][row][k]
	stagesB  [][]float32 // [stage][k][column]
	floats   []float32   // accumulators of a float product, [row][column]
	ints     []int32     // of an integer one
	sums     []float32   // one slab's products of integers, exact in fp32
	total    []float32   // float sums of the parts so far, by way of the workspace
	ints8    bool
	aAt, bAt int // where the operands of this product of a batch begin
}

// samplesOfProduct is the number of tiles computed of a layer in Sample mode.
const samplesOfProduct = 2

// multiply runs the CTAs of a product; in Sample mode a few tiles of it.
func (p *plane) multiply(layer int, t *task) (picked []int, err error) {
	l := p.s.plan.Layers[layer].Layer
	head := l.Head()
	a, err := p.read(head.In[0])
	if err != nil {
		return nil, err
	}
	b, err := p.read(head.In[1])
	if err != nil {
		return nil, err
	}
	e, err := p.newEpilogue(l, t)
	if err != nil {
		return nil, err
	}
	c := newTile(t, asFloats(a), asFloats(b))
	tiles := c.rows() * c.cols() * t.product.batch
	order := make([]int, 0, tiles)
	if p.full() {
		for i := range tiles {
			order = append(order, i)
		}
	} else {
		rng := rand.New(rand.NewPCG(uint64(p.s.job.Seed), uint64(layer)))
		for range min(samplesOfProduct, tiles) {
			order = append(order, rng.IntN(tiles))
		}
	}
	r := p.s.c.rasterOf(t.product, t.tiling)
	done := map[int]bool{}
	for _, i := range order {
		if done[i] {
			continue
		}
		done[i] = true
		c.begin(head, r, i)
		cuts := r.parts(i, unit.CeilDiv(t.product.k, t.tiling.k))
		for n, lo := range cuts[:len(cuts)-1] {
			c.reduce(lo, cuts[n+1])
			c.hand(n)
		}
		at, err := e.finish(c)
		if err != nil {
			return nil, err
		}
		if !p.full() {
			picked = append(picked, at...)
		}
	}
	sort.Ints(picked)
	return picked, e.store()
}

// parts are the slabs at which the parts of tile i begin, and the end of the last:
// those that its CTAs have in the grid. The slabs of a convolution are cut by channels
// there, and along the whole reduction here.
func (r *raster) parts(i, slabs int) (cuts []int) {
	if r.t.stream == 0 {
		for part := range r.t.split + 1 {
			cuts = append(cuts, slabs*part/r.t.split)
		}
		return cuts
	}
	for _, step := range r.shares().parts(i) {
		cuts = append(cuts, min(slabs, step*max(1, r.together)))
	}
	return cuts
}

// asFloats is an array's values as stored, scales apart.
func asFloats(a *workloads.Array) []float32 {
	if a.F != nil {
		return a.F
	}
	out := make([]float32, a.Len())
	for i := range out {
		out[i] = float32(a.Int(i))
	}
	return out
}

// newTile makes shared memory and accumulators for the CTAs of a task.
func newTile(t *task, a, b []float32) *ctaTile {
	k := t.tiling
	c := &ctaTile{t: t, a: a, b: b, ints8: t.product.dt.IsInt()}
	for range k.stages {
		c.stagesA = append(c.stagesA, make([]float32, k.m*k.k))
		c.stagesB = append(c.stagesB, make([]float32, k.k*k.n))
	}
	c.floats, c.sums = make([]float32, k.m*k.n), make([]float32, k.m*k.n)
	c.ints = make([]int32, k.m*k.n)
	return c
}

func (c *ctaTile) rows() int { return unit.CeilDiv(c.t.product.m, c.t.tiling.m) }
func (c *ctaTile) cols() int { return unit.CeilDiv(c.t.product.n, c.t.tiling.n) }

// begin takes up tile i of the grid, in raster order, with sums of zero.
func (c *ctaTile) begin(head *workloads.Node, r *raster, i int) {
	tiles := r.rows * r.cols
	c.batch = i / tiles
	row, col := r.tile(i % tiles)
	c.m0, c.n0 = row*r.t.m, col*r.t.n
	c.shape = [2]int{min(r.t.m, r.p.m-c.m0), min(r.t.n, r.p.n-c.n0)}
	n := c.shape[0] * c.shape[1]
	clear(c.floats[:n])
	clear(c.ints[:n])
	c.locate(head)
}

// locate finds where the operands of the present product of a batch begin, and of a
// convolution the corner of each row's window.
func (c *ctaTile) locate(head *workloads.Node) {
	s := &c.t.space
	if head.Op == "Conv" {
		c.aAt, c.bAt = 0, c.batch*s.K*s.Red()
		return
	}
	ia, ib := 0, 0
	if !s.SharedB {
		ia, ib = workloads.BatchIndex(head, c.batch)
	}
	c.aAt, c.bAt = ia*s.Images*s.C, ib*s.C*s.K
}

// reduce adds slabs [lo, hi) of the reduction to the accumulators.
func (c *ctaTile) reduce(lo, hi int) {
	k := &c.t.tiling
	for s := lo; s < hi; s++ {
		stage := (s - lo) % k.stages
		k0, k1 := s*k.k, min((s+1)*k.k, c.t.product.k)
		if c.t.space.H*c.t.space.W*c.t.space.R*c.t.space.S*c.t.space.OH*c.t.space.OW > 1 {
			c.loadWindows(c.stagesA[stage], k0, k1)
			c.loadFilters(c.stagesB[stage], k0, k1)
		} else {
			c.loadRows(c.stagesA[stage], k0, k1)
			c.loadColumns(c.stagesB[stage], k0, k1)
		}
		c.mma(stage, k1-k0)
	}
}

// hand adds the sums of part n of the tile to those of the parts before it, as who
// finishes the tile does with what the others have left in the workspace, and makes
// room for the next part's. Integers are exact in any order.
func (c *ctaTile) hand(n int) {
	if c.ints8 {
		return
	}
	sums := c.floats[:c.shape[0]*c.shape[1]]
	if n == 0 {
		c.total = append(c.total[:0], sums...)
	}
	for i, v := range sums {
		if n > 0 {
			c.total[i] += v
		}
		sums[i] = 0
	}
}

// loadRows fills a stage with rows of a matrix A.
func (c *ctaTile) loadRows(dst []float32, k0, k1 int) {
	s, n := &c.t.space, k1-k0
	for i := range c.shape[0] {
		if !s.TransA {
			copy(dst[i*n:(i+1)*n], c.a[c.aAt+(c.m0+i)*s.C+k0:])
			continue
		}
		for k := range n {
			dst[i*n+k] = c.a[c.aAt+(k0+k)*s.Images+c.m0+i]
		}
	}
}

// loadColumns fills a stage with columns of a matrix B.
func (c *ctaTile) loadColumns(dst []float32, k0, k1 int) {
	s, cols := &c.t.space, c.shape[1]
	for k := range k1 - k0 {
		row := dst[k*cols : (k+1)*cols]
		if !s.TransB {
			copy(row, c.b[c.bAt+(k0+k)*s.K+c.n0:])
			continue
		}
		for j := range row {
			row[j] = c.b[c.bAt+(c.n0+j)*s.C+k0+k]
		}
	}
}

// loadFilters fills a stage with filters: rows of [filter][channel, r, s].
func (c *ctaTile) loadFilters(dst []float32, k0, k1 int) {
	red, cols := c.t.space.Red(), c.shape[1]
	for j := range cols {
		from := c.b[c.bAt+(c.n0+j)*red+k0:]
		for k := range k1 - k0 {
			dst[k*cols+j] = from[k]
		}
	}
}

// loadWindows fills a stage with what lies under the windows of the tile's rows, an
// im2col that exists nowhere but here; zeros where a window hangs over the edge.
func (c *ctaTile) loadWindows(dst []float32, k0, k1 int) {
	s, n := &c.t.space, k1-k0
	pixels := s.OH * s.OW
	for i := range c.shape[0] {
		image, pixel := (c.m0+i)/pixels, (c.m0+i)%pixels
		top, left := pixel/s.OW*s.StrideH-s.PadH, pixel%s.OW*s.StrideW-s.PadW
		base := (image*s.C*s.Groups + c.batch*s.C) * s.H * s.W
		ch, r, q := k0/(s.R*s.S), k0/s.S%s.R, k0%s.S
		for k := range n {
			y, x := top+r*s.DilH, left+q*s.DilW
			if y >= 0 && y < s.H && x >= 0 && x < s.W {
				dst[i*n+k] = c.a[base+(ch*s.H+y)*s.W+x]
			} else {
				dst[i*n+k] = 0
			}
			if q++; q == s.S {
				q = 0
				if r++; r == s.R {
					r, ch = 0, ch+1
				}
			}
		}
	}
}

// mma multiplies a stage. A slab is short enough that products of 8-bit integers
// sum exactly in fp32.
func (c *ctaTile) mma(stage, k int) {
	rows, cols := c.shape[0], c.shape[1]
	a := blas32.General{Rows: rows, Cols: k, Stride: k, Data: c.stagesA[stage]}
	b := blas32.General{Rows: k, Cols: cols, Stride: cols, Data: c.stagesB[stage]}
	acc := blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: c.floats}
	if !c.ints8 {
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, a, b, 1, acc)
		return
	}
	acc.Data = c.sums
	blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, a, b, 0, acc)
	for i, v := range c.sums[:rows*cols] {
		c.ints[i] += int32(v)
	}
}

// index is where the result of row i and column j of the tile lies in the output tensor.
func (c *ctaTile) index(conv bool, i, j int) int {
	s, m := &c.t.space, c.m0+i
	if !conv {
		return (c.batch*s.Images+m)*s.K + c.n0 + j
	}
	pixels := s.OH * s.OW
	return (m/pixels*s.K*s.Groups+c.batch*s.K+c.n0+j)*pixels + m%pixels
}

// column is the filter that column j of the tile belongs to, over all groups.
func (c *ctaTile) column(conv bool, j int) int {
	if conv {
		return c.batch*c.t.space.K + c.n0 + j
	}
	return c.n0 + j
}

func (c *ctaTile) String() string {
	return fmt.Sprintf("tile at row %d, column %d of product %d", c.m0, c.n0, c.batch)
}
