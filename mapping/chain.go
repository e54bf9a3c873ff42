package mapping

import (
	"fmt"
	"math"
	"slices"

	"nnsim/workloads"
)

// Chain is layers that run back to back, band by band: when a band of a layer's result
// is made, the next layer goes on with it, and what lies between them never leaves the
// chip. Whole rows are kept, so that nothing is computed twice:
//
//	conv1  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒░░░░░░░   rows of an image: ▓ gone, ▒ in the ring, ░ to come
//	conv2  ▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░   its window reaches as far as conv1 has come
//
// A band is Rows rows of the last layer's result in one image, or Images images; the
// layers before make what it needs and is not yet there.
type Chain struct {
	First, Last  int // layers
	Images, Rows int // of a band: so many images, or, where Rows is not 0, rows of one

	links []link
	rings map[*workloads.Tensor]int // rows kept of what stays within the chain
}

// link is a layer of a chain.
type link struct {
	space   workloads.Matrix
	pool    int       // rows of the product that make a row of the result
	rows    int       // of the result in an image
	readers []reader  // of the result, in the chain
	ends    []int     // by band of an image: rows of the result that are made after it
	spans   []RowTile // by band: what is computed of the product; empty where nothing is
}

// reader is a layer that reads another's result, as its operand or in its drain.
type reader struct {
	link    int
	operand bool
}

// String says how the chain's bands are cut.
func (c *Chain) String() string {
	if c.Rows > 0 {
		return fmt.Sprintf("by %d rows of the last", c.Rows)
	}
	return fmt.Sprintf("by %d images", c.Images)
}

// called is how a chain is named in messages.
func (c *Chain) called(net *workloads.Network) string {
	return fmt.Sprintf("chain from %s to %s", net.Layers[c.First].Name, net.Layers[c.Last].Name)
}

// follow finds what each band computes of each layer, and how many rows of each result
// must be kept. It refuses what cannot be chained.
func (c *Chain) follow(net *workloads.Network) error {
	if c.First < 0 || c.Last >= len(net.Layers) || c.First >= c.Last {
		return fmt.Errorf("a chain is of two layers or more, in their order")
	}
	c.links = make([]link, c.Last-c.First+1)
	for i := range c.links {
		if err := c.join(net, i); err != nil {
			return fmt.Errorf("%s: %w", c.called(net), err)
		}
	}
	last := &c.links[len(c.links)-1]
	switch {
	case c.Rows < 0 || c.Rows >= max(last.rows, 2):
		return fmt.Errorf("%s: rows is %d; write 1 to %d, or images in its place", c.called(net), c.Rows, last.rows-1)
	case c.Images < 1 || c.Images > last.space.Images || c.Rows > 0 && c.Images > 1:
		return fmt.Errorf("%s: images is %d; write 1 to %d", c.called(net), c.Images, last.space.Images)
	}
	inside := c.inside(net)
	c.rings = map[*workloads.Tensor]int{}
	for i := len(c.links) - 1; i >= 0; i-- {
		l := &c.links[i]
		if i < len(c.links)-1 && len(l.readers) == 0 {
			return fmt.Errorf("%s: no layer of it reads what %s makes", c.called(net), net.Layers[c.First+i].Name)
		}
		c.measure(l)
		if out := net.Layers[c.First+i].Out(); inside[out] {
			c.rings[out] = c.kept(l)
		}
	}
	if len(c.rings) == 0 {
		return fmt.Errorf("%s: all that it makes is read by other layers too, so nothing stays within it", c.called(net))
	}
	return nil
}

// join takes a layer into the chain, and notes whose results it reads.
func (c *Chain) join(net *workloads.Network, i int) error {
	layer := net.Layers[c.First+i]
	head := layer.Head()
	space, ok := workloads.MatrixOf(head)
	switch {
	case !ok || head.Op != "Conv" || head.In[1].Role != workloads.Weight:
		return fmt.Errorf("%s is no convolution; chains are of convolutions, with what their drains do", layer.Name)
	case i > 0 && space.Images != c.links[0].space.Images:
		return fmt.Errorf("%s has %d images, the layers before it %d", layer.Name, space.Images, c.links[0].space.Images)
	}
	l := &c.links[i]
	l.space, l.rows = space, 1
	if y := layer.Out().Shape; len(y) >= 4 {
		l.rows = y[2]
	}
	l.pool = space.OH / l.rows
	for k := range i {
		made := net.Layers[c.First+k].Out()
		if slices.Contains(head.In[1:], made) {
			return fmt.Errorf("%s reads %s whole", layer.Name, made.Name)
		}
		if head.In[0] == made {
			c.links[k].readers = append(c.links[k].readers, reader{i, true})
		}
		if slices.ContainsFunc(layer.Nodes[1:], func(n *workloads.Node) bool { return slices.Contains(n.In, made) }) {
			c.links[k].readers = append(c.links[k].readers, reader{i, false})
		}
	}
	return nil
}

