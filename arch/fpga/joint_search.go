package fpga

import (
	"math"
	"math/rand/v2"
	"slices"

	"nnsim/arch/fpga/estimate"
	"nnsim/mapping"
	"nnsim/mapping/search"
)

// Best finds the shortest interval at which every stage has a folding that keeps up and all
// fit the part, a knapsack for each interval tried; then, at that interval, foldings that
// are better by the other figures with what is left of the part.
func (s *foldSpace) Best(budget, keep int) mapping.Found {
	space := *s
	h := &hunt{foldSpace: &space, budget: budget, keep: max(1, keep)}
	h.shortest()
	h.refine()
	for _, c := range h.list {
		h.found.Points = append(h.found.Points, s.points(c.list))
	}
	return h.found
}

// hunt is a search under way.
type hunt struct {
	*foldSpace
	budget, keep int
	found        mapping.Found
	at           selection   // the smallest design known of the shortest interval
	limit        int64       // that interval
	list         []candidate // best first
	cut          int         // knapsacks given up at the budget
}

type candidate struct {
	list    selection
	figures []float64
}

// shortest finds the shortest interval, and sets at and limit. Designs whose FIFOs take nothing
// bound it from below. Those with the FIFOs of the design at hand say about where it is;
// around there designs are made, as FIFOs are what simulation finds.
func (h *hunt) shortest() {
	h.at = h.chosen()
	h.limit = max(h.every(h.at), h.goal)
	intervals := h.intervals()
	last := len(intervals) - 1
	bare, proven := h.bisect(intervals, 0, last, func(limit int64) selection { return h.pack(limit, estimate.Resources{}, true) })
	guess, _ := h.bisect(intervals, bare, last, func(limit int64) selection { return h.pack(limit, h.design.fifos, true) })
	made := last
	if h.make(intervals[guess]) {
		made = guess
	}
	made, _ = h.bisect(intervals, bare, made, func(limit int64) selection {
		if h.make(limit) {
			return h.at
		}
		return nil
	})
	h.found.Proven = proven && made == bare
}

// intervals are those that a frame may take: of options no slower than the design at hand.
func (h *hunt) intervals() []int64 {
	list := []int64{h.limit}
	for _, st := range h.stages {
		if st == nil {
			continue
		}
		for _, o := range st.options {
			if o.least < h.limit && h.cycles(o) < h.limit {
				list = append(list, max(h.cycles(o), h.goal))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// bisect finds the first of some intervals that try reaches; the last is known to be reached.
// Proven: those below are out of reach for certain, as far as try can tell.
func (h *hunt) bisect(intervals []int64, low, high int, try func(limit int64) selection) (at int, proven bool) {
	cut := h.cut
	for low < high {
		mid := (low + high) / 2
		if try(intervals[mid]) != nil {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return high, cut == h.cut
}

// tries of a knapsack take so many times less than a point reckoned.
const tries = 100

// pack is the smallest design within an interval that leaves so much of the part, or any
// that does; nil where none is found.
func (h *hunt) pack(limit int64, reserved estimate.Resources, any bool) selection {
	k := search.Knapsack{}
	var of [][]int // options of each group
	for i, st := range h.stages {
		if st == nil {
			reserved = reserved.Plus(h.design.layers[i].resources(h.m))
			continue
		}
		numbers := h.within(st, limit)
		items := make([]search.Item, len(numbers))
		for k, n := range numbers {
			items[k] = search.Item{Cost: st.options[n].share, Takes: h.m.takes(st.options[n].need)}
		}
		k.Groups, of = append(k.Groups, items), append(of, numbers)
	}
	k.Limits = h.m.limits(reserved)
	got := k.Fill(h.budget/10*tries, any)
	h.found.Tried += got.Tried / tries
	if got.Items == nil {
		if !got.Proven {
			h.cut++
		}
		return nil
	}
	list, g := make(selection, len(h.stages)), 0
	for i, st := range h.stages {
		if st != nil {
			list[i] = of[g][got.Items[g]]
			g++
		}
	}
	return list
}

// within lists the options of a stage that take no longer than an interval.
func (h *hunt) within(st *stage, limit int64) (numbers []int) {
	for n, o := range st.options {
		if o.least <= limit && o.layer.simd*o.layer.pe <= widest && h.cycles(o) <= limit {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func (h *hunt) left() int { return max(0, h.budget-h.found.Tried) }

// takes is what a knapsack is told of resources, limits is what there is of each.
func (m *Machine) takes(r estimate.Resources) []float64 {
	return []float64{float64(r.LUT), float64(r.FF), float64(r.DSP), float64(r.BRAM18), m.mean(r)}
}

func (m *Machine) limits(reserved estimate.Resources) []float64 {
	b := m.budget()
	b.BRAM18 += uramBlocks * b.URAM
	limits := m.takes(less(b, reserved))
	limits[len(limits)-1] = m.cfg.Limits.Mean - m.mean(reserved)
	return limits
}

// refits: so often a design is made anew with the FIFOs of the one before kept free.
const refits = 3

// make tries to make a design within an interval, FIFOs and all, and keeps it.
func (h *hunt) make(limit int64) bool {
	reserved := estimate.Resources{}
	for range refits {
		list := h.pack(limit, reserved, false)
		if list == nil {
			return false
		}
		d, err := h.fold(list)
		if err != nil {
			return false
		}
		if h.m.fits(d.need.Plus(d.fifos), h.m.budget()) {
			h.at, h.limit, h.fifos = list, limit, d.fifos
			return true
		}
		reserved = reserved.Plus(less(d.fifos, reserved))
	}
	return false
}

// nearest is how many points Near lists.
const nearest = 64

// Near lists points in which one stage is folded otherwise, and none takes longer than the slowest.
func (s *foldSpace) Near(at [][]int) [][][]int {
	from := s.selected(at)
	h := &hunt{foldSpace: s, budget: math.MaxInt, keep: nearest}
	h.limit = max(h.every(from), h.goal)
	h.steps(from, h.fast(), func(selection, []float64) {})
	var points [][][]int
	for _, c := range h.list {
		points = append(points, s.points(c.list))
	}
	return points
}

// drawn: points are drawn with intervals up to so many times the design's.
const drawn = 8

// Draw folds each stage by chance within an interval that is drawn too.
func (s *foldSpace) Draw(rng *rand.Rand) [][]int {
	for range 1000 {
		h := &hunt{foldSpace: s}
		h.limit = int64(float64(s.every(s.chosen())) * math.Pow(drawn, rng.Float64()))
		list := make(selection, len(s.stages))
		for i, options := range h.fast() {
			if len(options) > 0 {
				list[i] = options[rng.IntN(len(options))]
			}
		}
		if s.reckon(list) != nil {
			return s.points(list)
		}
	}
	return s.Chosen()
}
