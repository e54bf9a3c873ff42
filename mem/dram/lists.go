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

// remove takes the first line for the open row off the list and finds the next,
// if there may be more.
func (l *bankList) remove(all []slot, i int32, more bool) {
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
	l.hit = none
	if more {
		for l.hit = s.next; l.hit != none && all[l.hit].row != s.row; {
			l.hit = all[l.hit].next
		}
	}
}

// restart finds the first line for a row that has just been opened, if there may be one.
func (l *bankList) restart(all []slot, open int32, any bool) {
	l.hit = none
	if open == closed || !any {
		return
	}
	for l.hit = l.first; l.hit != none && all[l.hit].row != open; {
		l.hit = all[l.hit].next
	}
}

// filter counts keys by a few bits of a hash: a key whose count is none is not there.
type filter [1024]uint16

func bucket(key int64) int { return int(uint64(key) * 0x9E3779B97F4A7C15 >> 54) }

func (f *filter) add(key int64)      { f[bucket(key)]++ }
func (f *filter) drop(key int64)     { f[bucket(key)]-- }
func (f *filter) has(key int64) bool { return f[bucket(key)] != 0 }

// rowKey is a row of a bank as one number.
func rowKey(bank, row int32) int64 { return int64(row)*maxBanks + int64(bank) }
