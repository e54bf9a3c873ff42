package tech

import (
	"fmt"

	"nnsim/unit"
)

// register is the energy of clocking one bit into a flip-flop: Aladdin's REG unit
// at a 1 ns clock, characterised in a commercial 40 nm process.
var register = struct {
	node int
	pJ   float64
}{40, 0.0089995}

// Register is the energy of passing so many bits through a pipeline register, as
// an operand does at every hop from one processing element to the next. Between
// nodes it is scaled as the published 32-bit additions are, being logic like them.
func Register(node, bits int) (Price, error) {
	if err := checkNode(node); err != nil {
		return Price{}, err
	}
	if bits < 1 {
		return Price{}, fmt.Errorf("tech: a register of %d bits has no price; give at least 1", bits)
	}
	p := Price{unit.Joules(register.pJ * picojoule * float64(bits)), "aladdin-2014"}
	if node != register.node {
		to, from := intAdd.cost(node, 32), intAdd.cost(register.node, 32)
		p = p.Times(float64(to.Energy / from.Energy))
		p.Source = scaled(join(p.Source, to.Source))
	}
	return p, nil
}

// wire is the energy of an on-chip wire carrying random data, at 0.9 V.
var wire = struct {
	node int
	fJ   float64 // a bit and mm
}{40, 121}

// relativeWire is the energy of a wire relative to 28 nm, at each node's voltage
// (Villa et al., SC 2014, table II).
var relativeWire = map[int]float64{28: 1, 20: 0.89, 14: 0.75, 10: 0.62, 7: 0.46}

// Wire is the energy of moving so many bits of random data one millimetre, at 5 to
// 45 nm. Wires shrink less than gates do: below 28 nm the ratios of Villa et al.
// hold; from 28 to 45 nm the figure at 40 nm is used as it is, since both 28 nm
// there and 40 nm here stand at 0.9 V and a wire's capacitance a mm does not shrink. Below
// 7 nm it stays what it is there, for the same reason.
func Wire(node, bits int) (Price, error) {
	if node < newest || node > 45 {
		return Price{}, fmt.Errorf("tech: there is no price of a wire at %d nm; choose a node from %d to 45 nm", node, newest)
	}
	if bits < 1 {
		return Price{}, fmt.Errorf("tech: a wire of %d bits has no price; give at least 1", bits)
	}
	p := Price{unit.Joules(wire.fJ * 1e-15 * float64(bits)), "keckler-2011"}
	switch {
	case node == wire.node:
	case node >= 28:
		p.Source = scaled(p.Source)
	default:
		p = p.Times(relative(node))
		p.Source = scaled(join(p.Source, "villa-2014"))
	}
	return p, nil
}

// relative reads relativeWire, between its nodes on logarithmic axes.
func relative(node int) float64 {
	node = max(node, lastOf)
	if r, ok := relativeWire[node]; ok {
		return r
	}
	above, below := 28, 7
	for n := range relativeWire {
		if n > node {
			above = min(above, n)
		} else {
			below = max(below, n)
		}
	}
	return between(float64(node), float64(above), relativeWire[above], float64(below), relativeWire[below])
}
