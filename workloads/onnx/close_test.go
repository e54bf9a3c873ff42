package onnx

import (
	"fmt"
	"math"

	"nnsim/workloads"
)

// closeTo holds an array against the expected one: type and shape equal, integers
// and bools exactly, floats within rtol·|want| + atol, NaN only where NaN is due.
func closeTo(got, want *workloads.Array, rtol, atol float64) error {
	switch {
	case got == nil:
		return fmt.Errorf("there is no value")
	case got.Type != want.Type:
		return fmt.Errorf("type is %v, %v is expected", got.Type, want.Type)
	case !got.Shape.Equal(want.Shape):
		return fmt.Errorf("shape is %v, %v is expected", got.Shape, want.Shape)
	}
	for i := range want.Len() {
		if !want.Type.IsFloat() {
			if got.Int(i) != want.Int(i) {
				return fmt.Errorf("element %d is %d, %d is expected", i, got.Int(i), want.Int(i))
			}
			continue
		}
		g, w := got.At(i), want.At(i)
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		if d := math.Abs(g - w); !(d <= rtol*math.Abs(w)+atol) {
			return fmt.Errorf("element %d is %g, %g is expected", i, g, w)
		}
	}
	return nil
}
