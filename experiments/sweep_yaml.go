package experiments

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"nnsim/unit/spell"
)

// specFile walks the YAML of a sweep and says where something is wrong.
type specFile struct{ name string }

// fault is one line: file, line, key, what is wrong and what would be right.
func (f specFile) fault(line int, key, format string, args ...any) error {
	where := f.name
	if line > 0 {
		where = fmt.Sprintf("%s:%d", f.name, line)
	}
	if key != "" {
		where += ": " + key
	}
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	return fmt.Errorf("%s: %s", where, text)
}

// root parses the text as one mapping.
func (f specFile) root(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, f.fault(0, "", "is empty; examples/ has files to begin with")
	} else if err != nil {
		return nil, f.fault(0, "", "not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, f.fault(second.Line, "", "a second document begins; write one document in one file")
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, f.fault(doc.Content[0].Line, "", "is no mapping; write keys with values, such as \"device: tpu-v1\"")
	}
	return doc.Content[0], nil
}

// entry is one key of a mapping.
type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// entries are the keys of a mapping in the order of the file; allowed nil takes any.
func (f specFile) entries(node *yaml.Node, where string, allowed []string) (list []entry, err error) {
	if node.Kind != yaml.MappingNode {
		return nil, f.fault(node.Line, where, "is no mapping; write keys with values below it")
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch path := strings.TrimPrefix(where+"."+key.Value, "."); {
		case key.Kind != yaml.ScalarNode || key.Value == "" || key.Value == "<<":
			return nil, f.fault(key.Line, where, "a key must be one word")
		case seen[key.Value] > 0:
			return nil, f.fault(key.Line, path, "given twice, first in line %d; leave one of them out", seen[key.Value])
		case allowed != nil && !slices.Contains(allowed, key.Value):
			return nil, f.fault(key.Line, path, "there is no such key%s; there are %s", spell.DidYouMean(key.Value, allowed), strings.Join(allowed, ", "))
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return nil, f.fault(value.Line, path, "anchors and aliases are not read; write the value out")
		}
		seen[key.Value] = key.Line
		list = append(list, entry{key.Value, key.Line, value})
	}
	return list, nil
}

// word is the text of a scalar.
func (f specFile) word(e entry, where string) (string, error) {
	if e.value.Kind != yaml.ScalarNode || e.value.Tag == "!!null" || strings.TrimSpace(e.value.Value) == "" {
		return "", f.fault(e.line, where, "has no single value; write one")
	}
	return strings.TrimSpace(e.value.Value), nil
}

// words is a list of scalars, or one scalar as a list.
func (f specFile) words(e entry, where string) ([]string, error) {
	if e.value.Kind == yaml.ScalarNode {
		w, err := f.word(e, where)
		return []string{w}, err
	}
	if e.value.Kind != yaml.SequenceNode || len(e.value.Content) == 0 {
		return nil, f.fault(e.line, where, "has no values; write a list such as [16, 32]")
	}
	var list []string
	for _, item := range e.value.Content {
		w, err := f.word(entry{e.key, item.Line, item}, where)
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, w) {
			return nil, f.fault(item.Line, where, "%s is given twice; leave one of them out", w)
		}
		list = append(list, w)
	}
	return list, nil
}

// whole is a number of things, within bounds.
func (f specFile) whole(e entry, where string, least, most int64) (int64, error) {
	w, err := f.word(e, where)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || n < least || n > most {
		return 0, f.fault(e.line, where, "%s: write a whole number from %d to %d", w, least, most)
	}
	return n, nil
}
