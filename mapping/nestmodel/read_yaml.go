package nestmodel

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"nnsim/unit/spell"
)

// yamlReader reads the mapping that Timeloop writes (timeloop-mapper.map.yaml).
type yamlReader struct {
	file string
	nest Nest
	at   map[string]int // tiling of a level's name
}

var entryKeys = []string{"target", "type", "keep", "bypass", "factors", "permutation", "split"}

// ReadYAML reads a mapping as Timeloop's mapper writes it: levels innermost first,
// factors such as `C2 M4` or `C=2,M=4`, permutations innermost first. Strides are not
// in it and are taken to be 1.
func ReadYAML(file string, text []byte) (*Nest, error) {
	r := &yamlReader{file: file, at: map[string]int{}}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, Fault{file, 0, strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	list, err := r.list(&doc)
	if err != nil {
		return nil, err
	}
	for _, entry := range list {
		if err := r.entry(entry); err != nil {
			return nil, err
		}
	}
	if len(r.nest.Tilings) == 0 || len(r.nest.Tilings) > MaxLevels {
		return nil, Fault{file, 0, fmt.Sprintf("%d levels are mapped; a nest has 1 to %d", len(r.nest.Tilings), MaxLevels)}
	}
	return &r.nest, r.nest.infer(file, 0)
}

func (r *yamlReader) fault(n *yaml.Node, format string, args ...any) error {
	return Fault{r.file, n.Line, fmt.Sprintf(format, args...)}
}

// list finds the sequence under the key mapping.
func (r *yamlReader) list(doc *yaml.Node) ([]*yaml.Node, error) {
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode || len(doc.Content[0].Content) != 2 || doc.Content[0].Content[0].Value != "mapping" {
		return nil, Fault{r.file, 0, "write one key, mapping, with a list of targets below it"}
	}
	list := doc.Content[0].Content[1]
	if list.Kind != yaml.SequenceNode {
		return nil, r.fault(list, "mapping: write a list of targets, each with a type")
	}
	return list.Content, nil
}

// entry reads one element of the list.
func (r *yamlReader) entry(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return r.fault(n, "mapping: an element is no mapping; write target, type and its keys")
	}
	keys := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		if known := spell.DidYouMean(k.Value, entryKeys); keys[k.Value] != nil {
			return r.fault(k, "%s: given twice; leave one out", k.Value)
		} else if !contains(entryKeys, k.Value) {
			return r.fault(k, "%s: no key of a mapping%s; there are %s", k.Value, known, strings.Join(entryKeys, ", "))
		}
		keys[k.Value] = n.Content[i+1]
	}
	for _, must := range entryKeys[:2] {
		if keys[must] == nil || keys[must].Kind != yaml.ScalarNode || keys[must].Value == "" {
			return r.fault(n, "%s: missing; write a word", must)
		}
	}
	t := r.tiling(keys["target"].Value)
	switch kind := keys["type"]; kind.Value {
	case "datatype", "dataspace", "bypass":
		return r.kept(t, keys["keep"])
	case "temporal", "spatial":
		return r.loops(t, n, keys)
	default:
		return r.fault(kind, "type: %s: write datatype, temporal or spatial%s", kind.Value, spell.DidYouMean(kind.Value, []string{"datatype", "temporal", "spatial"}))
	}
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// tiling is the level of a name, made when first named.
func (r *yamlReader) tiling(name string) *Tiling {
	i, ok := r.at[name]
	if !ok {
		i = len(r.nest.Tilings)
		r.at[name] = i
		r.nest.Tilings = append(r.nest.Tilings, Tiling{Level: name})
	}
	return &r.nest.Tilings[i]
}

// kept reads which tensors a level keeps.
func (r *yamlReader) kept(t *Tiling, keep *yaml.Node) error {
	if keep == nil {
		return nil
	}
	if keep.Kind != yaml.SequenceNode {
		return r.fault(keep, "keep: write a list of tensors, such as [Weights]")
	}
	for _, w := range keep.Content {
		tensor, ok := tensorOf(w.Value)
		if !ok {
			return r.fault(w, "keep: %s: write Weights, Inputs or Outputs%s", w.Value, spell.DidYouMean(w.Value, tensorNames[:]))
		}
		t.Keeps[tensor] = true
	}
	return nil
}

// loops reads factors, in the order of the permutation; of a spatial entry the first
// split letters of it lie along X, the others along Y.
func (r *yamlReader) loops(t *Tiling, n *yaml.Node, keys map[string]*yaml.Node) error {
	steps, err := r.factors(n, keys["factors"])
	if err != nil {
		return err
	}
	spatial := keys["type"].Value == "spatial"
	split := Dims
	if s := keys["split"]; s != nil {
		if _, err := fmt.Sscanf(s.Value, "%d", &split); err != nil || split < 0 || split > Dims {
			return r.fault(s, "split: %s: write a number from 0 to %d", s.Value, Dims)
		}
	}
	order, err := r.order(keys["permutation"], steps)
	if err != nil {
		return err
	}
	var loops []Loop
	for i := len(order) - 1; i >= 0; i-- { // innermost is written first
		l := Loop{Dim: order[i], Steps: steps[order[i]]}
		if spatial {
			l.Axis = 'Y'
			if i < split {
				l.Axis = 'X'
			}
		}
		if l.Steps > 1 {
			loops = append(loops, l)
		}
	}
	if spatial {
		t.Spatial = append(t.Spatial, loops...)
	} else {
		t.Temporal = append(t.Temporal, loops...)
	}
	return nil
}

// factors reads `C2 M4` or `C=2,M=4`.
func (r *yamlReader) factors(n, f *yaml.Node) (steps [Dims]int, err error) {
	for d := range steps {
		steps[d] = 1
	}
	if f == nil {
		return steps, r.fault(n, "factors: missing; write such as C2 M4")
	}
	var t Tiling
	for _, word := range strings.FieldsFunc(f.Value, func(c rune) bool { return c == ' ' || c == ',' }) {
		letter, count := word[0], strings.TrimPrefix(word[1:], "=")
		if err := t.add(letter, count, ""); err != nil {
			return steps, r.fault(f, "factors: %s: %v", word, err)
		}
		l := t.Temporal[len(t.Temporal)-1]
		steps[l.Dim] = l.Steps
	}
	return steps, nil
}

// order reads a permutation; dimensions left out of it come after, outermost.
func (r *yamlReader) order(p *yaml.Node, steps [Dims]int) (order []Dim, err error) {
	var seen [Dims]bool
	if p != nil {
		for i := range len(p.Value) {
			d, ok := dimOf(p.Value[i])
			switch {
			case p.Value[i] == ' ' || p.Value[i] == ',':
				continue
			case !ok || seen[d]:
				return nil, r.fault(p, "permutation: %s: write each of N, C, M, R, S, P and Q once, innermost first", p.Value)
			}
			seen[d] = true
			order = append(order, d)
		}
	}
	for d := range Dim(Dims) {
		if !seen[d] && steps[d] > 1 {
			if p != nil {
				return nil, r.fault(p, "permutation: %s: %v has %d steps and no place in it", p.Value, d, steps[d])
			}
			order = append(order, d)
		}
	}
	return order, nil
}
