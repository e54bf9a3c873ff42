// Package check holds what a machine computed against the CPU kernels, layer by
// layer, while it runs.
//
//	            Value(tensor)                      Produced(layer, output)
//	weights ─┐                    ┌─ machine ─┐                         ┌─ integers: equal
//	inputs  ─┴─▶ Checker ────────▶│ memories, │────────────▶ Checker ──▶│
//	                              └─ units ───┘                         └─ floats: within a bound
//
// Full mode, integer formats: the whole network is computed and calibrated before
// the run; every output must be equal. Full mode, float formats: each layer is
// computed from the machine's own inputs, so that rounding does not pile up and
// the first wrong layer is the one that is named. Sample mode: each layer starts
// from values made up for it, and a seeded selection of what the machine computed
// is compared; nothing is ever computed that this selection does not need.
//
// The bound on a float is derived, not chosen: a sum of k products in fp32 in any
// order errs by at most γ(k)·Σ|a||b| (reference.Bound), twice that where both
// sides sum in fp32; what is fused after it is computed at both ends of that
// interval; each further operator adds four units in the last place of fp32, and
// the last rounding one unit of the format stored.
//
// Not modelled: errors that stay within the bound, elements Sample mode does not
// pick, and the timing of values, which the machine's own memories decide.
package check

import (
	"fmt"

	"nnsim/arch"
	"nnsim/results"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// Checker supplies values to one run and compares what comes back. It serves one
// run and one goroutine.
type Checker struct {
	net    *workloads.Network
	mode   arch.Mode
	seed   uint64
	exact  bool                                   // integer formats: every element must be equal
	layer  map[*workloads.Tensor]int              // the layer that makes a tensor
	left   map[*workloads.Tensor]int              // how many layers, and the caller, have yet to read it
	values map[*workloads.Tensor]*workloads.Array // weights and inputs in use; the machine's outputs
	want   reference.Values                       // expected outputs, for integers in Full mode
	above  map[*workloads.Tensor]bool             // in Sample mode, activations made up as positive numbers
	seen   []bool                                 // by layer: handed over
	report results.Check
}

var _ arch.Checker = (*Checker)(nil)

// New makes the checker of a run. In Full mode inputs may give the real values of
// graph inputs, which otherwise come from their source. It sets the scales of the
// network's integer tensors, so it comes before the run. A network that cannot be
// computed (a weight that is not finite, an operator without kernel) is refused here.
func New(net *workloads.Network, mode arch.Mode, seed int64, inputs map[*workloads.Tensor]*workloads.Array) (*Checker, error) {
	c := &Checker{net: net, mode: mode, seed: uint64(seed), exact: net.Precision.Act.IsInt(),
		layer: map[*workloads.Tensor]int{}, left: map[*workloads.Tensor]int{}, values: map[*workloads.Tensor]*workloads.Array{},
		seen: make([]bool, len(net.Layers)), report: results.Check{Mode: string(mode), Status: "pass"}}
	for i, l := range net.Layers {
		for _, n := range l.Nodes {
			for _, t := range n.Out {
				c.layer[t] = i
			}
		}
		for t := range reads(l) {
			c.left[t]++
		}
	}
	for _, t := range net.Graph.Outputs {
		c.left[t]++
	}
	if err := c.refuse(inputs); err != nil {
		return nil, err
	}
	var err error
	switch {
	case mode == arch.None:
		c.report.Status = "skipped"
	case mode == arch.Sample:
		err = c.scales()
	case c.exact:
		c.want, err = reference.Run(net, inputs, reference.Options{Calibrate: true, Keep: true})
	}
	if err != nil {
		return nil, err
	}
	for t, a := range inputs { // from here on Value makes them like any other
		t.Const, t.Source = a, nil
	}
	return c, nil
}

// refuse names what cannot be checked before any work is done.
func (c *Checker) refuse(inputs map[*workloads.Tensor]*workloads.Array) error {
	if c.mode != arch.Full && c.mode != arch.Sample && c.mode != arch.None {
		return fmt.Errorf("check: mode %q is not known; use full, sample or none", c.mode)
	}
	for t, a := range inputs {
		if a == nil || !a.Shape.Equal(t.Shape) {
			return fmt.Errorf("check: input %s has shape %v, the values given do not", t.Name, t.Shape)
		}
		if c.mode != arch.Full {
			return fmt.Errorf("check: input %s is given, which only --check full uses", t.Name)
		}
	}
	for _, l := range c.net.Layers {
		for _, n := range l.Nodes {
			if c.mode != arch.None && !reference.Supports(n.Op) {
				return fmt.Errorf("check: there is no reference kernel for node %v; use --check none", n)
			}
		}
	}
	return nil
}

// Mode is the mode the checker was made for.
func (c *Checker) Mode() arch.Mode { return c.mode }

// Produced compares a layer's output as the machine left it in memory. A wrong
// value does not stop the run: the first is kept for the report. An error means
// that the comparison could not be made.
func (c *Checker) Produced(layer int, out *workloads.Array, picked []int) error {
	if layer < 0 || layer >= len(c.net.Layers) {
		return fmt.Errorf("check: layer %d was handed over, the network has %d", layer, len(c.net.Layers))
	}
	l := c.net.Layers[layer]
	t := l.Out()
	if out.Type != t.Type || !out.Shape.Equal(t.Shape) {
		return fmt.Errorf("check: layer %s: output is %v %v, want %v %v", l.Name, out.Type, out.Shape, t.Type, t.Shape)
	}
	if c.seen[layer] {
		return fmt.Errorf("check: layer %s was handed over twice", l.Name)
	}
	c.seen[layer] = true
	var err error
	switch {
	case c.mode == arch.None:
		return nil
	case c.mode == arch.Sample:
		err = c.sampled(layer, out, picked)
	case c.exact:
		err = c.equal(layer, out)
	default:
		err = c.near(layer, out)
	}
	if err != nil {
		return fmt.Errorf("check: layer %s: %w", l.Name, err)
	}
	c.forget(layer)
	return nil
}

// equal compares a layer's whole output with what was computed before the run.
func (c *Checker) equal(layer int, out *workloads.Array) error {
	t := c.net.Layers[layer].Out()
	want := c.want[t]
	if want == nil {
		return fmt.Errorf("there is no expected value of %s", t.Name)
	}
	c.compare(layer, out, span{mid: want}, nil)
	delete(c.want, t)
	c.keep(t, out)
	return nil
}

// near computes a layer from the machine's own inputs and compares within the bound.
func (c *Checker) near(layer int, out *workloads.Array) error {
	l := c.net.Layers[layer]
	want, err := c.evaluate(l, c.Value)
	if err != nil {
		return err
	}
	c.compare(layer, out, want[l.Out()], nil)
	c.keep(l.Out(), out)
	for t, s := range want { // a layer's further outputs stay with the checker
		if t != l.Out() {
			c.keep(t, s.mid)
		}
	}
	return nil
}

// Result is the check's part of the report. A layer that was never handed over
// fails it, views apart.
func (c *Checker) Result() results.Check {
	r := c.report
	if c.mode == arch.None || r.Status == "fail" {
		return r
	}
	for i, l := range c.net.Layers {
		if !c.seen[i] && !isView(l) {
			r.Status, r.Detail = "fail", fmt.Sprintf("layer %s (tensor %s) was never produced", l.Name, l.Out().Name)
			return r
		}
	}
	return r
}
