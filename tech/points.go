package tech

import "nnsim/unit"

// Point is a clock that a chip is published to run at, at a supply. Where only ratios are
// known, Supply is 0 and Relative is the supply's ratio to that of the point with 1.
type Point struct {
	Clock    unit.Hertz
	Supply   unit.Volts
	Relative float64
	Source   string
}

// pointsOf lists published points by chip or family. Makers of GPUs publish no voltages; the
// ratios are recovered from measured power (Guerreiro et al., 2019). FPGAs: the highest
// clock of a DSP slice with all its registers, by speed grade and supply.
var pointsOf = map[string][]Point{
	"k40": {
		{666e6, 0, 0.8549, "guerreiro-2019"}, {745e6, 0, 0.8979, "guerreiro-2019"}, {810e6, 0, 0.9396, "guerreiro-2019"}, {875e6, 0, 1, "guerreiro-2019"},
	},
	"ultrascale+": {
		{644e6, 0.72, 0, "xilinx-ds925"}, {775e6, 0.85, 0, "xilinx-ds925"}, {891e6, 0.90, 0, "xilinx-ds925"},
	},
}

// Points are the published pairs of clock and supply of a chip or family, ascending; none
// where nothing is published.
func Points(name string) []Point { return pointsOf[name] }
