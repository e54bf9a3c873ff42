// Package config reads the YAML that describes a machine into a plain Go struct,
// strictly: what is not understood to the letter is refused, with one line that
// names file, line, key, value and what would be right.
//
//	preset.yaml ──edit (--set)──▶ text ──yaml.Node──▶ struct fields ──▶ Validate
//	                               │
//	                               └── what `nnsim show` prints; it loads again
//
// A machine declares its keys as struct fields:
//
//	type Config struct {
//		Clock unit.Hertz `key:"clock" doc:"main clock"`
//		Array struct {
//			Rows     int    `key:"rows" min:"1" max:"65536" doc:"processing elements down a column"`
//			Dataflow string `key:"dataflow" oneof:"os,ws,is" doc:"which operand stays"`
//		} `key:"array"`
//		Memory Memory `key:"memory"` // may be given as a scalar if it is a Scalar
//	}
//
// Fields are int, int64, float64, bool, string, []string, unit.Cycles, the
// quantities of unit, and structs of these; the keys of a struct tagged inline:"true" stand
// among those around it. A field without a key tag is not the reader's business.
// Every key must be given unless it is tagged optional:"true"; quantities are at
// least 0 unless min says otherwise. A struct with Validate() error is asked last.
//
// The YAML library is used for its grammar only: it would read `rows: 1.5` as 1
// and `010` as 8, so scalars are read here, from their text.
//
// Not modelled: anchors, aliases, merge keys, tags, several documents in one
// file, and sequences of anything but words.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"nnsim/unit/spell"
)

// limit is the longest text that is read; the longest preset is a hundredth of it.
const limit = 1 << 20

// Scalar is a section that may also be written as one word, as `memory: ideal`.
type Scalar interface {
	// SetScalar takes the word, or says which words it takes.
	SetScalar(text string) error
	// ScalarText is the word the section was given as, or "" if it was given key by key.
	ScalarText() string
}

// Fault is one thing wrong with a configuration.
type Fault struct {
	File  string // or "--set"
	Line  int    // 0 where no line can be named
	Key   string // dotted; "" for the file as a whole
	Value string // as written
	Right string // what would be right
}

func (f Fault) Error() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	for _, part := range []string{f.Key, shorten(f.Value)} {
		if part != "" {
			where += ": " + part
		}
	}
	return where + ": " + f.Right
}

// shorten keeps a hostile value from filling the screen, and on one line.
func shorten(s string) string {
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		s = fmt.Sprintf("%q", s)
	}
	return s
}

// Faults is everything wrong with a configuration, in the order of the file. As
// an error it is one line: the first fault and the number of others.
type Faults []Fault

func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", f[0], len(f)-1)
}

// Decode reads YAML text into the struct that into points to. The error, if any,
// is a Faults; name is the file or preset it speaks of.
func Decode(name string, text []byte, into any) error {
	_, err := Load(name, text, nil, into)
	return err
}

// Load is Decode after each of sets ("array.rows=128") has replaced a value in
// the text. It returns the text as it was read, which describes the same machine.
func Load(name string, text []byte, sets []string, into any) ([]byte, error) {
	root, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	fields := fieldsOf(reflect.ValueOf(into).Elem(), "")
	given := map[string]string{}
	for _, set := range sets {
		key, value, err := split(set, fields, given)
		if err != nil {
			return nil, err
		}
		if text, root, err = edited(text, root, key, value); err != nil {
			return nil, err
		}
	}
	r := reader{name: name, sets: given}
	r.section(root, fields, "")
	if len(r.faults) == 0 {
		r.validate(reflect.ValueOf(into), "")
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return text, nil
}

// edited is one edit and the tree of its result.
func edited(text []byte, root *yaml.Node, key, value string) ([]byte, *yaml.Node, error) {
	text, err := edit(text, root, strings.Split(key, "."), value)
	if err == nil {
		root, err = parse("", text)
	}
	if err != nil {
		return nil, nil, Faults{{File: "--set", Key: shorten(key + "=" + value), Right: "cannot be written into the file: " + err.Error()}}
	}
	return text, root, nil
}

// Word is the value of a top-level key that is one word, or "": what says which
// kind of machine a file describes before its keys are known.
func Word(name string, text []byte, key string) (string, error) {
	root, err := parse(name, text)
	if err != nil {
		return "", err
	}
	if _, value := lookup(root, key); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value, nil
	}
	return "", nil
}

// parse reads one YAML document that is a mapping. An empty one is an empty mapping.
func parse(name string, text []byte) (*yaml.Node, error) {
	fault := func(line int, right string) error { return Faults{{File: name, Line: line, Right: right}} }
	if len(text) > limit {
		return nil, fault(0, fmt.Sprintf("%d bytes long; a configuration has at most %d", len(text), limit))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	} else if err != nil {
		return nil, fault(0, "not valid YAML: "+oneLine(err))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fault(second.Line, "a second document begins; write one machine in one file")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fault(root.Line, "the file is a "+kindName(root)+"; write keys with values, such as \"clock: 700 MHz\"")
	}
	return root, nil
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
}

// split takes a --set apart and checks that its key exists and is new.
func split(set string, fields []field, given map[string]string) (key, value string, err error) {
	refuse := func(right string) error { return Faults{{File: "--set", Key: shorten(set), Right: right}} }
	key, value, ok := strings.Cut(set, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	known := names(fields, true)
	switch {
	case !ok || key == "":
		return "", "", refuse("write key=value, such as " + example(fields))
	case !contains(known, key):
		return "", "", refuse(fmt.Sprintf("there is no key %q%s", shorten(key), hint(key, known)))
	case given[key] != "":
		return "", "", refuse(fmt.Sprintf("%s is already set to %s; set it once", key, shorten(given[key])))
	case value == "":
		return "", "", refuse("the value is missing; write key=value")
	}
	given[key] = value
	return key, value, nil
}

func example(fields []field) string {
	for _, k := range flatten(fields) {
		return k.path + "=…"
	}
	return "clock=…"
}

// hint is a did-you-mean, or else the list of what there is, if it is short.
func hint(word string, known []string) string {
	if s := spell.DidYouMean(word, known); s != "" {
		return s
	}
	for _, k := range known {
		if strings.HasSuffix(k, "."+word[strings.LastIndexByte(word, '.')+1:]) {
			return fmt.Sprintf("; did you mean %q?", k)
		}
	}
	if len(known) > 0 && len(known) <= 12 {
		return "; there are " + strings.Join(known, ", ")
	}
	return "; `nnsim show DEVICE` lists them all"
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
