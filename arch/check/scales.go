package check

import (
	"fmt"
	"math"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Sample mode makes up every layer's activations: uniform numbers from a hash of
// seed, tensor and index, over the tensor's whole range. Integer tensors need
// scales for that without a calibration run, which would compute the network. They
// follow from one rule for each operator: how far its result reaches when its
// inputs are so made. A scale only has to be sensible: most results should neither
// vanish nor saturate.

// scales sets the scale of every integer tensor that has none, layer by layer.
func (c *Checker) scales() error {
	c.above = map[*workloads.Tensor]bool{}
	for _, l := range c.net.Layers {
		for _, n := range l.Nodes {
			for i, t := range n.In {
				if t != nil && needsPositive(n.Op, i) {
					c.above[t] = true
				}
			}
		}
	}
	for _, t := range c.net.Graph.Inputs {
		if err := c.scaleGiven(t); err != nil {
			return err
		}
	}
	for _, l := range c.net.Layers {
		reach := map[*workloads.Tensor]float64{} // inside the layer, where results are reals or accumulators
		for _, n := range l.Nodes {
			if err := c.scaleInputs(n); err != nil {
				return err
			}
			c.scaleOutputs(n, reach)
		}
	}
	return nil
}

// needsPositive tells the inputs for which an operator has no result at or below zero.
func needsPositive(op string, input int) bool {
	switch op {
	case "Sqrt", "Log", "Reciprocal", "Pow":
		return input == 0
	case "Div":
		return input == 1
	}
	return false
}

// looked is how many elements of a weight its scale is read from. Sources repeat
// their distribution, so the rest of a tensor hardly reaches further, and what
// does saturates.
const looked = 1 << 16

// scaleGiven gives a weight or input a scale from the first of its values.
func (c *Checker) scaleGiven(t *workloads.Tensor) error {
	if !needsScale(t) {
		return nil
	}
	top, _, err := statistics(t)
	t.Scale = scaleFor(top, t.Type)
	return err
}

func needsScale(t *workloads.Tensor) bool {
	return t.Scale == 0 && t.Type.IsInt() && t.Type != workloads.Int64 && !t.Whole
}

func scaleFor(reach float64, t workloads.DType) float64 {
	_, hi := t.Range()
	if scale := reach / math.Max(1, float64(hi)); scale > 0 && !math.IsInf(1/scale, 0) {
		return scale
	}
	return 1
}

// statistics is the greatest magnitude and the root of the mean square of the
// first values of a weight or input.
func statistics(t *workloads.Tensor) (top, rms float64, err error) {
	v := make([]float32, min(t.Shape.Elements(), looked))
	t.Fill(v, 0)
	for i, x := range v {
		if x-x != 0 {
			return 0, 0, fmt.Errorf("check: tensor %s: element %d is %v; values must be finite", t.Name, i, x)
		}
		top = max(top, math.Abs(float64(x)))
		rms += float64(x) * float64(x)
	}
	return top, math.Sqrt(rms / float64(len(v))), nil
}

// scaleInputs sets the scales of a node's weights; a bias of a product of
// integers takes that of the accumulator, as its own tensor where two products
// with different ones share it.
func (c *Checker) scaleInputs(n *workloads.Node) error {
	for i, t := range n.In {
		if t == nil || t.Role != workloads.Weight {
			continue
		}
		scale := reference.AccumulatorScale(n)
		if i < 2 || scale == 0 || t.Type != workloads.Int32 {
			if err := c.scaleGiven(t); err != nil {
				return err
			}
			continue
		}
		if t.Scale != 0 && t.Scale != scale {
			own := *t
			t, n.In[i] = &own, &own
			c.left[t] = 1
		}
		t.Scale = scale
	}
	return nil
}

// scaleOutputs sets the scales of what a node makes.
func (c *Checker) scaleOutputs(n *workloads.Node, inner map[*workloads.Tensor]float64) {
	reach := reachOf(n, func(t *workloads.Tensor) float64 {
		if r, ok := inner[t]; ok {
			return r
		}
		return reachHeld(t)
	})
	for _, t := range n.Out {
		if t == nil {
			continue
		}
		inner[t] = reach
		if !needsScale(t) {
			continue
		}
		switch first := n.Input(0); {
		case t.Type == workloads.Int32 && reference.AccumulatorScale(n) != 0:
			t.Scale = reference.AccumulatorScale(n)
		case keepsScale(n) && first != nil && first.Type == t.Type && first.Scale != 0:
			t.Scale = first.Scale // what is only moved stays the integer it is
		default:
			t.Scale = scaleFor(reach, t.Type)
		}
	}
}

func keepsScale(n *workloads.Node) bool { return n.Op != "Concat" && workloads.Picks(n) }

// reachHeld is the range of a stored tensor: that of its integers, or ±1 for made-up floats.
func reachHeld(t *workloads.Tensor) float64 {
	if t.Scale == 0 {
		return 1
	}
	_, hi := t.Type.Range()
	return t.Scale * math.Max(1, float64(hi))
}

// reachOf is the magnitude that the results of a node seldom exceed.
func reachOf(n *workloads.Node, of func(*workloads.Tensor) float64) float64 {
	most, squares, product := 0.0, 0.0, 1.0
	for _, t := range n.In {
		if t != nil {
			r := of(t)
			most, squares, product = max(most, r), squares+r*r, product*r
		}
	}
	switch n.Op {
	case "Conv", "Gemm", "MatMul":
		return reachOfProduct(n, of)
	case "Add", "Sub", "Sum":
		return math.Sqrt(squares)
	case "Mul":
		return product
	case "Sigmoid", "HardSigmoid", "Tanh", "Erf", "Softmax":
		return 1
	case "LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization":
		return 4 // standard deviations
	case "Sqrt":
		return math.Sqrt(most)
	case "Exp":
		return math.Exp(min(most, 16))
	case "Pow":
		return most * most
	case "Relu", "MaxPool", "GlobalMaxPool", "Clip":
		if first := n.Input(0); first != nil {
			return of(first)
		}
	}
	return most
}

// reachOfProduct is two standard deviations of a sum of independent products.
func reachOfProduct(n *workloads.Node, of func(*workloads.Tensor) float64) float64 {
	m, ok := workloads.MatrixOf(n)
	if !ok {
		return of(n.In[0])
	}
	deviation := func(t *workloads.Tensor) float64 {
		if t.Role == workloads.Weight {
			_, rms, _ := statistics(t)
			return rms
		}
		return of(t) / math.Sqrt(3) // uniform over its range
	}
	return 2 * math.Sqrt(float64(m.Red())) * deviation(n.In[0]) * deviation(n.In[1])
}

// makeUp gives an activation values over its whole range, the same each time.
func (c *Checker) makeUp(t *workloads.Tensor) (*workloads.Array, error) {
	reach := reachHeld(t)
	made := &workloads.Tensor{Name: t.Name, Shape: t.Shape, Type: t.Type, Scale: t.Scale, Source: workloads.Uniform(t.Name, c.seed, float32(reach))}
	switch {
	case c.above[t]:
		made.Source = workloads.Around(t.Name, c.seed, float32(reach*9/16), float32(reach*7/16))
	case t.Type == workloads.Bool:
		made.Source = workloads.Modulo(t.Name, c.seed, 2)
	case t.Type == workloads.Int64 || t.Type.IsUnsigned(): // an index, which any extent allows
		made.Source = workloads.Constant(0)
	}
	return reference.Materialise(made)
}
