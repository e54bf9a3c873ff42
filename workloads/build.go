package workloads

import "fmt"

// Builder makes a graph node by node. The first error stays with it and makes
// every later call return a placeholder, so that a network reads as a list of
// layers and asks once, in Build, whether it came out right.
type Builder struct {
	graph *Graph
	seed  uint64
	err   error
}

// NewBuilder starts an empty graph whose weights and inputs derive from seed.
func NewBuilder(name string, seed uint64) *Builder {
	return &Builder{graph: &Graph{Name: name}, seed: seed}
}

// Fail records an error, unless an earlier one is there.
func (b *Builder) Fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// Build ends the graph with its outputs and checks it.
func (b *Builder) Build(outputs ...*Tensor) (*Graph, error) {
	if b.err != nil {
		return nil, b.err
	}
	for _, t := range outputs {
		if t.Role == Activation {
			t.Role = Output
		}
	}
	b.graph.Outputs = outputs
	if err := b.graph.Validate(); err != nil {
		return nil, err
	}
	return b.graph, nil
}

// Dim is the extent of x along an axis (negative: from the last), 1 where x has
// no such axis because an error came before.
func (b *Builder) Dim(x *Tensor, axis int) int {
	if axis < 0 {
		axis += len(x.Shape)
	}
	if axis < 0 || axis >= len(x.Shape) {
		return 1
	}
	return x.Shape[axis]
}

func (b *Builder) tensor(name string, role Role, t DType, src Source, shape Shape) *Tensor {
	if err := shape.Validate(); err != nil {
		b.Fail("%s: tensor %s: %w", b.graph.Name, name, err)
	}
	return &Tensor{Name: name, Shape: shape, Type: t, Role: role, Source: src}
}

// Input is a run-time input of seeded values in [-1, 1).
func (b *Builder) Input(name string, shape ...int) *Tensor {
	t := b.tensor(name, Input, FP32, RandomInput(name, b.seed), shape)
	b.graph.Inputs = append(b.graph.Inputs, t)
	return t
}

// Tokens is a run-time input of seeded indices below a vocabulary's size.
func (b *Builder) Tokens(name string, vocabulary int, shape ...int) *Tensor {
	t := b.tensor(name, Input, Int64, Modulo(name, b.seed, vocabulary), shape)
	b.graph.Inputs = append(b.graph.Inputs, t)
	return t
}

// Param is a trained weight; it counts towards the network's parameters.
func (b *Builder) Param(name string, src Source, shape ...int) *Tensor {
	t := b.Buffer(name, src, shape...)
	b.graph.Params += t.Shape.Elements()
	return t
}

// Weight is a Param for a product over fanIn terms (see FanIn).
func (b *Builder) Weight(name string, fanIn int, gain float64, shape ...int) *Tensor {
	return b.Param(name, FanIn(name, b.seed, fanIn, gain), shape...)
}

// Buffer is a constant that is not trained: running statistics, masks, tables.
func (b *Builder) Buffer(name string, src Source, shape ...int) *Tensor {
	return b.tensor(name, Weight, FP32, src, shape)
}

// Ints is a constant list of indices or extents.
func (b *Builder) Ints(name string, values ...int) *Tensor {
	a := NewArray(Int64, Shape{len(values)})
	for i, v := range values {
		a.I[i] = int64(v)
	}
	return &Tensor{Name: name, Shape: a.Shape, Type: Int64, Role: Weight, Const: a}
}

// Index is one constant index, without axes.
func (b *Builder) Index(name string, v int) *Tensor {
	a := NewArray(Int64, Shape{})
	a.I[0] = int64(v)
	return &Tensor{Name: name, Shape: a.Shape, Type: Int64, Role: Weight, Const: a}
}

// Scalar is a constant real number.
func (b *Builder) Scalar(name string, v float32) *Tensor {
	a := NewArray(FP32, Shape{})
	a.F[0] = v
	return &Tensor{Name: name, Shape: a.Shape, Type: FP32, Role: Weight, Const: a}
}

// Apply appends a node with one output, named like the node.
func (b *Builder) Apply(name, op string, attr Attrs, in ...*Tensor) *Tensor {
	out := &Tensor{Name: name}
	b.append(name, op, attr, []*Tensor{out}, in)
	return out
}

// ApplyN appends a node with several outputs, named name:0, name:1, …
func (b *Builder) ApplyN(name, op string, outputs int, attr Attrs, in ...*Tensor) []*Tensor {
	out := make([]*Tensor, outputs)
	for i := range out {
		out[i] = &Tensor{Name: fmt.Sprintf("%s:%d", name, i)}
	}
	b.append(name, op, attr, out, in)
	return out
}

func (b *Builder) append(name, op string, attr Attrs, out, in []*Tensor) {
	if b.err != nil {
		return
	}
	n := &Node{Name: name, Op: op, In: in, Out: out, Attr: attr}
	if err := Infer(n); err != nil {
		b.Fail("%s: %w", b.graph.Name, err)
		return
	}
	for _, t := range out {
		if t == nil {
			continue
		}
		if err := t.Shape.Validate(); err != nil {
			b.Fail("%s: node %v: output %s: %w", b.graph.Name, n, t.Name, err)
			return
		}
	}
	b.graph.Nodes = append(b.graph.Nodes, n)
}
