package gpu

import (
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Prices is the price list for runs in a precision. Energies of a GPU's events come
// from its device file: they include operand collection, clock tree and control,
// which prices of bare arithmetic leave out.
func (m *Machine) Prices(p workloads.Precision) results.Prices {
	c := &m.cfg
	own := func(e unit.Joules) tech.Price { return tech.Price{Energy: e, Source: "device"} }
	free := tech.Price{Source: "none: counted, priced where its work is done"}
	mac := "mac_" + p.Act.String()
	prices := results.Prices{Scope: c.Power.Scope, Static: map[string]tech.Power{"static": {Watts: c.Power.Static, Source: "device"}},
		PerEvent: map[string]map[string]tech.Price{
			"launch": {"kernels": free, "ctas": free},
			"sm":     {"steps": free, "warp_edges": free, "warp_edges_limit": free, "place_edges": free},
			"tensor": {mac: own(unit.Joules(c.macJoules(p.Act))), "mac_skipped": free},
			"fp32":   {mac: own(unit.Joules(c.macJoules(p.Act))), "mac_skipped": free, "simple_ops": own(c.Power.FMA)},
			"sfu":    {"special_ops": own(c.Power.Special)},
			"smem":   {"bytes": own(c.Power.Shared), "bank_conflicts": free},
			"l2":     {"read_bytes": own(c.Power.L2Byte), "write_bytes": own(c.Power.L2Byte)},
			"dram":   {"read_bytes": own(c.Power.DRAM), "write_bytes": own(c.Power.DRAM)},
		}}
	for _, name := range reasonNames {
		prices.PerEvent["sm"][name] = free
	}
	if c.Area > 0 {
		prices.Area = &c.Area
	}
	prices.Points = tech.Points(c.Name)
	return prices
}
