package gpu

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nnsim/results"
)

// Kinds of events, by unit.
const (
	evMACs    = iota // tensor and fp32: multiply-adds
	evSkipped        // and those a mask makes useless
	evSimple
)
const (
	evRead = iota
	evWrite
)
const (
	evSteps = iota
	evWarps
	evLimit
	evPlaces
	evReasons // the first of them
)

// books are the counters of a run, and how the edges of each unit were spent.
type books struct {
	launch, sm, tensor, fp32, sfu, shared, l2, dram *results.Stats
	traffic                                         *results.Traffic
	ends                                            []int64
	warps                                           [][]results.WarpTime // by layer
}

func newBooks(layers int, dtype string) *books {
	b := &books{ends: make([]int64, layers), warps: make([][]results.WarpTime, layers), traffic: results.NewTraffic(layers)}
	b.launch = results.NewStats("launch", layers, "kernels", "ctas")
	b.sm = results.NewStats("sm", layers, append([]string{"steps", "warp_edges", "warp_edges_limit", "place_edges"}, reasonNames[:]...)...)
	b.tensor = results.NewStats("tensor", layers, "mac_"+dtype, "mac_skipped")
	b.fp32 = results.NewStats("fp32", layers, "mac_"+dtype, "mac_skipped", "simple_ops")
	b.sfu = results.NewStats("sfu", layers, "special_ops")
	b.shared = results.NewStats("smem", layers, "bytes", "bank_conflicts")
	b.l2 = results.NewStats("l2", layers, "read_bytes", "write_bytes")
	b.dram = results.NewStats("dram", layers, "read_bytes", "write_bytes")
	return b
}

// all lists the counters in the order reports are made.
func (b *books) all() []*results.Stats {
	return []*results.Stats{b.launch, b.sm, b.tensor, b.fp32, b.sfu, b.shared, b.l2, b.dram}
}

// kernel books a kernel that has run: what it counted, and how long its units were at it.
func (b *books) kernel(layer int, c *Config, g *grid, from, to, gap int64) {
	k, t := g.k, &g.tally
	b.launch.Add(layer, 0, 1)
	b.launch.Add(layer, 1, int64(k.ctas))
	b.sm.Add(layer, evSteps, t.steps)
	b.stalls(layer, c, g, int64(to-from-gap))
	b.warps[layer] = append(b.warps[layer], g.warpTimes()...)
	pipe := b.pipe(k)
	pipe.Add(layer, evMACs, k.macs)
	pipe.Add(layer, evSkipped, k.skipped)
	b.fp32.Add(layer, evSimple, k.simple)
	b.sfu.Add(layer, 0, k.special)
	b.shared.Add(layer, 0, t.shared*int64(c.SM.Width))
	b.shared.Add(layer, 1, k.conflicts)
	b.l2.Add(layer, evRead, t.l2Read)
	b.l2.Add(layer, evWrite, t.l2Write)
	b.dram.Add(layer, evRead, t.dramRead)
	b.dram.Add(layer, evWrite, t.dramWrite)
	params := min(t.params+k.params, t.dramRead)
	b.traffic.Read(layer, results.Weights, params)
	b.traffic.Read(layer, results.Inputs, t.dramRead-params)
	b.traffic.Write(layer, results.Outputs, t.dramWrite)
	b.spend(layer, c, g, from, to, gap)
}

// spend books what the units did while a kernel ran, as a mean over the SMs.
func (b *books) spend(layer int, c *Config, g *grid, from, to, gap int64) {
	k, t, sms := g.k, &g.tally, float64(c.SM.Count)
	length := float64(to - from - gap)
	enter := func(s *results.Stats, busy, input, memory float64) {
		s.Serve(layer, 0)
		s.Spend(from+gap, to, results.Spent{Busy: int64(busy), Input: int64(input), Memory: int64(memory)})
	}
	b.launch.Serve(layer, 0)
	b.launch.Spend(from, from+gap, results.Spent{Busy: gap})
	waits := sms * float64(max(1, t.resident))
	memory, input := float64(t.stalls[onDRAM])/waits, float64(t.stalls[onL2])/waits
	if over := (memory + input) / max(1, length); over > 1 {
		memory, input = memory/over, input/over
	}
	pipe, math := b.pipe(k), min(float64(t.math)/sms, length)
	enter(b.sm, length-memory-input, input, memory)
	enter(pipe, math, min(input, length-math), max(0, min(memory, length-math-input)))
	enter(b.sfu, min(float64(t.sfu)/sms, length), 0, 0)
	enter(b.shared, min(float64(t.shared)/sms, length), 0, 0)
	enter(b.l2, min(float64(t.l2Read+t.l2Write)/float64(c.L2.Bandwidth), length), 0, 0)
	if moved := float64(t.dramRead + t.dramWrite); moved > 0 {
		enter(b.dram, min(moved/g.perEdge, length), 0, 0)
	}
}

// pipe is the unit that multiplies in a kernel.
func (b *books) pipe(k *kernel) *results.Stats {
	if k.events == fp32Pipe {
		return b.fp32
	}
	return b.tensor
}

// stalls books what the CTAs of a kernel waited for, and its occupancy: edges of
// resident warps, of those that the SMs can hold.
func (b *books) stalls(layer int, c *Config, g *grid, length int64) {
	t := &g.tally
	places, known := int64(len(g.slots))*length, int64(0)
	for why := range noCTA {
		b.sm.Add(layer, evReasons+int(why), t.stalls[why])
		known += t.stalls[why]
	}
	b.sm.Add(layer, evReasons+int(noCTA), max(0, places-known))
	b.sm.Add(layer, evPlaces, places)
	b.sm.Add(layer, evWarps, known*int64(g.k.warps))
	b.sm.Add(layer, evLimit, length*int64(c.SM.Count*c.SM.Warps))
}

// occupancy is the share of all the warps SMs can hold that were there, over the run.
func (b *books) occupancy() float64 {
	if most := b.sm.Total(evLimit); most > 0 {
		return float64(b.sm.Total(evWarps)) / float64(most)
	}
	return 0
}

// waits says what CTAs spent their edges on, most first.
func (b *books) waits() string {
	by, total := map[string]int64{}, int64(0)
	for i, name := range reasonNames {
		by[name] = b.sm.Total(evReasons + i)
		total += by[name]
	}
	return ranked(by, total)
}

// ranked lists reasons by their share, most first, those below half a percent left out.
func ranked(by map[string]int64, total int64) string {
	order := append(reasonNames[:], "through")
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(by[b], by[a]) })
	var parts []string
	for _, name := range order {
		if share := float64(by[name]) / float64(max(1, total)); share >= 0.005 {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", strings.ReplaceAll(strings.TrimPrefix(name, "stall_"), "_", " "), 100*share))
		}
	}
	return strings.Join(parts, ", ")
}
