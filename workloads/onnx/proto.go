package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"nnsim/workloads"
)

// The messages of onnx.proto, with the fields that are used. Field numbers stand
// in the parse functions.

type modelProto struct {
	ir     int64
	opset  int64 // of the default domain; 0 if it is not imported
	graph  []byte
	graphs int
}

type graphProto struct {
	name          string
	nodes         []*nodeProto
	initialisers  []*tensorProto
	inputs        []*valueProto
	outputs       []*valueProto
	sparseWeights int
}

type nodeProto struct {
	name, op, domain string
	in, out          []string
	attr             workloads.Attrs
	foreign          []string // attributes of kinds that are not supported, with their kind
}

type valueProto struct {
	name     string
	notPlain bool // a sequence, map, optional or sparse tensor
	elem     int64
	hasShape bool
	dims     []dimProto
}

type dimProto struct {
	value int64
	known bool
	param string
}

func parseModel(b []byte) (m modelProto, err error) {
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = f.number64(&m.ir)
		case f.number == 7:
			m.graphs++
			m.graph, err = f.message()
		case f.number == 8:
			err = parseOpset(f.bytes, &m.opset)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// parseOpset notes the version of the default domain.
func parseOpset(b []byte, opset *int64) error {
	var domain string
	var version int64
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = f.into(&domain)
		case f.number == 2:
			err = f.number64(&version)
		}
		if err != nil {
			return err
		}
	}
	if domain == "" || domain == "ai.onnx" {
		*opset = version
	}
	return nil
}

func parseGraph(b []byte) (*graphProto, error) {
	g := &graphProto{}
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = parsed(&g.nodes, parseNode, f)
		case f.number == 2:
			err = f.into(&g.name)
		case f.number == 5:
			err = parsed(&g.initialisers, parseTensor, f)
		case f.number == 11:
			err = parsed(&g.inputs, parseValue, f)
		case f.number == 12:
			err = parsed(&g.outputs, parseValue, f)
		case f.number == 15:
			g.sparseWeights++
		}
		if err != nil {
			return nil, err
		}
	}
	return g, nil
}

// parsed appends an embedded message to a list.
func parsed[M any](list *[]M, parse func([]byte) (M, error), f field) error {
	b, err := f.message()
	if err != nil {
		return err
	}
	m, err := parse(b)
	*list = append(*list, m)
	return err
}

func parseNode(b []byte) (*nodeProto, error) {
	n := &nodeProto{attr: workloads.Attrs{}}
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			n.in = append(n.in, string(f.bytes))
			err = f.expect(protowire.BytesType)
		case f.number == 2:
			n.out = append(n.out, string(f.bytes))
			err = f.expect(protowire.BytesType)
		case f.number == 3:
			err = f.into(&n.name)
		case f.number == 4:
			err = f.into(&n.op)
		case f.number == 5:
			err = n.attribute(f.bytes)
		case f.number == 7:
			err = f.into(&n.domain)
		}
		if err != nil {
			return nil, fmt.Errorf("node %s (%s): %w", n.name, n.op, err)
		}
	}
	if n.op == "" {
		return nil, fmt.Errorf("node %s has no operator", n.name)
	}
	return n, nil
}

func parseValue(b []byte) (*valueProto, error) {
	v := &valueProto{}
	for f, err := range fields(b) {
		switch {
		case err != nil:
		case f.number == 1:
			err = f.into(&v.name)
		case f.number == 2:
			err = v.parseType(f.bytes)
		}
		if err != nil {
			return nil, fmt.Errorf("value %s: %w", v.name, err)
		}
	}
	return v, nil
}

// parseType reads a TypeProto; only its tensor case (field 1) is supported.
func (v *valueProto) parseType(b []byte) error {
	for f, err := range fields(b) {
		switch {
		case err != nil:
			return err
		case f.number != 1:
			v.notPlain = v.notPlain || f.number != 6 // 6 is a denotation, which says nothing here
			continue
		}
		for t, err := range fields(f.bytes) {
			switch {
			case err != nil:
			case t.number == 1:
				err = t.number64(&v.elem)
			case t.number == 2:
				v.hasShape = true
				err = v.parseShape(t.bytes)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *valueProto) parseShape(b []byte) error {
	for f, err := range fields(b) {
		if err != nil {
			return err
		}
		if f.number != 1 {
			continue
		}
		var d dimProto
		for x, err := range fields(f.bytes) {
			switch {
			case err != nil:
			case x.number == 1:
				d.known = true
				err = x.number64(&d.value)
			case x.number == 2:
				err = x.into(&d.param)
			}
			if err != nil {
				return err
			}
		}
		v.dims = append(v.dims, d)
	}
	return nil
}
