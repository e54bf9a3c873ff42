package traffic

import (
	"fmt"

	"nnsim/mem"
	"nnsim/tech"
	"nnsim/unit"
)

// CacheConfig is a cache in front of a memory; its cycles are those of the memory's clock.
type CacheConfig struct {
	Size    unit.Bytes  `key:"size" optional:"true" doc:"capacity; 0 B or left out: there is no cache"`
	Ways    int         `key:"ways" optional:"true" min:"1" doc:"lines of a set"`
	Line    unit.Bytes  `key:"line" optional:"true" min:"1 B" doc:"bytes of a line, a power of two"`
	Sector  unit.Bytes  `key:"sector" optional:"true" min:"1 B" doc:"parts of a line that are fetched and written back by themselves; left out: the line"`
	Write   string      `key:"write" optional:"true" oneof:"back,through" doc:"whether what is written stays until its line goes, or goes on at once; left out: back"`
	MSHRs   int         `key:"mshrs" optional:"true" min:"1" max:"4096" doc:"sectors each slice can wait for"`
	Merges  int         `key:"merges" optional:"true" min:"0" max:"1024" doc:"further accesses that can wait for the same sector"`
	Slices  int         `key:"slices" optional:"true" min:"1" max:"1024" doc:"parts side by side, each with an access a cycle; left out: 1"`
	Hash    bool        `key:"hash" optional:"true" doc:"the slice is the exclusive or of all address bits above the line, in groups"`
	Latency unit.Cycles `key:"latency" optional:"true" max:"1000000" doc:"cycles of the memory's clock from an access to its data, or to its fetch"`
	Process int         `key:"process" optional:"true" min:"5" max:"65" doc:"technology node in nm, for the energy of the arrays"`
}

// core is the cache as package mem takes it.
func (c *CacheConfig) core() mem.CacheConfig {
	k := mem.CacheConfig{Size: c.Size, Line: c.Line, Sector: c.Sector, Ways: c.Ways, Slices: max(1, c.Slices), Hashed: c.Hash,
		MSHRs: c.MSHRs, Merges: c.Merges, Latency: c.Latency, WriteThrough: c.Write == "through"}
	if k.Sector == 0 {
		k.Sector = k.Line
	}
	return k
}

// fits refuses caches that cannot be built before a memory.
func (c *CacheConfig) fits(o mem.OffChipConfig) error {
	if c.Size == 0 {
		return nil
	}
	k := c.core()
	if k.Line > 1<<20 || k.Size > 1<<30 || k.Size/max(1, k.Line) > 1<<24 {
		return fmt.Errorf("cache: size %v of lines of %v; write at most 1 GiB and 2^24 lines, of at most 1 MiB", k.Size, k.Line)
	}
	if err := k.Validate(); err != nil {
		return err
	}
	line := unit.Bytes(o.Part.Shape.LineBytes)
	switch {
	case k.Slices*k.MSHRs > 1<<14:
		return fmt.Errorf("cache: %d slices of %d MSHRs; at most 16384 sectors may be on their way in all (cache.slices, cache.mshrs)", k.Slices, k.MSHRs)
	case c.Process == 0:
		return fmt.Errorf("cache.process: missing; write the technology node in nm, such as 22, which prices the arrays")
	case line%min(line, k.Sector) != 0:
		return fmt.Errorf("cache.sector: %v does not divide the %v that %s moves at once", k.Sector, line, o.Part.Name)
	}
	_, err := tech.SRAM(c.Process, k.Size/unit.Bytes(k.Slices), int(k.Sector))
	return err
}

// Events of a cache, those with a price first. They are accesses of at most a sector, or sectors.
const (
	sectorReads   = iota // the data array is read: read hits, and what is written back
	sectorWrites         // it is written: writes that stay, and what has been fetched
	lookups              // the tags of a set are read, of accesses that are refused too
	cacheCounters        // those of mem.CacheCounters from here on, and what becomes of the way to DRAM
)

var cacheEvents = []string{"sector_reads", "sector_writes", "lookups", "read_hits", "read_misses", "write_hits", "write_misses", "misses_merged",
	"sector_misses", "evictions", "fetched_sectors", "written_back_sectors", "written_through_sectors", "mshr_stalls", "slice_wait_cycles",
	"fetches", "fetches_joined", "writes", "write_buffer_stalls", "dirty_sectors_left"}

// tagBytes is an entry of the tags: some 24 bits of a 40-bit address, and states of up to four sectors.
const tagBytes = 4 // choice

// prices are what the arrays of a slice cost by access, and what all of them leak where that is known.
func (c *CacheConfig) prices() (map[string]tech.Price, tech.Power) {
	k := c.core()
	slice, slices := k.Size/unit.Bytes(k.Slices), float64(k.Slices)
	per := map[string]tech.Price{}
	set := func(event string, p tech.Price, err error) {
		if err != nil {
			p = tech.Price{Source: "unknown: " + err.Error()}
		}
		per[event] = p
	}
	read, err := tech.SRAM(c.Process, slice, int(k.Sector))
	set("sector_reads", read, err)
	write, err := tech.SRAMWrite(c.Process, slice, int(k.Sector))
	set("sector_writes", write, err)
	tags := max(64, slice/k.Line*tagBytes)
	tag, err := tech.SRAM(c.Process, tags, int(min(tags, unit.Bytes(k.Ways*tagBytes))))
	set("lookups", tag, err)
	for _, event := range cacheEvents[cacheCounters:] {
		per[event] = tech.Price{Source: "none: counted, its arrays are priced by access"}
	}
	leak, _, err := tech.SRAMStatic(c.Process, slice, int(k.Sector))
	if err != nil {
		return per, tech.Power{Source: "unknown: " + err.Error()}
	}
	return per, tech.Power{Watts: leak.Watts * unit.Watts(slices), Source: leak.Source}
}
