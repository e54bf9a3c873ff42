package experiments

import (
	"fmt"
	"math"
	"slices"

	"nnsim/mapping"
)

// climb goes from plans that were simulated to better ones: each round simulates
// plans in which every layer has a neighbour of the fastest mapping it is known to
// have, and each layer takes what was faster in it. Layers meet at their ends, so
// that the times of one plan's layers are those of no other; a plan counts only when
// it was itself simulated.
type climb struct {
	s      *searcher
	plan   *mapping.Plan
	top    trial
	layers []*climber // nil: no choice
}

// climber is a layer on the climb.
type climber struct {
	best    *mapping.LayerPlan
	seconds float64
	space   mapping.Space
	tried   map[string]bool
}

// width is how many plans a round simulates: enough for two cores, few enough that
// a round learns from the one before.
const width = 4

// steepest: neighbours whose reckoned cost is higher by more than this are not tried.
const steepest = 1.25

func newClimb(s *searcher, plan *mapping.Plan, trials []trial) *climb {
	c := &climb{s: s, plan: plan, top: trials[0], layers: make([]*climber, len(plan.Layers))}
	for i, lp := range plan.Layers {
		if lp.Space != nil {
			c.layers[i] = &climber{seconds: math.Inf(1), tried: map[string]bool{}}
		}
	}
	c.learn(trials)
	return c
}

// learn takes what trials showed.
func (c *climb) learn(trials []trial) {
	for _, t := range trials {
		if t.seconds < c.top.seconds {
			c.top = t
		}
		for i, l := range c.layers {
			if l == nil {
				continue
			}
			if lp := t.plan.Layers[i]; t.layers[i] < l.seconds {
				l.best, l.seconds, l.space = lp, t.layers[i], lp.Space()
			}
			l.tried[fmt.Sprint(t.plan.Layers[i].Space().Chosen())] = true
		}
	}
}

// rise simulates at most so many plans.
func (c *climb) rise(budget int) error {
	for budget > 1 { // the last is for the mix of the best
		plans := c.neighbours(min(width, budget-1))
		if len(plans) == 0 {
			break
		}
		budget -= len(plans)
		trials, err := c.s.simulateAll(plans)
		if err != nil {
			return err
		}
		c.learn(trials)
	}
	trials, err := c.s.simulateAll([]*mapping.Plan{c.mix(nil)})
	c.learn(trials)
	return err
}

// mix is the plan of every layer's best, some in place of it.
func (c *climb) mix(instead map[int]*mapping.LayerPlan) *mapping.Plan {
	layers := map[int]*mapping.LayerPlan{}
	for i, l := range c.layers {
		if l != nil {
			layers[i] = l.best
		}
	}
	for i, lp := range instead {
		layers[i] = lp
	}
	return c.plan.With(layers)
}

// neighbours are plans of every layer's next untried neighbours, so many at most.
func (c *climb) neighbours(most int) []*mapping.Plan {
	instead := make([]map[int]*mapping.LayerPlan, most)
	for i, l := range c.layers {
		if l == nil {
			continue
		}
		for k, at := range l.neighbours(most) {
			if instead[k] == nil {
				instead[k] = map[int]*mapping.LayerPlan{}
			}
			instead[k][i] = l.space.Plan(at)
		}
	}
	var plans []*mapping.Plan
	for _, layers := range instead {
		if layers != nil {
			plans = append(plans, c.mix(layers))
		}
	}
	return plans
}

// neighbours are points one or two steps along an axis from the layer's best, and
// steps along two axes, that were not tried, the cheapest by reckoning first.
func (l *climber) neighbours(most int) [][]int {
	here := l.space.Chosen()
	if here == nil {
		return nil
	}
	limit := l.space.Cost(here) * steepest
	type point struct {
		at   []int
		cost float64
	}
	var points []point
	sizes := l.space.Axes()
	visit := func(at []int) {
		if key := fmt.Sprint(at); !l.tried[key] {
			if cost := l.space.Cost(at); cost <= limit {
				points = append(points, point{slices.Clone(at), cost})
			}
		}
	}
	step := func(at []int, from int, then func(axis int)) {
		for axis := from; axis < len(at); axis++ {
			was := at[axis]
			for _, by := range []int{-2, -1, 1, 2} {
				if at[axis] = was + by; at[axis] >= 0 && at[axis] < sizes[axis] {
					then(axis)
				}
			}
			at[axis] = was
		}
	}
	at := slices.Clone(here)
	step(at, 0, func(axis int) {
		visit(at)
		step(at, axis+1, func(int) { visit(at) })
	})
	slices.SortStableFunc(points, func(a, b point) int { return compareFloats(a.cost, b.cost) })
	var list [][]int
	for _, p := range points[:min(most, len(points))] {
		l.tried[fmt.Sprint(p.at)] = true
		list = append(list, p.at)
	}
	return list
}
