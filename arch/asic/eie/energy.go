package eie

import (
	"nnsim/arch/asic"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Prices is the price list: reads of the memories by their size, one multiplication
// of 16 bits an entry behind two pipeline registers, registers for the queues and
// the sums that a PE works on.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	mac := l.Must(tech.MAC(c.Process, "int16")).Plus(l.Must(tech.Register(c.Process, 2*16+2*32)))
	l.Set("array", "mac_int16", mac)
	l.Set("array", "mac_skipped", tech.Price{Source: "none: what is zero is neither stored nor sent"})
	l.Set("array", "padding", mac)
	l.Set("queues", "broadcasts", l.Must(tech.Register(c.Process, 2*(16+16)))) // in and out, value and column
	const pointer, word = 2, 8
	pr, _ := l.Buffer(c.Pointers/2, pointer) // two banks, for the beginning and the end of a column
	l.Set("pointers", "reads", pr.Times(pointer))
	er, _ := l.Buffer(c.Matrix, word)
	l.Set("matrix", "reads", er.Times(word))
	l.Set("sums", "accesses", l.Must(tech.Register(c.Process, 16)))
	var area *unit.SquareMM
	if c.Area > 0 {
		area = &c.Area
	}
	return l.Prices((&run{m: m, job: nil}).plain(), c.Power, c.Voltage, area)
}

// plain is as much of the chassis as prices depend on.
func (r *run) plain() *asic.Chassis {
	c := &r.m.cfg
	return &asic.Chassis{Name: c.Name, Clock: c.Clock, Memory: c.Memory, Vector: c.Vector}
}
