package nestmodel

import (
	"fmt"
	"strings"

	"nnsim/unit/spell"
)

// The three architectures that the exercises of Timeloop come with, as their files
// and price tables give them [timeloop-exercises]: words of 8 bits in eyeriss-like
// (sums of 16), of 16 bits in the simple ones; an access moves a memory's whole width.
var architectures = []Architecture{
	{Name: "eyeriss-like", Compute: 0.207692, Levels: []Level{
		{Name: "psum_spad", Words: 16, Fanout: 1, Block: 1, ReadBW: 2, WriteBW: 2, Read: 0.2513, Write: 0.2191},
		{Name: "weights_spad", Words: 384, Fanout: 1, Block: 2, ReadBW: 2, WriteBW: 2, Read: 1.976602, Write: 1.881657},
		{Name: "ifmap_spad", Words: 24, Fanout: 1, Block: 2, ReadBW: 2, WriteBW: 2, Read: 0.202442, Write: 0.176713},
		{Name: "inter_PE_spatial", Fanout: 12, Block: 1},
		{Name: "inter_PE_column_spatial", Fanout: 14, Block: 1},
		{Name: "shared_glb", Words: 16384 * 8, Fanout: 1, Block: 8, ReadBW: 16, WriteBW: 16, Read: 18.183829, Write: 14.137929},
		{Name: "DRAM", Fanout: 1, Block: 8, Read: 512, Write: 512},
	}},
	simple("simple-output-stationary"),
	simple("simple-weight-stationary"),
}

// simple is the 16 × 16 array of the two simple designs, which differ in what a
// PE's memory keeps and in nothing else.
func simple(name string) Architecture {
	register := func(name string) Level { return Level{Name: name, Words: 1, Fanout: 1, Block: 1, Read: 0.144} }
	return Architecture{Name: name, Compute: 0.315, Levels: []Level{
		register("output_activation_reg"), register("input_activation_reg"), register("weight_reg"),
		{Name: "pe_spad", Words: 192, Fanout: 1, Block: 1, Read: 0.680237, Write: 1.582678},
		{Name: "inter_PE_spatial", Fanout: 256, Block: 1},
		{Name: "shared_glb", Words: 16384 * 4, Fanout: 1, Block: 4, ReadBW: 16, WriteBW: 16, Read: 32.377775, Write: 26.156875},
		{Name: "DRAM", Fanout: 1, Block: 4, Read: 512, Write: 512},
	}}
}

// Open is the architecture of a name; it may be written with _ for -, as Timeloop does.
func Open(name string) (*Architecture, error) {
	name = strings.ReplaceAll(name, "_", "-")
	var names []string
	for i := range architectures {
		if architectures[i].Name == name {
			return &architectures[i], nil
		}
		names = append(names, architectures[i].Name)
	}
	return nil, fmt.Errorf("architecture %q is not known%s; there are %s, and files FILE.yaml", name, spell.DidYouMean(name, names), strings.Join(names, ", "))
}

// Names lists the architectures.
func Names() string {
	var names []string
	for i := range architectures {
		names = append(names, architectures[i].Name)
	}
	return strings.Join(names, ", ")
}
