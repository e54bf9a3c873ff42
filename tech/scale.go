package tech

// stillmaker is the table of Stillmaker and Baas (Integration, 2017): the energy
// of a gate relative to others is a2·V² + a1·V + a0 at supply V. The nominal V of
// each node is an assumption of ours (ITRS high performance).
var stillmaker = []struct {
	node       int
	a2, a1, a0 float64
	nominal    float64
}{
	{130, 7.171, -6.709, 2.904, 1.2},
	{90, 4.762, -4.781, 2.092, 1.1},
	{65, 3.755, -4.398, 1.975, 1.1},
	{45, 1.103, -0.362, 0.2767, 1.0},
	{32, 0.9559, -0.7823, 0.471, 0.97},
	{20, 0.373, -0.1582, 0.04104, 0.9},
	{16, 0.2958, -0.1241, 0.03024, 0.8},
	{14, 0.2363, -0.09675, 0.02239, 0.8},
	{10, 0.2068, -0.09311, 0.02375, 0.75},
	{7, 0.1776, -0.09097, 0.02447, 0.7},
}

// after7 is what follows the table: the foundry's word for 5 nm against 7 nm is 30 %
// less power at one speed and some 1.8 times the density of logic [tsmc-5nm].
var after7 = struct {
	node           int
	energy, denser float64
}{5, 0.7, 1.8}

// lastOf is the node at which the table of Stillmaker and Baas ends.
const lastOf = 7

// gateEnergy is the energy of a gate at a node's nominal voltage, in the table's
// unit; nodes between two rows are interpolated on logarithmic axes.
func gateEnergy(node int) float64 {
	if node < lastOf {
		last := gateEnergy(lastOf)
		return between(float64(node), lastOf, last, float64(after7.node), last*after7.energy)
	}
	at := func(i int) float64 {
		s := stillmaker[i]
		return s.a2*s.nominal*s.nominal + s.a1*s.nominal + s.a0
	}
	for i, s := range stillmaker {
		if s.node == node {
			return at(i)
		}
		if s.node < node {
			before := stillmaker[i-1]
			return between(float64(node), float64(before.node), at(i-1), float64(s.node), at(i))
		}
	}
	return at(len(stillmaker) - 1)
}

// shrink is the energy of a gate at one node relative to another.
func shrink(to, from int) float64 { return gateEnergy(to) / gateEnergy(from) }

// scaling is the source of a ratio between two nodes.
func scaling(to, from int) string {
	switch {
	case max(to, from) <= lastOf:
		return "tsmc-5nm"
	case min(to, from) < lastOf:
		return "stillmaker-2017, tsmc-5nm"
	}
	return "stillmaker-2017"
}

// Shrink is the energy of logic at one node relative to another, and where the ratio
// is from. A ratio of two nodes is rough: it knows neither wires nor memories apart.
func Shrink(to, from int) (ratio float64, source string, err error) {
	for _, node := range []int{to, from} {
		if err := checkNode(node); err != nil {
			return 0, "", err
		}
	}
	return shrink(to, from), scaling(to, from), nil
}
