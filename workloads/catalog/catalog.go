// Package catalog turns the one string that names a workload, everywhere in the
// program, into the thing itself.
//
//	resnet50,batch=8,dtype=int8        a network of the zoo
//	model.onnx,batch=4                 a file
//	topology.csv,layer=conv2           SCALE-Sim's network descriptions
//	gemm:m=512,n=1024,k=2048           one operator
//	stream:pattern=seq,requests=60000  memory traffic alone
//	chase:bytes=64MiB                  a microbenchmark of a GPU
//	idle:seconds=1                     powered, doing nothing
//
//	spec ──split──▶ head, key=value… ──check against the head's table of keys──▶ values ──open──▶ Workload
//
// Every head has a table of the keys it takes, with kind, bounds and default; the
// reader, the error messages and the canonical spelling all come from the table.
//
// Source: the project's own command line; the operators' letters are those of
// the im2col literature (n images, c channels, k filters, r×s window).
//
// Not modelled: several networks in one workload, and arrival of requests over time.
package catalog

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"nnsim/unit"
	"nnsim/unit/spell"
	"nnsim/workloads"
	"nnsim/workloads/zoo"
)

// Workload is what a workload string names. Exactly one of Graph, Stream,
// Probe and Idle is set.
type Workload struct {
	Spec  string // canonical: keys in the table's order, values as the program prints them, defaults left out
	Name  string // for people: the network, the file without its folder, or the operator with its shape
	Graph *workloads.Graph

	Precision *workloads.Precision // nil: the device's native one
	Zeros     *float64             // stated share of zero activations; nil: not stated
	WZeros    *float64             // stated share of zero weights; nil: not stated
	Input     string               // random or ramp: what the graph's inputs hold
	Seed      uint64               // of weights and inputs

	Stream *Stream
	Probe  *Probe
	Idle   *Idle
}

// Stream is traffic without a network of layers. For a memory one of Requests and
// Bytes is set; for an interconnect Rate is.
type Stream struct {
	Pattern  string     // a memory's or an interconnect's: see MemoryPatterns, NetworkPatterns
	Requests int64      // number of requests of one burst of the memory
	Gap      float64    // memory clocks from one offered request to the next; 0: as fast as they are taken
	Bytes    unit.Bytes // total traffic of DMA-like streams
	Burst    unit.Bytes // size of one DMA transfer; 0: the machine's own
	Within   unit.Bytes // what the requests lie in, from address 0 on; 0: all of the memory
	Stride   int64      // words from one word of a transfer to the next, in an on-chip memory; 0: 1
	Mode     string     // of bytes: read, write or copy; empty: what the pattern says

	Rate  float64 // flits every node offers a cycle
	Flits int     // of a packet
	Hot   int     // the node that pattern hotspot sends to
	Seed  uint64  // of an interconnect's packets

	Receivers int // of each packet: more than one makes it a multicast
}

// Idle is a powered machine that does nothing.
type Idle struct{ Seconds unit.Seconds }

// Defaults are what the command line says for all workloads.
type Defaults struct {
	Seed uint64 // where the string has no seed=
}

// maxSpec bounds the length of a workload string.
const maxSpec = 4096

// Open reads a workload string. Errors are one line and name key, value and remedy.
func Open(spec string, d Defaults) (*Workload, error) {
	w, err := open(strings.TrimSpace(spec), d)
	if err != nil {
		return nil, fmt.Errorf("workload %s: %w", quoted(spec), err)
	}
	return w, nil
}

// quoted is the string for an error line, cut where it is absurdly long.
func quoted(spec string) string {
	if len(spec) > 120 {
		spec = strings.ToValidUTF8(spec[:117], "") + "..."
	}
	return fmt.Sprintf("%q", spec)
}

