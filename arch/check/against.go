package check

import (
	"fmt"
	"math"

	"nnsim/workloads"
)

// Outputs gives the graph's outputs as the machine computed them, in the graph's
// order, as real numbers: integers are multiplied by their scale. Only Full mode
// has them; an output that was not produced is nil.
func (c *Checker) Outputs() []*workloads.Array {
	list := make([]*workloads.Array, len(c.net.Graph.Outputs))
	for i, t := range c.net.Graph.Outputs {
		a := c.values[t]
		if made, ok := c.layer[t]; a == nil && ok && isView(c.net.Layers[made]) {
			a, _ = c.viewed(t)
		}
		list[i] = real(a, t)
	}
	return list
}

// real is a stored array as real numbers.
func real(a *workloads.Array, t *workloads.Tensor) *workloads.Array {
	if a == nil || t.Scale == 0 || !t.Type.IsInt() {
		return a
	}
	out := workloads.NewArray(workloads.FP32, a.Shape)
	for i := range out.F {
		out.F[i] = float32(a.At(i) * t.Scale)
	}
	return out
}

// Against compares the first output with expected values: every element within
// rtol·|expected| + atol. The error names the worst element.
func Against(outputs []*workloads.Array, expected *workloads.Array, rtol, atol float64) error {
	if len(outputs) == 0 || outputs[0] == nil {
		return fmt.Errorf("there is no output to compare; use --check full")
	}
	got := outputs[0]
	if got.Len() != expected.Len() {
		return fmt.Errorf("output has shape %v, the expected values %v", got.Shape, expected.Shape)
	}
	worst, at, wrong := 0.0, 0, 0
	for i := range got.Len() {
		g, w := got.At(i), expected.At(i)
		excess := distance(g, w) - (rtol*math.Abs(finite(w)) + atol)
		if excess > 0 {
			wrong++
		}
		if excess > worst {
			worst, at = excess, i
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d elements differ from the expected values; the worst is output%v = %v, want %v (rtol %g, atol %g)",
			wrong, got.Len(), position(got.Shape, at), got.At(at), expected.At(at), rtol, atol)
	}
	return nil
}
