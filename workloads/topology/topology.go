// Package topology reads SCALE-Sim's network descriptions, so that people can
// bring what they have.
//
//	Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
//	Conv1,      227,          227,         11,            11,           3,        96,         4,
//
//	Layer, M, N, K,
//	fc6,   1, 4096, 9216,
//
// The form is told by the header, or without one by the number of columns. Every
// row becomes a layer of its own with its own input, because the files say
// nothing of how layers are joined (pools and shapes between them are missing);
// the outputs of the graph are the outputs of all rows. A final comma is optional.
//
// The file has no padding: people enlarge the input instead. An output is
// ⌈(in - window + stride) / stride⌉ high, as the tool counts it, so where the
// stride does not divide, the last window hangs over the edge and reads zeros.
// A row whose name begins with DP is depth-wise, as in the tool: every channel
// is convolved by itself with Num Filter filters. The tool makes a layer of each
// channel; here it is one grouped convolution with the same products. A ninth
// column, version 3's sparsity, is accepted where it means dense (n:n).
//
// Source: the SCALE-Sim documentation (scalesim-project/SCALE-Sim, topologies).
//
// Not modelled: sparsity, and the fields of the tool's own configuration file.
package topology

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nnsim/unit/spell"
	"nnsim/workloads"
)

// Options choose what of a file becomes a graph.
type Options struct {
	Layer string // only the layer of this name; empty: all
	Batch int    // images of a convolution, matrices of a GEMM; 0 means 1
	Seed  uint64 // of weights and inputs
}

// A topology file is a few kilobytes; these bounds keep a wrong file from
// costing more than an error.
const (
	maxBytes  = 4 << 20
	maxLayers = 20000
	maxExtent = 1 << 30
)

// form is one of the two kinds of rows: what its columns are called.
type form struct {
	name    string
	columns []string // after the layer's name
	build   func(b *workloads.Builder, l layer, o Options) *workloads.Tensor
}

var forms = []form{
	{"convolution", []string{"IFMAP Height", "IFMAP Width", "Filter Height", "Filter Width", "Channels", "Num Filter", "Strides"}, convolution},
	{"GEMM", []string{"M", "N", "K"}, product},
}

// layer is one row.
type layer struct {
	name   string
	values []int
}

// Read makes a graph of a topology file.
func Read(path string, o Options) (*workloads.Graph, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxBytes {
		return nil, fmt.Errorf("topology: %s is not a topology file (a folder or device, or more than %d MiB)", path, maxBytes>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return Parse(data, path, o)
}

// Parse makes a graph of the text of a topology file; errors call it by name.
func Parse(data []byte, name string, o Options) (*workloads.Graph, error) {
	f, layers, err := parse(data, name)
	if err != nil {
		return nil, err
	}
	if o.Layer != "" {
		if layers, err = pick(layers, name, o.Layer); err != nil {
			return nil, err
		}
	}
	if o.Batch == 0 {
		o.Batch = 1
	}
	base := filepath.Base(name)
	b := workloads.NewBuilder(strings.TrimSuffix(base, filepath.Ext(base)), o.Seed)
	var outputs []*workloads.Tensor
	for _, l := range layers {
		outputs = append(outputs, f.build(b, l, o))
	}
	g, err := b.Build(outputs...)
	if err != nil {
		return nil, fmt.Errorf("topology: %s: %w", name, err)
	}
	return g, nil
}

// Layers lists the names of a file's rows.
func Layers(data []byte, name string) ([]string, error) {
	_, layers, err := parse(data, name)
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = l.name
	}
	return names, err
}

func pick(layers []layer, file, name string) ([]layer, error) {
	var names []string
	for _, l := range layers {
		if l.name == name {
			return []layer{l}, nil
		}
		names = append(names, l.name)
	}
	hint := spell.DidYouMean(name, names)
	if hint == "" {
		hint = "; the first is " + strconv.Quote(names[0])
	}
	return nil, fmt.Errorf("topology: %s has no layer %q among %d%s", file, name, len(layers), hint)
}

func convolution(b *workloads.Builder, l layer, o Options) *workloads.Tensor {
	h, w, r, s, c, k, stride := l.values[0], l.values[1], l.values[2], l.values[3], l.values[4], l.values[5], l.values[6]
	if r > h || s > w {
		b.Fail("layer %s: a window of %d×%d is larger than its input of %d×%d (the form has no padding: enlarge the input)", l.name, r, s, h, w)
		return nil
	}
	window := workloads.Window{R: r, S: s, Stride: stride, PadEnd: [2]int{overhang(h, r, stride), overhang(w, s, stride)}}
	if strings.HasPrefix(l.name, "DP") {
		window.Groups, k = c, c*k
	}
	return b.Conv(l.name, b.Input(l.name+".input", o.Batch, c, h, w), k, window)
}

// overhang is how far the last window reaches over the edge.
func overhang(in, window, stride int) int { return (stride - (in-window)%stride) % stride }

func product(b *workloads.Builder, l layer, o Options) *workloads.Tensor {
	m, n, k := l.values[0], l.values[1], l.values[2]
	a, w := b.Input(l.name+".input", m, k), b.Weight(l.name+".weight", k, 1, k, n)
	if o.Batch == 1 {
		return b.Apply(l.name, "Gemm", workloads.Attrs{}, a, w)
	}
	a.Shape = workloads.Shape{o.Batch, m, k}
	return b.Apply(l.name, "MatMul", workloads.Attrs{}, a, w)
}

// unreadable says why a file cannot be had.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no such file", path)
	}
	return fmt.Errorf("topology: %w", err)
}
