package traffic_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext/prng"

	"nnsim/arch/traffic"
	"nnsim/results"
)

// plainCache is the obvious cache: for each set a list of lines, the latest used
// last, and maps of sectors. It knows nothing of time.
type plainCache struct {
	line, sector, ways, sets, slices int64
	through                          bool
	order                            map[[2]int64][]int64
	valid, dirty                     map[int64]bool // by number of sector

	hits, misses, evictions, reads, writes int64 // reads and writes are lines of 64 B off the chip
}

// access is one line of 64 B, sector by sector.
func (p *plainCache) access(addr int64, write bool) {
	fetched := int64(-1)
	for at := addr; at < addr+64; at += min(64, p.sector) {
		sector, line := at/p.sector, at/p.line
		home := [2]int64{line % p.slices, line / p.slices % p.sets}
		if p.valid[sector] {
			p.hits++
		} else {
			p.misses++
		}
		if write && p.through {
			if p.writes++; p.valid[sector] {
				p.use(home, line)
			}
			continue
		}
		p.use(home, line)
		whole := write && p.sector <= 64
		if grain := at / max(64, p.sector); !p.valid[sector] && !whole && fetched != grain {
			fetched = grain
			p.reads += max(64, p.sector) / 64
		}
		p.valid[sector] = true
		if write {
			p.dirty[sector] = true
		}
	}
}

// use makes a line the latest of its set; one that is new may send another out.
func (p *plainCache) use(home [2]int64, line int64) {
	var rest []int64
	found := false
	for _, l := range p.order[home] {
		if l == line {
			found = true
			continue
		}
		rest = append(rest, l)
	}
	if !found && int64(len(rest)) == p.ways {
		p.drop(rest[0])
		rest = rest[1:]
	}
	p.order[home] = append(rest, line)
}

func (p *plainCache) drop(line int64) {
	p.evictions++
	written := map[int64]bool{}
	for s := line * p.line / p.sector; s < (line+1)*p.line/p.sector; s++ {
		if p.dirty[s] {
			written[s*p.sector/max(64, p.sector)] = true
		}
		delete(p.valid, s)
		delete(p.dirty, s)
	}
	p.writes += int64(len(written)) * max(64, p.sector) / 64
}

// plainStream lists the lines of a pattern within 64 KiB.
func plainStream(pattern string, n int64, each func(addr int64, write bool)) {
	r := prng.NewMT19937_64()
	r.Seed(12345)
	for i := range n {
		line, write := i%1024, false
		switch pattern {
		case "mix21":
			line, write = i%3*256+i/3%256, i%3 == 2
		case "random":
			line = int64(r.Uint64() % 1024)
		case "randmix21":
			write = r.Uint64()%3 == 0
			line = int64(r.Uint64() % 1024)
		}
		each(line*64, write)
	}
}

// With time between requests a cache does what the plain one does: hits, misses,
// lines that go, and what crosses the edge of the chip.
func TestCachedIsPlain(t *testing.T) {
	const requests = 1500
	for _, c := range []plainCache{
		{line: 64, sector: 32, ways: 8, sets: 16, slices: 2}, {line: 64, sector: 64, ways: 1, sets: 100, slices: 1},
		{line: 256, sector: 32, ways: 3, sets: 7, slices: 4}, {line: 256, sector: 128, ways: 4, sets: 8, slices: 1},
		{line: 128, sector: 64, ways: 2, sets: 64, slices: 1, through: true}, {line: 64, sector: 32, ways: 4, sets: 32, slices: 1, through: true},
	} {
		for _, pattern := range []string{"seq", "mix21", "random", "randmix21"} {
			p := c
			p.order, p.valid, p.dirty = map[[2]int64][]int64{}, map[int64]bool{}, map[int64]bool{}
			plainStream(pattern, requests, p.access)
			mode := map[bool]string{false: "back", true: "through"}[c.through]
			m := memory(t, "cached-ddr4-2400", fmt.Sprintf("cache.size=%d B", c.line*c.ways*c.sets*c.slices), fmt.Sprintf("cache.line=%d B", c.line),
				fmt.Sprintf("cache.sector=%d B", c.sector), fmt.Sprintf("cache.ways=%d", c.ways), fmt.Sprintf("cache.slices=%d", c.slices), "cache.write="+mode)
			run := stream(t, m, fmt.Sprintf("stream:pattern=%s,requests=%d,within=64KiB,gap=2000", pattern, requests))
			e, name := run.Units["cache"].Events, fmt.Sprintf("%s, line %d, sector %d, %s", pattern, c.line, c.sector, mode)
			require.Equal(t, p.hits, e["read_hits"]+e["write_hits"], name)
			require.Equal(t, p.misses, e["read_misses"]+e["write_misses"], name)
			require.Equal(t, p.evictions, e["evictions"], name)
			require.Equal(t, p.reads*64, run.DRAM.ReadBytes, name)
			require.Equal(t, p.writes*64, run.DRAM.WriteBytes, name)
			require.EqualValues(t, len(p.dirty), e["dirty_sectors_left"], name)
			require.Zero(t, e["mshr_stalls"]+e["misses_merged"], name)
		}
	}
}

