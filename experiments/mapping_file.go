package experiments

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/unit/spell"
)

// A mapping's file says which operators join the drains of the layers before them, what
// stays on chip, which layers run back to back, and gives each layer a value along every
// axis of its space:
//
//	drains:                        # optional: so many operators join a layer's drain, the others run alone
//	  conv1: 1
//	placement: half                # optional: the rule by which tensors stay on chip
//	chains:                        # optional: layers that run back to back, in bands of rows or of images
//	  conv2_1: {to: conv2_3, rows: 8}
//	layers:                        # optional
//	  conv2_1: {rows: 448, cols: 256, channels: 64, outer: rows, hold: yes}
//
// Layers that are not named keep the device's own mapping. Where an array can switch
// dataflows, a layer may have one (dataflow: os); left out, it is the machine's.
var mappingKeys = []string{"drains", "placement", "chains", "layers"} // in the order in which they are followed

// readMapping gives the plan the mappings of a file.
func (p *Prepared) readMapping(path string) error {
	text, err := readSmall("mapping", path)
	if err != nil {
		return err
	}
	f := specFile{path}
	root, err := f.root(text)
	if err != nil {
		return err
	}
	list, err := f.entries(root, "", mappingKeys)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b entry) int {
		return slices.Index(mappingKeys, a.key) - slices.Index(mappingKeys, b.key)
	})
	layers, rule := 0, mapping.Rule{}
	for _, e := range list {
		switch e.key {
		case "drains":
			err = p.readDrains(f, e)
		case "placement":
			err = p.readPlacement(f, e, &rule)
		case "chains":
			err = p.readChains(f, e, &rule)
		default:
			layers, err = p.readLayers(f, e)
		}
		if err != nil {
			return err
		}
	}
	note := fmt.Sprintf("mapping: %d layers as %s says", layers, path)
	if len(p.joined) > 0 {
		note += fmt.Sprintf("; fewer operators in the drains of %d layers", len(p.joined))
	}
	p.notes = append(p.notes, note+p.chainsText(p.Plan))
	return nil
}

// readPlacement plans anew under the rule a file names.
func (p *Prepared) readPlacement(f specFile, e entry, rule *mapping.Rule) error {
	word, err := f.word(e, e.key)
	if err != nil {
		return err
	}
	placer, ok := p.Machine.(arch.Placer)
	if !ok {
		return f.fault(e.line, e.key, "%s keeps nothing on chip by a rule of its own; leave it out", p.Machine.Name())
	}
	plans, err := placer.Placements(p.Net)
	if err != nil {
		return err
	}
	var names []string
	for _, plan := range plans {
		if name := placementName(plan); name == word {
			p.Plan, rule.Placement = plan, plan.Placement
			return nil
		}
		names = append(names, placementName(plan))
	}
	return f.fault(e.line, e.key, "%s: write one of %s%s", word, strings.Join(names, ", "), spell.DidYouMean(word, names))
}

func placementName(p *mapping.Plan) string {
	if p.Placement == "" {
		return "default"
	}
	return p.Placement
}

// readLayers gives the plan the layers of a file, and returns how many there are.
func (p *Prepared) readLayers(f specFile, e entry) (int, error) {
	list, err := f.entries(e.value, e.key, nil)
	if err != nil {
		return 0, err
	}
	points := map[int][]int{}
	lines := map[int]int{}
	for _, layer := range list {
		i, at, err := p.readLayer(f, layer)
		if err != nil {
			return 0, err
		}
		points[i], lines[i] = at, layer.line
	}
	if p.Plan.Joint != nil {
		joint := p.Plan.Joint()
		together := joint.Chosen()
		for i, at := range points {
			together[i] = at
		}
		plan, err := joint.Plan(together)
		if err != nil {
			return 0, f.fault(e.line, e.key, "together with the layers that are not named: %v", err)
		}
		p.Plan = plan
		return len(points), nil
	}
	layers := map[int]*mapping.LayerPlan{}
	for i, at := range points {
		if layers[i] = p.Plan.Layers[i].Space().Plan(at); layers[i] == nil {
			return 0, f.fault(lines[i], "layers."+p.Plan.Layers[i].Layer.Name, "these tiles do not fit the memories of %s; make one of them smaller", p.Machine.Name())
		}
	}
	p.Plan = p.Plan.With(layers)
	return len(points), nil
}

// readLayer reads one layer of a file: which it is, and its point.
func (p *Prepared) readLayer(f specFile, layer entry) (number int, at []int, err error) {
	where := "layers." + layer.key
	var names []string
	for i, lp := range p.Plan.Layers {
		axes, _ := p.Plan.Choices(i)
		if axes == nil {
			continue
		}
		if names = append(names, lp.Layer.Name); lp.Layer.Name != layer.key {
			continue
		}
		values, err := f.values(layer, where)
		if err != nil {
			return 0, nil, err
		}
		if at, err = mapping.Given(axes, values); err != nil {
			return 0, nil, f.fault(layer.line, where, "%v", err)
		}
		return i, at, nil
	}
	return 0, nil, f.fault(layer.line, where, "%s on %s has no layer of this name whose mapping can be chosen%s; `nnsim show WORKLOAD --device D` names them",
		p.Workload.Name, p.Machine.Name(), spell.DidYouMean(layer.key, names))
}

// values is a mapping of words to words.
func (f specFile) values(e entry, where string) (map[string]string, error) {
	list, err := f.entries(e.value, where, nil)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, item := range list {
		if values[item.key], err = f.word(item, where+"."+item.key); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// WriteMapping writes the plan's mappings as a file that reads as the same plan.
func (p *Prepared) WriteMapping(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# How %s is mapped on %s: nnsim run %q --device %s --mapping FILE.yaml\n", p.Workload.Name, p.Machine.Name(), p.Workload.Spec, p.Machine.Name())
	p.writeFusions(&b)
	b.WriteString("layers:\n")
	count := 0
	for i, lp := range p.Plan.Layers {
		axes, at := p.Plan.Choices(i)
		if at == nil {
			continue
		}
		count++
		var pairs []string
		for _, pair := range mapping.Describe(axes, at) {
			pairs = append(pairs, pair[0]+": "+pair[1])
		}
		fmt.Fprintf(&b, "  %q: {%s}\n", lp.Layer.Name, strings.Join(pairs, ", "))
	}
	if count == 0 {
		return fmt.Errorf("show: %s; there is nothing to write", p.noChoice())
	}
	_, err := io.WriteString(w, b.String())
	return err
}
