package dram

import "math/bits"

// lineTable finds the slot of a waiting line: open addressing with linear
// probing, grown at half full, so that a steady state allocates nothing.
type lineTable struct {
	keys  []int64 // line + 1; 0: free
	slots []int32
	n     int
	shift uint8
}

func newLineTable(capacity int) *lineTable {
	size := 1 << bits.Len(uint(2*capacity))
	return &lineTable{keys: make([]int64, size), slots: make([]int32, size), shift: uint8(64 - bits.Len(uint(size-1)))}
}

func (t *lineTable) home(key int64) int { return int(uint64(key) * 0x9E3779B97F4A7C15 >> t.shift) }

// get is the slot of a line, or none.
func (t *lineTable) get(line int64) int32 {
	mask := len(t.keys) - 1
	for i := t.home(line + 1); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case line + 1:
			return t.slots[i]
		case 0:
			return none
		}
	}
}

// put adds a line that is not in the table.
func (t *lineTable) put(line int64, slot int32) {
	if 2*t.n >= len(t.keys) {
		t.grow()
	}
	mask := len(t.keys) - 1
	i := t.home(line + 1)
	for t.keys[i] != 0 {
		i = (i + 1) & mask
	}
	t.keys[i], t.slots[i] = line+1, slot
	t.n++
}

func (t *lineTable) grow() {
	bigger := newLineTable(len(t.keys))
	for i, k := range t.keys {
		if k != 0 {
			bigger.put(k-1, t.slots[i])
		}
	}
	*t = *bigger
}

// drop removes a line and moves up those that its place had pushed on.
func (t *lineTable) drop(line int64) {
	mask := len(t.keys) - 1
	i := t.home(line + 1)
	for t.keys[i] != line+1 {
		if t.keys[i] == 0 {
			return
		}
		i = (i + 1) & mask
	}
	t.n--
	for j := i; ; {
		j = (j + 1) & mask
		if t.keys[j] == 0 {
			t.keys[i] = 0
			return
		}
		if h := t.home(t.keys[j]); (j-h)&mask >= (j-i)&mask {
			t.keys[i], t.slots[i] = t.keys[j], t.slots[j]
			i = j
		}
	}
}