// In a closed loop the books agree with one another, and nothing is lost: what is
// read off the chip is what was fetched, and more MSHRs never take longer.
func TestCachedBooks(t *testing.T) {
	for _, pattern := range []string{"seq", "random", "randmix21", "blk21"} {
		last := int64(0)
		for _, mshrs := range []int{64, 16, 4, 1} {
			m := memory(t, "cached-ddr4-2400", "cache.size=64 KiB", fmt.Sprintf("cache.mshrs=%d", mshrs))
			run := stream(t, m, "stream:pattern="+pattern+",requests=6000,within=256KiB")
			e := run.Units["cache"].Events
			assert.EqualValues(t, 12000, e["read_hits"]+e["read_misses"]+e["write_hits"]+e["write_misses"])
			assert.EqualValues(t, 6000*64, run.OnChip.ReadBytes+run.OnChip.WriteBytes)
			if joined := e["read_misses"] - e["fetched_sectors"]; pattern == "seq" || pattern == "random" {
				assert.Equal(t, e["misses_merged"], joined)
			} else { // writes, which are of whole sectors, fetch nothing, but may join
				assert.True(t, joined >= 0 && joined <= e["misses_merged"], "%d, %d", joined, e["misses_merged"])
			}
			assert.Equal(t, e["fetched_sectors"], e["fetches"]+e["fetches_joined"])
			assert.Equal(t, 64*e["fetches"], run.DRAM.ReadBytes)
			assert.Equal(t, 64*e["writes"], run.DRAM.WriteBytes)
			assert.Equal(t, e["lookups"], e["mshr_stalls"]+12000)
			assert.GreaterOrEqual(t, run.Cycles, last, "%s, %d MSHRs", pattern, mshrs)
			assert.Equal(t, run, stream(t, m, "stream:pattern="+pattern+",requests=6000,within=256KiB"))
			last = run.Cycles
		}
	}
}

// A lone miss takes the cache's latency and the memory's; a hit, the cache's and one for its second sector.
func TestCachedTightGates(t *testing.T) {
	alone := stream(t, memory(t, "ddr4-2400"), "stream:pattern=seq,requests=1").Cycles - 1 // ends the cycle after
	for _, latency := range []int64{0, 1, 12} {
		m := memory(t, "cached-ddr4-2400", fmt.Sprintf("cache.latency=%d", latency))
		assert.Equal(t, latency+alone, stream(t, m, "stream:pattern=seq,requests=1").Cycles)
		twice := stream(t, m, "stream:pattern=seq,requests=257,within=16KiB,gap=1000") // the last is the first line again
		assert.Equal(t, 256*1000+max(1, latency)+1, twice.Cycles)
		assert.EqualValues(t, 2, twice.Units["cache"].Events["read_hits"])
		assert.InDelta(t, 0, twice.OnChip.HitRate-2./514, 1e-12)
	}
	off := stream(t, memory(t, "cached-ddr4-2400", "cache.size=0 B"), "stream:pattern=random,requests=500")
	assert.Nil(t, off.OnChip)
	assert.NotContains(t, off.Units, "cache")
	plain := stream(t, memory(t, "ddr4-2400"), "stream:pattern=random,requests=500")
	assert.Equal(t, plain.Cycles, off.Cycles, "a cache of no bytes is no cache")
	through := stream(t, memory(t, "cached-ddr4-2400", "cache.write=through", "cache.mshrs=1"), "stream:pattern=seq,bytes=64KiB,mode=write")
	assert.EqualValues(t, 128<<10, through.DRAM.WriteBytes, "half a line goes as a line")
	assert.Positive(t, through.Units["cache"].Events["write_buffer_stalls"])
	assert.Positive(t, through.Units["cache"].WaitOutput)
	idle, err := memory(t, "cached-ddr4-2400").RunIdle(0.01)
	require.NoError(t, err)
	assert.Equal(t, results.Unit{Idle: idle.Cycles, Events: idle.Units["cache"].Events}, idle.Units["cache"])
	assert.Positive(t, float64(idle.EnergyByUnit["cache"]), "arrays leak")
}

// A DMA engine that gives places back in order is never faster, and more bursts on their way never slower.
func TestOrderOfBursts(t *testing.T) {
	cycles := func(order, outstanding string) int64 {
		m := memory(t, "hbm2-2000", "channels=8", "dma.order="+order, "dma.outstanding="+outstanding)
		return stream(t, m, "stream:pattern=mix21,bytes=1MiB,burst=256B").Cycles
	}
	assert.Greater(t, cycles("in", "64"), cycles("out", "64"))
	assert.Equal(t, cycles("in", "1"), cycles("out", "1"), "a lone burst is in order")
	assert.Greater(t, cycles("out", "1"), 3*cycles("out", "4"))
}

func TestCacheRefuses(t *testing.T) {
	for set, want := range map[string]string{
		"cache.ways=7": "no multiple of 2 slices × 7 ways", "cache.line=96 B": "powers of two", "cache.mshrs=0": "must be at least 1",
		"cache.slices=3": "power of two", "cache.sector=128 B": "1 to 32 sectors", "cache.mshrs=4096": "", "cache.process=90": "must be at most 65",
		"cache.write=no": "write one of back, through", "cache.size=1 KiB": "", "cache.size=2 GiB": "at most 1 GiB", "cache.line=64 TiB": "of at most 1 MiB", "cache.slices=1024": "",
	} {
		text, _ := traffic.Presets.Text("cached-ddr4-2400")
		_, err := traffic.OpenMemory("f.yaml", text, []string{set})
		if want == "" {
			assert.NoError(t, err, set)
			continue
		}
		require.ErrorContains(t, err, want, set)
		assert.NotContains(t, err.Error(), "\n")
	}
}
