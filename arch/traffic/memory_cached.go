package traffic

import (
	"math/bits"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// cached runs a stream through a cache in front of the memory, in a closed loop:
// lines are offered in order, one a cycle, as fast as the cache takes them.
//
//	lines ─▶ sectors ─▶ cache ─ miss ─▶ fetch ═══════════▶ memory
//	            ▲ refused: waits ◀──────── fill ◀══════════
//	                      └ dirty, through ─▶ write buffer ══▶
//
// A fetch brings the burst of the memory that its sector lies in; sectors of the
// same burst that miss while it is on its way are filled by it. The write buffer
// holds as many bursts as there are MSHRs; where it cannot take what an access may
// evict, the access waits.
func (m *Memory) cached(s catalog.Stream) (*results.Run, error) {
	f, err := newFront(m, s)
	if err != nil {
		return nil, err
	}
	if err := f.run(); err != nil {
		return nil, err
	}
	t := f.memory.Tally()
	f.end = max(f.end, t.End, f.until)
	o := served{reads: t.ReadLines, writes: t.WriteLines, hash: t.Hash, took: f.memory.Latencies(), end: f.end, count: f.memory.Counters(f.end), events: f.accesses}
	o.stats, o.onChip = f.books()
	return m.report(o)
}

// front is a cache, what stands before it and what is on its way behind it.
type front struct {
	cfg    mem.CacheConfig
	cache  *mem.Cache
	memory *mem.OffChip
	source lines
	line   int64 // bytes of a request: a line of the memory
	grain  int64 // bytes of a fetch: a sector, or the memory's line if that is more

	now    unit.Edge
	taken  unit.Edge // when a slice took the latest access
	at     int64     // address of the next access
	stop   int64     // end of the request it belongs to; at itself: none
	write  bool
	from   unit.Edge // when the request was offered
	slot   int64     // of the request, in open
	open   mem.Slots[request]
	onWay  map[int64]int32 // fetches by grain
	fetch  mem.Slots[fetching]
	came   unit.Edge // when a fetch last came
	fills  []fill    // announced, the earliest first
	room   int       // bursts the write buffer can take
	widest int       // bursts that one access can need

	stats    *results.Stats
	until    unit.Edge // up to which stats know
	took     tally
	end      unit.Edge
	accesses int64
	joined   int64
	fetches  int64
	writes   int64
	stalls   int64
	moved    [2]int64 // bytes read and written by the stream
}

func newFront(m *Memory, s catalog.Stream) (*front, error) {
	k := m.cfg.Cache.core()
	f := &front{cfg: k, line: int64(m.core.Part.Shape.LineBytes), onWay: map[int64]int32{}, stats: results.NewStats("cache", 1, cacheEvents...)}
	f.grain = max(f.line, int64(k.Sector))
	f.widest = max(1, int(int64(k.Line)/f.grain))
	f.room = max(f.widest, k.Slices*k.MSHRs)
	var err error
	if f.cache, err = mem.NewCache(k); err != nil {
		return nil, err
	}
	if f.memory, err = mem.NewOffChip(m.core, f.room+k.Slices*k.MSHRs, f.reply); err != nil {
		return nil, err
	}
	f.source, err = m.lines(s)
	return f, err
}

// run goes from one edge at which an access is made to the next.
func (f *front) run() error {
	for {
		more, err := f.next()
		if err != nil {
			return err
		}
		if !more {
			return f.finish()
		}
		state, err := f.access()
		if err != nil {
			return err
		}
		if state == results.Busy {
			continue
		}
		if err := f.wait(state); err != nil { // refused: nothing changes until something comes back
			return err
		}
	}
}

// finish waits for what is still on its way: fetches, and then the write buffer.
func (f *front) finish() error {
	for len(f.onWay) > 0 {
		if err := f.wait(results.WaitMemory); err != nil {
			return err
		}
	}
	for next := f.memory.Next(); next != engine.Never; next = f.memory.Next() {
		if err := f.memory.Run(next + 1); err != nil {
			return err
		}
	}
	return nil
}

// next finds the edge of the next access; false: there is none.
func (f *front) next() (bool, error) {
	if f.at < f.stop {
		return true, nil
	}
	addr, write, at, ok := f.source.next()
	if !ok {
		return false, nil
	}
	f.at, f.stop, f.write = addr, addr+f.line, write
	if f.accesses > 0 {
		at = max(at, f.now+1, f.taken)
	}
	if err := f.pause(at); err != nil {
		return false, err
	}
	f.from, f.slot = f.now, int64(f.open.Take())
	f.moved[b2i(write)] += f.line
	*f.open.At(int32(f.slot)) = request{left: int(unit.CeilDiv(f.line, min(f.line, int64(f.cfg.Sector)))), from: f.now, last: f.now}
	return true, nil
}

// pause goes on to the edge at which a request is offered; while fetches are on
// their way until then, it is memory that is waited for.
func (f *front) pause(edge unit.Edge) error {
	waited := len(f.onWay) > 0
	if err := f.memory.Run(edge); err != nil {
		return err
	}
	f.now = edge
	if err := f.fill(); err != nil {
		return err
	}
	switch {
	case len(f.onWay) > 0:
		f.spend(edge, results.WaitMemory)
	case waited:
		f.spend(f.came, results.WaitMemory)
	}
	f.spend(edge, results.Idle)
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// spend goes on to an edge; what of the way no slice was at work is spent in a state.
func (f *front) spend(edge unit.Edge, state results.State) {
	if edge > f.until {
		f.stats.Enter(state, f.until)
		f.until = edge
	}
	f.now = max(f.now, edge)
}

// work books the slice's time for an access that it took.
func (f *front) work(edge unit.Edge) {
	if edge+1 > f.until {
		f.stats.Enter(results.Busy, f.until)
		f.until = edge + 1
	}
	f.taken = edge
}

// access tries the next access; a state other than Busy says what it waits for.
func (f *front) access() (results.State, error) {
	if f.room < f.widest {
		f.stalls++
		return results.WaitOutput, nil
	}
	n := min(f.stop-f.at, int64(f.cfg.Sector)-f.at%int64(f.cfg.Sector))
	r, err := f.cache.Access(f.now, f.at, n, f.write, f.slot)
	if err != nil {
		return 0, err
	}
	f.accesses++
	f.work(r.Edge - unit.Edge(f.cfg.Latency))
	f.stats.Add(0, lookups, 1)
	if r.Outcome == mem.Refused {
		return results.WaitMemory, nil
	}
	if err := f.after(r, n); err != nil {
		return 0, err
	}
	f.at += n
	return results.Busy, nil
}

// after does what an access makes necessary.
func (f *front) after(r mem.Reply, n int64) error {
	if r.Dirty != 0 {
		if err := f.back(r); err != nil {
			return err
		}
	}
	switch r.Outcome {
	case mem.Miss:
		return f.ask(r)
	case mem.Merged:
		f.stats.Add(0, sectorWrites, int64(b2i(f.write)))
		return nil
	case mem.Through:
		if err := f.put(f.at, n, r.Edge); err != nil {
			return err
		}
	case mem.Hit:
		f.stats.Add(0, sectorReads+b2i(f.write), 1)
	}
	f.done(f.slot, r.Edge)
	return nil
}

// books closes the counters and sums up what the stream got.
func (f *front) books() (*results.Stats, *results.OnChip) {
	c, left := f.cache.Counters(), int64(0)
	f.cache.Flush(func(_ int64, dirty uint32) { left += int64(bits.OnesCount32(dirty)) })
	if f.cfg.WriteThrough {
		f.stats.Add(0, sectorWrites, c.WriteHits)
	}
	for i, n := range []int64{c.ReadHits, c.ReadMisses, c.WriteHits, c.WriteMisses, c.Merged, c.SectorMisses, c.Evicted, c.Fetched, c.WrittenBack,
		c.WrittenThrough, c.Refused, c.WaitCycles, f.fetches, f.joined, f.writes, f.stalls, left} {
		f.stats.Add(0, cacheCounters+i, n)
	}
	f.stats.Enter(results.Idle, f.until)
	hits, all := c.ReadHits+c.WriteHits, c.ReadHits+c.WriteHits+c.ReadMisses+c.WriteMisses
	return f.stats, onChip(f.moved, float64(hits)/float64(max(1, all)), f.took, float64(min(f.line, int64(f.cfg.Slices)*int64(f.cfg.Sector))))
}
