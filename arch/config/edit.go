package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// edit replaces the value at a path, or adds it. The tree says what the result
// must mean; the text is changed in its one line, so that comments and layout
// stay, and where that does not give the tree (values in braces, over several
// lines), the tree is written out instead.
func edit(text []byte, root *yaml.Node, path []string, value string) ([]byte, error) {
	line := inPlace(text, root, path, value)
	want, err := parse("", text)
	if err != nil {
		return nil, err
	}
	replace(want, path, value)
	if line != nil {
		if got, err := parse("", line); err == nil && equal(got, want) {
			return line, nil
		}
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(want); err != nil {
		return nil, fmt.Errorf("cannot be written as YAML: %s", oneLine(err))
	}
	return out.Bytes(), nil
}

// mark is the comment of a line that --set has changed.
const mark = "# set by --set"

// replace sets the scalar at a path of the tree, making sections on the way.
func replace(node *yaml.Node, path []string, value string) {
	key, at := lookup(node, path[0])
	if at == nil {
		at = &yaml.Node{}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: path[0]}, at)
	} else {
		key.LineComment = ""
	}
	if len(path) > 1 {
		if at.Kind != yaml.MappingNode {
			*at = yaml.Node{Kind: yaml.MappingNode}
		}
		replace(at, path[1:], value)
		return
	}
	*at = yaml.Node{Kind: yaml.ScalarNode, Value: value, LineComment: mark}
	if !plain.MatchString(value) {
		at.Style = yaml.DoubleQuotedStyle
	}
}

// lookup finds a key of a mapping and its value.
func lookup(node *yaml.Node, name string) (key, value *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i], node.Content[i+1]
		}
	}
	return nil, nil
}

// equal compares what two trees mean, whatever they look like. Quoting counts,
// since a number in quotes is a word.
func equal(a, b *yaml.Node) bool {
	quoted := yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
		return false
	}
	if a.Kind == yaml.ScalarNode && (a.Value != b.Value || (a.Style&quoted != 0) != (b.Style&quoted != 0)) {
		return false
	}
	for i := range a.Content {
		if !equal(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// plain matches values that mean themselves in YAML without quotes.
var plain = regexp.MustCompile(`^[A-Za-z0-9µ+.-][A-Za-z0-9µ ./_%+,²-]*$`)

func quoted(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return fmt.Sprintf("%q", value)
}

// inPlace changes the lines that hold the value, or adds one; nil where the text
// is not laid out one key to a line.
func inPlace(text []byte, root *yaml.Node, path []string, value string) []byte {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	section, indent := root, ""
	for _, name := range path[:len(path)-1] {
		key, inner := lookup(section, name)
		if inner == nil || inner.Kind != yaml.MappingNode || len(inner.Content) == 0 || inner.Line <= key.Line {
			return nil
		}
		section, indent = inner, strings.Repeat(" ", inner.Column-1)
	}
	name := path[len(path)-1]
	key, old := lookup(section, name)
	if key == nil {
		entry := indent + name + ": " + quoted(value) + "  " + mark
		return join(lines, last(section), last(section), entry)
	}
	first, end := key.Line-1, last(old)
	if first >= len(lines) || end > len(lines) {
		return nil
	}
	entry := indent + name + ": " + quoted(value)
	if at := comment(lines[first], key, old); at > len(entry)+1 {
		entry += strings.Repeat(" ", at-len(entry))
	} else {
		entry += "  "
	}
	return join(lines, first, end, entry+mark)
}

// last is the number of the last line of a node.
func last(node *yaml.Node) int {
	line := node.Line
	for _, n := range node.Content {
		line = max(line, last(n))
	}
	return line
}

// comment is where the comment of a line begins; 0 where there is none.
func comment(line string, key, value *yaml.Node) int {
	for _, n := range []*yaml.Node{value, key} {
		if n.LineComment != "" {
			return max(0, strings.LastIndex(line, n.LineComment))
		}
	}
	return 0
}

// join replaces lines [from, to) by one entry.
func join(lines []string, from, to int, entry string) []byte {
	out := append(append(append([]string{}, lines[:from]...), entry), lines[to:]...)
	return []byte(strings.Join(out, "\n") + "\n")
}
