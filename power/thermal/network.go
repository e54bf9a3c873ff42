package thermal

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"nnsim/unit"
)

// Layers of the blocks, and the nodes around them.
const (
	silicon = iota
	iface
	spreader
	sink
	layers
)
const (
	edges = 4         // west, east, south, north of the spreader
	rims  = 3 * edges // of the spreader, of the sink under it, of the sink beyond
)

// Network is a chip in its package. Node i of layer l is l·blocks + i; the nodes
// around them follow.
type Network struct {
	Blocks []Block
	pack   Package
	g      *mat.SymDense // conductances: of every node in all on the diagonal
	out    []float64     // W/K to the ambient, by node
	c      []float64     // J/K, by node
}

// lumping is the share of a sheet's heat capacity that acts at its node, when the
// temperature falls along the sheet [hotspot].
const lumping = 1.0 / 3

// New builds the network of a floor plan in a package.
func New(plan []Block, p Package) (*Network, error) {
	width, height, err := extent(plan)
	if err != nil {
		return nil, err
	}
	if p.SpreaderSide < max(width, height) || p.SinkSide < p.SpreaderSide {
		return nil, fmt.Errorf("thermal: a chip of %g × %g m, a spreader of %g m and a sink of %g m; each must be no larger than the next", width, height, p.SpreaderSide, p.SinkSide)
	}
	n := layers*len(plan) + rims
	net := &Network{Blocks: plan, pack: p, g: mat.NewSymDense(n, nil), out: make([]float64, n), c: make([]float64, n)}
	net.sheets()
	net.stack()
	net.around(width, height)
	return net, nil
}

// join puts a conductance between two nodes.
func (n *Network) join(i, j int, conductance float64) {
	n.g.SetSym(i, j, n.g.At(i, j)-conductance)
	n.g.SetSym(i, i, n.g.At(i, i)+conductance)
	n.g.SetSym(j, j, n.g.At(j, j)+conductance)
}

// leave lets heat from a node to the ambient.
func (n *Network) leave(i int, conductance float64) {
	n.out[i] += conductance
	n.g.SetSym(i, i, n.g.At(i, i)+conductance)
}

func (n *Network) materials() [layers]Layer {
	return [layers]Layer{n.pack.Silicon, n.pack.Interface, n.pack.Spreader, n.pack.Sink}
}

// sheets joins neighbours in each layer: from the middle of one to the middle of
// the other, as wide as the edge they share.
func (n *Network) sheets() {
	for l, m := range n.materials() {
		for i, a := range n.Blocks {
			for j, b := range n.Blocks[:i] {
				sideways, upwards := beside(a, b)
				if sideways > 0 {
					n.join(n.node(l, i), n.node(l, j), m.Conductivity*m.Thickness*sideways/(a.Width/2+b.Width/2))
				} else if upwards > 0 {
					n.join(n.node(l, i), n.node(l, j), m.Conductivity*m.Thickness*upwards/(a.Height/2+b.Height/2))
				}
			}
		}
	}
}

func (n *Network) node(layer, block int) int { return layer*len(n.Blocks) + block }

// stack joins each block with itself in the layer below, across the thickness of
// the upper one, and the sink's with the ambient; and gives all their capacities.
func (n *Network) stack() {
	sheets := n.materials()
	for i, b := range n.Blocks {
		for l, m := range sheets {
			through := m.Thickness / (m.Conductivity * b.area())
			n.c[n.node(l, i)] = lumping * m.Capacity * m.Thickness * b.area()
			if l < sink {
				n.join(n.node(l, i), n.node(l+1, i), 1/through)
				continue
			}
			share := b.area() / (n.pack.SinkSide * n.pack.SinkSide)
			n.leave(n.node(l, i), 1/(through+n.pack.Convection/share))
			n.c[n.node(l, i)] += lumping * n.pack.ConvectionCapacity * share
		}
	}
}

// around adds the nodes beside the chip: trapezoids of the spreader and of the sink
// under it, and of the sink beyond the spreader, one on each side.
func (n *Network) around(width, height float64) {
	p, whole := &n.pack, n.pack.SinkSide*n.pack.SinkSide
	for side := range edges {
		along, across := height, width // of the chip: the edge, and what lies between it and the other
		if side >= 2 {
			along, across = width, height
		}
		sp, under, beyond := layers*len(n.Blocks)+side, layers*len(n.Blocks)+edges+side, layers*len(n.Blocks)+2*edges+side
		gap := (p.SpreaderSide - across) / 4
		area := (p.SpreaderSide + along) * (p.SpreaderSide - across) / 4
		outer := (whole - p.SpreaderSide*p.SpreaderSide) / 4
		inner := gap / ((p.SpreaderSide + 3*along) / 4) // length over width of the half next to the chip
		n.edge(side, width, height, spreader, sp, inner/(p.Spreader.Conductivity*p.Spreader.Thickness))
		n.edge(side, width, height, sink, under, inner/(p.Sink.Conductivity*p.Sink.Thickness))
		n.join(sp, under, p.Spreader.Conductivity*area/p.Spreader.Thickness)
		half := gap/((3*p.SpreaderSide+along)/4) + (p.SinkSide-p.SpreaderSide)/4/((p.SinkSide+3*p.SpreaderSide)/4)
		n.join(under, beyond, p.Sink.Conductivity*p.Sink.Thickness/half)
		n.leave(under, 1/(p.Sink.Thickness/(p.Sink.Conductivity*area)+p.Convection*whole/area))
		n.leave(beyond, 1/(p.Sink.Thickness/(p.Sink.Conductivity*outer)+p.Convection*whole/outer))
		n.c[sp] = lumping * p.Spreader.Capacity * p.Spreader.Thickness * area
		n.c[under] = lumping * (p.Sink.Capacity*p.Sink.Thickness*area + p.ConvectionCapacity*area/whole)
		n.c[beyond] = lumping * (p.Sink.Capacity*p.Sink.Thickness*outer + p.ConvectionCapacity*outer/whole)
	}
}

// edge joins the blocks at one edge of the chip with a node beside it, whose
// resistance they share by the width of their own path to the edge.
func (n *Network) edge(side int, width, height float64, layer, node int, resistance float64) {
	m := n.materials()[layer]
	path := make([]float64, len(n.Blocks))
	total := 0.0
	for i, b := range n.Blocks {
		at := [edges]float64{b.X, width - b.X - b.Width, b.Y, height - b.Y - b.Height}[side]
		if math.Abs(at) > touch {
			continue
		}
		length, wide := b.Width/2, b.Height
		if side >= 2 {
			length, wide = wide/2, b.Width
		}
		path[i] = m.Conductivity * m.Thickness * wide / length
		total += path[i]
	}
	for i, g := range path {
		if g > 0 {
			n.join(n.node(layer, i), node, 1/(1/g+resistance*total/g))
		}
	}
}

// heat is what flows into each node: the blocks' powers, and the ambient's share.
func (n *Network) heat(powers []unit.Watts) (*mat.VecDense, error) {
	if len(powers) != len(n.Blocks) {
		return nil, fmt.Errorf("thermal: %d powers for %d blocks; give one for each", len(powers), len(n.Blocks))
	}
	q := mat.NewVecDense(len(n.out), nil)
	for i, g := range n.out {
		q.SetVec(i, g*float64(n.pack.Ambient))
	}
	for i, p := range powers {
		if !(p >= 0) || math.IsInf(float64(p), 0) {
			return nil, fmt.Errorf("thermal: block %s draws %v; a power must not be negative", n.Blocks[i].Name, p)
		}
		q.SetVec(i, q.AtVec(i)+float64(p))
	}
	return q, nil
}
