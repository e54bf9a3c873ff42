package noc

import (
	"fmt"
	"strings"

	"nnsim/unit"
)

// Topologies, as Config.Topology names them.
const (
	Mesh     = "mesh"     // a grid without wrap-around; Size is the routers along each dimension
	Torus    = "torus"    // a grid whose every row closes into a ring
	Ring     = "ring"     // a torus of one dimension; Size is {nodes}
	Crossbar = "crossbar" // one router that all nodes share; Size is {nodes}
	Star     = "star"     // a router at each node, all linked to one hub; Size is {nodes}
	Bus      = "bus"      // all nodes share one link; Size is {nodes}
	Tree     = "tree"     // nodes at the leaves, one link upwards; Size is {arity, levels}
	FatTree  = "fattree"  // a k-ary n-tree, with as many links upwards as downwards; Size is {arity, levels}
	Graph    = "graph"    // routers 0 … Size[0]-1, one node each, with the two-way links of Edges
)

// Routing policies, as Config.Routing names them.
const (
	DimensionOrder = "dimension-order" // one path for each pair of nodes; the default
	Adaptive       = "adaptive"        // any shortest path, with escape channels in dimension order
)

// Config describes a network. The zero value of a field is not a default: start
// from Default and change what differs.
type Config struct {
	Topology string
	Size     []int    // meaning by topology, see there
	Edges    [][2]int // Graph only: pairs of routers with a link each way

	Routing      string
	VCs          int        // virtual channels of every link, 1 to 64
	BufferFlits  int        // flits each virtual channel can hold at its receiving end
	FlitBytes    unit.Bytes // width of a link: bytes moved in a cycle
	InputSpeedup int        // crossbar inputs of each router input; its channels are dealt out to them

	LinkLatency  unit.Cycles // on the wire between routers
	NodeLatency  unit.Cycles // on the wire between a node and its router
	RoutingDelay unit.Cycles // before a packet may ask for a channel; 0 is look-ahead routing
	SwitchDelay  unit.Cycles // in the crossbar
	CreditDelay  unit.Cycles // from a credit's arrival to its use
	LinkLength   float64     // mm between routers, for the energy of wires

	WaitForTail bool   // a channel is given away again only when its buffer is empty
	Seed        uint64 // of choices between equal paths
	Unchecked   bool   // build a network even if its routes can deadlock
}

// Default is the router that the curves of [booksim2] were taken with: three
// cycles a router (channel allocation, switch allocation, switch traversal), eight channels of
// eight flits, one cycle of wire on a mesh and two on a folded torus or ring.
func Default(topology string, size ...int) Config {
	c := Config{Topology: topology, Size: size, Routing: DimensionOrder, VCs: 8, BufferFlits: 8, FlitBytes: 16,
		InputSpeedup: 2, LinkLatency: 1, NodeLatency: 1, SwitchDelay: 1, CreditDelay: 2, LinkLength: 1}
	if topology == Torus || topology == Ring {
		c.LinkLatency, c.LinkLength = 2, 2
	}
	return c
}

// Presets are networks known by name.
var presets = []struct {
	name string
	make func() Config
}{
	{"mesh-8x8", func() Config { return Default(Mesh, 8, 8) }},
	{"torus-8x8", func() Config { return Default(Torus, 8, 8) }},
	{"ring-8", func() Config { return Default(Ring, 8) }},
}

// Preset finds a network by name.
func Preset(name string) (Config, error) {
	var known []string
	for _, p := range presets {
		if p.name == name {
			return p.make(), nil
		}
		known = append(known, p.name)
	}
	return Config{}, fmt.Errorf("noc: no network is called %q; there are %s", name, strings.Join(known, ", "))
}

// dims is how many sizes each topology takes, at least and at most.
var dims = map[string][2]int{Mesh: {1, 4}, Torus: {1, 4}, Ring: {1, 1}, Crossbar: {1, 1}, Star: {1, 1},
	Bus: {1, 1}, Tree: {2, 2}, FatTree: {2, 2}, Graph: {1, 1}}

