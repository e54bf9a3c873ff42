package mem

import (
	"fmt"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// DMAConfig is what a DMA engine is built of.
type DMAConfig struct {
	Burst       unit.Bytes  // the most one burst moves; bursts do not cross its multiples
	Outstanding int         // bursts on their way at a time
	Every       unit.Cycles // from one burst to the next, at least
	InOrder     bool        // a burst gives its place back only after all bursts before it
}

// Validate refuses engines that cannot be built.
func (c DMAConfig) Validate() error {
	switch {
	case c.Burst < 1 || c.Burst&(c.Burst-1) != 0:
		return fmt.Errorf("dma: burst: %v; must be a power of two", c.Burst)
	case c.Outstanding < 1 || c.Outstanding > 1<<20:
		return fmt.Errorf("dma: outstanding: %d; write 1 to 1048576 bursts", c.Outstanding)
	case c.Every < 1:
		return fmt.Errorf("dma: every: %d cycles; an engine asks for at most one burst a cycle, so at least 1", c.Every)
	}
	return nil
}

// DMA is an engine that walks descriptors, one after the other, and asks for
// their off-chip side burst by burst.
//
//	Push ─▶ descriptors ─▶ bursts ─▶ ask ─▶ memory
//	                        ▲  at most Outstanding on their way
//	done ◀── all of a descriptor's bursts ◀── Reply
//
// A reply may come before the edge it speaks of; its burst's place is free from
// that edge on.
type DMA struct {
	cfg    DMAConfig
	ask    func(Burst)
	done   func(tag int64, at unit.Edge)
	jobs   []job
	first  int     // of jobs: the oldest that is not done
	walk   int     // of jobs: the one that is being walked
	base   int     // jobs that have been forgotten
	slots  []place // one for each burst that can be on its way
	open   []int32 // slots that are free now
	coming edges   // when slots that have been replied to are free
	order  []int32 // in order: a ring of slots as they were asked for
	head   int
	asked  int       // bursts that have had no reply, or whose reply waits for those before it
	ready  unit.Edge // the edge before which no further burst may be asked for
	past   unit.Edge // in order: the edge of the latest burst that has given its place back
	bytes  int64
}

// job is a descriptor on its way through the engine.
type job struct {
	runs
	tag   int64
	write bool
	left  int64     // bursts that have been asked for and are not done
	last  unit.Edge // the latest of those that are
}

// place is where a burst on its way is remembered.
type place struct {
	job   int32
	state uint8
	edge  unit.Edge
}

// States of a place.
const (
	placeFree = iota
	placeAsked
	placeReplied
)

// NewDMA makes an engine. ask is called for every burst; done once for every
// descriptor, with the edge at which its last byte has moved.
func NewDMA(c DMAConfig, ask func(Burst), done func(tag int64, at unit.Edge)) (*DMA, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	d := &DMA{cfg: c, ask: ask, done: done, slots: make([]place, c.Outstanding), order: make([]int32, c.Outstanding)}
	for i := c.Outstanding - 1; i >= 0; i-- {
		d.open = append(d.open, int32(i))
	}
	return d, nil
}

// Push queues a descriptor; done gives its tag back.
func (d *DMA) Push(x Descriptor, side Side, tag int64) error {
	r, err := newRuns(x, side)
	if err != nil {
		return err
	}
	if d.first > 256 && d.first*2 > len(d.jobs) { // forget what is done
		d.base += d.first
		d.jobs = d.jobs[:copy(d.jobs, d.jobs[d.first:])]
		d.first, d.walk = 0, d.walk-d.first
	}
	d.jobs = append(d.jobs, job{runs: r, tag: tag, write: side == OffChipDestination})
	return nil
}

// Step asks for every burst whose edge is before until, and returns the next edge
// at which there can be one: engine.Never if that depends on a reply. until is at
// least now+1, and at most the first edge of which a reply still to come can speak.
func (d *DMA) Step(now, until unit.Edge) unit.Edge {
	d.ready = max(d.ready, now)
	for d.walk < len(d.jobs) {
		edge := d.ready
		if len(d.open) == 0 {
			if len(d.coming) == 0 {
				return engine.Never
			}
			edge = max(edge, d.coming[0].edge) // an earlier one may still become known
		}
		if edge >= until {
			return edge
		}
		d.ready = edge
		for len(d.coming) > 0 && d.coming[0].edge <= d.ready {
			d.open = append(d.open, d.coming.pop())
		}
		d.issue()
	}
	return engine.Never
}

// issue asks for the next burst.
func (d *DMA) issue() {
	j := &d.jobs[d.walk]
	last := len(d.open) - 1
	s := d.open[last]
	d.open = d.open[:last]
	d.slots[s] = place{job: int32(d.base + d.walk), state: placeAsked}
	d.order[(d.head+d.asked)%len(d.order)] = s
	d.asked++
	addr, n := j.next(int64(d.cfg.Burst))
	if j.left++; j.over {
		d.walk++
	}
	d.bytes += n
	edge := d.ready
	d.ready += unit.Edge(d.cfg.Every)
	d.ask(Burst{Slot: int(s), Addr: addr, Bytes: n, Write: j.write, Edge: edge})
}

// Reply says that a burst has moved at an edge, which may lie ahead.
func (d *DMA) Reply(slot int, at unit.Edge) error {
	if slot < 0 || slot >= len(d.slots) || d.slots[slot].state != placeAsked {
		return fmt.Errorf("dma: a reply names burst %d, which is not on its way", slot)
	}
	d.slots[slot].state, d.slots[slot].edge = placeReplied, at
	if !d.cfg.InOrder {
		d.asked--
		d.retire(int32(slot), at)
		return nil
	}
	for d.asked > 0 {
		s := d.order[d.head]
		if d.slots[s].state != placeReplied {
			break
		}
		if d.head++; d.head == len(d.order) {
			d.head = 0
		}
		d.asked--
		d.past = max(d.past, d.slots[s].edge)
		d.retire(s, d.past)
	}
	return nil
}

// retire gives a burst's place back from an edge on, and with it the descriptor
// if it was the last of it.
func (d *DMA) retire(s int32, at unit.Edge) {
	j := &d.jobs[int(d.slots[s].job)-d.base]
	d.slots[s].state = placeFree
	d.coming.push(freed{at, s})
	j.left--
	j.last = max(j.last, at)
	if j.over && j.left == 0 {
		d.done(j.tag, j.last)
	}
	for d.first < len(d.jobs) && d.jobs[d.first].over && d.jobs[d.first].left == 0 {
		d.first++
	}
}

// Bytes is how many bytes have been asked for.
func (d *DMA) Bytes() int64 { return d.bytes }

// Left describes what is not done, and tells whether everything is.
func (d *DMA) Left() (string, bool) {
	if len(d.jobs) == d.first {
		return "idle", true
	}
	return fmt.Sprintf("%d descriptors to go, %d of %d bursts on their way", len(d.jobs)-d.first, d.asked, len(d.slots)), false
}

// freed is a slot and the edge from which it is free.
type freed struct {
	edge unit.Edge
	slot int32
}

// edges is a heap of freed slots, the earliest first.
type edges []freed

func (h *edges) push(f freed) {
	*h = append(*h, f)
	l := *h
	for i := len(l) - 1; i > 0 && l[i].edge < l[(i-1)/2].edge; i = (i - 1) / 2 {
		l[i], l[(i-1)/2] = l[(i-1)/2], l[i]
	}
}

func (h *edges) pop() int32 {
	l := *h
	slot, last := l[0].slot, len(l)-1
	l[0] = l[last]
	l = l[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && l[c+1].edge < l[c].edge {
			c++
		}
		if l[i].edge <= l[c].edge {
			break
		}
		l[i], l[c] = l[c], l[i]
		i = c
	}
	*h = l
	return slot
}
