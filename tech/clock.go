package tech

import "nnsim/unit"

// clockNetwork is what the clock of synthesised logic takes: a PE of EIE spends
// 1.874 mW at 800 MHz on it, for 9,465 µm² of registers and 8,946 µm² of gates in a
// 45 nm process. The clock gates that tools insert are in the figure.
var clockNetwork = struct {
	node     int
	pJ, area float64 // an edge, and mm²
}{45, 1.874e-3 / 800e6 / picojoule, (9465 + 8946) * 1e-6}

// density is the logic on an area relative to 45 nm (Stillmaker and Baas, 2017).
var density = []struct {
	node  int
	times float64
}{{130, 0.16}, {90, 0.35}, {65, 0.66}, {45, 1}, {32, 2.2}, {20, 4.7}, {16, 5.3}, {14, 5.8}, {10, 9.8}, {7, 17}}

// denser reads density, between its nodes on logarithmic axes.
func denser(node int) float64 {
	for i, d := range density {
		switch {
		case node == d.node:
			return d.times
		case node > d.node && i > 0:
			before := density[i-1]
			return between(float64(node), float64(before.node), before.times, float64(d.node), d.times)
		}
	}
	last := density[len(density)-1]
	return between(float64(node), float64(last.node), last.times, float64(after7.node), last.times*after7.denser)
}

// ClockNetwork is the energy of one clock edge in so much synthesised logic.
// Memories, and arrays whose registers are priced one by one, are not in the area.
func ClockNetwork(node int, area unit.SquareMM) (Price, error) {
	if err := checkNode(node); err != nil {
		return Price{}, err
	}
	c := &clockNetwork
	p := Price{unit.Joules(c.pJ * picojoule / c.area * float64(area) * denser(node) * shrink(node, c.node)), "eie-2016"}
	if node != c.node {
		p.Source = scaled(join(p.Source, scaling(node, c.node)))
	}
	return p, nil
}

// Clocked is the energy of one edge in registers whose data do not change: half of
// Register. Their clock switches twice a cycle whatever the data do; that random data
// switch as much besides is a choice of ours.
func Clocked(node, bits int) (Price, error) {
	p, err := Register(node, bits)
	if err != nil {
		return Price{}, err
	}
	p = p.Times(0.5)
	p.Source = scaled(p.Source)
	return p, nil
}
