package mapping

import (
	"math"
	"slices"
	"strings"
)

// flowSpace is every nest of a layer's product in every dataflow that the array can
// switch to: a nestSpace of each, side by side. A tile that one of them does not have
// is illegal there.
type flowSpace struct {
	Grid               // the dataflow, then the axes of nests with the values of all
	each  []*nestSpace // by dataflow
	inner [][][]int    // by dataflow, axis and choice: that of its nestSpace; -1: it has none
	at    []int        // the point at hand in a nestSpace
}

// axisDataflow is the first axis; those of nests follow.
const axisDataflow = 0

// space lays a layer's choices out, in all dataflows that it may have.
func (c *cutter) space(first Nest, chosen *LayerPlan) Space {
	usual := &c.plan.Target
	if len(usual.Switched) == 0 {
		return c.nestSpace(first, chosen)
	}
	s := &flowSpace{at: make([]int, nestAxes)}
	words := []string{string(usual.Dataflow)}
	s.add(c.in(usual, first, "", chosen))
	for i := range usual.Switched {
		t := &usual.Switched[i]
		words = append(words, string(t.Dataflow))
		s.add(c.in(t, first, t.Dataflow, chosen))
	}
	s.Add("dataflow", words...)
	for axis, name := range s.each[0].Names() {
		s.Add(name, s.values(axis)...)
	}
	for flow, nests := range s.each {
		for axis, size := range nests.Axes() {
			list := make([]int, len(s.words[1+axis]))
			for i, word := range s.words[1+axis] {
				list[i] = find(nests, axis, size, word)
			}
			s.inner[flow] = append(s.inner[flow], list)
		}
	}
	return s
}

// in is the layer's nests in a dataflow, which decides how many groups stand side by side.
func (c *cutter) in(t *Target, first Nest, flow Dataflow, chosen *LayerPlan) *nestSpace {
	other := *c
	other.target = *t
	first.Dataflow, first.Pack = flow, other.pack(&first.Space)
	return other.nestSpace(first, chosen)
}

func (s *flowSpace) add(nests *nestSpace) {
	s.each, s.inner = append(s.each, nests), append(s.inner, nil)
}

// values are all that any dataflow has along an axis of nests.
func (s *flowSpace) values(axis int) (words []string) {
	for _, nests := range s.each {
		for i := range nests.Axes()[axis] {
			if word := nests.Value(axis, i); !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	slices.SortStableFunc(words, byNumber)
	return words
}

// enter makes a point the one at hand, as its dataflow has it: as many axes as are fixed.
func (s *flowSpace) enter(at []int, fixed int) (*nestSpace, bool) {
	flow := at[axisDataflow]
	for axis, choice := range at[1:fixed] {
		if s.at[axis] = s.inner[flow][axis][choice]; s.at[axis] < 0 {
			return nil, false
		}
	}
	return s.each[flow], true
}

// Cost is the reckoned time.
func (s *flowSpace) Cost(at []int) float64 {
	if nests, ok := s.enter(at, len(at)); ok {
		return nests.Cost(s.at)
	}
	return math.Inf(1)
}

// Bound is that of the dataflow's nests, once their first axis is fixed.
func (s *flowSpace) Bound(at []int, fixed int) float64 {
	if fixed <= 1+axisRows {
		return 0
	}
	if nests, ok := s.enter(at, fixed); ok {
		return nests.Bound(s.at, fixed-1)
	}
	return math.Inf(1)
}

// Plan is the layer with the nest of a legal point.
func (s *flowSpace) Plan(at []int) *LayerPlan {
	if nests, ok := s.enter(at, len(at)); ok {
		return nests.Plan(s.at)
	}
	return nil
}

// Chosen is the point of the mapping the plan has.
func (s *flowSpace) Chosen() []int {
	for flow, nests := range s.each {
		if nests.first.Dataflow != nests.chosen.Nest.Dataflow {
			continue
		}
		at := nests.Chosen()
		if at == nil {
			return nil
		}
		values := []string{s.Value(axisDataflow, flow)}
		for _, pair := range Describe(nests, at) {
			values = append(values, pair[1])
		}
		return s.Find(values...)
	}
	return nil
}

// Usual is the machine's own dataflow, which a file may leave out.
func (s *flowSpace) Usual(axis int) (choice int, ok bool) { return 0, axis == axisDataflow }

// Key is those of all dataflows.
func (s *flowSpace) Key() string {
	var keys []string
	for _, nests := range s.each {
		keys = append(keys, nests.Key())
	}
	return strings.Join(keys, ";")
}

var (
	_ Space = (*flowSpace)(nil)
	_ usual = (*flowSpace)(nil)
)
