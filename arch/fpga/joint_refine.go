package fpga

import (
	"cmp"
	"slices"
)

// refine lists points at the shortest interval, best first: of all where they are few. Else
// it climbs from the smallest design; where the FIFOs of the one that this leads to are too
// much, as much more is kept free, and it climbs again.
func (h *hunt) refine() {
	choices, size := h.fast(), 1.0
	for _, c := range choices {
		size *= float64(max(1, len(c)))
	}
	h.note(h.at)
	if size <= float64(h.left()) {
		h.all(choices, slices.Clone(h.at), 0)
		return
	}
	few := h.undominated(choices)
	made := []selection{h.at}
	for range refits {
		to := h.climb(h.shake(h.climb(h.at, few), few), choices)
		d, err := h.fold(to)
		if err != nil || slices.Equal(to, h.at) {
			break
		}
		h.fifos = d.fifos
		if h.m.fits(d.need.Plus(d.fifos), h.m.budget()) {
			h.at, made = to, append(made, to)
		}
	}
	for _, list := range made {
		h.list = slices.DeleteFunc(h.list, func(c candidate) bool { return slices.Equal(c.list, list) })
		h.list = slices.Insert(h.list, 0, candidate{list: list})
	}
}

// climb takes steps as long as one gains.
func (h *hunt) climb(at selection, choices [][]int) selection {
	for h.left() > 0 {
		next := h.step(at, choices)
		if next == nil {
			break
		}
		at = next
	}
	return at
}

// shake folds one stage after the other as little as can be and climbs again with what that
// leaves, for a third of the budget that is left.
func (h *hunt) shake(at selection, choices [][]int) selection {
	best, enough := h.reckon(at), h.left()*2/3
	for i, options := range choices {
		if len(options) < 2 || h.left() < enough {
			continue
		}
		low := slices.Clone(at)
		low[i] = slices.MinFunc(options, func(a, b int) int { return cmp.Compare(h.stages[i].options[a].share, h.stages[i].options[b].share) })
		to := h.climb(low, choices)
		if figures := h.reckon(to); figures != nil && (best == nil || slices.Compare(figures, best) < 0) {
			at, best = to, figures
		}
	}
	return at
}

// fast lists the options of each stage within the interval.
func (h *hunt) fast() (choices [][]int) {
	for _, st := range h.stages {
		var list []int
		if st != nil {
			list = h.within(st, h.limit)
		}
		choices = append(choices, list)
	}
	return choices
}

// undominated leaves out options to which another of the stage is equal or better in cycles and
// in all that it takes.
func (h *hunt) undominated(choices [][]int) (list [][]int) {
	for i, options := range choices {
		list = append(list, slices.DeleteFunc(slices.Clone(options), func(n int) bool {
			return slices.ContainsFunc(options, func(o int) bool { return o != n && h.replaces(h.stages[i].options[o], h.stages[i].options[n], o < n) })
		}))
	}
	return list
}

// replaces tells whether a is as good as b in everything, and better in something or the first.
func (h *hunt) replaces(a, b *option, first bool) bool {
	x, y := h.cycles(a), h.cycles(b)
	r, q := a.need, b.need
	if x > y || r.LUT > q.LUT || r.DSP > q.DSP || r.BRAM18 > q.BRAM18 {
		return false
	}
	return first || x < y || r != q
}

// note reckons a point and keeps it if it is among the best.
func (h *hunt) note(list selection) []float64 {
	h.found.Tried++
	figures := h.reckon(list)
	if figures == nil {
		return nil
	}
	i, _ := slices.BinarySearchFunc(h.list, figures, func(c candidate, f []float64) int { return slices.Compare(c.figures, f) })
	if i < h.keep && !slices.ContainsFunc(h.list, func(c candidate) bool { return slices.Equal(c.list, list) }) {
		h.list = slices.Insert(h.list, i, candidate{slices.Clone(list), figures})
		h.list = h.list[:min(len(h.list), h.keep)]
	}
	return figures
}

// all goes through every combination.
func (h *hunt) all(choices [][]int, list selection, stage int) {
	if stage == len(choices) {
		h.note(list)
		return
	}
	if choices[stage] == nil {
		h.all(choices, list, stage+1)
		return
	}
	for _, n := range choices[stage] {
		list[stage] = n
		h.all(choices, list, stage+1)
	}
}

// step is the point a step away that gains most in the first figure that differs, for what it
// takes of the part; nil where none gains.
func (h *hunt) step(from selection, choices [][]int) (best selection) {
	here := h.reckon(from)
	if here == nil {
		return nil
	}
	room, gain := h.m.share(h.need(from)), 0.0
	h.steps(from, choices, func(list selection, figures []float64) {
		k := 0
		for k < len(figures)-1 && figures[k] == here[k] {
			k++
		}
		if won := here[k] - figures[k]; won > 0 {
			taken := max(h.m.share(h.need(list))-room, 1e-9)
			if worth := won / here[k] / taken; worth > gain {
				best, gain = slices.Clone(list), worth
			}
		}
	})
	return best
}

// steps reckons all points with one stage folded otherwise.
func (h *hunt) steps(from selection, choices [][]int, visit func(list selection, figures []float64)) {
	list := slices.Clone(from)
	for i, options := range choices {
		for _, n := range options {
			if list[i] = n; n == from[i] || h.left() == 0 {
				continue
			}
			if figures := h.note(list); figures != nil {
				visit(list, figures)
			}
		}
		list[i] = from[i]
	}
}
