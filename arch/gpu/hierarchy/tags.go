package hierarchy

// tags are one cache's lines, by sectors: sets of ways, least recently used out first.
type tags struct {
	sets, ways int64
	lines      []tagLine
	clock      int64
}

// tagLine is one way of one set.
type tagLine struct {
	line  int64 // -1: none
	used  int64
	valid uint8 // sectors that are here
	dirty uint8 // sectors that DRAM has not got yet
}

// newTags makes an empty cache of about so many bytes: sets are whole.
func newTags(bytes, ways int64) *tags {
	t := &tags{sets: max(1, bytes/(lineBytes*ways)), ways: ways}
	t.lines = make([]tagLine, t.sets*ways)
	for i := range t.lines {
		t.lines[i].line = -1
	}
	return t
}

// set is the ways in which a line can be; index numbers the lines that this cache may meet.
func (t *tags) set(index int64) []tagLine {
	first := index % t.sets * t.ways
	return t.lines[first : first+t.ways]
}

// find is the line's way, which becomes the youngest; nil if it is not here.
func (t *tags) find(index, line int64) *tagLine {
	set := t.set(index)
	for i := range set {
		if set[i].line == line {
			t.clock++
			set[i].used = t.clock
			return &set[i]
		}
	}
	return nil
}

// has tells whether all of the sectors are here.
func (t *tags) has(index, line int64, mask uint8) bool {
	l := t.find(index, line)
	return l != nil && l.valid&mask == mask
}

// put brings sectors in. victim is a line that had to go, line -1: none.
func (t *tags) put(index, line int64, mask, dirty uint8) (victim tagLine) {
	victim.line = -1
	l := t.find(index, line)
	if l == nil {
		l = t.room(index)
		victim = *l
		t.clock++
		*l = tagLine{line: line, used: t.clock}
	}
	l.valid, l.dirty = l.valid|mask, l.dirty|dirty
	return victim
}

// room is the way to give away.
func (t *tags) room(index int64) *tagLine {
	set := t.set(index)
	oldest := &set[0]
	for i := range set {
		if l := &set[i]; l.line < 0 {
			return l
		} else if l.used < oldest.used {
			oldest = l
		}
	}
	return oldest
}

// drop forgets a line.
func (t *tags) drop(index, line int64) {
	set := t.set(index)
	for i := range set {
		if set[i].line == line {
			set[i] = tagLine{line: -1}
		}
	}
}
