package thermal

import (
	"fmt"
	"math"
)

// Kelvin is a temperature.
type Kelvin float64

// Layer is a sheet of material: thickness in m, conductivity in W/(m·K), heat
// capacity in J/(m³·K).
type Layer struct{ Thickness, Conductivity, Capacity float64 }

// Package is what a chip is mounted on. Sides of spreader and sink are in m; the
// convection of the whole sink has a resistance in K/W and a capacity in J/K.
type Package struct {
	Silicon, Interface, Spreader, Sink Layer
	SpreaderSide, SinkSide             float64
	Convection, ConvectionCapacity     float64
	Ambient                            Kelvin
}

// HotSpot is that tool's package, with a fan's convection of 0.1 K/W [hotspot].
var HotSpot = Package{
	Silicon:   Layer{0.15e-3, 130, 1.6303e6},
	Interface: Layer{20e-6, 4, 4e6},
	Spreader:  Layer{1e-3, 400, 3.55e6},
	Sink:      Layer{6.9e-3, 400, 3.55e6},

	SpreaderSide: 30e-3, SinkSide: 60e-3,
	Convection: 0.1, ConvectionCapacity: 140.4,
	Ambient: 318.15,
}

// Block is a rectangle of the floor plan, in m from its lower left corner.
type Block struct {
	Name                string
	Width, Height, X, Y float64
}

func (b Block) area() float64 { return b.Width * b.Height }

// touch is how close two edges must lie to be one.
const touch = 1e-6

// beside is the length of the edge that two blocks share left and right of each
// other, above the one that they share one above the other.
func beside(a, b Block) (sideways, upwards float64) {
	overlap := func(a0, a1, b0, b1 float64) float64 { return max(0, min(a1, b1)-max(a0, b0)) }
	near := func(a, b float64) bool { return math.Abs(a-b) < touch }
	if near(a.X+a.Width, b.X) || near(b.X+b.Width, a.X) {
		sideways = overlap(a.Y, a.Y+a.Height, b.Y, b.Y+b.Height)
	}
	if near(a.Y+a.Height, b.Y) || near(b.Y+b.Height, a.Y) {
		upwards = overlap(a.X, a.X+a.Width, b.X, b.X+b.Width)
	}
	return sideways, upwards
}

// extent is the size of a floor plan that begins at (0, 0).
func extent(plan []Block) (width, height float64, err error) {
	if len(plan) == 0 {
		return 0, 0, fmt.Errorf("thermal: the floor plan has no block; give at least one")
	}
	for _, b := range plan {
		if !(b.Width > 0 && b.Height > 0 && b.X > -touch && b.Y > -touch) {
			return 0, 0, fmt.Errorf("thermal: block %s is %g × %g m at (%g, %g); sizes must be positive and corners not below (0, 0)", b.Name, b.Width, b.Height, b.X, b.Y)
		}
		width, height = max(width, b.X+b.Width), max(height, b.Y+b.Height)
	}
	return width, height, nil
}
