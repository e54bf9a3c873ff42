package mapping

import (
	"fmt"
	"slices"
	"sort"

	"nnsim/unit"
	"nnsim/workloads"
)

// bands is how a nest in a chain falls into the chain's bands: each is cut into row
// tiles for itself, and the nest's other loops run within it.
type bands struct {
	spans   []RowTile // by band: what is computed in it; empty where nothing is
	ends    []int     // by band: the row tiles up to its end
	largest RowTile
	filled  int // bands that are not empty
}

// newBands has a nest run in so many bands, not yet cut into tiles.
func newBands(spans []RowTile) *bands {
	b := &bands{spans: spans}
	for _, s := range spans {
		if s.Rows() > 0 {
			b.filled++
		}
		if s.Rows() > b.largest.Rows() {
			b.largest = s
		}
	}
	return b
}

// cutBands cuts the bands into tiles of the nest's images and pixels.
func (n *Nest) cutBands() {
	b := *n.bands
	b.ends = make([]int, len(b.spans))
	tiles := 0
	for band, s := range b.spans {
		if s.Rows() > 0 {
			tiles += n.spanTiles(s)
		}
		b.ends[band] = tiles
	}
	n.bands = &b
}

// wholeTiles tells whether a span is cut between images only.
func (n *Nest) wholeTiles(s RowTile) bool {
	all := n.Space.OH * n.Space.OW
	return n.Pixels >= all && s.P1-s.P0 == all
}

// inRow is the tiles of a row where they are parts of one; 0 where they are whole rows.
func (n *Nest) inRow() int {
	if n.Pixels < n.Space.OW {
		return unit.CeilDiv(n.Space.OW, n.Pixels)
	}
	return 0
}

// spanTiles is the number of tiles of a span, which is whole rows.
func (n *Nest) spanTiles(s RowTile) int {
	if n.wholeTiles(s) {
		return unit.CeilDiv(s.I1-s.I0, n.Images)
	}
	if in := n.inRow(); in > 0 {
		return s.Rows() / n.Space.OW * in
	}
	return (s.I1 - s.I0) * unit.CeilDiv(s.P1-s.P0, n.Pixels)
}

// spanTile is tile i of a span.
func (n *Nest) spanTile(s RowTile, i int) RowTile {
	if n.wholeTiles(s) {
		image := s.I0 + i*n.Images
		return RowTile{image, min(image+n.Images, s.I1), s.P0, s.P1}
	}
	per := n.spanTiles(RowTile{0, 1, s.P0, s.P1})
	image, from, to := s.I0+i/per, s.P0, s.P1
	i %= per
	if in := n.inRow(); in > 0 {
		from += i / in * n.Space.OW
		from, to = from+i%in*n.Pixels, from+n.Space.OW
	} else {
		from += i * n.Pixels
	}
	return RowTile{image, image + 1, from, min(from+n.Pixels, to)}
}

// tile is row tile i of all.
func (b *bands) tile(n *Nest, i int) RowTile {
	band := sort.SearchInts(b.ends, i+1)
	if band > 0 {
		i -= b.ends[band-1]
	}
	return n.spanTile(b.spans[band], i)
}

// alike is the number of row tiles in the bands of the first image, or images: the
// others' are as large.
func (b *bands) alike() int {
	for band, s := range b.spans {
		if s.I0 > b.spans[0].I0 {
			return b.ends[band-1]
		}
	}
	return b.ends[len(b.ends)-1]
}

// Band is the row tiles of a band, from one to before another; all for band -1.
func (n *Nest) Band(band int) (from, to int) {
	if n.bands == nil {
		return 0, n.RowTiles()
	}
	if band > 0 {
		from = n.bands.ends[band-1]
	}
	return from, n.bands.ends[band]
}

// bandTiles lists (images, pixels) of tiles to try in a chain: equal parts of the
// largest band, in whole rows; parts of a row where a row is too long.
func (c *cutter) bandTiles(n *Nest, most int) (list [][2]int) {
	s, quantum, limit := &n.Space, c.rowQuantum(n), c.rowLimit(n)
	images, pixels := n.bands.largest.I1-n.bands.largest.I0, n.bands.largest.P1-n.bands.largest.P0
	add := func(images, pixels int) {
		if t := [2]int{images, pixels}; images*pixels <= limit && len(list) < most && (len(list) == 0 || list[len(list)-1] != t) {
			list = append(list, t)
		}
	}
	for parts := 1; parts <= images; parts++ {
		add(unit.CeilDiv(images, parts), pixels)
	}
	for parts := 2; parts <= pixels/quantum; parts++ {
		add(1, unit.CeilDiv(pixels/quantum, parts)*quantum)
	}
	for k := s.OW - 1; quantum == s.OW && k >= 1 && len(list) == 0; k /= 2 {
		add(1, k)
	}
	return list
}

// chained takes chains into the plan and places all tensors; tops are as place gives them.
func (p *Plan) chained(net *workloads.Network, chains []Chain) (tops []int64, err error) {
	for _, c := range chains {
		if p.Target.Unlimited {
			return nil, fmt.Errorf("%s: layers of a machine without limits on its memories are not chained", p.Target.Name)
		}
		if err := c.follow(net); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Target.Name, err)
		}
		p.Chains = append(p.Chains, &c)
	}
	slices.SortFunc(p.Chains, func(a, b *Chain) int { return a.First - b.First })
	for i, c := range p.Chains[min(1, len(p.Chains)):] {
		if before := p.Chains[i]; c.First <= before.Last {
			return nil, fmt.Errorf("%s: the %s and the %s share layers", p.Target.Name, before.called(net), c.called(net))
		}
	}
	if tops, err = place(net, p.Target, p); err != nil {
		err = fmt.Errorf("%s: %w", p.Target.Name, err)
	}
	return tops, err
}

// cutChain tiles the layers of a chain. Each has slots of its own, so that its tiles
// are loaded while others compute: what it needs at least, and an equal part of what
// then is left.
func (p *Plan) cutChain(chain *Chain, net *workloads.Network, base int64) error {
	cutters, layers := make([]*cutter, len(chain.links)), make([]*LayerPlan, len(chain.links))
	spare := p.Target.Buffer - base
	for i, l := range chain.links {
		c := &cutter{target: p.Target, plan: p, layer: net.Layers[chain.First+i], base: base, room: spare, spans: l.spans}
		cutters[i], layers[i] = c, &LayerPlan{Layer: c.layer}
		least, err := c.nest(layers[i])
		if err != nil {
			return err
		}
		c.room = least
		spare -= least
	}
	for i, c := range cutters {
		share := spare / int64(len(cutters)-i) / 64 * 64
		c.base, c.room = base, c.room+share
		if err := c.settle(layers[i]); err != nil {
			return err
		}
		p.Layers[chain.First+i] = layers[i]
		spare, base = spare-share, base+c.room
	}
	return nil
}

// settle moves a nest that was cut elsewhere to the cutter's room, or, if it is too large for it, cuts anew.
func (c *cutter) settle(lp *LayerPlan) error {
	n := lp.Nest
	slots := []*Slots{&n.A, &n.B, &n.Extra, &n.Out}
	var need int64
	for _, s := range slots {
		need += s.Bytes()
	}
	if need > c.room {
		_, err := c.nest(lp)
		return err
	}
	at := c.base
	for _, s := range slots {
		if s.Count > 0 {
			s.Base = at
		}
		at += s.Bytes()
	}
	lp.Space = c.spaceOf(c.firstNest(), lp)
	return nil
}
