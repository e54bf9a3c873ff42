package experiments

import (
	"fmt"
	"os"

	"nnsim/arch"
	"nnsim/arch/check"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
	"nnsim/workloads/onnx"
)

// tensorLimit is the longest tensor file that is read.
const tensorLimit = 1 << 30

// OpenWorkload opens a workload string.
func OpenWorkload(spec string, seed int64) (*catalog.Workload, error) {
	if spec == "" {
		return nil, fmt.Errorf("workload: missing; name one such as resnet50 (`nnsim list workloads`), a path, or an operator such as gemm:m=4,n=4,k=4")
	}
	return catalog.Open(spec, catalog.Defaults{Seed: uint64(seed)})
}

// feed gives the graph's inputs the values the experiment names, and reads what
// its output must be.
func (p *Prepared) feed(e Experiment) error {
	g := p.Workload.Graph
	switch e.Input {
	case "":
	case "ramp", "random":
		for _, t := range g.Inputs {
			if t.Type.IsFloat() {
				t.Const, t.Source = nil, valuesOf(e.Input, t, e.Seed)
			}
		}
	default:
		if err := feedFile(g, e.Input); err != nil {
			return err
		}
	}
	if e.Expect == "" {
		return nil
	}
	if e.Check != arch.Full {
		return fmt.Errorf("expect: %s: needs the whole output; use --check full", e.Expect)
	}
	var err error
	if p.expect, err = readTensor(e.Expect); err != nil {
		return err
	}
	if out := g.Outputs[0]; p.expect.Shape.Elements() != out.Shape.Elements() {
		return fmt.Errorf("expect: %s: shape %v, the output %s is %v", e.Expect, p.expect.Shape, out.Name, out.Shape)
	}
	return nil
}

func valuesOf(input string, t *workloads.Tensor, seed int64) workloads.Source {
	if input == "ramp" {
		return workloads.Ramp(t.Shape.Elements())
	}
	return workloads.RandomInput(t.Name, uint64(seed))
}

// feedFile gives the graph's only input the values of a tensor file.
func feedFile(g *workloads.Graph, path string) error {
	if len(g.Inputs) != 1 {
		return fmt.Errorf("input: %s: the workload has %d inputs, a file gives one; use ramp or random", path, len(g.Inputs))
	}
	values, err := readTensor(path)
	if err != nil {
		return err
	}
	in := g.Inputs[0]
	if !values.Shape.Equal(in.Shape) {
		return fmt.Errorf("input: %s: shape %v, the input %s is %v", path, values.Shape, in.Name, in.Shape)
	}
	in.Const, in.Source = values, nil
	return nil
}

// readTensor reads an ONNX TensorProto.
func readTensor(path string) (*workloads.Array, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w; give ramp, random or a .pb file", path, plainCause(err))
	}
	if !info.Mode().IsRegular() || info.Size() > tensorLimit {
		return nil, fmt.Errorf("tensor %s: not a regular file of at most 1 GiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", path, plainCause(err))
	}
	values, err := onnx.DecodeTensor(data)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", path, err)
	}
	return values, nil
}

// against compares the network's first output with the expected file, at an
// absolute tolerance of 1e-7 beside the relative one, as the ONNX runner does.
func (p *Prepared) against(c *check.Checker, rtol float64) error {
	return check.Against(c.Outputs(), p.expect, rtol, 1e-7)
}
