package asic

import (
	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// Follow is the edges that a layer of a plan takes by itself on an idle machine, as lp maps it:
// what a choice among a few mappings goes by.
func (c *Chassis) Follow(net *workloads.Network, plan *mapping.Plan, lp *mapping.LayerPlan) (unit.Cycles, error) {
	alone, one := *net, *plan
	alone.Layers, one.Layers = []*workloads.Layer{lp.Layer}, []*mapping.LayerPlan{lp}
	r, err := New(c, &arch.Job{Net: &alone, Plan: &one}, engine.New(c.Clock), Density{}).Run()
	if err != nil {
		return 0, err
	}
	return unit.Cycles(r.Cycles), nil
}
