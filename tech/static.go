package tech

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// idles lists the measured power of chips that are on and do nothing.
var idles = map[string]Power{
	"tpu-v1":  {28, "jouppi-2017"}, // table 2, a die with its memory
	"tpu-v4":  {90, "jouppi-2023"}, // table 4, a chip of two cores
	"tpu-v4i": {55, "jouppi-2023"},
}

// Idle is the published idle power of a chip.
func Idle(chip string) (Power, error) {
	p, ok := idles[chip]
	if !ok {
		return Power{}, fmt.Errorf("tech: no idle power is published for %q; it is for %s", chip, strings.Join(slices.Sorted(maps.Keys(idles)), ", "))
	}
	return p, nil
}

// leaking is the leakage of logic: Aladdin's multiplier at 6 ns, 0.048177 mW on
// 4,595 µm² in a 40 nm process; its adders and registers lie between 7.5 and 13 mW/mm².
const leaking = 0.048177e-3 / 4595e-6 // W/mm²

// LogicLeakage is the leakage of so much logic. The density is that of 40 nm at
// every node from 28 to 65 nm, as supply and threshold voltages hardly changed.
func LogicLeakage(node int, area unit.SquareMM) (Power, error) {
	if node < 28 || node > 65 {
		return Power{}, fmt.Errorf("tech: leakage of logic is not known at %d nm; choose a node from 28 to 65 nm, or give the machine's idle power", node)
	}
	p := Power{unit.Watts(leaking * float64(area)), "aladdin-2014"}
	if node != register.node {
		p.Source = scaled(p.Source)
	}
	return p, nil
}