// maxRouters bounds the routing tables, which grow with its square.
const maxRouters = 4096

// Validate tells what is wrong with a network, or nil, in the keys of a device's file. It does not look at
// routes; New refuses what can be seen only in them.
func (c Config) Validate() error {
	if err := c.validSize(); err != nil {
		return err
	}
	for _, f := range []struct {
		name        string
		value, from int64
		to          int64
		remedy      string
	}{
		{"router.channels", int64(c.VCs), 1, 64, "a link needs a virtual channel for flits to travel on"},
		{"router.buffer", int64(c.BufferFlits), 1, 1 << 12, "a channel with no buffer has zero credits and never sends"},
		{"link.width", int64(c.FlitBytes), 1, 1 << 16, "a link of zero width moves nothing"},
		{"router.speedup", int64(c.InputSpeedup), 1, 8, "1 is a crossbar as wide as the router"},
		{"link.latency", int64(c.LinkLatency), 0, 1 << 12, "in cycles"},
		{"link.node", int64(c.NodeLatency), 0, 1 << 12, "in cycles"},
		{"router.routing", int64(c.RoutingDelay), 0, 64, "in cycles; 0 is look-ahead routing"},
		{"router.switch", int64(c.SwitchDelay), 0, 64, "in cycles"},
		{"router.credit", int64(c.CreditDelay), 0, 1 << 12, "in cycles"},
	} {
		if f.value < f.from || f.value > f.to {
			return fmt.Errorf("noc: %s: %s is %d, must be %d to %d: %s", c.Topology, f.name, f.value, f.from, f.to, f.remedy)
		}
	}
	if c.LinkLength < 0 {
		return fmt.Errorf("noc: %s: link.length is %g mm, must not be negative", c.Topology, c.LinkLength)
	}
	return c.validRouting()
}

func (c Config) validSize() error {
	want, ok := dims[c.Topology]
	if !ok {
		return fmt.Errorf("noc: topology %q is not known; there are mesh, torus, ring, crossbar, star, bus, tree, fattree, graph", c.Topology)
	}
	if len(c.Size) < want[0] || len(c.Size) > want[1] {
		return fmt.Errorf("noc: %s has %d sizes, takes %d to %d", c.Topology, len(c.Size), want[0], want[1])
	}
	total := 1
	for i, k := range c.Size {
		if k < 1 || k > maxRouters {
			return fmt.Errorf("noc: %s.Size[%d] is %d, must be 1 to %d", c.Topology, i, k, maxRouters)
		}
		if total *= k; total > maxRouters {
			return fmt.Errorf("noc: %s of size %v has more than %d routers", c.Topology, c.Size, maxRouters)
		}
	}
	if c.Topology == Tree || c.Topology == FatTree {
		return c.validTree()
	}
	return nil
}

func (c Config) validTree() error {
	if c.Size[0] < 2 {
		return fmt.Errorf("noc: %s.Size[0] is %d, a tree needs an arity of at least 2", c.Topology, c.Size[0])
	}
	leaves := 1
	for range c.Size[1] {
		if leaves *= c.Size[0]; leaves > maxRouters {
			return fmt.Errorf("noc: %s of size %v has more than %d nodes", c.Topology, c.Size, maxRouters)
		}
	}
	return nil
}

func (c Config) validRouting() error {
	switch c.Routing {
	case DimensionOrder:
		return nil
	case Adaptive:
	default:
		return fmt.Errorf("noc: routing %q is not known; there are %s and %s", c.Routing, DimensionOrder, Adaptive)
	}
	need := map[string]int{Mesh: 2, Torus: 3, Ring: 3, FatTree: 1}[c.Topology]
	if need == 0 {
		return fmt.Errorf("noc: a %s has one path between two nodes; set routing=%s", c.Topology, DimensionOrder)
	}
	if c.VCs < need {
		return fmt.Errorf("noc: adaptive routing on a %s needs %d virtual channels (router.channels: those to escape on and one more), it has %d", c.Topology, need, c.VCs)
	}
	return nil
}
