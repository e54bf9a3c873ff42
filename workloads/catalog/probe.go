package catalog

import (
	"fmt"

	"nnsim/unit"
	"nnsim/workloads"
)

// Probe is a microbenchmark of a GPU: what chases pointers, streams, multiplies or
// reads shared memory, and nothing else.
type Probe struct {
	Kind string // chase, copy, mma or banks

	Space  string     // chase: global or shared
	Bytes  unit.Bytes // chase: of the buffer; copy: of an array
	Stride unit.Bytes // chase: from one pointer to the next; banks: from one lane to the next
	Walk   int        // chase: loads of a run, which begins where the one before began; 0: a round
	Loads  int        // chase: of these are timed
	Seed   uint64

	Pattern string // copy: see CopyPatterns
	Threads int    // copy: of a CTA
	CTAs    int    // copy: of an SM at a time

	Precision *workloads.Precision // mma; nil: the device's native one
	Warps     int                  // mma: of an SM
	ILP       int                  // mma: operations of a warp that do not wait for one another
	Sync      bool                 // mma: of single warps also where groups of warps multiply

	Width unit.Bytes // banks: of a lane's access

	Counted map[string]float64 // counters: what a profiler has counted, by CounterNames
}

// CounterNames are the counters that workload counters takes: elapsed cycles, idle SMs (a
// mean), the pipelines' duty (a share of all cycles of all SMs), instructions of warps (where
// left out, as many as the duty has in the mean), whether matrix instructions fill it, and accesses: of L1 and L2 by read, write, hit and miss, of the
// constant cache and shared memory by warp, of DRAM by sector of 32 bytes.
func CounterNames() []string {
	return []string{"cycles", "idle", "duty", "inst", "tensor", "l1rh", "l1rm", "l1wh", "l1wm", "const", "shared", "l2rh", "l2rm", "l2w", "dramr", "dramw"}
}

// CopyPatterns are the kernels of copy.
func CopyPatterns() []string {
	return []string{"init", "read", "scale", "triad", "stencil3", "stencil5", "pieces"}
}

// probes are the inline workloads that make one.
var probes = []source{
	{name: "chase", operator: true, about: "one lane that follows pointers through a buffer: latency of a GPU's memories", keys: []key{
		{name: "bytes", kind: bytes, needed: true}, {name: "stride", kind: bytes, def: "128B"}, {name: "space", kind: oneOf("global", "shared"), def: "global"},
		{name: "walk", kind: count}, {name: "loads", kind: count, def: "20000"}, {name: "seed", kind: seed},
	}, open: probe("chase")},
	{name: "copy", operator: true, about: "a streaming kernel with so many threads on each SM of a GPU: bandwidth against occupancy; pieces: of L2", keys: []key{
		{name: "pattern", kind: oneOf(CopyPatterns()...), needed: true}, {name: "bytes", kind: bytes, def: "33554432B"},
		{name: "threads", kind: count, def: "1024"}, {name: "ctas", kind: count, def: "2"},
	}, open: probe("copy")},
	{name: "mma", operator: true, about: "matrix instructions back to back on one SM of a GPU: their rate", keys: []key{
		{name: "dtype", kind: format}, {name: "warps", kind: count, def: "8"}, {name: "ilp", kind: count, def: "4"}, {name: "instr", kind: oneOf("native", "mma"), def: "native"},
	}, open: probe("mma")},
	{name: "banks", operator: true, about: "a warp that reads shared memory with a stride: conflicts of its banks", keys: []key{
		{name: "stride", kind: bytes, needed: true}, {name: "width", kind: bytes, def: "4B"}, {name: "loads", kind: count, def: "1000"},
	}, open: probe("banks")},
	{name: "counters", operator: true, about: "what a profiler has counted of a kernel, priced on a GPU without simulation: its power", keys: counterKeys(), open: probe("counters")},
}

// counterKeys are the keys of counters.
func counterKeys() (keys []key) {
	for _, name := range CounterNames() {
		k := key{name: name, kind: spacing}
		switch name {
		case "cycles":
			k.kind, k.needed = count, true
		case "duty":
			k.kind = fraction
		case "tensor":
			k.kind = yesNo
		}
		keys = append(keys, k)
	}
	return keys
}

// probe makes a source's open of what kind of probe it is.
func probe(kind string) func(*Workload, values) error {
	return func(w *Workload, v values) error { return openProbe(kind, w, v) }
}

func openProbe(kind string, w *Workload, v values) error {
	p := &Probe{Kind: kind, Precision: w.Precision, Space: v.word("space"), Bytes: unit.Bytes(v.number["bytes"]), Stride: unit.Bytes(v.number["stride"]), Walk: v.int("walk"), Loads: v.int("loads"),
		Seed: w.Seed, Pattern: v.word("pattern"), Threads: v.int("threads"), CTAs: v.int("ctas"), Warps: v.int("warps"), ILP: v.int("ilp"),
		Sync: v.word("instr") == "mma", Width: unit.Bytes(v.number["width"])}
	if kind == "counters" {
		p.Counted = v.number
	}
	switch {
	case p.Kind == "chase" && (p.Stride%4 != 0 || p.Stride > p.Bytes):
		return fmt.Errorf("stride=%d: pointers are a multiple of 4 bytes apart, and no further than bytes=%d", p.Stride, p.Bytes)
	case p.Kind == "chase" && p.Bytes/p.Stride > mostPointers:
		return fmt.Errorf("bytes=%d with stride=%d are %d pointers; at most %d are chased", p.Bytes, p.Stride, p.Bytes/p.Stride, mostPointers)
	case p.Kind == "chase" && p.Walk > mostPointers:
		return fmt.Errorf("walk=%d; a run has up to %d loads", p.Walk, mostPointers)
	case p.Kind == "copy" && (p.Bytes < leastCopied || p.Bytes > mostCopied):
		return fmt.Errorf("bytes=%d; arrays of %d to %d bytes are streamed", p.Bytes, leastCopied, mostCopied)
	case p.Kind == "copy" && (p.Threads > 1024 || p.Threads%16 != 0):
		return fmt.Errorf("threads=%d; a CTA has a multiple of 16, up to 1024", p.Threads)
	case p.Kind == "copy" && p.Pattern == "pieces" && 65536/p.Threads*p.Threads != 65536:
		return fmt.Errorf("threads=%d; a CTA that reads pieces of 512 KiB has 32, 64, 128, 256, 512 or 1024", p.Threads)
	case p.Kind == "mma" && (p.Warps > mostMMA || p.ILP > mostMMA):
		return fmt.Errorf("warps=%d,ilp=%d; at most %d of each", p.Warps, p.ILP, mostMMA)
	case p.Kind == "banks" && (p.Width != 4 && p.Width != 8 && p.Width != 16 || p.Stride%4 != 0):
		return fmt.Errorf("stride=%d,width=%d; a lane reads 4, 8 or 16 bytes, a multiple of 4 bytes apart", p.Stride, p.Width)
	}
	w.Probe = p
	return nil
}

// What a probe may be asked for, so that it is done in seconds.
const (
	mostPointers = 1 << 23
	leastCopied  = 1 << 20
	mostCopied   = 1 << 29
	mostMMA      = 64
)
