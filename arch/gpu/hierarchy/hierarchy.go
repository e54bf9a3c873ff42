package hierarchy

import (
	"fmt"
	"math/rand/v2"

	"nnsim/internal/engine"
)

// Hierarchy is the caches and memories of a GPU while a probe runs.
type Hierarchy struct {
	c      *Config
	sms    []sm
	slices []slice
	dram   *channels
	deal   deal
	ports  []float64 // of groups of SMs, when they are free; nil: there are none
	takers []float64 // when L2 can take more from a group of SMs, or from all
	behind int       // SMs of such a group

	queue   engine.Wakes
	warps   []warp
	fetches []fetch
	free    []int32
	coming  map[int64]int32 // lines on their way to their home slice
	copying map[int64]int32 // and to the mirror of it

	out, back int64 // edges between an SM's L1 and a slice
	hop       int64 // between partitions, each way
	now       int64
	ended     int64
	live      int // warps that have not ended
	program   program
	grid      *grid
	tally     Tally
}

// Tally is what has been counted.
type Tally struct {
	Loads        [levels]int64 // lines loaded, by where they were found
	Edges        [levels]int64 // warps waited so long for them
	L2Read       int64         // bytes
	L2Write      int64
	Linked       int64 // bytes between the partitions
	StoreStalls  int64 // stores that waited for memory to take older ones
	WaitDispatch int64 // edges between the end of a warp and the next one's start
	Events       int64
}

// sm is one SM's side.
type sm struct {
	partition     int
	l1            *tags
	port          float64 // when its port is free
	issue, launch int64   // when L1 takes a line, and the next warp can start
	coming        map[int64]int32
}

// slice is one slice of L2.
type slice struct {
	tags *tags
	free float64 // from when it can take part in what SMs read
	link float64 // and send to the other partition
}

// New makes an empty hierarchy.
func New(c *Config) (*Hierarchy, error) {
	h := &Hierarchy{c: c, sms: make([]sm, c.SMs), slices: make([]slice, c.Slices), coming: map[int64]int32{}, copying: map[int64]int32{},
		hop: (c.Far - c.Near) / 2}
	small, large := min(c.Slices, c.Channels), max(c.Slices, c.Channels)
	switch {
	case large%small != 0:
		return nil, fmt.Errorf("gpu: %d slices of L2 and %d channels of memory; one must be a multiple of the other (l2.slices, memory.channels)", c.Slices, c.Channels)
	case c.Partitions > 2:
		return nil, fmt.Errorf("gpu: %d partitions of L2; microbenchmarks know one or two (l2.partitions)", c.Partitions)
	case c.Slices%c.Partitions != 0:
		return nil, fmt.Errorf("gpu: %d slices in %d partitions; they must be shared evenly (l2.slices, l2.partitions)", c.Slices, c.Partitions)
	case c.L1Latency >= c.Near:
		return nil, fmt.Errorf("gpu: a hit in L1 takes %d cycles and one in L2 %d; it must take longer (l1.latency, l2.latency)", c.L1Latency, c.Near)
	}
	h.deal = newDeal(c.Slices, c.Channels)
	h.seat()
	h.out = (c.Near - c.L1Latency) / 2
	h.back = c.Near - c.L1Latency - h.out
	h.behind = c.SMs
	if c.Group > 0 {
		h.behind = c.Group
		h.ports = make([]float64, (c.SMs+c.Group-1)/c.Group)
	}
	h.takers = make([]float64, (c.SMs+h.behind-1)/h.behind)
	for i := range h.slices {
		h.slices[i].tags = newTags(c.Size/int64(c.Slices), L2Ways)
	}
	var err error
	if h.dram, err = newChannels(c); err != nil {
		return nil, err
	}
	h.dram.read = h.sectorCame
	h.dram.resume = func(w int32, at int64) { h.queue.Push(at, w) }
	return h, nil
}

// spread is an odd number with its bits all over the place (2^64 over the golden ratio).
const spread = 0x9e3779b97f4a7c15

