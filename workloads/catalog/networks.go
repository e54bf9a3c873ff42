package catalog

import (
	"fmt"
	"path/filepath"
	"strings"

	"nnsim/workloads"
	"nnsim/workloads/onnx"
	"nnsim/workloads/topology"
	"nnsim/workloads/zoo"
)

// networkKinds are the values of a network's own options.
var networkKinds = map[string]kind{"batch": count, "image": count, "seq": count, "kv": count, "phase": oneOf("prefill", "decode")}

// networkSource is a network of the zoo, with the options that it takes.
func networkSource(info zoo.Info) source {
	s := source{name: info.Name, about: about(info)}
	for _, name := range info.Keys() {
		s.keys = append(s.keys, key{name: name, kind: networkKinds[name], def: defaultOf(info, name)})
	}
	s.keys = append(s.keys, common...)
	s.open = func(w *Workload, v values) (err error) {
		w.Name = info.Name
		// A default stays 0 here: what it is may depend on other options.
		given := func(name string) int {
			if _, ok := v.text[name]; ok {
				return v.int(name)
			}
			return 0
		}
		w.Graph, err = zoo.Build(info.Name, zoo.Options{Batch: given("batch"), Image: given("image"), Seq: given("seq"), KV: given("kv"),
			Phase: v.text["phase"], Seed: w.Seed})
		return err
	}
	return s
}

func defaultOf(info zoo.Info, name string) string {
	switch name {
	case "batch":
		return fmt.Sprint(info.Default.Batch)
	case "image":
		return fmt.Sprint(info.Default.Image)
	case "phase":
		return "prefill"
	case "seq":
		if info.Family == "encoder" { // in decode a language model's is 1
			return fmt.Sprint(info.Default.Seq)
		}
	}
	return ""
}

func about(info zoo.Info) string {
	var parts []string
	if info.MACs >= 1e6 {
		parts = append(parts, fmt.Sprintf("%.3g GMAC", float64(info.MACs)/1e9))
	}
	if info.Params > 0 {
		parts = append(parts, fmt.Sprintf("%.4g M parameters", float64(info.Params)/1e6))
	}
	return info.Family + ", " + strings.Join(append(parts, info.Source), ", ")
}

// fileSource is a file, by its extension.
func fileSource(path string) source {
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return source{name: path, about: "SCALE-Sim topology of convolutions or GEMMs",
			keys: append([]key{{name: "layer", kind: anyText}, opt("batch", "1")}, common...), open: openTopology(path)}
	}
	return source{name: path, about: "ONNX model", keys: append([]key{{name: "batch", kind: count}, {name: openExtent, kind: count, family: true},
		{name: "weights", kind: oneOf("model", "random"), def: "model"}, {name: "input", kind: oneOf("random", "ramp"), def: "random"}}, common...),
		open: openONNX(path)}
}

func baseName(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func openTopology(path string) func(*Workload, values) error {
	return func(w *Workload, v values) (err error) {
		w.Name = baseName(path)
		w.Graph, err = topology.Read(path, topology.Options{Layer: v.text["layer"], Batch: v.int("batch"), Seed: w.Seed})
		return err
	}
}

// openExtent is what the key of an extent that a model names, but leaves open, begins with.
const openExtent = "dim."

func openONNX(path string) func(*Workload, values) error {
	return func(w *Workload, v values) (err error) {
		w.Name = baseName(path)
		dims := map[string]int{}
		for _, name := range v.members(openExtent) {
			dims[strings.TrimPrefix(name, openExtent)] = v.int(name)
		}
		w.Graph, err = onnx.Read(path, onnx.Options{Batch: v.int("batch"), Dims: dims, RandomWeights: v.text["weights"] == "random", Seed: w.Seed})
		if err != nil {
			return err
		}
		for _, t := range w.Graph.Inputs {
			t.Source = inputSource(t, w)
		}
		return nil
	}
}

// inputSource gives a model's input its values. Indices are all 0, which is
// valid for every table.
func inputSource(t *workloads.Tensor, w *Workload) workloads.Source {
	switch {
	case !t.Type.IsFloat():
		return workloads.Constant(0)
	case w.Input == "ramp":
		return workloads.Ramp(t.Shape.Elements())
	}
	return workloads.RandomInput(t.Name, w.Seed)
}
