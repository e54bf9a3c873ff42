package traffic

import (
	"fmt"
	"strings"

	"nnsim/arch"
	"nnsim/arch/config"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

const sramKind = "sram"

// SRAMConfig is an on-chip memory as its YAML describes it.
type SRAMConfig struct {
	Name        string      `key:"name" doc:"what reports call the memory"`
	Kind        string      `key:"kind" oneof:"sram" doc:"which model simulates it"`
	About       string      `key:"about" doc:"one line: what the memory is"`
	Process     int         `key:"process" min:"5" max:"65" doc:"technology node in nm; prices of accesses are those of this node"`
	Clock       unit.Hertz  `key:"clock" min:"1 Hz" doc:"clock of the memory"`
	Size        unit.Bytes  `key:"size" min:"1 B" doc:"capacity, of both halves together where it is double"`
	Banks       int         `key:"banks" min:"1" max:"65536" doc:"banks side by side, of each half; word w lies in bank w mod banks"`
	Width       unit.Bytes  `key:"width" min:"1 B" doc:"of a word: what a port moves in a cycle"`
	Latency     unit.Cycles `key:"latency" max:"1000000" doc:"cycles from the edge at which a word is served to its data"`
	Double      bool        `key:"double" doc:"two halves that change places: one is filled while the other is read"`
	Request     unit.Bytes  `key:"request" min:"1 B" doc:"what a request moves, where the stream does not say"`
	Outstanding int         `key:"outstanding" min:"1" max:"65536" doc:"requests on their way at a time"`

	Ports struct {
		Read  int `key:"read" min:"1" max:"64" doc:"words each bank reads a cycle"`
		Write int `key:"write" min:"0" max:"64" doc:"words each bank writes a cycle; 0: writes take the ports that read"`
	} `key:"ports"`
}

// core is the memory, or each of its halves, as package mem takes it.
func (c *SRAMConfig) core() mem.SRAMConfig {
	return mem.SRAMConfig{Size: c.Size / unit.Bytes(c.halves()), Banks: c.Banks, Width: c.Width, ReadPorts: c.Ports.Read, WritePorts: c.Ports.Write, Latency: c.Latency}
}

func (c *SRAMConfig) halves() int {
	if c.Double {
		return 2
	}
	return 1
}

// bank is the capacity of a bank.
func (c *SRAMConfig) bank() unit.Bytes { return c.core().Size / unit.Bytes(c.Banks) }

// Validate refuses memories that cannot be built or priced.
func (c *SRAMConfig) Validate() error {
	k := c.core()
	if k.Size > 1<<30 || c.Size%unit.Bytes(c.halves()) != 0 {
		return fmt.Errorf("size: %v; write an even number of bytes where it is double, and at most 1 GiB", c.Size)
	}
	if c.Width > 1<<20 {
		return fmt.Errorf("width: %v; write at most 1 MiB", c.Width)
	}
	if err := k.Validate(); err != nil {
		return err
	}
	if _, err := tech.SRAM(c.Process, c.bank(), int(c.Width)); err != nil {
		return fmt.Errorf("a bank of %v (size, banks): %w", c.bank(), err)
	}
	_, err := newVectors(c, catalog.Stream{Pattern: "seq", Requests: 1})
	return err
}

// SRAM is an on-chip memory as a device.
type SRAM struct {
	layerless
	cfg SRAMConfig
}

var (
	_ arch.Machine  = (*SRAM)(nil)
	_ arch.Streamer = (*SRAM)(nil)
)

// SRAMPresets lists the on-chip memories that come with the program.
func SRAMPresets() []string { return presetsOf(sramKind) }

// OpenSRAM reads an on-chip memory from YAML text, each of sets ("banks=8") applied.
// name is what errors call the text.
func OpenSRAM(name string, text []byte, sets []string) (*SRAM, error) {
	m := &SRAM{}
	read, err := config.Load(name, text, sets, &m.cfg)
	m.layerless = layerless{arch.Identify(m.cfg.Name, m.cfg.Kind, []string{"int8"}, read), config.Resolved(m.cfg), m.cfg.Clock}
	return m, err
}

// Takes refuses traffic for networks and patterns that only DRAM tells apart.
func (m *SRAM) Takes(s catalog.Stream) error {
	switch {
	case s.Rate > 0:
		return fmt.Errorf("stream:pattern=%s is for networks, and %s is an on-chip memory; it takes requests= or bytes= with pattern=%s", s.Pattern, m.Name(), strings.Join(vectorPatterns(), ", "))
	case s.Within > 0:
		return fmt.Errorf("stream: within=%v is a part of an off-chip memory; %s holds %v, leave it out", s.Within, m.Name(), m.cfg.Size)
	case m.cfg.Double && (s.Pattern != "seq" || s.Gap > 0 || s.Mode == "read" || s.Mode == "write"):
		return fmt.Errorf("stream: %s is double, and is filled and read by turns: give it pattern=seq,bytes=…,mode=copy, or set double=false", m.Name())
	case s.Mode != "" && s.Pattern != "seq":
		return fmt.Errorf("stream: mode=%s goes with pattern=seq; pattern=%s says what is written", s.Mode, s.Pattern)
	}
	_, err := newVectors(&m.cfg, s)
	return err
}

// The events of an on-chip memory.
const (
	readWords = iota
	writeWords
	conflictCycles
	waitCycles
	vectorsAsked
	fillCycles
	useCycles
	overlapCycles
	swaps
)

var sramEvents = []string{"read_words", "write_words", "conflict_cycles", "wait_cycles", "requests", "fill_cycles", "use_cycles", "overlap_cycles", "swaps"}

// Prices is the price list: words of a bank, and what all banks leak where that is known.
func (m *SRAM) Prices(workloads.Precision) results.Prices {
	c, per := &m.cfg, map[string]tech.Price{}
	for _, event := range sramEvents[conflictCycles:] {
		per[event] = tech.Price{Source: "none: counted, banks are priced by the word"}
	}
	set := func(event string, p tech.Price, err error) {
		if err != nil {
			p = tech.Price{Source: "unknown: " + err.Error()}
		}
		per[event] = p
	}
	read, err := tech.SRAM(c.Process, c.bank(), int(c.Width))
	set("read_words", read, err)
	write, err := tech.SRAMWrite(c.Process, c.bank(), int(c.Width))
	set("write_words", write, err)
	p := results.Prices{PerEvent: map[string]map[string]tech.Price{"sram": per}, Scope: "chip"}
	leak, area, err := tech.SRAMStatic(c.Process, c.bank(), int(c.Width))
	if err != nil {
		p.Static = map[string]tech.Power{"sram": {Source: "unknown: " + err.Error()}}
		return p
	}
	banks := c.Banks * c.halves()
	all := area * unit.SquareMM(banks)
	p.Area, p.Static = &all, map[string]tech.Power{"sram": {Watts: leak.Watts * unit.Watts(banks), Source: leak.Source}}
	return p
}
