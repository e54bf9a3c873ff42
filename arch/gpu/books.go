package gpu

import (
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

// books are the counters of a run, and how the edges of each unit were spent.
type books struct {
	launch, sm, tensor, fp32, sfu, shared, l2, dram *results.Stats
	ends                                            []int64
	spent                                           map[*results.Stats]*spent
}

// spent is a unit's edges in each state, as a mean over the SMs.
type spent struct{ busy, input, memory float64 }

func newBooks(layers int, dtype string) *books {
	b := &books{ends: make([]int64, layers), spent: map[*results.Stats]*spent{}}
	b.launch = results.NewStats("launch", layers, "kernels", "ctas")
	b.sm = results.NewStats("sm", layers, "steps")
	b.tensor = results.NewStats("tensor", layers, "mac_"+dtype, "mac_skipped")
	b.fp32 = results.NewStats("fp32", layers, "mac_"+dtype, "mac_skipped", "simple_ops")
	b.sfu = results.NewStats("sfu", layers, "special_ops")
	b.shared = results.NewStats("smem", layers, "bytes")
	b.l2 = results.NewStats("l2", layers, "read_bytes", "write_bytes")
	b.dram = results.NewStats("dram", layers, "read_bytes", "write_bytes")
	for _, s := range b.all() {
		b.spent[s] = &spent{}
	}
	return b
}

// all lists the counters in the order reports are made.
func (b *books) all() []*results.Stats {
	return []*results.Stats{b.launch, b.sm, b.tensor, b.fp32, b.sfu, b.shared, b.l2, b.dram}
}

// kernel books a kernel that has run: what it counted, and how long its units were at it.
func (b *books) kernel(layer int, c *Config, g *grid, from, to, gap int64) {
	k, t, sms := g.k, &g.tally, float64(c.SM.Count)
	b.launch.Add(layer, 0, 1)
	b.launch.Add(layer, 1, int64(k.ctas))
	b.sm.Add(layer, 0, t.steps)
	pipe := b.tensor
	if k.events == fp32Pipe {
		pipe = b.fp32
	}
	pipe.Add(layer, evMACs, k.macs)
	pipe.Add(layer, evSkipped, k.skipped)
	b.fp32.Add(layer, evSimple, k.simple)
	b.sfu.Add(layer, 0, k.special)
	b.shared.Add(layer, 0, t.shared*int64(c.SM.Width))
	b.l2.Add(layer, evRead, t.l2Read)
	b.l2.Add(layer, evWrite, t.l2Write)
	b.dram.Add(layer, evRead, t.dramRead)
	b.dram.Add(layer, evWrite, t.dramWrite)

	length := float64(to - from - gap)
	b.spent[b.launch].busy += float64(gap)
	waits := sms * float64(max(1, t.resident))
	memory, input := float64(t.waitDRAM)/waits, float64(t.waitL2)/waits
	if over := (memory + input) / max(1, length); over > 1 {
		memory, input = memory/over, input/over
	}
	math := min(float64(t.math)/sms, length)
	b.enter(b.sm, length-memory-input, input, memory)
	b.enter(pipe, math, min(input, length-math), max(0, min(memory, length-math-input)))
	b.enter(b.sfu, min(float64(t.sfu)/sms, length), 0, 0)
	b.enter(b.shared, min(float64(t.shared)/sms, length), 0, 0)
	b.enter(b.l2, min(float64(t.l2Read+t.l2Write)/float64(c.L2.Bandwidth), length), 0, 0)
	b.enter(b.dram, min(float64(t.dramRead+t.dramWrite)/g.perEdge, length), 0, 0)
}

func (b *books) enter(s *results.Stats, busy, input, memory float64) {
	e := b.spent[s]
	e.busy, e.input, e.memory = e.busy+busy, e.input+input, e.memory+memory
}

// finish enters the states of a unit, which sum to the run.
func (b *books) finish(s *results.Stats, cycles int64) results.Unit {
	e := b.spent[s]
	busy := min(int64(e.busy), cycles)
	memory := min(int64(e.memory), cycles-busy)
	input := min(int64(e.input), cycles-busy-memory)
	s.Enter(results.Busy, 0)
	s.Enter(results.WaitMemory, busy)
	s.Enter(results.WaitInput, busy+memory)
	s.Enter(results.Idle, busy+memory+input)
	return s.Finish(cycles)
}
