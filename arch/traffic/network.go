package traffic

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/noc"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

const networkKind = "network"

// NetworkConfig is an interconnect as its YAML describes it.
type NetworkConfig struct {
	Name     string     `key:"name" doc:"what reports call the network"`
	Kind     string     `key:"kind" oneof:"network" doc:"which model simulates it"`
	About    string     `key:"about" doc:"one line: what the network is"`
	Process  int        `key:"process" min:"5" max:"45" doc:"technology node in nm; prices of events are those of this node"`
	Clock    unit.Hertz `key:"clock" min:"1 Hz" doc:"clock of the routers"`
	Topology string     `key:"topology" oneof:"mesh,torus,ring,crossbar,star,bus,tree,fattree,graph" doc:"how routers are linked"`
	Size     string     `key:"size" doc:"routers along each dimension, such as 8x8; nodes of a ring, star, bus or crossbar; arity and levels of a tree"`
	Links    []string   `key:"links" optional:"true" doc:"of a graph: pairs of routers with a link each way, such as [0-1, 1-2]"`
	Routing  string     `key:"routing" oneof:"dimension-order,adaptive" doc:"which of the shortest paths a packet takes"`

	Router struct {
		Channels    int         `key:"channels" doc:"virtual channels of a link"`
		Buffer      int         `key:"buffer" doc:"flits each of them holds at its end: the credits of its start"`
		Speedup     int         `key:"speedup" doc:"crossbar inputs of a router input"`
		Routing     unit.Cycles `key:"routing" doc:"cycles before a packet may ask for a channel; 0: routes are looked up ahead"`
		Switch      unit.Cycles `key:"switch" doc:"cycles in the crossbar"`
		Credit      unit.Cycles `key:"credit" doc:"cycles from a credit's arrival to its use"`
		WaitForTail bool        `key:"wait_for_tail" doc:"a channel is given away only when its buffer is empty"`
	} `key:"router"`

	Link struct {
		Width   unit.Bytes  `key:"width" doc:"bytes of a flit: what a link moves in a cycle"`
		Latency unit.Cycles `key:"latency" doc:"cycles on the wire between routers"`
		Node    unit.Cycles `key:"node" doc:"cycles on the wire between a node and its router"`
		Length  float64     `key:"length" min:"0" max:"1000" doc:"mm between routers, for the energy of wires"`
		Phy     string      `key:"phy" optional:"true" oneof:"grs,nvlink-c2c,pcie3,pcie4,pcie5,serdes-112g,ualink,ucie" doc:"where routers are on chips of their own: what links them, for its energy"`
	} `key:"link"`

	Measure struct {
		Period  unit.Cycles `key:"period" min:"1" max:"100000000" doc:"cycles of a measuring period"`
		Warmup  int         `key:"warmup" min:"0" max:"10000" doc:"periods before measuring"`
		Samples int         `key:"samples" min:"1" max:"10000" doc:"periods at most, those of the warm-up among them"`
		Limit   float64     `key:"limit" min:"1" doc:"cycles of mean latency that count as saturation"`
	} `key:"measure"`

	Power struct {
		Static unit.Watts `key:"static" doc:"leakage and clock tree, all the time"`
	} `key:"power"`
}

// Validate refuses networks that cannot be built, or whose routes can deadlock.
func (c *NetworkConfig) Validate() error {
	built, err := c.core()
	if err != nil {
		return err
	}
	_, err = noc.New(built)
	return err
}

// core is the network as its simulator takes it.
func (c *NetworkConfig) core() (noc.Config, error) {
	n := noc.Config{Topology: c.Topology, Routing: c.Routing, VCs: c.Router.Channels, BufferFlits: c.Router.Buffer, FlitBytes: c.Link.Width,
		InputSpeedup: c.Router.Speedup, LinkLatency: c.Link.Latency, NodeLatency: c.Link.Node, RoutingDelay: c.Router.Routing,
		SwitchDelay: c.Router.Switch, CreditDelay: c.Router.Credit, LinkLength: c.Link.Length, WaitForTail: c.Router.WaitForTail}
	for _, text := range strings.Split(c.Size, "x") {
		k, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return n, fmt.Errorf("size: %s: write whole numbers with x between them, such as 8x8", c.Size)
		}
		n.Size = append(n.Size, k)
	}
	for _, text := range c.Links {
		a, b, _ := strings.Cut(text, "-")
		from, err := strconv.Atoi(strings.TrimSpace(a))
		to, err2 := strconv.Atoi(strings.TrimSpace(b))
		if err != nil || err2 != nil {
			return n, fmt.Errorf("links: %s: write two routers with - between them, such as 0-1", text)
		}
		n.Edges = append(n.Edges, [2]int{from, to})
	}
	return n, nil
}

// Network is an interconnect as a device.
type Network struct {
	layerless
	cfg NetworkConfig
}

var (
	_ arch.Machine  = (*Network)(nil)
	_ arch.Streamer = (*Network)(nil)
)

// NetworkPresets lists the networks that come with the program.
func NetworkPresets() []string { return presetsOf(networkKind) }

