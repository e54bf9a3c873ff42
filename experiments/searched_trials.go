package experiments

import (
	"runtime"

	"golang.org/x/sync/errgroup"

	"nnsim/arch"
	"nnsim/mapping"
)

// trial is a plan that was simulated.
type trial struct {
	plan    *mapping.Plan
	cycles  int64
	seconds float64   // which a governor may stretch
	layers  []float64 // their seconds
}

// choose simulates and keeps the fastest.
func (s *searcher) choose(usual trial, found []candidates) error {
	best, left := usual, s.simulate-s.runs
	for _, c := range found {
		budget := left / len(found)
		trials, err := s.trials(c, budget-budget/2)
		if err != nil {
			return err
		}
		if c.plan == s.p.Plan {
			trials = append([]trial{usual}, trials...)
		}
		if len(trials) == 0 {
			continue
		}
		c := newClimb(s, c.plan, trials)
		if err := c.rise(budget / 2); err != nil {
			return err
		}
		if c.top.seconds < best.seconds {
			best = c.top
		}
	}
	s.note(usual, best)
	s.p.Plan = best.plan
	return nil
}

// trials simulates plans made of every layer's first, second, … candidate.
func (s *searcher) trials(c candidates, most int) ([]trial, error) {
	deepest := 0
	for _, list := range c.layers {
		deepest = max(deepest, len(list))
	}
	plans := make([]*mapping.Plan, min(most, deepest))
	for k := range plans {
		layers := map[int]*mapping.LayerPlan{}
		for i, list := range c.layers {
			if len(list) > 0 {
				layers[i] = list[min(k, len(list)-1)]
			}
		}
		plans[k] = c.plan.With(layers)
	}
	return s.simulateAll(plans)
}

// simulateAll is one timing run of each plan.
func (s *searcher) simulateAll(plans []*mapping.Plan) ([]trial, error) {
	trials := make([]trial, len(plans))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, plan := range plans {
		group.Go(func() (err error) {
			trials[k], err = s.simulate1(plan)
			return err
		})
	}
	err := group.Wait()
	s.runs += len(trials)
	return trials, err
}

// simulate1 is one timing run of a plan.
func (s *searcher) simulate1(plan *mapping.Plan) (trial, error) {
	w := s.p.Workload
	run, err := s.p.Machine.Run(arch.Job{Net: s.p.Net, Plan: plan, Seed: s.e.Seed, Zeros: w.Zeros, WZeros: w.WZeros})
	if err != nil {
		return trial{}, err
	}
	t := trial{plan: plan, cycles: run.Cycles, seconds: float64(run.Seconds)}
	for _, l := range run.Layers {
		t.layers = append(t.layers, float64(l.Cycles)*t.seconds/float64(max(1, run.Cycles)))
	}
	return t, nil
}
