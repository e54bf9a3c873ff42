package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// blocks are the patterns that bytes= knows, by what their i-th descriptor is in a
// memory of so many bytes:
//
//	seq      reads, one after the other
//	blk21    8 KiB read, then 4 KiB written to the upper half, in turn
//	mix21    a block of a read, one of b read, one of c written; the arrays lie a quarter of the memory apart
var blocks = map[string]func(i, capacity int64) (at, n int64, write bool){
	"seq": func(i, _ int64) (int64, int64, bool) { return i * long, long, false },
	"blk21": func(i, capacity int64) (int64, int64, bool) {
		if i%2 == 1 {
			return capacity/2 + i/2*block%(capacity/2), block, true
		}
		return i / 2 * 2 * block % (capacity / 2), 2 * block, false
	},
	"mix21": func(i, capacity int64) (int64, int64, bool) {
		return i/3*block%(capacity/4) + i%3*(capacity/4), block, i%3 == 2
	},
}

// Sizes of descriptors: of the mixed patterns, and of those that only read.
const (
	block = 4 << 10
	long  = 1 << 20
)

// transfers hands out the descriptors of a stream.
type transfers struct {
	turned         bool // reads are writes
	of             func(i, capacity int64) (at, n int64, write bool)
	next           int64
	left, capacity int64
}

func newTransfers(s catalog.Stream, capacity int64) (*transfers, error) {
	of, ok := blocks[s.Pattern]
	if !ok {
		return nil, fmt.Errorf("stream: bytes= moves blocks by DMA, which pattern=%s does not; use pattern=%s, or requests=", s.Pattern, strings.Join(slices.Sorted(maps.Keys(blocks)), ", "))
	}
	if s.Mode == "copy" || s.Mode == "write" && s.Pattern != "seq" {
		return nil, fmt.Errorf("stream: a memory alone moves bytes= with mode=read, or pattern=seq,mode=write, not pattern=%s,mode=%s", s.Pattern, s.Mode)
	}
	return &transfers{of: of, turned: s.Mode == "write", left: int64(s.Bytes), capacity: capacity}, nil
}

// take is the next descriptor: where it lies, how long it is and whether it is written.
func (t *transfers) take() (at, n int64, write, ok bool) {
	if t.left == 0 {
		return 0, 0, false, false
	}
	at, n, write = t.of(t.next, t.capacity)
	n = min(n, t.left)
	t.left -= n
	t.next++
	return at, n, write || t.turned, true
}

// push gives an engine the next descriptor, if there is one.
func (t *transfers) push(d *mem.DMABox) error {
	at, n, write, ok := t.take()
	if !ok {
		return nil
	}
	x, side := mem.Descriptor{Src: at, Row: n}, mem.OffChipSource
	if write {
		x, side = mem.Descriptor{Dst: at, Row: n}, mem.OffChipDestination
	}
	return d.Push(x, side, t.next)
}

// bursts runs a stream through a DMA engine and the memory, each in an Akita
// component. The engine always has more descriptors than it can have begun.
func (m *Memory) bursts(s catalog.Stream) (*results.Run, error) {
	list, err := newTransfers(s, m.bytes())
	if err != nil {
		return nil, err
	}
	cfg, reach := m.cfg.dma(s.Burst)
	e := engine.New(m.clock)
	box, err := mem.NewOffChipBox(e, "Memory", m.core, cfg.Outstanding, reach)
	if err != nil {
		return nil, err
	}
	end := unit.Edge(0)
	var dma *mem.DMABox
	dma, err = box.Attach("DMA", cfg, func(_ int64, at unit.Edge) {
		end = max(end, at)
		if err := list.push(dma); err != nil {
			e.Fail(err)
		}
	})
	if err != nil {
		return nil, err
	}
	for range 2*cfg.Outstanding + 2 {
		if err := list.push(dma); err != nil {
			return nil, err
		}
	}
	if err := e.Run(); err != nil {
		return nil, err
	}
	t := box.Memory().Tally()
	return m.report(served{reads: t.ReadLines, writes: t.WriteLines, hash: t.Hash, took: box.Memory().Latencies(), end: end,
		count: box.Memory().Counters(end), events: e.Events()})
}
