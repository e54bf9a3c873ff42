package mapping

import (
	"fmt"
	"math"
	"strconv"

	"nnsim/unit"
	"nnsim/workloads"
)

// Axes of a product's space on a systolic machine.
const (
	axisRows     = iota // images and output pixels in a row tile
	axisCols            // columns in a tile
	axisChannels        // input channels in one load of A
	axisOrder           // rows or columns outside
	axisHold            // whether the outer operand's chunks are all kept while the inner one passes
	nestAxes
)

// nestSpace is every nest of a layer's product: row tiles of any number of images,
// or of rows of an image, or of pixels in a row; any multiple of the array's width
// in columns and of whole folds in channels.
type nestSpace struct {
	c      cutter
	first  Nest
	chosen *LayerPlan
	rows   [][2]int
	tiles  []Nest // by choice of rows: the nest with its row tiles
	cols   []int
	chans  []int
	n      Nest // the nest at hand
	pace   pace
}

// nestSpace lays a layer's choices out in the cutter's dataflow.
func (c *cutter) nestSpace(first Nest, chosen *LayerPlan) *nestSpace {
	s := &nestSpace{c: *c, first: first, chosen: chosen, rows: c.everyRowTile(&first), cols: c.everyColTile(&first), chans: c.everyChunk(&first)}
	for _, r := range s.rows {
		s.tiles = append(s.tiles, first.tiled(r))
	}
	return s
}

// everyRowTile lists all (images, pixels) that fit an accumulator bank one column wide.
func (c *cutter) everyRowTile(n *Nest) (list [][2]int) {
	s, quantum, limit := &n.Space, c.rowQuantum(n), c.rowLimit(n)
	pixels := s.OH * s.OW
	switch {
	case c.target.Unlimited:
		return [][2]int{{s.Images, pixels}}
	case n.bands != nil:
		return c.bandTiles(n, 1<<20)
	}
	if quantum == s.OW {
		for k := 1; k < min(s.OW, limit+1); k++ {
			list = append(list, [2]int{1, k})
		}
	}
	for k := quantum; k < pixels && k <= limit; k += quantum {
		list = append(list, [2]int{1, k})
	}
	for k := 1; k <= min(s.Images, limit/pixels); k++ {
		list = append(list, [2]int{k, pixels})
	}
	return list
}

// everyColTile lists all multiples of what the arrays hold side by side.
func (c *cutter) everyColTile(n *Nest) (list []int) {
	cols, width := n.Space.K*n.Pack, c.target.Cols*c.target.Arrays
	switch {
	case c.target.Unlimited:
		return []int{cols}
	case c.target.FIFO > 0 && c.target.Dataflow == WS:
		return []int{min(cols, width)}
	}
	for k := width; k < cols+width; k += width {
		list = append(list, min(k, cols))
	}
	return list
}

// everyChunk lists all numbers of channels whose reduction fills whole folds.
func (c *cutter) everyChunk(n *Nest) (list []int) {
	all := n.Space.C * n.Pack
	if c.target.Unlimited || n.Pack > 1 {
		return []int{all}
	}
	quantum := c.target.Rows / gcd(c.target.Rows, n.Space.R*n.Space.S)
	for k := quantum; k < all+quantum; k += quantum {
		list = append(list, min(k, all))
	}
	return list
}

// Axes is the number of choices along each axis.
func (s *nestSpace) Axes() []int {
	return []int{axisRows: len(s.rows), axisCols: len(s.cols), axisChannels: len(s.chans), axisOrder: 2, axisHold: 2}
}

// Names is the name of each axis.
func (s *nestSpace) Names() []string {
	return []string{axisRows: "rows", axisCols: "cols", axisChannels: "channels", axisOrder: "outer", axisHold: "hold"}
}

var orderWords, holdWords = [2]string{RowsOuter: "rows", ColsOuter: "cols"}, [2]string{"no", "yes"}

