package rowstationary

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"nnsim/mapping"
	"nnsim/workloads"
)

// Axes of a layer's space, in the order in which they are fixed.
const (
	axisE = iota
	axisN
	axisM
	axisQ
	axisR
	axisP
	axisT
)

var axisNames = []string{axisE: "e", axisN: "n", axisM: "m", axisQ: "q", axisR: "r", axisP: "p", axisT: "t"}

// space is every mapping of one layer: all that Map chooses among, and sets of any width.
type space struct {
	a      *Array
	of     workloads.Matrix
	lists  [][]int // choices by axis
	layer  *mapping.LayerPlan
	chosen *Mapping
	m      Mapping // the mapping at hand
}

// Space is every mapping of a layer that the array can run; chosen is the one it has.
func (a *Array) Space(lp *mapping.LayerPlan, chosen *Mapping) mapping.Space {
	s := &space{a: a, of: chosen.Space, layer: lp, chosen: chosen}
	most := a.Rows * a.Cols
	upTo := func(list []int, limit int) []int {
		return slices.DeleteFunc(list, func(n int) bool { return n > limit })
	}
	var widths []int
	for e := s.of.OH; e >= 1; e-- {
		if a.Sets(s.of.R, e) > 0 {
			widths = append(widths, e)
		}
	}
	span := (s.of.S-1)*s.of.DilW + 1
	s.lists = [][]int{axisE: widths, axisN: divisors(s.of.Images), axisM: divisors(s.of.K),
		axisQ: upTo(divisors(s.of.C), a.InputWords/span), axisR: upTo(divisors(s.of.C), most),
		axisP: upTo(divisors(s.of.K), a.SumWords), axisT: upTo(divisors(s.of.K), most)}
	return s
}

// Axes is the number of choices along each axis.
func (s *space) Axes() (sizes []int) {
	for _, list := range s.lists {
		sizes = append(sizes, len(list))
	}
	return sizes
}

// Names is the letter of each axis.
func (s *space) Names() []string { return axisNames }

// Value is a choice as a file writes it.
func (s *space) Value(axis, choice int) string { return strconv.Itoa(s.lists[axis][choice]) }

// set makes the mapping at hand that of the first fixed choices of a point, the rest
// as small as they go; false where no such mapping is legal.
func (s *space) set(at []int, fixed int) bool {
	choice := func(axis int) int {
		if axis < fixed {
			return s.lists[axis][at[axis]]
		}
		return 1
	}
	m, a := &s.m, s.a
	*m = Mapping{Space: s.of, E: s.lists[axisE][at[axisE]], N: choice(axisN), M: choice(axisM),
		Q: choice(axisQ), R: choice(axisR), P: choice(axisP), T: choice(axisT)}
	sets := a.Sets(s.of.R, m.E)
	switch {
	case m.R*m.T > sets || a.SumBanks(m)+a.InputBanks(m) > a.Banks:
		return false
	case s.of.C%(m.Q*m.R) != 0 || m.M%(m.P*m.T) != 0 && fixed > axisM:
		return false
	case m.P*m.Q*s.of.S > a.FilterWords || m.Filters()*m.Channels()*s.of.R*s.of.S*a.WordBytes > a.FilterBytes:
		return false
	}
	m.PEs = s.of.R * m.E * m.R * m.T
	return true
}

// Weights of what decides among mappings that take equally long: words off chip, then energy on chip.
const (
	wordTie   = 1e-6
	energyTie = 1e-9
)

// Cost is the reckoned time: of the array, and of the words off chip beside it, or in
// turn with it where no room is left to load a pass ahead.
func (s *space) Cost(at []int) float64 {
	if !s.set(at, len(s.lists)) {
		return math.Inf(1)
	}
	m, a := &s.m, s.a
	words := m.Words()
	edges := float64(a.Edges(m))
	loads := a.offChip(words.DRAM)
	time := max(edges, loads)
	if !a.prefetches(m) {
		s := &m.Space
		inputs := a.offChip(words.DRAM - words.Filters - int64(s.Batch*s.Groups)*int64(s.M())*int64(s.K))
		time = max(edges+inputs, loads)
	}
	return time + wordTie*float64(words.DRAM) + energyTie*a.energy(m)
}

// offChip is the edges that so many words take to or from memory.
func (a *Array) offChip(words int64) float64 {
	if a.BytesPerEdge <= 0 {
		return 0
	}
	return float64(words) * float64(a.WordBytes) / a.BytesPerEdge
}

// Bound is what the words off chip take, which the first three choices fix, and what
// all PEs at work would; +Inf where nothing that begins so is legal.
func (s *space) Bound(at []int, fixed int) float64 {
	if !s.set(at, fixed) {
		return math.Inf(1)
	}
	m := &s.m
	bound := float64(s.of.MACs()) / float64(s.a.Rows*s.a.Cols)
	if fixed > axisM {
		bound = max(bound, s.a.offChip(m.Words().DRAM))
	}
	return bound
}

// Plan is the layer with the mapping of a legal point.
func (s *space) Plan(at []int) *mapping.LayerPlan {
	if !s.set(at, len(s.lists)) {
		return nil
	}
	m := s.m
	m.prefetch, m.edges, m.onChip, m.offChip = s.a.prefetches(&m), s.a.Edges(&m), s.a.energy(&m), m.weighed()
	lp := *s.layer
	lp.Custom = &m
	lp.Space = func() mapping.Space { return s.a.Space(&lp, &m) }
	return &lp
}

// Chosen is the point of the mapping the layer has.
func (s *space) Chosen() []int {
	c := s.chosen
	at := []int{axisE: c.E, axisN: c.N, axisM: c.M, axisQ: c.Q, axisR: c.R, axisP: c.P, axisT: c.T}
	for axis, value := range at {
		if at[axis] = slices.Index(s.lists[axis], value); at[axis] < 0 {
			return nil
		}
	}
	return at
}

// Key is all that the space is laid out from.
func (s *space) Key() string { return fmt.Sprint(s.of) }
