package fpga

import (
	"fmt"
	"runtime"
	"sync"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// plane carries values through the design: layer by layer, as tokens keep their
// order whatever the cycles they move in.
type plane struct {
	m      *Machine
	net    *workloads.Network
	d      *design
	check  arch.Checker
	seed   int64
	values map[*workloads.Tensor]*workloads.Array
	left   map[*workloads.Tensor]int
}

// carry takes all values through all layers and hands each result to the checker.
func (m *Machine) carry(job *arch.Job, d *design) error {
	p := &plane{m: m, net: job.Net, d: d, check: job.Check, seed: job.Seed, values: map[*workloads.Tensor]*workloads.Array{}, left: map[*workloads.Tensor]int{}}
	for _, l := range d.layers {
		for _, t := range l.inputs() {
			p.left[t]++
		}
	}
	for i, l := range d.layers {
		if err := p.layer(i, l); err != nil {
			return fmt.Errorf("fpga: layer %s: %w", l.Name, err)
		}
	}
	return nil
}

// value is a tensor's: what the machine made, or the model's and the inputs'.
func (p *plane) value(t *workloads.Tensor) (*workloads.Array, error) {
	if a := p.values[t]; a != nil {
		return a, nil
	}
	return p.check.Value(t)
}

// layer computes one layer.
func (p *plane) layer(i int, l *layer) error {
	inner := map[*workloads.Tensor]*workloads.Array{}
	for at, n := range l.Nodes {
		in := make([]*workloads.Array, len(n.In))
		for j, t := range n.In {
			if t == nil {
				continue
			}
			if in[j] = inner[t]; in[j] != nil {
				continue
			}
			var err error
			if in[j], err = p.value(t); err != nil {
				return err
			}
		}
		out, err := p.node(l, at, n, in)
		if err != nil {
			return err
		}
		for j, t := range n.Out {
			if t != nil {
				inner[t] = out[j]
			}
		}
	}
	return p.leave(i, l, inner)
}

// node computes one node: products through buffers and units, the rest as the
// tables, comparators or processor do that stand for it.
func (p *plane) node(l *layer, at int, n *workloads.Node, in []*workloads.Array) ([]*workloads.Array, error) {
	switch {
	case at > 0 || l.kind != dense && l.kind != depthwise:
		return reference.EvalFormat(n, in)
	case p.d.overlay:
		return []*workloads.Array{p.m.engineValues(l, n, in)}, nil
	}
	sums := newArithmetic(l, in).sums()
	out := workloads.NewArray(n.Out[0].Type, n.Out[0].Shape)
	if n.Out[0].Type == workloads.Int32 {
		copy(out.I32, sums)
		return []*workloads.Array{out}, nil
	}
	scale := reference.AccumulatorScale(n)
	for i, s := range sums {
		out.SetInt(i, int64(n.Out[0].Type.Quantise(float64(s)*scale, n.Out[0].Scale)))
	}
	return []*workloads.Array{out}, nil
}

// leave hands a layer's result over and keeps it for its readers.
func (p *plane) leave(i int, l *layer, made map[*workloads.Tensor]*workloads.Array) error {
	sampled := p.check.Mode() == arch.Sample
	for _, t := range l.outputs() {
		if !sampled && p.left[t] > 0 {
			p.values[t] = made[t]
		}
	}
	for _, t := range l.inputs() {
		if p.left[t]--; p.left[t] == 0 {
			delete(p.values, t)
		}
	}
	if l.kind == view {
		return nil
	}
	out := made[l.Out()]
	var picked []int
	if sampled {
		picked = picks(out.Len(), uint64(p.seed)+uint64(i))
	}
	return p.check.Produced(i, out, picked)
}

// samples is the number of elements compared of each layer in Sample mode.
const samples = 64

// picks is a seeded selection of at most so many of n elements, in order: one of
// each of as many equal parts.
func picks(n int, seed uint64) (list []int) {
	parts := min(n, samples)
	for i := range parts {
		seed = (seed+0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9 ^ seed>>29
		from, to := i*n/parts, (i+1)*n/parts
		list = append(list, from+int(seed>>33)%(to-from))
	}
	return list
}

// inParallel calls do for parts of [0, n) on all processors.
func inParallel(n int, do func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Add(1)
		go func() {
			defer wait.Done()
			do(w*n/workers, (w+1)*n/workers)
		}()
	}
	wait.Wait()
}