// home is the slice in which a line is at home, and its number there.
func (h *Hierarchy) home(line int64) (slice int32, index int64) {
	unit, index := h.deal.unit(line)
	each := h.deal.units / int64(h.c.Slices)
	return int32(unit / each), index*each + unit%each
}

// channel is the same for memory.
func (h *Hierarchy) channel(line int64) (ch int32, index int64) {
	unit, index := h.deal.unit(line)
	each := h.deal.units / int64(h.c.Channels)
	return int32(unit / each), index*each + unit%each
}

// near tells whether a slice is in the SM's partition.
func (h *Hierarchy) near(smIndex, slice int32) bool {
	return h.sms[smIndex].partition == int(slice)*h.c.Partitions/h.c.Slices
}

// seat gives each SM its partition, the same to neighbours. Numbers do not tell which it is, nor
// do CTAs follow one another in turns of the partitions, so that it is drawn (choice).
func (h *Hierarchy) seat() {
	for i, p := range rand.New(rand.NewPCG(1, 1)).Perm((h.c.SMs + 1) / 2) {
		for sm := 2 * i; sm < min(2*i+2, h.c.SMs); sm++ {
			h.sms[sm].partition = p % h.c.Partitions
		}
	}
}

// mirror is the slice of the other partition that may hold a copy of a line at home in slice.
func (h *Hierarchy) mirror(slice int32) int32 {
	return (slice + int32(h.c.Slices/h.c.Partitions)) % int32(h.c.Slices)
}

// take has a slice move so many bytes and returns when it begins.
func (h *Hierarchy) take(slice int32, at int64, bytes int64) int64 {
	s := &h.slices[slice]
	begun := max(s.free, float64(at))
	s.free = begun + float64(bytes)*float64(h.c.Slices)/h.c.Bandwidth
	return int64(begun)
}

// cross has a slice send bytes to the other partition, beside what it gives to SMs, and returns
// when they begin to arrive.
func (h *Hierarchy) cross(slice int32, at, bytes int64) int64 {
	s := &h.slices[slice]
	begun := max(s.link, float64(at))
	s.link = begun + float64(bytes)*float64(h.c.Slices)/h.c.Link
	h.tally.Linked += bytes
	return int64(begun) + h.hop
}

// cache is an SM's L1, which is made when it is first used.
func (s *sm) cache(c *Config) *tags {
	if s.l1 == nil {
		s.l1, s.coming = newTags(c.L1Size, l1Ways), map[int64]int32{}
	}
	return s.l1
}

// run runs warps and memory to the end, window by window.
func (h *Hierarchy) run() error {
	window := max(1, h.c.Controller-1)
	until := int64(0)
	for h.live > 0 {
		if len(h.queue) > 0 && len(h.dram.active) == 0 {
			until = max(until, h.queue[0].Edge)
		}
		until += window
		for len(h.queue) > 0 && h.queue[0].Edge < until {
			e := h.queue[0]
			h.queue.Pop()
			h.now = e.Edge
			h.tally.Events++
			if int(e.ID) < len(h.warps) {
				h.goOn(e.ID, e.Edge)
			} else {
				h.arrive(e.ID-int32(len(h.warps)), e.Edge)
			}
		}
		h.dram.until(until)
		if h.dram.err != nil {
			return h.dram.err
		}
		if h.live > 0 && len(h.queue) == 0 && len(h.dram.active) == 0 {
			return fmt.Errorf("gpu: memory hierarchy: deadlock at edge %d: %d warps wait and nothing is on its way", h.now, h.live)
		}
	}
	return nil
}

// Tally is what has been counted so far.
func (h *Hierarchy) Tally() Tally { return h.tally }

// OffChip is what memory has moved, in bytes, and its rate of row hits.
func (h *Hierarchy) OffChip() (read, written int64, rowHits float64) {
	return h.dram.readBytes, h.dram.writeBytes, h.dram.counters().HitRate()
}
