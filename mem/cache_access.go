package mem

import (
	"fmt"
	"math/bits"

	"nnsim/unit"
)

// Outcome is what becomes of an access to a cache.
type Outcome uint8

// The outcomes of an access.
const (
	Hit     Outcome = iota // done at Reply.Edge
	Miss                   // waits for Reply.MSHR, whose sector the caller fetches
	Merged                 // waits for Reply.MSHR, which is on its way already
	Through                // a write that went on to the next memory, at Reply.Edge
	Refused                // no MSHR, no place in it or no way is free: try again after a Fill
)

// Reply is a cache's answer to an access.
type Reply struct {
	Outcome Outcome
	Edge    unit.Edge // when the slice has dealt with it: data of a hit, the fetch of a miss
	MSHR    int       // Miss and Merged: what to wait for
	// A line that had to go: its address and its dirty sectors (bit i is sector i),
	// which the caller writes to the next memory. Dirty 0: none.
	Victim int64
	Dirty  uint32
}

// Access is a read or write of up to a sector, at edge now, which must not
// decrease. tag comes back from Fill where the access has to wait.
func (k *Cache) Access(now unit.Edge, addr, bytes int64, write bool, tag int64) (Reply, error) {
	if addr < 0 || bytes < 1 || addr>>k.shifts.sector != (addr+bytes-1)>>k.shifts.sector {
		return Reply{}, fmt.Errorf("cache: access to [%d, %d) is not within one sector of %v", addr, addr+bytes, k.cfg.Sector)
	}
	line, slice := addr>>k.shifts.line, k.Slice(addr)
	sector := uint8((addr & (int64(k.cfg.Line) - 1)) >> k.shifts.sector)
	edge := max(now, k.free[slice])
	k.free[slice] = edge + 1
	k.clock++
	reply := Reply{Edge: edge + unit.Edge(k.cfg.Latency), MSHR: -1}
	ways, first := k.set(line, slice)
	way := find(ways, line)
	switch {
	case k.cfg.WriteThrough && write:
		k.through(ways, way, sector, &reply)
	case way >= 0 && ways[way].valid>>sector&1 != 0:
		k.hit(&ways[way], sector, write)
	default:
		k.miss(slice, ways, first, way, access{line, sector, write, bytes == int64(k.cfg.Sector), tag}, &reply)
	}
	if reply.Outcome != Refused { // one that is refused waits again when it comes again
		k.counters.WaitCycles += edge - now
	}
	return reply, nil
}

// access is one that has missed.
type access struct {
	line   int64
	sector uint8
	write  bool
	whole  bool // a write of all of the sector, which needs nothing fetched
	tag    int64
}

// find is the way that holds a line, or -1.
func find(ways []cacheLine, line int64) int {
	for i := range ways {
		if ways[i].line == line {
			return i
		}
	}
	return -1
}

// hit uses a sector that is here.
func (k *Cache) hit(l *cacheLine, sector uint8, write bool) {
	l.used = k.clock
	if write {
		l.dirty |= 1 << sector
		k.counters.WriteHits++
	} else {
		k.counters.ReadHits++
	}
}

// through is a write that does not stay: it updates the sector if that is here.
func (k *Cache) through(ways []cacheLine, way int, sector uint8, reply *Reply) {
	reply.Outcome = Through
	k.counters.WrittenThrough++
	if way >= 0 && ways[way].valid>>sector&1 != 0 {
		ways[way].used = k.clock
		k.counters.WriteHits++
		return
	}
	k.counters.WriteMisses++
}

