package mapping

import (
	"fmt"

	"nnsim/unit"
	"nnsim/workloads"
)

// Systolic cuts and places a network for a machine with a systolic matrix unit.
// It refuses a layer whose least tiles do not fit, naming what it needs.
func Systolic(net *workloads.Network, target Target) (*Plan, error) {
	return Fused(net, target)
}

// Fused is Systolic with chains of layers that run back to back; they must not overlap.
func Fused(net *workloads.Network, target Target, chains ...Chain) (*Plan, error) {
	plan := &Plan{Target: target, Places: map[*workloads.Tensor]*Place{}, Layers: make([]*LayerPlan, len(net.Layers))}
	tops, err := plan.chained(net, chains)
	if err != nil {
		return nil, err
	}
	for i, l := range net.Layers {
		if c := plan.chainOf(i); c != nil {
			if c.First == i {
				err = plan.cutChain(c, net, tops[i])
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", target.Name, c.called(net), err)
			}
			continue
		}
		lp := &LayerPlan{Layer: l}
		plan.Layers[i] = lp
		c := &cutter{target: target, plan: plan, layer: l, base: tops[i], room: target.Buffer - tops[i]}
		switch workloads.ClassOf(l.Head().Op) {
		case workloads.View:
		case workloads.MatrixClass:
			_, err = c.nest(lp)
		default:
			lp.Pieces, err = c.pieces()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", target.Name, err)
		}
	}
	plan.compulsory(net)
	return plan, nil
}

// compulsory counts the off-chip bytes no mapping of this network can avoid.
func (p *Plan) compulsory(net *workloads.Network) {
	for _, l := range net.Layers {
		if workloads.ClassOf(l.Head().Op) != workloads.MatrixClass {
			continue
		}
		if w := l.Head().In[1]; w.Role == workloads.Weight {
			p.CompulsoryRead += w.Bytes()
		}
	}
	for _, t := range net.Graph.Outputs {
		if workloads.ClassOf(producer(net, t)) != workloads.View {
			p.CompulsoryWrite += t.Bytes()
		}
	}
}

// producer is the operator whose layer leaves t; "" for a graph input.
func producer(net *workloads.Network, t *workloads.Tensor) string {
	for _, l := range net.Layers {
		if l.Out() == t {
			return l.Head().Op
		}
	}
	return ""
}

// cutter chooses the tiling of one layer.
type cutter struct {
	target Target
	plan   *Plan
	layer  *workloads.Layer
	base   int64     // where its slots may begin in the buffer
	room   int64     // and how many bytes there are
	spans  []RowTile // in a chain: what it computes in each band
}

// cutterOf is the cutter of a layer that has a nest, for reckoning.
func (p *Plan) cutterOf(lp *LayerPlan) *cutter {
	return &cutter{target: *p.Target.By(lp.Nest.Dataflow), plan: p, layer: lp.Layer}
}

// onChip tells whether a tensor lives in the buffer.
func (c *cutter) onChip(t *workloads.Tensor) bool { return c.plan.Places[t].OnChip >= 0 }

// nest chooses the quickest legal tiling of the layer's product, among those of a
// coarse grid that are best by their estimates, and leaves the whole space with it. least is the bytes that the
// smallest tiling needs; -1: there is none.
func (c *cutter) nest(lp *LayerPlan) (least int64, err error) {
	if head := c.layer.Head(); head.Op == "Conv" && head.In[1].Role != workloads.Weight {
		return -1, fmt.Errorf("layer %s: the filters %s are made at run time, and filters are laid out in tiles before the run; make them constants of the model", c.layer.Name, head.In[1].Name)
	}
	first := c.firstNest()
	list := NewShortlist(better)
	least = -1
	c.candidates(&first, func(n *Nest, hold bool) {
		need := c.allot(n, hold)
		if least < 0 || need < least {
			least = need
		}
		if need > c.room && !c.target.Unlimited {
			return
		}
		c.estimate(n)
		list.Add(n)
	})
	if list.Best() == nil {
		return least, c.tooBig(&first, least)
	}
	lp.Nest = c.quickest(&first, list)
	lp.Space = c.spaceOf(first, lp)
	return least, nil
}

// quickest is the tiling of a shortlist that takes least when it is followed through the units.
// Where memory never stalls, it is the first.
func (c *cutter) quickest(first *Nest, list *Shortlist[Nest]) *Nest {
	best := list.Best()
	if c.target.BytesPerCycle > 0 && !c.target.Unlimited && first.bands == nil {
		var p pace
		crossing := c.crossing(first)
		best = list.Quickest(func(n *Nest) float64 { return n.Compute }, func(n *Nest) float64 { return max(p.time(c, n), crossing) })
	}
	n := *best
	return &n
}

// firstNest is what all nests of the layer have in common.
func (c *cutter) firstNest() Nest {
	head := c.layer.Head()
	space, _ := workloads.MatrixOf(head)
	first := Nest{Space: space, Pack: c.pack(&space), AOnChip: c.onChip(head.In[0]), OutOnChip: c.onChip(c.layer.Out())}
	if head.In[1].Role != workloads.Weight {
		first.BOnChip = c.onChip(head.In[1])
	} else {
		c.plan.Places[head.In[1]].Packed = true
	}
	if c.spans != nil {
		first.bands = newBands(c.spans)
	}
	return first
}

// candidates calls try with every tiling worth trying whose results fit the accumulators.
func (c *cutter) candidates(first *Nest, try func(n *Nest, hold bool)) {
	for _, rows := range c.rowTiles(first) {
		tile := first.tiled(rows)
		for _, cols := range c.colTiles(first) {
			for _, chans := range c.chunks(first) {
				for choice := range 4 {
					n := tile
					n.Cols, n.Chans, n.Order = cols, chans, Order(choice%2)
					n.Red = c.redTile(&n)
					hold := choice < 2
					if (hold || n.Chunks() > 1 || n.bands != nil) && c.accumulates(&n) {
						try(&n, hold)
					}
				}
			}
		}
	}
}

