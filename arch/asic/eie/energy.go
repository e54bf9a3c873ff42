package eie

import (
	"nnsim/arch/asic"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/workloads"
)

// narrow is what a word of 16 bits costs to read from 16 KiB at 45 nm, relative to the
// 32 bits that are the narrowest in the table of prices: 8.317 of 8.870 pJ [cacti-7].
const narrow = 8.317 / 8.870

// Prices is the price list: reads of the memories by their size, each into a register
// that holds the word while it is worked off, one multiplication of 16 bits an entry
// behind two pipeline registers, registers for the queues and the sums that a PE works
// on. The clock of all registers is in the published figure of the clock network, so
// they cost here what their data do.
func (m *Machine) Prices(workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	data := func(bits int) tech.Price { return l.Must(tech.Clocked(c.Process, bits)) }
	mac := l.Must(tech.MAC(c.Process, "int16")).Plus(data(2*16 + 2*32))
	l.Set("array", "mac_int16", mac)
	l.Set("array", "mac_skipped", tech.Price{Source: "none: what is zero is neither stored nor sent"})
	l.Set("array", "padding", mac)
	l.Set("queues", "broadcasts", data(2*(16+16))) // in and out, value and column
	const pointer, word = 2, 8
	pr, _ := l.Buffer(c.Pointers/2, pointer) // two banks, for the beginning and the end of a column
	l.Set("pointers", "reads", pr.Times(pointer*narrow).Plus(l.Must(tech.Register(c.Process, 8*pointer))))
	er, _ := l.Buffer(c.Matrix, word)
	l.Set("matrix", "reads", er.Times(word).Plus(l.Must(tech.Register(c.Process, 8*word))))
	l.Set("sums", "accesses", data(16))
	return l.Prices(&c.Common)
}