// Value is a choice as a file writes it.
func (s *nestSpace) Value(axis, choice int) string {
	switch axis {
	case axisRows:
		return strconv.Itoa(s.rows[choice][0] * s.rows[choice][1])
	case axisCols:
		return strconv.Itoa(s.cols[choice])
	case axisChannels:
		return strconv.Itoa(s.chans[choice])
	case axisOrder:
		return orderWords[choice]
	}
	return holdWords[choice]
}

// set makes the nest at hand that of a point; false where it is illegal.
func (s *nestSpace) set(at []int) bool {
	n := &s.n
	*n = s.tiles[at[axisRows]]
	n.Cols, n.Chans, n.Order = s.cols[at[axisCols]], s.chans[at[axisChannels]], Order(at[axisOrder])
	n.Red = s.c.redTile(n)
	hold := at[axisHold] == 1
	if !hold && n.Chunks() == 1 && n.bands == nil || !s.c.accumulates(n) { // one chunk is held by either
		return false
	}
	need := s.c.allot(n, hold)
	return need <= s.c.room || s.c.target.Unlimited
}

// Weights of what decides among mappings that take equally long: less traffic, then fewer tiles.
const (
	trafficTie = 1e-4
	tileTie    = 1e-3
)

// Cost is the reckoned time.
func (s *nestSpace) Cost(at []int) float64 {
	if !s.set(at) {
		return math.Inf(1)
	}
	s.c.estimate(&s.n)
	s.n.Time = s.time()
	return s.n.Time + trafficTie*s.n.Traffic + tileTie*float64(s.n.tiles())
}

// time is the reckoned time of the nest at hand; of one in a chain, band by band. It is
// no less than the bytes take, where the pace that is taken to go on is that of tiles
// whose stores still wait.
func (s *nestSpace) time() float64 {
	if s.n.bands == nil {
		return max(s.pace.time(&s.c, &s.n), s.c.crossing(&s.first))
	}
	return max(s.pace.bandTime(&s.c, &s.n), s.c.crossing(&s.first))
}

// crossing is how long the memory takes for the bytes that must cross the off-chip
// boundary whatever the mapping: B and the result, once.
func (c *cutter) crossing(first *Nest) float64 {
	if c.target.BytesPerCycle == 0 {
		return 0
	}
	var bytes int64
	if !first.BOnChip {
		bytes += c.layer.Head().In[1].Bytes()
	}
	if !first.OutOnChip {
		bytes += c.layer.Out().Bytes()
	}
	return float64(bytes) / c.target.BytesPerCycle
}

// boundShare: the reckoned cost may fall short of what folds and bytes take, since it
// follows the course at its ends only.
const boundShare = 0.9

// Bound is what the folds take whatever else is chosen, each as long as its stream,
// or the bytes that must cross the off-chip boundary, if those take longer.
func (s *nestSpace) Bound(at []int, fixed int) float64 {
	t, p := &s.c.target, &s.first.Space
	width := t.Cols * t.Arrays
	repeats := float64(p.Batch) * float64(s.first.Packs())
	row := s.rows[at[axisRows]]
	n := s.tiles[at[axisRows]]
	pixels, tile := p.OH*p.OW, row[1]
	switch {
	case tile < p.OW:
		pixels = p.OW
	case tile == pixels:
		pixels, tile = p.Images*pixels, row[0]*row[1]
	}
	rows := cut(pixels, tile)
	cols, red := p.K*n.Pack, p.Red()*n.Pack
	sum := func(f func(rows int) int) float64 { // over all row tiles
		if s.first.bands != nil { // which are of many sizes
			return float64(f(p.M()))
		}
		return float64(n.RowTiles()) / float64(rows.count) * float64((rows.count-1)*f(rows.full)+f(rows.last))
	}
	var bound float64
	switch t.Dataflow {
	case OS:
		bound = sum(func(r int) int { return unit.CeilDiv(r, t.Rows) * unit.CeilDiv(cols, width) * red })
	case IS:
		bound = sum(func(r int) int { return unit.CeilDiv(red, t.Rows) * unit.CeilDiv(r, width) * cols })
	default:
		folds := unit.CeilDiv(red, t.Rows) * unit.CeilDiv(cols, width)
		bound = sum(func(r int) int {
			if red <= t.Rows { // a stationary tile may stay in the array from one tile of rows to the next
				return folds * r
			}
			return folds * max(r, t.Rows)
		})
	}
	return max(bound*repeats, s.c.crossing(&s.first)) * boundShare
}

