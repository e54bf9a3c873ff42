package traffic_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/traffic"
	"nnsim/workloads/catalog"
)

func sram(t testing.TB, sets ...string) *traffic.SRAM {
	text, ok := traffic.Presets.Text("sram-64k")
	require.True(t, ok)
	m, err := traffic.OpenSRAM("sram-64k", text, sets)
	require.NoError(t, err)
	return m
}

// plainPad is the obvious scratchpad: for each bank, kind of port and edge, how many
// words are served. A word takes the first edge with a port that is free, and no
// edge before that of the word that came to its bank before it.
type plainPad struct {
	banks, read, write, latency, outstanding int64

	served         map[[3]int64]int64
	latest         map[[2]int64]int64
	done           []int64
	before         int64 // when the latest request was offered
	end, conflicts int64
}

// ask offers a request of words as early as it can be.
func (p *plainPad) ask(words []int64, write bool) {
	now := p.before + 1
	if i := int64(len(p.done)) - p.outstanding; i >= 0 {
		now = max(now, p.done[i])
	}
	p.before = now
	kind, ports := int64(0), p.read
	if write && p.write > 0 {
		kind, ports = 1, p.write
	}
	last, alone := now, map[int64]int64{}
	for _, w := range words {
		bank := w % p.banks
		edge := max(now, p.latest[[2]int64{kind, bank}])
		for p.served[[3]int64{kind, bank, edge}] == ports {
			edge++
		}
		p.served[[3]int64{kind, bank, edge}]++
		p.latest[[2]int64{kind, bank}] = edge
		last = max(last, edge+1)
		alone[bank]++
	}
	most := int64(0)
	for _, n := range alone {
		most = max(most, (n+ports-1)/ports)
	}
	p.conflicts += most - (int64(len(words))+p.banks*ports-1)/(p.banks*ports)
	p.done = append(p.done, last+p.latency)
	p.end = max(p.end, last+p.latency)
}

// A scratchpad under a stream is the plain one: cycles, and those lost to conflicts.
func TestScratchpadIsPlain(t *testing.T) {
	for _, c := range []plainPad{{banks: 16, read: 1, write: 1, latency: 2, outstanding: 8}, {banks: 4, read: 1, latency: 0, outstanding: 3},
		{banks: 8, read: 2, write: 1, latency: 5, outstanding: 64}, {banks: 1, read: 3, latency: 1, outstanding: 1}} {
		m := sram(t, fmt.Sprintf("banks=%d", c.banks), fmt.Sprintf("ports.read=%d", c.read), fmt.Sprintf("ports.write=%d", c.write),
			fmt.Sprintf("latency=%d", c.latency), fmt.Sprintf("outstanding=%d", c.outstanding))
		for _, count := range []int64{1, 4, 16, 24} {
			for _, stride := range []int64{1, 2, 3, 4, 16, 17} {
				for _, pattern := range []string{"seq", "mix21"} {
					p := c
					p.served, p.latest, p.before = map[[3]int64]int64{}, map[[2]int64]int64{}, -1
					const requests = 60 // fewer than cover a quarter of the memory, whatever the stride
					for i := range int64(requests) {
						at, base, write := i, int64(0), false
						if pattern == "mix21" { // the arrays lie a quarter apart
							at, base, write = i/3, i%3*2048, i%3 == 2
						}
						words := make([]int64, count)
						for k := range words {
							words[k] = base + at/stride*stride*count + at%stride + int64(k)*stride
						}
						p.ask(words, write)
					}
					run := stream(t, m, fmt.Sprintf("stream:pattern=%s,bytes=%dB,burst=%dB,stride=%d", pattern, requests*count*8, count*8, stride))
					name := fmt.Sprintf("%s, %d words, stride %d, %d banks", pattern, count, stride, c.banks)
					require.Equal(t, p.end, run.Cycles, name)
					require.Equal(t, p.conflicts, run.Units["sram"].Events["conflict_cycles"], name)
					require.EqualValues(t, requests*count*8, run.OnChip.ReadBytes+run.OnChip.WriteBytes, name)
				}
			}
		}
	}
}

