package hierarchy

// fetch is a line on its way into a cache, and who waits for it.
type fetch struct {
	kind    fetchKind
	sm      int32 // whose L1 it goes to
	slice   int32 // whose tags it goes to
	line    int64
	index   int64 // the line's number in the slice
	mask    uint8
	level   Level
	sent    bool  // its request has been to the slice
	left    int32 // DRAM lines that have not come
	last    int64 // when the latest of them came
	waiters []int32
}

type fetchKind uint8

const (
	toL1   fetchKind = iota // its events: the request is at a slice; the line is at the SM's port
	toCopy                  // its events: the request is at home; the line is at the mirror
	toHome                  // its event: all has come from DRAM
)

// The bytes of a request, and of a line's sectors.
func bytesOf(mask uint8) int64 { return int64(sectorCount[mask]) * sectorBytes }

var sectorCount = [allSectors + 1]uint8{0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}

// newFetch takes one from the pool.
func (h *Hierarchy) newFetch(f fetch) int32 {
	if n := len(h.free); n > 0 {
		id := h.free[n-1]
		h.free = h.free[:n-1]
		f.waiters = h.fetches[id].waiters[:0]
		h.fetches[id] = f
		return id
	}
	h.fetches = append(h.fetches, f)
	return int32(len(h.fetches) - 1)
}

// at schedules a fetch's event.
func (h *Hierarchy) at(id int32, edge int64) { h.queue.Push(edge, id+int32(len(h.warps))) }

// load has a warp read sectors of a line. It returns when they are in L1, or -1 if
// the warp will be told.
func (h *Hierarchy) load(w, smIndex int32, line int64, mask uint8, at int64) int64 {
	s := &h.sms[smIndex]
	cache := s.cache(h.c)
	s.issue = max(s.issue, at) + 1
	at = s.issue - 1
	if cache.has(line, line, mask) {
		h.tally.Loads[L1]++
		h.tally.Edges[L1] += h.c.L1Latency
		return at + h.c.L1Latency
	}
	if id, ok := s.coming[line]; ok && h.fetches[id].mask&mask == mask {
		h.fetches[id].waiters = append(h.fetches[id].waiters, w)
		return -1
	}
	slice, index := h.home(line)
	id := h.newFetch(fetch{kind: toL1, sm: smIndex, slice: slice, line: line, index: index, mask: mask})
	h.fetches[id].waiters = append(h.fetches[id].waiters, w)
	s.coming[line] = id
	h.tally.L2Read += bytesOf(mask)
	h.at(id, at+h.c.L1Latency+h.out)
	return -1
}

// atSlice is the arrival of an SM's request in its own partition.
func (h *Hierarchy) atSlice(id int32, at int64) {
	f := &h.fetches[id]
	if h.near(f.sm, f.slice) {
		h.atHome(id, h.take(f.slice, at, bytesOf(f.mask)))
		return
	}
	h.atMirror(id, h.take(h.mirror(f.slice), at, bytesOf(f.mask)))
}

// atMirror looks for a copy in the SM's own partition.
func (h *Hierarchy) atMirror(id int32, at int64) {
	f := &h.fetches[id]
	if h.slices[h.mirror(f.slice)].tags.has(f.index, f.line, f.mask) {
		f.level = L2Near
		h.at(id, at+h.back)
		return
	}
	if other, ok := h.copying[f.line]; ok && h.fetches[other].mask&f.mask == f.mask {
		h.fetches[other].waiters = append(h.fetches[other].waiters, id)
		return
	}
	h.copying[f.line] = h.newFetch(fetch{kind: toCopy, slice: f.slice, line: f.line, index: f.index, mask: f.mask})
	next := h.copying[h.fetches[id].line]
	h.fetches[next].waiters = append(h.fetches[next].waiters, id)
	h.at(next, at+h.hop)
}

// atHome looks for a line where it is at home; id waits for it there.
func (h *Hierarchy) atHome(id int32, at int64) {
	f := &h.fetches[id]
	if h.slices[f.slice].tags.has(f.index, f.line, f.mask) {
		f.level = L2Near
		h.homeward(id, at)
		return
	}
	if other, ok := h.coming[f.line]; ok && h.fetches[other].mask&f.mask == f.mask {
		h.fetches[other].waiters = append(h.fetches[other].waiters, id)
		return
	}
	next := h.newFetch(fetch{kind: toHome, slice: f.slice, line: f.line, index: f.index, mask: f.mask, level: DRAM})
	f = &h.fetches[id]
	h.fetches[next].waiters = append(h.fetches[next].waiters, id)
	h.coming[f.line] = next
	ch, row := h.channel(f.line)
	h.fetches[next].left = h.dram.ask(ch, row, f.mask, false, int64(next), at)
}

