package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"nnsim/workloads"
)

// Options says how a file is to be read. The zero value takes it as it is.
type Options struct {
	// Batch replaces the first extent of every input of the graph; 0 leaves the
	// file's, which is 1 where the file gives a name instead of a number.
	Batch int
	// Dims gives extents to the names that the file uses for them ("height").
	Dims map[string]int
	// RandomWeights replaces the values of float weights by seeded ones that keep
	// the data in range; see random.go for which get what.
	RandomWeights bool
	Seed          uint64
}

// maxFile is the greatest file: protobuf itself ends at 2 GiB.
const maxFile = 1<<31 - 1

// Read reads the model in the file path. Errors begin with the path.
func Read(path string, o Options) (*workloads.Graph, error) {
	data, err := load(path)
	if err != nil {
		return nil, oneLine(err)
	}
	im, err := decode(data, filepath.Dir(path), o)
	if err != nil {
		return nil, oneLine(fmt.Errorf("%s: %w", path, err))
	}
	im.graph.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return im.graph, nil
}

// Decode reads the model in data. External data is looked for in the folder dir;
// if that is empty, it is refused.
func Decode(data []byte, dir string, o Options) (*workloads.Graph, error) {
	im, err := decode(data, dir, o)
	if err != nil {
		return nil, oneLine(err)
	}
	return im.graph, nil
}

// load reads the bytes of a file that can be a model.
func load(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file", path)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; name the .onnx file in it", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes, a model at most 2 GiB; save it with external data", path, info.Size())
	}
	return os.ReadFile(path)
}

// decode takes a model through all stages.
func decode(data []byte, dir string, o Options) (*importer, error) {
	im, err := open(data, dir, o)
	if err != nil {
		return nil, err
	}
	if err := im.resolve(); err != nil {
		return nil, err
	}
	if err := im.finish(); err != nil {
		return nil, err
	}
	return im, nil
}

// open parses a model and connects its nodes, in topological order, without
// looking at shapes.
func open(data []byte, dir string, o Options) (*importer, error) {
	if o.Batch < 0 || o.Batch > maxElements {
		return nil, fmt.Errorf("batch is %d; it must lie between 1 and 2^40", o.Batch)
	}
	g, opset, err := parse(data)
	if err != nil {
		return nil, err
	}
	// Before anything is connected: a model that cannot be run need not have its
	// weights converted.
	for _, n := range g.nodes {
		if err := n.supported(); err != nil {
			return nil, err
		}
	}
	return connect(g, opset, dir, o)
}

// parse reads the messages of a model: its graph, and the opset of its operators.
func parse(data []byte) (*graphProto, int64, error) {
	m, err := parseModel(data)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", guess(data), err)
	}
	if err := m.check(data); err != nil {
		return nil, 0, err
	}
	g, err := parseGraph(m.graph)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", guess(data), err)
	}
	for i, n := range g.nodes {
		if n.name == "" {
			n.name = fmt.Sprintf("%s_%d", n.op, i)
		}
	}
	return g, m.opset, nil
}

// check refuses models of versions that are not read.
func (m modelProto) check(data []byte) error {
	switch {
	case m.graphs == 0:
		return fmt.Errorf("%s: it holds no graph", guess(data))
	case m.graphs > 1:
		return fmt.Errorf("it holds %d graphs; a model has one", m.graphs)
	case m.ir < 3:
		return fmt.Errorf("IR version %d is older than 3; convert the model to a newer one", m.ir)
	case m.opset == 0:
		return fmt.Errorf("it does not say which version of ONNX's operators it uses (opset_import)")
	case m.opset < oldestOpset:
		return fmt.Errorf("opset %d is older than 7; convert the model to a newer one", m.opset)
	case m.opset > newestOpset:
		return fmt.Errorf("opset %d is newer than %d, the newest known; export the model for that one", m.opset, newestOpset)
	}
	return nil
}

// The versions of ONNX's operators that are read.
const (
	oldestOpset = 6 // nodes that mean something else in 6 than in 7 are refused one by one
	newestOpset = 26
)

// guess says what data that is no model probably is.
func guess(data []byte) string {
	start := data[:min(len(data), 256)]
	switch {
	case len(data) == 0:
		return "the file is empty, not an ONNX model"
	case bytes.HasPrefix(start, []byte("version https://git-lfs")):
		return "a Git LFS pointer, not an ONNX model; fetch the file itself with git lfs pull"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "a zip archive, not an ONNX model"
	case utf8.Valid(start[:max(0, len(start)-utf8.UTFMax)]) && bytes.IndexFunc(start[:max(0, len(start)-utf8.UTFMax)], unprintable) < 0 && len(start) > 2*utf8.UTFMax:
		return "a text file, not an ONNX model"
	}
	return "not an ONNX model, or a damaged one"
}

// unprintable tells a character that no text file has.
func unprintable(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

// oneLine makes an error that carries names from a file fit for one line of a terminal.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	const most = 600
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
	if len(clean) > most {
		clean = strings.ToValidUTF8(clean[:most], "") + " …"
	}
	if clean == err.Error() {
		return err
	}
	return errors.New(clean)
}
