package traffic

import (
	"fmt"
	"math/bits"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
)

// What lies behind a cache: fetches on their way, MSHRs that wait for them, and the
// write buffer.

// request is one that waits for sectors.
type request struct {
	left int // accesses
	from unit.Edge
	last unit.Edge
}

// fetching is a grain on its way, and the MSHRs that wait for it.
type fetching struct {
	grain int64
	mshrs []int
}

// fill is a fetch that is known to be there from an edge on; -1: a write that leaves the buffer.
type fill struct {
	edge  unit.Edge
	fetch int32
}

// ask fetches the grain that a sector lies in, unless it is on its way.
func (f *front) ask(r mem.Reply) error {
	grain := f.at / f.grain
	if at, ok := f.onWay[grain]; ok {
		w := f.fetch.At(at)
		w.mshrs = append(w.mshrs, r.MSHR)
		f.joined++
		return nil
	}
	at := f.fetch.Take()
	w := f.fetch.At(at)
	*w = fetching{grain, append(w.mshrs[:0], r.MSHR)}
	f.onWay[grain] = at
	f.fetches++
	return f.memory.Ask(0, mem.Burst{Slot: int(at), Addr: grain * f.grain, Bytes: f.grain, Edge: r.Edge})
}

// back writes the dirty sectors of a line that goes, burst by burst.
func (f *front) back(r mem.Reply) error {
	f.stats.Add(0, sectorReads, int64(bits.OnesCount32(r.Dirty)))
	last := int64(-1)
	for i := range int64(32) {
		if r.Dirty>>uint(i)&1 == 0 {
			continue
		}
		addr := r.Victim + i*int64(f.cfg.Sector)
		if addr/f.grain == last {
			continue
		}
		last = addr / f.grain
		if err := f.put(last*f.grain, f.grain, r.Edge); err != nil {
			return err
		}
	}
	return nil
}

// put writes to the memory; the burst stands in the buffer until the memory has it.
func (f *front) put(addr, n int64, at unit.Edge) error {
	f.room--
	f.writes++
	return f.memory.Ask(1, mem.Burst{Slot: 0, Addr: addr, Bytes: n, Write: true, Edge: at})
}

// reply is the memory's: a burst is there from an edge on.
func (f *front) reply(port, slot int, at unit.Edge) {
	x := fill{at, int32(slot)}
	if port == 1 {
		x.edge, x.fetch = at+1, -1 // the controller has it at that edge
	}
	f.fills = append(f.fills, x)
	for i := len(f.fills) - 1; i > 0 && f.fills[i].edge < f.fills[i-1].edge; i-- {
		f.fills[i], f.fills[i-1] = f.fills[i-1], f.fills[i]
	}
}

// fill takes in what has come by now.
func (f *front) fill() error {
	n := 0
	for ; n < len(f.fills) && f.fills[n].edge <= f.now; n++ {
		x := f.fills[n]
		if x.fetch < 0 {
			f.room++
			continue
		}
		w := f.fetch.At(x.fetch)
		for _, entry := range w.mshrs {
			tags, err := f.cache.Fill(entry)
			if err != nil {
				return err
			}
			f.stats.Add(0, sectorWrites, 1)
			for _, slot := range tags {
				f.done(slot, x.edge)
			}
		}
		f.came = x.edge
		delete(f.onWay, w.grain)
		f.fetch.Give(x.fetch)
	}
	f.fills = f.fills[:copy(f.fills, f.fills[n:])]
	return nil
}

// wait goes on to the edge at which the next burst is there.
func (f *front) wait(state results.State) error {
	for len(f.fills) == 0 || f.memory.Next() < f.fills[0].edge {
		next := f.memory.Next()
		if next == engine.Never {
			return fmt.Errorf("cache: deadlock at edge %d: an access to %d waits, and the memory has nothing to do", f.now, f.at)
		}
		if err := f.memory.Run(next + 1); err != nil {
			return err
		}
	}
	f.spend(max(f.now+1, f.fills[0].edge), state)
	return f.fill()
}

// done takes one access of a request off it.
func (f *front) done(slot int64, at unit.Edge) {
	q := f.open.At(int32(slot))
	q.last = max(q.last, at)
	if q.left--; q.left > 0 {
		return
	}
	f.took.add(q.last - q.from)
	f.end = max(f.end, q.last)
	f.open.Give(int32(slot))
}
