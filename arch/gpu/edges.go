package gpu

import (
	"math"

	"nnsim/unit"
)

// rounding is how far, in edges, a time may be off for no other reason than that floats round.
const rounding = 1e-6

// edges is the number of whole edges of a clock in a time, rounded up.
func edges(s unit.Seconds, clock unit.Hertz) int64 {
	return int64(math.Ceil(float64(s)*float64(clock) - rounding))
}