func (c *cutter) tooBig(n *Nest, least int64) error {
	if least < 0 {
		return fmt.Errorf("layer %s: a row of %d outputs does not fit the %d accumulator rows (accumulators.rows)",
			c.layer.Name, n.Space.OW, c.target.AccRows)
	}
	return fmt.Errorf("layer %s needs at least %v of tiles on chip, the buffer has %v free (buffer.size)",
		c.layer.Name, unit.Bytes(least), unit.Bytes(c.room))
}

// better prefers the lower estimated time, then less traffic, then fewer tiles.
func better(a, b *Nest) bool {
	if a.Time < b.Time*closeEnough || b.Time < a.Time*closeEnough {
		return a.Time < b.Time
	}
	if a.Traffic < b.Traffic*closeEnough || b.Traffic < a.Traffic*closeEnough {
		return a.Traffic < b.Traffic
	}
	return a.tiles() < b.tiles()
}

func (n *Nest) tiles() int {
	return n.Packs() * n.RowTiles() * n.ColTiles() * n.Chunks()
}

// pack is the number of groups that fit side by side in the array: each group's
// block of R·S·C rows by K columns stands on the diagonal, zeros elsewhere.
func (c *cutter) pack(s *workloads.Matrix) int {
	if s.Groups == 1 || c.target.Dataflow != WS {
		return 1
	}
	return max(1, min(s.Groups, c.target.Rows/s.Red(), c.target.Cols*c.target.Arrays/s.K))
}

// rowTiles lists (images, pixels) tiles to try, largest first: whole images, then
// whole rows of one image, then parts of a row. A pool in the drain needs whole
// windows in a tile.
func (c *cutter) rowTiles(n *Nest) (list [][2]int) {
	s, quantum := &n.Space, c.rowQuantum(n)
	pixels := s.OH * s.OW
	switch {
	case c.target.Unlimited:
		return [][2]int{{s.Images, pixels}}
	case n.bands != nil:
		return c.bandTiles(n, 12)
	}
	limit := c.rowLimit(n)
	for k := min(s.Images, limit/pixels); k >= 1; k = k * 3 / 4 {
		list = append(list, [2]int{k, pixels})
	}
	for k := limit / quantum * quantum; k >= quantum; k = k * 3 / 4 / quantum * quantum {
		if k < pixels {
			list = append(list, [2]int{1, k})
		}
	}
	if quantum == s.OW {
		for k := min(limit, s.OW-1); k >= 1 && len(list) == 0; k /= 2 {
			list = append(list, [2]int{1, k})
		}
	}
	return list
}

// rowQuantum is the number of pixels a row tile must be a multiple of: a row of
// outputs, or of windows of the pool in the drain.
func (c *cutter) rowQuantum(n *Nest) int {
	q := n.Space.OW
	for _, f := range c.layer.Nodes[1:] {
		switch f.Op {
		case "MaxPool", "AveragePool":
			q *= int(f.Attr.Ints("strides", []int64{1})[0])
		case "GlobalAveragePool", "GlobalMaxPool":
			q *= n.Space.OH
		}
	}
	return q
}

// rowLimit is the largest row tile worth trying: what one accumulator bank holds.
func (c *cutter) rowLimit(n *Nest) int {
	if c.target.Dataflow == IS {
		return n.Space.M()
	}
	return min(n.Space.M(), max(1, c.target.AccRows/2))
}

// colTiles lists column tiles to try: multiples of what the arrays hold side by side.
func (c *cutter) colTiles(n *Nest) (list []int) {
	cols, width := n.Space.K*n.Pack, c.target.Cols*c.target.Arrays
	if c.target.Unlimited {
		return []int{cols}
	}
	if c.target.FIFO > 0 && c.target.Dataflow == WS {
		return []int{min(cols, width)}
	}
	for k := min(unit.CeilDiv(cols, width), 64); k >= 1; k = k * 2 / 3 {
		list = append(list, min(cols, k*width))
	}
	return list
}

// chunks lists numbers of input channels that one load of A may bring, such that
// their reduction rows fill whole folds.
func (c *cutter) chunks(n *Nest) (list []int) {
	all := n.Space.C * n.Pack
	if c.target.Unlimited || n.Pack > 1 {
		return []int{all}
	}
	quantum := c.target.Rows / gcd(c.target.Rows, n.Space.R*n.Space.S)
	list = append(list, all)
	for k := unit.CeilDiv(all, quantum) / 2; k >= 1; k /= 2 {
		if k*quantum < all {
			list = append(list, k*quantum)
		}
	}
	return list
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// redTile is the reduction rows in one load of B: one fold where weights pass
// through a FIFO of tiles, the whole chunk where they pass through the buffer.
func (c *cutter) redTile(n *Nest) int {
	chunk := n.Chans * n.Space.R * n.Space.S
	if c.target.FIFO > 0 && c.target.Dataflow == WS && !c.target.Unlimited {
		return min(chunk, c.target.Rows)
	}
	return chunk
}

// accumulates tells whether a tile's results fit one bank of the accumulators.
func (c *cutter) accumulates(n *Nest) bool {
	if c.target.Unlimited {
		return true
	}
	rows, cols, width := n.Images*n.Pixels, n.Cols, c.target.Cols*c.target.Arrays
	if c.target.Dataflow == IS {
		rows, cols = cols, rows
	}
	return rows*unit.CeilDiv(cols, width) <= c.target.AccRows/2
}
