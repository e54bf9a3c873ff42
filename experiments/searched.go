package experiments

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/mapping/search"
	"nnsim/unit"
)

// candidates are the mappings a search found for one plan, layer by layer.
type candidates struct {
	plan   *mapping.Plan
	layers map[int][]*mapping.LayerPlan // cheapest first
	cost   float64                      // reckoned, of all layers' best
}

// searchMapping searches every layer's space by reckoned cost, then simulates: the
// default plan, plans made of every layer's first, second, … candidate, and plans of
// neighbours of what was fastest in each. It does so for the default plan and for the
// cheapest of others: by other rules for what stays on chip, and with layers run back
// to back. Of what was simulated the fastest plan is kept, so that a search is never
// worse than the default.
func (p *Prepared) searchMapping(m mapped, e Experiment) error {
	if p.Plan.Joint != nil {
		return p.searchJoint(m, e)
	}
	s := &searcher{mapped: m, p: p, e: e, found: map[string]search.Result{}}
	usual, err := s.look(p.Plan)
	if err != nil {
		return err
	}
	if len(usual.layers) == 0 {
		p.notes = append(p.notes, "mapping: "+p.noChoice()+"; the default was taken")
		return nil
	}
	standing, err := s.simulate1(p.Plan)
	if err != nil {
		return err
	}
	plans, err := s.others(standing)
	if err != nil {
		return err
	}
	found := []candidates{usual}
	for _, plan := range plans {
		c, err := s.look(plan)
		if err != nil {
			return err
		}
		found = append(found, c)
	}
	slices.SortStableFunc(found[1:], func(a, b candidates) int { return compareFloats(a.cost, b.cost) })
	if len(found) > 1 && found[1].cost < usual.cost {
		found = found[:2]
	} else {
		found = found[:1]
	}
	return s.choose(standing, found)
}

// others are plans of the network by other rules than the default's.
func (s *searcher) others(usual trial) ([]*mapping.Plan, error) {
	placer, ok := s.p.Machine.(arch.Placer)
	if !ok {
		return nil, nil
	}
	plans, err := placer.Placements(s.p.Net)
	if err != nil {
		return nil, err
	}
	chained, err := s.chained(placer, usual)
	if chained == nil || err != nil {
		return plans[1:], err
	}
	return append(plans[1:], chained), nil
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// searcher is a search over a network's layers.
type searcher struct {
	mapped
	p     *Prepared
	e     Experiment
	found map[string]search.Result // by space: layers alike are searched once
	clock unit.Hertz

	tried, runs int
	size        float64
	complete    bool
}

// distinctCost: candidates to simulate differ by so much in reckoned cost, so that
// they are not one mapping in many spellings.
const distinctCost = 2e-4

// look searches the spaces of a plan.
func (s *searcher) look(plan *mapping.Plan) (candidates, error) {
	c := candidates{plan: plan, layers: map[int][]*mapping.LayerPlan{}}
	type work struct {
		key    string
		space  mapping.Space
		result search.Result
	}
	var fresh []*work
	keys := map[int]string{}
	for i, lp := range plan.Layers {
		if lp.Space == nil {
			continue
		}
		space := lp.Space()
		keys[i] = space.Key()
		if _, ok := s.found[keys[i]]; !ok {
			s.found[keys[i]] = search.Result{}
			fresh = append(fresh, &work{key: keys[i], space: space})
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, w := range fresh {
		group.Go(func() error {
			w.result = search.Run(w.space, search.Options{Method: s.method, Budget: s.budget, Seed: s.e.Seed, Keep: 4 * max(1, s.simulate), Start: w.space.Chosen()})
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return c, err
	}
	for _, w := range fresh {
		s.found[w.key] = w.result
		s.tried += w.result.Tried
		s.size += w.result.Size
	}
	for i, lp := range plan.Layers {
		if lp.Space == nil {
			continue
		}
		space, last := lp.Space(), math.Inf(-1)
		for _, point := range s.found[keys[i]].Best {
			if point.Cost < last*(1+distinctCost) {
				continue
			}
			if last = point.Cost; len(c.layers[i]) == 0 {
				c.cost += point.Cost
			}
			c.layers[i] = append(c.layers[i], space.Plan(point.At))
		}
	}
	return c, nil
}

// note says what the search did.
func (s *searcher) note(usual, best trial) {
	methods := map[search.Method]int{}
	s.complete = true
	for _, r := range s.found {
		methods[r.Method]++
		s.complete = s.complete && r.Complete
	}
	how := "exhaustively"
	if !s.complete {
		var names []string
		for m, n := range methods {
			names = append(names, fmt.Sprintf("%s %d", m, n))
		}
		slices.Sort(names)
		how = "within the budget (spaces searched: " + strings.Join(names, ", ") + ")"
	}
	text := fmt.Sprintf("mapping: %d of %.4g mappings reckoned %s, %d plans simulated; %d layers changed, %d cycles became %d",
		s.tried, s.size, how, s.runs+1, changed(usual.plan, best.plan), usual.cycles, best.cycles)
	if moved := usual.seconds/float64(max(1, usual.cycles)) - best.seconds/float64(max(1, best.cycles)); math.Abs(moved)*1e12 > 1 { // a picosecond a cycle
		text += fmt.Sprintf(" at another clock, %v became %v", unit.Seconds(usual.seconds), unit.Seconds(best.seconds))
	}
	text += s.p.chainsText(best.plan)
	if best.plan.Placement != "" {
		text += "; kept free for tiles: " + best.plan.Placement
	}
	s.p.notes = append(s.p.notes, text)
}