// OpenNetwork reads a network from YAML text, each of sets ("router.channels=4")
// applied. name is what errors call the text.
func OpenNetwork(name string, text []byte, sets []string) (*Network, error) {
	n := &Network{}
	read, err := config.Load(name, text, sets, &n.cfg)
	n.layerless = layerless{arch.Identify(n.cfg.Name, n.cfg.Kind, []string{"int8"}, read), config.Resolved(n.cfg), n.cfg.Clock}
	return n, err
}

// Takes refuses traffic for memories.
func (n *Network) Takes(s catalog.Stream) error {
	if s.Rate == 0 {
		return fmt.Errorf("stream:pattern=%s is for memories, and %s is a network; it takes rate= with pattern=%s", s.Pattern, n.Name(), strings.Join(noc.Patterns(), ", "))
	}
	built, err := n.cfg.core()
	if err != nil {
		return err
	}
	asked := n.traffic(s)
	if err := asked.Validate(); err != nil {
		return err
	}
	asked.Period, asked.Warmup, asked.Samples = 1, 0, 1
	if asked.Receivers <= 1 {
		asked.Rate, asked.Flits = min(1, asked.Rate), 1
	}
	_, err = asked.Run(built) // one cycle of it: refuses what this network cannot be given
	return err
}

// traffic is what every node offers.
func (n *Network) traffic(s catalog.Stream) noc.Traffic {
	m := &n.cfg.Measure
	return noc.Traffic{Pattern: s.Pattern, Rate: s.Rate, Flits: s.Flits, Seed: s.Seed, Hotspots: []int{s.Hot}, Receivers: s.Receivers,
		Period: m.Period, Warmup: m.Warmup, Samples: m.Samples, Limit: m.Limit}
}

// The events of a network, in the order of its counters.
var networkEvents = []string{"buffer_writes", "buffer_reads", "crossbar_flits", "link_flits", "node_flits", "link_flit_um"}

// RunStream offers packets until the network's figures are steady, and measures them.
func (n *Network) RunStream(s catalog.Stream) (*results.Run, error) {
	built, err := n.cfg.core()
	if err != nil {
		return nil, err
	}
	m, err := n.traffic(s).Run(built)
	if err != nil {
		return nil, err
	}
	run := &results.Run{Device: n.Describe(n.Native()), Bound: "latency", Cycles: int64(m.Cycles), Units: map[string]results.Unit{}}
	run.Seconds = unit.Seconds(float64(run.Cycles) / float64(n.cfg.Clock))
	run.ComputeSeconds = run.Seconds
	c := m.Counts
	stats := results.NewStats("network", 1, networkEvents...)
	for k, count := range []int64{c.BufferWrites, c.BufferReads, c.Crossbar, c.LinkFlits, c.NodeFlits, int64(math.Round(1000 * c.LinkMM))} {
		stats.Add(0, k, count)
	}
	stats.Enter(results.Busy, 0) // packets are offered from the first cycle to the last
	stats.Enter(results.Busy, run.Cycles)
	run.Stats = []*results.Stats{stats}
	run.Units["network"] = stats.Finish(run.Cycles)
	run.Network = &results.Network{PacketLatencyMean: m.MeanLatency, PacketLatencyP99: m.P99Latency, PacketLatencyMax: m.MaxLatency, PacketLatencyMin: m.MinLatency,
		NetworkLatencyMean: m.MeanNetwork, Offered: m.Offered, Accepted: m.Accepted, Routers: m.Routers, Packets: int64(m.Packets), Stable: m.Stable,
		Events: run.Units["network"].Events}
	run.Host.Events = m.Work
	return run, priced(run, n.Prices(n.Native()))
}

// Prices is the price list: buffers as small memories, the crossbar as the register
// behind it, links as wires of their length.
func (n *Network) Prices(workloads.Precision) results.Prices {
	c, bits := &n.cfg, 8*int(n.cfg.Link.Width)
	per := map[string]tech.Price{}
	set := func(event string, p tech.Price, err error) {
		if err != nil {
			p = tech.Price{Source: "unknown: " + err.Error()}
		}
		per[event] = p
	}
	size := max(1<<10, min(32<<20, unit.Bytes(c.Router.Channels*c.Router.Buffer)*c.Link.Width))
	read, err := tech.SRAM(c.Process, size, int(c.Link.Width))
	set("buffer_reads", read, err)
	write, err := tech.SRAMWrite(c.Process, size, int(c.Link.Width))
	set("buffer_writes", write, err)
	latch, err := tech.Register(c.Process, bits)
	set("crossbar_flits", latch, err)
	wire, err := tech.Wire(c.Process, bits)
	set("link_flit_um", wire.Times(1e-3), err)
	free := tech.Price{Source: "none: counted, its wire is priced by length"}
	set("link_flits", free, nil)
	set("node_flits", free, nil)
	if c.Link.Phy != "" { // from chip to chip, whatever the distance
		hop, err := tech.Link(c.Link.Phy)
		set("link_flits", hop.Times(float64(c.Link.Width)), err)
		set("link_flit_um", tech.Price{Source: "none: a link between chips is priced by the flit"}, nil)
	}
	return results.Prices{PerEvent: map[string]map[string]tech.Price{"network": per}, Scope: "chip",
		Static: map[string]tech.Power{"static": {Watts: c.Power.Static, Source: "device"}}}
}