// inside tells which results of the chain nothing outside of it reads.
func (c *Chain) inside(net *workloads.Network) map[*workloads.Tensor]bool {
	in := map[*workloads.Tensor]bool{}
	for _, layer := range net.Layers[c.First:c.Last] {
		in[layer.Out()] = true
	}
	for i, layer := range net.Layers {
		if i >= c.First && i <= c.Last {
			continue
		}
		for _, n := range layer.Nodes {
			for _, t := range n.In {
				delete(in, t)
			}
		}
	}
	for _, t := range net.Graph.Outputs {
		delete(in, t)
	}
	return in
}

// perImage is the number of bands that an image is cut into.
func (c *Chain) perImage() int {
	if c.Rows == 0 {
		return 1
	}
	last := &c.links[len(c.links)-1]
	return (last.rows + c.Rows - 1) / c.Rows
}

// measure finds how far a layer comes in each band, from how far those that read it do.
func (c *Chain) measure(l *link) {
	n := c.perImage()
	l.ends = make([]int, n)
	for band := range n {
		end := (band + 1) * c.Rows // of the last layer
		for k, r := range l.readers {
			if need := c.reads(r, band); k == 0 || need > end {
				end = need
			}
		}
		if l.ends[band] = min(end, l.rows); band == n-1 {
			l.ends[band] = l.rows
		}
	}
	line := l.pool * l.space.OW
	for image := 0; image < l.space.Images; image += c.Images {
		for band, end := range l.ends {
			l.spans = append(l.spans, RowTile{image, min(image+c.Images, l.space.Images), l.before(band) * line, end * line})
		}
	}
}

// reads is the row behind the last that a reader needs for a band.
func (c *Chain) reads(r reader, band int) int {
	l := &c.links[r.link]
	end := l.ends[band] * l.pool
	if !r.operand || end == 0 {
		return end
	}
	s := &l.space
	return min(max((end-1)*s.StrideH-s.PadH+(s.R-1)*s.DilH+1, 1), s.H)
}

// begins is the first row that a reader needs for a band and those behind it.
func (c *Chain) begins(r reader, band int) int {
	l := &c.links[r.link]
	switch row := l.before(band) * l.pool; {
	case row == l.space.OH:
		return math.MaxInt
	case r.operand:
		return max(row*l.space.StrideH-l.space.PadH, 0)
	default:
		return row
	}
}

// before is the rows of the result that are there when a band begins.
func (l *link) before(band int) int {
	if band == 0 {
		return 0
	}
	return l.ends[band-1]
}

// kept is the most rows of a result that are there at a time and may still be read.
func (c *Chain) kept(l *link) (most int) {
	if c.Rows == 0 {
		return c.Images * l.rows
	}
	for band, end := range l.ends {
		from := l.before(band)
		for _, r := range l.readers {
			from = min(from, c.begins(r, band))
		}
		most = max(most, end-from)
	}
	return most
}

// Turn is a layer's part in a band, or all of a layer that is in no chain (Band is -1).
type Turn struct {
	Layer, Band int
	First, Last bool // of the layer's turns
	Apart       bool // its slots lie where those of the turns before may have lain
}

// Turns is the order in which a plan runs: layer by layer, and chains band by band.
func (p *Plan) Turns() (list []Turn) {
	chains := p.Chains
	for i := 0; i < len(p.Layers); i++ {
		if len(chains) == 0 || chains[0].First != i {
			list = append(list, Turn{i, -1, true, true, true})
			continue
		}
		c := chains[0]
		list = c.turns(list)
		i, chains = c.Last, chains[1:]
	}
	return list
}

// turns appends those of a chain. What a band needs nothing of takes no turn.
func (c *Chain) turns(list []Turn) []Turn {
	begun, last := make([]bool, len(c.links)), make([]int, len(c.links))
	apart := true
	for band := range c.links[0].spans {
		for k := range c.links {
			if c.links[k].spans[band].Rows() == 0 {
				continue
			}
			last[k] = len(list)
			list = append(list, Turn{Layer: c.First + k, Band: band, First: !begun[k], Apart: apart})
			begun[k], apart = true, false
		}
	}
	for _, i := range last {
		list[i].Last = true
	}
	return list
}

// chainOf is the chain that a layer is in; nil: none.
func (p *Plan) chainOf(layer int) *Chain {
	for _, c := range p.Chains {
		if c.First <= layer && layer <= c.Last {
			return c
		}
	}
	return nil
}
