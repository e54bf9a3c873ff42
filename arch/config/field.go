package config

import (
	"fmt"
	"reflect"
)

// field is one key of a configuration struct: a leaf with a value, or a section
// with fields of its own.
type field struct {
	key, path string // "rows", "array.rows"
	value     reflect.Value
	tag       reflect.StructTag
	inner     []field // of a section
}

func (f field) optional() bool { return f.tag.Get("optional") == "true" }

// scalar is the section as one that may be written in one word, if it may.
func (f field) scalar() (Scalar, bool) {
	if f.inner == nil {
		return nil, false
	}
	s, ok := f.value.Addr().Interface().(Scalar)
	return s, ok
}

// fieldsOf lists the keys of a struct, in the order they are declared. A type
// that the reader does not know is a mistake of the machine's author and panics
// on first use, in any test.
func fieldsOf(v reflect.Value, prefix string) []field {
	var list []field
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := tag.Get("key")
		if tag.Get("inline") == "true" {
			list = append(list, fieldsOf(v.Field(i), prefix)...)
		}
		if key == "" {
			continue
		}
		f := field{key: key, path: prefix + key, value: v.Field(i), tag: tag}
		if kindOf(f.value.Type()) == nil {
			if f.value.Kind() != reflect.Struct {
				panic(fmt.Sprintf("config: %v.%s has type %v, which is not read from YAML", v.Type(), v.Type().Field(i).Name, f.value.Type()))
			}
			f.inner = fieldsOf(f.value, f.path+".")
		}
		list = append(list, f)
	}
	return list
}

// flatten lists the leaves.
func flatten(fields []field) (list []field) {
	for _, f := range fields {
		if f.inner != nil {
			list = append(list, flatten(f.inner)...)
		} else {
			list = append(list, f)
		}
	}
	return list
}

// names lists the dotted keys of the leaves, and of the sections that may be
// given as one word where those are wanted too.
func names(fields []field, sections bool) (list []string) {
	for _, f := range fields {
		if f.inner == nil {
			list = append(list, f.path)
			continue
		}
		if _, ok := f.scalar(); ok && sections {
			list = append(list, f.path)
		}
		list = append(list, names(f.inner, sections)...)
	}
	return list
}

// Key is one setting of a machine, as `nnsim show` and completion list it.
type Key struct{ Name, Value, Doc string }

// Keys lists every setting of a configuration (a struct or a pointer to one)
// with its present value and what it means.
func Keys(v any) []Key {
	var list []Key
	for _, f := range shown(fieldsOf(addressable(v), "")) {
		list = append(list, Key{f.path, f.text, f.doc})
	}
	return list
}

// Resolved is the whole configuration, dotted key to text as it would be written.
func Resolved(v any) map[string]string {
	m := map[string]string{}
	for _, f := range shown(fieldsOf(addressable(v), "")) {
		m[f.path] = f.text
	}
	return m
}

type setting struct{ path, text, doc string }

// shown lists what was given: a section that is one word as that word, and no
// optional values that were left out.
func shown(fields []field) (list []setting) {
	for _, f := range fields {
		if s, ok := f.scalar(); ok && s.ScalarText() != "" {
			list = append(list, setting{f.path, s.ScalarText(), f.tag.Get("doc")})
			continue
		}
		if f.inner != nil {
			list = append(list, shown(f.inner)...)
			continue
		}
		if !f.optional() || !f.value.IsZero() {
			list = append(list, setting{f.path, kindOf(f.value.Type()).write(f.value), f.tag.Get("doc")})
		}
	}
	return list
}

// addressable gives a copy of v whose fields can be asked for their methods.
func addressable(v any) reflect.Value {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer {
		return r.Elem()
	}
	c := reflect.New(r.Type()).Elem()
	c.Set(r)
	return c
}
