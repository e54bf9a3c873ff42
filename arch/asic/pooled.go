package asic

import (
	"fmt"
	"maps"

	"nnsim/mem"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Pooling is the last node of a layer whose results are pooled as they pass: rows are
// held until a window over them is complete.
type Pooling struct {
	node                *workloads.Node
	height, stride, pad int // of the window, along rows
	from, rows, columns int // rows that are pooled, and what comes of them
}

// Pools tells whether a node can pool the results of a chain as they pass: a maximum or
// an average over windows of the rows of a convolution.
func Pools(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 || chain[0].Op != "Conv" || next.Op != "MaxPool" && next.Op != "AveragePool" {
		return false
	}
	x, last := next.In[0], chain[len(chain)-1]
	if x != last.Out[0] || len(x.Shape) != 4 || !x.Shape.Equal(chain[0].Out[0].Shape) || !next.Out[0].Type.IsFloat() || len(next.Out) > 1 && next.Out[1] != nil {
		return false
	}
	for _, d := range next.Attr.Ints("dilations", nil) {
		if d != 1 {
			return false
		}
	}
	return (next.Op == "MaxPool" || next.Attr.Int("ceil_mode", 0) == 0) && next.Attr.Text("auto_pad", "NOTSET") == "NOTSET"
}

// Pooled tells whether a chain ends in a node that pools.
func Pooled(chain []*workloads.Node) bool {
	return len(chain) > 1 && (chain[len(chain)-1].Op == "MaxPool" || chain[len(chain)-1].Op == "AveragePool")
}

// Pooling is the layer's, or nil.
func (p *Product) Pooling() *Pooling {
	if !p.conv || !Pooled(p.Layer.Nodes) {
		return nil
	}
	n := p.Layer.Nodes[len(p.Layer.Nodes)-1]
	first := func(name string, def int64) int {
		if v := n.Attr.Ints(name, nil); len(v) > 0 {
			return int(v[0])
		}
		return int(def)
	}
	out := n.Out[0].Shape
	return &Pooling{node: n, height: first("kernel_shape", 1), stride: first("strides", 1), pad: first("pads", 0), from: p.Space.OH, rows: out[2], columns: out[3]}
}

// complete is how many rows of the outcome need none at y and after.
func (g *Pooling) complete(y int) int {
	switch all := y - g.height + g.pad; {
	case y >= g.from:
		return g.rows
	case all < 0:
		return 0
	default:
		return min(all/g.stride+1, g.rows)
	}
}

// Made is the rows that are complete with those of a tile and were not before it.
func (g *Pooling) Made(t *Tile) Strip { return Strip{g.complete(t.Y0), g.complete(t.Y1)} }

// needs is the rows that rows of the outcome are made of.
func (g *Pooling) needs(made Strip) Strip {
	return Strip{max(0, made.Lo*g.stride-g.pad), min(g.from, (made.Hi-1)*g.stride-g.pad+g.height)}
}

// part is the node for some rows and filters alone.
func (g *Pooling) part(filters int, made Strip) *workloads.Node {
	n, rows := *g.node, g.needs(made)
	pads := append([]int64{0, 0, 0, 0}, n.Attr.Ints("pads", nil)...)
	pads = append([]int64{}, pads[len(pads)-4:]...)
	pads[0] = int64(max(0, g.pad-made.Lo*g.stride))
	pads[2] = int64(max(0, (made.Hi-1)*g.stride-g.pad+g.height-g.from))
	n.Attr = maps.Clone(n.Attr)
	n.Attr["pads"] = pads
	x, y := *n.In[0], *n.Out[0]
	x.Shape = workloads.Shape{1, filters, rows.Hi - rows.Lo, x.Shape[3]}
	y.Shape = workloads.Shape{1, filters, made.Hi - made.Lo, g.columns}
	n.In, n.Out = []*workloads.Tensor{&x}, []*workloads.Tensor{&y}
	return &n
}

// linesOf names the rows that are held: of an image, a group and the filters from one on.
type linesOf struct {
	layer               *workloads.Layer
	image, group, first int
}

// line is a tile's results, some rows of every filter, that are not done with.
type line struct {
	rows Strip
	of   *workloads.Array
}

// FinishPooled is Finish for a layer that pools: addr is where the rows that the tile
// completes are put. Every group of sums must be formed (SampleAll).
func (w *Walk) FinishPooled(p *Product, t Tile, sums Sums, addr int64, beside ...int64) func() error {
	pl := w.Sim.plane
	if pl == nil {
		return nil
	}
	g, layer, st := p.Pooling(), w.Index, pl.memories(w.Index)
	return func() error {
		a, err := p.values(&t, st, sums.Slot, p.Layer.Nodes[1:len(p.Layer.Nodes)-1], beside)
		if err != nil {
			return err
		}
		key := linesOf{p.Layer, t.I0, t.Group, t.K0}
		st.lines[key] = append(st.lines[key], line{Strip{t.Y0, t.Y1}, a})
		delete(st.sums, sums.Slot)
		made := g.Made(&t)
		if made.Empty() {
			return nil
		}
		raw, err := g.pool(p, &t, st.lines[key], made)
		if err != nil {
			return err
		}
		next := g.needs(Strip{made.Hi, made.Hi + 1}).Lo
		for len(st.lines[key]) > 0 && (st.lines[key][0].rows.Hi <= next || t.Y1 == g.from) {
			st.lines[key] = st.lines[key][1:]
		}
		pl.noteRegion(layer, p.pooledBox(&t, made))
		return st.buffers.WriteAt(raw, addr)
	}
}

// pool forms rows of the outcome from the lines that are held.
func (g *Pooling) pool(p *Product, t *Tile, held []line, made Strip) ([]byte, error) {
	n, rows := g.part(t.Filters(), made), g.needs(made)
	in := workloads.NewArray(held[0].of.Type, n.In[0].Shape)
	width, have := p.Space.OW*in.Type.CellBytes(), 0
	whole := make([]byte, in.Len()*in.Type.CellBytes())
	for _, l := range held {
		raw := make([]byte, l.of.Len()*in.Type.CellBytes())
		l.of.Encode(raw, 0, l.of.Len())
		lo, hi := max(rows.Lo, l.rows.Lo), min(rows.Hi, l.rows.Hi)
		for k := 0; k < t.Filters() && lo < hi; k++ {
			from := raw[(k*(l.rows.Hi-l.rows.Lo)+lo-l.rows.Lo)*width:][:(hi-lo)*width]
			copy(whole[(k*(rows.Hi-rows.Lo)+lo-rows.Lo)*width:], from)
		}
		have += max(0, hi-lo)
	}
	if have != rows.Hi-rows.Lo {
		return nil, fmt.Errorf("layer %s: rows %d to %d are pooled, %d of them are held", p.Layer.Name, rows.Lo, rows.Hi, have)
	}
	in.Decode(whole, 0, in.Len())
	out, err := reference.EvalFormat(n, []*workloads.Array{in})
	if err != nil {
		return nil, err
	}
	raw := make([]byte, out[0].Len()*out[0].Type.CellBytes())
	out[0].Encode(raw, 0, out[0].Len())
	return raw, nil
}

// box is a part of a tensor as it is viewed.
type box struct {
	view   []int
	region mem.Region
}

// pooledBox is where rows of the outcome lie.
func (p *Product) pooledBox(t *Tile, made Strip) box {
	s, g := &p.Space, p.Pooling()
	k := t.Group * s.K
	return box{[]int{s.Images, s.K * s.Groups, g.rows, g.columns},
		mem.Region{{Lo: t.I0, Hi: t.I1}, {Lo: k + t.K0, Hi: k + t.K1}, {Lo: made.Lo, Hi: made.Hi}, {Lo: 0, Hi: g.columns}}}
}

// KeepPooled emits the store of the rows that a tile completes, which lie at an address
// of the buffers.
func (w *Walk) KeepPooled(p *Product, t *Tile, addr int64, after Fence) int64 {
	return w.keep(p.Layer.Out(), p.pooledBox(t, p.Pooling().Made(t)), addr, after)
}
