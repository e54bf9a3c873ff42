package reference

import "nnsim/workloads"

// rotary turns pairs of numbers in each head by the angle of their position: halves
// against each other, or neighbours where interleaved (Su et al., "RoFormer", 2021).
func rotary(c *call) error {
	x, cos, sin, dst := c.in[0], c.in[1], c.in[2], c.make(0)
	g, err := c.rotation()
	if err != nil {
		return err
	}
	half := g.turned / 2
	tasks(g.batch*g.length, func(i int) {
		batch, at := i/g.length, i%g.length
		table := at * half
		if c.has(3) {
			table = int(c.in[3].Int(i)) * half
		} else if len(cos.Shape) == 3 {
			table = i * half
		}
		for head := range g.heads {
			first := batch*g.stride[0] + head*g.stride[1] + at*g.stride[2]
			copySpan(dst, first, x, first, g.width)
			for j := range half {
				p, q := first+j, first+j+half
				if g.neighbours {
					p, q = first+2*j, first+2*j+1
				}
				a, b, co, si := x.At(p), x.At(q), cos.At(table+j), sin.At(table+j)
				dst.Set(p, co*a-si*b)
				dst.Set(q, si*a+co*b)
			}
		}
	})
	return nil
}

// rotation is the geometry of one call: how many numbers of each head are turned,
// and how far apart batches, heads and positions lie.
type rotation struct {
	batch, heads, length, width, turned int
	stride                              [3]int
	neighbours                          bool
}

func (c *call) rotation() (rotation, error) {
	s := c.in[0].Shape
	g := rotation{batch: s[0], neighbours: c.node.Attr.Int("interleaved", 0) != 0}
	if len(s) == 4 {
		g.heads, g.length, g.width = s[1], s[2], s[3]
		g.stride = [3]int{s[1] * s[2] * s[3], s[2] * s[3], s[3]}
	} else {
		g.heads, g.length = int(c.node.Attr.Int("num_heads", 1)), s[1]
		g.width = s[2] / g.heads
		g.stride = [3]int{s[1] * s[2], g.width, s[2]}
	}
	g.turned = int(c.node.Attr.Int("rotary_embedding_dim", 0))
	if g.turned == 0 {
		g.turned = g.width
	}
	table := c.in[1].Shape
	if g.turned < 0 || g.turned > g.width || g.turned%2 != 0 {
		return g, c.fail("attribute rotary_embedding_dim is %d; it must be even and at most the head's width %d", g.turned, g.width)
	}
	want, rows := g.turned/2, 0
	if c.has(3) {
		rows = 1
		if !c.in[3].Shape.Equal(workloads.Shape{g.batch, g.length}) {
			return g, c.fail("position ids have shape %v; %d×%d belong there", c.in[3].Shape, g.batch, g.length)
		}
		for i := range c.in[3].Len() {
			if v := c.in[3].Int(i); v < 0 || len(table) < 1 || v >= int64(table[0]) {
				return g, c.fail("position %d is outside the table of cosines of shape %v", v, table)
			}
		}
	} else if len(table) == 3 {
		rows = g.batch * g.length
	} else {
		rows = g.length
	}
	if len(table) < 2 || table[len(table)-1] != want || table[:len(table)-1].Elements() < int64(rows) {
		return g, c.fail("table of cosines has shape %v; rows of %d belong there, one for each position", table, want)
	}
	return g, nil
}
