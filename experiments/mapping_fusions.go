package experiments

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/unit/spell"
	"nnsim/workloads"
)

// regroup has only so many operators join the drains of the named layers, and plans
// the network so grouped.
func (p *Prepared) regroup(joined map[string]int) (err error) {
	p.joined = joined
	if p.Net, err = workloads.Prepare(p.Workload.Graph, p.Net.Precision, p.fuses); err != nil {
		return err
	}
	p.Plan, err = p.Machine.Plan(p.Net)
	return err
}

// fuses is the machine's word on what joins a drain, but for layers that are to take fewer.
func (p *Prepared) fuses(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) > 0 {
		if most, ok := p.joined[chain[0].Name]; ok && len(chain) > most {
			return false
		}
	}
	return p.Machine.Fuses(chain, next)
}

// readDrains reads how many operators join the drains of layers.
func (p *Prepared) readDrains(f specFile, e entry) error {
	list, err := f.entries(e.value, e.key, nil)
	if err != nil {
		return err
	}
	most := map[string]int{}
	for _, l := range p.Net.Layers {
		if len(l.Nodes) > 1 {
			most[l.Name] = len(l.Nodes) - 1
		}
	}
	joined := map[string]int{}
	for _, layer := range list {
		where := e.key + "." + layer.key
		if most[layer.key] == 0 {
			return f.fault(layer.line, where, "%s on %s has no layer of this name with operators in its drain%s; `nnsim show WORKLOAD --device D` names them",
				p.Workload.Name, p.Machine.Name(), spell.DidYouMean(layer.key, slices.Sorted(maps.Keys(most))))
		}
		n, err := f.whole(layer, where, 0, int64(most[layer.key]))
		if err != nil {
			return err
		}
		joined[layer.key] = int(n)
	}
	if err := p.regroup(joined); err != nil {
		return f.fault(e.line, e.key, "%v", err)
	}
	return nil
}

// readChains plans anew with layers that run back to back.
func (p *Prepared) readChains(f specFile, e entry, rule *mapping.Rule) error {
	list, err := f.entries(e.value, e.key, nil)
	if err != nil {
		return err
	}
	placer, ok := p.Machine.(arch.Placer)
	if !ok {
		return f.fault(e.line, e.key, "%s runs no layers back to back; leave it out", p.Machine.Name())
	}
	for _, item := range list {
		c, err := p.readChain(f, item, e.key+"."+item.key)
		if err != nil {
			return err
		}
		rule.Chains = append(rule.Chains, c)
	}
	if p.Plan, err = placer.PlanBy(p.Net, *rule); err != nil {
		return f.fault(e.line, e.key, "%v", err)
	}
	return nil
}

// readChain reads a chain: from the layer that is its key to another, by rows or by images.
func (p *Prepared) readChain(f specFile, e entry, where string) (c mapping.Chain, err error) {
	c.Images = 1
	if c.First, err = p.layerNamed(f, e.line, where, e.key); err != nil {
		return c, err
	}
	list, err := f.entries(e.value, where, []string{"to", "rows", "images"})
	if err != nil {
		return c, err
	}
	given := map[string]bool{}
	for _, item := range list {
		given[item.key] = true
		var n int64
		switch at := where + "." + item.key; item.key {
		case "to":
			word, err := f.word(item, at)
			if err != nil {
				return c, err
			}
			if c.Last, err = p.layerNamed(f, item.line, at, word); err != nil {
				return c, err
			}
		case "rows":
			n, err = f.whole(item, at, 1, 1<<30)
			c.Rows = int(n)
		default:
			n, err = f.whole(item, at, 1, 1<<30)
			c.Images = int(n)
		}
		if err != nil {
			return c, err
		}
	}
	if !given["to"] || given["rows"] == given["images"] {
		return c, f.fault(e.line, where, "write {to: LAYER, rows: N} or {to: LAYER, images: N}: the last layer of the chain, and how much of its result is a band")
	}
	return c, nil
}

// layerNamed is the number of a layer.
func (p *Prepared) layerNamed(f specFile, line int, where, name string) (int, error) {
	var names []string
	for i, l := range p.Net.Layers {
		if l.Name == name {
			return i, nil
		}
		names = append(names, l.Name)
	}
	return 0, f.fault(line, where, "%s on %s has no layer %s%s; `nnsim show WORKLOAD --device D` names them", p.Workload.Name, p.Machine.Name(), name, spell.DidYouMean(name, names))
}

// writeFusions writes what a plan fuses otherwise than the default, and its placement.
func (p *Prepared) writeFusions(b *strings.Builder) {
	if len(p.joined) > 0 {
		b.WriteString("drains:\n")
		for _, name := range slices.Sorted(maps.Keys(p.joined)) {
			fmt.Fprintf(b, "  %q: %d\n", name, p.joined[name])
		}
	}
	if p.Plan.Placement != "" {
		fmt.Fprintf(b, "placement: %s\n", p.Plan.Placement)
	}
	if len(p.Plan.Chains) > 0 {
		b.WriteString("chains:\n")
	}
	for _, c := range p.Plan.Chains {
		band := fmt.Sprintf("images: %d", c.Images)
		if c.Rows > 0 {
			band = fmt.Sprintf("rows: %d", c.Rows)
		}
		fmt.Fprintf(b, "  %q: {to: %q, %s}\n", p.Net.Layers[c.First].Name, p.Net.Layers[c.Last].Name, band)
	}
}
