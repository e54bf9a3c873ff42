package hierarchy

// event is a warp that goes on, or a line that arrives somewhere.
type event struct {
	edge int64
	id   int32 // of a warp; beyond the warps, of a fetch
}

func (e event) before(f event) bool {
	return e.edge < f.edge || e.edge == f.edge && e.id < f.id
}

// queue is a heap of events, earliest first; of one edge, the lowest number first.
type queue []event

func (q *queue) push(e event) {
	*q = append(*q, e)
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

func (q *queue) pop() {
	h := *q
	n := len(h) - 1
	e := h[n]
	*q = h[:n]
	h = *q
	for i := 0; n > 0; {
		least := 2*i + 1
		if least < n-0 && least+1 < n && h[least+1].before(h[least]) {
			least++
		}
		if least >= n || !h[least].before(e) {
			h[i] = e
			return
		}
		h[i] = h[least]
		i = least
	}
}
