package config

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"nnsim/unit/spell"
)

// reader walks a YAML tree beside the fields it fills, and collects what is wrong.
type reader struct {
	name   string
	sets   map[string]string // keys given by --set, which are blamed before the file
	faults Faults
}

func (r *reader) refuse(line int, key, value, right string) {
	for k, v := range r.sets {
		if k == key {
			r.faults = append(r.faults, Fault{File: "--set", Key: k + "=" + shorten(v), Right: right})
			return
		}
	}
	r.faults = append(r.faults, Fault{r.name, line, key, value, right})
}

// section reads a mapping into the fields that have its keys.
func (r *reader) section(node *yaml.Node, fields []field, prefix string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		path := prefix + key.Value
		switch f := find(fields, key.Value); {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Value == "":
			r.refuse(key.Line, strings.TrimSuffix(prefix, "."), "", "a key must be one word, such as \"clock\"")
		case seen[key.Value] > 0:
			r.refuse(key.Line, shorten(path), "", fmt.Sprintf("given twice, first in line %d; leave one of them out", seen[key.Value]))
		case f == nil:
			r.refuse(key.Line, shorten(path), "", "there is no such key"+hint(path, names(fields, true)))
		default:
			r.field(value, *f)
		}
		if seen[key.Value] == 0 {
			seen[key.Value] = key.Line
		}
	}
	for _, f := range fields {
		if seen[f.key] == 0 && !f.optional() {
			r.refuse(node.Line, f.path, "", "missing; "+wanted(f))
		}
	}
}

func find(fields []field, key string) *field {
	for i := range fields {
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}

// field reads one value: a section, a list, or a scalar.
func (r *reader) field(node *yaml.Node, f field) {
	bad := func(right string) { r.refuse(node.Line, f.path, node.Value, right) }
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		bad("anchors and aliases are not read; write the value out")
	case node.Style&yaml.TaggedStyle != 0:
		bad("tags such as " + shorten(node.Tag) + " are not read; write the value alone")
	case f.inner != nil && node.Kind == yaml.MappingNode:
		r.section(node, f.inner, f.path+".")
	case f.inner != nil:
		r.word(node, f, bad)
	case node.Kind == yaml.SequenceNode && f.value.Type() == reflect.TypeFor[[]string]():
		r.list(node, f)
	case node.Kind != yaml.ScalarNode:
		bad("is a " + kindName(node) + "; " + wanted(f))
	default:
		r.scalar(node, f, bad)
	}
}

// word reads a section given as one word.
func (r *reader) word(node *yaml.Node, f field, bad func(string)) {
	s, ok := f.scalar()
	if !ok || node.Kind != yaml.ScalarNode || isNull(node) {
		bad("is a section; " + wanted(f))
		return
	}
	if err := s.SetScalar(node.Value); err != nil {
		bad(err.Error())
	}
}

// list reads a sequence of words.
func (r *reader) list(node *yaml.Node, f field) {
	var words []string
	for _, item := range node.Content {
		if item.Kind != yaml.ScalarNode || item.Anchor != "" || item.Value == "" {
			r.refuse(item.Line, f.path, item.Value, "write a list of words, such as [int8, bf16]")
			return
		}
		words = append(words, item.Value)
	}
	r.store(reflect.ValueOf(words), f, func(right string) { r.refuse(node.Line, f.path, strings.Join(words, ","), right) })
}

// scalar reads one word into a leaf.
func (r *reader) scalar(node *yaml.Node, f field, bad func(string)) {
	k, quoted := kindOf(f.value.Type()), node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
	switch {
	case isNull(node):
		bad("has no value; " + wanted(f))
		return
	case quoted && !k.quote && r.sets[f.path] == "": // quotes around a --set are ours
		bad("is in quotes; " + wanted(f))
		return
	case strings.ContainsAny(node.Value, "\n\r"):
		bad("spans several lines; " + wanted(f))
		return
	}
	v, err := k.read(node.Value)
	if err != nil {
		// The quantities' errors begin with the value, which the fault already shows.
		bad(strings.TrimLeft(strings.TrimPrefix(err.Error(), fmt.Sprintf("%q", node.Value)), ": "))
		return
	}
	r.store(reflect.ValueOf(v), f, bad)
}

// isNull tells a value that is absent or one of YAML's words for nothing.
func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 &&
		(node.Value == "" || node.Value == "~" || strings.EqualFold(node.Value, "null"))
}

// store puts a value in its field if it keeps the limits of the field's tags.
func (r *reader) store(v reflect.Value, f field, bad func(string)) {
	if right := breaks(v, f); right != "" {
		bad(right)
		return
	}
	f.value.Set(v)
}

// breaks says which limit a value breaks, or "".
func breaks(v reflect.Value, f field) string {
	k := kindOf(v.Type())
	if allowed := f.tag.Get("oneof"); allowed != "" {
		list := strings.Split(allowed, ",")
		words, ok := v.Interface().([]string)
		if !ok {
			words = []string{k.write(v)}
		}
		for _, w := range words {
			if !contains(list, w) {
				return "write one of " + strings.Join(list, ", ") + spell.DidYouMean(w, list)
			}
		}
	}
	if k.size == nil {
		return ""
	}
	least, most := f.tag.Get("min"), f.tag.Get("max")
	if least == "" {
		least = k.least
	}
	if least != "" && k.size(v) < limitOf(k, least) {
		return "must be at least " + least
	}
	if most != "" && k.size(v) > limitOf(k, most) {
		return "must be at most " + most
	}
	return ""
}

// limitOf reads a min or max tag, which is written as the value would be.
func limitOf(k *kind, text string) float64 {
	v, err := k.read(text)
	if err != nil {
		panic(fmt.Sprintf("config: limit %q of a field: %v", text, err))
	}
	return k.size(reflect.ValueOf(v))
}

// wanted says what a field takes.
func wanted(f field) string {
	if f.inner != nil {
		text := "write its keys below it: " + strings.Join(names(f.inner, false), ", ")
		if _, ok := f.scalar(); ok {
			text += ", or one word"
		}
		return text
	}
	if allowed := f.tag.Get("oneof"); allowed != "" {
		return "write one of " + strings.Join(strings.Split(allowed, ","), ", ")
	}
	examples := map[reflect.Kind]string{reflect.Int: "a whole number, such as 16", reflect.Int64: "a whole number, such as 16",
		reflect.Float64: "a decimal number, such as 0.5", reflect.Bool: "true or false", reflect.String: "a word", reflect.Slice: "a list of words, such as [int8, bf16]"}
	k := kindOf(f.value.Type())
	if unit, ok := strings.CutPrefix(k.least, "0 "); ok {
		return "write a number with its unit, such as \"1 " + unit + "\""
	}
	return "write " + examples[f.value.Kind()]
}

// validate asks the struct, and before it each section, for faults between fields.
func (r *reader) validate(v reflect.Value, path string) {
	s := v.Elem()
	for _, f := range fieldsOf(s, "") {
		if f.inner != nil {
			r.validate(f.value.Addr(), path+f.path+".")
		}
	}
	if check, ok := v.Interface().(interface{ Validate() error }); ok {
		if err := check.Validate(); err != nil {
			r.faults = append(r.faults, Fault{File: r.name, Key: strings.TrimSuffix(path, "."), Right: err.Error()})
		}
	}
}

func kindName(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "section"
	case yaml.SequenceNode:
		return "list"
	case yaml.AliasNode:
		return "alias"
	}
	return "single value"
}
