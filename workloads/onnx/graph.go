package onnx

import (
	"fmt"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// importer is a model on its way to a graph.
type importer struct {
	o     Options
	dir   string
	opset int64
	graph *workloads.Graph

	tensors map[string]*workloads.Tensor
	maker   map[*workloads.Tensor]*workloads.Node
	users   map[*workloads.Tensor]int  // how many inputs of nodes the tensor is
	leaves  map[*workloads.Tensor]bool // outputs of the graph

	fileBatch int                                     // first extent of every input in the file; 0 if they differ or are open
	trained   map[*workloads.Tensor]bool              // weights, as against shapes and other constants
	uniform   map[*workloads.Tensor]float32           // weights of one value, which take no memory
	alias     map[*workloads.Tensor]*workloads.Tensor // outputs of Identity on a weight: that weight
	budget    int64                                   // elements that folding may still make
}

// connect makes tensors of names: weights, inputs, nodes with their outputs, and
// the graph's outputs.
func connect(file *graphProto, opset int64, dir string, o Options) (*importer, error) {
	im := &importer{o: o, dir: dir, opset: opset, graph: &workloads.Graph{Name: file.name},
		tensors: map[string]*workloads.Tensor{}, maker: map[*workloads.Tensor]*workloads.Node{},
		users: map[*workloads.Tensor]int{}, leaves: map[*workloads.Tensor]bool{},
		trained: map[*workloads.Tensor]bool{}, uniform: map[*workloads.Tensor]float32{},
		alias: map[*workloads.Tensor]*workloads.Tensor{}}
	if im.graph.Name == "" {
		im.graph.Name = "model"
	}
	switch {
	case file.sparseWeights > 0:
		return nil, fmt.Errorf("the model has sparse initialisers, which are not supported")
	case len(file.nodes) == 0:
		return nil, fmt.Errorf("the graph has no nodes")
	case len(file.outputs) == 0:
		return nil, fmt.Errorf("the graph has no outputs")
	}
	for _, step := range []func(*graphProto) error{im.weights, im.inputs, im.nodes, im.outputs} {
		if err := step(file); err != nil {
			return nil, err
		}
	}
	return im, im.order()
}

// supported refuses an operator that cannot be run.
func (p *nodeProto) supported() error {
	switch {
	case p.domain != "" && p.domain != "ai.onnx":
		return fmt.Errorf("node %s (%s): operators of domain %s are not supported; export the model with standard ONNX operators", p.name, p.op, p.domain)
	case !workloads.Supported(p.op) || !reference.Supports(p.op):
		return fmt.Errorf("node %s (%s): operator %s is not supported; replace it by supported ones", p.name, p.op, p.op)
	case len(p.foreign) > 0:
		return fmt.Errorf("node %s (%s): attribute %s is not supported", p.name, p.op, p.foreign[0])
	}
	return nil
}

// add gives a name to a new tensor; who says where the name comes from.
func (im *importer) add(t *workloads.Tensor, who string) error {
	if t.Name == "" {
		return fmt.Errorf("%s has no name", who)
	}
	if old, ok := im.tensors[t.Name]; ok {
		first := "an initialiser"
		if n := im.maker[old]; n != nil {
			first = fmt.Sprintf("node %v", n)
		} else if old.Role == workloads.Input {
			first = "an input of the graph"
		}
		return fmt.Errorf("name %s is given twice: %s and %s", t.Name, first, who)
	}
	im.tensors[t.Name] = t
	return nil
}

func (im *importer) weights(file *graphProto) error {
	im.budget = 1 << 22
	for _, p := range file.initialisers {
		a, err := p.array(im.dir)
		if err != nil {
			return err
		}
		if err := finite(p.name, a); err != nil {
			return err
		}
		t := &workloads.Tensor{Name: p.name, Shape: a.Shape, Type: a.Type, Role: workloads.Weight, Const: a}
		if err := im.add(t, "an initialiser"); err != nil {
			return err
		}
		im.trained[t] = true
		im.budget += 4 * a.Shape.Elements()
	}
	return nil
}

func (im *importer) nodes(file *graphProto) error {
	names := map[string]int{}
	for _, p := range file.nodes {
		n := &workloads.Node{Name: p.name, Op: p.op, Attr: p.attr}
		if names[p.name]++; names[p.name] > 1 {
			n.Name = fmt.Sprintf("%s#%d", p.name, names[p.name])
		}
		if err := im.attributes(n); err != nil {
			return err
		}
		for _, name := range p.out {
			if name == "" {
				n.Out = append(n.Out, nil)
				continue
			}
			t := &workloads.Tensor{Name: name}
			if err := im.add(t, fmt.Sprintf("node %v", n)); err != nil {
				return err
			}
			im.maker[t] = n
			n.Out = append(n.Out, t)
		}
		im.graph.Nodes = append(im.graph.Nodes, n)
	}
	for i, n := range im.graph.Nodes {
		if err := im.operands(n, file.nodes[i].in); err != nil {
			return err
		}
	}
	return nil
}

// attributes converts tensors among the attributes and notes the operators' version.
func (im *importer) attributes(n *workloads.Node) error {
	for name, v := range n.Attr {
		if t, ok := v.(*tensorProto); ok {
			a, err := t.array(im.dir)
			if err != nil {
				return fmt.Errorf("node %v: attribute %s: %w", n, name, err)
			}
			n.Attr[name] = a
		}
	}
	n.Attr["opset"] = im.opset
	return nil
}

// operands finds the inputs of a node by their names.
func (im *importer) operands(n *workloads.Node, names []string) error {
	for _, name := range names {
		var t *workloads.Tensor
		if name != "" {
			if t = im.tensors[name]; t == nil {
				return fmt.Errorf("node %v: input %s is made by no node and is no input or initialiser of the graph", n, name)
			}
			im.users[t]++
		}
		n.In = append(n.In, t)
	}
	for len(n.In) > 0 && n.In[len(n.In)-1] == nil {
		n.In = n.In[:len(n.In)-1]
	}
	return nil
}

func (im *importer) outputs(file *graphProto) error {
	for _, p := range file.outputs {
		t := im.tensors[p.name]
		switch {
		case t == nil:
			return fmt.Errorf("output %s of the graph is made by no node", p.name)
		case im.maker[t] == nil:
			return fmt.Errorf("output %s of the graph is an input or initialiser of it; there is nothing to compute", p.name)
		case im.leaves[t]:
			return fmt.Errorf("output %s of the graph is listed twice", p.name)
		}
		t.Role = workloads.Output
		im.leaves[t] = true
		im.graph.Outputs = append(im.graph.Outputs, t)
	}
	// An optional output that nobody reads (a Dropout's mask) is not wanted.
	for _, n := range im.graph.Nodes {
		for i, t := range n.Out {
			if i > 0 && t != nil && im.users[t] == 0 && !im.leaves[t] {
				n.Out[i] = nil
			}
		}
	}
	return nil
}
