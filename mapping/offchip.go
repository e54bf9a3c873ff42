package mapping

import "nnsim/workloads"

// OffChip places a network for machines that keep no activations on chip between
// layers: every tensor gets an address in off-chip memory, every layer a plan
// without a mapping, which the machine fills in.
func OffChip(net *workloads.Network, name string) *Plan {
	plan := &Plan{Target: Target{Name: name}, Places: map[*workloads.Tensor]*Place{}, Layers: make([]*LayerPlan, len(net.Layers))}
	_, _ = place(net, plan.Target, plan) // only chains are refused
	for i, l := range net.Layers {
		plan.Layers[i] = &LayerPlan{Layer: l}
	}
	plan.compulsory(net)
	return plan
}
