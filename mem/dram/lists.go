package dram

// bankList is the lines of a kind that wait for one bank, oldest first.
type bankList struct {
	first, last int32
	hit         int32 // the first for the open row
}

// push adds a line and tells whether that changes what the list wants: it is the
// first of all, or the first for the open row.
func (l *bankList) push(all []slot, i, open int32) bool {
	changed := l.first == none
	if changed {
		l.first = i
	} else {
		all[l.last].next = i
	}
	l.last = i
	if l.hit == none && all[i].row == open {
		l.hit = i
		changed = true
	}
	return changed
}

// remove takes the first line for the open row off the list and finds the next.
func (l *bankList) remove(all []slot, i int32) {
	s := &all[i]
	if s.prev == none {
		l.first = s.next
	} else {
		all[s.prev].next = s.next
	}
	if s.next == none {
		l.last = s.prev
	} else {
		all[s.next].prev = s.prev
	}
	for l.hit = s.next; l.hit != none && all[l.hit].row != s.row; {
		l.hit = all[l.hit].next
	}
}

// restart finds the first line for a row that has just been opened.
func (l *bankList) restart(all []slot, open int32) {
	l.hit = none
	if open == closed {
		return
	}
	for l.hit = l.first; l.hit != none && all[l.hit].row != open; {
		l.hit = all[l.hit].next
	}
}

// filter counts lines by a few bits of a hash: where it counts none, the line is
// not there.
type filter [256]uint16

func bucket(line int64) uint8 { return uint8(uint64(line) * 0x9E3779B97F4A7C15 >> 56) }

func (f *filter) add(line int64)      { f[bucket(line)]++ }
func (f *filter) drop(line int64)     { f[bucket(line)]-- }
func (f *filter) has(line int64) bool { return f[bucket(line)] != 0 }