func open(spec string, d Defaults) (*Workload, error) {
	if len(spec) > maxSpec {
		return nil, fmt.Errorf("it is %d bytes long; at most %d are read", len(spec), maxSpec)
	}
	head, options := split(spec)
	s, err := sourceOf(head)
	if err != nil {
		return nil, err
	}
	v, err := read(s.keys, options)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, s.form())
	}
	w := &Workload{Input: "random", Seed: d.Seed, Spec: head + s.separator() + v.canonical()}
	w.Spec = strings.TrimRight(w.Spec, ",:")
	w.Name = w.Spec
	v.common(w)
	if err := s.open(w, v); err != nil {
		return nil, err
	}
	if w.Graph != nil {
		if s.operator {
			w.Graph.Batch = inferences(s, v)
		}
		if err := bounded(w.Graph); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// inferences is how many independent items an operator works on: products of a
// batch, images of a window operator; the rows of a matrix are one item.
func inferences(s source, v values) int {
	for _, k := range s.keys {
		if k.name == "batch" {
			return v.int("batch")
		}
	}
	if v.int("h") > 0 {
		return v.int("n")
	}
	return 1
}

// split cuts a spec into its head and its options. A file's name may hold
// commas; its extension ends it.
func split(spec string) (head string, options []string) {
	parts := strings.Split(spec, ",")
	for i := 1; i <= len(parts) && (i == 1 || !strings.Contains(parts[i-1], "=")); i++ {
		if whole := strings.Join(parts[:i], ","); isFile(whole) {
			return whole, parts[i:]
		}
	}
	if op, first, ok := strings.Cut(parts[0], ":"); ok {
		return strings.TrimSpace(op), append([]string{first}, parts[1:]...)
	}
	return strings.TrimSpace(parts[0]), parts[1:]
}

func isFile(head string) bool {
	ext := strings.ToLower(filepath.Ext(head))
	return ext == ".onnx" || ext == ".csv"
}

// source is one kind of head: what keys it takes and what it makes of them.
type source struct {
	name     string
	operator bool
	about    string
	keys     []key
	open     func(w *Workload, v values) error
}

func (s source) separator() string {
	if s.operator {
		return ":"
	}
	return ","
}

// form shows how the workload is written.
func (s source) form() string {
	var parts []string
	for _, k := range s.keys {
		switch {
		case k.needed:
			parts = append(parts, k.name+"=")
		case k.family:
			parts = append(parts, "["+k.name+"NAME=]")
		default:
			parts = append(parts, "["+k.name+"=]")
		}
	}
	return "write " + s.name + s.separator() + strings.Join(parts, ",")
}

// sourceOf finds what a head stands for.
func sourceOf(head string) (source, error) {
	switch {
	case head == "":
		return source{}, fmt.Errorf("it is empty; give a network such as resnet50, a .onnx or .csv file, or an operator such as gemm:m=64,n=64,k=64")
	case isFile(head):
		return fileSource(head), nil
	}
	for _, s := range operators() {
		if s.name == head {
			return s, nil
		}
	}
	if info, ok := zoo.Describe(head); ok {
		return networkSource(info), nil
	}
	known := append(zoo.Names(), operatorNames()...)
	if hint := spell.DidYouMean(head, known); hint != "" {
		return source{}, fmt.Errorf("%q is no network, operator or file%s", head, hint)
	}
	return source{}, fmt.Errorf("%q is no network (%s), operator (%s) or .onnx or .csv file", head,
		strings.Join(zoo.Names(), ", "), strings.Join(operatorNames(), ", "))
}

// Entry is one line of the list of workloads.
type Entry struct{ Name, Form, About string }

// Entries lists everything a workload string can begin with.
func Entries() []Entry {
	var list []Entry
	for _, name := range zoo.Names() {
		info, _ := zoo.Describe(name)
		s := networkSource(info)
		list = append(list, Entry{name, strings.TrimPrefix(s.form(), "write "), s.about})
	}
	for _, s := range append(operators(), fileSource("FILE.onnx"), fileSource("FILE.csv")) {
		list = append(list, Entry{s.name, strings.TrimPrefix(s.form(), "write "), s.about})
	}
	return list
}

// Names lists the networks of the zoo and the operators.
func Names() []string { return slices.Concat(zoo.Names(), operatorNames()) }

// maxMACs keeps counts of products, cycles and bytes far from overflow.
const maxMACs = 1 << 58

// bounded refuses graphs with more work than 64-bit counters are safe for.
func bounded(g *workloads.Graph) error {
	total := 0.0
	for _, n := range g.Nodes {
		total += work(n)
	}
	if total > maxMACs {
		return fmt.Errorf("%.3g multiply-accumulates are more than 2^58; make it smaller", total)
	}
	return nil
}

// work is workloads.MACs in floating point, which cannot wrap.
func work(n *workloads.Node) float64 {
	if n.Op == "Attention" {
		keys := float64(n.In[1].Shape[len(n.In[1].Shape)-2])
		if past := n.Input(4); past != nil {
			keys += float64(past.Shape[2])
		}
		return 2 * math.Max(float64(n.In[0].Shape.Elements()), float64(n.Out[0].Shape.Elements())) * keys
	}
	m, ok := workloads.MatrixOf(n)
	if !ok {
		return 0
	}
	f := 1.0
	for _, d := range []int{m.Batch, m.Groups, m.Images, m.OH, m.OW, m.K, m.C, m.R, m.S} {
		f *= float64(d)
	}
	return f
}
