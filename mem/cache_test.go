package mem_test

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/mem"
	"nnsim/unit"
)

// sectorKey names a sector of a line.
type sectorKey struct{ line, sector int64 }

// mapCache is the obvious cache: maps of sectors, and for each set the lines in
// order of use, the latest last. It knows nothing of time.
type mapCache struct {
	cfg     mem.CacheConfig
	order   map[[2]int64][]int64 // [slice, set]: lines
	valid   map[sectorKey]bool
	dirty   map[sectorKey]bool
	waiting map[sectorKey][]int64
	wrote   map[sectorKey]bool // one that waits is a write
}

func newMapCache(c mem.CacheConfig) *mapCache {
	return &mapCache{c, map[[2]int64][]int64{}, map[sectorKey]bool{}, map[sectorKey]bool{}, map[sectorKey][]int64{}, map[sectorKey]bool{}}
}

func (m *mapCache) home(line int64) [2]int64 {
	n := int64(m.cfg.Slices)
	slice := line % n
	for rest := line / n; m.cfg.Hashed && n > 1 && rest > 0; rest /= n {
		slice ^= rest % n
	}
	return [2]int64{slice, line / n % (int64(m.cfg.Size) / int64(m.cfg.Line) / n / int64(m.cfg.Ways))}
}

// inFlight counts a slice's MSHRs in use; pendingLine tells whether a line waits for a sector.
func (m *mapCache) inFlight(slice int64) (n int) {
	for k := range m.waiting {
		if m.home(k.line)[0] == slice {
			n++
		}
	}
	return n
}

func (m *mapCache) pendingLine(line int64) bool {
	for k := range m.waiting {
		if k.line == line {
			return true
		}
	}
	return false
}

func (m *mapCache) access(addr, bytes int64, write bool, tag int64) (o mem.Outcome, victim int64, dirty int) {
	line := addr / int64(m.cfg.Line)
	key, home := sectorKey{line, addr % int64(m.cfg.Line) / int64(m.cfg.Sector)}, m.home(line)
	set := m.order[home]
	here := slices.Index(set, line)
	use := func() { m.order[home] = append(slices.Delete(slices.Clone(set), here, here+1), line) }
	switch tags := m.waiting[key]; {
	case m.cfg.WriteThrough && write:
		if m.valid[key] {
			use()
		}
		return mem.Through, 0, 0
	case m.valid[key]:
		use()
		m.dirty[key] = m.dirty[key] || write
		return mem.Hit, 0, 0
	case tags != nil && len(tags) > m.cfg.Merges:
		return mem.Refused, 0, 0
	case tags != nil:
		use()
		m.waiting[key], m.wrote[key] = append(tags, tag), m.wrote[key] || write
		return mem.Merged, 0, 0
	}
	whole := write && bytes == int64(m.cfg.Sector)
	if !whole && m.inFlight(home[0]) == m.cfg.MSHRs {
		return mem.Refused, 0, 0
	}
	switch {
	case here >= 0:
		use()
	case len(set) < m.cfg.Ways:
		m.order[home] = append(set, line)
	default:
		oldest := slices.IndexFunc(set, func(l int64) bool { return !m.pendingLine(l) })
		if oldest < 0 {
			return mem.Refused, 0, 0
		}
		victim = set[oldest] * int64(m.cfg.Line)
		dirty = m.drop(set[oldest])
		m.order[home] = append(slices.Delete(slices.Clone(set), oldest, oldest+1), line)
	}
	if whole {
		m.valid[key], m.dirty[key] = true, true
		return mem.Hit, victim, dirty
	}
	m.waiting[key], m.wrote[key] = []int64{tag}, write
	return mem.Miss, victim, dirty
}

// drop forgets a line and counts its dirty sectors.
func (m *mapCache) drop(line int64) (dirty int) {
	for s := range int64(m.cfg.Line / m.cfg.Sector) {
		if m.dirty[sectorKey{line, s}] {
			dirty++
		}
		delete(m.valid, sectorKey{line, s})
		delete(m.dirty, sectorKey{line, s})
	}
	return dirty
}

func (m *mapCache) fill(k sectorKey) []int64 {
	tags := m.waiting[k]
	m.valid[k], m.dirty[k] = true, m.dirty[k] || m.wrote[k]
	delete(m.waiting, k)
	delete(m.wrote, k)
	return tags
}