// Two halves are filled and read at once, so that a copy takes half the time and a
// tile more; with a stride that conflicts, the slower side is all that counts.
func TestDoubleBufferOverlaps(t *testing.T) {
	const spec = "stream:pattern=seq,bytes=1MiB,mode=copy"
	by, both := stream(t, sram(t), spec), stream(t, sram(t, "double=true"), spec)
	assert.EqualValues(t, 16*2*(512+2), by.Cycles, "16 tiles, each filled and then read: 512 requests and the latency")
	assert.EqualValues(t, 33*(256+2), both.Cycles, "32 tiles of half the size, and one more to begin with")
	e := both.Units["sram"].Events
	assert.EqualValues(t, 31*(256+2), e["overlap_cycles"])
	assert.EqualValues(t, 33, e["swaps"])
	assert.Zero(t, by.Units["sram"].Events["overlap_cycles"])
	for _, run := range []int64{by.OnChip.ReadBytes, by.OnChip.WriteBytes, both.OnChip.ReadBytes, both.OnChip.WriteBytes} {
		assert.EqualValues(t, 1<<20, run)
	}
	slow := stream(t, sram(t, "double=true"), spec+",stride=16")
	s := slow.Units["sram"].Events
	assert.Equal(t, slow.Cycles, s["use_cycles"]+256+2, "all but the first tile's filling is hidden")
	assert.Greater(t, s["use_cycles"], 2*s["fill_cycles"])
	assert.Equal(t, slow, stream(t, sram(t, "double=true"), spec+",stride=16"))
}

// Random vectors come out the same twice, keep the laws, and cost what their words do.
func TestScratchpadStreams(t *testing.T) {
	assert.Equal(t, []string{"sram-64k"}, traffic.SRAMPresets())
	m := sram(t)
	for _, spec := range []string{"random,requests=500", "randmix21,requests=500,gap=2.5", "random,bytes=64KiB,stride=8", "seq,bytes=64KiB,mode=write"} {
		run := stream(t, m, "stream:pattern="+spec)
		assert.Equal(t, run, stream(t, m, "stream:pattern="+spec))
		e := run.Units["sram"].Events
		assert.EqualValues(t, 16*e["requests"], e["read_words"]+e["write_words"])
		assert.Equal(t, e["write_words"]*8, run.OnChip.WriteBytes)
		assert.Positive(t, float64(run.EnergyJoules))
	}
	once, twice := stream(t, m, "stream:pattern=seq,bytes=64KiB"), stream(t, sram(t, "clock=2 GHz"), "stream:pattern=seq,bytes=64KiB")
	assert.Equal(t, once.Cycles, twice.Cycles)
	assert.InDelta(t, float64(once.Seconds), 2*float64(twice.Seconds), 1e-15)
}

func TestScratchpadRefuses(t *testing.T) {
	text, _ := traffic.Presets.Text("sram-64k")
	for set, want := range map[string]string{
		"banks=0": "must be at least 1", "banks=7": "no multiple of 7 banks", "width=3 B": "no multiple of 16 banks", "latency=-1": "at least 0",
		"ports.read=0": "must be at least 1", "request=12 B": "no multiple of words of 8 B", "request=128 KiB": "does not fit into 8192 words",
		"banks=4096": "price", "size=2 GiB": "at most 1 GiB", "width=256 TiB": "at most 1 MiB",
	} {
		_, err := traffic.OpenSRAM("f.yaml", text, []string{set})
		require.ErrorContains(t, err, want, set)
		assert.NotContains(t, err.Error(), "\n")
	}
	for spec, want := range map[string]string{
		"rowconf,requests=5": "is of rows of DRAM", "uniform,rate=.1": "is for networks", "seq,requests=5,within=64KiB": "leave it out",
		"seq,bytes=64KiB,stride=1024": "does not fit into 8192 words", "random,bytes=64KiB,mode=copy": "mode=copy goes with pattern=seq", "seq,bytes=64KiB,burst=12B": "no multiple of words",
	} {
		w, err := catalog.Open("stream:pattern="+spec, catalog.Defaults{})
		require.NoError(t, err)
		assert.ErrorContains(t, sram(t).Takes(*w.Stream), want)
	}
	w, err := catalog.Open("stream:pattern=random,requests=5", catalog.Defaults{})
	require.NoError(t, err)
	assert.ErrorContains(t, sram(t, "double=true").Takes(*w.Stream), "is double")
	assert.ErrorContains(t, sram(t).Supports(sram(t).Native()), "runs no layers")
}
