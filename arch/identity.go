package arch

import (
	"fmt"
	"strings"

	"nnsim/workloads"
)

// Identity is the part of Machine that is alike in all machines: what they are
// called, the text they were read from, and the precisions they multiply in. A machine
// embeds it.
type Identity struct {
	name, kind string
	precisions []string
	text       []byte
}

// Identify makes an identity. precisions are data types, or weight and activation pairs
// such as w4a16, the native one first; text is the YAML that describes the machine.
func Identify(name, kind string, precisions []string, text []byte) Identity {
	return Identity{name: name, kind: kind, precisions: precisions, text: text}
}

// Name is what reports call the machine.
func (d *Identity) Name() string { return d.name }

// Kind is the model that simulates it, such as "systolic".
func (d *Identity) Kind() string { return d.kind }

// Text is the YAML the machine was read from, sets applied; it describes the same machine.
func (d *Identity) Text() []byte { return d.text }

// Native is the precision listed first.
func (d *Identity) Native() workloads.Precision {
	p, _ := workloads.ParsePrecision(d.precisions[0])
	return p
}

// Supports refuses a precision that is not listed.
func (d *Identity) Supports(p workloads.Precision) error {
	for _, name := range d.precisions {
		if listed, err := workloads.ParsePrecision(name); err == nil && p == listed {
			return nil
		}
	}
	remedy := "choose with dtype= on the workload"
	if len(d.precisions) == 1 {
		remedy = "leave dtype= out"
	}
	return fmt.Errorf("%s multiplies %s, not %v; %s", d.name, strings.Join(d.precisions, ", "), p, remedy)
}
