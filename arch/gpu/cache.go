package gpu

// lru is L2 as the CTAs see it: which tile slabs are in it, oldest out first. A
// slab is known by a number; all its bytes come and go together.
type lru struct {
	room  int64       // bytes left
	slabs []slabState // of slab i at i+1; 0 begins and ends the list, youngest next to it
}

// slabState is one slab's place in the list.
type slabState struct {
	bytes      int64 // 0: not in the cache
	there      int64 // edge at which its bytes have come from off chip
	next, prev int32
}

// newLRU makes an empty cache for slabs 0 to count-1.
func newLRU(capacity int64, count int) *lru {
	return &lru{room: capacity, slabs: make([]slabState, count+1)}
}

// touch makes a slab the youngest. It tells whether it was there.
func (l *lru) touch(slab int, bytes int64) (s *slabState, hit bool) {
	i := int32(slab + 1)
	s = &l.slabs[i]
	if s.bytes > 0 {
		l.unlink(i)
		l.push(i)
		return s, true
	}
	l.room -= bytes
	for l.room < 0 && l.slabs[0].prev != 0 {
		l.evict()
	}
	s.bytes = bytes
	l.push(i)
	return s, false
}

// evict drops the oldest slab.
func (l *lru) evict() {
	i := l.slabs[0].prev
	l.room += l.slabs[i].bytes
	l.slabs[i].bytes = 0
	l.unlink(i)
}

func (l *lru) push(i int32) {
	first := l.slabs[0].next
	l.slabs[i].prev, l.slabs[i].next = 0, first
	l.slabs[first].prev = i
	l.slabs[0].next = i
}

func (l *lru) unlink(i int32) {
	s := &l.slabs[i]
	l.slabs[s.prev].next, l.slabs[s.next].prev = s.next, s.prev
}
