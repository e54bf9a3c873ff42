package experiments

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"nnsim/mapping/nestmodel"
	"nnsim/unit"
)

// The architecture of a nest as a file, its levels from the multiplier outwards:
//
//	name: my-array
//	compute: 0.21 pJ             # one multiplication
//	levels:
//	  - name: spad               # as the mapping calls it
//	    size: 192                # words; left out: without limit, or a level that holds nothing
//	    fanout: 16               # units of the level inside that one of this level serves; 1 if left out
//	    block: 4                 # words of one access; 1 if left out
//	    read_bandwidth: 2        # words a cycle of one instance; without limit if left out
//	    write_bandwidth: 2
//	    read_energy: 0.68 pJ     # of one access of a block; nothing if left out
//	    write_energy: 1.58 pJ
var (
	archKeys  = []string{"name", "compute", "levels"}
	levelKeys = []string{"name", "size", "fanout", "block", "read_bandwidth", "write_bandwidth", "read_energy", "write_energy"}
)

// levelName is what a mapping can call a level.
var levelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// openArchitecture is an architecture by its name, or as a file FILE.yaml describes it.
func openArchitecture(name string) (*nestmodel.Architecture, error) {
	if !isYAML(name) {
		return nestmodel.Open(name)
	}
	text, err := readSmall("architecture", name)
	if err != nil {
		return nil, err
	}
	f := specFile{name}
	root, err := f.root(text)
	if err != nil {
		return nil, err
	}
	list, err := f.entries(root, "", archKeys)
	if err != nil {
		return nil, err
	}
	a := &nestmodel.Architecture{}
	for _, e := range list {
		switch e.key {
		case "name":
			a.Name, err = f.word(e, e.key)
		case "compute":
			a.Compute, err = f.picojoules(e, e.key)
		default:
			a.Levels, err = f.levels(e)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case a.Name == "":
		return nil, f.fault(0, "name", "missing; write what reports call the architecture")
	case a.Levels == nil:
		return nil, f.fault(0, "levels", "missing; list the memories from the multiplier outwards")
	}
	return a, nil
}

// levels reads the list of memories.
func (f specFile) levels(e entry) (levels []nestmodel.Level, err error) {
	if e.value.Kind != yaml.SequenceNode || len(e.value.Content) == 0 || len(e.value.Content) > nestmodel.MaxLevels {
		return nil, f.fault(e.line, e.key, "write a list of 1 to %d memories, from the multiplier outwards", nestmodel.MaxLevels)
	}
	for i, node := range e.value.Content {
		where := fmt.Sprintf("%s[%d]", e.key, i)
		l, err := f.level(node, where)
		if err != nil {
			return nil, err
		}
		for _, before := range levels {
			if before.Name == l.Name {
				return nil, f.fault(node.Line, where+".name", "%s is given twice; a mapping could not tell them apart", l.Name)
			}
		}
		levels = append(levels, l)
	}
	return levels, nil
}

// level reads one memory.
func (f specFile) level(node *yaml.Node, where string) (l nestmodel.Level, err error) {
	list, err := f.entries(node, where, levelKeys)
	if err != nil {
		return l, err
	}
	l.Fanout, l.Block = 1, 1
	for _, e := range list {
		at := where + "." + e.key
		switch e.key {
		case "name":
			if l.Name, err = f.word(e, at); err == nil && !levelName.MatchString(l.Name) {
				err = f.fault(e.line, at, "%s: write one word of letters, digits and _, as mappings do", l.Name)
			}
		case "size":
			l.Words, err = f.count(e, at)
		case "fanout":
			l.Fanout, err = f.count(e, at)
		case "block":
			l.Block, err = f.count(e, at)
		case "read_bandwidth":
			l.ReadBW, err = f.rate(e, at)
		case "write_bandwidth":
			l.WriteBW, err = f.rate(e, at)
		case "read_energy":
			l.Read, err = f.picojoules(e, at)
		default:
			l.Write, err = f.picojoules(e, at)
		}
		if err != nil {
			return l, err
		}
	}
	if l.Name == "" {
		return l, f.fault(node.Line, where+".name", "missing; write what mappings call the level")
	}
	return l, nil
}

// count is a number of words or units.
func (f specFile) count(e entry, where string) (int, error) {
	n, err := f.whole(e, where, 1, 1<<40)
	return int(n), err
}

// rate is words a cycle.
func (f specFile) rate(e entry, where string) (float64, error) {
	w, err := f.word(e, where)
	if err != nil {
		return 0, err
	}
	x, err := strconv.ParseFloat(w, 64)
	if err != nil || !(x > 0) || x > 1e9 {
		return 0, f.fault(e.line, where, "%s: write words a cycle, above 0 and up to 1e9, such as 2 or 0.5; leave it out for no limit", w)
	}
	return x, nil
}

// picojoules is an energy.
func (f specFile) picojoules(e entry, where string) (float64, error) {
	w, err := f.word(e, where)
	if err != nil {
		return 0, err
	}
	j, err := unit.ParseJoules(w)
	if err != nil || j < 0 || j > 1 || math.IsNaN(float64(j)) {
		return 0, f.fault(e.line, where, "%s: write an energy from 0 to 1 J, such as 0.68 pJ", w)
	}
	return float64(j) * 1e12, nil
}

// WriteArchitecture writes an architecture as a file that reads as the same.
func WriteArchitecture(w io.Writer, name string) error {
	a, err := openArchitecture(name)
	if err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	text := fmt.Sprintf("# Memories from the multiplier outwards: nnsim nest MAPPING --arch FILE.yaml\nname: %s\ncompute: %s pJ # one multiplication\nlevels:\n", a.Name, number(a.Compute))
	for _, l := range a.Levels {
		text += fmt.Sprintf("  - name: %s\n", l.Name)
		for _, k := range []struct {
			key   string
			value float64
			usual float64
			note  string
		}{{"size", float64(l.Words), 0, " # words"}, {"fanout", float64(l.Fanout), 1, " # units inside"}, {"block", float64(l.Block), 1, " # words of one access"},
			{"read_bandwidth", l.ReadBW, 0, " # words a cycle"}, {"write_bandwidth", l.WriteBW, 0, " # words a cycle"},
			{"read_energy", l.Read, 0, " pJ # of one access"}, {"write_energy", l.Write, 0, " pJ # of one access"}} {
			if k.value != k.usual {
				text += fmt.Sprintf("    %s: %s%s\n", k.key, strconv.FormatFloat(k.value, 'f', -1, 64), k.note)
			}
		}
	}
	_, err = io.WriteString(w, text)
	return err
}
