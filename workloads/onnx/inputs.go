package onnx

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"nnsim/workloads"
)

// inputs makes the tensors that are given at run time.
func (im *importer) inputs(file *graphProto) error {
	var open []string
	seen := map[string]bool{}
	for _, p := range file.inputs {
		if seen[p.name] {
			return fmt.Errorf("input %s of the graph is listed twice", p.name)
		}
		seen[p.name] = true
		if w := im.tensors[p.name]; w != nil {
			continue // IR 3 lists the initialisers among the inputs
		}
		t, err := im.input(p, &open)
		if err != nil {
			return err
		}
		if err := im.add(t, "an input of the graph"); err != nil {
			return err
		}
		im.graph.Inputs = append(im.graph.Inputs, t)
	}
	if err := im.dims(file); err != nil {
		return err
	}
	if len(open) > 0 {
		sort.Strings(open)
		return fmt.Errorf("the model leaves extents open: %s; say how large they are, as in dim.%s=224", strings.Join(slices.Compact(open), ", "), open[0])
	}
	return nil
}

// input makes one input, and lists extents that the file and the options leave open.
func (im *importer) input(p *valueProto, open *[]string) (*workloads.Tensor, error) {
	if p.notPlain {
		return nil, fmt.Errorf("input %s of the graph is not a plain tensor, which is not supported", p.name)
	}
	elem, err := workloads.TypeOfCode(p.elem)
	if err != nil {
		return nil, fmt.Errorf("input %s of the graph: %w", p.name, err)
	}
	if !p.hasShape {
		return nil, fmt.Errorf("input %s of the graph has no shape in the file; give it one there", p.name)
	}
	t := &workloads.Tensor{Name: p.name, Type: elem, Role: workloads.Input, Shape: make(workloads.Shape, len(p.dims))}
	for i, d := range p.dims {
		named, known := im.o.Dims[d.param]
		extent := d.value
		switch {
		case i == 0 && im.o.Batch > 0:
			extent = int64(im.o.Batch)
		case d.known:
		case known:
			extent = int64(named)
		case i == 0:
			extent = 1
		case d.param == "":
			return nil, fmt.Errorf("input %s of the graph: axis %d has neither an extent nor a name; give it one in the file", p.name, i)
		default:
			*open, extent = append(*open, d.param), 1
		}
		t.Shape[i] = int(extent)
	}
	im.noteBatch(p)
	return t, nil
}

// dims refuses a name in the options that no input of the model uses.
func (im *importer) dims(file *graphProto) error {
	used := map[string]bool{}
	for _, p := range file.inputs {
		for _, d := range p.dims {
			used[d.param] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(im.o.Dims)) {
		if !used[name] {
			return fmt.Errorf("extent %s is given, but no input of the model has an axis of that name", name)
		}
	}
	return nil
}

// noteBatch keeps the batch size the file was made for, while its inputs agree.
func (im *importer) noteBatch(p *valueProto) {
	if len(p.dims) == 0 {
		return
	}
	switch d := p.dims[0]; {
	case !d.known || im.fileBatch < 0 || im.fileBatch > 0 && int64(im.fileBatch) != d.value:
		im.fileBatch = -1
	default:
		im.fileBatch = int(d.value)
	}
}
