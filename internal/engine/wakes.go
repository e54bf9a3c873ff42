package engine

// Wake is when one of many like things goes on next: a CTA of a GPU, a warp, a line on its way.
type Wake struct {
	Edge int64
	ID   int32
}

// before orders wakes by edge, then by number, so that nothing depends on the order
// in which they were noted.
func (e Wake) before(f Wake) bool {
	return e.Edge < f.Edge || e.Edge == f.Edge && e.ID < f.ID
}

// Wakes is a heap of them, the earliest at 0. A box that has a hundred thousand of them
// inside one event keeps them here, and not in the kernel's queue.
type Wakes []Wake

// Push notes one more.
func (q *Wakes) Push(edge int64, id int32) {
	*q = append(*q, Wake{edge, id})
	h := *q
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

// Replace puts one in the place of the earliest.
func (q Wakes) Replace(edge int64, id int32) {
	e, i, n := Wake{edge, id}, 0, len(q)
	for {
		least := 2*i + 1
		if least >= n {
			break
		}
		if right := least + 1; right < n && q[right].before(q[least]) {
			least = right
		}
		if !q[least].before(e) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = e
}

// Pop drops the earliest.
func (q *Wakes) Pop() {
	h := *q
	last := h[len(h)-1]
	*q = h[:len(h)-1]
	if len(*q) > 0 {
		q.Replace(last.Edge, last.ID)
	}
}
