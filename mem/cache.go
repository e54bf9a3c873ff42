package mem

import (
	"fmt"
	"math/bits"

	"nnsim/unit"
)

// Cache is the timing and the tags of a set-associative cache; it holds no data.
// A line is divided into sectors, which are fetched and written back one by one.
//
//	                         ┌ slice 0: sets × ways of lines ┐   miss: an MSHR waits
//	access ─ hash of address ┤ …          one access a cycle ├─▶ for the sector; more
//	                         └ slice n-1                     ┘   accesses join it
//
// A way is chosen when an access misses, least recently used first, and is not
// given away while sectors of its line are on their way.
type Cache struct {
	cfg      CacheConfig
	lines    []cacheLine // [(slice·sets + set)·ways + way]
	sets     int64
	shifts   struct{ line, sector, slice uint }
	free     []unit.Edge // by slice: the first edge at which it takes an access
	misses   []mshr      // [slice·MSHRs + i]
	waiters  []int64     // [(slice·MSHRs + i)·(1 + Merges) + j]: tags that wait
	clock    int64       // accesses so far; what "recently" means
	counters CacheCounters
}

// CacheConfig is what a cache is built of.
type CacheConfig struct {
	Size         unit.Bytes
	Line, Sector unit.Bytes
	Ways         int
	Slices       int  // parts side by side, by line; a power of two
	Hashed       bool // the slice is the exclusive or of all the line's address bits, in groups
	MSHRs        int  // of each slice: sectors it can wait for
	Merges       int  // further accesses that may wait for the same sector
	Latency      unit.Cycles
	WriteThrough bool // writes go on to the next memory and allocate nothing; else write-back
}

// Validate refuses caches that cannot be built.
func (c CacheConfig) Validate() error {
	power := func(n int64) bool { return n > 0 && bits.OnesCount64(uint64(n)) == 1 }
	set := int64(c.Line) * int64(c.Ways) * int64(c.Slices)
	switch {
	case !power(int64(c.Line)) || !power(int64(c.Sector)) || c.Sector > c.Line || c.Line > 32*c.Sector:
		return fmt.Errorf("cache: line %v of sectors of %v; both must be powers of two, with 1 to 32 sectors in a line", c.Line, c.Sector)
	case c.Ways < 1 || c.Ways > 1<<16:
		return fmt.Errorf("cache: ways: %d; write 1 to 65536", c.Ways)
	case !power(int64(c.Slices)) || c.Slices > 1<<16:
		return fmt.Errorf("cache: slices: %d; write a power of two up to 65536", c.Slices)
	case c.MSHRs < 1 || c.MSHRs > 1<<16 || c.Merges < 0 || c.Merges > 1<<10:
		return fmt.Errorf("cache: %d MSHRs with %d merges; write 1 to 65536 MSHRs and 0 to 1024 merges", c.MSHRs, c.Merges)
	case c.Latency < 0:
		return fmt.Errorf("cache: latency: %d cycles; must be at least 0", c.Latency)
	case c.Size <= 0 || int64(c.Size)%set != 0:
		return fmt.Errorf("cache: size %v is no multiple of %d slices × %d ways × lines of %v", c.Size, c.Slices, c.Ways, c.Line)
	}
	return nil
}

// cacheLine is one way of one set.
type cacheLine struct {
	line    int64  // the number of the line that is here, -1: none
	used    int64  // when it was last used
	valid   uint32 // sectors that are here
	dirty   uint32 // sectors that the next memory has not got yet
	pending uint32 // sectors on their way
}

// mshr is a sector that is waited for.
type mshr struct {
	way     int32 // index into lines
	sector  uint8
	waiting int32 // tags that wait; 0: free
	dirties bool  // one of them is a write
}

// CacheCounters is what a cache has done, in accesses of at most a sector.
type CacheCounters struct {
	ReadHits, ReadMisses, WriteHits, WriteMisses int64
	Merged                                       int64 // misses among these that joined an MSHR
	SectorMisses                                 int64 // misses among these whose line was there, without the sector
	Evicted                                      int64 // lines that had to go, clean or not
	Refused                                      int64 // accesses turned away, to be tried again; not among the others
	Fetched, WrittenBack, WrittenThrough         int64 // sectors
	WaitCycles                                   int64 // accesses waited for their slice
}

// NewCache makes an empty cache.
func NewCache(c CacheConfig) (*Cache, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	k := &Cache{cfg: c, sets: int64(c.Size) / (int64(c.Line) * int64(c.Ways) * int64(c.Slices)), free: make([]unit.Edge, c.Slices),
		lines: make([]cacheLine, int64(c.Size)/int64(c.Line)), misses: make([]mshr, c.Slices*c.MSHRs), waiters: make([]int64, c.Slices*c.MSHRs*(1+c.Merges))}
	k.shifts.line, k.shifts.sector = uint(bits.TrailingZeros64(uint64(c.Line))), uint(bits.TrailingZeros64(uint64(c.Sector)))
	k.shifts.slice = uint(bits.TrailingZeros(uint(c.Slices)))
	for i := range k.lines {
		k.lines[i].line = -1
	}
	return k, nil
}

// Slice is the slice that holds an address.
func (k *Cache) Slice(addr int64) int {
	line := addr >> k.shifts.line
	mask := int64(k.cfg.Slices - 1)
	slice := line & mask
	if k.cfg.Hashed && mask != 0 {
		for rest := line >> k.shifts.slice; rest != 0; rest >>= k.shifts.slice {
			slice ^= rest & mask
		}
	}
	return int(slice)
}

// set is the ways in which a line can be, and the index of the first of them.
func (k *Cache) set(line int64, slice int) ([]cacheLine, int32) {
	first := (int64(slice)*k.sets + (line>>k.shifts.slice)%k.sets) * int64(k.cfg.Ways)
	return k.lines[first : first+int64(k.cfg.Ways)], int32(first)
}

// Counters is what has been counted so far.
func (k *Cache) Counters() CacheCounters { return k.counters }