// homeward sends a line from its home to whoever asked: an SM, or the mirror.
func (h *Hierarchy) homeward(id int32, at int64) {
	f := &h.fetches[id]
	if f.kind == toL1 {
		h.at(id, at+h.back)
		return
	}
	if f.level != DRAM {
		f.level = L2Far
	}
	h.at(id, h.cross(f.slice, at, bytesOf(f.mask)))
}

// sectorCame takes a DRAM line.
func (h *Hierarchy) sectorCame(tag, at int64) {
	f := &h.fetches[tag]
	f.last = max(f.last, at)
	if f.left--; f.left == 0 {
		h.at(int32(tag), f.last)
	}
}

// arrive is a fetch's event.
func (h *Hierarchy) arrive(id int32, at int64) {
	f := &h.fetches[id]
	switch sent := f.sent; {
	case f.kind == toHome:
		if h.coming[f.line] == id {
			delete(h.coming, f.line)
		}
		h.put(f.slice, f.index, f.line, f.mask, 0, at)
		h.pass(id, DRAM, at)
	case f.kind == toL1 && sent:
		h.delivered(id, at)
	case f.kind == toL1:
		f.sent = true
		h.atSlice(id, at)
	case !sent:
		f.sent = true
		h.atHome(id, at)
	default:
		if h.copying[f.line] == id {
			delete(h.copying, f.line)
		}
		h.put(h.mirror(f.slice), f.index, f.line, f.mask, 0, at)
		h.pass(id, f.level, at)
	}
}

// pass hands a line that has come to all who wait for it at this cache.
func (h *Hierarchy) pass(id int32, level Level, at int64) {
	for _, w := range h.fetches[id].waiters {
		h.fetches[w].level = level
		h.homeward(w, at)
	}
	h.free = append(h.free, id)
}

// delivered takes a line through the SM's port into L1 and wakes its warps.
func (h *Hierarchy) delivered(id int32, at int64) {
	f := &h.fetches[id]
	s := &h.sms[f.sm]
	begun := float64(at)
	if h.ports != nil {
		shared := &h.ports[int(f.sm)/h.c.Group]
		begun = max(begun, *shared)
		*shared = begun + float64(bytesOf(f.mask))/h.c.Port
	}
	begun = max(begun, s.port)
	s.port = begun + float64(bytesOf(f.mask))/h.c.Read
	at = int64(begun)
	if s.coming[f.line] == id {
		delete(s.coming, f.line)
	}
	s.cache(h.c).put(f.line, f.line, f.mask, 0)
	h.tally.Loads[f.level] += int64(len(f.waiters))
	for _, w := range f.waiters {
		h.came(w, f.level, at)
	}
	h.free = append(h.free, id)
}

// store has an SM write whole sectors of a line. The results are the edge from which it is rid of
// them, and the channel that a dirty line had to go to and that has too many already, or -1.
func (h *Hierarchy) store(smIndex int32, line int64, mask uint8, at int64) (left int64, full int32) {
	bytes := bytesOf(mask)
	port := &h.takers[int(smIndex)/h.behind]
	*port = max(*port, float64(at)) + float64(bytes)*float64(len(h.takers))/h.c.Takes
	slice, index := h.home(line)
	if !h.near(smIndex, slice) {
		h.tally.Linked += bytes
	}
	h.tally.L2Write += bytes
	if h.c.Partitions > 1 {
		h.slices[h.mirror(slice)].tags.drop(index, line)
	}
	return int64(*port), h.put(slice, index, line, mask, mask, at)
}

// put brings sectors into a slice and sends off what must go for them.
func (h *Hierarchy) put(slice int32, index, line int64, mask, dirty uint8, at int64) (full int32) {
	v := h.slices[slice].tags.put(index, line, mask, dirty)
	if v.line < 0 || v.dirty == 0 {
		return -1
	}
	ch, row := h.channel(v.line)
	h.dram.ask(ch, row, v.dirty, true, writeTag, at)
	if h.dram.full(ch) {
		return ch
	}
	return -1
}