// miss joins or begins a fetch, or puts a whole written sector into its line.
func (k *Cache) miss(slice int, ways []cacheLine, first int32, way int, a access, reply *Reply) {
	if way >= 0 && ways[way].pending>>a.sector&1 != 0 {
		k.join(slice, first+int32(way), a, reply)
		return
	}
	entry := -1
	if needs := !a.write || !a.whole; needs {
		if entry = k.freeEntry(slice); entry < 0 {
			k.refuse(reply)
			return
		}
	}
	if way < 0 {
		if way = victim(ways); way < 0 {
			k.refuse(reply)
			return
		}
		k.evict(&ways[way], reply)
		ways[way] = cacheLine{line: a.line}
	} else {
		k.counters.SectorMisses++
	}
	l := &ways[way]
	l.used = k.clock
	k.tally(a.write)
	if entry < 0 {
		l.valid, l.dirty = l.valid|1<<a.sector, l.dirty|1<<a.sector
		return // outcome Hit: nothing to wait for
	}
	l.pending |= 1 << a.sector
	k.counters.Fetched++
	k.misses[entry] = mshr{way: first + int32(way), sector: a.sector, waiting: 1, dirties: a.write}
	k.waiters[entry*(1+k.cfg.Merges)] = a.tag
	reply.Outcome, reply.MSHR = Miss, entry
}

func (k *Cache) tally(write bool) {
	if write {
		k.counters.WriteMisses++
	} else {
		k.counters.ReadMisses++
	}
}

// refuse turns an access away; it has used its slice all the same.
func (k *Cache) refuse(reply *Reply) {
	k.counters.Refused++
	reply.Outcome = Refused
}

// join lets an access wait for a sector that is on its way.
func (k *Cache) join(slice int, way int32, a access, reply *Reply) {
	for i := range k.cfg.MSHRs {
		entry := slice*k.cfg.MSHRs + i
		m := &k.misses[entry]
		if m.waiting == 0 || m.way != way || m.sector != a.sector {
			continue
		}
		if int(m.waiting) > k.cfg.Merges {
			break
		}
		k.waiters[entry*(1+k.cfg.Merges)+int(m.waiting)] = a.tag
		m.waiting++
		m.dirties = m.dirties || a.write
		k.lines[way].used = k.clock
		k.tally(a.write)
		k.counters.Merged++
		reply.Outcome, reply.MSHR = Merged, entry
		return
	}
	k.refuse(reply)
}

func (k *Cache) freeEntry(slice int) int {
	for i := range k.cfg.MSHRs {
		if entry := slice*k.cfg.MSHRs + i; k.misses[entry].waiting == 0 {
			return entry
		}
	}
	return -1
}

// victim is the way to give away: an empty one, else the least recently used that
// waits for nothing, or -1.
func victim(ways []cacheLine) int {
	best := -1
	for i := range ways {
		switch w := &ways[i]; {
		case w.line < 0:
			return i
		case w.pending == 0 && (best < 0 || w.used < ways[best].used):
			best = i
		}
	}
	return best
}

// evict says what must be written back of a line that goes.
func (k *Cache) evict(l *cacheLine, reply *Reply) {
	if l.line >= 0 {
		k.counters.Evicted++
	}
	if l.line >= 0 && l.dirty != 0 {
		reply.Victim, reply.Dirty = l.line<<k.shifts.line, l.dirty
		k.counters.WrittenBack += int64(bits.OnesCount32(l.dirty))
	}
}

// Fill says that the sector an MSHR waits for has come, and returns the tags of
// all that waited, in their order; the slice is overwritten by later accesses.
func (k *Cache) Fill(entry int) ([]int64, error) {
	if entry < 0 || entry >= len(k.misses) || k.misses[entry].waiting == 0 {
		return nil, fmt.Errorf("cache: MSHR %d waits for nothing; fill what a miss has named, once", entry)
	}
	m := &k.misses[entry]
	l := &k.lines[m.way]
	l.pending &^= 1 << m.sector
	l.valid |= 1 << m.sector
	if m.dirties {
		l.dirty |= 1 << m.sector
	}
	from := entry * (1 + k.cfg.Merges)
	tags := k.waiters[from : from+int(m.waiting)]
	m.waiting = 0
	return tags, nil
}

// Flush cleans the cache: visit is told each line with dirty sectors, which are
// clean from then on. The lines stay.
func (k *Cache) Flush(visit func(line int64, dirty uint32)) {
	for i := range k.lines {
		if l := &k.lines[i]; l.dirty != 0 {
			visit(l.line<<k.shifts.line, l.dirty)
			k.counters.WrittenBack += int64(bits.OnesCount32(l.dirty))
			l.dirty = 0
		}
	}
}
