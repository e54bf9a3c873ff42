package workloads

import "fmt"

// Node applies one operator. Operators and their attributes carry the names and
// meanings of ONNX (default domain, opset 23), whatever the source of the graph.
type Node struct {
	Name string
	Op   string
	In   []*Tensor // nil where an optional input is absent
	Out  []*Tensor // nil where an optional output is not wanted
	Attr Attrs
}

// Input is In[i], or nil where it is absent.
func (n *Node) Input(i int) *Tensor {
	if i >= 0 && i < len(n.In) {
		return n.In[i]
	}
	return nil
}

func (n *Node) String() string { return fmt.Sprintf("%s (%s)", n.Name, n.Op) }

// Attrs holds a node's attributes by name. Values are int64, float32, string,
// []int64, []float32, []string or *Array.
type Attrs map[string]any

// Int is an integer attribute, or its default.
func (a Attrs) Int(name string, def int64) int64 {
	if v, ok := a[name].(int64); ok {
		return v
	}
	return def
}

// Float is a float attribute, or its default.
func (a Attrs) Float(name string, def float32) float32 {
	if v, ok := a[name].(float32); ok {
		return v
	}
	return def
}

// Text is a string attribute, or its default.
func (a Attrs) Text(name, def string) string {
	if v, ok := a[name].(string); ok {
		return v
	}
	return def
}

// Ints is an integer-list attribute, or its default.
func (a Attrs) Ints(name string, def []int64) []int64 {
	if v, ok := a[name].([]int64); ok {
		return v
	}
	return def
}

// Graph is a network: nodes in topological order over named tensors.
type Graph struct {
	Name    string
	Nodes   []*Node
	Inputs  []*Tensor // given at run time
	Outputs []*Tensor // what the run is for
	// Params is the number of trained parameters as publications count them.
	Params int64
	// Batch is the number of inferences in one run; 0: the first extent of the first input.
	Batch int
}

// Inferences is the number of inferences in one run.
func (g *Graph) Inferences() int {
	switch {
	case g.Batch > 0:
		return g.Batch
	case len(g.Inputs) == 0 || len(g.Inputs[0].Shape) == 0:
		return 1
	}
	return g.Inputs[0].Shape[0]
}

// Weights lists the distinct weight tensors in order of first use.
func (g *Graph) Weights() []*Tensor {
	seen, list := map[*Tensor]bool{}, []*Tensor(nil)
	for _, n := range g.Nodes {
		for _, t := range n.In {
			if t != nil && t.Role == Weight && !seen[t] {
				seen[t] = true
				list = append(list, t)
			}
		}
	}
	return list
}

// Validate checks what every consumer relies on: valid shapes, every input made
// before it is used, every tensor made once.
func (g *Graph) Validate() error {
	made := map[*Tensor]bool{}
	for _, t := range g.Inputs {
		made[t] = true
	}
	for _, n := range g.Nodes {
		for _, t := range n.In {
			if t == nil {
				continue
			}
			if err := t.Shape.Validate(); err != nil {
				return fmt.Errorf("%s: node %v: input %s: %w", g.Name, n, t.Name, err)
			}
			if !made[t] && t.Role != Weight {
				return fmt.Errorf("%s: node %v uses tensor %s before any node makes it", g.Name, n, t.Name)
			}
		}
		for _, t := range n.Out {
			if t == nil {
				continue
			}
			if err := t.Shape.Validate(); err != nil {
				return fmt.Errorf("%s: node %v: output %s: %w", g.Name, n, t.Name, err)
			}
			if made[t] {
				return fmt.Errorf("%s: tensor %s is made twice, the second time by node %v", g.Name, t.Name, n)
			}
			made[t] = true
		}
	}
	for _, t := range g.Outputs {
		if !made[t] {
			return fmt.Errorf("%s: output %s is made by no node", g.Name, t.Name)
		}
	}
	return nil
}
