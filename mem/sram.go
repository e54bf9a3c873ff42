package mem

import (
	"fmt"

	"nnsim/unit"
)

// Scratchpad is the timing of an on-chip memory of several banks. Word w lies in
// bank w mod Banks; a bank serves one word a port and cycle, in order of request.
//
//	request: words 0, 4, 8, 12, stride 4, on 4 banks of one port
//
//	bank 0   0 4 8 12     four words, four cycles: 3 of conflict
//	bank 1   ·
//	bank 2   ·
//	bank 3   ·
//
// All words of a request stand at their banks at the request's edge, so its time
// is that of the bank with most to do, and costs the simulation one visit a bank.
type Scratchpad struct {
	cfg      SRAMConfig
	words    int64
	reading  []int64 // by bank: the first free slot, counted in words a port could have served
	writing  []int64 // the same for write ports; nil where reads and writes share ports
	counters SRAMCounters
}

// SRAMConfig is what a scratchpad is built of.
type SRAMConfig struct {
	Size       unit.Bytes  // capacity
	Banks      int         // banks side by side
	Width      unit.Bytes  // of a word: what a port moves in a cycle
	ReadPorts  int         // of each bank
	WritePorts int         // of each bank; 0: writes take the read ports
	Latency    unit.Cycles // from the edge a word is served at to its data
}

// Validate refuses memories that cannot be built.
func (c SRAMConfig) Validate() error {
	switch {
	case c.Size <= 0 || c.Width <= 0:
		return fmt.Errorf("sram: size %v of words of %v; both must be at least 1 B", c.Size, c.Width)
	case c.Banks < 1 || c.Banks > 1<<16:
		return fmt.Errorf("sram: banks: %d; write 1 to 65536", c.Banks)
	case c.ReadPorts < 1 || c.ReadPorts > 64 || c.WritePorts < 0 || c.WritePorts > 64:
		return fmt.Errorf("sram: %d read and %d write ports; write 1 to 64 read ports and 0 to 64 write ports", c.ReadPorts, c.WritePorts)
	case c.Latency < 0:
		return fmt.Errorf("sram: latency: %d cycles; must be at least 0", c.Latency)
	case int64(c.Size)%(int64(c.Width)*int64(c.Banks)) != 0:
		return fmt.Errorf("sram: size %v is no multiple of %d banks of words of %v", c.Size, c.Banks, c.Width)
	}
	return nil
}

// SRAMCounters is what a scratchpad has done.
type SRAMCounters struct {
	ReadWords, WriteWords int64
	// ConflictCycles are lost because the words of one request are unevenly spread
	// over the banks; WaitCycles, because banks still served earlier requests.
	ConflictCycles, WaitCycles int64
}

// NewScratchpad makes a memory whose banks are all free.
func NewScratchpad(c SRAMConfig) (*Scratchpad, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Scratchpad{cfg: c, words: int64(c.Size / c.Width), reading: make([]int64, c.Banks)}
	if c.WritePorts > 0 {
		s.writing = make([]int64, c.Banks)
	}
	return s, nil
}

// Vector is a request for words of a scratchpad: First, First+Stride, … (Count of them).
type Vector struct {
	First, Stride int64 // in words; a stride may be 0 or negative
	Count         int64
	Write         bool
}

// Span is the vector of the words that hold n bytes from addr on.
func (s *Scratchpad) Span(addr, n int64, write bool) Vector {
	w := int64(s.cfg.Width)
	return Vector{First: addr / w, Stride: 1, Count: (addr+n+w-1)/w - addr/w, Write: write}
}

// Access serves a request that comes at edge now and returns the edge at which
// the last of its data are there (a read) or stored (a write). Requests at a bank
// are served in the order of calls; now must not decrease.
func (s *Scratchpad) Access(now unit.Edge, v Vector) (unit.Edge, error) {
	if v.Count <= 0 {
		return now, nil
	}
	if err := s.check(v); err != nil {
		return 0, err
	}
	slots, ports := s.ports(v.Write)
	banks := int64(s.cfg.Banks)
	round := banks / gcd(banks, v.Stride) // banks the vector visits before it comes back to the first
	last, bank := int64(0), v.First%banks
	step := (v.Stride%banks + banks) % banks
	for i := range min(round, v.Count) {
		load := (v.Count - i + round - 1) / round
		slots[bank] = max(slots[bank], now*ports) + load
		last = max(last, slots[bank])
		if bank += step; bank >= banks {
			bank -= banks
		}
	}
	served := unit.CeilDiv(last, ports)
	s.count(v, served-now, unit.CeilDiv(unit.CeilDiv(v.Count, round), ports), unit.CeilDiv(v.Count, banks*ports))
	return served + unit.Edge(s.cfg.Latency), nil
}

// ports are the slots a request competes for, and how many a bank has each cycle.
func (s *Scratchpad) ports(write bool) ([]int64, int64) {
	if write && s.writing != nil {
		return s.writing, int64(s.cfg.WritePorts)
	}
	return s.reading, int64(s.cfg.ReadPorts)
}

// check refuses words outside the memory: a machine that asks for them is wrong.
func (s *Scratchpad) check(v Vector) error {
	room := s.words - 1 - v.First // words before the end, in the direction of the stride
	if v.Stride < 0 {
		room = v.First
	}
	if reach := max(v.Stride, -v.Stride); v.First < 0 || v.First >= s.words || reach > 0 && v.Count-1 > room/reach || v.Count > 1<<40 {
		return fmt.Errorf("sram: %d words from word %d by %d leave a memory of %d words; they must lie inside", v.Count, v.First, v.Stride, s.words)
	}
	return nil
}

// count books a request: the cycles it took, those it takes alone, and the least
// that any spread over the banks allows.
func (s *Scratchpad) count(v Vector, took, alone, least int64) {
	if v.Write {
		s.counters.WriteWords += v.Count
	} else {
		s.counters.ReadWords += v.Count
	}
	s.counters.ConflictCycles += alone - least
	s.counters.WaitCycles += max(0, took-alone)
}

// Counters is what has been counted so far.
func (s *Scratchpad) Counters() SRAMCounters { return s.counters }

// Quiet is the first edge from now on at which every word asked for has been served.
func (s *Scratchpad) Quiet(now unit.Edge) unit.Edge {
	for bank := range s.reading {
		now = max(now, unit.CeilDiv(s.reading[bank], int64(s.cfg.ReadPorts)))
		if s.writing != nil {
			now = max(now, unit.CeilDiv(s.writing[bank], int64(s.cfg.WritePorts)))
		}
	}
	return now
}

// gcd of a positive and any number; gcd(a, 0) is a.
func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}
