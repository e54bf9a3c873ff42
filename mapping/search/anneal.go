package search

import "math"

// random tries points drawn evenly.
func (h *hunt) random(tries int) {
	h.result.Method = Random
	for range min(tries, h.left()) {
		h.draw(h.at)
		h.try(h.at)
	}
}

// draw fills a point with choices drawn evenly.
func (h *hunt) draw(at []int) {
	for i, n := range h.axes {
		at[i] = h.rng.IntN(n)
	}
}

// The schedule: a share of the budget finds a point to begin from, the rest goes into
// runs; a run cools from a temperature at which a step that costs a third more is
// taken one time in e, to one at which a thousandth more is.
const (
	drawnShare = 8 // one in so many
	runs       = 4
	hot        = 0.3
	cold       = 0.001
)

// anneal walks from the best point known to neighbours, upward too while it is hot.
func (h *hunt) anneal() {
	h.random(max(1, h.left()/drawnShare))
	h.result.Method = Annealed
	at, next := make([]int, len(h.axes)), make([]int, len(h.axes))
	for run := runs; run > 0; run-- {
		h.draw(at)
		if len(h.result.Best) > 0 {
			copy(at, h.result.Best[0].At)
		}
		h.cool(at, next, h.left()/run)
	}
}

// cool is one run of so many steps.
func (h *hunt) cool(at, next []int, steps int) {
	if steps < 1 {
		return
	}
	here := h.try(at)
	factor := math.Pow(cold/hot, 1/float64(steps))
	for t := hot; steps > 1; steps, t = steps-1, t*factor {
		copy(next, at)
		h.nudge(next)
		there := h.try(next)
		if there <= here || math.IsInf(here, 1) || h.rng.Float64() < math.Exp(-(there/here-1)/t) {
			here = there
			copy(at, next)
		}
	}
}

// nudge moves one choice: to a neighbour as often as anywhere along its axis.
func (h *hunt) nudge(at []int) {
	axis := h.rng.IntN(len(at))
	for h.axes[axis] == 1 && h.movable() {
		axis = h.rng.IntN(len(at))
	}
	n := h.axes[axis]
	switch h.rng.IntN(4) {
	case 0:
		at[axis] = min(at[axis]+1, n-1)
	case 1:
		at[axis] = max(at[axis]-1, 0)
	default:
		at[axis] = h.rng.IntN(n)
	}
}

// movable tells whether any axis has a choice.
func (h *hunt) movable() bool {
	for _, n := range h.axes {
		if n > 1 {
			return true
		}
	}
	return false
}
