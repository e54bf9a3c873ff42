package traffic

import (
	"fmt"
	"strings"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// transfer is one descriptor of a stream of bursts.
type transfer struct {
	mem.Descriptor
	side mem.Side
}

// transfers makes the descriptors of a stream over a memory of so many bytes:
//
//	seq      one read of all bytes
//	blk21    8 KiB read, then 4 KiB written to the upper half, in turn
//	mix21    a block of a read, one of b read, one of c written; the arrays lie a quarter of the memory apart
func transfers(s catalog.Stream, capacity int64) (list []transfer, err error) {
	total := int64(s.Bytes)
	load := func(at, n int64) {
		list = append(list, transfer{mem.Descriptor{Src: at, Row: n}, mem.OffChipSource})
	}
	store := func(at, n int64) {
		list = append(list, transfer{mem.Descriptor{Dst: at, Row: n}, mem.OffChipDestination})
	}
	const block = 4 << 10
	switch s.Pattern {
	case "seq":
		load(0, total)
	case "blk21":
		for i := int64(0); i*3*block < total; i++ {
			left := total - i*3*block
			load(i*2*block%(capacity/2), min(2*block, left))
			if left > 2*block {
				store(capacity/2+i*block%(capacity/2), min(block, left-2*block))
			}
		}
	case "mix21":
		for i := int64(0); i*block < total; i++ {
			at, n := i/3*block%(capacity/4)+i%3*(capacity/4), min(block, total-i*block)
			if i%3 == 2 {
				store(at, n)
			} else {
				load(at, n)
			}
		}
	default:
		return nil, fmt.Errorf("stream: bytes= moves blocks by DMA, which pattern=%s does not; use pattern=%s, or requests=", s.Pattern, strings.Join([]string{"seq", "blk21", "mix21"}, ", "))
	}
	return list, nil
}

// bursts runs a stream through a DMA engine and the memory, each in an Akita component.
func (m *Memory) bursts(s catalog.Stream) (*results.Run, error) {
	list, err := transfers(s, m.bytes())
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
	dma, err := box.Attach("DMA", cfg, func(_ int64, at unit.Edge) { end = max(end, at) })
	if err != nil {
		return nil, err
	}
	for i, x := range list {
		if err := dma.Push(x.Descriptor, x.side, int64(i)); err != nil {
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
