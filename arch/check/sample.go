package check

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"nnsim/workloads"
)

// Limits of what is compared of one layer in Sample mode: elements, and products
// of all of them together, of which some elements are compared in any case.
const (
	mostPoints = 512
	mostTerms  = 1 << 17
	fewPoints  = 16
)

// sampled compares a seeded selection of the elements the machine computed.
func (c *Checker) sampled(layer int, out *workloads.Array, picked []int) error {
	if len(picked) == 0 {
		return nil
	}
	if !slices.IsSorted(picked) || picked[0] < 0 || picked[len(picked)-1] >= out.Len() {
		return fmt.Errorf("picked elements must be sorted and lie in 0 to %d", out.Len()-1)
	}
	l := c.net.Layers[layer]
	at := c.choose(layer, picked)
	want, ok, err := c.points(l, at)
	if err != nil {
		return err
	}
	if !ok { // an operator that mixes elements
		want, at, err = c.wholly(layer, picked)
	}
	if err == nil {
		c.compare(layer, out, want, at)
	}
	return err
}

// wholly computes a layer as a whole and gathers the picked elements; a
// convolution only for the image of one of them, as images do not meet.
func (c *Checker) wholly(layer int, picked []int) (span, []int, error) {
	l := c.net.Layers[layer]
	values, from, images := c.Value, 0, l.Out().Shape[0]
	if l.Head().Op == "Conv" && images > 1 {
		per := int(l.Out().Shape[1:].Elements())
		rng := rand.New(rand.NewPCG(c.seed, uint64(layer)))
		image := picked[rng.IntN(len(picked))] / per
		first, _ := slices.BinarySearch(picked, image*per)
		end, _ := slices.BinarySearch(picked, (image+1)*per)
		picked, from = picked[first:end], image*per
		values = func(t *workloads.Tensor) (*workloads.Array, error) {
			a, err := c.Value(t)
			if err == nil && t.Role != workloads.Weight && t.Shape[0] == images {
				a = rowsOf(a, 1, []int{image})
			}
			return a, err
		}
	}
	made, err := c.evaluate(l, values)
	if err != nil {
		return span{}, nil, err
	}
	at := make([]int, len(picked))
	for i, p := range picked {
		at[i] = p - from
	}
	return gatherSpan(made[l.Out()], at), picked, nil
}

// choose thins the picked elements to what may be computed one by one.
func (c *Checker) choose(layer int, picked []int) []int {
	l, limit := c.net.Layers[layer], mostPoints
	if m, ok := workloads.MatrixOf(l.Head()); ok {
		limit = min(limit, max(fewPoints, mostTerms/max(1, m.Red())))
	}
	if len(picked) <= limit {
		return picked
	}
	rng := rand.New(rand.NewPCG(c.seed, uint64(layer)))
	at := []int{picked[0], picked[len(picked)-1]} // corners are where addresses go wrong
	for len(at) < limit {
		at = append(at, picked[rng.IntN(len(picked))])
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// points computes elements of a layer's output one by one; false where an operator
// needs more of its input than the element at the same place.
func (c *Checker) points(l *workloads.Layer, at []int) (s span, ok bool, err error) {
	head := l.Head()
	for _, n := range l.Nodes[1:] {
		if !pointwise(n) {
			return span{}, false, nil
		}
	}
	switch {
	case isProduct(head):
		s, err = c.productAt(head, at)
	case pointwise(head):
		s, err = c.pointAt(head, nil, span{}, at)
	case hasRows(head):
		s, err = c.rowsAt(head, at)
	default:
		return span{}, false, nil
	}
	inner := head.Out[0]
	for _, n := range l.Nodes[1:] {
		if err != nil {
			return span{}, false, err
		}
		s, err = c.pointAt(n, inner, s, at)
		inner = n.Out[0]
	}
	return s, true, err
}

func isProduct(n *workloads.Node) bool {
	_, ok := workloads.MatrixOf(n)
	return ok && (n.Op == "Conv" || n.Op == "Gemm" || n.Op == "MatMul")
}

// pointwise tells nodes whose element depends on the elements at its own place:
// views by position in memory, batch normalisation by channel, the rest by index.
func pointwise(n *workloads.Node) bool {
	return len(n.Out) == 1 && (workloads.Elementwise(n.Op) || workloads.ClassOf(n.Op) == workloads.View || n.Op == "BatchNormalization")
}
