package traffic

import (
	"fmt"
	"strconv"
	"strings"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

const memoryKind = "memory"

// MemoryConfig is an off-chip memory as its YAML describes it.
type MemoryConfig struct {
	Name       string   `key:"name" doc:"what reports call the memory"`
	Kind       string   `key:"kind" oneof:"memory" doc:"which model simulates it"`
	About      string   `key:"about" doc:"one line: what the memory is"`
	Part       string   `key:"part" doc:"the part whose timings, shape and currents it has"`
	Timing     []string `key:"timing" optional:"true" doc:"timings that differ from the part's, in cycles, such as [tRCD=18, tRP=18]"`
	Channels   int      `key:"channels" min:"1" max:"1024" doc:"channels, a power of two"`
	Ranks      int      `key:"ranks" optional:"true" min:"1" max:"64" doc:"ranks of a channel; left out: the part's"`
	Rows       int      `key:"rows" optional:"true" min:"1" max:"1073741824" doc:"rows of a bank; left out: the part's"`
	Controller string   `key:"controller" oneof:"frfcfs,dramsim3" doc:"queues and policy: ours, or those of DRAMsim3"`
	Mapping    string   `key:"mapping" doc:"fields of a line's number, the highest bits first: ro ch ra ba bg co, and pc where there are pseudo-channels"`
	Hash       bool     `key:"hash" doc:"bank and bank group are XORed with the row"`
	Page       string   `key:"page" oneof:"open,closed" doc:"whether a row stays open when nothing waits for it (frfcfs)"`
	Refresh    string   `key:"refresh" oneof:"all,bank" doc:"a rank at once, or bank by bank"`
	Energy     string   `key:"energy" oneof:"currents,hbm2,none" doc:"prices: the part's currents, the published events of HBM2, or none"`

	Queue struct {
		Lines int `key:"lines" optional:"true" min:"1" max:"4096" doc:"lines that wait of each kind; left out: the controller's usual"`
		Bank  int `key:"bank" optional:"true" min:"1" max:"64" doc:"lines that wait for a bank (dramsim3)"`
		High  int `key:"high" optional:"true" min:"1" max:"4096" doc:"waiting writes at which writing starts (frfcfs)"`
		Low   int `key:"low" optional:"true" min:"1" max:"4096" doc:"and at which it stops if reads wait (frfcfs)"`
		Cap   int `key:"cap" optional:"true" min:"1" max:"1048576" doc:"accesses of an open row while an older line waits for its bank (frfcfs)"`
	} `key:"queue" optional:"true"`

	Cache CacheConfig `key:"cache" optional:"true"`

	DMA struct {
		Burst       unit.Bytes  `key:"burst" min:"1 B" doc:"what a DMA engine asks for at once, where the stream does not say"`
		Outstanding int         `key:"outstanding" min:"1" max:"65536" doc:"bursts on their way at a time"`
		Every       unit.Cycles `key:"every" min:"1" max:"1000000" doc:"cycles from one burst to the next, at least"`
		Order       string      `key:"order" oneof:"in,out" doc:"whether bursts give their places back in order or out of order"`
		Latency     unit.Cycles `key:"latency" min:"1" max:"1000000" doc:"cycles between the engine and the memory, each way"`
		Window      unit.Cycles `key:"window" min:"1" max:"1000000" doc:"cycles simulated in one go, up to the latency; no result depends on it"`
	} `key:"dma"`

	Power struct {
		Static unit.Watts `key:"static" doc:"drawn all the time by controllers and interfaces, beside the devices' own background"`
	} `key:"power"`
}

// Validate refuses memories that cannot be built.
func (c *MemoryConfig) Validate() error {
	built, err := c.core()
	if err != nil {
		return err
	}
	if _, err := mem.NewOffChip(built, 1, nil); err != nil {
		return err
	}
	if c.Energy == "currents" {
		if _, err := built.Part.ByCurrents(dram.Counters{}); err != nil {
			return fmt.Errorf("energy: %w (energy=hbm2), or leave it unpriced (energy=none)", err)
		}
	}
	if err := c.Cache.fits(built); err != nil {
		return err
	}
	dma, reach := c.dma(0)
	if err := dma.Validate(); err != nil {
		return err
	}
	return reach.Validate()
}

// part is the memory's part with what differs.
func (c *MemoryConfig) part() (dram.Part, error) {
	p, err := dram.Preset(c.Part)
	if err != nil {
		return p, err
	}
	for _, text := range c.Timing {
		symbol, value, _ := strings.Cut(text, "=")
		cycles, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || cycles < 0 || cycles > 1<<30 {
			return p, fmt.Errorf("timing: %s: write a timing and its cycles, such as tRCD=18", text)
		}
		if p, err = p.With(strings.TrimSpace(symbol), cycles); err != nil {
			return p, err
		}
	}
	if c.Ranks > 0 {
		p.Shape.Ranks = c.Ranks
	}
	if c.Rows > 0 {
		p.Shape.Rows = c.Rows
	}
	return p, p.Validate()
}

// core is the memory as its simulator takes it.
func (c *MemoryConfig) core() (mem.OffChipConfig, error) {
	p, err := c.part()
	q := &c.Queue
	return mem.OffChipConfig{Part: p, Channels: c.Channels, Control: dram.Config{Controller: c.Controller, Mapping: c.Mapping, Hash: c.Hash,
		Queue: q.Lines, BankQueue: q.Bank, High: q.High, Low: q.Low, Cap: q.Cap, Page: c.Page, Refresh: c.Refresh}}, err
}

// dma is the engine in front of the memory, for bursts of a size or its own.
func (c *MemoryConfig) dma(burst unit.Bytes) (mem.DMAConfig, mem.Reach) {
	if burst == 0 {
		burst = c.DMA.Burst
	}
	return mem.DMAConfig{Burst: burst, Outstanding: c.DMA.Outstanding, Every: c.DMA.Every, InOrder: c.DMA.Order == "in"},
		mem.Reach{Latency: c.DMA.Latency, Window: c.DMA.Window}
}

// Memory is an off-chip memory as a device.
type Memory struct {
	layerless
	cfg  MemoryConfig
	core mem.OffChipConfig
}

var (
	_ arch.Machine  = (*Memory)(nil)
	_ arch.Streamer = (*Memory)(nil)
	_ arch.Idler    = (*Memory)(nil)
)

// MemoryPresets lists the memories that come with the program.
func MemoryPresets() []string { return presetsOf(memoryKind) }

// OpenMemory reads a memory from YAML text, each of sets ("channels=8") applied.
// name is what errors call the text.
func OpenMemory(name string, text []byte, sets []string) (*Memory, error) {
	m := &Memory{}
	read, err := config.Load(name, text, sets, &m.cfg)
	if err != nil {
		return nil, err
	}
	m.core, err = m.cfg.core()
	m.layerless = layerless{arch.Identify(m.cfg.Name, m.cfg.Kind, []string{"int8"}, read), config.Resolved(m.cfg), unit.Hertz(1e9 / m.core.Part.TCK)}
	return m, err
}

// bytes is the capacity of all channels.
func (m *Memory) bytes() int64 {
	return m.core.Part.Shape.Lines() * int64(m.core.Part.Shape.LineBytes) * int64(m.core.Channels)
}

// peak is the bandwidth at the pins of all channels: a line a burst, on each
// pseudo-channel.
func (m *Memory) peak() unit.BytesPerSecond {
	s := m.core.Part.Shape
	lines := float64(s.LineBytes*s.Pseudo*m.core.Channels) / float64(m.core.Part.Timing["tBURST"])
	return unit.BytesPerSecond(lines / (m.core.Part.TCK * 1e-9))
}

// Takes refuses traffic for networks, and more bytes than the memory holds.
func (m *Memory) Takes(s catalog.Stream) error {
	if s.Rate > 0 {
		return fmt.Errorf("stream:pattern=%s is for networks, and %s is a memory; it takes requests= or bytes= with pattern=%s", s.Pattern, m.Name(), strings.Join(dram.Patterns(), ", "))
	}
	if s.Stride > 0 {
		return fmt.Errorf("stream: stride=%d is between the words of an on-chip memory, such as sram-64k; leave it out", s.Stride)
	}
	if s.Requests > 0 {
		_, err := m.traffic(s)
		return err
	}
	if s.Burst > 0 && m.cfg.Cache.Size > 0 {
		return fmt.Errorf("stream: burst=%v is of DMA engines, and the cache of %s takes bytes= line by line; leave it out, or set cache.size=0 B", s.Burst, m.Name())
	}
	if int64(s.Bytes) > m.bytes() {
		return fmt.Errorf("stream: bytes=%v is more than the %v that %s holds; give fewer, or more channels=, ranks= or rows=", s.Bytes, unit.Bytes(m.bytes()), m.Name())
	}
	cfg, _ := m.cfg.dma(s.Burst)
	if err := cfg.Validate(); err != nil {
		return err
	}
	_, err := newTransfers(s, m.bytes())
	return err
}

// RunStream runs requests one by one, or bursts through a DMA engine, or either through a cache.
func (m *Memory) RunStream(s catalog.Stream) (*results.Run, error) {
	if m.cfg.Cache.Size > 0 {
		return m.cached(s)
	}
	if s.Requests > 0 {
		return m.requests(s)
	}
	return m.bursts(s)
}

// Prices holds what a cache's arrays cost and what is drawn all the time: what commands
// cost follows from the part's currents or events, see energies.
func (m *Memory) Prices(workloads.Precision) results.Prices {
	p := results.Prices{PerEvent: map[string]map[string]tech.Price{"dram": {}}, Scope: "package",
		Static: map[string]tech.Power{"static": {Watts: m.cfg.Power.Static, Source: "device"}}}
	if m.cfg.Cache.Size > 0 {
		p.PerEvent["cache"], p.Static["cache"] = m.cfg.Cache.prices()
	}
	return p
}
