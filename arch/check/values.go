package check

import (
	"fmt"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Value gives the stored values of a weight or input; in Sample mode also values
// made up for a layer's activation. The array is shared: it must not be written to.
func (c *Checker) Value(t *workloads.Tensor) (*workloads.Array, error) {
	if a := c.values[t]; a != nil {
		return a, nil
	}
	var a *workloads.Array
	var err error
	switch {
	case t.Role == workloads.Weight || t.Role == workloads.Input || c.isInput(t):
		a, err = reference.Materialise(t)
	case c.mode == arch.Sample:
		a, err = c.makeUp(t)
	default:
		return c.viewed(t)
	}
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	c.values[t] = a
	return a, nil
}

// isInput tells whether no layer makes the tensor.
func (c *Checker) isInput(t *workloads.Tensor) bool {
	_, made := c.layer[t]
	return !made
}

// viewed is the value of a tensor the machine did not hand over: a view of one
// that it did, as views move no data.
func (c *Checker) viewed(t *workloads.Tensor) (*workloads.Array, error) {
	i, made := c.layer[t]
	if !made || !isView(c.net.Layers[i]) {
		return nil, fmt.Errorf("check: tensor %s is asked for before its layer has produced it", t.Name)
	}
	var a *workloads.Array
	for _, n := range c.net.Layers[i].Nodes {
		out, err := c.eval(n, nil)
		if err != nil {
			return nil, err
		}
		a = out
		c.values[n.Out[0]] = a
	}
	return a, nil
}

func isView(l *workloads.Layer) bool {
	for _, n := range l.Nodes {
		if workloads.ClassOf(n.Op) != workloads.View {
			return false
		}
	}
	return true
}

// eval computes a node from stored values; inner gives those of tensors inside its layer.
func (c *Checker) eval(n *workloads.Node, inner map[*workloads.Tensor]*workloads.Array) (*workloads.Array, error) {
	in := make([]*workloads.Array, len(n.In))
	for i, t := range n.In {
		if t == nil {
			continue
		}
		if in[i] = inner[t]; in[i] == nil {
			var err error
			if in[i], err = c.Value(t); err != nil {
				return nil, err
			}
		}
	}
	out, err := reference.EvalFormat(n, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// reads is the set of tensors a layer reads from outside itself.
func reads(l *workloads.Layer) map[*workloads.Tensor]bool {
	set := map[*workloads.Tensor]bool{}
	for _, n := range l.Nodes {
		for _, t := range n.In {
			set[t] = true
		}
	}
	delete(set, nil)
	for _, n := range l.Nodes {
		for _, t := range n.Out {
			delete(set, t)
		}
	}
	return set
}

// keep holds a value for as long as a layer or the caller has yet to read it.
func (c *Checker) keep(t *workloads.Tensor, a *workloads.Array) {
	if c.left[t] > 0 {
		c.values[t] = a
	}
}

// forget drops what no other layer has yet to read; in Sample mode every value
// of the layer, as it can be made again.
func (c *Checker) forget(layer int) {
	for t := range reads(c.net.Layers[layer]) {
		if c.left[t]--; c.left[t] == 0 || c.mode == arch.Sample {
			delete(c.values, t)
		}
	}
}