func drawCache(t *rapid.T) mem.CacheConfig {
	pick := func(name string, of ...int) int { return rapid.SampledFrom(of).Draw(t, name) }
	c := mem.CacheConfig{Line: unit.Bytes(pick("line", 32, 128)), Ways: pick("ways", 1, 2, 3, 4), Slices: pick("slices", 1, 2, 4), Hashed: rapid.Bool().Draw(t, "hashed"),
		MSHRs: pick("mshrs", 1, 2, 5), Merges: pick("merges", 0, 1, 4), Latency: unit.Cycles(pick("latency", 0, 7)), WriteThrough: rapid.Bool().Draw(t, "through")}
	c.Sector = c.Line / unit.Bytes(pick("sectors", 1, 4))
	c.Size = c.Line * unit.Bytes(c.Ways*c.Slices*pick("sets", 1, 2, 3))
	return c
}

// The cache does what the maps do: outcome, victim, what waits, and what is dirty at the end.
func TestCacheIsItsMaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCache(t)
		k, err := mem.NewCache(c)
		require.NoError(t, err)
		m := newMapCache(c)
		entry := map[int]sectorKey{}
		var tally [5]int64
		back := 0
		for tag := range int64(rapid.IntRange(1, 150).Draw(t, "accesses")) {
			if len(entry) > 0 && rapid.IntRange(0, 2).Draw(t, "fill") == 0 {
				list := slices.Sorted(func(yield func(int) bool) {
					for e := range entry {
						if !yield(e) {
							return
						}
					}
				})
				e := rapid.SampledFrom(list).Draw(t, "entry")
				tags, err := k.Fill(e)
				require.NoError(t, err)
				require.Equal(t, m.fill(entry[e]), tags)
				delete(entry, e)
			}
			sector := rapid.Int64Range(0, 60).Draw(t, "sector")
			bytes := rapid.SampledFrom([]int64{1, int64(c.Sector)}).Draw(t, "bytes")
			addr, write := sector*int64(c.Sector), rapid.Bool().Draw(t, "write")
			r, err := k.Access(tag, addr, bytes, write, tag)
			require.NoError(t, err)
			o, victim, dirty := m.access(addr, bytes, write, tag)
			require.Equal(t, o, r.Outcome, "access %d to %d", tag, addr)
			require.Equal(t, dirty, bits.OnesCount32(r.Dirty), "access %d to %d", tag, addr)
			if dirty > 0 {
				require.Equal(t, victim, r.Victim)
			}
			require.Equal(t, tag+int64(c.Latency), r.Edge, "one access a cycle waits for nothing")
			if tally[o]++; o == mem.Miss {
				entry[r.MSHR] = sectorKey{addr / int64(c.Line), addr % int64(c.Line) / int64(c.Sector)}
			}
			back += dirty
		}
		n := k.Counters()
		assert.Equal(t, tally[mem.Miss], n.Fetched)
		assert.Equal(t, tally[mem.Merged], n.Merged)
		assert.Equal(t, tally[mem.Refused], n.Refused)
		assert.Equal(t, tally[mem.Through], n.WrittenThrough)
		assert.EqualValues(t, back, n.WrittenBack)
		left := 0
		k.Flush(func(_ int64, dirty uint32) { left += bits.OnesCount32(dirty) })
		want := 0
		for _, d := range m.dirty {
			if d {
				want++
			}
		}
		assert.Equal(t, want, left)
		k.Flush(func(int64, uint32) { t.Fatal("clean lines are not visited") })
	})
}

