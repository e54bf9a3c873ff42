package search

// exhaust tries every point, the last axis fastest, as far as the budget goes.
func (h *hunt) exhaust() {
	h.result.Method = Exhaustive
	clear(h.at)
	for h.left() > 0 {
		h.try(h.at)
		if !h.advance() {
			h.result.Complete = true
			return
		}
	}
}

// advance goes to the next point; false after the last.
func (h *hunt) advance() bool {
	for i := len(h.at) - 1; i >= 0; i-- {
		if h.at[i]++; h.at[i] < h.axes[i] {
			return true
		}
		h.at[i] = 0
	}
	return false
}

// branch goes through the axes in order and leaves out what cannot be kept by its
// bound, until it has spent a number of tries.
func (h *hunt) branch(tries int) {
	h.result.Method = Branch
	clear(h.at)
	b := &brancher{hunt: h, end: h.result.Tried + min(tries, h.left())}
	h.result.Complete = b.from(0)
}

// boundsPerTry: so many bounds take no longer than a cost and count as one try.
const boundsPerTry = 8

type brancher struct {
	*hunt
	end    int
	bounds int
}

// from fixes an axis and those after it; it is false when the tries are spent.
func (b *brancher) from(axis int) bool {
	if axis == len(b.axes) {
		if b.result.Tried >= b.end {
			return false
		}
		b.try(b.at)
		return true
	}
	for i := range b.axes[axis] {
		b.at[axis] = i
		if axis+1 < len(b.axes) {
			if b.result.Tried >= b.end {
				return false
			}
			if b.bounds++; b.bounds%boundsPerTry == 0 {
				b.result.Tried++
			}
			if b.space.Bound(b.at, axis+1) >= b.least() {
				continue
			}
		}
		if !b.from(axis + 1) {
			return false
		}
	}
	b.at[axis] = 0
	return true
}
