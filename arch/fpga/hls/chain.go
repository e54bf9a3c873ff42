package hls

import "math/bits"

// Chain is operations one behind the other, as delays in nanoseconds; Edge ends a
// clock period whatever is in it.
type Chain []float64

// Edge is a register between two operations.
const Edge = -1

// Edges is the number of clock edges in a chain, at a period of which the tool uses a share.
func (t Tool) Edges(c Chain, period float64) (edges int64) {
	budget, used := period*(1-t.Margin), 0.0
	for _, delay := range c {
		switch {
		case delay == Edge:
			edges, used = edges+1, 0
		case used > 0 && used+delay > budget:
			edges, used = edges+1, delay
		default:
			used += delay
		}
	}
	return edges
}

// levels is the depth of a tree of two-input operations over n operands.
func levels(n int) int { return bits.Len(uint(max(1, n) - 1)) }

func repeat(delay float64, n int) (c Chain) {
	for range n {
		c = append(c, delay)
	}
	return c
}

// Sum is n products and the tree that adds them.
func (t Tool) Sum(n int) Chain { return append(Chain{t.Multiply}, repeat(t.Add, levels(n))...) }

// Maximum is a tree of comparisons over n operands.
func (t Tool) Maximum(n int) Chain { return repeat(t.Greater, levels(n)) }

// Mean is the sum of n operands; the division by a constant is in the width of the result. Where
// windows at the border hold fewer operands, some tools divide.
func (t Tool) Mean(n, width int, uneven bool) Chain {
	c := repeat(t.Add, levels(n))
	if uneven && t.Divide > 0 {
		c = append(c, repeat(Edge, width+int(t.Divide))...)
	}
	return c
}

// Lookup is a value from a table.
func (t Tool) Lookup() Chain { return repeat(Edge, int(t.Table)) }

// Softmax is a table of exponentials, their sum over n, a table of reciprocals and a product.
func (t Tool) Softmax(n int) (c Chain) {
	c = append(c, repeat(Edge, 2)...)
	c = append(c, repeat(t.Add, levels(n))...)
	c = append(c, repeat(Edge, 2)...)
	return append(c, Edge, t.Multiply, Edge)
}