// A slice takes one access a cycle: the second of an edge is a cycle later.
func TestCacheTightGates(t *testing.T) {
	k, err := mem.NewCache(mem.CacheConfig{Size: 4 << 10, Line: 128, Sector: 32, Ways: 4, Slices: 2, MSHRs: 2, Merges: 1, Latency: 10})
	require.NoError(t, err)
	at := func(now, addr int64, write bool) string {
		r, err := k.Access(now, addr, 32, write, addr)
		require.NoError(t, err)
		return fmt.Sprint(r.Outcome, "@", r.Edge)
	}
	assert.Equal(t, "1@110", at(100, 0, false), "miss")
	assert.Equal(t, "2@111", at(100, 0, false), "joins, a cycle later")
	assert.Equal(t, "4@112", at(100, 0, false), "no third may wait for the sector")
	assert.Equal(t, "1@110", at(100, 128, false), "the other slice is free")
	assert.Equal(t, "1@113", at(103, 32, false), "another sector of the line: the second MSHR")
	assert.Equal(t, "4@114", at(104, 64, false), "no third MSHR")
	assert.Equal(t, "0@115", at(105, 96, true), "a whole sector written needs none")
	tags, err := k.Fill(0)
	require.NoError(t, err)
	assert.Equal(t, []int64{0, 0}, tags)
	assert.Equal(t, "0@116", at(106, 0, false), "hit")
	assert.Equal(t, "1@117", at(107, 64, false), "the MSHR is free again")
	n := k.Counters()
	assert.Equal(t, mem.CacheCounters{ReadHits: 1, ReadMisses: 5, WriteMisses: 1, Merged: 1, SectorMisses: 3, Refused: 2, Fetched: 4, WaitCycles: 1}, n)
	_, err = k.Fill(1 << 20)
	assert.ErrorContains(t, err, "waits for nothing")
	_, err = k.Access(200, 31, 2, false, 0)
	assert.ErrorContains(t, err, "not within one sector of 32 B")
}

// Strides of a power of two fall on one slice of a plain cache, on all of a hashed one.
func TestHashedSlices(t *testing.T) {
	c := mem.CacheConfig{Size: 1 << 20, Line: 128, Sector: 32, Ways: 16, Slices: 16, MSHRs: 4}
	for _, hashed := range []bool{false, true} {
		c.Hashed = hashed
		k, err := mem.NewCache(c)
		require.NoError(t, err)
		for _, stride := range []int64{2 << 10, 32 << 10, 512 << 10, 8 << 20} {
			used := map[int]int{}
			for i := range int64(64) {
				used[k.Slice(i*stride)]++
			}
			want := 1
			if hashed {
				want = 16
			}
			assert.Len(t, used, want, "hashed %v, stride %d", hashed, stride)
		}
		dense := map[int]int{}
		for i := range int64(1 << 12) {
			dense[k.Slice(i*128)]++
		}
		for slice, n := range dense {
			assert.Equal(t, 256, n, "slice %d", slice)
		}
	}
}

func TestCacheRefuses(t *testing.T) {
	good := mem.CacheConfig{Size: 4 << 10, Line: 128, Sector: 32, Ways: 4, Slices: 2, MSHRs: 2}
	for want, spoil := range map[string]func(*mem.CacheConfig){
		"line 100 B of sectors of 32 B":        func(c *mem.CacheConfig) { c.Line = 100 },
		"line 128 B of sectors of 256 B":       func(c *mem.CacheConfig) { c.Sector = 256 },
		"line 128 B of sectors of 2 B":         func(c *mem.CacheConfig) { c.Sector = 2 },
		"ways: 0":                              func(c *mem.CacheConfig) { c.Ways = 0 },
		"slices: 3":                            func(c *mem.CacheConfig) { c.Slices = 3 },
		"0 MSHRs":                              func(c *mem.CacheConfig) { c.MSHRs = 0 },
		"latency: -2":                          func(c *mem.CacheConfig) { c.Latency = -2 },
		"size 4.5 KiB is no multiple of 2 sli": func(c *mem.CacheConfig) { c.Size = 4608 },
	} {
		c := good
		spoil(&c)
		_, err := mem.NewCache(c)
		assert.ErrorContains(t, err, want)
	}
}

func TestCacheTakesNoMemory(t *testing.T) {
	k, err := mem.NewCache(mem.CacheConfig{Size: 64 << 10, Line: 128, Sector: 32, Ways: 8, Slices: 4, MSHRs: 8, Merges: 3})
	require.NoError(t, err)
	now := int64(0)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		now++
		r, _ := k.Access(now, now*4096%(1<<20), 32, now%3 == 0, now)
		if r.Outcome == mem.Miss {
			_, _ = k.Fill(r.MSHR)
		}
	}))
}

func BenchmarkCache(b *testing.B) {
	k, err := mem.NewCache(mem.CacheConfig{Size: 4 << 20, Line: 128, Sector: 32, Ways: 16, Slices: 16, Hashed: true, MSHRs: 32, Merges: 8, Latency: 200})
	require.NoError(b, err)
	b.ReportAllocs()
	for i := range int64(b.N) {
		r, _ := k.Access(i, i*7919%(1<<18)*32, 32, i%3 == 0, i)
		if r.Outcome == mem.Miss {
			_, _ = k.Fill(r.MSHR)
		}
	}
}