// Plan is the layer with the nest of a legal point.
func (s *nestSpace) Plan(at []int) *LayerPlan {
	if !s.set(at) {
		return nil
	}
	s.c.estimate(&s.n)
	s.n.Time = s.time()
	nest := s.n
	lp := *s.chosen
	lp.Nest = &nest
	lp.Space = s.c.spaceOf(s.first, &lp)
	return &lp
}

// Key is all that the space is laid out from, and the channels on which the layer's
// tensors begin; in which rows of a bank they lie is taken to make no difference.
func (s *nestSpace) Key() string {
	c, head := &s.c, s.c.layer.Head()
	channels := func(t *workloads.Tensor) int64 {
		m := &c.target.Memory
		if pl := c.plan.Places[t]; pl != nil && m.Channels > 1 && pl.OffChip >= 0 {
			return pl.OffChip % (m.Stripe * int64(m.Channels))
		}
		return 0
	}
	return fmt.Sprint(s.first.Space, c.spans, s.first.Pack, s.first.AOnChip, s.first.BOnChip, s.first.OutOnChip, c.base, c.room,
		c.extras(), c.rowQuantum(&s.first), head.In[0].Type, head.In[1].Type, c.layer.Out().Type,
		channels(head.In[0]), channels(head.In[1]), channels(c.layer.Out()))
}

// Chosen is the point of the mapping the plan has.
func (s *nestSpace) Chosen() []int {
	n := s.chosen.Nest
	at := make([]int, nestAxes)
	at[axisRows] = find(s, axisRows, len(s.rows), strconv.Itoa(n.Images*n.Pixels))
	at[axisCols] = find(s, axisCols, len(s.cols), strconv.Itoa(n.Cols))
	at[axisChannels] = find(s, axisChannels, len(s.chans), strconv.Itoa(n.Chans))
	at[axisOrder] = int(n.Order)
	for _, i := range at {
		if i < 0 {
			return nil
		}
	}
	for hold := 1; hold >= 0; hold-- {
		if at[axisHold] = hold; s.set(at) && s.n.A == n.A && s.n.B == n.B && s.n.Out == n.Out {
			return at
		}
	}
	return nil
}

// aLoads is the elements, a channel, of the loads of A that a row tile needs.
type aLoads struct {
	tall       int64   // the largest; 0: not yet reckoned
	mean, last float64 // the mean of all but the last of an image or row, and that one
}

// measure finds them.
func (n *Nest) measure() {
	per, sum, loads := n.perImage(), int64(0), aLoads{}
	if n.bands != nil {
		per = n.bands.alike()
	}
	for i := range per { // the tiles of one image differ in halo only
		size := n.ATile(n.RowTile(i), 1)
		loads.tall, sum = max(loads.tall, size), sum+size
		loads.last = float64(size)
	}
	if loads.mean = loads.last; per > 1 {
		loads.mean = (float64(sum) - loads.last) / float64(per-1)
	} else if rest := n.Space.Images % n.Images; rest > 0 {
		loads.last = loads.mean / float64(n.Images) * float64(rest)
	}
	n.aLoads = loads
}

// tiled is the nest with row tiles of so many images and pixels.
func (n *Nest) tiled(rows [2]int) Nest {
	tile := *n
	tile.Images, tile.Pixels = rows[0], rows[1]
	if n.bands != nil {
		tile.cutBands()
	}
	tile.measure()
	return tile
}

var _ Space = (*nestSpace)(nil)

// spaceOf is the space of a matrix layer's plan, laid out when it is asked for.
func (c *cutter) spaceOf(first Nest, lp *LayerPlan) func() Space {
	held := *c
	return func() Space { return held.space(first, lp) }
}
