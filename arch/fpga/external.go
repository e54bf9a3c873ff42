package fpga

import (
	"fmt"
	"math"
	"math/bits"

	"nnsim/arch/config"
	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// Memory is the off-chip memory's section: channels of a part one can buy, or of a
// bandwidth of one's own. "memory: ideal" never stalls.
type Memory struct {
	config.OrIdeal

	Standard  string              `key:"standard" oneof:"ddr3,ddr4,lpddr4,lpddr5,gddr5,gddr6,hbm,hbm2,hbm2e,hbm3" doc:"standard, for the energy of a bit"`
	Channels  int                 `key:"channels" min:"1" max:"64" doc:"independent channels; nothing is interleaved over them"`
	Latency   unit.Seconds        `key:"latency" doc:"from a read's address at a port to its first beat, of an open row"`
	Response  unit.Seconds        `key:"response" doc:"of the path that a write's last beat and its response take together"`
	Part      string              `key:"part" optional:"true" doc:"the part in each channel (nnsim list devices names them); left out or none: a bandwidth of one's own"`
	Clock     unit.Hertz          `key:"clock" optional:"true" min:"1 Hz" doc:"command clock of the part; its own if left out"`
	Queue     int                 `key:"queue" optional:"true" min:"2" max:"4096" doc:"lines of each kind that the controller of a part holds; 64 if left out"`
	Mapping   string              `key:"mapping" optional:"true" doc:"address bits of a channel of a part from the highest, such as rorabachcobg"`
	Bandwidth unit.BytesPerSecond `key:"bandwidth" optional:"true" min:"1 B/s" doc:"without a part: of all channels, at the pins"`

	part *dram.Part
}

// Validate refuses keys that contradict one another, and paths shorter than the part.
func (m *Memory) Validate() error {
	switch {
	case m.Ideal():
		return nil
	case m.Part == "" || m.Part == "none":
		if m.Bandwidth == 0 {
			return fmt.Errorf("bandwidth: missing; give bandwidth= of all channels, or a part=, whose it is then")
		}
		if m.Part == "" && (m.Clock != 0 || m.Queue != 0 || m.Mapping != "") {
			return fmt.Errorf("clock, queue and mapping are those of a part=, and there is none; leave them out")
		}
		m.Clock, m.Queue, m.Mapping = 0, 0, "" // part=none says that they mean nothing
		return nil
	case m.Bandwidth != 0:
		return fmt.Errorf("bandwidth is %v, but the part %s decides it; set channels or clock, or part=none for a bandwidth of one's own", m.Bandwidth, m.Part)
	}
	p, err := dram.Preset(m.Part)
	if err != nil {
		return fmt.Errorf("part: %w", err)
	}
	m.part = &p
	if m.Clock == 0 {
		m.Clock = unit.Hertz(1e9 / p.TCK)
	}
	if m.Latency <= m.own() {
		return fmt.Errorf("latency is %v; the part %s alone takes %v for an open row, so give more, or another part", m.Latency, m.Part, m.own())
	}
	_, err = mem.NewOffChip(m.config(), 1, nil)
	return err
}

// own is what an unloaded part takes to read a line of an open row. Writes are
// answered when the controller has them.
func (m *Memory) own() unit.Seconds {
	if m.part == nil {
		return 0
	}
	return unit.Seconds(float64(m.part.Timing["CL"]+m.part.Timing["tBURST"]) / float64(m.Clock))
}

// config is one way. Pseudo-channels have a controller each; that two of them share
// the buses of their commands, which have room for both, is left out.
func (m *Memory) config() mem.OffChipConfig {
	c := mem.OffChipConfig{Part: *m.part, Channels: 1, Control: dram.Config{Mapping: m.Mapping, Queue: m.Queue}}
	c.Part.Shape.Pseudo = 1
	if m.Mapping == "" {
		c.Control.Mapping = "rorabachcobg"
	}
	return c
}

// peak is the bandwidth at the pins; 0: ideal.
func (m *Memory) peak() unit.BytesPerSecond {
	if m.part == nil {
		return m.Bandwidth
	}
	s := m.part.Shape
	return unit.BytesPerSecond(float64(m.Channels*s.Pseudo*s.LineBytes) / float64(m.part.Timing["tBURST"]) * float64(m.Clock))
}

// ways is the number of channels a port can be on: pseudo-channels count by themselves.
func (m *Memory) ways() int {
	if m.part == nil {
		return max(1, m.Channels)
	}
	return m.Channels * m.part.Shape.Pseudo
}

// holds is the bytes a way holds; 0: without limit.
func (m *Memory) holds() int64 {
	if m.part == nil {
		return 0
	}
	return m.part.Shape.Lines() * int64(m.part.Shape.LineBytes) / int64(m.part.Shape.Pseudo)
}

// external is external memory in a run: channels, and the ports of all that reach them.
//
//	port 0 ══▶ channel 0      each channel a DRAM of its own (package mem),
//	port 1 ══▶ channel 1      in a component of its own
//	port 2 ══▶ channel 0
type external struct {
	engine   *engine.Engine
	channels []*channel
	ports    []*port
	holds    int64        // bytes of a channel; 0: without limit
	late     [2]unit.Edge // what reads and writes take beyond the path they share
}

// channel is one server of a memory.
type channel struct {
	server mem.Server
	box    *engine.Box
	rate   float64 // bytes a cycle; 0: ideal
}

// stretch is the cycles in which so many bytes pass the channel.
func (c *channel) stretch(bytes int64) unit.Edge {
	if c.rate == 0 {
		return 0
	}
	return unit.Edge(float64(bytes) / c.rate)
}

// begins is when so many bytes began to leave the channel, if the last came at an edge.
func (c *channel) begins(last unit.Edge, bytes int64) unit.Edge {
	if c.rate == 0 {
		return last
	}
	return max(0, unit.Edge(math.Floor(float64(last)-float64(bytes)/c.rate)))
}

// newExternal builds the memory for a number of ports.
func (m *Machine) newExternal(e *engine.Engine, ports int, ideal bool) (*external, error) {
	x := &external{engine: e, holds: m.cfg.Memory.holds()}
	c, clock := &m.cfg.Memory, float64(m.cfg.Clock)
	ideal = ideal || c.Ideal()
	path := min(c.Latency-c.own(), c.Response)
	x.late = [2]unit.Edge{edges(float64(c.Latency-c.own()-path) * clock), edges(float64(c.Response-path) * clock)}
	for i := range c.ways() {
		ch, err := m.newChannel(x, i, ports, path, ideal)
		if err != nil {
			return nil, err
		}
		x.channels = append(x.channels, ch)
	}
	for i := range ports {
		p := newPort(i, &m.cfg.AXI, x, x.channels[i%len(x.channels)])
		p.box = e.Add(fmt.Sprintf("Port%d", i), p, true) // when all cores have said what they want
		x.ports = append(x.ports, p)
	}
	return x, nil
}

// newChannel builds one channel: a part's commands, or a bandwidth.
func (m *Machine) newChannel(x *external, i, ports int, path unit.Seconds, ideal bool) (ch *channel, err error) {
	c := &m.cfg.Memory
	ch = &channel{}
	reply := func(port int, tag int64, at unit.Edge) { x.ports[port].reply(tag, at) }
	switch {
	case c.part != nil && !ideal:
		ch.rate = float64(c.peak()) / float64(c.ways()) / float64(m.cfg.Clock)
		ch.server, err = mem.NewClocked(c.config(), m.cfg.Clock, c.Clock, path, 2*ports*m.cfg.AXI.Outstanding, reply, x.engine.Fail)
	default:
		t := mem.Timing{Channels: 1, Bandwidth: c.Bandwidth / unit.BytesPerSecond(c.ways()), Latency: path, Burst: 1, Interleave: 64, Ideal: ideal}
		if !ideal {
			ch.rate = float64(t.Bandwidth) / float64(m.cfg.Clock)
		}
		ch.server = mem.NewController(t, m.cfg.Clock, reply)
	}
	if err != nil {
		return nil, err
	}
	ch.box = x.engine.Add(fmt.Sprintf("Memory%d", i), ch.server, true)
	return ch, nil
}

// counters are the commands of all channels that are DRAM, and the bytes of writes that
// have not been sent to the banks.
func (x *external) counters() (sum dram.Counters, waiting int64, ok bool) {
	for _, ch := range x.channels {
		if k, is := ch.server.(*mem.Clocked); is {
			sum, waiting, ok = sum.Plus(k.Counters()), waiting+k.Waiting(), true
		}
	}
	return sum, waiting, ok
}

// busy is the cycles in which data moved, on average over the channels.
func (x *external) busy() int64 {
	sum := int64(0)
	for _, ch := range x.channels {
		sum += int64(ch.server.BusyFor())
	}
	return sum / int64(len(x.channels))
}

// moved is the bytes of all ports.
func (x *external) moved() (read, written int64) {
	for _, p := range x.ports {
		read += p.read.bytes
		written += p.write.bytes
	}
	return read, written
}

// edges rounds a time in cycles to whole ones.
func edges(cycles float64) unit.Edge { return unit.Edge(cycles + 0.5) }

// powerOfTwo tells whether a number is one.
func powerOfTwo(n int64) bool { return n > 0 && bits.OnesCount64(uint64(n)) == 1 }
