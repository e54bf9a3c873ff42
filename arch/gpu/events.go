package gpu

import (
	"math"

	"nnsim/unit"
)

// event is the next thing that a CTA does.
type event struct {
	edge int64
	slot int32
}

// before orders events by edge, then by slot, so that nothing depends on the order
// in which they were noted.
func (e event) before(f event) bool {
	return e.edge < f.edge || e.edge == f.edge && e.slot < f.slot
}

// eventQueue is a heap of events, earliest first.
type eventQueue []event

func (q *eventQueue) push(e event) {
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

// replace puts an event in the place of the earliest.
func (q eventQueue) replace(e event) {
	i, n := 0, len(q)
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

// pop drops the earliest event.
func (q *eventQueue) pop() {
	h := *q
	last := h[len(h)-1]
	*q = h[:len(h)-1]
	if len(*q) > 0 {
		q.replace(last)
	}
}

// rounding is how far, in edges, a time may be off for no other reason than that floats round.
const rounding = 1e-6

// edges is the number of whole edges of a clock in a time, rounded up.
func edges(s unit.Seconds, clock unit.Hertz) int64 {
	return int64(math.Ceil(float64(s)*float64(clock) - rounding))
}
