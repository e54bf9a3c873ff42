package mapping

import (
	"math/rand/v2"

	"nnsim/mapping/search"
)

// Axes are choices by name, as a mapping's file writes them.
type Axes interface {
	// Axes is the number of choices along each axis.
	Axes() []int
	// Names is the name of each axis.
	Names() []string
	// Value is a choice along an axis; words or numbers.
	Value(axis, choice int) string
}

// Joint is every mapping of a whole plan whose layers share what their machine has, so that
// none can be mapped without the others. A point of it is a point of each layer's axes, nil
// for layers without a choice.
type Joint interface {
	// Layer is the choices of a layer by itself; nil where it has none.
	Layer(i int) Axes
	// Chosen is the point of the plan.
	Chosen() [][]int
	// Figures names what plans are judged by, the most important first; of all, less is better.
	Figures() []string
	// Reckon is the figures of a point without simulation; nil where the layers together take
	// more than there is.
	Reckon(at [][]int) []float64
	// Measure is the figures of a plan of this space, simulated.
	Measure(p *Plan) ([]float64, error)
	// Best finds points with so many tries, and returns so many of them at most, best first.
	Best(budget, keep int) Found
	// Near are points a step away from one, the best by reckoning first.
	Near(at [][]int) [][][]int
	// Draw is a point whose layers fit together, drawn at random.
	Draw(rng *rand.Rand) [][]int
	// Plan maps the network as a point says. The error says of what its layers take too much.
	Plan(at [][]int) (*Plan, error)
}

// Found is what a search of a joint space came to.
type Found struct {
	Points [][][]int
	Tried  int  // reckoned, in whole or in part
	Proven bool // by reckoning, no point has a lower first figure
}

// JointSize is the number of points of a plan's joint space, whether they fit or not.
func (p *Plan) JointSize() float64 {
	size, joint := 1.0, p.Joint()
	for i := range p.Layers {
		if axes := joint.Layer(i); axes != nil {
			size *= search.Size(axes.Axes())
		}
	}
	return size
}

// Choices is the axes of a layer's mapping, and where on them it is; nil where it has no
// choice, or is no point of them.
func (p *Plan) Choices(layer int) (Axes, []int) {
	if p.Joint != nil {
		joint := p.Joint()
		if axes := joint.Layer(layer); axes != nil {
			return axes, joint.Chosen()[layer]
		}
		return nil, nil
	}
	if lp := p.Layers[layer]; lp.Space != nil {
		space := lp.Space()
		return space, space.Chosen()
	}
	return nil, nil
}
