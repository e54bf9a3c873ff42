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
// bound, until it has spent a number of tries. A bound counts as a try: it takes about
// as long.
func (h *hunt) branch(tries int) {
	h.result.Method = Branch
	clear(h.at)
	b := &brancher{hunt: h, end: h.result.Tried + min(tries, h.left())}
	h.result.Complete = b.from(0)
}

type brancher struct {
	*hunt
	end int
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
			if b.result.Tried++; b.space.Bound(b.at, axis+1) >= b.least() {
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
