package onnx

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// uncovered says in which error a test ends that asks for what the package
// documents as not modelled, and what to list it under.
var uncovered = []struct {
	pattern *regexp.Regexp
	list    string
}{
	{regexp.MustCompile(`operator (\S+) is not supported`), "operators"},
	{regexp.MustCompile(`element type (\S+) is not supported`), "types"},
	{regexp.MustCompile(`is not a plain (tensor)`), "sequences"},
	{regexp.MustCompile(`\((\w+)\): training_mode is set`), "training"},
	{regexp.MustCompile(`node \S+ \((\w+)\): broadcasting from axis \d+ on is not supported`), "opset 6 broadcasting"},
}

// The ONNX project's tests of single operators, through shape inference and the
// reference kernels. A test of a supported operator and type that fails is a failure.
func TestONNXNodes(t *testing.T)        { runSuite(t, "node", 450) }
func TestPyTorchOperators(t *testing.T) { runSuite(t, "pytorch-operator", 25) }
func TestPyTorchConverted(t *testing.T) { runSuite(t, "pytorch-converted", 58) }

// runSuite runs every test of one folder; least is how many must pass.
func runSuite(t *testing.T, suite string, least int) {
	dirs, err := filepath.Glob(filepath.Join(references(t), suite, "test_*"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	passed, lists := 0, map[string]map[string]int{}
	for _, dir := range dirs {
		err := runNodeTest(dir)
		switch list, what := classify(err); {
		case err == nil:
			passed++
		case list == "":
			t.Errorf("%s: %v", filepath.Base(dir), err)
		default:
			if lists[list] == nil {
				lists[list] = map[string]int{}
			}
			lists[list][what]++
		}
	}
	t.Logf("%s: %d of %d tests pass", suite, passed, len(dirs))
	for _, list := range slices.Sorted(maps.Keys(lists)) {
		var items []string
		for _, what := range slices.Sorted(maps.Keys(lists[list])) {
			items = append(items, fmt.Sprintf("%s (%d)", what, lists[list][what]))
		}
		t.Logf("not covered, %s: %s", list, strings.Join(items, ", "))
	}
	require.GreaterOrEqual(t, passed, least)
}

// Whatever the kernels can evaluate, shapes can be inferred for.
func TestKernelsHaveShapes(t *testing.T) {
	for _, op := range reference.Ops() {
		if !workloads.Supported(op) {
			t.Errorf("operator %s has a kernel but no rule in workloads/infer_rules.go", op)
		}
	}
}

func classify(err error) (list, what string) {
	for _, u := range uncovered {
		if err == nil {
			break
		}
		if m := u.pattern.FindStringSubmatch(err.Error()); m != nil {
			return u.list, m[1]
		}
	}
	return "", ""
}

// runNodeTest runs one folder: a model and data sets of inputs and outputs.
func runNodeTest(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return err
	}
	sets, err := filepath.Glob(filepath.Join(dir, "test_data_set_*"))
	if err != nil || len(sets) == 0 {
		return fmt.Errorf("there are no data sets")
	}
	for _, set := range sets {
		// Without folding, so that operators on constants are run too; a fresh model
		// for each set, for shapes may depend on the inputs' values.
		im, err := open(data, dir, Options{})
		if err != nil {
			return err
		}
		if err := runSet(im, set); err != nil {
			return err
		}
	}
	return nil
}

// Shape inference alone, for every operator it knows, against the types and shapes
// of the recorded outputs; some of the operators have no reference kernel.
func TestInferAgainstONNX(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(references(t), "node", "test_*"))
	require.NoError(t, err)
	checked := 0
	for _, dir := range dirs {
		data, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
		require.NoError(t, err)
		file, opset, err := parse(data)
		require.NoError(t, err, dir)
		if len(file.nodes) != 1 || !workloads.Supported(file.nodes[0].op) {
			continue
		}
		im, err := connect(file, opset, dir, Options{})
		if err == nil {
			err = inferSet(im, filepath.Join(dir, "test_data_set_0"))
		}
		if list, _ := classify(err); list != "" {
			continue
		}
		require.NoError(t, err, dir)
		checked++
	}
	t.Logf("%d of %d tests have the shapes and types that were inferred", checked, len(dirs))
	require.GreaterOrEqual(t, checked, 400)
}

// inferSet infers a model of one node and compares with the recorded outputs.
func inferSet(im *importer, set string) error {
	for i, in := range im.graph.Inputs {
		a, err := readTensor(set, "input", i)
		if err != nil {
			return err
		}
		in.Const, in.Shape, in.Type = a, a.Shape, a.Type
	}
	if err := im.infer(im.graph.Nodes[0]); err != nil {
		return err
	}
	for i, out := range im.graph.Outputs {
		want, err := readTensor(set, "output", i)
		if err != nil {
			return err
		}
		if !want.Shape.Equal(out.Shape) || want.Type != out.Type {
			return fmt.Errorf("output %s is inferred as %v of %v, recorded is %v of %v", out.Name, out.Shape, out.Type, want.Shape, want.Type)
		}
	}
	return nil
}

func runSet(im *importer, set string) error {
	values := map[*workloads.Tensor]*workloads.Array{}
	for i, in := range im.graph.Inputs {
		a, err := readTensor(set, "input", i)
		if err != nil {
			return err
		}
		in.Const, in.Shape, in.Type, values[in] = a, a.Shape, a.Type, a
	}
	for _, n := range im.graph.Nodes {
		if err := im.infer(n); err != nil {
			return err
		}
		if err := run(n, values); err != nil {
			return err
		}
	}
	for i, out := range im.graph.Outputs {
		want, err := readTensor(set, "output", i)
		if err != nil {
			return err
		}
		if err := closeTo(values[out], want, 1e-3, 1e-7); err != nil {
			return fmt.Errorf("output %s: %w", out.Name, err)
		}
	}
	return nil
}

// run evaluates one node and holds its results against what was inferred.
func run(n *workloads.Node, values map[*workloads.Tensor]*workloads.Array) error {
	in := make([]*workloads.Array, len(n.In))
	for i, t := range n.In {
		if t == nil {
			continue
		}
		if in[i] = values[t]; in[i] == nil {
			in[i] = t.Const
		}
	}
	out, err := reference.Eval(n, in)
	if err != nil {
		return err
	}
	for i, t := range n.Out {
		if t == nil {
			continue
		}
		if !out[i].Shape.Equal(t.Shape) || out[i].Type != t.Type {
			return fmt.Errorf("output %s is %v of %v, inferred was %v of %v", t.Name, out[i].Shape, out[i].Type, t.Shape, t.Type)
		}
		// Later shapes may depend on this value.
		values[t], t.Const = out[i], out[i]
	}
	return nil
}

func readTensor(set, kind string, i int) (*workloads.Array, error) {
	data, err := os.ReadFile(filepath.Join(set, fmt.Sprintf("%s_%d.pb", kind, i)))
	if err != nil {
		return nil, err
	}
	return DecodeTensor(data)
}
