package experiments

import (
	"fmt"
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/mapping"
)

// chained is the plan with those chains of layers that pay: first by reckoning, then
// when simulated, each against the default's time for its layers; nil: none does.
func (s *searcher) chained(placer arch.Placer, usual trial) (*mapping.Plan, error) {
	chains := mapping.Fusions(s.p.Net, usual.plan)
	for len(chains) > 0 && s.runs < s.simulate {
		plan, err := placer.PlanBy(s.p.Net, mapping.Rule{Chains: chains})
		if err != nil {
			return nil, nil // each fits by itself, but what else is kept leaves no room
		}
		trials, err := s.simulateAll([]*mapping.Plan{plan})
		if err != nil {
			return nil, err
		}
		all := len(chains)
		if chains = slices.DeleteFunc(chains, func(c mapping.Chain) bool { return trials[0].of(c) >= usual.of(c) }); len(chains) == all {
			return plan, nil
		}
	}
	return nil, nil
}

// chainsText names the chains of a plan.
func (p *Prepared) chainsText(plan *mapping.Plan) string {
	if len(plan.Chains) == 0 {
		return ""
	}
	var list []string
	for _, c := range plan.Chains {
		list = append(list, fmt.Sprintf("%s to %s %s", p.Net.Layers[c.First].Name, p.Net.Layers[c.Last].Name, c))
	}
	return "; back to back: " + strings.Join(list, ", ")
}

// of is the seconds of a chain's layers.
func (t trial) of(c mapping.Chain) (sum float64) {
	for _, seconds := range t.layers[c.First : c.Last+1] {
		sum += seconds
	}
	return sum
}
